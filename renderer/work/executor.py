"""Who does the drawing: this process, or one of its own that can be abandoned with a figure that hangs.

Imports next to nothing: a worker is started before everything else, and imports beside it.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Protocol

from autoviz_render.renderer.work.subprocess_env import child_environment

if TYPE_CHECKING:
    from autoviz_render.renderer.live.watch import Watch
    from autoviz_render.renderer.work.job_runner import JobRunner
    from autoviz_render.renderer.work.jobs import Job, RenderResult, Task

log = logging.getLogger("autoviz_render.renderer")

FRAME_TIMEOUT = 120.0
"""Seconds that a figure may take: a busy machine leaves the renderer little."""

_START_TIMEOUT = 180.0  # to import Matplotlib from a slow disk on a busy machine
_RENEWED_AFTER = 2000  # frames: plots leak, and what they leak into ends with the process
_GROWTH = 1 << 29  # bytes over what the first frames took, to the same end
MARK = "AUTOVIZ_RENDER_WORKER"
"""The variable by which a worker's answers, and the processes that a figure's code starts, are told from others."""

_LONGEST_ANSWER = 1 << 20  # bytes
_ROUNDS = 5  # of looking for processes that start others meanwhile
_SETTLED = 10  # frames after which memory is what it should stay


class Executor(Protocol):
    """Does one job at a time. heartbeat_interval: seconds within which whoever holds it beats, whatever the job does.

    wait_timeout: seconds after which `result` may have something to tell though nobody called.
    """

    heartbeat_interval: float

    @property
    def wait_timeout(self) -> float: ...

    def start(self, job: Job) -> None:
        """Begin a job; the one before must have come out."""

    def result(self) -> RenderResult | None:
        """What became of the job, once; None while there is nothing to tell."""

    def close(self) -> None:
        """Let go of whatever it holds."""


class InProcess:
    """Draws in this process: `start` returns when it is done."""

    heartbeat_interval = FRAME_TIMEOUT
    wait_timeout = math.inf

    def __init__(self) -> None:
        self._job_runner: JobRunner | None = None
        self._result: RenderResult | None = None

    def start(self, job: Job) -> None:
        from autoviz_render.renderer.work.job_runner import JobRunner

        self._job_runner = self._job_runner or JobRunner()
        self._result = self._job_runner.draw(job)

    def result(self) -> RenderResult | None:
        result, self._result = self._result, None
        return result

    def close(self) -> None:
        self._job_runner = None


class Subprocess:
    """Draws in a process of its own, which is started at once, and anew when it died, hung or grew.

    timeout: seconds for a job. on_answer: called from a thread when there may be an result. on_word: called by
        `result` with what a film says of itself meanwhile, for which it then has the same time again.

    The process leads a group, and ends with everything that a figure's code started in it: when it is given up, and
    when this process ends, however that comes.
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
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None
        self._mark = b""
        self._listener: threading.Thread | None = None
        self._job: Task | None = None
        self._number = 0
        self._answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
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
    def wait_timeout(self) -> float:
        return math.inf if self._job is None else max(0.0, self._deadline - time.monotonic()) + 0.01

    def start(self, job: Task) -> None:
        self._job = job
        self._number += 1
        if self._process is None or has_ended(self._process):
            self._renew()
        self._send()

    def result(self) -> RenderResult | None:
        while True:
            try:
                answer = self._answers.get_nowait()
            except queue.Empty:
                break
            if answer is None:
                return self._lost("ended")
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
            return  # it could not be started: the result tells
        with contextlib.suppress(OSError):  # it died: the result tells
            self._process.stdin.write(f"{self._number} {self._job.kind} {self._job.to_line()}\n".encode())
            self._process.stdin.flush()

    def _done(self, job: Task, line: bytes, *, is_sound: bool) -> RenderResult | None:
        from autoviz_render.renderer.work.jobs import RenderResult

        try:
            result = RenderResult.from_line(line)
        except ValueError as error:
            log.debug("a worker's answer: %s", error)
            return self._lost("spoiled what its process answers")
        files = {path.absolute(): path for _, path in job.files()}
        result = replace(result, files=tuple(files[path] for path in result.files if path in files))
        self._job = None
        self._frames += 1
        if self._frames == _SETTLED:
            self._settled_memory = result.memory
        grown = result.memory - self._settled_memory if self._frames > _SETTLED else 0
        if not is_sound:
            log.info("another process draws on: a figure closed what this one had open")
            self._renew()
        elif self._frames >= _RENEWED_AFTER or grown > _GROWTH:
            log.info("another process draws on, after %d figures and %d MB", self._frames, result.memory >> 20)
            self._renew()
        return result

    def _lost(self, how: str) -> RenderResult | None:
        """The process is given up; what that means for its job, if it had one."""
        if how == "ended" and self._process is not None:
            has_ended(self._process, within=1.0)  # its output ended: it is about to
        code = self._kill()
        if self._job is None:
            return None
        from autoviz_render.renderer.work.jobs import RenderResult

        job, self._job = self._job, None
        if how == "ended":
            if code is None:
                return RenderResult("abandoned", fault=f"figure {job.figure.name!r}: there is no process to draw it in")
            how = f"ended its process by signal {-code}" if code < 0 else f"ended its process with exit code {code}"
        return RenderResult("abandoned", fault=f"figure {job.figure.name!r} of {job.snapshot} {how}, and was abandoned")

    def _renew(self) -> None:
        self._kill()
        self._is_ready, self._frames = False, 0
        self._answers = queue.SimpleQueue()
        mark = os.urandom(16).hex()
        environment = child_environment(os.environ) | {MARK: mark}
        self._mark = f"{MARK}={mark}".encode()
        command, inherited = [sys.executable, "-P", "-m", "autoviz_render.renderer.work.worker"], []
        try:
            if os.name != "nt":
                end, self._lifeline = os.pipe()
                inherited.append(end)
                command.append(str(end))
            # a group of its own, but no session: Linux shares processors among sessions (sched_autogroup)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment,
                pass_fds=inherited,
                process_group=None if os.name == "nt" else 0,
            )
        except (OSError, TypeError) as error:  # TypeError: an embedded Python does not know its program
            log.error("no process to draw in: %s", error)
            self._answers.put(None)
            return
        finally:
            for end in inherited:
                os.close(end)
        answers = (self._process.stdout, mark.encode() + b" ", self._answers)
        self._listener = threading.Thread(target=self._listen, args=answers, name="autoviz-render worker", daemon=True)
        self._listener.start()

    def _listen(self, source: IO[bytes], mark: bytes, answers: queue.SimpleQueue[bytes | None]) -> None:
        """Hand on the lines that bear the worker's mark: a figure's code may write to any descriptor."""
        with contextlib.suppress(OSError, ValueError), source:
            while line := source.readline(_LONGEST_ANSWER):
                if line.startswith(mark):
                    answers.put(line.removeprefix(mark))
                    self.on_answer()
        answers.put(None)
        self.on_answer()

    def _kill(self) -> int | None:
        """End the process, whatever it does, and those that it started; its exit code, None where there was none."""
        process, self._process = self._process, None
        lifeline, self._lifeline = self._lifeline, None
        code = None
        if process is not None:
            end_group(process, self._mark)
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(1.0)  # one that waits for a dead disk ends when that does
            with contextlib.suppress(OSError):
                if process.stdin is not None:
                    process.stdin.close()
            code = -9 if code is None else code
        if lifeline is not None:
            os.close(lifeline)
        if process is not None and self._listener is not None:
            self._listener.join(1.0)
        return code


