"""Weighted samples as numbers to draw: those that can be used, their quantiles, and the outlines of histograms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autoviz_render.spool.arrays import Array, Floats


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
    near = 2.0**-60 if np.abs(values).max(initial=0.0) > 1e290 else 1.0  # a slope must not overflow
    return np.asarray(np.interp(shares, middle / weight.sum(), near * values[order]) / near)


def is_weighted(weights: Floats) -> bool:
    """Whether weights differ."""
    return float(np.ptp(weights)) > 1e-9 * float(weights.max())


def distinct(samples: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Samples without repetitions, which add their weights: a chain stays where it is if a step is refused.

    Args:
        samples: array[sample, parameter], finite.
        weights: array[sample].

    Returns:
        The samples that differ, in the order of their first appearance, and their weights.
    """
    order = np.lexsort(samples.T[::-1]) if _has_equals(samples) else np.empty(0, np.intp)
    if not order.size:
        return samples, weights
    ascending = samples[order]
    first = np.append(True, (ascending[1:] != ascending[:-1]).any(axis=1))
    group = np.cumsum(first) - 1
    total = np.bincount(group, weights[order]).astype(np.float64)
    earliest = np.minimum.reduceat(order, np.flatnonzero(first))
    chosen = np.argsort(earliest)
    return samples[earliest[chosen]], total[chosen]


def _has_equals(samples: Floats) -> bool:
    """Whether there may be repetitions: whether the first column that is not constant has some."""
    for column in samples.T:
        ascending = np.sort(column)
        if ascending[0] < ascending[-1]:
            return bool((ascending[1:] == ascending[:-1]).any())
    return True


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
