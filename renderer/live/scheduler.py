"""Which figure of which run is drawn next.

Those of runs that publish now come before the backlog: what was there before anybody looked. Of the former the one that
waits longest is next, of the latter that of the run that began last. Choosing among any number costs next to nothing.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Literal

from autoviz_render.renderer.live.live_run import FigureState, LiveRun
from autoviz_render.renderer.live.pace import Pace
from autoviz_render.renderer.work.executor import Executor
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.snapshot import SnapshotRef

_MOST_IN_A_ROW = 8  # figures of runs that publish, before one of the backlog is drawn in between

SLOW = 10.0
"""Seconds after which the figures of other runs do not wait any longer for one that is being drawn."""

Kind = Literal["urgent", "paced", "backlog"]
Group = Literal["first", "other", "slow"]


class WaitingFigures:
    """The figures that wait for one executor.

    Args:
        pace: Holds back figures that are there already, of runs that go on.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._numbers = itertools.count()
        self._waiting: dict[Kind, list[tuple[float, int, LiveRun, FigureState]]] = {
            "urgent": [],
            "paced": [],
            "backlog": [],
        }
        self._in_a_row = 0

    def offer(self, run: LiveRun, state: FigureState) -> None:
        """Have a figure wait, if there is something to draw; one that waits already has its place anew."""
        if run.next(state) is None:
            state.turn = None
            return
        kind, rank = _place(run, state)
        if state.turn != (kind, rank):
            state.turn = kind, rank
            heapq.heappush(self._waiting[kind], (rank, next(self._numbers), run, state))

    def take(self) -> tuple[LiveRun, FigureState, SnapshotRef] | None:
        """The figure to be drawn now, and of which snapshot; None if nothing is to be drawn now."""
        while (kind := self._next_kind()) is not None:
            _, _, run, state = heapq.heappop(self._waiting[kind])
            state.turn = None
            if (ref := run.next(state)) is not None:
                self._in_a_row = 0 if kind == "backlog" else self._in_a_row + 1
                return run, state, ref
        return None

    def has_any(self) -> bool:
        """Whether a figure waits, be it for the pace."""
        return any(self._first(kind) is not None for kind in self._waiting)

    def _next_kind(self) -> Kind | None:
        ranks = {kind: rank for kind in self._waiting if (rank := self._first(kind)) is not None}
        if "paced" in ranks and self._pace.delay():
            del ranks["paced"]
        if "backlog" in ranks and (len(ranks) == 1 or self._in_a_row >= _MOST_IN_A_ROW):
            return "backlog"
        ranks.pop("backlog", None)
        return min(ranks, key=ranks.__getitem__, default=None)

    def _first(self, kind: Kind) -> float | None:
        """The rank of the first that still waits."""
        waiting = self._waiting[kind]
        while waiting:
            rank, _, _, state = waiting[0]
            if state.turn == (kind, rank):
                return rank
            heapq.heappop(waiting)  # it was drawn, or has another place by now
        return None


def _place(run: LiveRun, state: FigureState) -> tuple[Kind, float]:
    """Where a figure waits, and before which others."""
    if state.drawn is None and not run.publishes:
        return "backlog", -run.began
    is_urgent = state.drawn is None or run.has_ended
    return ("urgent" if is_urgent else "paced"), state.began


def _group(state: FigureState) -> Group:
    if state.is_slow:
        return "slow"
    return "first" if state.is_first else "other"


class Slot:
    """Draws one figure at a time, of any run.

    The slow must not delay the first: one slot draws the first figures of all runs, another one the rest. Nor must a
    figure that takes very long delay those of other runs: the slot that draws it is then one for such figures, and
    another one draws what waits.

    Args:
        executor: Who draws.
        is_for: What it draws.
        pace: When a frame may begin.
        on_drawn: Called with the result of each figure that is drawn.
        on_change: Called with each run of which a figure was taken, or which another renderer has by now.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        is_for: Group,
        pace: Pace,
        on_drawn: Callable[[RenderResult], None],
        on_change: Callable[[LiveRun], None],
    ) -> None:
        self.executor = executor
        self.is_for = is_for
        self._pace = pace
        self._on_drawn = on_drawn
        self._on_change = on_change
        self._waiting = WaitingFigures(pace)
        self._at_work: tuple[LiveRun, FigureState, SnapshotRef] | None = None

    @property
    def run(self) -> LiveRun | None:
        """The run of which a figure is being drawn here."""
        return None if self._at_work is None else self._at_work[0]

    def offer(self, run: LiveRun) -> None:
        """Draw what is new of a run, when its turn comes."""
        for state in run.figure_states:
            if _group(state) == self.is_for and not self._is_at(state):
                self._waiting.offer(run, state)

    @property
    def is_late(self) -> bool:
        """Whether others wait for a figure that takes very long."""
        if self._at_work is None or self.is_for == "slow":
            return False
        return time.monotonic() - self.executor.at_work_since > SLOW and self._waiting.has_any()

    def hand_over(self, relief: Slot) -> None:
        """Have an idle slot draw what waits, and this one only what takes long."""
        if self._at_work is not None:
            self._at_work[1].is_slow = True
        relief.is_for, self.is_for = self.is_for, "slow"
        relief._waiting, self._waiting = self._waiting, relief._waiting

    def take(self) -> bool:
        """Take what is done; False while a figure is still being drawn."""
        if self._at_work is None:
            return True
        if (result := self.executor.result()) is None:
            return False
        (run, state, ref), self._at_work = self._at_work, None
        state.is_slow = state.is_slow and (result.status == "abandoned" or result.seconds > SLOW)
        self._pace.add(result.used, result.waited)
        run.take(state, ref, result)
        if result.status == "drawn":
            self._on_drawn(run.about(state, ref, result))
        self._on_change(run)
        return True

    def advance(self) -> None:
        """Take what is done and begin what waits, until there is nothing to do but to wait."""
        while self.take():
            if (chosen := self._waiting.take()) is None:
                return
            run, state, ref = chosen
            if run.hold():  # else another renderer took it meanwhile
                state.began = time.monotonic()
                self._at_work = chosen
                run.lock.beat("drawing", self.executor.heartbeat_interval)
                self.executor.start(run.job(state, ref))
            else:
                self._on_change(run)

    def _is_at(self, state: FigureState) -> bool:
        return self._at_work is not None and self._at_work[1] is state
