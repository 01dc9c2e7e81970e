"""How unlikely residuals are, if they are noise of a known size and nothing else: in standard deviations.

All are about zero for white noise, also if its size was told wrongly by a constant factor: that is for chi squared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from autoviz_render.spool.arrays import Floats, Mask

_CLIP = 4.0
"""Standard deviations: a hot pixel is no structure."""

_SAMPLE = 4_000
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
    counts = np.asarray(np.bincount(cells), dtype=np.float64)
    pairs = float(np.sum(counts * (counts - 1)))
    if pairs < _FEWEST:
        return 0.0
    sums = np.asarray(np.bincount(cells, scaled), dtype=np.float64)
    return (total(sums, sums) - total(scaled, scaled)) / math.sqrt(2 * pairs)


def likeness(residuals: Floats, used: Mask, noise: Floats, templates: Iterable[Floats]) -> float:
    """That residuals are like something that is known beforehand: the largest, in standard deviations.

    Args:
        residuals: An array of any shape, in units of the noise.
        used: Of that shape, whether a value is to be looked at; residuals and noise there are finite.
        noise: Of that shape, the standard deviation of the noise.
        templates: Arrays of that shape, finite, in the unit of the noise; none depends on the noise itself. Each may be
            changed when the next one is asked for.
    """
    found = residuals[used]
    if found.size < _FEWEST:
        return 0.0
    inverse = np.where(used, 1.0, 0.0)
    np.divide(inverse, noise, out=inverse, where=used)
    scaled = np.where(used, residuals, 0.0)
    scaled /= scale_of(found)
    np.clip(scaled, -_CLIP, _CLIP, out=scaled)
    scaled *= inverse
    inverse *= inverse
    weighted, weights, largest = scaled.ravel(), inverse.ravel(), 0.0
    for template in templates:
        each = template.ravel()
        square = float(np.einsum("i,i,i->", each, each, weights))
        if 0 < square < math.inf:
            largest = max(largest, abs(float(np.einsum("i,i->", weighted, each))) / math.sqrt(square))
    return largest


def changes(model: Floats) -> Iterator[Floats]:
    """How a model changes to the first order if it is brighter, moved along an axis, or blurred.

    Args:
        model: array[y, x] or array[point], finite.

    Yields:
        Arrays of its shape, zero at the edges. They are one array, with other values each time.
    """
    yield model
    middle = (slice(1, -1),) * model.ndim
    change, curvature = np.zeros(model.shape), np.zeros(model.shape)
    np.multiply(model[middle], -2 * model.ndim, out=curvature[middle])
    for axis in range(model.ndim):
        before, after = (
            tuple(each if other == axis else slice(1, -1) for other in range(model.ndim))
            for each in (slice(None, -2), slice(2, None))
        )
        np.subtract(model[after], model[before], out=change[middle])
        curvature[middle] += model[after]
        curvature[middle] += model[before]
        yield change
    yield curvature


@lru_cache(maxsize=8)
def planes(shape: tuple[int, ...]) -> tuple[Floats, ...]:
    """What is the same everywhere, and what rises along each axis: arrays of the shape."""
    slopes = [np.linspace(-1.0, 1.0, length) for length in shape]
    grids = np.meshgrid(*slopes, indexing="ij")
    return (np.ones(shape), *(np.ascontiguousarray(each) for each in grids))


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
