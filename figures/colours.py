"""The limits of colours: which values are at the two ends of a colour bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from autoviz_render.figures.panels import ColouredPanel, Scale
from autoviz_render.figures.scaling.intervals import interval_of, limits_of
from autoviz_render.figures.scaling.stretches import STRETCHES, stretched
from autoviz_render.spool.arrays import Array, Floats
from autoviz_render.spool.format.colour_scales import Interval

GREY = "#808080"
"""What is expected, or masked: it does not stand out from the data, on white paper or on black."""

LARGEST = 1e300
"""Of values whose spans, and the arithmetic on them, stay finite."""

_SMALLEST = 1e-290


@dataclass(frozen=True)
class ColourRange:
    """The values at the two ends of a colour bar.

    Attributes:
        low, high: In the unit of the values; finite, low < high; both positive if the scale is "log".
        under, over: Whether values lie beyond them.
        exponent: If the scale is "power".
    """

    low: float
    high: float
    scale: Scale = "linear"
    under: bool = False
    over: bool = False
    exponent: float = 0.5


def shown_values(values: Array, mask: Array | None) -> Floats:
    """The finite values that are not masked: array[pixel].

    Args:
        values: An array of any shape.
        mask: Of the same shape, True where masked; None for none.
    """
    shown = np.asarray(values if mask is None else values[~mask], dtype=np.float64).ravel()
    return shown[np.isfinite(shown)]


def robust_limits(shown: Floats) -> tuple[float, float]:
    """The extremes of values, unless a few of them lie far outside the rest; (0, 1) if there are none.

    One value in a thousand, and at least three, may be hot at either end: if the extreme is further from the remaining
    values than these are from each other, the limit is the remaining values' own.

    Args:
        shown: array[pixel], finite.
    """
    if shown.size == 0:
        return 0.0, 1.0
    low, high = float(shown.min()), float(shown.max())
    few = max(3, math.ceil(shown.size / 1000))
    if shown.size >= 30 * few and _may_be_hot(shown, low, high, few):
        parts = np.partition(shown, [few, shown.size - 1 - few])
        inner_low, inner_high = float(parts[few]), float(parts[-1 - few])
        span = min(inner_high, LARGEST) - max(inner_low, -LARGEST)
        if span > 0:
            low = inner_low if inner_low - low > span else low
            high = inner_high if high - inner_high > span else high
    return low, high


def _may_be_hot(shown: Floats, low: float, high: float, few: int) -> bool:
    """Whether a third of the range, at either end, holds no more than a few values: otherwise no gap there is wider
    than the range of the rest. It takes a tenth of the time of looking for the gap.
    """
    if max(-low, high) > LARGEST:
        return True
    third = high / 3 - low / 3
    return any(np.count_nonzero(each) <= few + 1 for each in (shown < low + third, shown > high - third))


def colour_range(
    values: Array,
    mask: Array | None = None,
    *,
    scale: Scale = "linear",
    low: float | None = None,
    high: float | None = None,
    interval: str | float = "",
    exponent: float = 0.5,
) -> ColourRange:
    """The range of a panel's colours: never empty, always finite.

    Args:
        values: An array of any shape.
        mask: Of the same shape, True where masked; None for none.
        low, high: The limits, in the unit of the values; None for those of the interval.
        interval: How they follow from the values, as a panel has it; "" for robust ones.
        exponent: Of the scale "power".
    """
    shown = shown_values(values, mask)
    how = interval_of(interval)
    if scale == "symmetric" and (low is None or high is None):
        given = [abs(limit) for limit in (low, high) if limit is not None]
        high = given[0] if given else max(map(abs, _limits(np.abs(shown) if how.name != "limits" else shown, how)))
        low = -high
    elif scale == "log":
        low, high = _log_limits(shown, low, high, how)
    elif low is None or high is None:
        own_low, own_high = _limits(shown, how)
        low = own_low if low is None else low
        high = own_high if high is None else high
    low, high = _widened(float(low), float(high), scale)
    slack = 1e-9 * (high - low)
    under, over = bool(np.any(shown < low - slack)), bool(np.any(shown > high + slack))
    return ColourRange(low, high, scale, under=under and scale != "log", over=over, exponent=exponent)


def range_of(panel: ColouredPanel, values: Array | None = None) -> ColourRange:
    """The range of the colours of a panel.

    Args:
        panel: That is drawn.
        values: Its `coloured_values`, if they are known already.
    """
    values = panel.coloured_values() if values is None else values
    limits: dict[str, Any] = {"low": panel.low, "high": panel.high, "interval": panel.interval}
    return colour_range(values, scale=panel.scale, exponent=panel.exponent, **limits)


def _limits(shown: Floats, interval: Interval) -> tuple[float, float]:
    if interval.name == "robust" or not shown.size:
        return robust_limits(shown)
    return limits_of(interval, np.clip(shown, -LARGEST, LARGEST))


@np.errstate(over="ignore")
def position(values: Array, limits: ColourRange) -> Floats:
    """How far along the colour bar values lie: 0 at its low end, 1 at its high end, unclipped; of the values' shape."""
    values = np.asarray(values, dtype=np.float64)
    if limits.scale == "log":
        safe = np.where(values > 0, values, limits.low)
        low, high = math.log(limits.low), math.log(limits.high)  # their quotient may overflow
        return np.asarray((np.log(safe) - low) / (high - low))
    share = np.asarray((values - limits.low) / (limits.high - limits.low))
    return stretched(share, limits.scale, limits.exponent) if limits.scale in STRETCHES else share


@np.errstate(over="ignore")
def _log_limits(shown: Floats, low: float | None, high: float | None, interval: Interval) -> tuple[float, float]:
    positive = shown[shown > 0]
    if interval.name != "robust" and positive.size:
        own = _limits(positive, interval)
        return own[0] if low is None else low, own[1] if high is None else high
    if high is None:
        high = float(np.exp(robust_limits(np.log(positive))[1])) if positive.size else 1.0
    if low is None:
        low = float(positive.min()) if positive.size else high / 10
        low = max(low, high / 1e4)  # four decades of colour are as many as the eye tells apart
    return low, high


def _widened(low: float, high: float, scale: Scale) -> tuple[float, float]:
    """Limits with room between them: identical ones are opened, and swapped or unusable ones replaced."""
    low, high = (limit if math.isfinite(limit) else 0.0 for limit in (low, high))
    low, high = sorted((min(max(low, -LARGEST), LARGEST), min(max(high, -LARGEST), LARGEST)))
    if scale == "log":
        high = max(high, _SMALLEST) if high > 0 else 1.0  # below it, halves and quotients round to zero
        low = max(low if low > 0 else high / 1e4, _SMALLEST)
        return (low, high) if high > low * (1 + 1e-9) else (low / 2, high * 2)
    if high - low > 1e-12 * max(abs(low), abs(high)) and high - low > 1e-290:
        return low, high
    if scale == "symmetric":
        return -1.0, 1.0
    half = abs(high) / 2
    return (low - half, high + half) if half > 1e-290 else (0.0, 1.0)
