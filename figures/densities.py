"""Weighted samples as numbers to draw: quantiles, histograms, and the levels that hold a share of the weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autoviz_render.spool.arrays import Array, Floats

ONE_SIGMA, TWO_SIGMA = 0.3935, 0.8647
"""What a Gaussian in two dimensions holds within one and two standard deviations: 1 - exp(-r^2 / 2)."""


def usable(samples: Array, weights: Array | None) -> tuple[Floats, Floats]:
    """The samples that are finite and have weight, and their weights, which sum to one.

    Args:
        samples: array[sample, ...].
        weights: array[sample], in any normalisation; None for equal ones.

    Raises:
        ValueError: No sample is usable, or there are more or fewer weights than samples.
    """
    samples = np.asarray(samples, dtype=np.float64)
    found = np.ones(len(samples)) if weights is None else np.asarray(weights, dtype=np.float64)
    if found.shape != samples.shape[:1]:
        raise ValueError(f"{len(samples)} samples have weights of shape {found.shape}")
    kept = np.isfinite(samples).reshape(len(samples), -1).all(axis=1) & np.isfinite(found) & (found > 0)
    samples, found = samples[kept], found[kept]
    if not len(samples):
        raise ValueError("no sample is finite and has weight")
    found = found / found.max()  # their sum may overflow
    return samples, found / found.sum()


def quantiles(values: Floats, weights: Floats, shares: Sequence[float]) -> Floats:
    """The values below which given shares of the weight lie: array[share].

    Between samples it is interpolated, each standing at the middle of its weight.

    Args:
        values: array[sample], finite.
        weights: array[sample], not negative, in any normalisation.
        shares: From 0 to 1.
    """
    order = np.argsort(values)
    weight = weights[order]
    middle = np.cumsum(weight) - weight / 2
    return np.interp(shares, middle / weight.sum(), values[order])


def interesting(values: Floats, weights: Floats) -> tuple[float, float]:
    """The limits of what has some weight: all but a thousandth at either end, with a margin of a tenth; never empty.

    Args:
        values, weights: array[sample], as `usable` returns them.
    """
    low, high = quantiles(values, weights, (0.001, 0.999))
    margin = 0.1 * (high - low) or 0.1 * abs(high) or 1.0
    return float(low - margin), float(high + margin)


def outline(edges: Floats, heights: Floats) -> tuple[Floats, Floats]:
    """The outline of a histogram, from zero to zero: (x, y), array[2 * bin + 2] each.

    Args:
        edges: array[bin + 1].
        heights: array[bin].
    """
    return np.repeat(edges, 2), np.concatenate([[0.0], np.repeat(heights, 2), [0.0]])


def steps(values: Floats, weights: Floats, edges: Floats) -> tuple[Floats, Floats]:
    """The outline of a histogram of weighted samples, as a density: (x, density), array[2 * bin + 2] each.

    Args:
        values, weights: array[sample].
        edges: array[bin + 1], ascending, in the unit of the values.
    """
    counts, _ = np.histogram(values, bins=edges, weights=weights)
    return outline(edges, counts / np.diff(edges) / (counts.sum() or 1.0))


def density(x: Floats, y: Floats, weights: Floats, x_edges: Floats, y_edges: Floats) -> Floats:
    """The share of the weight in each cell of a grid, smoothed over its neighbours: array[row, column].

    Args:
        x, y, weights: array[sample].
        x_edges: array[column + 1], ascending.
        y_edges: array[row + 1], ascending.
    """
    counts, _, _ = np.histogram2d(y, x, bins=(y_edges, x_edges), weights=weights)
    return _smoothed(_smoothed(counts).T).T


def level_of(density: Floats, share: float) -> float:
    """The density above which cells hold a share of the weight.

    Args:
        density: array[row, column], not negative, of cells of one size.
        share: From 0 to 1.
    """
    falling = np.sort(density.ravel())[::-1]
    total = np.cumsum(falling)
    return float(falling[min(int(np.searchsorted(total, share * total[-1])), falling.size - 1)])


def _smoothed(values: Floats) -> Floats:
    """Along the first axis, by a binomial of five cells, of standard deviation one; reflected at the ends."""
    padded = np.pad(values, ((2, 2), (0, 0)), mode="reflect" if len(values) > 2 else "edge")
    count = len(values)
    return np.asarray(sum(w * padded[i : i + count] for i, w in enumerate((1, 4, 6, 4, 1))) / 16, dtype=np.float64)
