"""The ticks of an axis of a length: those whose numbers have room beside one another."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

from autoviz_render.figures.numbers import Ticks, decade_ticks, round_ticks
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.text_metrics import text_width

BETWEEN = 0.07
"""Between two numbers along an axis, in inches."""

_NONE = Ticks((), ())


@lru_cache(maxsize=1024)
def ticks_along(
    low: float,
    high: float,
    inches: float,
    size: float,
    *,
    most: int = 0,
    log: bool = False,
    suffix: str = "",
    beyond: tuple[float, float] = (0.2, 0.2),
) -> Ticks:
    """The ticks of an axis whose numbers are written along it.

    Args:
        low: The value at its left or lower end.
        high: The value at its other end, which is the smaller one if the axis is reversed.
        inches: Its length.
        size: Of its numbers, in points.
        most: How many at most; 0 has them follow from the length.
        log: Whether it is logarithmic.
        suffix: A sign after each number.
        beyond: How far a number may reach beyond the left or lower end, and beyond the other, in inches.
    """
    start, stop = sorted((low, high))
    place = _place(low, high, inches, log=log)

    def room(ticks: Ticks) -> Ticks:
        if ticks.common and text_width(ticks.common, layout.SMALL_SIZE) > inches + 2 * min(beyond):
            return _NONE  # beside the axis it would reach into what is next to it
        pairs = zip(ticks.positions, ticks.labels, strict=True)
        ends = [_ends(place(position), label, size) for position, label in pairs]
        kept = [number for number, (a, b) in enumerate(ends) if a >= -beyond[0] and b <= inches + beyond[1]]
        sides = sorted(ends[number] for number in kept)
        is_free = all(b[0] - a[1] >= BETWEEN for a, b in pairwise(sides))
        return ticks.chosen(kept) if is_free else _NONE

    most = most or max(4, min(8, int(inches / 0.55)))
    return (decade_ticks if log else round_ticks)(start, stop, most, suffix, room)


def _place(low: float, high: float, inches: float, *, log: bool) -> Callable[[float], float]:
    """Where a value stands on an axis, in inches from its left or lower end; halves, as a difference may overflow."""
    start, stop = (math.log10(each) if log else each / 2 for each in (low, high))
    return lambda value: inches * (((math.log10(value) if log else value / 2) - start) / (stop - start))


def _ends(place: float, label: str, size: float) -> tuple[float, float]:
    half = text_width(label, size, mathtext=False) / 2
    return place - half, place + half
