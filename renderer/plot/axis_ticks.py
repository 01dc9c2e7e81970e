"""The ticks of an axis of a length: those whose numbers, or dates, have room beside one another.

Dates are Matplotlib's own, which know the lengths of months.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from matplotlib import dates as matplotlib_dates

from autoviz_render.figures.numbers import Ticks, decade_ticks, round_ticks
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.text_metrics import text_width

BETWEEN = 0.07
"""Between two numbers along an axis, in inches."""

_NONE = Ticks((), ())

_YEARS = (-60e9, 250e9)
"""Seconds since 1970 that have a year from 70 to 9890: those that `datetime` knows, with room for ticks beyond."""

dates: Any = matplotlib_dates  # not annotated


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


@lru_cache(maxsize=256)
def date_ticks(low: float, high: float, inches: float) -> tuple[Ticks, str]:
    """Ticks between two dates, and what their numbers leave out.

    Args:
        low, high: In seconds since 1970-01-01 UTC, low < high.
        inches: The length of the axis; as many ticks as have room along it are taken.

    Returns:
        The ticks, and the year, month or day that all of them share, "2024-Mar"; "" for none. Beyond the years of
        calendars, and within a microsecond, the ticks are plain seconds.
    """
    if not (_YEARS[0] < low and high < _YEARS[1] and high - low > 1e-5):
        plain = ticks_along(low, high, inches, layout.LABEL_SIZE)
        return plain, f"s since 1970 {plain.common}".strip()
    for most in range(max(3, int(inches / 0.55)), 2, -1):
        ticks, left_out = _dates(low, high, most)
        room = inches / (high - low)
        ends = [
            (room * position - half, room * position + half)
            for position, label in zip(ticks.positions, ticks.labels, strict=True)
            for half in [text_width(label, layout.LABEL_SIZE) / 2]
        ]
        if all(right[0] - left[1] >= BETWEEN for left, right in pairwise(ends)):
            break
    return ticks, left_out


def _dates(low: float, high: float, most: int) -> tuple[Ticks, str]:
    locator: Any = dates.AutoDateLocator(tz=UTC, minticks=min(3, most), maxticks=most)
    formatter: Any = dates.ConciseDateFormatter(locator, tz=UTC)
    start, stop = (dates.num2date(dates.date2num(_datetime(each)), tz=UTC) for each in (low, high))
    numbers = [float(each) for each in locator.tick_values(start, stop)]
    labels = formatter.format_ticks(numbers)
    seconds = [dates.num2date(each, tz=UTC).timestamp() for each in numbers]
    kept = [(each, label) for each, label in zip(seconds, labels, strict=True) if low <= each <= high]
    positions, texts = zip(*kept, strict=True) if kept else ((), ())
    return Ticks(tuple(positions), tuple(texts)), _left_out(texts, formatter.get_offset())


def _left_out(labels: Sequence[str], offset: str) -> str:
    """What no label says. Matplotlib's offset is of the last tick: on an axis of two months, it names one of them."""
    if any(char.isalpha() for label in labels for char in label):
        return offset.partition("-")[0]
    return offset.partition(" ")[0] if any(":" in label for label in labels) else offset


def _datetime(seconds: float) -> Any:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _place(low: float, high: float, inches: float, *, log: bool) -> Callable[[float], float]:
    """Where a value stands on an axis, in inches from its left or lower end; halves, as a difference may overflow."""
    start, stop = (math.log10(each) if log else each / 2 for each in (low, high))
    return lambda value: inches * (((math.log10(value) if log else value / 2) - start) / (stop - start))


def _ends(place: float, label: str, size: float) -> tuple[float, float]:
    half = text_width(label, size, mathtext=False) / 2
    return place - half, place + half
