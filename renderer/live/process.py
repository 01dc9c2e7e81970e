"""The renderer as a child of the sampler's process: start it, see that it lives, stop it.

Imports neither Matplotlib nor watchdog: only the child pays for them.

Until a new process executes its program, it holds a copy of every open file of this one, and with it their locks: HDF5
then refuses the user's next open. So a process is started only by `start`, `check` and `stop`, in the thread that calls
them, which cannot be opening or closing a file meanwhile. `look`, which a thread of ours calls, never starts one.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from autoviz_render.renderer.heartbeat import Heartbeat, read_heartbeat
from autoviz_render.renderer.live.launcher import Child, Launcher
from autoviz_render.renderer.live.liveness import LOOK_EVERY, Liveness, is_starved
from autoviz_render.renderer.live.renderer_warnings import RendererWarnings, from_disk
from autoviz_render.renderer.sharing.connection import LOST, Connection
from autoviz_render.renderer.work.child_process import how_it_ended
from autoviz_render.renderer.work.resources import processor_wait
from autoviz_render.renderer.work.subprocess_env import NoInterpreterError
from autoviz_render.spool.paths import SpoolPaths, list_snapshots, spool_paths

log = logging.getLogger("autoviz_render.renderer")

EXIT_INCOMPLETE = 1  # as the command has it
EXIT_HELD = 4
"""Exit code of a child that found another renderer at work, which is as good as being one."""

MAX_RESTARTS = 4
_FIRST_PAUSE = 1.0  # seconds before a restart, doubled at each
_MEETS_AGAIN = 0.2  # seconds, if another search is just starting the renderer of both


class RendererProcess:
    """A renderer in a process of its own, drawing one run until it is over or its parent is gone.

    Searches that may share one do: the first starts it, the others connect to it, see `renderer.sharing`. Nothing else
    is different for them: what is said here of the child holds for a place at a renderer of several.

    Started with `subprocess.Popen`, never forked: a forked child of a JAX process hangs. Call `check` at each quick
    update. A renderer that died or hangs is replaced a bounded number of times, with growing pauses; then one warning
    names the log and the command that draws the run later. Nothing here raises into the sampler.

    Args:
        run_dir: As for `Publisher`.
        name: As for `Publisher`.
        is_open: Whether the spool is this run's already. If not, the child waits for `draw`.
        command: What to run instead of this package's renderer. It is told the spool in a line on its standard input;
            if the spool is open, its directory is appended to the command, too.

    Attributes:
        paths: Of the spool.
        restarts: How often it was restarted lately.
        has_given_up: Whether it is not restarted any more.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike[str],
        *,
        name: str | None = None,
        is_open: bool = True,
        command: Sequence[str] | None = None,
    ) -> None:
        self.restarts = 0
        self.has_given_up = False
        self.paths = spool_paths(Path(run_dir).absolute(), name)
        self._warnings = RendererWarnings(self.paths)
        self._is_open = is_open
        self._launcher = Launcher(command)
        self._lock = threading.Lock()  # of what follows; nobody waits for the disk while holding it
        self._child: Child | None = None
        self._liveness = Liveness(0)
        self._not_before = 0.0
        self._is_held_elsewhere = False
        self._untold: tuple[str, bool] | None = None  # why it gave up, and whether that says it all

    @property
    def pid(self) -> int | None:
        """The renderer's process id; None while there is none, or it has not told yet."""
        child = self._child
        return None if child is None else child.pid or None

    @property
    def is_at_work(self) -> bool:
        """Whether there is a child, as far as the last look told."""
        return self._child is not None

    def start(self) -> None:
        """Start the child if it does not run and may be started now. Takes a millisecond; does not read the run's disk.

        What needs to be read about one that ended is left to `look`.
        """
        if not self._lock.acquire(blocking=False):
            return  # a thread is ending a hung child; or this is a signal handler in the middle of a start
        try:
            if (child := self._child) is not None and child.exit_code not in (None, 0, EXIT_INCOMPLETE, EXIT_HELD):
                self._ended(child, None)
            is_wanted = self._child is None and not (self.has_given_up or self._is_held_elsewhere)
            if is_wanted and time.monotonic() >= self._not_before:
                self._start()
        finally:
            self._lock.release()

    def draw(self, paths: SpoolPaths) -> None:
        """Tell the child, if it is one that waits, which spool to draw. Later ones are told at their start."""
        with self._lock:
            self.paths = self._warnings.paths = paths
            self._is_open = True
            self._tell()

    def check(self) -> None:
        """See that the child lives, and replace it if not. Reads the run's disk."""
        self.look()
        self.start()

    def look(self) -> float | None:
        """See that the child lives, and end it if it hangs. Reads the run's disk.

        Returns:
            Seconds after which to look again, because the child is late; None if the next quick update is soon enough.
        """
        beat = read_heartbeat(self.paths.heartbeat)
        with self._lock:
            if self._is_held_elsewhere:
                self._is_held_elsewhere = beat is not None and beat.is_fresh()
            beat = None if self._child is None else self._newest_beat(self._child, beat)
            if self._child is not None:
                self._judge(self._child, beat)
            is_late = self._child is not None and self._liveness.is_late
        self._warn()
        if beat is not None and beat.activity != "stopped":  # else it is about to end, and its exit code says more
            self._warnings.report(beat.last_error)
        return LOOK_EVERY if is_late else None

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
        for _ in range(2):
            if self._child is None and not (self.has_given_up or self._is_done()):
                with self._lock:
                    self._start(is_last=True)
                if self._child is None:
                    self._give_up("could not be started")
            if (child := self._child) is None:
                self._warn()
                return not self.has_given_up
            began, waited = time.monotonic(), processor_wait(child.pid)
            child.close_input()  # the parent is done
            code = child.wait(max(0.0, deadline - began))
            if code is None:
                is_fault_of_machine = is_starved(child.pid, waited, time.monotonic() - began)
                self._leave(child, timeout, insist=insist, is_fault_of_machine=is_fault_of_machine)
                return False
            with self._lock:
                self._child = None
            is_done = self._is_done()
            if code == EXIT_HELD or (code == 0 and is_done):
                return True
            if is_done:
                break
        beat = self._heartbeat()
        if code == EXIT_INCOMPLETE and beat is not None and beat.last_error is not None:
            self._warnings.report(beat.last_error)
        else:
            self._warnings.warn(_ending(code))
        return False

    # With the lock, in the caller's thread

    def _start(self, *, is_last: bool = False) -> None:
        try:
            arguments = [str(self.paths.directory)] if self._is_open else []
            output = self._warnings.new_output()
            self._child = self._launcher.launch(arguments, output, restarts=self.restarts, is_last=is_last)
        except NoInterpreterError as error:
            self._give_up(f"cannot be started, so there are no live figures: {error}", is_whole=True)
        except OSError as error:
            self._lost(f"could not be started: {error}")
        else:
            self._not_before = time.monotonic() + _MEETS_AGAIN
            if self._child is not None:
                self._liveness = Liveness(self._child.pid)
                self._tell()

    def _tell(self) -> None:
        if self._is_open and self._child is not None:
            directory = os.fsencode(self.paths.directory).decode("latin-1")
            self._child.tell(json.dumps({"spool": directory}) + "\n")

    # With the lock, in any thread

    def _newest_beat(self, child: Child, beat: Heartbeat | None) -> Heartbeat | None:
        """The child's newest sign of life: on the run's disk, or, whatever that disk does, over the connection."""
        heard = child.beat() if isinstance(child, Connection) else None
        self._liveness.pid = child.pid
        if not self._liveness.is_of_child(beat):
            beat = None
        if beat is None or heard is None:
            return beat or heard
        return replace(beat, clock=heard.clock, promise=heard.promise) if heard.clock > beat.clock else beat

    def _judge(self, child: Child, beat: Heartbeat | None) -> None:
        """Take note of a child's newest beat, and of its end; end one that hangs."""
        if child.exit_code is not None:
            self._ended(child, beat)
        elif fault := self._liveness.judge(beat):
            child.kill()
            self._lost(fault)
        elif self._liveness.is_healthy:
            self.restarts = 0  # earlier ones are forgiven

    def _ended(self, child: Child, beat: Heartbeat | None) -> None:
        """A child has ended by itself; one that was asked to leave is started again.

        Args:
            child: Which.
            beat: Its last beat, if that is known.
        """
        child.close_input()
        code, self._child = child.exit_code, None
        self._not_before = time.monotonic() + _FIRST_PAUSE
        if code == EXIT_HELD:
            log.info("%s: another renderer draws this run", self.paths.directory)
            self._is_held_elsewhere = True
        elif code == 0:
            if beat is None and not self._liveness.has_beaten:  # it was no renderer: perhaps this very program
                self._give_up(f"{_ending(code)}; the run goes on without figures")
        elif code == EXIT_INCOMPLETE and beat is not None and beat.last_error is not None:
            self._give_up(f"has nothing that it can draw: {beat.last_error}", is_whole=True)
        else:
            self._lost(_ending(code))

    def _lost(self, fault: str) -> None:
        self._child = None
        if self.restarts >= MAX_RESTARTS:
            self._give_up(f"{fault}, and is not started again; the run goes on without figures")
            return
        pause = _FIRST_PAUSE * 2**self.restarts
        self.restarts += 1
        self._not_before = time.monotonic() + pause
        log.info("the renderer %s; starting another in %g s", fault, pause)

    def _give_up(self, fault: str, *, is_whole: bool = False) -> None:
        if not self.has_given_up:
            self.has_given_up, self._untold = True, (fault, is_whole)

    # Without the lock: these wait for the disk

    def _leave(self, child: Child, timeout: float, *, insist: bool, is_fault_of_machine: bool) -> None:
        """The child is not done at the end of the search: end it, or leave it to finish by itself."""
        beat = self._heartbeat()
        beat = self._newest_beat(child, beat)
        is_at_work = beat is not None and beat.is_fresh()
        why = "got no processor time: the machine is busy" if is_fault_of_machine else "is not done"
        with self._lock:
            self._child = None
            if insist or not (is_at_work or is_fault_of_machine):
                child.drop() if is_at_work and isinstance(child, Connection) else child.kill()
                fault = f"{why}; it did not finish within {timeout:g} s and was stopped"
            else:
                child.let_go()
                fault = f"{why} after {timeout:g} s; it draws the last figure by itself and then ends"
        self._warnings.warn(fault)

    def _is_done(self) -> bool:
        """Whether there is nothing left to draw, or somebody else who draws it."""

        def look() -> bool:
            beat, snapshots = read_heartbeat(self.paths.heartbeat), list_snapshots(self.paths.snapshots)
            is_drawn = not snapshots or (beat is not None and beat.last_drawn == snapshots[-1].path.name)
            return is_drawn or (self._is_held_elsewhere and beat is not None and beat.is_fresh())

        return from_disk(look, True)

    def _heartbeat(self) -> Heartbeat | None:
        return from_disk(partial(read_heartbeat, self.paths.heartbeat), None)

    def _warn(self) -> None:
        """Say why it gave up, once."""
        with self._lock:
            untold, self._untold = self._untold, None
        if untold is not None:
            fault, is_whole = untold
            told = self._warnings.warn(fault, is_whole=is_whole)
            if self._is_open:
                self._warnings.leave_note(told)


def _ending(code: int | None) -> str:
    if code == LOST:
        return "ended"
    return f"ended {how_it_ended(code)}" if code else "ended without a sign of life"
