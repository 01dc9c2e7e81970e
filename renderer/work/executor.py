"""What an executor is, and one that draws in a process of its own, which can be abandoned with a figure that hangs.

Imports next to nothing: a worker is started before everything else, and imports beside it.
"""

from __future__ import annotations

import logging
import math
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from autoviz_render.renderer.work.child_process import ChildProcess, how_it_ended

if TYPE_CHECKING:
    from autoviz_render.renderer.work.jobs import Job, RenderResult, Task

log = logging.getLogger("autoviz_render.renderer")

FRAME_TIMEOUT = 120.0
"""Seconds that a figure may take: a busy machine leaves the renderer little."""

_START_TIMEOUT = 180.0  # to import Matplotlib from a slow disk on a busy machine
_RENEWED_AFTER = 2000  # frames: plots leak, and what they leak into ends with the process
_GROWTH = 1 << 29  # bytes over what the first frames took, to the same end
_SETTLED = 10  # frames after which memory is what it should stay


class Executor(Protocol):
    """Does one job at a time.

    Attributes:
        on_answer: Called, from any thread, when there may be a result.
        heartbeat_interval: Seconds within which whoever uses it shows a sign of life, whatever the job does.
        wait_timeout: Seconds after which there may be a result though `on_answer` was not called.
        at_work_since: When it began to do the job, on the monotonic clock; infinite before, as it starts.
    """

    on_answer: Callable[[], None]
    heartbeat_interval: float

    @property
    def wait_timeout(self) -> float: ...

    @property
    def at_work_since(self) -> float: ...

    def start(self, job: Job) -> None:
        """Begin a job; the one before must have come out."""

    def result(self) -> RenderResult | None:
        """What became of the job, once; None while there is nothing to tell."""

    def another(self) -> Executor:
        """One more of this kind."""

    def close(self) -> None:
        """Let go of whatever it holds."""


class Subprocess:
    """Draws in a process of its own, which starts at once, and anew when it died, hung or grew.

    The process ends with everything that a figure's code started in it: when it is abandoned, and when this process
    ends, however that happens.

    Args:
        timeout: Seconds for a job.
        on_answer: See `Executor`.
        on_word: Called by `result` with what a task says of itself meanwhile; then it has the same time again.
    """

    heartbeat_interval = 20.0

    def __init__(
        self,
        timeout: float = FRAME_TIMEOUT,
        on_answer: Callable[[], None] = lambda: None,
        on_word: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self.timeout = timeout
        self.on_answer = on_answer
        self.on_word = on_word
        self._child: ChildProcess | None = None
        self._job: Task | None = None
        self._number = 0
        self._is_ready = False
        self._deadline = 0.0
        self._frames = 0
        self._settled_memory = 0
        self._renew()

    @property
    def pid(self) -> int | None:
        """The number of the process; None while there is none."""
        return self._child.pid if self._child is not None else None

    @property
    def wait_timeout(self) -> float:
        return math.inf if self._job is None else max(0.0, self._deadline - time.monotonic()) + 0.01

    @property
    def at_work_since(self) -> float:
        return self._deadline - self.timeout if self._is_ready and self._job is not None else math.inf

    def start(self, job: Task) -> None:
        self._job = job
        self._number += 1
        if self._child is None or self._child.has_ended():
            self._renew()
        self._deadline = time.monotonic() + (self.timeout if self._is_ready else _START_TIMEOUT)
        if self._child is not None:  # else the result says so
            self._child.tell(f"{self._number} {job.kind} {job.to_line()}\n")

    def result(self) -> RenderResult | None:
        while not self._answers.empty():
            answer = self._answers.get()
            if answer is None:
                return self._ended()
            number, _, told = answer.partition(b" ")
            if not self._is_ready:
                self._is_ready = True
                self._deadline = time.monotonic() + self.timeout
            elif self._job is not None and number == b"%d" % self._number:
                state, _, line = told.partition(b" ")
                if state != b"word":
                    return self._done(self._job, line, is_sound=state == b"sound")
                self._deadline = time.monotonic() + self.timeout
                self.on_word(line)
        if self._job is None or time.monotonic() <= self._deadline:
            return None
        took = f"{self.timeout:g} s" if self._is_ready else f"{_START_TIMEOUT:g} s to start"
        return self._abandon(f"took longer than {took}")

    def another(self) -> Subprocess:
        return Subprocess(self.timeout, self.on_answer, self.on_word)

    def close(self) -> None:
        self._kill()
        self._job = None

    def _done(self, job: Task, line: bytes, *, is_sound: bool) -> RenderResult | None:
        from autoviz_render.renderer.work.jobs import RenderResult

        try:
            result = RenderResult.from_line(line)
        except ValueError as error:
            log.debug("a worker's answer: %s", error)
            return self._abandon("spoiled what its process answers")
        self._job = None
        self._renew_if_spent(result.memory, is_sound=is_sound)
        files = {path.absolute(): path for _, path in job.files()}
        return replace(result, files=tuple(files[path] for path in result.files if path in files))

    def _renew_if_spent(self, memory: int, *, is_sound: bool) -> None:
        """Draw on in another process after many figures, or if this one grew or was spoilt by a figure."""
        self._frames += 1
        if self._frames <= _SETTLED:
            self._settled_memory = memory
        if not is_sound:
            log.info("another process draws on: a figure closed what this one had open")
            self._renew()
        elif self._frames >= _RENEWED_AFTER or memory - self._settled_memory > _GROWTH:
            log.info("another process draws on, after %d figures and %d MB", self._frames, memory >> 20)
            self._renew()

    def _ended(self) -> RenderResult | None:
        """The process has ended by itself."""
        if self._child is None:
            return self._abandon("has no process to draw it in")
        self._child.has_ended(within=1.0)  # its output ended: it is about to
        return self._abandon(f"ended its process {how_it_ended(self._kill())}")

    def _abandon(self, how: str) -> RenderResult | None:
        """End the process; what that means for its job, if it has one."""
        from autoviz_render.renderer.work.jobs import RenderResult

        self._kill()
        job, self._job = self._job, None
        if job is None:
            return None
        return RenderResult("abandoned", fault=f"figure {job.figure.name!r} of {job.subject} {how}, and was abandoned")

    def _renew(self) -> None:
        self._kill()
        self._is_ready, self._frames = False, 0
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        command = [sys.executable, "-P", "-m", "autoviz_render.renderer.work.worker"]
        try:
            self._child = ChildProcess(command, stdout=subprocess.PIPE, is_untrusted=True)
        except (OSError, TypeError) as error:  # TypeError: an embedded Python does not know its program
            log.error("no process to draw in: %s", error)
            self._answers.put(None)
            self.on_answer()
            return
        arguments = (self._child, self._answers)
        self._listener = threading.Thread(
            target=self._listen, args=arguments, name="autoviz-render worker", daemon=True
        )
        self._listener.start()

    def _listen(self, child: ChildProcess, answers: queue.SimpleQueue[bytes | None]) -> None:
        for line in child.marked_lines():
            answers.put(line)
            self.on_answer()
        answers.put(None)
        self.on_answer()

    def _kill(self) -> int:
        """End the process, if there is one, and those that it started; its exit code."""
        child, self._child = self._child, None
        if child is None:
            return 0
        code = child.kill()
        self._listener.join(1.0)
        return code
