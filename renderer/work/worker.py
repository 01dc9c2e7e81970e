"""A process that draws: `python -m autoviz_render.renderer.work.worker`, started by `executor.Subprocess`.

What it reads and answers stands in `renderer.work`. It ends when its input does, in the middle of a frame too: nobody
is left to ask for it. Its whole group ends with it.

What runs here is strangers' code. It gets standard streams of its own, and finds everything else as the figure before
it did; it can spoil only itself.
"""

from __future__ import annotations

import contextlib
import json
import locale
import logging
import operator
import os
import pkgutil
import queue
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from autoviz_render.renderer.sharing.run_logs import LOG_OF_RUN, descriptor_of_log
from autoviz_render.renderer.work.child_process import MARK
from autoviz_render.renderer.work.parent_process import end_group, end_group_with
from autoviz_render.renderer.work.resources import bound_memory, descriptor_limit, memory, own_processor_times
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.text import OneLine

if TYPE_CHECKING:
    from autoviz_render.renderer.work.job_runner import JobRunner
    from autoviz_render.renderer.work.jobs import RenderResult, Task

if sys.platform != "win32":
    import fcntl

_OUT_OF_REACH = 200  # a descriptor: those that a figure's code guesses at, or closes in a row, are lower


def main(arguments: list[str]) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal: ending is the other's to decide
    bound_memory()
    for lifeline in map(int, arguments):
        end_group_with(_moved(lifeline))
    source, answers = os.fdopen(_moved(0), "rb"), os.fdopen(_moved(1), "wb", buffering=0)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=answers.close)  # they end with this process, not with one that it forked
    state = _ProcessState()
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, jobs), daemon=True).start()
    log = _moved(os.dup(2))
    _log_to(log)
    has_log_of_run = os.environ.get(LOG_OF_RUN) == "run"
    mark, pid = os.environ.get(MARK, ""), os.getpid()

    def answer(told: str) -> None:
        answers.write(f"\n{mark} {told}\n".encode())  # it begins a line, whatever was written before

    from autoviz_render.renderer.work.job_runner import JobRunner

    job_runner = JobRunner()
    answer("0 ready")
    while True:
        number, kind, line = jobs.get().decode().split(" ", 2)

        def say(word: str, number: str = number) -> None:
            answer(f"{number} word {word}")

        before = own_processor_times()
        if has_log_of_run:
            state.say_to(SpoolPaths(Path(json.loads(line)["spool"])).log, log)
        with state.restored():
            result = _do(job_runner, kind, line, say)
        if os.getpid() != pid:
            os._exit(1)  # a figure's code forked, and its child came back from it
        used, waited = map(operator.sub, own_processor_times(), before)
        told = replace(result, memory=memory(), used=used, waited=waited).to_line()
        answer(f"{number} {'sound' if state.is_sound() else 'spoilt'} {told}")


def _do(job_runner: JobRunner, kind: str, line: str, say: Callable[[str], None]) -> RenderResult:
    """What became of a task, whatever a figure's code raises; `say` sends a line meanwhile."""
    from autoviz_render.renderer.work.jobs import RenderResult
    from autoviz_render.spool.text import in_one_line

    task: Task = pkgutil.resolve_name(kind).from_line(line)
    try:
        return task.do(job_runner.draw, say)
    except BaseException as error:  # noqa: BLE001 - one that is no Exception, of a stranger's code
        return RenderResult("abandoned", fault=f"figure {task.figure.name!r} of {task.subject}: {in_one_line(error)}")


def _log_to(descriptor: int) -> None:
    """Warnings and worse, as nobody else can close or write to them."""
    handler = logging.StreamHandler(open(descriptor, "w", encoding="utf-8", errors="backslashreplace"))  # noqa: SIM115
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class _ProcessState:
    """How this process is before a figure's code runs in it: what one figure changes is not the next one's."""

    def __init__(self) -> None:
        self._nothing = _moved(os.open(os.devnull, os.O_RDONLY))
        self._said = _moved(os.dup(2))
        self._folder: int | None = None
        if os.chdir in os.supports_fd:
            with contextlib.suppress(OSError):  # it is gone, or cannot be opened here
                self._folder = _moved(os.open(".", os.O_RDONLY))
        self._handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
        self._locale = locale.setlocale(locale.LC_ALL)
        self._umask = os.umask(0o077)
        os.umask(self._umask)
        self._depth = sys.getrecursionlimit()
        self._environment = dict(os.environ)
        self._pipe = os.pipe()  # for nothing but to be there: theirs are the lowest descriptors
        self._inodes = [os.fstat(end).st_ino for end in self._pipe]
        self._make_streams()

    def say_to(self, path: Path, log: int) -> None:
        """Have what figures print go to a file from now on, and what is logged.

        Args:
            path: Of the file.
            log: The descriptor to which this process logs.
        """
        with open(descriptor_of_log(path), "wb", buffering=0) as file:
            for each in (self._said, log):
                os.dup2(file.fileno(), each, inheritable=False)
        self._make_streams()

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        """Restores it afterwards, each part even if another cannot be restored."""
        with warnings.catch_warnings():
            yield
        for restore in (
            lambda: sys.setrecursionlimit(self._depth),
            lambda: (sys.stdout.flush(), sys.stderr.flush()),
            self._make_streams,
            self._restore_signals,
            self._restore_environment,
            lambda: locale.setlocale(locale.LC_ALL, self._locale),
            lambda: os.umask(self._umask),
            lambda: random.seed(0),
            lambda: sys.modules["numpy"].random.seed(0),
        ):
            with contextlib.suppress(Exception):
                restore()

    def is_sound(self) -> bool:
        """Whether nobody closed descriptors in a row: fonts, for one, are read from theirs as long as they are used."""
        try:
            return [os.fstat(end).st_ino for end in self._pipe] == self._inodes
        except OSError:
            return False

    def _make_streams(self) -> None:
        for descriptor, source in ((0, self._nothing), (1, self._said), (2, self._said)):
            os.dup2(source, descriptor)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  as long as the process
        sys.stdout, sys.stderr = (
            open(each, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
            for each in (1, 2)
        )

    def _restore_signals(self) -> None:
        for number, handler in self._handlers.items():
            if signal.getsignal(number) != handler:
                signal.signal(number, handler or signal.SIG_DFL)
        if sys.platform != "win32":
            for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
                signal.setitimer(timer, 0)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())

    def _restore_environment(self) -> None:
        if self._folder is not None:
            os.chdir(self._folder)
        if dict(os.environ) != self._environment:
            os.environ.clear()
            os.environ.update(self._environment)


def _moved(descriptor: int) -> int:
    """The same file under another descriptor, out of reach."""
    if sys.platform == "win32":
        return os.dup(descriptor)
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, min(_OUT_OF_REACH, descriptor_limit() // 2))
    if descriptor > 2:
        os.close(descriptor)
    return moved


def _listen(source: IO[bytes], jobs: queue.SimpleQueue[bytes]) -> None:
    for line in source:
        jobs.put(line)
    end_group()


if __name__ == "__main__":
    main(sys.argv[1:])
