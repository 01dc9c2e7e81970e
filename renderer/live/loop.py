"""The loop of a live renderer: look, draw the newest, skip the rest."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.descriptors import limit
from autoviz_render.renderer.live.live_run import IDLE_PROMISE, LiveRun, LiveSettings
from autoviz_render.renderer.live.pace import Pace
from autoviz_render.renderer.live.renderer_lock import HeldError
from autoviz_render.renderer.live.scheduler import Slot
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.work.executor import Executor, InProcess
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.renderer")


_PATIENCE = 3.0  # seconds
_MOST_MISSED = 3  # looks
_MOST_HELD = 16  # runs that are over and still held: each lock is a descriptor
_SHARE = 8  # of the descriptors that there are, at most one in so many is such a lock


class LiveRenderer:
    """Draws the newest snapshot of each spool under a path, as they come.

    on_drawn: called after each figure with what was made of it. hand: makes who draws; one draws the first figures of
        the runs, another, if there are any, the rest.
    pace: bounds what frames may take on a busy machine; None does not.
    """

    def __init__(
        self,
        watch: Watch,
        settings: LiveSettings,
        on_drawn: Callable[[RenderResult], None] = lambda _: None,
        hand: Callable[[], Executor] = InProcess,
        pace: Pace | None = None,
    ) -> None:
        self._watch = watch
        self._settings = settings
        self._on_drawn = on_drawn
        self._hand = hand
        self._pace = pace
        self._lanes = [Slot(hand(), lambda easel: easel.is_first, self._on_drawn, pace)]
        self._desks: dict[Path, LiveRun] = {}
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
        return bool(self._refused) and held and not self._desks

    def run(self) -> int:
        """Draw until stopped, or until every spool found was refused; 0, or 1 where not all could be done."""
        is_looked_at_last = False
        try:
            while not self._is_stopping:
                is_last = self._is_last_look  # before looking: what came until then is drawn
                if is_last:
                    for lane in self._lanes:
                        lane.hurry()
                is_busy = all(lane.is_at_work for lane in self._lanes)
                if not is_busy or (is_last and not is_looked_at_last):  # else there is no use for what is new
                    is_over = self.look(is_last=is_last)
                    is_looked_at_last = is_last
                else:
                    self._advance()
                    is_over = False
                is_idle = bool(self._refused) and not self._desks
                is_done = is_looked_at_last or is_idle or (is_over and self._settings.until_finished)
                if is_done and not any(lane.is_at_work for lane in self._lanes):
                    break
                if is_busy and not all(lane.is_at_work for lane in self._lanes):
                    continue  # a hand is free: look at what came meanwhile
                self._watch.wait(self._patience())
            self._finish_frames()
            if is_looked_at_last:
                for desk in self._desks.values():
                    desk.give_up()
        finally:
            self.close()
        return 1 if self._refused or any(desk.has_failed for desk in self._desks.values()) else 0

    def look(self, *, is_last: bool = False) -> bool:
        """Draw what is new everywhere, or begin to; whether every run is over and drawn."""
        is_sound = True
        self._watch.quiet = {directory for directory, desk in self._desks.items() if desk.has_ended}
        found = self._watch.spools(all_of_them=is_last)
        for directory in found:
            is_sound = self._look_at(directory) and is_sound
        for directory in set(self._desks) - set(found):
            self._miss(directory)
        self._advance()
        is_over = all(desk.is_over for desk in self._desks.values()) and bool(self._desks or self._removed)
        return is_sound and is_over

    def close(self) -> None:
        """Stop watching and let go of every spool."""
        self._watch.close()
        for lane in self._lanes:
            lane.hand.close()
        for desk in self._desks.values():
            desk.leave()

    def _advance(self) -> None:
        if len(self._lanes) == 1 and any(len(desk.easels) > 1 for desk in self._desks.values()):
            self._lanes.append(Slot(self._hand(), lambda easel: not easel.is_first, self._on_drawn, self._pace))
        for lane in self._lanes:
            if not self._is_stopping:
                lane.advance(self._desks.values())
        for desk in self._desks.values():
            desk.beat("drawing" if self._is_at(desk) else "watching")
        self._let_go()

    def _is_at(self, desk: LiveRun) -> bool:
        return any(lane.is_at(desk) for lane in self._lanes)

    def _let_go(self) -> None:
        """Hold few runs that are over, and none that another renderer has taken meanwhile."""
        over = [desk for desk in self._desks.values() if desk.is_held and desk.has_ended and not self._is_at(desk)]
        for desk in over[: -self._most_held]:
            desk.leave()
        for directory, desk in list(self._desks.items()):
            if desk.held_elsewhere is not None:
                del self._desks[directory]
                self._refuse(directory, desk.held_elsewhere)

    def _patience(self) -> float:
        """Seconds until there is something to do though nobody calls."""
        waits = [lane.hand.patience for lane in self._lanes]
        waits += [wait for desk in self._desks.values() if (wait := desk.patience()) > 0]
        if self._pace is not None and (wait := self._pace.delay()) > 0:
            waits.append(wait)
        return min([IDLE_PROMISE / 3, *waits])

    def _miss(self, directory: Path) -> None:
        """A spool is not there: after a few looks it counts as removed, and is let go of."""
        desk = self._desks[directory]
        desk.missed += 1
        if desk.missed > _MOST_MISSED and not self._is_at(desk):
            log.warning("%s: was removed", directory)
            del self._desks[directory]
            self._removed = True
            desk.leave()

    def _finish_frames(self) -> None:
        """Wait a moment for what is being drawn."""
        deadline = time.monotonic() + _PATIENCE
        for lane in self._lanes:
            while not lane.take() and time.monotonic() < deadline:
                self._watch.wait(deadline - time.monotonic())

    def _look_at(self, directory: Path) -> bool:
        """List a spool, anew where the run was made anew; False where it cannot be drawn, for now."""
        desk = self._desks.get(directory)
        try:
            if desk is None or not desk.look():
                if desk is not None:
                    del self._desks[directory]
                    desk.leave()
                self._desks[directory] = desk = LiveRun(Spool(directory), self._settings)
                self._refused.pop(directory, None)
                desk.look()
                if desk.has_ended and len(self._desks) > self._most_held:
                    desk.leave()  # it is held again when its turn comes
        except (SpoolError, FigureError, OSError) as error:  # one run's fault must not cost the others their figures
            desk = self._desks.get(directory)
            if desk is not None and not isinstance(error, SpoolError):
                desk.fail(_told(error))
                desk.missed += 1
                return desk.missed > _MOST_MISSED  # a run that is over is not waited for without end
            if desk is not None:
                del self._desks[directory]
                desk.leave()
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
