"""Who does the drawing: this process, or one of its own that can be abandoned with a figure that hangs.

Imports next to nothing: a worker is started before everything else, and imports beside it.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Protocol

from autoviz_render.renderer.child import child_environment

if TYPE_CHECKING:
    from autoviz_render.renderer.drawer import Drawer
    from autoviz_render.renderer.jobs import Job, Outcome
    from autoviz_render.renderer.watch import Watch

log = logging.getLogger("autoviz_render.renderer")

FRAME_TIMEOUT = 120.0
"""Seconds that a figure may take: a busy machine leaves the renderer little."""

_START_TIMEOUT = 180.0  # to import Matplotlib from a slow disk on a busy machine
_RENEWED_AFTER = 2000  # frames: plots leak, and what they leak into ends with the process
_GROWTH = 1 << 29  # bytes over what the first frames took, to the same end
_SETTLED = 10  # frames after which memory is what it should stay


class Hand(Protocol):
    """Does one job at a time. promise: seconds within which whoever holds it beats, whatever the job does.

    patience: seconds after which `outcome` may have something to tell though nobody called.
    """

    promise: float

    @property
    def patience(self) -> float: ...

    def start(self, job: Job) -> None:
        """Begin a job; the one before must have come out."""

    def outcome(self) -> Outcome | None:
        """What became of the job, once; None while there is nothing to tell."""

    def close(self) -> None:
        """Let go of whatever it holds."""


class Here:
    """Draws in this process: `start` returns when it is done."""

    promise = FRAME_TIMEOUT
    patience = math.inf

    def __init__(self) -> None:
        self._drawer: Drawer | None = None
        self._outcome: Outcome | None = None

    def start(self, job: Job) -> None:
        from autoviz_render.renderer.drawer import Drawer

        self._drawer = self._drawer or Drawer()
        self._outcome = self._drawer.draw(job)

    def outcome(self) -> Outcome | None:
        outcome, self._outcome = self._outcome, None
        return outcome

    def close(self) -> None:
        self._drawer = None


class Worker:
    """Draws in a process of its own, which is started at once, and anew when it died, hung or grew.

    timeout: seconds for a job. on_answer: called from a thread when there may be an outcome.
    """

    promise = 20.0

    def __init__(self, timeout: float = FRAME_TIMEOUT, on_answer: Callable[[], None] = lambda: None) -> None:
        self.timeout = timeout
        self.on_answer = on_answer
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._job: Job | None = None
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._is_ready = False
        self._deadline = 0.0
        self._frames = 0
        self._settled_memory = 0
        self._renew()

    @property
    def pid(self) -> int | None:
        """The process's number; None where there is none, for now."""
        return self._process.pid if self._process is not None else None

    @property
    def patience(self) -> float:
        return math.inf if self._job is None else max(0.0, self._deadline - time.monotonic()) + 0.01

    def start(self, job: Job) -> None:
        self._job = job
        if self._process is None or self._process.poll() is not None:
            self._renew()
        self._send()

    def outcome(self) -> Outcome | None:
        while True:
            try:
                answer = self._answers.get_nowait()
            except queue.Empty:
                break
            if answer is None:
                return self._lost("ended")
            if not self._is_ready:
                self._is_ready = True
                self._deadline = time.monotonic() + self.timeout
            elif self._job is not None:
                return self._done(answer)
        if self._job is not None and time.monotonic() > self._deadline:
            took = f"{self.timeout:g} s" if self._is_ready else f"{_START_TIMEOUT:g} s to start"
            return self._lost(f"took longer than {took}")
        return None

    def close(self) -> None:
        self._kill()
        self._job = None

    def _send(self) -> None:
        assert self._job is not None  # noqa: S101  set by start
        self._deadline = time.monotonic() + (self.timeout if self._is_ready else _START_TIMEOUT)
        if self._process is None or self._process.stdin is None:
            return  # it could not be started: the outcome tells
        with contextlib.suppress(OSError):  # it died: the outcome tells
            self._process.stdin.write(self._job.to_line() + "\n")
            self._process.stdin.flush()

    def _done(self, answer: str) -> Outcome:
        from autoviz_render.renderer.jobs import Outcome

        outcome = Outcome.from_line(answer)
        self._job = None
        self._frames += 1
        if self._frames == _SETTLED:
            self._settled_memory = outcome.memory
        grown = outcome.memory - self._settled_memory if self._frames > _SETTLED else 0
        if self._frames >= _RENEWED_AFTER or grown > _GROWTH:
            log.info("another process draws on, after %d figures and %d MB", self._frames, outcome.memory >> 20)
            self._renew()
        return outcome

    def _lost(self, how: str) -> Outcome | None:
        """The process is given up; what that means for its job, if it had one."""
        if how == "ended" and self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)  # its output ended: it is about to
        code = self._kill()
        if self._job is None:
            return None
        from autoviz_render.renderer.jobs import Outcome

        job, self._job = self._job, None
        if how == "ended":
            if code is None:
                return Outcome("abandoned", fault=f"figure {job.figure.name!r}: there is no process to draw it in")
            how = f"ended its process by signal {-code}" if code < 0 else f"ended its process with exit code {code}"
        return Outcome("abandoned", fault=f"figure {job.figure.name!r} of {job.snapshot} {how}, and was abandoned")

    def _renew(self) -> None:
        self._kill()
        self._is_ready, self._frames = False, 0
        self._answers = queue.SimpleQueue()
        command = [sys.executable, "-P", "-m", "autoviz_render.renderer.worker"]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=child_environment(os.environ)
            )
        except OSError as error:
            log.error("no process to draw in: %s", error)
            self._answers.put(None)
            return
        answers = (self._process.stdout, self._answers)
        self._listener = threading.Thread(target=self._listen, args=answers, name="autoviz-render worker", daemon=True)
        self._listener.start()

    def _listen(self, source: IO[str], answers: queue.SimpleQueue[str | None]) -> None:
        with source:
            for line in source:
                answers.put(line)
                self.on_answer()
        answers.put(None)
        self.on_answer()

    def _kill(self) -> int | None:
        """End the process, whatever it does; its exit code, None where there was none."""
        process, self._process = self._process, None
        if process is None:
            return None
        code = process.poll()
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(1.0) if code is None else code  # one that waits for a dead disk ends when that does
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        if self._listener is not None:
            self._listener.join(1.0)
        return -1 if code is None else code


def workers(watch: Watch, first: Worker) -> Callable[[], Worker]:
    """Makes workers whose answers wake a watch; the first is one that was started before."""
    spare = [first]

    def make() -> Worker:
        worker = spare.pop() if spare else Worker(first.timeout)
        worker.on_answer = watch.wake
        return worker

    return make
