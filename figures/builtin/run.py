"""The figure of how a run goes: what the sampler said at each quick update, from the first to this one.

It draws the numbers in `snapshot.history`, and no arrays. What a sampler does not publish is left out:

    log_likelihood          of the best fit
    log_evidence            a scalar, in nats; log_evidence_error: its standard deviation
    remaining               a scalar, what the live points would add to the log evidence, in nats
    effective_sample_size   a scalar
    rate                    a scalar, evaluations a second; without it the rate is told by the count and the time alone
    any other scalar        a panel of its own, under its name

Everything stands against the sampler's count, or against the time that it ran: that between the starts of a resumed run
is left out, and dotted lines mark them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from autoviz_render.figures.builtin.auto import thin
from autoviz_render.figures.builtin.residuals import GREY
from autoviz_render.figures.numbers import plain_number
from autoviz_render.figures.panels import LinesPanel, Panel, Series, TablePanel
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot

MOST_PANELS = 12
_KNOWN = ("log_evidence", "log_evidence_error", "remaining", "effective_sample_size", "rate", "evaluations")
_RATES = 120
_FEW = 40
"""So few quick updates are drawn as points, too: one alone has no line."""

_UNITS = ((86400.0, "days", 3 * 86400.0), (3600.0, "hours", 3 * 3600.0), (60.0, "minutes", 180.0), (1.0, "s", 0.0))


@dataclass(frozen=True, eq=False)
class Course:
    """The quick updates of a run until one of them, array[update] each.

    count: the sampler's own. seconds: that it ran until then, its pauses between two starts left out.
    starts: the updates that were the first after a resumption.
    log_likelihood: of the best fit, in nats. scalars: by name; NaN where an update has none.
    """

    count: Floats
    seconds: Floats
    starts: Sequence[int]
    log_likelihood: Floats
    scalars: Mapping[str, Floats]

    def rates(self) -> tuple[Floats, Floats]:
        """Counts a second in equal stretches of the time, and the seconds at their middle; none of a single update."""
        total = float(self.seconds[-1])
        stretches = min(_RATES, self.count.size - 1)
        if stretches < 1 or not total > 0:
            return np.empty(0), np.empty(0)
        edges = np.linspace(0.0, total, stretches + 1)
        gained = np.concatenate([[0.0], np.diff(self.count)])
        gained[list(self.starts)] = 0.0  # in no time, as the pause is left out
        counts = np.diff(np.interp(edges, self.seconds, np.cumsum(gained)))
        return (edges[1:] + edges[:-1]) / 2, counts / (total / stretches)


@np.errstate(all="ignore")  # what overflows or is not finite is shown as such
def course_of(snapshot: Snapshot) -> Course:
    """The numbers of the figure; of a snapshot without a history they are its own."""
    lines = snapshot.history or [
        ScalarsLine(
            epoch=snapshot.epoch,
            sequence=snapshot.sequence,
            iteration=snapshot.iteration,
            time=snapshot.time,
            log_likelihood=snapshot.log_likelihood,
            parameters=snapshot.parameters,
            scalars=snapshot.scalars,
        )
    ]
    epochs = np.array([line.epoch for line in lines])
    starts = np.flatnonzero(np.diff(epochs)) + 1
    passed = np.diff(_column(line.time for line in lines), prepend=np.nan)
    passed[[0, *starts]] = 0.0
    passed = np.where(np.isfinite(passed) & (passed > 0), passed, 0.0)  # a clock may be set back
    names = dict.fromkeys(name for line in lines for name in line.scalars)
    return Course(
        count=_column(line.iteration for line in lines),
        seconds=np.cumsum(passed),
        starts=starts.tolist(),
        log_likelihood=_column(line.log_likelihood for line in lines),
        scalars={name: _column(line.scalars.get(name, np.nan) for line in lines) for name in names},
    )


@np.errstate(all="ignore")
def run(snapshot: Snapshot, *, count: str = "likelihood evaluations") -> list[Panel]:
    """At most `MOST_PANELS` panels, the table among them.

    count: what the sampler counts, in plain text: a package that publishes another one than likelihood evaluations
    registers a function of its own that calls this one with it.
    Raises SpoolError where the numbers of the run cannot be read.
    """
    course = course_of(snapshot)
    drawn = _Drawn(course, count)
    panels = [
        *_log_likelihood(drawn),
        *_evidence(drawn),
        *_sample_size(drawn),
        *_speed(drawn),
        *_others(drawn),
    ]
    return [*panels[: MOST_PANELS - 1], _now(snapshot, course, count)]


class _Drawn:
    """Panels over a course's common axes."""

    def __init__(self, course: Course, count: str) -> None:
        self.course, self.count = course, count
        self.unit, self.unit_name = _unit(float(course.seconds[-1]))
        self.time = course.seconds / self.unit
        self.marker = "o" if course.count.size <= _FEW else ""
        middle = float(course.count[0] + course.count[-1]) / 2
        self.late = course.count >= middle
        self.late_limits = (middle, float(course.count[-1]) + 0.04 * float(course.count[-1] - middle))

    def over_count(self, title: str, y: Mapping[str, Floats], y_label: str = "", **more: Any) -> Panel:
        return self._panel(title, self.course.count, y, y_label, self.count, **more)

    def over_time(self, title: str, y: Mapping[str, Floats], y_label: str = "", **more: Any) -> Panel:
        return self._panel(title, self.time, y, y_label, f"running time ({self.unit_name})", **more)

    def latest(self, title: str, y: Mapping[str, Floats], name: str) -> Panel:
        """The second half of the run, about the latest value of the first series: what still changes is seen."""
        first = next(iter(y.values()))
        finite = first[np.isfinite(first)]
        about = {label: values - finite[-1] for label, values in y.items()} if finite.size else y
        late = bool(self.course.count.size > 2 and self.course.count[-1] > self.course.count[0])
        return self.over_count(f"{title}, second half" if late else title, about, f"{name} − latest", late=late)

    def _panel(
        self,
        title: str,
        x: Floats,
        y: Mapping[str, Floats],
        y_label: str,
        x_label: str,
        *,
        late: bool = False,
        log: bool = False,
        zero: bool = False,
        marked: str = "",
    ) -> Panel:
        """y: by label. late: the second half only. zero: limits that hold zero. marked: the label of marks."""
        values = np.stack(list(y.values()))
        limits = _limits(values[:, self.late] if late else values, log=log, zero=zero)
        series = [
            Series(*thin(x, each), label=label, marker=self.marker, style="--" if number else "-")
            for number, (label, each) in enumerate(y.items())
        ]
        starts = x[list(self.course.starts)]
        if starts.size and limits is not None:
            gap = np.full(starts.size, np.nan)
            up, ends = np.stack([starts, starts, gap], axis=-1), np.array([*limits, np.nan])
            across = np.tile(ends, starts.size)
            series.append(Series(up.ravel(), across, style=":", colour=GREY, width=1.0, label=marked))
        x_limits = self.late_limits if late else None
        labels: Any = {"x_label": x_label, "y_label": y_label}
        return LinesPanel(title, series, x_limits=x_limits, y_limits=limits, y_log=log, **labels)


