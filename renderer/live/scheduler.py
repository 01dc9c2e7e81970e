"""Which figure of which run is drawn next: of those that wait for one executor, the one that waits longest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from autoviz_render.renderer.live.live_run import FigureState, LiveRun
from autoviz_render.renderer.live.pace import Pace
from autoviz_render.renderer.work.executor import Executor
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.snapshot import SnapshotRef


class Slot:
    """Draws one figure at a time, of any run.

    The slow must not delay the first: one slot draws the first figures of all runs, another one the rest.

    Args:
        executor: Who draws.
        is_for_first: Whether it draws the first figures, or all others.
        pace: When a frame may begin.
        on_drawn: Called with the result of each figure that is drawn.
    """

    def __init__(
        self, executor: Executor, *, is_for_first: bool, pace: Pace, on_drawn: Callable[[RenderResult], None]
    ) -> None:
        self.executor = executor
        self._is_for_first = is_for_first
        self._pace = pace
        self._on_drawn = on_drawn
        self._at_work: tuple[LiveRun, FigureState, SnapshotRef] | None = None

    @property
    def run(self) -> LiveRun | None:
        """The run of which a figure is being drawn here."""
        return None if self._at_work is None else self._at_work[0]

    def take(self) -> bool:
        """Take what is done; False while a figure is still being drawn."""
        if self._at_work is None:
            return True
        if (result := self.executor.result()) is None:
            return False
        (run, state, ref), self._at_work = self._at_work, None
        self._pace.add(result.used, result.waited)
        run.take(state, ref, result)
        if result.status == "drawn":
            self._on_drawn(run.about(state, ref, result))
        return True

    def advance(self, runs: Iterable[LiveRun]) -> None:
        """Take what is done and begin what waits, until there is nothing to do but to wait."""
        while self.take():
            waiting = [
                (run, state, ref)
                for run in runs
                for state in run.figure_states
                if self._may_begin(run, state) and (ref := run.next(state)) is not None
            ]
            if not waiting:
                return
            run, state, ref = min(waiting, key=lambda each: each[1].began)
            if run.hold():  # else another renderer took it meanwhile
                state.began = time.monotonic()
                self._at_work = run, state, ref
                run.lock.beat("drawing", self.executor.heartbeat_interval)
                self.executor.start(run.job(state, ref))

    def _may_begin(self, run: LiveRun, state: FigureState) -> bool:
        """Whether a figure is drawn here, and now: the pace holds back those that are there, of runs that go on."""
        is_urgent = state.drawn is None or run.has_ended
        return state.is_first == self._is_for_first and (is_urgent or not self._pace.delay())
