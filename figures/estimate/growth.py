"""How far a number of a run still has to go to its target: what is counted, what grows, what falls."""

from __future__ import annotations

import math

import numpy as np

from autoviz_render.figures.estimate.nested import Way
from autoviz_render.spool.arrays import Floats

_COUNTED = ("count", "steps", "draws", "iterations")
_GEOMETRIC = ("tempering_param", "log_likelihood_range")
_PER_COUNT = ("autocorrelation_times",)
_LATELY = 0.5
_NEAR = 0.05  # of the count: a run that should be done goes on for so much more


def growth_way(name: str, values: Floats, count: Floats, target: float) -> Way | None:
    """What is left of the sampler's count until a scalar has its target.

    What is counted grows in proportion; the parameter of an annealed likelihood by a factor; a number of
    autocorrelation times is the count by a time, which wavers about what it was lately; an effective sample size grows
    as it did lately; what has to fall, falls by a factor.

    Args:
        values: array[update], of the scalar.
        count: array[update], the sampler's own.
    """
    known = np.isfinite(values)
    values, count = values[known], count[known]
    if values.size < 2 or not count[-1] > count[0]:
        return None
    value = float(values[-1])
    if name in _COUNTED:
        return _linear(values, count, target, 0.02)
    if name in _GEOMETRIC or value > target > 0:
        return _geometric(values, count, target)
    if name in _PER_COUNT:
        return _per_count(values, count, target)
    return _linear(values, count, target, 0.25)


def _late(count: Floats) -> slice:
    first = int(np.searchsorted(count, count[-1] - _LATELY * (count[-1] - count[0]), side="right")) - 1
    return slice(max(0, min(first, count.size - 2)), None)


def _linear(values: Floats, count: Floats, target: float, spread: float) -> Way | None:
    late = _late(count)
    gained = float(values[-1] - values[late][0])
    if not gained > 0:
        return None
    return Way(float(target - values[-1]) * float(count[-1] - count[late][0]) / gained, spread)


def _geometric(values: Floats, count: Floats, target: float) -> Way | None:
    is_positive = values > 0
    values, count = np.log(values[is_positive]), count[is_positive]
    if values.size < 3:
        return None
    late = _late(count)
    centred = count[late] - count[late].mean()
    slope = float(np.sum(centred * values[late]) / np.sum(centred**2))
    left = math.log(target) - float(values[-1])
    if left == 0 or not slope * left > 0:
        return None
    return Way(left / slope, 0.3)


def _per_count(values: Floats, count: Floats, target: float) -> Way | None:
    is_positive = (values > 0) & (count > 0)
    values, count = values[is_positive], count[is_positive]
    if values.size < 3:
        return None
    each = np.log(count / values)[_late(count)]
    end = target * math.exp(float(np.median(each)))
    left = max(end - float(count[-1]), _NEAR * float(count[-1]))
    doubt = max(float(each.std()), 0.1) / math.sqrt(2)
    return Way(left, min(doubt * end / left, 1.2))
