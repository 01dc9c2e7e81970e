"""The runs in the order in which they changed, and their totals: kept up to date at the cost of what changes."""

from __future__ import annotations

import bisect
import itertools
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autoviz_render.views.model.run_view import Overview, RunView


@dataclass(frozen=True)
class Totals:
    """Of all runs below a path.

    Attributes:
        runs: How many there are.
        states: How many are in each state.
        drawn, skipped: Snapshots, of all of them.
        warned: Runs with a warning, an alarm, or a reason to look at them.
    """

    runs: int = 0
    states: Counter[str] = field(default_factory=Counter)
    drawn: int = 0
    skipped: int = 0
    warned: int = 0


@dataclass(frozen=True)
class Screenful:
    """What a terminal shows of an overview.

    Attributes:
        path: What is looked at.
        now: In seconds since 1970.
        runs: Those that changed last, these first: as many as may be shown.
        totals: Of all runs.
        is_complete: Whether every run was read that is known.
    """

    path: Path
    now: float
    runs: Sequence[RunView]
    totals: Totals
    is_complete: bool = True


def totals_of(runs: Iterable[RunView]) -> Totals:
    """The totals of some runs."""
    runs = list(runs)
    return Totals(
        len(runs),
        Counter(run.state for run in runs),
        sum(run.renderer.drawn for run in runs),
        sum(run.renderer.skipped for run in runs),
        sum(1 for run in runs if _is_warned(run)),
    )


class RunOrder:
    """The runs of the newest overview, those that changed last first."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, RunView] = OrderedDict()  # the one that changed last is the last one
        self._states: Counter[str] = Counter()
        self._drawn = self._skipped = self._warned = 0
        self._overview: Overview | None = None

    def update(self, overview: Overview, changed: Iterable[str] | None = None) -> None:
        """Take over what is new.

        Args:
            overview: The newest one.
            changed: The keys of the runs that changed or vanished since the last one; None if that is not known.
        """
        if overview is self._overview:
            return
        if changed is None or self._overview is None or 2 * len(keys := set(changed)) > len(overview.runs):
            now = {run.key: run for run in overview.runs}
            keys = {*self._runs, *now}
            found = [(key, now.get(key)) for key in keys]
        else:
            found = [(key, _find(overview.runs, key)) for key in keys]
        self._overview = overview
        for key, run in sorted(found, key=lambda each: (each[1] is not None and _moment(each[1]), each[0])):
            self._replace(key, run)

    def _replace(self, key: str, run: RunView | None) -> None:
        before = self._runs.get(key)
        if before is not None:
            self._count(before, -1)
        if run is None:
            self._runs.pop(key, None)
            return
        self._count(run, 1)
        self._runs[key] = run
        if before is not None and _news(before) != _news(run):
            self._runs.move_to_end(key)

    def _count(self, run: RunView, by: int) -> None:
        self._states[run.state] += by
        self._drawn += by * run.renderer.drawn
        self._skipped += by * run.renderer.skipped
        self._warned += by * _is_warned(run)

    def screenful(self, now: float, most: int) -> Screenful:
        """What is shown at a moment, of so many runs at most.

        Raises:
            ValueError: There was no overview yet.
        """
        if self._overview is None:
            raise ValueError("no overview yet: call update first")
        runs = list(itertools.islice(reversed(self._runs.values()), most))
        totals = Totals(len(self._runs), +self._states, self._drawn, self._skipped, self._warned)
        return Screenful(self._overview.path, now, runs, totals, self._overview.is_complete)


def _is_warned(run: RunView) -> bool:
    return bool(run.warning or run.reason or run.alarms)


def _find(runs: Sequence[RunView], key: str) -> RunView | None:
    """A run by its key, in whose order they are."""
    at = bisect.bisect_left(runs, key, key=lambda run: run.key)
    return runs[at] if at < len(runs) and runs[at].key == key else None


def _moment(run: RunView) -> float:
    """When it last changed, as far as it says so: the order of those that changed at once."""
    return max([run.started, run.updated or 0.0, *(figure.modified for figure in run.figures)])


def _news(run: RunView) -> tuple[object, ...]:
    """What makes a run one that changed: not its renderer's heartbeat alone."""
    renderer = run.renderer
    figures = tuple(figure.modified for figure in run.figures)
    published = (run.state, run.epoch, run.updates, run.updated)
    return (
        *published,
        renderer.drawn,
        renderer.state in ("late", "stopped"),
        figures,
        run.warning,
        run.bad_files,
        run.alarms,
    )
