"""Weights of the points of a nested sampling run, by the prior volume that each of them stands for."""

from __future__ import annotations

import math

import numpy as np

from autoviz_render.spool.arrays import Floats, Indices

_ROUNDING = 1e-6  # of a count that is the difference of sums


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
    weights = np.empty_like(deaths)
    weights[order] = deaths + log_shells(alive_at(deaths, log_likelihood_birth))
    return weights


def log_volumes(alive: Floats | Indices) -> Floats:
    """The log prior volume that is left at each death.

    With n points alive, a death shrinks the volume by n / (n + 1), in its mean: as dynesty and anesthetic count, in
    whose tables it stands. `log_shells` shrinks it in the mean of its logarithm.

    Args:
        alive: array[death], how many points were alive at each death, in the order of the deaths.

    Returns:
        array[death], in nats; the volume before the first death is 0.

    Source: Skilling (2006), Bayesian Analysis 1, 833.
    """
    return np.asarray(np.cumsum(-np.log1p(1.0 / alive)))


def live_counts(log_likelihood: Floats, log_volumes: Floats) -> Floats:
    """How many live points shrink the volume, from one of these points to the next, as it shrank.

    Of all points of a run these are the live points that it had. Of some of them they are fewer, as if the run had had
    only these points: whoever reckons with them finds the run's own evidence.

    Args:
        log_likelihood: array[sample], in nats, in any order.
        log_volumes: array[sample], in nats, see above.

    Returns:
        array[sample]; 0 for a point at which the volume did not shrink.
    """
    order = np.lexsort((-log_volumes, log_likelihood))
    shrinkage = -np.diff(log_volumes[order], prepend=0.0)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        found = np.where(shrinkage > 0, 1.0 / np.expm1(shrinkage), 0.0)
    whole = np.round(found)
    counts = np.empty_like(found)
    counts[order] = np.where(np.abs(found - whole) < _ROUNDING * found, whole, found)
    return counts


def alive_at(deaths: Floats, log_likelihood_birth: Floats) -> Indices:
    """How many points were alive at each death; of points that die at one contour, one after another.

    Args:
        deaths: array[sample], log likelihoods in nats, ascending.
        log_likelihood_birth: array[sample], in nats, in any order; NaN is a point that was alive before any death.

    Returns:
        array[sample], at least 1.

    Source: Fowlie, Handley and Su (2021), MNRAS 503, 1199.
    """
    is_first = np.isnan(log_likelihood_birth)
    born = np.searchsorted(np.sort(log_likelihood_birth[~is_first]), deaths, side="left") + np.count_nonzero(is_first)
    return np.asarray(np.maximum(born - np.arange(deaths.size), 1))


def simulated_log_shells(alive: Indices, rng: np.random.Generator) -> Floats:
    """The log prior volume that each death stands for, with the shrinkage of the volume drawn at random.

    With n points alive, a death shrinks the volume by the largest of n uniform numbers: by -log of it, which has an
    exponential distribution of mean 1/n. Each death stands for half the volume between its neighbours.

    Args:
        alive: array[death], see `alive_at`.
        rng: What draws.

    Returns:
        array[death], in nats; the volume before the first death is 0, behind the last there is none.

    Source: Skilling (2006), Bayesian Analysis 1, 833; the same as `blackjax.ns.utils.logX`.
    """
    shrinkage = rng.standard_exponential(alive.size) / alive
    before = shrinkage - np.cumsum(shrinkage)  # log volume
    across = shrinkage + np.append(shrinkage[1:], np.inf)
    return np.asarray(before + np.log(-np.expm1(-across)) - math.log(2.0))