def has_ended(process: subprocess.Popen[bytes], within: float = 0.0) -> bool:
    """Whether a process ends within some seconds. It is not taken note of if the system allows that.

    Until then its number stays its own, and that of its group.
    """
    if process.returncode is None and hasattr(os, "pidfd_open"):
        with contextlib.suppress(OSError):  # a kernel before 5.3
            descriptor = os.pidfd_open(process.pid)
            try:
                end = select.poll()
                end.register(descriptor, select.POLLIN)
                return bool(end.poll(within * 1000))
            finally:
                os.close(descriptor)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True


def end_group(process: subprocess.Popen[bytes], mark: bytes) -> None:
    """Kill a process and all that it started: its group, and on Linux those that left it, too.

    mark: what their environment holds.
    """
    if os.name != "nt":
        with contextlib.suppress(ProcessLookupError, PermissionError):  # all gone; on macOS, only zombies left
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for _ in range(_ROUNDS):
        strays = [pid for pid in _marked(mark) if pid != process.pid]
        if not strays:
            return
        for pid in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _marked(mark: bytes) -> Iterator[int]:
    """The processes whose environment holds a mark; none if the system does not tell."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdecimal():
                with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:  # not ours, or gone
                    if mark in file.read():
                        yield int(name)


def workers(watch: Watch, first: Subprocess) -> Callable[[], Subprocess]:
    """Makes workers whose answers wake a watch; the first is one that was started before."""
    spare = [first]

    def make() -> Subprocess:
        worker = spare.pop() if spare else Subprocess(first.timeout)
        worker.on_answer = watch.wake
        return worker

    return make
