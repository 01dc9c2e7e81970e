"""The distribution of one parameter's samples: what part of it to show, where it ends hard, and what lies beyond.

A few samples very far away would make one bin of all others, and those of heavy tails (Cauchy's) do so at any number
of them: such are left out of the part shown, and counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from autoviz_render.figures.bins import equal_bins
from autoviz_render.figures.densities import quantiles
from autoviz_render.spool.arrays import Floats, Mask
from autoviz_render.spool.weights import effective_size_of

SIGMA_SHARES = (0.1587, 0.5, 0.8413)
"""The quantiles that a median with one standard deviation up and down stands for."""

_OUTERMOST, _OUTER = 0.001, 0.02
_FAR = 4.0
"""How many times as far as what is before it the last part of a tail reaches if it is left out: Gaussian tails reach
1.0 times as far, exponential ones 1.5, Cauchy's 20."""
_REACH = 6.0
"""How many standard deviations of a distribution with far samples are shown."""
_MARGIN = 0.06
_PILED = 0.05
"""If half of the weight is nearer to a hard end than this share of what is shown, distances are seen by their size."""


@dataclass(frozen=True, eq=False)
class Marginal:
    """Samples of one parameter.

    Attributes:
        values: array[sample].
        weights: array[sample], of sum one.
        lower, median, upper: The quantiles at 15.87, 50 and 84.13 per cent.
        low, high: The limits of the part shown, low < high.
        hard: Whether the distribution ends at `low`, and whether at `high`, as a uniform one does.
        tails: Whether the lower tail is so heavy that the part shown leaves some of it out, and whether the upper one.
        is_constant: Whether all that is shown is one value.
    """

    values: Floats
    weights: Floats
    lower: float
    median: float
    upper: float
    low: float
    high: float
    hard: tuple[bool, bool] = (False, False)
    tails: tuple[bool, bool] = (False, False)
    is_constant: bool = False

    @property
    def is_far(self) -> tuple[bool, bool]:
        """Whether there are samples far below the part shown, and whether far above."""
        below, above = self.low - (self.high - self.low) / 2, self.high + (self.high - self.low) / 2
        return self.tails[0] or self.reach[0] < below, self.tails[1] or self.reach[1] > above

    def histogram(self, low: float, high: float, bins: int) -> tuple[Floats, Floats]:
        """The share of the weight in equal bins between two limits: (array[bin + 1] of edges, array[bin])."""
        found = equal_bins(self.values, low, high, bins)
        return found.edges, found.sums(self.weights)

    @property
    def is_heavy(self) -> bool:
        """Whether a tail holds so much that the part shown is cut."""
        return self.tails[0] or self.tails[1]

    @property
    def limits(self) -> tuple[float, float]:
        """What no region goes beyond: a hard end, or else what is shown, and the samples of heavy tails."""
        return (min(self.low, self.reach[0]), max(self.high, self.reach[1])) if self.is_heavy else (self.low, self.high)

    @cached_property
    def reach(self) -> tuple[float, float]:
        """The least and the greatest value."""
        return float(self.values.min()), float(self.values.max())

    @cached_property
    def is_in(self) -> Mask:
        """Which samples lie in the part shown; all of heavy tails."""
        if self.is_heavy:
            return np.ones(self.values.shape, np.bool_)
        return (self.values >= self.low) & (self.values <= self.high)

    @cached_property
    def places(self) -> Floats:
        """Where the samples stand on the scale: array[sample]."""
        return self.scale.places(self.values)

    @cached_property
    def span(self) -> tuple[float, float]:
        """The places between which nearly all of the weight is, with room at both sides."""
        return span(self.places[self.is_in], self.weights[self.is_in])

    @cached_property
    def scale(self) -> Scale:
        """A scale on which the samples have a mean of zero and a standard deviation of one, or tails that are near."""
        sides = [each for each in (self.upper - self.median, self.median - self.lower) if each > 0]
        spread = (min if self.is_heavy else max)(sides, default=(self.high - self.low) / 6)
        ends = [end for end, is_hard in zip((self.low, self.high), self.hard, strict=True) if is_hard]
        end = min(ends, key=lambda each: abs(each - self.median), default=self.low)
        if ends and (self.is_heavy or abs(self.median - end) < _PILED * (self.high - self.low)):
            near = float(quantiles(np.abs(self.values - end), self.weights, (_OUTER,))[0])
            return Scale(end, near or spread, is_linear=False)
        if self.is_heavy:
            return Scale(self.median, spread, is_linear=False)
        straight = Scale(self.median, spread, gaps=self._gaps())
        mean, deviation = moments(straight.places(self.values[self.is_in]), self.weights[self.is_in])
        return replace(straight, shift=mean, unit=deviation or 1.0)

    def _gaps(self) -> tuple[Gap, ...]:
        """Where the part shown is empty over more than a quarter of it, as between two far modes."""
        heavy = self.weights > 1e-4 * self.weights.mean()
        ascending = np.sort(self.values[self.is_in & heavy])
        lengths = np.diff(ascending)
        wide = np.flatnonzero(lengths > (self.high - self.low) / 4)
        kept = (float(np.ptp(ascending)) - float(lengths[wide].sum())) / 2 if wide.size else 0.0
        if kept <= 0:
            return ()  # a few values and nothing between them
        gaps = zip(ascending[wide].tolist(), lengths[wide].tolist(), strict=True)
        return tuple(Gap(start, length, length - kept) for start, length in gaps if length > kept)


