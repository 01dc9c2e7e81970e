"""How long a way takes: from the pace of the run lately, and how that changes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from autoviz_render.spool.arrays import Floats

_LATELY = 0.4  # of what was spent so far
_STRETCHES = 5
_NOISE = 0.1  # of the logarithm of the pace in one of them, beside what they tell of it themselves
_PARTS = 10
_CARRIED = 0.3


@dataclass(frozen=True)
class Pace:
    """What a unit of progress will cost.

    Attributes:
        cost: The mean over what is left.
        spread: The standard deviation of its logarithm.
    """

    cost: float
    spread: float


def pace(progress: Floats, spent: Floats, left: float, *, trend: float = 0.4) -> Pace:
    """What a unit of progress costs, of what was spent lately; a trend goes on for as long again as it was seen.

    Args:
        progress: array[update]; NaN where it is not known.
        spent: array[update], what was spent until then: seconds, counts.
        left: Of the progress.
        trend: Of the logarithm of the cost, over what was spent lately: the standard deviation that is expected.
    """
    known = np.isfinite(progress) & np.isfinite(spent)
    way, cost = np.maximum.accumulate(progress[known]), spent[known]
    if way.size < 2 or not way[-1] > way[0] or not cost[-1] > cost[0]:
        return Pace(math.nan, math.inf)
    since = max(cost[-1] - _LATELY * (cost[-1] - cost[0]), cost[0])
    edges = np.linspace(since, cost[-1], min(_STRETCHES, way.size - 1) + 1)
    places = np.interp(edges, cost, way)
    gained = np.diff(places)
    is_known = gained > 0
    if np.count_nonzero(is_known) < 2 or not left > 0:
        return Pace(float((cost[-1] - cost[0]) / (way[-1] - way[0])), 0.4)
    logs = np.log((edges[1] - edges[0]) / gained[is_known])
    middles = ((places[1:] + places[:-1]) / 2)[is_known]
    width = float(places[-1] - places[0])
    ahead = (way[-1] + min(left, width) / 2 - middles.mean()) / width
    centred = (middles - middles.mean()) / width
    squares = float(np.sum(centred**2))
    noise = _NOISE**2
    for _ in range(2):  # as noisy as it is seen to be, about its own trend
        slope = float(np.sum(centred * logs)) / (squares + noise / trend**2)
        rest = logs - logs.mean() - slope * centred
        noise = _NOISE**2 + float(np.mean(rest**2))
    variance = noise / logs.size + ahead**2 * noise / (squares + noise / trend**2) + _changes(way, cost) ** 2
    return Pace(math.exp(float(logs.mean()) + slope * ahead), math.sqrt(variance))


def _changes(way: Floats, cost: Floats) -> float:
    """How much of the logarithm of the cost may change: as much as from one part of the run to the next one."""
    places = np.linspace(way[0], way[-1], min(_PARTS, way.size - 1) + 1)
    spent = np.diff(np.interp(places, way, cost))
    logs = np.log(spent[spent > 0])
    return _CARRIED * float(np.sqrt(np.mean(np.diff(logs) ** 2))) if logs.size > 2 else 0.0
