"""What chains say about themselves: autocorrelation time, effective sample size, R-hat."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Floats

LEAST_STEPS = 20
"""Of fewer steps nothing is said."""

_MOST_NUMBERS = 1_000_000  # that are transformed: some 50 ms
_WINDOW = 5.0


@np.errstate(all="ignore")  # a parameter that does not move has no correlation: NaN
def autocorrelation_time(steps: Floats) -> Floats:
    """The integrated autocorrelation time of each parameter, in steps: array[parameter]; NaN where nothing moves.

    steps: array[step, chain, parameter]. Autocovariances are about the mean of all chains, and are averaged over them
    before they are summed: chains that are in different places count as correlated. Of very many chains some are used.
    The sum ends at the first lag that is five times as long as itself.
    Source: Sokal (1997), Monte Carlo methods in statistical mechanics, section 3; the average, Goodman and Weare
    (2010), Comm. App. Math. Comp. Sci. 5, 65.
    """
    count, chains, parameters = steps.shape
    some = max(1, _MOST_NUMBERS // max(1, count * parameters))
    centred = steps[:, :: -(-chains // some)] - steps.mean(axis=(0, 1))
    transformed = np.fft.rfft(centred, n=2 * count, axis=0)
    covariance = np.fft.irfft(np.abs(transformed) ** 2, axis=0)[:count].mean(axis=1)
    times = 2.0 * np.cumsum(covariance / covariance[0], axis=0) - 1.0
    is_enough = np.arange(count)[:, None] >= _WINDOW * times
    end = np.where(is_enough.any(axis=0), is_enough.argmax(axis=0), count - 1)
    time: Floats = times[end, np.arange(parameters)]
    return time


@np.errstate(all="ignore")
def split_r_hat(steps: Floats) -> Floats:
    """The potential scale reduction of each parameter, array[parameter], each chain in halves; NaN where nothing moves.

    steps: array[step, chain, parameter], at least four. 1 where chains agree, and agree with their own other half.
    Source: Gelman et al. (2013), Bayesian Data Analysis, third edition, section 11.4.
    """
    half = steps.shape[0] // 2
    halves = np.concatenate([steps[:half], steps[-half:]], axis=1)
    within = halves.var(axis=0, ddof=1).mean(axis=0)
    between = halves.mean(axis=0).var(axis=0, ddof=1)
    ratio: Floats = np.sqrt((half - 1) / half + between / within)
    return ratio


def convergence(steps: Floats) -> dict[str, float]:
    """The worst `r_hat` and the least `effective_sample_size` of all parameters, in array[step, chain, parameter].

    The effective sample size is that of the steps given: the chain's own can be larger, where they are thinned.
    """
    if steps.shape[0] < LEAST_STEPS:
        return {}
    time = worst(autocorrelation_time(steps))
    size = steps.shape[0] * steps.shape[1]
    return finite({"r_hat": worst(split_r_hat(steps)), "effective_sample_size": size / max(time, 1.0)})


def worst(of_parameters: Floats) -> float:
    """The largest that is a number, NaN where there is none."""
    numbers = of_parameters[~np.isnan(of_parameters)]
    return float(numbers.max()) if numbers.size else math.nan


def finite(numbers: Mapping[str, Any]) -> dict[str, float]:
    """Those of the numbers that are known: in a run's first steps dynesty says 1e300 for what is not."""
    return {name: float(value) for name, value in numbers.items() if value is not None and abs(value) < 1e100}
