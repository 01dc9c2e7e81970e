"""What the hooks of nested samplers have in common: sizes of samples, volumes of a tree of points, the own display."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from autoviz_render.spool.arrays import Floats

log = logging.getLogger("autoviz_render.search")


Progress = bool | Callable[..., object]
"""True: what the sampler shows by itself. False: nothing. Or a function, called as the sampler would call it."""


def effective_sample_size(log_weights: npt.ArrayLike) -> float:
    """Kish's effective sample size of weighted samples, 0 where none weighs anything.

    log_weights: array[sample], in nats, any normalisation.
    Source: Kish (1965), Survey Sampling, section 8.2.
    """
    weights = np.asarray(log_weights, dtype=np.float64)
    if not np.isfinite(top := weights.max(initial=-np.inf)):
        return 0.0
    shares = np.exp(weights - top)
    return float(shares.sum() ** 2 / np.sum(shares**2))


def log_weights(log_likelihood: Floats, log_likelihood_birth: Floats) -> Floats:
    """Likelihood times the prior volume that a point stands for, array[sample], in nats.

    log_likelihood, log_likelihood_birth: array[sample], in nats, of a point and of the contour within which it was
    drawn, -inf for the prior. Of n points alive, the death of the lowest shrinks the volume by exp(-1/n), in the mean
    of its logarithm. Points that are alive count as if they died now, the lowest first.
    Source: Skilling (2006), Bayesian Analysis 1, 833; n from births and deaths, Higson et al. (2019), Statistics and
    Computing 29, 891.
    """
    order = np.argsort(log_likelihood, kind="stable")
    deaths = log_likelihood[order]
    alive = np.searchsorted(np.sort(log_likelihood_birth), deaths, side="left") - np.arange(deaths.size)
    shrinkage = 1.0 / np.maximum(alive, 1)
    before = np.concatenate([[0.0], -np.cumsum(shrinkage)[:-1]]) if deaths.size else np.zeros(0)
    weights = np.empty_like(deaths)
    weights[order] = deaths + before + np.log(-np.expm1(-shrinkage))
    return weights


def display(progress: Progress, own: Callable[[], Callable[..., object]]) -> Callable[..., object] | None:
    """What is called after the hook, with the hook's own arguments. own: gives the sampler's display."""
    if progress is True:
        try:
            return own()
        except (ImportError, AttributeError) as error:  # another version of the sampler: not a reason to stop a run
            log.warning("the sampler's own display was not found, so it is not shown: %s", error)
    return progress if callable(progress) else None
