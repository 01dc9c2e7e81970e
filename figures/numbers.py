"""Where the numbers stand on an axis or a colour bar, and how they read: few, round, plain text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Ticks:
    """Ticks of an axis.

    Attributes:
        positions: In the unit of the axis, ascending.
        labels: One for each position, already divided by the factor.
        factor: A power of ten common to all labels, "10⁻⁵"; "" for none.
    """

    positions: tuple[float, ...]
    labels: tuple[str, ...]
    factor: str = ""


def power_of_ten(exponent: int) -> str:
    """`10⁻⁵` for -5, in characters of the bundled font: no mathtext."""
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def round_ticks(low: float, high: float, most: int, suffix: str = "") -> Ticks:
    """At most `most` multiples of 1, 2 or 5 times a power of ten between two limits.

    Args:
        low, high: Finite, low < high.
        suffix: A sign after each label, "″".
    """
    largest = max(abs(low), abs(high))
    exponent = math.floor(math.log10(largest)) if largest >= 1e4 or largest < 1e-2 else 0
    unit = 10.0**exponent
    low, high = low / unit, high / unit
    slack = 1e-9 * (high - low)
    step = round_up((high - low) / (most + 1))
    while len(indices := range(math.ceil((low - slack) / step), math.floor((high + slack) / step) + 1)) > most:
        step = round_up(step * 1.001)
    decimals = min(max(0, -math.floor(math.log10(step) + 1e-9)), 9)
    positions = tuple(index * step * unit for index in indices)
    labels = tuple(_number(index * step, decimals) + suffix for index in indices)
    return Ticks(positions, labels, power_of_ten(exponent) if exponent else "")


def decade_ticks(low: float, high: float, most: int, suffix: str = "") -> Ticks:
    """At most `most` powers of ten between two limits; if there are few, also 2 and 5 times these.

    Args:
        low, high: Positive, low < high.
        suffix: A sign after each label.
    """
    slack = 1e-9
    first = math.ceil(math.log10(low) - slack)
    last = math.floor(math.log10(high) + slack)
    if last > first:
        exponents = range(first, last + 1, max(1, math.ceil((last - first + 1) / most)))
        return Ticks(tuple(10.0**each for each in exponents), tuple(_power(each) + suffix for each in exponents))
    numbers = [factor * 10.0**exponent for exponent in range(first - 2, last + 2) for factor in (1, 2, 5)]
    numbers = [number for number in numbers if low * (1 - slack) <= number <= high * (1 + slack)]
    if 2 <= len(numbers) <= most:
        return Ticks(tuple(numbers), tuple(f"{number:g}{suffix}" for number in numbers))
    return round_ticks(low, high, most, suffix)


def round_up(least: float, steps: Sequence[float] = (1, 2, 5, 10)) -> float:
    """The smallest round number that is not below a positive one: one of the steps times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in steps if step * power >= least * (1 - 1e-9))


def plain_number(value: float) -> str:
    """A number of a table or a header: six significant digits and a real minus sign."""
    return f"{value:.6g}".replace("-", _MINUS)


def interval(lower: float, middle: float, upper: float) -> str:
    """A median and how far one standard deviation reaches up and down, to two digits of the smaller: 1.23 +0.12 −0.11.

    Args:
        lower, middle, upper: Finite, ascending.
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


def _number(value: float, decimals: int) -> str:
    return f"{value:z.{decimals}f}".replace("-", _MINUS)  # z: no minus before a zero


def _power(exponent: int) -> str:
    return f"{10.0**exponent:g}" if -2 <= exponent <= 3 else power_of_ten(exponent)
