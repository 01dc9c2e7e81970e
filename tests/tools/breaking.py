"""The system calls of the publisher's thread: counted, recorded, broken or killed at, one at a time."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.store import Spool

CALLS = ("open", "close", "write", "writev", "fsync", "replace", "mkdir", "unlink", "ftruncate", "listdir", "stat")
THREAD = "autoviz-render publisher"

Around = Callable[[int, str, Callable[[], Any], tuple[Any, ...]], Any]


@contextlib.contextmanager
def around_calls(around: Around) -> Iterator[None]:
    """Have every system call of the publisher's thread go through `around(number, name, call, arguments)`."""
    count = 0

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **keywords: Any) -> Any:
            nonlocal count
            if threading.current_thread().name != THREAD:
                return real(*arguments, **keywords)
            count += 1
            return around(count - 1, name, lambda: real(*arguments, **keywords), arguments)

        return wrapped

    with contextlib.ExitStack() as stack:
        for name in CALLS:
            stack.enter_context(mock.patch.object(os, name, wrap(name, getattr(os, name))))
        yield


def publish_some(run_dir: Path, count: int = 5, *, durability: str = "rename", first: int = 0) -> Publisher:
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
