"""Weights of the points of a nested sampling run, by the expected prior volume that each of them stands for."""

from __future__ import annotations

import numpy as np

from autoviz_render.spool.arrays import Floats, Indices


def log_shells(alive: Floats | Indices) -> Floats:
    """The log prior volume between the contour of each death and the one before.

    With n points alive, a death shrinks the volume by exp(-1/n), in the mean of its logarithm.

    Args:
        alive: array[death], how many points were alive at each death, in the order of the deaths.

    Returns:
        array[death], in nats; the volume before the first death is 0.

    Source: Skilling (2006), Bayesian Analysis 1, 833.
    """
    shrinkage = 1.0 / alive
    return np.asarray(shrinkage - np.cumsum(shrinkage) + np.log(-np.expm1(-shrinkage)))


def log_weights(log_likelihood: Floats, log_likelihood_birth: Floats) -> Floats:
    """Likelihood times the prior volume that each point stands for.

    Points that are alive count as if they died now, the lowest first.

    Args:
        log_likelihood: array[sample], in nats.
        log_likelihood_birth: array[sample], in nats, of the contour within which each point was drawn; -inf for the
            prior.

    Returns:
        array[sample], in nats, not normalised: they sum to the evidence.

    Source: `log_shells`; the number of live points from births and deaths, Higson et al. (2019), Statistics and
    Computing 29, 891.
    """
    order = np.argsort(log_likelihood, kind="stable")
    deaths = log_likelihood[order]
    alive = np.searchsorted(np.sort(log_likelihood_birth), deaths, side="left") - np.arange(deaths.size)
    weights = np.empty_like(deaths)
    weights[order] = deaths + log_shells(np.maximum(alive, 1))
    return weights
