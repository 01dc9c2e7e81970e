"""What the figure `posterior` reads, made of what a sampler has so far: at most `MOST` samples, however many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autoviz_render.search.statistics.priority_sample import lots
from autoviz_render.spool.arrays import Floats

MOST = 2000
"""Samples of one snapshot: more cannot be seen in a corner plot."""


def weighted_samples(
    samples: npt.ArrayLike,
    log_weights: npt.ArrayLike,
    *,
    live_points: npt.ArrayLike | None = None,
    most: int = MOST,
) -> dict[str, Floats]:
    """A nested sampler's posterior so far.

    samples: array[sample, parameter], in physical units, in an order that later calls keep.
    log_weights: array[sample], in nats, any normalisation. live_points: array[point, parameter].

    There are always `most` samples, so that all snapshots have the same shapes: a few are padded with points of weight
    -inf. Of more than `most`, as many are kept as stand for all: a priority sample, in which a sample's chance grows
    with its weight, and the weights make up for what is left out. No random number of the sampler's is used up.
    Source: Duffield, Lund and Thorup (2007), J. ACM 54, 32.
    """
    points = np.asarray(samples, dtype=np.float64)
    weights = np.asarray(log_weights, dtype=np.float64)
    weights = np.where(np.isnan(weights), -np.inf, weights)
    if weights.size > most:
        priorities = weights - np.log(lots(np.arange(weights.size)))
        order = np.argpartition(priorities, weights.size - most - 1)
        left_out, kept = order[: weights.size - most], np.sort(order[weights.size - most :])
        points, weights = points[kept], np.maximum(weights[kept], priorities[left_out].max())
    missing = most - weights.size
    arrays = {
        "samples": np.pad(points, ((0, missing), (0, 0))),
        "log_weights": np.pad(weights, (0, missing), constant_values=-np.inf),
    }
    if live_points is not None:
        arrays["live_points"] = np.asarray(live_points, dtype=np.float64)
    return arrays


def chain_samples(samples: npt.ArrayLike, *, most: int = MOST) -> dict[str, Floats]:
    """A chain's posterior so far: every so many of its samples, in their order, evenly.

    samples: array[sample, parameter], in physical units, burn-in left out by the caller.
    """
    points = np.asarray(samples, dtype=np.float64)
    step = -(-len(points) // most) if len(points) else 1
    return {"samples": np.ascontiguousarray(points[::-1][::step][::-1])}
