"""Ticks of an axis of dates: Matplotlib's own, which know the lengths of months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from matplotlib import dates as matplotlib_dates

from autoviz_render.figures.numbers import Ticks
from autoviz_render.renderer.plot.axis_ticks import BETWEEN, ticks_along
from autoviz_render.renderer.plot.layout import LABEL_SIZE
from autoviz_render.renderer.plot.text_metrics import text_width

dates: Any = matplotlib_dates  # not annotated

_YEARS = (-60e9, 250e9)
"""Seconds since 1970 that have a year from 70 to 9890: those that `datetime` knows, with room for ticks beyond."""


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
        plain = ticks_along(low, high, inches, LABEL_SIZE)
        return plain, f"s since 1970 {plain.common}".strip()
    for most in range(max(3, int(inches / 0.55)), 2, -1):
        ticks, left_out = _ticks(low, high, most)
        room = inches / (high - low)
        ends = [
            (room * position - half, room * position + half)
            for position, label in zip(ticks.positions, ticks.labels, strict=True)
            for half in [text_width(label, LABEL_SIZE) / 2]
        ]
        if all(right[0] - left[1] >= BETWEEN for left, right in pairwise(ends)):
            break
    return ticks, left_out


def _ticks(low: float, high: float, most: int) -> tuple[Ticks, str]:
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
