"""When a run will be done, from what its sampler stops by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autoviz_render.figures.estimate.growth import growth_way
from autoviz_render.figures.estimate.nested import Way, nested_way
from autoviz_render.figures.estimate.pace import pace
from autoviz_render.figures.estimate.record import Record, record_of
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import COUNTS, ScalarsLine
from autoviz_render.spool.text import cut, printable

_TARGET, _LIMIT = "_target", "_limit"
_TEN_OF_HUNDRED = 1.2816  # standard deviations, below which nine of ten lie
_READ = frozenset(
    {
        *("remaining", "live_fraction", "log_evidence", "log_volume", "log_likelihood_contour", "live_points"),
        *("effective_sample_size", "sampling_efficiency", "autocorrelation_times", "tempering_param"),
        *("steps", "draws", "iterations", "log_likelihood_range", "is_drawn_from_prior"),
    }
)
_FEWEST = 4  # quick updates
_TREND_OF_TIME = 0.2  # of the logarithm of the seconds a count
_USUAL_A_POINT = 3.0  # draws within bounds for each point
_USUAL_EFFICIENCY = 0.6  # of nautilus, when it has its last bounds


@dataclass(frozen=True)
class Estimate:
    """How much of a run is left, as of its newest quick update.

    Attributes:
        seconds_left: Of running, the median.
        low, high: Of them: the truth is between in eight of ten runs.
        iterations_left: Of what the sampler counts, the median.
        seconds: That it ran so far, its pauses left out.
        criterion: What ends the run, in plain text.
        is_reached: Whether it is reached, so that nothing is left but what the sampler does at its end.
    """

    seconds_left: float
    low: float
    high: float
    iterations_left: float
    seconds: float
    criterion: str
    is_reached: bool = False


@dataclass(frozen=True)
class _Left:
    """What is left by one criterion."""

    seconds: float
    iterations: float
    spread: float
    criterion: str


def is_read(name: str) -> bool:
    """Whether an estimate reads a scalar of this name."""
    return name.endswith((_TARGET, _LIMIT)) or name in _READ


def estimate(lines: Sequence[ScalarsLine]) -> Estimate | None:
    """When a run will be done.

    Args:
        lines: Its quick updates in the order of publishing, all of them or some, evenly taken, the newest among them.

    Returns:
        None if the sampler tells of nothing by which it stops, or if there is too little to tell.
    """
    try:
        with np.errstate(all="ignore"):
            return _estimate(lines)
    except (ArithmeticError, ValueError):  # a stranger's numbers may be any
        return None


def _estimate(lines: Sequence[ScalarsLine]) -> Estimate | None:
    record = record_of(lines)
    if record is None or len(record.lines) < _FEWEST or not record.seconds[-1] > 0:
        return None
    targets, limits = (_aims(record, ending) for ending in (_TARGET, _LIMIT))
    if not targets and not limits:
        return None
    ran = float(record.seconds[-1])
    found = _of_targets(record, targets) if targets else []
    if found is None:
        return None
    latest = _of_limits(record, limits)
    left = _joined(found)
    for each in latest:
        if left is None or each.seconds < left.seconds:
            left = each
    if left is None:
        told = "; ".join(_told(name, value) for name, value in targets.items())
        return Estimate(0.0, 0.0, 0.0, 0.0, ran, told, is_reached=True) if targets else None
    factor = math.exp(_TEN_OF_HUNDRED * left.spread)
    low, high = left.seconds / factor, left.seconds * factor
    if not (low >= 0 and math.isfinite(high) and left.iterations >= 0):
        return None
    return Estimate(left.seconds, low, high, left.iterations, ran, left.criterion)


def _aims(record: Record, ending: str) -> dict[str, float]:
    """The values that scalars are to reach, by the names of these."""
    aims = {}
    for name, value in record.lines[-1].scalars.items():
        if name.endswith(ending) and math.isfinite(value):
            aims[name.removesuffix(ending)] = float(value)
    return aims


def _of_targets(record: Record, targets: dict[str, float]) -> list[_Left] | None:
    """What is left by each of them that is not reached, one after another; None if one cannot be told."""
    found: list[_Left] = []
    samples = targets.get("effective_sample_size")
    way = None
    for name, target in targets.items():
        if name in ("remaining", "live_fraction"):
            left, way = _of_evidence(record, name, target)
            if left is None and way is not None:
                return None
            if left is not None:
                found.append(left)
        elif name != "effective_sample_size" and not _is_reached(record, name, target):
            each = _of_growth(record, name, target)
            if each is None:
                return None
            found.append(each)
    if samples is not None:
        after = _of_samples(record, samples, way, found)
        if after is None:
            return None
        found += after
    return found


def _is_reached(record: Record, name: str, target: float) -> bool:
    value = record.newest(name)
    first = record.scalar(name)
    first = first[np.isfinite(first)]
    falls = bool(first.size) and first[0] > target
    return value <= target if falls else value >= target


def _of_evidence(record: Record, name: str, target: float) -> tuple[_Left | None, Way | None]:
    """What is left until the evidence is known: nothing if it is, or if the sampler speaks of it no more."""
    remaining = record.scalar(name)
    if name == "live_fraction":
        remaining, target = -np.log1p(-np.minimum(remaining, 1 - 1e-12)), -math.log1p(-min(target, 1 - 1e-12))
    newest = float(remaining[-1])
    if not target > 0 or not newest > target:
        return None, None
    depth = -record.scalar("log_volume")
    way = nested_way(record, remaining, target)
    if way is None:
        way = growth_way("", remaining, record.count, target) or Way(math.nan, math.inf)
        depth = record.count
    left = _priced(record, depth, way, _told(name, target))
    return (_after_the_prior(record, depth, left, way) or left), way


def _after_the_prior(record: Record, depth: Floats, left: _Left, way: Way) -> _Left | None:
    """What is left of a run that draws from its prior still; None of any other.

    That takes as many draws a point as the volume is small, and ends with the first bounds about the live points.
    """
    live = record.newest("live_points")
    if not record.newest("is_drawn_from_prior") > 0 or not live > 0:
        return None
    a_point = pace(depth, record.count, way.left).cost / live
    share = min(1.0, _USUAL_A_POINT / a_point)
    return _Left(left.seconds * share, left.iterations * share, math.hypot(way.spread, 0.5), left.criterion)


def _of_growth(record: Record, name: str, target: float) -> _Left | None:
    way = growth_way(name, record.scalar(name), record.count, target)
    return None if way is None else _priced(record, record.count, way, _told(name, target, record))


def _priced(record: Record, progress: Floats, way: Way, criterion: str) -> _Left:
    counts = pace(progress, record.count, way.left)
    left = way.left * counts.cost
    seconds = pace(record.count, record.seconds, left, trend=_TREND_OF_TIME)
    return _Left(left * seconds.cost, left, math.hypot(way.spread, counts.spread, seconds.spread), criterion)


def _of_samples(record: Record, target: float, way: Way | None, before: list[_Left]) -> list[_Left] | None:
    """What is left until there are enough samples, after all else."""
    sizes = record.scalar("effective_sample_size")
    size = float(sizes[-1])
    told = _told("effective_sample_size", target)
    if not before:
        if size >= target:
            return []
        each = _of_growth(record, "effective_sample_size", target)
        if (efficiency := record.newest("sampling_efficiency")) > 0:  # which says it of all that is drawn from now on
            each = _priced(record, record.count, Way((target - size) / efficiency, 0.2), told)
        return None if each is None else [each]
    a_nat = pace(-record.scalar("log_volume"), record.count, 0.0).cost
    efficiency, points = record.newest("sampling_efficiency"), record.newest("live_points")
    if efficiency > 0:  # every point counts, and later ones are drawn as well as the bounds of the end allow
        points, a_sample = a_nat, 1 / max(efficiency, _USUAL_EFFICIENCY)
    else:
        a_sample = a_nat / points if points > 0 else math.nan
    # of a Gaussian of d parameters, N points a nat of volume: Kish's size of weights that are normal in x, variance d/2
    at_end = points * math.sqrt(2 * math.pi * way.dimension) if way is not None else math.nan
    missing = target - max((each for each in (size, at_end) if math.isfinite(each)), default=math.nan)
    if not missing > 0:
        return []
    if not math.isfinite(a_sample):
        return None
    counts = missing * a_sample
    cost = pace(record.count, record.seconds, counts, trend=_TREND_OF_TIME).cost
    return [_Left(counts * cost, counts, 0.6, told)]


def _of_limits(record: Record, limits: dict[str, float]) -> list[_Left]:
    ahead = ((name, limit) for name, limit in limits.items() if not _is_reached(record, name, limit))
    found = (_of_growth(record, name, limit) for name, limit in ahead)
    return [each for each in found if each is not None and each.seconds >= 0]


def _joined(found: Sequence[_Left]) -> _Left | None:
    """All of them, one after another."""
    if not found:
        return None
    seconds = sum(each.seconds for each in found)
    variance = sum((each.seconds * each.spread) ** 2 for each in found)
    spread = math.sqrt(variance) / seconds if seconds > 0 else max(each.spread for each in found)
    return _Left(seconds, sum(each.iterations for each in found), spread, "; ".join(each.criterion for each in found))


def _told(name: str, target: float, record: Record | None = None) -> str:
    """What ends the run, in plain text."""
    value = f"{target:,.0f}" if target == round(target) and abs(target) < 1e15 else f"{target:.3g}"
    if name == "remaining":
        return f"remaining evidence falls to {value} nats"
    if name == "live_fraction":
        return f"the live points' share of the evidence falls to {value}"
    if name == "effective_sample_size":
        return f"there are {value} effective samples"
    if name == "count":
        counts = printable(record.lines[-1].counts) if record is not None else COUNTS
        return f"iteration {value} is reached" if counts == COUNTS else f"{value} {counts} are made"
    return f"{cut(printable(name), 40).replace('_', ' ')} reaches {value}"
