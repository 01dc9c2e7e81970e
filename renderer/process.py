"""The renderer as a child of the sampler's process: start it, see that it lives, stop it.

Imports neither Matplotlib nor watchdog: only the child pays for them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from autoviz_render.renderer.child import child_environment
from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.spool.layout import list_snapshots, spool_paths

log = logging.getLogger("autoviz_render.renderer")

EXIT_HELD = 4  # the child found another renderer at work, which is as good as being one
MAX_RESTARTS = 4
_FIRST_PAUSE = 1.0  # seconds before a restart, doubled at each
_START_PROMISE = 120.0  # seconds for a child to import, lock and beat, on a busy machine and a slow disk


class RendererProcess:
    """A renderer in a process of its own, drawing one run until it is over or its parent is gone.

    run_dir, name: as for `Publisher`. command: what to run instead of this package's renderer, the spool
        directory being appended to it.

    Started with `subprocess.Popen`, never forked: a forked child of a JAX process hangs. Call `check` at
    each quick update. A renderer that died or hangs is replaced a bounded number of times, with growing
    pauses; then one warning names the log and the command that draws the run later. Nothing here raises
    into the sampler.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike[str],
        *,
        name: str | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.paths = spool_paths(Path(run_dir).absolute(), name)
        self.restarts = 0
        self.has_given_up = False
        self._command = list(command or (sys.executable, "-P", "-m", "autoviz_render.renderer"))
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._not_before = 0.0
        self._is_held = False
        self._has_reported = False

    @property
    def pid(self) -> int | None:
        """The child's process id, or None while there is none."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the child, unless it runs; returns in about a millisecond."""
        if self._process is not None or self.has_given_up:
            return
        try:
            self._process = self._popen()
            self._started = time.time()
        except OSError as error:
            self._lost(f"could not be started: {error}")

    def check(self) -> None:
        """See that the child lives and keeps its promises, and replace it where it does not."""
        fault = self._fault()
        if fault is not None:
            self._kill()
            self._lost(fault)
        if self._process is None and time.time() >= self._not_before and not self._is_drawn_elsewhere():
            self.start()

    def stop(self, timeout: float = 30.0) -> bool:
        """See that the newest snapshot is drawn and that no child is left: ask, wait, insist after `timeout` seconds.

        A child that died on the way is started once more. Whether all went well; if not, a warning was logged.
        """
        code = 0
        for _ in range(2):
            if self._process is None:
                if self.has_given_up or self._is_done():
                    return not self.has_given_up
                self.start()
            if self._process is None:
                if not self.has_given_up:
                    self._warn("could not be started")
                return False
            self._close_pipe(self._process)  # the end of its standard input: the parent is done
            try:
                code = self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._kill()
                self._warn(f"did not finish within {timeout:g} s and was stopped")
                return False
            self._process = None
            if code == EXIT_HELD or (code == 0 and self._is_done()):
                return True
            if self._is_done():
                break
        beat = read_heartbeat(self.paths.heartbeat)
        if code == 1 and beat is not None and beat.last_error is not None:
            self._report(beat.last_error)
        else:
            self._warn(f"ended with exit code {code}")
        return False

    def _is_done(self) -> bool:
        """Whether there is nothing left to draw, or somebody else who draws it."""
        beat, snapshots = read_heartbeat(self.paths.heartbeat), list_snapshots(self.paths.snapshots)
        is_drawn = not snapshots or (beat is not None and beat.last_drawn == snapshots[-1].path.name)
        return is_drawn or self._is_drawn_elsewhere()

    def _popen(self) -> subprocess.Popen[bytes]:
        with self._open_log() as output:
            return subprocess.Popen(
                [*self._command, str(self.paths.directory)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=child_environment(os.environ),
                # Ctrl-C in the sampler's terminal is the sampler's. Not a session of its own: Linux shares processors
                # among sessions (sched_autogroup), and an idle class in another one takes its share all the same
                process_group=None if os.name == "nt" else 0,
            )

    def _open_log(self) -> IO[bytes]:
        try:
            self.paths.directory.mkdir(parents=True, exist_ok=True)
            return open(self.paths.log, "ab")
        except OSError:
            return open(os.devnull, "wb")  # a full or read-only disk: better a silent renderer than none

    def _fault(self) -> str | None:
        """What is wrong with the child; None where all is well or there is none."""
        if self._process is None:
            return None
        code = self._process.poll()
        if code == EXIT_HELD:
            log.info("%s: another renderer draws this run", self.paths.directory)
            self._left(is_held=True)
            return None
        if code == 0:  # it saw an earlier run that was over, or was asked to leave: no fault, begin again
            self._left(is_held=False)
            return None
        if code is not None:
            return f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        beat, now = read_heartbeat(self.paths.heartbeat), time.time()
        if beat is not None and beat.pid == self._process.pid:
            self._report(beat.last_error)
            return f"hangs: no sign of life for {now - beat.beat:.0f} s" if beat.is_late(now) else None
        return "hangs at its start" if now > self._started + _START_PROMISE else None

    def _report(self, error: str | None) -> None:
        """Warn, once, of what the renderer could not draw: it goes on with the rest."""
        if error is not None and not self._has_reported:
            self._has_reported = True
            self._warn(f"reports: {error}")

    def _is_drawn_elsewhere(self) -> bool:
        if not self._is_held:
            return False
        beat = read_heartbeat(self.paths.heartbeat)
        self._is_held = beat is not None and beat.is_fresh(time.time())
        return self._is_held

    def _left(self, *, is_held: bool) -> None:
        self._kill()  # it has ended: this closes the pipe
        self._is_held = is_held
        self._not_before = time.time() + _FIRST_PAUSE

    def _lost(self, fault: str) -> None:
        self._process = None
        if self.restarts >= MAX_RESTARTS:
            self.has_given_up = True
            self._warn(f"{fault}, and is not started again; the run goes on without figures")
            return
        pause = _FIRST_PAUSE * 2**self.restarts
        self.restarts += 1
        self._not_before = time.time() + pause
        log.info("the renderer %s; starting another in %g s", fault, pause)

    def _kill(self) -> None:
        if self._process is None:
            return
        self._kill_group(self._process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)  # but not one that waits for a dead disk: the system ends that one when it can
        self._close_pipe(self._process)
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

    def _warn(self, fault: str) -> None:
        log.warning(
            "the renderer %s. See %s; to draw the run: autoviz-render %s", fault, self.paths.log, self.paths.run_dir
        )
