"""The loop of a live renderer: look, draw the newest, skip the rest."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.descriptors import limit
from autoviz_render.renderer.live.live_run import IDLE_INTERVAL, LiveRun, LiveSettings
from autoviz_render.renderer.live.pace import Pace
from autoviz_render.renderer.live.renderer_lock import HeldError
from autoviz_render.renderer.live.scheduler import Slot
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.work.executor import Executor, InProcess
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.renderer")


_LAST_FRAMES_TIMEOUT = 3.0  # seconds
_MOST_MISSED = 3  # looks
_MOST_HELD = 16  # runs that are over and still held: each lock is a descriptor
_SHARE = 8  # of the descriptors that there are, at most one in so many is such a lock


class LiveRenderer:
    """Draws the newest snapshot of each spool under a path, as they come.

    on_drawn: called after each figure with what was made of it. new_executor: makes who draws; one draws the first
        figures of the runs, another, if there are any, the rest.
    pace: bounds what frames may take on a busy machine; None does not.
    """

    def __init__(
        self,
        watch: Watch,
        settings: LiveSettings,
        on_drawn: Callable[[RenderResult], None] = lambda _: None,
        new_executor: Callable[[], Executor] = InProcess,
        pace: Pace | None = None,
    ) -> None:
        self._watch = watch
        self._settings = settings
        self._on_drawn = on_drawn
        self._new_executor = new_executor
        self._pace = pace
        self._slots = [Slot(new_executor(), lambda state: state.is_first, self._on_drawn, pace)]
        self._runs: dict[Path, LiveRun] = {}
        self._refused: dict[Path, Exception] = {}
        self._said: set[str] = set()
        self._removed = False
        self._most_held = max(1, min(_MOST_HELD, limit() // _SHARE))
        self._is_stopping = False
        self._is_last_look = False

    def stop(self) -> None:
        """Leave after the frame at hand, if it does not take long; from any thread or signal handler."""
        self._is_stopping = True
        self._watch.wake()

    def finish(self) -> None:
        """Draw the newest once more and then leave; from any thread."""
        self._is_last_look = True
        self._watch.wake()

    @property
    def is_held_elsewhere(self) -> bool:
        """Whether all there was to draw has another renderer."""
        held = all(isinstance(error, HeldError) for error in self._refused.values())
        return bool(self._refused) and held and not self._runs

    def run(self) -> int:
        """Draw until stopped, or until every spool found was refused; 0, or 1 where not all could be done."""
        is_looked_at_last = False
        try:
            while not self._is_stopping:
                is_last = self._is_last_look  # before looking: what came until then is drawn
                if is_last:
                    for slot in self._slots:
                        slot.hurry()
                is_busy = all(slot.is_at_work for slot in self._slots)
                if not is_busy or (is_last and not is_looked_at_last):  # else there is no use for what is new
                    is_over = self.look(is_last=is_last)
                    is_looked_at_last = is_last
                else:
                    self._advance()
                    is_over = False
                is_idle = bool(self._refused) and not self._runs
                is_done = is_looked_at_last or is_idle or (is_over and self._settings.until_finished)
                if is_done and not any(slot.is_at_work for slot in self._slots):
                    break
                if is_busy and not all(slot.is_at_work for slot in self._slots):
                    continue  # an executor is free: look at what came meanwhile
                self._watch.wait(self._wait_timeout())
            self._finish_frames()
            if is_looked_at_last:
                for run in self._runs.values():
                    run.give_up()
        finally:
            self.close()
        return 1 if self._refused or any(run.has_failed for run in self._runs.values()) else 0

    def look(self, *, is_last: bool = False) -> bool:
        """Draw what is new everywhere, or begin to; whether every run is over and drawn."""
        is_sound = True
        self._watch.quiet = {directory for directory, run in self._runs.items() if run.has_ended}
        found = self._watch.spools(all_of_them=is_last)
        for directory in found:
            is_sound = self._look_at(directory) and is_sound
        for directory in set(self._runs) - set(found):
            self._miss(directory)
        self._advance()
        is_over = all(run.is_over for run in self._runs.values()) and bool(self._runs or self._removed)
        return is_sound and is_over

    def close(self) -> None:
        """Stop watching and let go of every spool."""
        self._watch.close()
        for slot in self._slots:
            slot.executor.close()
        for run in self._runs.values():
            run.leave()

    def _advance(self) -> None:
        if len(self._slots) == 1 and any(len(run.figure_states) > 1 for run in self._runs.values()):
            self._slots.append(Slot(self._new_executor(), lambda state: not state.is_first, self._on_drawn, self._pace))
        for slot in self._slots:
            if not self._is_stopping:
                slot.advance(self._runs.values())
        for run in self._runs.values():
            run.beat("drawing" if self._is_at(run) else "watching")
        self._let_go()

    def _is_at(self, run: LiveRun) -> bool:
        return any(slot.is_at(run) for slot in self._slots)

    def _let_go(self) -> None:
        """Hold few runs that are over, and none that another renderer has taken meanwhile."""
        over = [run for run in self._runs.values() if run.is_held and run.has_ended and not self._is_at(run)]
        for run in over[: -self._most_held]:
            run.leave()
        for directory, run in list(self._runs.items()):
            if run.held_elsewhere is not None:
                del self._runs[directory]
                self._refuse(directory, run.held_elsewhere)

    def _wait_timeout(self) -> float:
        """Seconds until there is something to do though nobody calls."""
        waits = [slot.executor.wait_timeout for slot in self._slots]
        waits += [wait for run in self._runs.values() if (wait := run.wait_timeout()) > 0]
        if self._pace is not None and (wait := self._pace.delay()) > 0:
            waits.append(wait)
        return min([IDLE_INTERVAL / 3, *waits])

    def _miss(self, directory: Path) -> None:
        """A spool is not there: after a few looks it counts as removed, and is let go of."""
        run = self._runs[directory]
        run.missed += 1
        if run.missed > _MOST_MISSED and not self._is_at(run):
            log.warning("%s: was removed", directory)
            del self._runs[directory]
            self._removed = True
            run.leave()

    def _finish_frames(self) -> None:
        """Wait a moment for what is being drawn."""
        deadline = time.monotonic() + _LAST_FRAMES_TIMEOUT
        for slot in self._slots:
            while not slot.take() and time.monotonic() < deadline:
                self._watch.wait(deadline - time.monotonic())

    def _look_at(self, directory: Path) -> bool:
        """List a spool, anew where the run was made anew; False where it cannot be drawn, for now."""
        run = self._runs.get(directory)
        try:
            if run is None or not run.look():
                if run is not None:
                    del self._runs[directory]
                    run.leave()
                self._runs[directory] = run = LiveRun(Spool(directory), self._settings)
                self._refused.pop(directory, None)
                run.look()
                if run.has_ended and len(self._runs) > self._most_held:
                    run.leave()  # it is held again when its turn comes
        except (SpoolError, FigureError, OSError) as error:  # one run's fault must not cost the others their figures
            run = self._runs.get(directory)
            if run is not None and not isinstance(error, SpoolError):
                run.fail(_told(error))
                run.missed += 1
                return run.missed > _MOST_MISSED  # a run that is over is not waited for without end
            if run is not None:
                del self._runs[directory]
                run.leave()
            self._refuse(directory, error)
        return True

    def _refuse(self, directory: Path, error: Exception) -> None:
        """Take note of a spool that cannot be drawn, for now, and say so once."""
        self._refused[directory] = error
        if _told(error) not in self._said:
            self._said.add(_told(error))
            log.error("%s", _told(error))


def _told(error: Exception) -> str:
    """An error in a line, with the file first."""
    if isinstance(error, OSError) and not isinstance(error, SpoolError) and error.filename:
        return f"{os.fspath(error.filename)}: {error.strerror}"
    return str(error)


__all__ = ["LiveRenderer", "LiveSettings"]
