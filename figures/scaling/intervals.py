"""Intervals: the limits of colours that follow from the values.

Source: the zscale algorithm of IRAF's `display` task, with the numbers of `astropy.visualization.ZScaleInterval`.
"""

from __future__ import annotations

import numpy as np

from autoviz_render.figures.errors import PanelError
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.format.colour_scales import Interval, parse_interval

_SAMPLES = 1000
_CONTRAST = 0.25
_REJECTED = 2.5
"""Standard deviations beyond which a value is no part of the line."""

_ITERATIONS = 5
_FEWEST = 5


def interval_of(text: str | float) -> Interval:
    """As a panel has it: "" for robust limits, "zscale", "minmax", "99.5%", "0,12.5"; or a number of per cent.

    Raises:
        PanelError: It is none of these.
    """
    words = f"{text}%" if isinstance(text, (int, float)) and not isinstance(text, bool) else str(text)
    try:
        return parse_interval(words)
    except ValueError as error:
        raise PanelError(f"interval is {str(text)[:100]!r}; {error}") from None


def limits_of(interval: Interval, shown: Floats) -> tuple[float, float]:
    """The limits of values, array[pixel], finite and not empty; of an interval that is not robust."""
    if interval.name == "limits":
        return interval.low, interval.high
    if interval.name == "percent":
        low, high = np.percentile(shown, [interval.low, interval.high]).tolist()
        return low, high
    return zscale(shown) if interval.name == "zscale" else (float(shown.min()), float(shown.max()))


def zscale(shown: Floats) -> tuple[float, float]:
    """IRAF's limits about the median: bright sources have no part in them, the noise of the background is seen.

    Args:
        shown: array[pixel], finite and not empty.
    """
    samples = np.sort(shown[:: max(1, shown.size // _SAMPLES)][:_SAMPLES])
    low, high = float(samples[0]), float(samples[-1])
    slope, kept = _line(samples)
    if kept < max(_FEWEST, samples.size // 2):
        return low, high
    slope /= _CONTRAST
    middle, at = float(np.median(samples)), (samples.size - 1) // 2
    return max(low, middle - (at - 1) * slope), min(high, middle + (samples.size - at) * slope)


def _line(samples: Floats) -> tuple[float, int]:
    """The slope of sorted values over their number, without those far from the line; and how many are left."""
    place, used = np.arange(float(samples.size)), np.ones(samples.size, np.bool_)
    grow = max(1, int(samples.size * 0.01))
    slope, kept, before = 0.0, samples.size, samples.size + 1
    for _ in range(_ITERATIONS):
        if kept >= before or kept < max(_FEWEST, samples.size // 2):
            break
        slope, start = np.polyfit(place[used], samples[used], 1).tolist()
        away = samples - (slope * place + start)
        reach = _REJECTED * float(away[used].std())
        bad = np.convolve(~used | (away < -reach) | (away > reach), np.ones(grow, np.bool_), mode="same")
        used, before = ~bad, kept
        kept = int(np.count_nonzero(used))
    return slope, kept
