"""The renderer as a child of the sampler's process: start it, see that it lives, stop it.

Imports neither Matplotlib nor watchdog: only the child pays for them.

Until a new process executes its program, it holds a copy of every open file of this one, and with it their locks: HDF5
then refuses the user's next open. So a process is started only by `start`, `check` and `stop`, in the thread that calls
them, which cannot be opening or closing a file meanwhile. `look`, which a thread of ours calls, never starts one.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, TypeVar

from autoviz_render.renderer.live.heartbeat import Heartbeat, read_heartbeat, write_heartbeat
from autoviz_render.renderer.work.subprocess_env import (
    NoInterpreterError,
    child_environment,
    interpreter,
    processor_times,
)
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths, list_snapshots, spool_paths
from autoviz_render.spool.system.safe_read import open_plain
from autoviz_render.spool.text import printable

log = logging.getLogger("autoviz_render.renderer")

_EXIT_INCOMPLETE = 1  # as the command has it
EXIT_HELD = 4  # the child found another renderer at work, which is as good as being one
MAX_RESTARTS = 4
_FIRST_PAUSE = 1.0  # seconds before a restart, doubled at each
_START_TIMEOUT = 120.0  # seconds for a child to import, lock and beat, on a busy machine and a slow disk
_SILENCE = 10.0  # seconds of watching a child that is late, before it counts as hung
_LOOK_EVERY = 1.0  # seconds, while it is late
_FORGIVEN_AFTER = 300.0  # seconds of health, after which earlier restarts do not count
_DISK_ANSWERS_WITHIN = 5.0  # seconds, at the end of a search
_LOG_END = 4096  # bytes of a log's end, in which its last line is looked for

T = TypeVar("T")


class RendererProcess:
    """A renderer in a process of its own, drawing one run until it is over or its parent is gone.

    Started with `subprocess.Popen`, never forked: a forked child of a JAX process hangs. Call `check` at each quick
    update. A renderer that died or hangs is replaced a bounded number of times, with growing pauses; then one warning
    names the log and the command that draws the run later. Nothing here raises into the sampler.

    Args:
        run_dir: As for `Publisher`.
        name: As for `Publisher`.
        is_open: Whether the spool is this run's already. If not, the child waits for `draw`.
        command: What to run instead of this package's renderer. It is told the spool in a line on its standard input;
            if the spool is open, its directory is appended to the command, too.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike[str],
        *,
        name: str | None = None,
        is_open: bool = True,
        command: Sequence[str] | None = None,
    ) -> None:
        self.paths = spool_paths(Path(run_dir).absolute(), name)
        self.restarts = 0
        self.has_given_up = False
        self._is_open = is_open
        self._command = None if command is None else list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._lock = threading.Lock()  # of what follows; nobody waits for the disk while holding it
        self._started = 0.0
        self._not_before = 0.0
        self._heard = 0.0  # the clock of the newest beat of this child; 0 before the first
        self._silent = 0.0  # seconds for which a late child was watched
        self._watched_from: tuple[float, float] | None = None  # its processor times when that began
        self._looked = 0.0
        self._is_held = False
        self._has_reported = False
        self._unexplained: list[tuple[str, bool]] = []  # faults to warn of, and whether each says it all
        _children.add(self)

    @property
    def pid(self) -> int | None:
        """The child's process id, or None while there is none."""
        process = self._process
        return None if process is None else process.pid

    def start(self) -> None:
        """Start the child if it does not run and may be started now. Takes a millisecond; does not read the run's disk.

        What needs to be read about one that ended is left to `look`.
        """
        if not self._lock.acquire(blocking=False):
            return  # a thread is ending a hung child; or this is a signal handler in the middle of a start
        try:
            process = self._process
            if process is not None and process.poll() not in (None, 0, _EXIT_INCOMPLETE, EXIT_HELD):
                self._ended(process.returncode, None)
            is_wanted = self._process is None and not (self.has_given_up or self._is_held)
            if is_wanted and time.monotonic() >= self._not_before:
                self._start()
        finally:
            self._lock.release()

    def draw(self, paths: SpoolPaths) -> None:
        """Tell the child, if it is one that waits, which spool to draw. Later ones are told at their start."""
        with self._lock:
            self.paths, self._is_open = paths, True
            self._tell()

    def check(self) -> None:
        """See that the child lives and keeps its promises, and replace it if not. Reads the run's disk."""
        self.look()
        self.start()

    def look(self) -> float | None:
        """See that the child lives and keeps its promises, and end it if it hangs. Reads the run's disk.

        Returns:
            Seconds after which to look again, because the child is late; None if the next quick update is soon enough.
        """
        beat, is_held = read_heartbeat(self.paths.heartbeat), False
        if self._is_held:
            is_held = beat is not None and beat.is_fresh()
        with self._lock:
            self._is_held = is_held
            process = self._process
            if beat is not None and (process is None or beat.pid != process.pid or not beat.is_of_this_machine()):
                beat = None  # another's, or an earlier one's
            if process is not None and (code := process.poll()) is not None:
                self._ended(code, beat)
            elif process is not None:
                self._judge(process, beat)
            is_late = self._silent > 0
        self._explain()
        if beat is not None and beat.activity != "stopped":  # else it is about to end, and its exit code says more
            self._report(beat.last_error)
        return _LOOK_EVERY if is_late else None

    def stop(self, timeout: float = 30.0, *, insist: bool = True) -> bool:
        """See that the newest snapshot is drawn and that no child is left: ask, wait, insist.

        A child that died on the way is started once more.

        Args:
            timeout: Seconds to wait.
            insist: End a child that is not done by then. If False, one that gives signs of life, or has got no
                processor time, is left to draw the last figure and to end by itself.

        Returns:
            Whether the newest snapshot is drawn; if not, a warning was logged.
        """
        deadline = time.monotonic() + timeout
        code = 0
        for _ in range(2):
            if self._process is None:
                if self.has_given_up or self._is_done():
                    self._explain()
                    return not self.has_given_up
                with self._lock:
                    self._start()
            process = self._process
            if process is None:
                self._explain("could not be started")
                return False
            before = processor_times(process.pid)
            self._close_pipe(process)  # the end of its standard input: the parent is done
            began = time.monotonic()
            try:
                code = process.wait(max(0.0, deadline - began))
            except subprocess.TimeoutExpired:
                return self._is_late_at_the_end(process, before, timeout, time.monotonic() - began, insist=insist)
            with self._lock:
                self._process = None
            is_done = self._is_done()
            if code == EXIT_HELD or (code == 0 and is_done):
                return True
            if is_done:
                break
        beat = self._from_disk(lambda: read_heartbeat(self.paths.heartbeat), None)
        if code == _EXIT_INCOMPLETE and beat is not None and beat.last_error is not None:
            self._report(beat.last_error)
        else:
            self._warn(_how_it_ended(code))
        return False

    # The start, in the caller's thread, with the lock

    def _start(self) -> None:
        try:
            if self._command is None:
                command = [interpreter(), "-P", "-m", "autoviz_render.renderer"]
            else:
                command = [*self._command, *([str(self.paths.directory)] if self._is_open else [])]
            self._process = self._popen(command)
        except NoInterpreterError as error:
            self._give_up(f"cannot be started, so there are no live figures: {error}", is_whole=True)
            return
        except OSError as error:
            self._lost(f"could not be started: {error}")
            return
        self._started = time.monotonic()
        self._heard, self._silent = 0.0, 0.0
        self._tell()

    def _popen(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        if self._output is not None:
            self._output.close()
        try:  # not in the run's directory, whose disk may hang: the child writes to `renderer.log` once it knows it
            self._output = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  read when the child has ended
            weakref.finalize(self, self._output.close)
        except OSError:
            self._output = None
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL if self._output is None else self._output,
            stderr=subprocess.STDOUT,
            env=child_environment(os.environ),
            # Ctrl-C in the sampler's terminal is the sampler's. Not a session of its own: Linux shares processors
            # among sessions (sched_autogroup)
            process_group=None if os.name == "nt" else 0,
        )

    def _tell(self) -> None:
        if self._is_open and self._process is not None and self._process.stdin is not None:
            line = json.dumps({"spool": os.fsencode(self.paths.directory).decode("latin-1")}) + "\n"
            with contextlib.suppress(OSError, ValueError):  # it died, or its pipe is closed: it is not there to be told
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()

    # What became of it, with the lock

    def _judge(self, process: subprocess.Popen[bytes], beat: Heartbeat | None) -> None:
        """Take note of the beat of a child that runs, and end one that hangs.

        A late child is watched for some seconds of this process's own time before it counts as hung: both may have been
        suspended, and a busy machine may have let neither run.
        """
        now = time.monotonic()
        since_last_look, self._looked = now - self._looked, now
        if beat is not None:
            if beat.clock != self._heard:
                self._heard, self._silent = beat.clock, 0.0
            is_late = beat.is_late()
            if not is_late and now - self._started > _FORGIVEN_AFTER:
                self.restarts = 0
        else:
            is_late = now > self._started + _START_TIMEOUT
        if not is_late:
            self._silent = 0.0
            return
        if not self._silent:  # the first look at a late child begins to count
            self._silent, self._watched_from = 1e-9, processor_times(process.pid)
            return
        self._silent += min(since_last_look, 2 * _LOOK_EVERY)
        if self._silent < _SILENCE:
            return
        if _is_starved(self._watched_from, processor_times(process.pid), self._silent):
            self._silent = 0.0  # it cannot beat: that is the machine's fault, and another one would fare no better
            return
        self._end(process)
        since = now - (self._heard or self._started)
        self._lost("hangs at its start" if not self._heard else f"hangs: no sign of life for {since:.0f} s")

    def _ended(self, code: int, beat: Heartbeat | None) -> None:
        """The child has ended by itself. beat: its last one, if there is one."""
        process, self._process, self._silent = self._process, None, 0.0
        if process is not None:
            self._close_pipe(process)
        if code == EXIT_HELD:
            log.info("%s: another renderer draws this run", self.paths.directory)
            self._is_held = True
            self._not_before = time.monotonic() + _FIRST_PAUSE
        elif code == 0 and (beat is not None or self._heard):  # somebody asked it to leave: no fault, begin again
            self._not_before = time.monotonic() + _FIRST_PAUSE
        elif code == 0:  # whatever was started, it was no renderer: perhaps this very program
            self._give_up("ended without a sign of life; the run goes on without figures")
        elif code == _EXIT_INCOMPLETE and beat is not None and beat.last_error is not None:
            self._give_up(f"has nothing that it can draw: {beat.last_error}", is_whole=True)
        else:
            self._lost(_how_it_ended(code))

    def _lost(self, fault: str) -> None:
        self._process = None
        self._silent = 0.0
        if self.restarts >= MAX_RESTARTS:
            self._give_up(f"{fault}, and is not started again; the run goes on without figures")
            return
        pause = _FIRST_PAUSE * 2**self.restarts
        self.restarts += 1
        self._not_before = time.monotonic() + pause
        log.info("the renderer %s; starting another in %g s", fault, pause)

    def _give_up(self, fault: str, *, is_whole: bool = False) -> None:
        self.has_given_up = True
        self._unexplained.append((fault, is_whole))

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self._kill_group(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)  # but not for one that waits for a dead disk: the system ends that one when it can
        self._close_pipe(process)
        self._process = None

    @staticmethod
    def _kill_group(process: subprocess.Popen[bytes]) -> None:
        """End it and the processes that draw for it: SIGKILL ends a stopped or hung one too."""
        if os.name == "nt" or process.poll() is not None:  # of one that ended the number may be another's by now
            process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # all gone; on macOS, only zombies left
            os.killpg(process.pid, signal.SIGKILL)

    @staticmethod
    def _close_pipe(process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()

    # The end of a search

    def _is_late_at_the_end(
        self,
        process: subprocess.Popen[bytes],
        before: tuple[float, float] | None,
        timeout: float,
        waited: float,
        *,
        insist: bool,
    ) -> bool:
        """The child is not done within the timeout: end it, or let it finish by itself."""
        is_starved = _is_starved(before, processor_times(process.pid), waited)
        beat = self._from_disk(lambda: read_heartbeat(self.paths.heartbeat), None)
        is_at_work = is_starved or (beat is not None and beat.pid == process.pid and beat.is_fresh())
        why = "got no processor time: the machine is busy" if is_starved else "is not done"
        if insist or not is_at_work:
            with self._lock:
                self._end(process)
            self._warn(f"{why}; it did not finish within {timeout:g} s and was stopped")
            return False
        with self._lock:
            self._process = None
            process.returncode = 0  # it is on its own now: Popen must not complain that it still runs
        self._warn(f"{why} after {timeout:g} s; it draws the last figure by itself and then ends")
        return False

    def _is_done(self) -> bool:
        """Whether there is nothing left to draw, or somebody else who draws it."""
        return self._from_disk(self._look_whether_done, True)

    def _look_whether_done(self) -> bool:
        beat, snapshots = read_heartbeat(self.paths.heartbeat), list_snapshots(self.paths.snapshots)
        is_drawn = not snapshots or (beat is not None and beat.last_drawn == snapshots[-1].path.name)
        return is_drawn or (self._is_held and beat is not None and beat.is_fresh())

    def _from_disk(self, read: Callable[[], T], otherwise: T) -> T:
        """What a function reads from the run's disk; `otherwise` if the disk fails or does not answer."""
        answer = [otherwise]

        def ask() -> None:
            with contextlib.suppress(OSError, SpoolError):
                answer[0] = read()

        thread = threading.Thread(target=ask, name="autoviz-render asks the disk", daemon=True)
        thread.start()
        thread.join(_DISK_ANSWERS_WITHIN)
        return answer[0]

    # Words

    def _explain(self, otherwise: str = "") -> None:
        """Warn of what has not been told yet; of `otherwise` if there is nothing."""
        with self._lock:
            unexplained, self._unexplained = self._unexplained, []
        if not unexplained and otherwise:
            unexplained = [(otherwise, False)]
        for fault, is_whole in unexplained:
            told = self._warn(fault, is_whole=is_whole)
            if self.has_given_up:
                self._from_disk(partial(self._leave_word, told), None)

    def _leave_word(self, told: str) -> None:
        """Say in `renderer.json` why there are no figures, unless another renderer is at work."""
        beat = read_heartbeat(self.paths.heartbeat) or Heartbeat()
        if self._is_open and not beat.is_fresh():
            write_heartbeat(self.paths.heartbeat, replace(beat, activity="stopped", last_error=told), 0.0)

    def _report(self, error: str | None) -> None:
        """Warn, once, of what the renderer could not draw: it goes on with the rest."""
        if error is not None and not self._has_reported:
            self._has_reported = True
            self._warn(f"reports: {error}", is_whole=True)

    def _warn(self, fault: str, *, is_whole: bool = False) -> str:
        """Say what is wrong, why if that is known, and how to draw the run all the same; the first two are returned."""
        last = "" if is_whole else self._from_disk(self._last_words, "")
        told = printable(f"the renderer {fault}: {last}" if last else f"the renderer {fault}")  # a stranger's, in part
        log.warning(
            "%s. %sTo draw the run: autoviz-render %s",
            told,
            f"See {self.paths.log}. " if self._from_disk(self.paths.log.exists, False) else "",
            self.paths.run_dir,
        )
        return told

    def _last_words(self) -> str:
        """The last line that a child wrote: to its output, if it died at once, or to the run's log."""
        if self._output is not None:
            end = self._output.seek(0, os.SEEK_END)
            self._output.seek(max(0, end - _LOG_END))
            if last := _last_line(self._output.read(_LOG_END)):
                return last
        with open_plain(self.paths.log, 1 << 62) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_END))
            return _last_line(file.read(_LOG_END))


def _last_line(text: bytes) -> str:
    lines = [line for line in text.decode(errors="replace").splitlines() if line.strip()]
    return "".join(each if each.isprintable() else " " for each in lines[-1].strip()) if lines else ""


def _how_it_ended(code: int) -> str:
    if code == 0:
        return "ended without a sign of life"
    return f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _is_starved(before: tuple[float, float] | None, now: tuple[float, float] | None, seconds: float) -> bool:
    """Whether a process wanted a processor and got none for most of some seconds, as far as the system tells."""
    return before is not None and now is not None and now[1] - before[1] > 0.5 * seconds


_children: weakref.WeakSet[RendererProcess] = weakref.WeakSet()


def _let_go_in_forked_child() -> None:
    """A forked worker of the user's would keep the pipe open, by which a renderer learns that its parent is gone."""
    for child in list(_children):
        process, child._process = child._process, None
        if process is not None:
            process.returncode = 0  # it is the parent's child: Popen must not complain
            RendererProcess._close_pipe(process)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_in_forked_child)
