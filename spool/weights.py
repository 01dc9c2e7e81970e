"""Weights of samples, as the array `log_weights` of a snapshot has them: in nats, in any normalisation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autoviz_render.spool.arrays import Floats

SAMPLE_ARRAYS = (
    "log_weights",
    "chain",
    "log_likelihoods",
    "log_likelihoods_birth",
    "live_counts",
    "log_densities",
)
"""The arrays of a snapshot that hold a number for each of its `samples`: see `docs/format.md`."""


def normalised_weights(log_weights: npt.ArrayLike) -> Floats:
    """Weights with a sum of one; all zero if no sample weighs anything.

    Args:
        log_weights: array[sample], in nats, any normalisation. -inf, and what is NaN or +inf, weighs nothing.

    Returns:
        array[sample].
    """
    given = np.asarray(log_weights, dtype=np.float64)
    known = np.where(given < np.inf, given, -np.inf)  # NaN is not less
    highest = known.max(initial=-np.inf)
    if highest == -np.inf:
        return np.zeros(given.shape)
    weights = np.exp(known - highest)
    return np.asarray(weights / weights.sum())


def effective_sample_size(log_weights: npt.ArrayLike) -> float:
    """Kish's effective sample size: how many samples of equal weight tell as much. 0 if no sample weighs anything.

    Args:
        log_weights: array[sample], as `normalised_weights` takes them.

    Source: Kish (1965), Survey Sampling, section 8.2.
    """
    weights = normalised_weights(log_weights)
    return effective_size_of(float(weights.sum()), float(np.sum(weights**2)))


def effective_size_of(total: float, of_squares: float) -> float:
    """Kish's effective sample size, from the sum of the weights and the sum of their squares."""
    return total**2 / of_squares if of_squares else 0.0
