"""Which figure of which run is drawn next: one hand, the figures that wait for it, the longest waiting first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from autoviz_render.renderer.live.live_run import FigureState, LiveRun
from autoviz_render.renderer.live.pace import Pace
from autoviz_render.renderer.work.executor import Executor
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.snapshot import SnapshotRef


@dataclass(frozen=True)
class _AtWork:
    desk: LiveRun
    easel: FigureState
    ref: SnapshotRef


class Slot:
    """Draws with one hand the first figures of all runs, or all their other ones: the slow do not hold up the first.

    is_mine: whether a figure is drawn here. on_drawn: told of each outcome.
    """

    def __init__(
        self,
        hand: Executor,
        is_mine: Callable[[FigureState], bool],
        on_drawn: Callable[[RenderResult], None],
        pace: Pace | None = None,
    ) -> None:
        self.hand = hand
        self._pace = pace
        self._is_mine = is_mine
        self._on_drawn = on_drawn
        self._at_work: _AtWork | None = None
        self._is_hurried = False

    @property
    def is_at_work(self) -> bool:
        return self._at_work is not None

    def take(self) -> bool:
        """Take what is done; False where something is still being drawn."""
        if self._at_work is not None:
            outcome = self.hand.outcome()
            if outcome is None:
                return False
            at, self._at_work = self._at_work, None
            if self._pace is not None:
                self._pace.add(outcome.used, outcome.waited)
            at.desk.take(at.easel, at.ref, outcome)
            if outcome.fate == "drawn":
                self._on_drawn(outcome)
        return True

    def is_at(self, desk: LiveRun) -> bool:
        """Whether a figure of that run is being drawn here."""
        return self._at_work is not None and self._at_work.desk is desk

    def _may_begin(self, desk: LiveRun, easel: FigureState) -> bool:
        """Whether the pace allows a frame now: of a figure that is there already, of a run that goes on."""
        is_urgent = easel.drawn is None or desk.has_ended or self._is_hurried
        return is_urgent or self._pace is None or not self._pace.delay()

    def hurry(self) -> None:
        """The search has ended, or this renderer is asked to: draw the last figures now."""
        self._is_hurried = True

    def advance(self, desks: Iterable[LiveRun]) -> None:
        """Take what is done, begin what waits, until there is nothing to do but to wait."""
        while self.take():
            waiting = [
                (easel.began, number, desk, easel, ref)
                for number, desk in enumerate(desks)
                for easel in desk.easels
                if self._is_mine(easel) and self._may_begin(desk, easel) and (ref := desk.next(easel)) is not None
            ]
            if not waiting:
                return
            _, _, desk, easel, ref = min(waiting, key=lambda each: each[:2])
            if not desk.hold():
                continue  # another renderer took it meanwhile
            easel.began = time.monotonic()
            self._at_work = _AtWork(desk, easel, ref)
            desk.beat("drawing", self.hand.promise)
            self.hand.start(desk.job(easel, ref))
