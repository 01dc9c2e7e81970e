"""The smallest regions of a plane that hold given shares of weighted samples: the contours of a corner plot.

The density is that of a Gaussian kernel on a grid along the samples' own axes, so that correlation does not widen
them, with a bandwidth along each that the samples choose (`bandwidths`), and it ends where a parameter ends. The level
of a region is the one above which the samples themselves hold the share, each at the density that all others give it:
smoothing makes no region too large, and few samples none too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from autoviz_render.figures.curves import Line
from autoviz_render.figures.densities import is_weighted, quantiles
from autoviz_render.figures.samples.bandwidths import bandwidths, product
from autoviz_render.figures.samples.marginals import Marginal, moments, span
from autoviz_render.spool.arrays import Floats, Indices, Mask
from autoviz_render.spool.weights import effective_size_of

ONE_SIGMA, TWO_SIGMA, THREE_SIGMA = 0.3935, 0.8647, 0.9889
"""What a Gaussian in two dimensions holds within one, two and three standard deviations: 1 - exp(-r^2 / 2)."""

_NARROWEST = 1e-4
"""The least width across a line of samples, compared with the width that they would have without correlation."""
_FINE = 1.0
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
    plane, counts = _Plane(x, y), (cells, cells)
    while True:
        grid = plane.grid(counts)
        rows, columns = (
            2 * n if fine < _FINE and 2 * n <= most else n for n, fine in zip(counts, grid.widths, strict=True)
        )
        if (rows, columns) == counts:
            return grid.outlines(shares)
        counts = rows, columns


def _interval(of: Marginal, share: float) -> Floats:
    """The middle interval that holds a share; the constant twice."""
    if of.is_constant:
        return np.full(2, of.median)
    return quantiles(of.values, of.weights, ((1 - share) / 2, (1 + share) / 2))


@dataclass(frozen=True)
class _Side:
    """One side of a grid of cells: where the first begins, how long each is, and where its values end hard."""

    start: float
    step: float
    count: int
    hard: tuple[bool, bool]

    @property
    def centres(self) -> Floats:
        return np.asarray(self.start + self.step * (np.arange(self.count) + 0.5), dtype=np.float64)

    @property
    def kept(self) -> slice:
        """The cells between the hard ends."""
        return slice(_BEYOND * self.hard[0], self.count - _BEYOND * self.hard[1])

    def inside(self) -> Floats:
        """1 for the cells between the hard ends, 0 for the others: array[cell]."""
        inside = np.zeros(self.count)
        inside[self.kept] = 1.0
        return inside

    def cells_of(self, values: Floats) -> tuple[Indices, Mask]:
        """The cell of each value, and whether it has one."""
        place = (values - self.start) / self.step
        low, high = self.kept.start, self.kept.stop
        slack = np.array([1e-9 * self.count * is_hard for is_hard in self.hard])  # the last sample stands on the end
        is_in = (place >= low - slack[0]) & (place <= high + slack[1])
        return np.clip(place, low, high - 1).astype(np.intp), is_in


def _side(
    span: tuple[float, float], ends: Sequence[float], hard: tuple[bool, bool], margin: float, count: int
) -> _Side:
    """From one hard end to the other; from what is known of the samples and a margin where there is none."""
    low, high = (ends[0] if hard[0] else span[0] - margin), (ends[1] if hard[1] else span[1] + margin)
    step = (high - low) / (count - _BEYOND * sum(hard))
    return _Side(low - _BEYOND * step * hard[0], step, count, hard)


class _Plane:
    """Samples along axes without correlation: u is the place of x, v is what the place of y has of its own."""

    def __init__(self, x: Marginal, y: Marginal) -> None:
        self.x, self.y, self.weights, self.u = x, y, x.weights, x.places
        inside = x.is_in & y.is_in
        if not inside.any():
            inside = np.ones_like(inside)
        weights, u, up = self.weights[inside], x.places[inside], y.places[inside]
        mean, spread = moments(up, weights)
        variance = float(np.sum(weights * u**2))
        slope = float(np.sum(weights * u * (up - mean))) / variance if variance else 0.0
        self.slope = 0.0 if any(y.hard) and abs(slope) < 0.1 * spread else slope
        rest = up - self.slope * u
        self.middle, self.width = moments(rest, weights)
        self.width = max(self.width, _NARROWEST * (spread or 1.0))
        self.v = (y.places - self.slope * x.places - self.middle) / self.width
        self.effective = effective_size_of(1.0, float(np.sum(self.weights**2)))
        self._v_span = span((rest - self.middle) / self.width, weights)

    def grid(self, counts: Sequence[int]) -> _Grid:
        margin = 1.5 * self.effective ** (-1 / 6)
        u = _side(self.x.span, _ends(self.x), self.x.hard, margin, counts[0])
        ends = [(end - self.middle) / self.width for end in _ends(self.y)]
        v = _side(self._v_span, ends, (False, False) if self.slope else self.y.hard, margin, counts[1])
        return _Grid(self, u, v)

    def inside(self, u: _Side, v: _Side) -> Floats | None:
        """The part of each cell that lies between the hard ends; None without any."""
        if not any((*self.x.hard, *self.y.hard)):
            return None
        inside = u.inside()[:, None] * v.inside()
        if any(self.y.hard) and self.slope:
            up = self.slope * u.centres[:, None] + self.width * v.centres + self.middle
            cell = self.width * v.step + abs(self.slope) * u.step
            for end, is_hard, sign in zip(_ends(self.y), self.y.hard, (1.0, -1.0), strict=True):
                if is_hard:
                    inside = inside * np.clip(0.5 + sign * (up - end) / cell, 0.0, 1.0)
        return inside

    def stretch(self, u: _Side, v: _Side) -> Floats | None:
        """How much larger a cell is in the units of x and y than in the middle: array[row, column]; None if none is."""
        if self.x.scale.is_linear and self.y.scale.is_linear:
            return None
        across = u.centres[:, None]
        return self.x.scale.stretch(across) * self.y.scale.stretch(self._up(across, v.centres))

    def values(self, u: Floats, v: Floats) -> Line:
        """x and y of points, none of them beyond a hard end."""
        pairs = (self.x, u), (self.y, self._up(u, v))
        x, y = (np.clip(of.scale.values(place), *of.limits) for of, place in pairs)
        return x, y

    def _up(self, u: Floats, v: Floats) -> Floats:
        """The places of y."""
        return self.slope * u + self.width * v + self.middle


class _Grid:
    """The density of a plane's samples on a grid.

    Attributes:
        widths: How many cells the bandwidth takes along u and along v.
    """

    def __init__(self, plane: _Plane, u: _Side, v: _Side) -> None:
        self._plane, self._u, self._v = plane, u, v
        (row, in_rows), (column, in_columns) = u.cells_of(plane.u), v.cells_of(plane.v)
        size = u.count * v.count
        cell = np.where(in_rows & in_columns, row * v.count + column, size)
        each = cell + _halves(plane.weights) * (size + 1)
        held = np.bincount(each, plane.weights, 2 * (size + 1)).reshape(2, -1)[:, :size]
        halves: Floats = held.reshape(2, u.count, v.count).astype(np.float64)
        self._weight = halves.sum(axis=0)
        self._squares = self._weight * plane.weights[0]
        if is_weighted(plane.weights):
            self._squares = np.bincount(cell, plane.weights**2, size + 1)[:size].reshape(self._weight.shape)
        mirrored = any(u.hard), any(v.hard)
        self._inside = plane.inside(u, v)
        steps = u.step, v.step
        found = bandwidths(halves[:, u.kept, v.kept], steps, mirrored, plane.effective)
        self.widths = [width / step for width, step in zip(found, steps, strict=True)]

    def outlines(self, shares: Sequence[float]) -> list[list[Line]]:
        from contourpy import LineType, contour_generator

        density, levels = self._density(shares)
        # nothing beyond the outermost cells: every line is closed
        u, v = (side.start + side.step * (np.arange(-1, side.count + 1) + 0.5) for side in (self._u, self._v))
        lines = contour_generator(v, u, np.pad(density, 1), line_type=LineType.Separate)
        found = [list(map(np.asarray, lines.lines(level))) if level > 0 else [] for level in levels]
        return [[self._plane.values(line[:, 1], line[:, 0]) for line in each] for each in found]

    def _density(self, shares: Sequence[float]) -> tuple[Floats, list[float]]:
        """The density, and the levels of shares; 0 for one that the grid does not hold.

        Where a first density with one bandwidth is low, the kernel is wider (Abramson 1982, Annals of Statistics 10,
        1217), in steps: tails are smooth, and what is sharp stays so.
        """
        held = np.nonzero(self._weight)
        first, _ = self._smoothed(self._weight, 1.0)
        weight, known = self._weight[held], np.maximum(first[held], 1e-300)
        typical = np.exp(np.sum(weight * np.log(known)) / weight.sum())
        octaves = np.clip(np.rint(np.log2(typical / known) / 2), 0, 2)
        density, of_itself = np.zeros_like(first), np.zeros_like(weight)
        for octave in range(3):
            chosen = octaves == octave
            if not chosen.any():
                continue
            part = np.zeros_like(self._weight)
            part[held[0][chosen], held[1][chosen]] = weight[chosen]
            smooth, peak = self._smoothed(part, 2.0**octave)
            density += smooth
            of_itself[chosen] = peak[held][chosen]
        own = self._squares[held] / weight
        of_others = (density[held] - own * of_itself) / np.maximum(1 - own, 1e-9)
        stretch = self._plane.stretch(self._u, self._v)
        if stretch is not None:
            density, of_others = density / stretch, of_others / stretch[held]
        return density, _levels(of_others, weight, shares)

    def _smoothed(self, weight: Floats, times: float) -> tuple[Floats, Floats]:
        """With kernels so many times as wide as the bandwidth; and what a sample adds where it is: array[cell] both."""
        widths = [max(times * width, 0.6) for width in self.widths]
        rows, columns = (_kernel(side.count, width) for side, width in zip((self._u, self._v), widths, strict=True))
        inside = self._inside
        smooth = product(product(rows, weight), columns)
        peak = np.full_like(weight, 1 / (2 * np.pi * widths[0] * widths[1]))
        if inside is None:
            return smooth, peak
        factor = 1 / np.maximum(product(product(rows, inside), columns), 0.1)
        return smooth * factor, peak * factor


def _levels(densities: Floats, weights: Floats, shares: Sequence[float]) -> list[float]:
    """The densities above which samples hold shares of all the weight; 0 if all together hold less."""
    order = np.argsort(-densities)
    held = np.cumsum(weights[order])
    last = np.minimum(np.searchsorted(held, shares), held.size - 1)
    return [
        float(level) if held[-1] >= share else 0.0 for level, share in zip(densities[order][last], shares, strict=True)
    ]


def _ends(of: Marginal) -> tuple[float, float]:
    """Where the part shown begins and ends on the scale."""
    low, high = of.scale.places(np.array([of.low, of.high])).tolist()
    return low, high


def _halves(weights: Floats) -> Indices:
    """0 or 1 for each sample: by turns if they have weights, otherwise by blocks: neighbours in a chain are alike."""
    number = np.arange(weights.size)
    return (number if is_weighted(weights) else number * _BLOCKS // weights.size) % 2


def _kernel(count: int, width: float) -> Floats:
    """A Gaussian of a width in cells, about each cell: array[cell, cell]."""
    profile = np.exp(-0.5 * (np.arange(count) / width) ** 2) / (np.sqrt(2 * np.pi) * width)
    return np.asarray(profile[_distances(count)])


@lru_cache(maxsize=4)
def _distances(count: int) -> Indices:
    """Between the cells of a side: array[cell, cell]."""
    number = np.arange(count)
    return np.asarray(np.abs(number[:, None] - number), dtype=np.intp)
