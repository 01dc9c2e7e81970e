"""The figure of how a run goes: what the sampler said at each quick update, from the first to this one.

It draws no arrays but the numbers in `snapshot.history`. What a sampler does not publish is left out::

    log_likelihood          of the best fit
    log_evidence            a scalar, in nats; log_evidence_error: its standard deviation
    remaining               a scalar, what the live points would add to the log evidence, in nats
    effective_sample_size   a scalar
    rate                    a scalar, the mean in evaluations a second; without it only the rate of the moment is shown
    NAME_target             what the sampler stops by: a dashed line in the panel of NAME, and how long it will take
    log_volume, log_likelihood_contour, live_points     for that, and not shown
    any other scalar        a panel of its own, under its name

The x axis is what the sampler counts, as the snapshot says, or the time that it ran. Dotted lines mark where a run was
resumed; the pause before has no part in the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import numpy as np

from autoviz_render.figures.bins import thin
from autoviz_render.figures.colours import GREY
from autoviz_render.figures.curves import segments
from autoviz_render.figures.estimate import estimate
from autoviz_render.figures.estimate.words import roughly
from autoviz_render.figures.given.names import in_unit, label_of, unit_of
from autoviz_render.figures.numbers import nats, plain_number, rounded, whole, with_error
from autoviz_render.figures.panels import LinesPanel, Panel, Series, TablePanel
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot

MOST_PANELS = 12
_KNOWN = (
    *("log_evidence", "log_evidence_error", "remaining", "effective_sample_size", "rate", "evaluations"),
    *("log_volume", "log_likelihood_contour", "log_likelihood_range", "live_points", "is_drawn_from_prior"),
)
_AIMS = ("_target", "_limit")
_AIM = "ends at"
_NEAR_AIM = 4.0
_RATES = 120
_FEW = 40
"""At most this many quick updates are drawn as points, too: one alone has no line."""

_UNITS = ((86400.0, "days", 3 * 86400.0), (3600.0, "hours", 3 * 3600.0), (60.0, "minutes", 180.0), (1.0, "s", 0.0))
"""Of the running time: how many seconds each is, its name, and from how many seconds it is taken."""


@dataclass(frozen=True, eq=False)
class Course:
    """The quick updates of a run until one of them, array[update] each.

    Attributes:
        count: The sampler's own.
        unit: What it counts, in plain text.
        seconds: That it ran until then, its pauses between two starts left out.
        starts: The updates that were the first after a resumption.
        log_likelihood: Of the best fit, in nats.
        scalars: By name; NaN if an update has none.
        snapshot: That says what they are called, and their units.
    """

    count: Floats
    unit: str
    seconds: Floats
    starts: Sequence[int]
    log_likelihood: Floats
    scalars: Mapping[str, Floats]
    snapshot: Snapshot = field(default_factory=lambda: Snapshot(arrays={}))

    @property
    def time_unit(self) -> tuple[float, str]:
        """The unit of the running time: how many seconds it is, and its name."""
        return next((size, name) for size, name, least in _UNITS if self.seconds[-1] >= least)

    def rates(self) -> tuple[Floats, Floats]:
        """Counts a second in equal stretches of the time, and before them the seconds at their middle.

        Both are array[stretch], and empty for a single update.
        """
        total = float(self.seconds[-1])
        stretches = min(_RATES, self.count.size - 1)
        if stretches < 1 or not total > 0:
            return np.empty(0), np.empty(0)
        edges = np.linspace(0.0, total, stretches + 1)
        gained = np.diff(self.count, prepend=self.count[0])
        gained[list(self.starts)] = 0.0  # in no time, as the pause is left out
        counts = np.diff(np.interp(edges, self.seconds, np.cumsum(gained)))
        return (edges[1:] + edges[:-1]) / 2, counts / (total / stretches)


@np.errstate(all="ignore")  # what overflows or is not finite is shown as such
def course_of(snapshot: Snapshot, unit: str | None = None) -> Course:
    """The numbers of the figure; of a snapshot without a history they are its own.

    Args:
        unit: What the sampler counts, in plain text; None is what the snapshot says.
    """
    lines: Sequence[ScalarsLine | Snapshot] = snapshot.history or [snapshot]
    starts = np.flatnonzero(np.diff([line.epoch for line in lines])) + 1
    passed = np.diff(_column(line.time for line in lines), prepend=np.nan)
    passed[[0, *starts]] = 0.0
    passed = np.where(np.isfinite(passed) & (passed > 0), passed, 0.0)  # a clock may be set back
    names = dict.fromkeys(name for line in lines for name in line.scalars)
    return Course(
        count=_column(line.iteration for line in lines),
        unit=snapshot.counts if unit is None else unit,
        seconds=np.cumsum(passed),
        starts=starts.tolist(),
        log_likelihood=_column(line.log_likelihood for line in lines),
        scalars={name: _column(line.scalars.get(name, np.nan) for line in lines) for name in names},
        snapshot=snapshot,
    )


@np.errstate(all="ignore")
def run(snapshot: Snapshot, *, count: str | None = None) -> list[Panel]:
    """At most `MOST_PANELS` panels, the table among them.

    Args:
        count: What the sampler counts, in plain text, if that is another thing than the snapshot says.

    Raises:
        SpoolError: The numbers of the run cannot be read.
    """
    course = course_of(snapshot, count)
    parts = (_log_likelihood, _statistics, _speed, _others)
    panels = chain.from_iterable(part(course) for part in parts)
    # no more are made than shown: a stranger's run may have a million scalars
    return [*islice(panels, MOST_PANELS - 1), _now(snapshot, course)]


def _log_likelihood(course: Course) -> Iterator[Panel]:
    series, label = {"": course.log_likelihood}, label_of(course.snapshot, "log_likelihood", "log likelihood")
    title = f"Best {label}"
    if np.isfinite(course.log_likelihood).any():
        yield _over_count(course, title, series, label, marked="resumed")
        if course.count.size > 2:
            yield _latest(course, title, series, label)


def _statistics(course: Course) -> Iterator[Panel]:
    """The evidence, what remains of it, and how many samples there are in effect."""
    evidence, remaining, error = map(course.scalars.get, ("log_evidence", "remaining", "log_evidence_error"))
    if evidence is not None:
        series = {"of dead points": evidence}
        if remaining is not None:
            series["with live points"] = evidence + remaining
        if error is not None:
            series |= {"one σ more": evidence + error, "one σ less": evidence - error}
        title = label_of(course.snapshot, "log_evidence", "Log evidence")
        yield _latest(course, title, series, label_of(course.snapshot, "log_evidence", "log Z"))
    if remaining is not None:
        yield _over_count(course, "Remaining evidence", _aimed(course, "remaining"), "Δ log Z", y_log=True)
    size = course.scalars.get("effective_sample_size")
    if size is not None:
        yield _over_count(course, "Effective samples", _aimed(course, "effective_sample_size"), zero=True)


def _aimed(course: Course, name: str) -> dict[str, Floats]:
    """A scalar, and the value of it at which the sampler stops, if it tells one."""
    values, aim = course.scalars[name], course.scalars.get(f"{name}_target")
    if aim is None or not np.isfinite(aim[-1]) or aim[-1] > _NEAR_AIM * np.nanmax(values, initial=0.0):
        return {"": values}  # far above, it would press what there is on the axis
    return {"": values, _AIM: aim}


def _speed(course: Course) -> Iterator[Panel]:
    """How fast it goes, and what came of it: of two quick updates or more."""
    times, rates = course.rates()
    if not times.size:
        return
    second, name = course.time_unit
    time, x_label = course.seconds / second, f"running time ({name})"
    said = course.scalars.get("rate", np.empty(0))
    series = [Series(times / second, rates, marker=_marker(course), label="now" if said.size else "")]
    if said.size:
        series.append(Series(*thin(time, said), label="mean", style="--"))
    limits = _limits(np.concatenate([rates, said]), log=False, zero=True)
    yield LinesPanel("Rate", series, x_label=x_label, y_label="per second", y_limits=limits)
    yield _panel(course, "Progress", time, {"": course.count}, x_label=x_label, y_label=course.unit, zero=True)


def _others(course: Course) -> Iterator[Panel]:
    for name, values in course.scalars.items():
        if name not in _KNOWN and not name.endswith(_AIMS) and np.isfinite(values).any():
            title, unit = label_of(course.snapshot, name, name.replace("_", " ")), unit_of(course.snapshot, name)
            yield _over_count(course, title, _aimed(course, name), unit)


def _now(snapshot: Snapshot, course: Course) -> Panel:
    second, unit = course.time_unit
    rows = [(course.unit, whole(snapshot.iteration)), ("quick updates", whole(course.count.size))]
    rows += [("running time", f"{rounded(course.seconds[-1] / second)} {unit}")]
    rows += [("starts", str(len(course.starts) + 1))] if course.starts else []
    rows += [("log likelihood", nats(snapshot.log_likelihood))]
    left = estimate(snapshot.history)
    if left is not None and not left.is_reached:
        rows += [("time left", f"about {roughly(left.seconds_left)}")]
        rows += [("", f"{roughly(left.low)} to {roughly(left.high)}")]
    hidden = ("evaluations", *_KNOWN[-5:])
    latest = {name: float(values[-1]) for name, values in course.scalars.items() if name not in hidden}
    latest = {name: value for name, value in latest.items() if not name.endswith(_AIMS)}
    numbers = ((label_of(snapshot, name), in_unit(snapshot, name, _told(name, latest))) for name in latest)
    return TablePanel("Now", [*rows, *numbers])


def _told(name: str, latest: Mapping[str, float]) -> str:
    """A scalar in the digits that it has: `NAME_error` is the error of `NAME`."""
    value = latest[name]
    if name == "effective_sample_size":
        return whole(value)
    if name in ("rate", "remaining"):
        return rounded(value)
    if name.endswith("_error"):
        return with_error(value, abs(value))
    error = latest.get(f"{name}_error", np.nan)
    if error > 0:
        return with_error(value, error, grouped=True)
    return nats(value) if name == "log_evidence" else whole(value) if value.is_integer() else plain_number(value)


def _latest(course: Course, title: str, series: Mapping[str, Floats], name: str) -> Panel:
    """The second half of the run, about the latest value of the first series: what still changes is seen."""
    first = next(iter(series.values()))
    finite = first[np.isfinite(first)]
    about = {label: values - finite[-1] for label, values in series.items()} if finite.size else series
    late = bool(course.count.size > 2 and course.count[-1] > course.count[0])
    title = f"{title}, second half" if late else title
    return _over_count(course, title, about, f"{name} − latest", late=late)


def _over_count(course: Course, title: str, series: Mapping[str, Floats], y_label: str = "", **more: Any) -> Panel:
    return _panel(course, title, course.count, series, x_label=course.unit, y_label=y_label, **more)


def _panel(
    course: Course,
    title: str,
    x: Floats,
    series: Mapping[str, Floats],
    *,
    late: bool = False,
    zero: bool = False,
    marked: str = "",
    y_log: bool = False,
    **labels: Any,
) -> Panel:
    """Series by their labels. late: the second half only. zero: limits that hold zero. marked: the starts' label."""
    values, x_limits = np.stack(list(series.values())), None
    if late:
        middle = float(x[0] + x[-1]) / 2
        values, x_limits = values[:, x >= middle], (middle, float(x[-1]) + 0.04 * float(x[-1] - middle))
    limits = _limits(values, log=y_log, zero=zero)
    lines = [
        Series(
            *thin(x, each), label=label, marker="" if label == _AIM else _marker(course), style="--" if number else "-"
        )
        for number, (label, each) in enumerate(series.items())
    ]
    starts = x[list(course.starts)]
    if starts.size and limits is not None:
        lines.append(Series(*segments(starts, starts, *limits), style=":", colour=GREY, width=1.0, label=marked))
    return LinesPanel(title, lines, x_limits=x_limits, y_limits=limits, y_log=y_log, **labels)


def _marker(course: Course) -> str:
    return "o" if course.count.size <= _FEW else ""


def _limits(values: Floats, *, log: bool, zero: bool) -> tuple[float, float] | None:
    """Limits that hold what is finite, with a margin; None if that is nothing, or too much."""
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


def _column(values: Iterable[float]) -> Floats:
    return np.fromiter(values, dtype=np.float64)
