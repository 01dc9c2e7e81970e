"""Where the numbers stand on an axis or a colour bar, and how they read: few, round, plain text."""

from __future__ import annotations

import math
from dataclasses import dataclass

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Ticks:
    """Ticks of an axis.

    positions: in the units of the axis, ascending.
    labels: one for each position, already divided by the factor.
    factor: a power of ten common to all labels, "10⁻⁵"; "" where there is none.
    """

    positions: tuple[float, ...]
    labels: tuple[str, ...]
    factor: str = ""


def power_of_ten(exponent: int) -> str:
    """`10⁻⁵` for -5, in characters of the bundled font: no mathtext."""
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def round_ticks(low: float, high: float, most: int, suffix: str = "") -> Ticks:
    """At most `most` multiples of 1, 2 or 5 times a power of ten between two finite limits, low < high."""
    largest = max(abs(low), abs(high))
    exponent = math.floor(math.log10(largest)) if largest >= 1e4 or largest < 1e-2 else 0
    unit = 10.0**exponent
    low, high = low / unit, high / unit
    step = _step((high - low) / (most + 1))
    slack = 1e-9 * (high - low)
    first, last = math.ceil((low - slack) / step), math.floor((high + slack) / step)
    while last - first + 1 > most:
        step = _step(step * 1.001)
        first, last = math.ceil((low - slack) / step), math.floor((high + slack) / step)
    decimals = min(max(0, -math.floor(math.log10(step) + 1e-9)), 9)
    numbers = [index * step for index in range(first, last + 1)]
    return Ticks(
        tuple(number * unit for number in numbers),
        tuple(_number(number, decimals) + suffix for number in numbers),
        power_of_ten(exponent) if exponent else "",
    )


def decade_ticks(low: float, high: float, most: int, suffix: str = "") -> Ticks:
    """At most `most` powers of ten between two positive limits, low < high; where there are few, 1, 2 and 5 times."""
    slack = 1e-9
    first = math.ceil(math.log10(low) - slack)
    last = math.floor(math.log10(high) + slack)
    if last - first + 1 >= 2:
        stride = max(1, math.ceil((last - first + 1) / most))
        exponents = range(first, last + 1, stride)
        return Ticks(
            tuple(10.0**exponent for exponent in exponents),
            tuple(_power(exponent) + suffix for exponent in exponents),
        )
    numbers = [
        factor * 10.0**exponent
        for exponent in range(first - 2, last + 2)
        for factor in (1, 2, 5)
        if low * (1 - slack) <= factor * 10.0**exponent <= high * (1 + slack)
    ]
    if 2 <= len(numbers) <= most:
        return Ticks(tuple(numbers), tuple(_short(number) + suffix for number in numbers))
    return round_ticks(low, high, most, suffix)


def plain_number(value: float) -> str:
    """A number of a table or a header: six significant digits and a real minus sign."""
    return f"{value:.6g}".replace("-", _MINUS)


def interval(lower: float, middle: float, upper: float) -> str:
    """A median and how far one standard deviation reaches up and down, to two digits of the smaller: 1.23 +0.12 −0.11.

    lower, middle, upper: finite, ascending.
    """
    plus, minus = upper - middle, middle - lower
    reaches = [each for each in (plus, minus) if each > 0]
    if not reaches:
        return plain_number(middle)
    decimals = max(0, 1 - math.floor(math.log10(min(reaches)) + 1e-9))
    if decimals > 6 or abs(middle) >= 1e6:
        text = f"{middle:.4g} +{plus:.2g} −{minus:.2g}"
    else:
        text = f"{_number(middle, decimals)} +{plus:.{decimals}f} −{minus:.{decimals}f}"
    return text.replace("-", _MINUS)


def _step(least: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= least * (1 - 1e-9))


def _number(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        text = text.removeprefix("-")
    return text.replace("-", _MINUS)


def _power(exponent: int) -> str:
    return _short(10.0**exponent) if -2 <= exponent <= 3 else power_of_ten(exponent)


def _short(value: float) -> str:
    return f"{value:g}"
