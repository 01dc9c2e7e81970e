"""Stretches: how far along a colour bar a value stands, between its two limits.

Sources: Lupton, Gunn and Szalay (1999), AJ 118, 1406 (asinh); its softening of a tenth of the range is that of ds9 and
of `astropy.visualization.AsinhStretch`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from autoviz_render.figures.numbers import Ticks, power_of_ten, round_ticks
from autoviz_render.spool.arrays import Floats

SOFTENING = 0.1
"""Of asinh: up to this share of the range it is nearly linear."""

STRETCHES = ("asinh", "sqrt", "power")
"""Those that are neither linear nor logarithmic."""

_STEPS = ((1, 1), (5, 1), (2, 1), (3, 2), (7, 3))
"""What ticks are multiples of, the roundest first."""


def stretched(share: Floats, stretch: str, exponent: float) -> Floats:
    """How far along a colour bar values stand: 0 at its low end, 1 at its high end.

    Args:
        share: Of the range from the low limit to the high one, array of any shape; what is below zero counts as zero.
        stretch: One of `STRETCHES`.
        exponent: Of "power".
    """
    share = np.maximum(share, 0.0)
    if stretch == "asinh":  # by logarithms, which NumPy works out several at once
        wide = share / SOFTENING
        return np.asarray(np.log(wide + np.sqrt(wide * wide + 1)) / math.asinh(1 / SOFTENING))
    return np.asarray(np.sqrt(share) if stretch == "sqrt" else share**exponent)


def stretched_ticks(
    low: float, high: float, most: int, place: Callable[[Floats], Floats], room: Callable[[Ticks], Ticks]
) -> Ticks:
    """At most `most` round numbers that stand about evenly along a stretched colour bar.

    Args:
        low, high: The limits, finite, low < high.
        most: At least 1.
        place: How far along the bar values stand, from 0 to 1.
        room: Says which ticks have room for their numbers.
    """
    candidates = _candidates(low, high)
    for count in range(most, 2, -1):
        chosen: list[float] = []
        for value in candidates:
            apart = np.abs(place(np.array(chosen, dtype=np.float64)) - place(np.array([value])))
            if len(chosen) < count and not (apart < 0.72 / count).any():
                chosen.append(value)
        for exponent in _exponents(chosen):
            ticks = room(_ticks(sorted(chosen), exponent))
            if len(ticks.positions) >= 3:
                return ticks
    return round_ticks(low, high, most, room=room)  # over a narrow range all are alike


def _candidates(low: float, high: float) -> list[float]:
    """Zero, and one to nine times powers of ten between two limits, the roundest and the largest first."""
    largest = max(abs(low), abs(high))
    top = math.floor(math.log10(largest))
    found: list[tuple[int, float, float]] = [(0, 0.0, 0.0)] if low <= 0 <= high else []
    for power in range(top, top - 4, -1):
        for order, (factor, rank) in enumerate(_STEPS):
            size = float(f"{factor}e{power}")
            found += [(rank, order - 10 * power, sign * size) for sign in (1, -1) if low <= sign * size <= high]
    return [value for _, _, value in sorted(found, key=lambda each: each[:2])]


def _exponents(values: list[float]) -> list[int]:
    """Of the powers of ten that the labels may leave out: none first, if that is no more than a few digits."""
    sizes = [abs(value) for value in values if value]
    if not sizes:
        return [0]
    low, high = (math.floor(math.log10(each) + 1e-9) for each in (min(sizes), max(sizes)))
    plain = [0] if low >= -4 and high < 5 else []
    return [*plain, *dict.fromkeys(each for each in (high, low) if each)] or [0]


def _ticks(values: list[float], exponent: int) -> Ticks:
    labels = tuple(f"{float(f'{value:.3e}') / 10.0**exponent:,.6g}".replace("-", "\N{MINUS SIGN}") for value in values)
    return Ticks(tuple(values), labels, power_of_ten(exponent) if exponent else "")
