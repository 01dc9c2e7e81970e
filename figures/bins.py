"""Many points as few: sums over equal intervals and over the cells of a grid, and thinned lines.

A million points take milliseconds, and their picture is as quick to draw as that of a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autoviz_render.spool.arrays import Array, Floats, Indices

MOST_POINTS = 2000
"""Points of a line: more than that no panel resolves."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Points, each in one of several equal intervals or in none.

    Attributes:
        edges: array[bin + 1], ascending.
        index: array[point], the interval of each point; -1 if it is in none, or not finite.
    """

    edges: Floats
    index: Indices

    @property
    def size(self) -> int:
        """The number of intervals."""
        return self.edges.size - 1

    @property
    def centres(self) -> Floats:
        """The middle of each interval: array[bin]."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    def counts(self) -> Floats:
        """The number of points in each interval: array[bin]."""
        return _sums(None, self.index, self.size)

    def sums(self, values: Floats) -> Floats:
        """The sum of values in each interval.

        Args:
            values: array[..., point].

        Returns:
            array[..., bin].
        """
        return np.apply_along_axis(_sums, -1, values, self.index, self.size)


def equal_bins(values: Floats, low: float, high: float, count: int) -> Bins:
    """Points in equal intervals between two limits, both of them included.

    Args:
        values: array[point], in any unit.
        low, high: The limits, in the same unit; low < high.
        count: The number of intervals.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        place = (values - low) / (high - low)
        inside = (place >= 0) & (place <= 1)
    index = np.full(values.shape, -1, dtype=np.intp)
    index[inside] = np.minimum((place[inside] * count).astype(np.intp), count - 1)
    return Bins(np.linspace(low, high, count + 1), index)


def grid_sums(x: Bins, y: Bins, values: Floats | None = None) -> Floats:
    """The sum of values in each cell of a grid, or the number of points there.

    Args:
        x, y: The same points in columns and in rows.
        values: array[point]; None counts the points.

    Returns:
        array[row, column].
    """
    cell = np.where((x.index >= 0) & (y.index >= 0), y.index * x.size + x.index, -1)
    return _sums(values, cell, x.size * y.size).reshape(y.size, x.size)


def thin(x: Array, y: Array, most: int = MOST_POINTS) -> tuple[Array, Array]:
    """A line of at most about `most` points that looks the same: the extremes of each stretch, in their order.

    A point that is not finite stands for a stretch only if it has no others.

    Args:
        x, y: array[point].

    Returns:
        x and y of the points that are kept.
    """
    length = -(-y.size // (most // 2))
    if length <= 2:
        return x, y
    whole = y.size // length
    block = y[: whole * length].reshape(whole, length)
    finite = np.isfinite(block)
    lowest = np.where(finite, block, np.inf).argmin(axis=1)
    highest = np.where(finite, block, -np.inf).argmax(axis=1)
    starts = np.arange(whole) * length
    kept = np.unique(np.concatenate([starts + lowest, starts + highest, np.arange(whole * length, y.size)]))
    return x[kept], y[kept]


def _sums(values: Floats | None, index: Indices, size: int) -> Floats:
    """The sum of values with each index from 0 to size - 1, or their number; those with index -1 are left out."""
    return np.bincount(index + 1, weights=values, minlength=size + 1)[1:].astype(np.float64)