def _log_likelihood(drawn: _Drawn) -> list[Panel]:
    y = {"": drawn.course.log_likelihood}
    if not np.isfinite(drawn.course.log_likelihood).any():
        return []
    panels = [drawn.over_count("Best log likelihood", y, "log likelihood", marked="resumed")]
    return (
        [*panels, drawn.latest("Best log likelihood", y, "log likelihood")] if drawn.course.count.size > 2 else panels
    )


def _evidence(drawn: _Drawn) -> list[Panel]:
    scalars = drawn.course.scalars
    evidence, remaining = scalars.get("log_evidence"), scalars.get("remaining")
    panels: list[Panel] = []
    if evidence is not None:
        y = {"of dead points": evidence}
        if remaining is not None:
            y["with live points"] = evidence + remaining
        error = scalars.get("log_evidence_error")
        if error is not None:
            y |= {"one σ more": evidence + error, "one σ less": evidence - error}
        panels.append(drawn.latest("Log evidence", y, "log Z"))
    if remaining is not None:
        panels.append(drawn.over_count("Remaining evidence", {"": remaining}, "Δ log Z", log=True))
    return panels


def _sample_size(drawn: _Drawn) -> list[Panel]:
    size = drawn.course.scalars.get("effective_sample_size")
    return [] if size is None else [drawn.over_count("Effective samples", {"": size}, zero=True)]


def _speed(drawn: _Drawn) -> list[Panel]:
    """How fast it goes, and what came of it: of two quick updates or more."""
    course = drawn.course
    times, rates = course.rates()
    if not times.size:
        return []
    series = [Series(times / drawn.unit, rates, marker=drawn.marker)]
    said = course.scalars.get("rate", np.empty(0))
    if said.size:
        series = [replace(series[0], label="now"), Series(*thin(drawn.time, said), label="mean", style="--")]
    limits = _limits(np.concatenate([rates, said]), log=False, zero=True)
    x_label = f"running time ({drawn.unit_name})"
    rate = LinesPanel("Rate", series, x_label=x_label, y_label="per second", y_limits=limits)
    return [rate, drawn.over_time("Progress", {"": course.count}, drawn.count, zero=True)]


def _others(drawn: _Drawn) -> list[Panel]:
    shown = (
        drawn.over_count(name.replace("_", " "), {"": values})
        for name, values in drawn.course.scalars.items()
        if name not in _KNOWN and np.isfinite(values).any()
    )
    return list(islice(shown, MOST_PANELS))  # a stranger's run may have a million of them


def _now(snapshot: Snapshot, course: Course, count: str) -> Panel:
    unit, name = _unit(float(course.seconds[-1]))
    rows = [(count, f"{snapshot.iteration:,}"), ("quick updates", f"{course.count.size:,}")]
    rows += [("running time", f"{course.seconds[-1] / unit:.3g} {name}")]
    rows += [("starts", str(len(course.starts) + 1))] if course.starts else []
    rows += [("log likelihood", _number(snapshot.log_likelihood))]
    rows += [(each, _number(values[-1])) for each, values in course.scalars.items() if each != "evaluations"]
    return TablePanel("Now", rows)


def _number(value: float) -> str:
    """With two decimals where it has digits before them: log likelihoods are compared by those."""
    return f"{value:,.2f}".replace("-", "−") if 10 <= abs(value) < 1e9 else plain_number(value)


def _limits(values: Floats, *, log: bool, zero: bool) -> tuple[float, float] | None:
    """Limits that hold what is finite, with a margin; None where that is nothing, or too much."""
    finite = values[np.isfinite(values) & ((values > 0) | (not log)) & (np.abs(values) < 1e300)]
    if not finite.size:
        return None
    low, high = float(finite.min()), float(finite.max())
    if log:
        low, high = (low / 2, high * 2) if high <= low * 1.01 else (low, high)
        room = (high / low) ** 0.06
        return low / room, high * room
    low = min(low, 0.0) if zero else low
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-290):
        half = abs(high) / 2 or 1.0
        low, high = low - half, high + half
    room = 0.06 * (high - low)
    return (low if zero and low == 0.0 else low - room), high + room


def _unit(seconds: float) -> tuple[float, str]:
    return next((size, name) for size, name, least in _UNITS if seconds >= least)


def _column(values: Any) -> Floats:
    return np.array(list(values), dtype=np.float64)
