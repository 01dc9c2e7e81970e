"""Which run a view shows that shows one, and in which words: for the notebook and the window."""

from __future__ import annotations

from collections.abc import Iterable

from autoviz_render.spool.text import printable
from autoviz_render.views.model.run_view import Overview, RunView

_LONGEST_NAME = 200  # characters


def run_to_show(runs: Iterable[RunView]) -> RunView | None:
    """The run to show if none was chosen: the one that began last of those that go on and have published something.

    So a run is shown until it is over, however many go on beside it, or until another begins. If none goes on, it is
    the one that published last.
    """
    return max(runs, key=_precedence, default=None)


def named(run: RunView, overview: Overview) -> str:
    """What a person calls a run, in a printable line: its place below the path, or its name if it is all there is."""
    return printable(run.key if run.key != "." else run.run or overview.path.name, _LONGEST_NAME)


def counted(run: RunView) -> str:
    """How far a sampler is, in what it counts: "iteration 1,200", "9,000 likelihood evaluations"; or nothing."""
    if run.iteration is None:
        return ""
    if run.counts in ("", "iteration"):
        return f"iteration {run.iteration:,}"
    return f"{run.iteration:,} {printable(run.counts, _LONGEST_NAME)}"


def in_nats(value: float) -> str:
    """A log likelihood for a person: two decimals, unless that says nothing of it."""
    return f"{value + 0.0:,.2f}" if value == 0 or 0.005 <= abs(value) < 1e15 else f"{value:.6g}"


def age(seconds: float) -> str:
    """A time span as a person says it, in its largest unit."""
    whole = max(0, round(seconds))
    for limit, unit, name in ((60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h")):
        if whole < limit:
            return f"{whole // unit} {name}"
    return f"{whole // 86400} days"


def _precedence(run: RunView) -> tuple[bool, bool, float, float]:
    is_going_on = run.state == "running"
    moment = run.started if is_going_on else run.updated or run.started
    return (run.step is not None, is_going_on, moment, run.updated or 0.0)
