"""How unlikely residuals are, if they are noise of a known size and nothing else: in standard deviations.

All are about zero for white noise, also if its size was told wrongly by a constant factor: that is for chi squared.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from autoviz_render.spool.arrays import Floats, Mask

_CLIP = 4.0
"""Standard deviations: a hot pixel is no structure."""

_SAMPLE = 10_000
_BLOCKS = (4, 8, 16, 32, 64, 128, 256, 512)
"""Sides of the squares, or lengths of the stretches, whose sums are looked at."""

_FEWEST = 12
"""Residuals whose order can be judged."""

_MANY = 50


def scale_of(residuals: Floats) -> float:
    """The standard deviation of the noise in residuals, whatever a few of them are; 1 if it is less.

    Args:
        residuals: array[point], finite, in units of what the noise should be.
    """
    if residuals.size < _MANY:
        return max(1.0, math.sqrt(total(residuals, residuals) / max(residuals.size, 1)))
    step = max(residuals.size // _SAMPLE, 1)
    return max(1.0, float(np.median(np.abs(residuals[::step]))) / 0.6745)


def image_structure(residuals: Floats, used: Mask) -> float:
    """That neighbours are alike, or a square, a row or a column is off: the largest, in standard deviations.

    The mean product of neighbours is Moran's I with rook's neighbours; without a trend its variance is one over the
    number of pairs.

    Args:
        residuals: array[y, x], in units of the noise.
        used: array[y, x], whether a pixel is to be looked at; the residual there is finite.

    Source: Moran (1950), Biometrika 37, 17.
    """
    found = residuals[used]
    if found.size < _FEWEST:
        return 0.0
    scaled = np.where(used, residuals, 0.0)
    scaled /= scale_of(found)
    np.clip(scaled, -_CLIP, _CLIP, out=scaled)
    weights = used.astype(np.float64)
    products = total(scaled[:, 1:], scaled[:, :-1]) + total(scaled[1:], scaled[:-1])
    pairs = total(weights[:, 1:], weights[:, :-1]) + total(weights[1:], weights[:-1])
    largest = [products / math.sqrt(max(pairs, 1.0))]
    largest += [_largest(scaled.sum(axis=axis), weights.sum(axis=axis), _FEWEST) for axis in (0, 1)]
    sums, counts, side = scaled, weights, 2
    while min(sums.shape) >= 8 and side <= _BLOCKS[-1]:
        sums, counts, side = _halved(sums), _halved(counts), 2 * side  # of half the side of the squares
        largest.append(_largest(_fours(sums), _fours(counts), side * side // 2))
    return max(largest)


def line_structure(residuals: Floats) -> float:
    """That neighbours are alike, or a stretch is off: the largest, in standard deviations.

    Args:
        residuals: array[point], finite, in units of the noise, in the order of x.
    """
    if residuals.size < _FEWEST:
        return 0.0
    scaled = np.clip(residuals / scale_of(residuals), -_CLIP, _CLIP)
    largest = [total(scaled[1:], scaled[:-1]) / math.sqrt(scaled.size - 1)]
    sums = np.concatenate([[0.0], np.cumsum(scaled)])
    for length in _BLOCKS:
        if 2 * length <= scaled.size:
            stretch = sums[length :: length // 2]
            begin = sums[: -length or None : length // 2][: stretch.size]
            largest.append(float(np.abs(stretch[: begin.size] - begin).max()) / math.sqrt(length))
    return max(largest)


def cell_structure(residuals: Floats, cells: npt.NDArray[np.intp]) -> float:
    """That residuals of one cell are alike, in standard deviations.

    It is the sum of the products of all pairs within cells, over its standard deviation.

    Args:
        residuals: array[point], finite, in units of the noise.
        cells: array[point], the number of the cell of each.
    """
    if residuals.size < _FEWEST:
        return 0.0
    scaled = np.clip(residuals / scale_of(residuals), -_CLIP, _CLIP)
    counts: Floats = np.bincount(cells) * 1.0
    pairs = total(counts, counts - 1)
    if pairs < _FEWEST:
        return 0.0
    sums = np.bincount(cells, scaled)
    return (total(sums, sums) - total(scaled, scaled)) / math.sqrt(2 * pairs)


def chi_squared_range(least: float, most: float, sigma: float) -> tuple[float, float]:
    """What chi squared may be, if its degrees of freedom are between two numbers.

    Args:
        least, most: Degrees of freedom; most is positive.
        sigma: In standard deviations, how unlikely it may be.

    Source: Wilson and Hilferty (1931), PNAS 17, 684: the cube root of chi squared is nearly Gaussian.
    """

    def quantile(freedom: float, deviations: float) -> float:
        spread = 2 / (9 * freedom)
        return float(freedom * max(1 - spread + deviations * math.sqrt(spread), 0.0) ** 3)

    return quantile(least, -sigma) if least > 0 else 0.0, quantile(most, sigma)


def total(one: Floats, other: Floats) -> float:
    """The sum of the products of two arrays of one shape; not by BLAS, whose threads wait for each other."""
    return float(np.multiply(one, other).sum())


def _largest(sums: Floats, counts: Floats, fewest: float) -> float:
    """The largest sum of unit noise, in its standard deviations, of those that are over enough values."""
    enough = counts >= fewest
    return float((np.abs(sums[enough]) / np.sqrt(counts[enough])).max(initial=0.0))


def _halved(values: Floats) -> Floats:
    """The sums of two by two; a row and a column that are left over have no part in them."""
    rows, columns = (length // 2 * 2 for length in values.shape)
    of_rows = values[0:rows:2] + values[1:rows:2]
    return np.asarray(of_rows[:, 0:columns:2] + of_rows[:, 1:columns:2])


def _fours(values: Floats) -> Floats:
    """The sums of two by two, each overlapping the next by half."""
    of_rows = values[:-1] + values[1:]
    return np.asarray(of_rows[:, :-1] + of_rows[:, 1:])