class Gap(NamedTuple):
    """An empty part of an axis, and how much of it a scale leaves out."""

    start: float
    length: float
    less: float


@dataclass(frozen=True)
class Scale:
    """A place on a straight line, or on one on which far tails are drawn near.

    Attributes:
        centre: The value at zero.
        spread: The unit about the centre.
        is_linear: If not, a value stands at the inverse hyperbolic sine of its place on the straight line.
        gaps: Left out in part, in ascending order, so that a grid resolves what lies at both sides.
        shift, unit: What is zero and one in the end, on the line so far.
    """

    centre: float
    spread: float
    is_linear: bool = True
    gaps: tuple[Gap, ...] = ()
    shift: float = 0.0
    unit: float = 1.0

    def places(self, values: Floats) -> Floats:
        """Where values stand."""
        nearer = values
        for gap in self.gaps:
            nearer = nearer - gap.less * np.clip((values - gap.start) / gap.length, 0.0, 1.0)
        straight = (nearer - self.centre) / self.spread
        return ((straight if self.is_linear else np.arcsinh(straight)) - self.shift) / self.unit

    def values(self, places: Floats) -> Floats:
        """What stands at places."""
        line = places * self.unit + self.shift
        values = nearer = self.centre + self.spread * (line if self.is_linear else np.sinh(_bounded(line)))
        before = 0.0
        for gap in self.gaps:
            values = values + gap.less * np.clip((nearer - (gap.start - before)) / (gap.length - gap.less), 0.0, 1.0)
            before += gap.less
        return values

    def stretch(self, places: Floats) -> Floats:
        """How far values lie apart at places, compared with the centre."""
        return np.ones_like(places) if self.is_linear else np.cosh(_bounded(places))


def _bounded(places: Floats) -> Floats:
    """Places whose hyperbolic sines do not overflow."""
    return np.clip(places, -200.0, 200.0)


def marginal(values: Floats, weights: Floats) -> Marginal:
    """The distribution of one parameter.

    Args:
        values: array[sample], finite, their differences too.
        weights: array[sample], positive, of sum one.
    """
    order = np.argsort(values)
    ascending, weight = values[order], weights[order]
    middle = np.cumsum(weight) - weight / 2
    effective = effective_size_of(1.0, float(np.sum(weights**2)))
    lower, median, upper = np.interp(SIGMA_SHARES, middle, ascending).tolist()
    above = _Tail(ascending, middle, weight, effective)
    below = _Tail(-ascending[::-1], 1 - middle[::-1], weight[::-1], effective)
    low, high = -below.limit, above.limit
    is_constant = bool(high - low <= 4 * np.finfo(float).eps * max(abs(low), abs(high)))
    if is_constant:
        size = 0.1 * abs(median) or 1.0
        low, high, hard = median - size, median + size, (False, False)
    else:
        hard = below.is_hard, above.is_hard
        margin = _MARGIN * (high - low)
        low, high = (low if hard[0] else low - margin), (high if hard[1] else high + margin)
    tails = below.is_far, above.is_far
    return Marginal(values, weights, lower, median, upper, low, high, hard, tails, is_constant)


