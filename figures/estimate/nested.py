"""How far a nested sampling run still has to go: in the logarithm of the prior volume that its live points share.

With x = -ln X of that volume, the log likelihood of the contour rises towards a peak, and near a peak with d effective
parameters by the law of a Gaussian, L(x) = L_peak - u(x) with u(x) = u_0 exp(-2 x / d). The contours of the run so far,
and the best live point, which lies as deep as 1 / N of the volume, tell u and d for each L_peak; the run ends where
what is left of the integral of exp(L(x) - x) is little beside what was summed. Each L_peak that the numbers allow gives
an end: their spread is how sure the estimate is.

Source: Skilling (2006), Bayesian Analysis 1, 833, for the integral; the law of u, from the volume of an ellipsoid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from autoviz_render.figures.estimate.record import Record
from autoviz_render.spool.arrays import Floats

_EULER = 0.5772  # the mean depth of the best of N points is ln N and this
_PEAKS = 48
_STEPS = 400
_USUAL_LIVE = 300.0


@dataclass(frozen=True)
class Way:
    """What is left of a way, in some unit of progress.

    Attributes:
        left: The median.
        spread: The standard deviation of its logarithm.
        dimension: Effective parameters; NaN if that means nothing.
    """

    left: float
    spread: float
    dimension: float = math.nan


def nested_way(record: Record, remaining: Floats, target: float) -> Way | None:
    """What is left of the logarithm of the volume; None if the numbers do not tell.

    Args:
        remaining: array[update], what the live points would add to the log evidence, in nats.
        target: The value of it at which the run ends, in nats.
    """
    depth, contour = -record.scalar("log_volume"), record.scalar("log_likelihood_contour")
    best = np.array([line.log_likelihood for line in record.lines])
    evidence = record.scalar("log_evidence")
    known = np.isfinite(depth) & np.isfinite(contour) & np.isfinite(best)
    if np.count_nonzero(known) < 3 or not known[-1]:
        return None
    x, level, top = depth[known], contour[known], float(best[known].max())
    live = record.newest("live_points")
    reach = math.log(live if live > 1 else _USUAL_LIVE) + _EULER
    summed = float(evidence[-1]) if np.isfinite(evidence[-1]) else -math.inf
    if np.isnan(record.newest("remaining")):  # nautilus: its evidence is that of all points
        summed -= float(remaining[-1])
    tells_max = _is_of_best(float(remaining[-1]), top - x[-1] - summed)
    parameters = max(1, len(record.lines[-1].parameters) or 5)
    peaks, rates, heights, likely = _peaks(x, level, top, reach, parameters)
    left = np.array(
        [
            _end(height, rate, summed - peak + x[-1], reach if tells_max else None, target)
            for peak, rate, height in zip(peaks, rates, heights, strict=True)
        ]
    )
    order = np.argsort(left)
    held = np.cumsum(likely[order]) / likely.sum()
    low, middle, high = (float(np.interp(share, held, left[order])) for share in (0.1587, 0.5, 0.8413))
    spread = (high - low) / 2 / max(middle, 1e-9)
    return Way(middle, min(spread, 2.0), float(np.sum(likely * 2 / rates) / likely.sum()))


def _is_of_best(remaining: float, log_ratio: float) -> bool:
    """Whether a sampler counts each live point as the best of them, as dynesty does."""
    if not math.isfinite(remaining) or not math.isfinite(log_ratio):
        return False
    return abs(remaining - float(np.logaddexp(0.0, log_ratio))) < 0.02 * max(remaining, 1e-3)


def _peaks(
    x: Floats, level: Floats, top: float, reach: float, parameters: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Peaks that the contours allow: their log likelihoods, decay rates of u, u at the end of x, and weights."""
    deep = x[-1] + reach
    span = max(top - float(level[-1]), 1e-6)
    gap = np.geomspace(1e-4 * span, 30 * span, _PEAKS)  # from the best point to the peak
    h = max(0.35 * (x[-1] - x[0]), 2.0)
    is_below = level < top
    x, level = x[is_below], level[is_below]
    if x.size < 2:
        return np.array([top]), np.array([2 / parameters]), np.array([parameters / 2]), np.ones(1)
    weights = np.exp(-(x[-1] - x) / h)
    weights = np.append(6 * weights / weights.sum(), 2.0)  # the contours in all count as a few: they are one curve
    places = np.append(x, deep)
    peaks = top + gap
    logs = np.log(np.concatenate([peaks[:, None] - level, gap[:, None]], axis=1))
    total = weights.sum()
    mean_x = float(np.sum(weights * places) / total)
    mean = logs @ weights / total
    centred = places - mean_x
    slope = (logs - mean[:, None]) @ (weights * centred) / float(np.sum(weights * centred**2))
    rates = np.clip(-slope, 2 / 1e4, 2 / 0.3)
    misfit = logs - mean[:, None] + rates[:, None] * centred
    noise = (
        np.append(np.full(x.size, 0.12), 0.12) ** 2 + np.append(np.zeros(x.size), 1.28 * 1.0) ** 2 * rates[:, None] ** 2
    )
    chi2 = np.sum(weights * misfit**2 / noise, axis=1)
    prior = (np.log(2 / rates / parameters) / 0.7) ** 2
    chance = np.exp(-0.5 * (chi2 + prior - np.min(chi2 + prior)))
    heights = np.exp(mean - rates * (x[-1] - mean_x))
    return peaks, rates, heights, chance


def _end(height: float, rate: float, summed: float, reach: float | None, target: float) -> float:
    """How much deeper the run ends, of which u is `height` now and decays at a rate.

    Args:
        summed: The logarithm of the evidence so far, in units of that of the peak's likelihood and the volume now.
        reach: How deep the best live point lies, if each counts as the best; None if each counts as itself.
    """
    bulk = max(0.0, math.log(max(height * rate, 1e-9)) / rate)  # where L(x) - x is largest
    longest = bulk + 12 / math.sqrt(rate) + 25 + max(0.0, -math.log(target))
    y = np.linspace(0.0, longest, _STEPS)
    logs = -height * np.exp(-rate * y) - y
    shift = max(float(logs.max()), summed)
    step = y[1] - y[0]
    weights = np.exp(logs - shift) * step
    dead = np.exp(summed - shift) + np.concatenate([[0.0], np.cumsum((weights[1:] + weights[:-1]) / 2)])
    if reach is None:
        live = np.cumsum(weights[::-1])[::-1] + math.exp(logs[-1] - shift)
    else:
        live = np.exp(-height * np.exp(-rate * (y + reach)) - y - shift)
    left = np.log1p(live / np.maximum(dead, 1e-300))
    above = np.flatnonzero(left > target)
    return float(y[min(above[-1] + 1, _STEPS - 1)]) if above.size else 0.0
