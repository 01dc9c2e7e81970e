"""What chains say about themselves: autocorrelation time, effective sample size, R-hat."""

from __future__ import annotations

import math

import numpy as np

from autoviz_render.spool.arrays import Floats

LEAST_STEPS = 20
"""Of fewer steps nothing is said."""

_MOST_NUMBERS = 1_000_000  # that are transformed: some 50 ms
_WINDOW = 5.0


@np.errstate(all="ignore")  # a parameter that does not move has no correlation: NaN
def autocorrelation_time(steps: Floats) -> Floats:
    """The integrated autocorrelation time of each parameter, in steps.

    Autocovariances are about the mean of all chains, and are averaged over them before they are summed: chains that are
    in different places count as correlated. Of very many chains some are used. The sum ends at the first lag that is
    five times as long as itself.

    Args:
        steps: array[step, chain, parameter].

    Returns:
        array[parameter]; NaN if a parameter does not move.

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
    return np.asarray(times[end, np.arange(parameters)])


@np.errstate(all="ignore")
def split_r_hat(steps: Floats) -> Floats:
    """The potential scale reduction of each parameter, each chain in halves.

    Args:
        steps: array[step, chain, parameter], at least four steps.

    Returns:
        array[parameter]; 1 if the chains agree, and agree with their own other half; NaN if nothing moves.

    Source: Gelman et al. (2013), Bayesian Data Analysis, third edition, section 11.4.
    """
    half = steps.shape[0] // 2
    halves = np.concatenate([steps[:half], steps[-half:]], axis=1)
    within = halves.var(axis=0, ddof=1).mean(axis=0)
    between = halves.mean(axis=0).var(axis=0, ddof=1)
    return np.asarray(np.sqrt((half - 1) / half + between / within))


def convergence(steps: Floats) -> dict[str, float]:
    """The worst diagnostics of all parameters.

    Args:
        steps: array[step, chain, parameter].

    Returns:
        `r_hat`, and the least `effective_sample_size` of the steps given, which is less than the chain's own if they
        are thinned. Nothing if there are too few steps, or if no parameter moves.
    """
    if steps.shape[0] < LEAST_STEPS:
        return {}
    time = worst(autocorrelation_time(steps))
    size = steps.shape[0] * steps.shape[1]
    numbers = {"r_hat": worst(split_r_hat(steps)), "effective_sample_size": size / max(time, 1.0)}
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def worst(of_parameters: Floats) -> float:
    """The largest that is a number; NaN if there is none."""
    numbers = of_parameters[~np.isnan(of_parameters)]
    return float(numbers.max()) if numbers.size else math.nan
