"""The loop of a live renderer: look, draw the newest, skip the rest."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.heartbeat import IDLE_INTERVAL
from autoviz_render.renderer.live.live_run import LiveRun, LiveSettings
from autoviz_render.renderer.live.pace import UNBOUNDED, Pace
from autoviz_render.renderer.live.renderer_lock import HeldError
from autoviz_render.renderer.live.scheduler import Slot
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.work.executor import Executor
from autoviz_render.renderer.work.jobs import RenderResult, error_line
from autoviz_render.renderer.work.resources import descriptor_limit
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.renderer")

_LAST_FRAMES_TIMEOUT = 3.0  # seconds
_MOST_MISSED = 3  # looks
_MOST_HELD = 16  # runs that are over and still held: each lock is a descriptor
_SHARE = 8  # of the descriptors, at most one in 8 is such a lock


class LiveRenderer:
    """Draws the newest snapshot of each spool under a path, as they come.

    Args:
        watch: What is below the path, and when to look.
        settings: How to draw.
        executor: Draws the first figures of the runs; if there are others, another one of its kind draws them.
        on_drawn: Called after each figure with what was made of it.
        pace: Bounds what frames may take on a busy machine; None does not.
    """

    def __init__(
        self,
        watch: Watch,
        settings: LiveSettings,
        executor: Executor,
        on_drawn: Callable[[RenderResult], None] = lambda _: None,
        pace: Pace | None = None,
    ) -> None:
        self._watch = watch
        self._settings = settings
        self._on_drawn = on_drawn
        self._pace = pace or Pace(UNBOUNDED)
        self._slots: list[Slot] = []
        self._runs: dict[Path, LiveRun] = {}
        self._refused: dict[Path, Exception] = {}
        self._said: set[str] = set()
        self._has_lost_any = False
        self._most_held = max(1, min(_MOST_HELD, descriptor_limit() // _SHARE))
        self._is_stopping = False
        self._is_last_look = False
        self._add_slot(executor)

    def stop(self) -> None:
        """Leave after the frame that is being drawn, if it does not take long; from any thread or signal handler."""
        self._is_stopping = True
        self._watch.wake()

    def finish(self) -> None:
        """Draw the newest once more, now, and then leave; from any thread."""
        self._pace.hurry()
        self._is_last_look = True
        self._watch.wake()

    @property
    def is_held_elsewhere(self) -> bool:
        """Whether another renderer has all there was to draw."""
        return self._is_idle and all(isinstance(error, HeldError) for error in self._refused.values())

    def run(self) -> int:
        """Draw until stopped, or until every spool found was refused.

        Returns:
            The exit code: 0, or 1 if not all could be done.
        """
        is_looked_at_last = is_over = False
        try:
            while not self._is_stopping:
                is_last = self._is_last_look  # before looking: what came until then is drawn
                is_busy = self._is_busy
                if is_busy and is_last == is_looked_at_last:  # there is no use for what is new
                    self._advance()
                    is_over = False
                else:
                    is_over = self.look(is_last=is_last)
                    is_looked_at_last = is_last
                is_done = is_looked_at_last or self._is_idle or (is_over and self._settings.until_finished)
                if is_done and not any(slot.run for slot in self._slots):
                    break
                if self._is_busy or not is_busy:  # else an executor is free: look at what came meanwhile
                    self._watch.wait(self._wait_timeout())
            self._finish_frames()
            if is_looked_at_last:
                for run in self._runs.values():
                    run.give_up()
        finally:
            self.close()
        return 1 if self._refused or any(run.faults for run in self._runs.values()) else 0

    def look(self, *, is_last: bool = False) -> bool:
        """Draw what is new everywhere, or begin to.

        Args:
            is_last: Whether to search the whole path, even if that was done just now.

        Returns:
            Whether every run is over and drawn.
        """
        quiet = {directory for directory, run in self._runs.items() if run.has_ended}
        found = self._watch.spools(quiet, all_of_them=is_last)
        is_sound = [self._look_at(directory) for directory in found]
        for directory in set(self._runs) - set(found):
            self._miss(directory)
        self._advance()
        is_over = all(run.is_over for run in self._runs.values()) and bool(self._runs or self._has_lost_any)
        return all(is_sound) and is_over

    def close(self) -> None:
        """Stop watching and let go of every spool."""
        self._watch.close()
        for slot in self._slots:
            slot.executor.close()
        for run in self._runs.values():
            run.lock.release()

    @property
    def _is_busy(self) -> bool:
        return all(slot.run for slot in self._slots)

    @property
    def _is_idle(self) -> bool:
        return bool(self._refused) and not self._runs

    def _add_slot(self, executor: Executor) -> None:
        executor.on_answer = self._watch.wake
        is_for_first = not self._slots
        self._slots.append(Slot(executor, is_for_first=is_for_first, pace=self._pace, on_drawn=self._on_drawn))

    def _advance(self) -> None:
        if len(self._slots) == 1 and any(len(run.figure_states) > 1 for run in self._runs.values()):
            self._add_slot(self._slots[0].executor.another())
        for slot in self._slots:
            if not self._is_stopping:
                slot.advance(self._runs.values())
        for run in self._runs.values():
            run.lock.beat("drawing" if self._is_at(run) else "watching")
        self._let_go()

    def _is_at(self, run: LiveRun) -> bool:
        return any(slot.run is run for slot in self._slots)

    def _let_go(self) -> None:
        """Hold few runs that are over, and none that another renderer has taken meanwhile."""
        over = [run for run in self._runs.values() if run.lock.is_held and run.has_ended and not self._is_at(run)]
        for run in over[: -self._most_held]:
            run.lock.release()
        for directory, run in list(self._runs.items()):
            if run.held_elsewhere is not None:
                self._refuse(directory, run.held_elsewhere)

    def _wait_timeout(self) -> float:
        """Seconds until there is something to do though nobody calls."""
        waits = [run.wait_timeout() for run in self._runs.values()]
        waits = [wait for wait in (*waits, self._pace.delay()) if wait > 0]
        return min([IDLE_INTERVAL / 3, *waits, *(slot.executor.wait_timeout for slot in self._slots)])

    def _miss(self, directory: Path) -> None:
        """A spool is not there: after a few looks it counts as removed, and is let go of."""
        run = self._runs[directory]
        run.missed += 1
        if run.missed > _MOST_MISSED and not self._is_at(run):
            log.warning("%s: was removed", directory)
            self._has_lost_any = True
            self._drop(directory)

    def _finish_frames(self) -> None:
        """Wait a moment for what is being drawn."""
        deadline = time.monotonic() + _LAST_FRAMES_TIMEOUT
        for slot in self._slots:
            while not slot.take() and time.monotonic() < deadline:
                self._watch.wait(deadline - time.monotonic())

    def _look_at(self, directory: Path) -> bool:
        """List a spool, anew if the run was made anew; False if it cannot be drawn, for now."""
        try:
            if directory not in self._runs or not self._runs[directory].look():
                self._begin(directory)
        except (SpoolError, FigureError, OSError) as error:  # one run's fault must not cost the others their figures
            run = self._runs.get(directory)
            if run is not None and not isinstance(error, SpoolError):
                run.fail(error_line(error))
                run.missed += 1
                return run.missed > _MOST_MISSED  # a run that is over is not waited for without end
            self._refuse(directory, error)
        return True

    def _begin(self, directory: Path) -> None:
        """Draw a run from its start."""
        self._drop(directory)
        run = self._runs[directory] = LiveRun(Spool(directory), self._settings, self._watch.path)
        self._refused.pop(directory, None)
        run.look()
        if run.has_ended and len(self._runs) > self._most_held:
            run.lock.release()  # it is held again when its turn comes

    def _drop(self, directory: Path) -> None:
        """Let go of a run, if it is there."""
        run = self._runs.pop(directory, None)
        if run is not None:
            run.lock.release()

    def _refuse(self, directory: Path, error: Exception) -> None:
        """Let go of a spool that cannot be drawn, for now, and say so once."""
        self._drop(directory)
        self._refused[directory] = error
        if error_line(error) not in self._said:
            self._said.add(error_line(error))
            log.error("%s", error_line(error))


__all__ = ["LiveRenderer", "LiveSettings"]
