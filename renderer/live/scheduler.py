"""Which figure of which run is drawn next: one executor, the figures that wait for it, the longest waiting first."""

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
    run: LiveRun
    state: FigureState
    ref: SnapshotRef


class Slot:
    """Draws the first figures of all runs with one executor, or all their other ones: the slow do not delay the first.

    is_mine: whether a figure is drawn here. on_drawn: told of each result.
    """

    def __init__(
        self,
        executor: Executor,
        is_mine: Callable[[FigureState], bool],
        on_drawn: Callable[[RenderResult], None],
        pace: Pace | None = None,
    ) -> None:
        self.executor = executor
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
            result = self.executor.result()
            if result is None:
                return False
            at, self._at_work = self._at_work, None
            if self._pace is not None:
                self._pace.add(result.used, result.waited)
            at.run.take(at.state, at.ref, result)
            if result.status == "drawn":
                self._on_drawn(result)
        return True

    def is_at(self, run: LiveRun) -> bool:
        """Whether a figure of that run is being drawn here."""
        return self._at_work is not None and self._at_work.run is run

    def _may_begin(self, run: LiveRun, state: FigureState) -> bool:
        """Whether the pace allows a frame now: of a figure that is there already, of a run that goes on."""
        is_urgent = state.drawn is None or run.has_ended or self._is_hurried
        return is_urgent or self._pace is None or not self._pace.delay()

    def hurry(self) -> None:
        """The search has ended, or this renderer is asked to: draw the last figures now."""
        self._is_hurried = True

    def advance(self, runs: Iterable[LiveRun]) -> None:
        """Take what is done, begin what waits, until there is nothing to do but to wait."""
        while self.take():
            waiting = [
                (state.began, number, run, state, ref)
                for number, run in enumerate(runs)
                for state in run.figure_states
                if self._is_mine(state) and self._may_begin(run, state) and (ref := run.next(state)) is not None
            ]
            if not waiting:
                return
            _, _, run, state, ref = min(waiting, key=lambda each: each[:2])
            if not run.hold():
                continue  # another renderer took it meanwhile
            state.began = time.monotonic()
            self._at_work = _AtWork(run, state, ref)
            run.beat("drawing", self.executor.heartbeat_interval)
            self.executor.start(run.job(state, ref))
