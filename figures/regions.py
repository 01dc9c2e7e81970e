"""The smallest regions of a plane that hold given shares of weighted samples: the contours of a corner plot.

The density is that of a Gaussian kernel on a grid along the samples' own axes, so that correlation does not widen
them, with a bandwidth that the samples choose (`bandwidths`), and it ends where a parameter ends. The level of a region
is the one above which the samples themselves hold the share, each at the density that all others give it: smoothing
makes no region too large, and few samples none too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from autoviz_render.figures.bandwidths import bandwidth
from autoviz_render.figures.curves import Line
from autoviz_render.figures.densities import quantiles
from autoviz_render.figures.marginals import Marginal
from autoviz_render.spool.arrays import Floats, Mask
from autoviz_render.spool.weights import effective_size_of

ONE_SIGMA, TWO_SIGMA, THREE_SIGMA = 0.3935, 0.8647, 0.9889
"""What a Gaussian in two dimensions holds within one, two and three standard deviations: 1 - exp(-r^2 / 2)."""

_NARROWEST = 1e-4
"""The least width across a line of samples, compared with the width that they would have without correlation."""
_FINE = 1.25
"""Cells that a bandwidth takes at least; the grid becomes finer until it does."""
_BEYOND = 2
"""Cells of a grid beyond a hard end."""
_BLOCKS = 32


def regions(x: Marginal, y: Marginal, shares: Sequence[float], *, cells: int = 64, most: int = 256) -> list[list[Line]]:
    """For each share the outlines of its region: closed lines, those of holes turning the other way.

    If a parameter is constant, they are the interval of the other one.

    Args:
        x, y: The samples, as `marginal` returns them.
        shares: From 0 to 1, of the weight.
        cells: Of the grid along each axis.
        most: As `cells`, for structure that needs a finer grid.

    Returns:
        Lines in the units that x and y are in, a list for each share; empty if the region is.
    """
    if x.is_constant or y.is_constant:
        return [[(_interval(x, share), _interval(y, share))] for share in shares]
    if not any(x.hard) and any(y.hard):
        return [[(b, a) for a, b in lines] for lines in regions(y, x, shares, cells=cells, most=most)]
    plane = _Plane(x, y)
    grid = plane.grid(cells)
    while grid.finest < _FINE and 2 * cells <= most:
        cells *= 2
        grid = plane.grid(cells)
    return grid.outlines(shares)


def _interval(of: Marginal, share: float) -> Floats:
    """The middle interval that holds a share; the constant twice."""
    if of.is_constant:
        return np.full(2, of.median)
    return quantiles(of.values, of.weights, ((1 - share) / 2, (1 + share) / 2))


class _Side(NamedTuple):
    """One side of a grid of cells: where the first begins, how long each is, and where its values end hard."""

    start: float
    step: float
    count: int
    hard: tuple[bool, bool]

    @property
    def centres(self) -> Floats:
        return self.start + self.step * (np.arange(self.count) + 0.5)

    @property
    def kept(self) -> slice:
        """The cells between the hard ends."""
        return slice(_BEYOND * self.hard[0], self.count - _BEYOND * self.hard[1])

    def inside(self) -> Floats:
        """1 for the cells between the hard ends, 0 for the others: array[cell]."""
        inside = np.zeros(self.count)
        inside[self.kept] = 1.0
        return inside

    def index(self, values: Floats) -> tuple[Floats, Mask]:
        """The cell of each value, and whether it has one."""
        place = (values - self.start) / self.step
        low, high = self.kept.start, self.kept.stop
        slack = np.array([1e-9 * self.count * is_hard for is_hard in self.hard])  # the last sample stands on the end
        is_in = (place >= low - slack[0]) & (place <= high + slack[1])
        return np.clip(place, low, high - 1), is_in


def _side(low: float, high: float, hard: tuple[bool, bool], margin: float, count: int) -> _Side:
    low, high = (low if hard[0] else low - margin), (high if hard[1] else high + margin)
    step = (high - low) / (count - _BEYOND * sum(hard))
    return _Side(low - _BEYOND * step * hard[0], step, count, hard)


class _Plane:
    """Samples along axes without correlation: u is x, v is what y has of its own, both of standard deviation one."""

    def __init__(self, x: Marginal, y: Marginal) -> None:
        self.x, self.y = x, y
        self.weights = x.weights
        across, up = x.scale.places(x.values), y.scale.places(y.values)
        inside = _inside(x) & _inside(y)
        weights = self.weights[inside]
        self._ends = [_ends(of.scale, of) for of in (x, y)]
        (mean_x, spread_x), (mean_y, spread_y) = (_moments(each[inside], weights) for each in (across, up))
        self.middle, self.spread = (mean_x, mean_y), (spread_x, spread_y)
        self.u, v = (across - mean_x) / spread_x, (up - mean_y) / spread_y
        slope = float(weights @ (self.u[inside] * v[inside])) / float(weights.sum())
        self.slope = 0.0 if any(y.hard) and abs(slope) < 0.1 else float(np.clip(slope, -1.0, 1.0))
        self.width = max(float(np.sqrt(1 - self.slope**2)), _NARROWEST)
        self.v = (v - self.slope * self.u) / self.width
        self.effective = effective_size_of(1.0, float(np.sum(self.weights**2)))
        self.half = _halves(self.weights)
        self._spans = _span(self.u[inside], weights), _span(self.v[inside], weights)

    def grid(self, cells: int) -> _Grid:
        margin = 1.5 * self.effective ** (-1 / 6)
        hard = self.x.hard, (self.y.hard if self.slope == 0 else (False, False))
        sides = []
        for axis, (span, is_hard) in enumerate(zip(self._spans, hard, strict=True)):
            ends = [(end - self.middle[axis]) / self.spread[axis] for end in self._ends[axis]]
            low, high = (end if known else limit for end, known, limit in zip(ends, is_hard, span, strict=True))
            sides.append(_side(low, high, is_hard, margin, cells))
        return _Grid(self, sides[0], sides[1])

    def inside(self, u: _Side, v: _Side) -> Floats | None:
        """The part of each cell that lies between the hard ends; None without any."""
        inside = u.inside()[:, None] * v.inside()
        if any(self.y.hard) and self.slope:
            up = self.slope * u.centres[:, None] + self.width * v.centres
            low, high = ((end - self.middle[1]) / self.spread[1] for end in self._ends[1])
            cell = self.width * v.step + abs(self.slope) * u.step
            for end, is_hard, sign in ((low, self.y.hard[0], 1.0), (high, self.y.hard[1], -1.0)):
                if is_hard:
                    inside = inside * np.clip(0.5 + sign * (up - end) / cell, 0.0, 1.0)
        return inside if any((*self.x.hard, *self.y.hard)) else None

    def stretch(self, u: _Side, v: _Side) -> Floats | float:
        """How much larger a cell is in the units of x and y than in the middle: array[row, column]."""
        if self.x.scale.is_linear and self.y.scale.is_linear:
            return 1.0
        across, up = self._places(u.centres[:, None], v.centres)
        return self.x.scale.stretch(across) * self.y.scale.stretch(up)

    def values(self, u: Floats, v: Floats) -> Line:
        """x and y of points, none of them outside the samples."""
        across, up = self._places(u, v)
        pairs = (self.x, across), (self.y, up)
        x, y = (np.clip(of.scale.values(place), of.values.min(), of.values.max()) for of, place in pairs)
        return x, y

    def _places(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        up = self.slope * u + self.width * v
        return self.middle[0] + self.spread[0] * u, self.middle[1] + self.spread[1] * up


class _Grid:
    """The density of a plane's samples on a grid.

    Attributes:
        finest: How many cells the bandwidth takes.
    """

    def __init__(self, plane: _Plane, u: _Side, v: _Side) -> None:
        self._plane, self._u, self._v = plane, u, v
        (row, in_rows), (column, in_columns) = u.index(plane.u), v.index(plane.v)
        size = u.count * v.count
        cell = np.where(in_rows & in_columns, row.astype(np.intp) * v.count + column.astype(np.intp), size)
        each = cell + plane.half * (size + 1)
        halves = np.bincount(each, plane.weights, 2 * (size + 1)).reshape(2, -1)[:, :size]
        halves = halves.reshape(2, u.count, v.count)
        self._weight = halves.sum(axis=0)
        self._squares = np.bincount(cell, plane.weights**2, size + 1)[:size].reshape(self._weight.shape)
        mirrored = any(u.hard), any(v.hard)
        self._width = bandwidth(halves[:, u.kept, v.kept], (u.step, v.step), mirrored, plane.effective)
        self.finest = self._width / min(u.step, v.step)

    def outlines(self, shares: Sequence[float]) -> list[list[Line]]:
        from contourpy import LineType, contour_generator

        density, levels = self._density(shares)
        # nothing beyond the outermost cells: every line is closed
        u, v = (side.start + side.step * (np.arange(-1, side.count + 1) + 0.5) for side in (self._u, self._v))
        lines = contour_generator(v, u, np.pad(density, 1), line_type=LineType.Separate)
        found = [list(map(np.asarray, lines.lines(level))) if level > 0 else [] for level in levels]
        return [[self._plane.values(line[:, 1], line[:, 0]) for line in each] for each in found]

    def _density(self, shares: Sequence[float]) -> tuple[Floats, list[float]]:
        """The density, and the levels of shares; 0 for one that the grid does not hold."""
        widths = [max(self._width / side.step, 0.6) for side in (self._u, self._v)]
        rows, columns = (
            _kernel(side.count, round(width, 4)) for side, width in zip((self._u, self._v), widths, strict=True)
        )
        inside = self._plane.inside(self._u, self._v)
        factor = 1 / self._plane.stretch(self._u, self._v)
        if inside is not None:
            factor = factor / np.maximum(rows @ inside @ columns, 0.1)
        density = rows @ self._weight @ columns
        held = np.nonzero(self._weight)
        weight = self._weight[held]
        own = self._squares[held] / weight
        peak = 1 / (2 * np.pi * widths[0] * widths[1])
        others = (density[held] - own * peak) / (1 - own) if len(weight) > 1 else density[held]
        density = density * factor
        others = others * (factor[held] if isinstance(factor, np.ndarray) else factor)
        order = np.argsort(-others)
        held_above = np.cumsum(weight[order])
        last = np.minimum(np.searchsorted(held_above, shares), len(order) - 1)
        levels = np.where(held_above[-1] >= shares, others[order][last], 0.0)
        return density, levels.tolist()


def _moments(values: Floats, weights: Floats) -> tuple[float, float]:
    """Mean and standard deviation, 1 if there is none."""
    total = float(weights.sum())
    mean = float(weights @ values) / total
    return mean, float(np.sqrt(weights @ (values - mean) ** 2 / total)) or 1.0


def _inside(of: Marginal) -> Mask:
    """Which samples lie in the part shown; all of heavy tails."""
    return np.ones(of.values.shape, np.bool_) if of.heavy else (of.values >= of.low) & (of.values <= of.high)


def _ends(scale: Scale, of: Marginal) -> tuple[float, float]:
    low, high = scale.places(np.array([of.low, of.high])).tolist()
    return low, high


def _halves(weights: Floats) -> Floats:
    """0 or 1 for each sample: by turns if they have weights, otherwise by blocks, since neighbours in a chain are alike."""
    number = np.arange(weights.size)
    is_weighted = float(np.ptp(weights)) > 1e-9 * float(weights.max())
    return (number if is_weighted else number * _BLOCKS // weights.size) % 2


def _span(values: Floats, weights: Floats, bins: int = 512) -> tuple[float, float]:
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


@lru_cache(maxsize=256)
def _kernel(count: int, width: float) -> Floats:
    """A Gaussian of a width in cells, about each cell: array[cell, cell]."""
    number = np.arange(count)
    return np.exp(-0.5 * ((number[:, None] - number) / width) ** 2) / (np.sqrt(2 * np.pi) * width)
