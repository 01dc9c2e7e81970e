"""The system calls of a writer: counted, recorded, broken or killed at, one at a time."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.store import Spool
from autoviz_render.spool.write.writer import Durability

CALLS = (
    "open",
    "close",
    "write",
    "writev",
    "fsync",
    "replace",
    "mkdir",
    "unlink",
    "rmdir",
    "ftruncate",
    "listdir",
    "stat",
)

Around = Callable[[int, str, Callable[[], Any], tuple[Any, ...]], Any]
IsOurs = Callable[[tuple[Any, ...]], bool]


def by_publisher(arguments: tuple[Any, ...]) -> bool:
    """Whether it is the publisher's thread that makes a call."""
    return threading.current_thread().name == "autoviz-render publisher"


@contextlib.contextmanager
def around_calls(around: Around, is_ours: IsOurs = by_publisher) -> Iterator[None]:
    """Have the system calls that are ours, by their arguments, go through `around(number, name, call, arguments)`."""
    numbers = itertools.count()

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            if not is_ours(arguments):
                return real(*arguments, **keywords)
            return around(next(numbers), name, lambda: real(*arguments, **keywords), arguments)

        return wrapped

    with contextlib.ExitStack() as stack:
        for name in CALLS:
            stack.enter_context(mock.patch.object(os, name, wrap(name, getattr(os, name))))
        yield


def kill_at_each_call(work: Callable[[Path], object], folder: Path, is_ours: IsOurs = by_publisher) -> int:
    """Have `work(FOLDER/12-before)` killed at each of its system calls: before it, after it, in the middle of a write.

    Returns how many were killed. Each is a process forked from this one, which must have no threads.
    """
    killed = 0
    for after in (False, True):
        for number in itertools.count():
            if not _is_killed(work, folder / f"{number}-{'after' if after else 'before'}", number, after, is_ours):
                break
            killed += 1
    return killed


def _is_killed(work: Callable[[Path], object], run_dir: Path, killed_at: int, after: bool, is_ours: IsOurs) -> bool:
    """Work in a forked process; whether it came to the call at which it is killed."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status) or status == 0:
            return os.WIFSIGNALED(status)
        raise SystemExit(f"the writer of {run_dir} failed")

    def kill(number: int, name: str, call: Callable[[], Any], arguments: tuple[Any, ...]) -> Any:
        if number != killed_at:
            return None if name == "fsync" else call()  # the death of a process does not need it
        try:
            if after:
                call()
            elif name == "writev":  # in the middle of the bytes
                os.write(arguments[0], bytes(arguments[1][0])[:50])
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
        return None

    code = 1
    try:
        with around_calls(kill, is_ours):
            work(run_dir)
        code = 0
    finally:
        os._exit(code)


def publish_some(run_dir: Path, count: int = 5, *, durability: Durability = "rename", first: int = 0) -> Publisher:
    """Publish so many snapshots of which three are kept, each written before the next. They know their iteration."""
    with Publisher(
        run_dir, static={"data": np.arange(4.0)}, retention=Retention(max_snapshots=3), durability=durability
    ) as publisher:
        for number in range(first, first + count):
            publisher.publish(
                {"x": np.full(700, number), "y": np.arange(float(number % 3))}, iteration=number, log_likelihood=-number
            )
            publisher.flush(30)
    return publisher


def check_whole(spool: Spool) -> list[int]:
    """The iterations of the snapshots there are, each of which must be whole and right."""
    iterations = []
    for ref in spool.snapshots(abandoned=True):
        snapshot = spool.read(ref)
        assert (snapshot.arrays["x"] == snapshot.iteration).all()
        assert snapshot.arrays["x"].size == 700
        assert (snapshot.static["data"] == np.arange(4.0)).all()
        iterations.append(snapshot.iteration)
    return iterations