def shown(values: Floats, weights: Floats) -> tuple[float, float]:
    """The limits of the part shown, in the unit of the values: finite, the lower one first.

    Args:
        values, weights: As `marginal` takes them.
    """
    near = 2.0**-8 if float(np.abs(values).max()) > 1e300 else 1.0
    found = marginal(near * values, weights)
    most = near * np.finfo(float).max / 4  # their difference must not overflow either
    low, high = (float(min(max(limit, -most), most)) / near for limit in (found.low, found.high))
    return low, high


class _Tail:
    """The upper tail of a distribution.

    Attributes:
        limit: How far up it is shown, without a margin.
        is_hard: Whether the distribution ends there.
        is_far: Whether samples lie far beyond.
    """

    def __init__(self, ascending: Floats, middle: Floats, weight: Floats, effective: float) -> None:
        inner = min(1 - _OUTER, 1 - 2.5 / effective)
        shares = (0.5, SIGMA_SHARES[2], max(inner, 0.9), max(1 - _OUTERMOST, inner))
        median, upper, outer, outermost = np.interp(shares, middle, ascending).tolist()
        spread = next((each - median for each in (upper, outer) if each > median), 0.0)
        self.is_hard = _is_hard(ascending, middle, weight, effective)
        self.is_far = False
        self.limit = float(ascending[-1]) if self.is_hard else outermost
        if not self.is_hard and outermost - outer > _FAR * max(outer - upper, 0.25 * spread):
            self.is_far = True
            self.limit = float(ascending[np.searchsorted(ascending, median + _REACH * spread, side="right") - 1])


def moments(values: Floats, weights: Floats) -> tuple[float, float]:
    """Mean and standard deviation."""
    total = float(weights.sum())
    mean = float(np.sum(weights * values)) / total
    return mean, float(np.sqrt(np.sum(weights * (values - mean) ** 2) / total))


def span(values: Floats, weights: Floats, bins: int = 512) -> tuple[float, float]:
    """What holds all but two thousandths of the weight at either end, and somewhat more."""
    low, high = float(values.min()), float(values.max())
    if not high > low:
        return low - 1.0, high + 1.0
    step = (high - low) / bins
    index = np.minimum(((values - low) / step).astype(np.intp), bins - 1)
    held = np.cumsum(np.bincount(index, weights, bins))
    first, last = np.searchsorted(held, (0.002 * held[-1], 0.998 * held[-1])).tolist()
    start, stop = low + first * step, low + (last + 1) * step
    return max(low, start - (stop - start) / 4), min(high, stop + (stop - start) / 4)


def _is_hard(ascending: Floats, middle: Floats, weight: Floats, effective: float) -> bool:
    """Whether a distribution ends at its largest sample with a density that is not much below that beside it.

    Between a sample near the end and the last one, samples of a constant density lie half-way in the mean, those of a
    tail, which decays, nearer to the first. The limit is where a constant density and an exponential one make them
    equally likely, and some more for few samples.
    """
    share = min(0.2, max(0.05, 10 / effective))
    count = share * effective
    if count < 9.9:
        return False
    bounds = (share, math.exp(-1 + 3 / count)), (share / 2, math.exp(-1))  # of half as many: no other mode far away
    return all(_depth(ascending, middle, weight, part) > bound for part, bound in bounds)


def _depth(ascending: Floats, middle: Floats, weight: Floats, share: float) -> float:
    """How far the last samples lie beyond the first of them in the mean, compared with the very last; 0 with a gap."""
    first = int(np.searchsorted(middle, 1 - share))
    beyond, part = ascending[first:] - ascending[first], weight[first:]
    if not beyond[-1] > 0 or np.diff(beyond).max() > beyond[-1] / 2:
        return 0.0
    return float(np.sum(part * beyond)) / (float(part.sum()) * float(beyond[-1]))
