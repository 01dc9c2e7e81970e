"""How numbers read, and where they stand on an axis: the one place where a number becomes text.

    plain_number    a number of which nothing else is known: six significant digits
    with_error      a number with the digits that its error leaves it
    interval        a number and how far one standard deviation reaches up and down
    whole           a count
    rounded         a number that few digits tell enough of
    nats            a log likelihood or log evidence
    round_ticks, decade_ticks    the few, round numbers of an axis or a colour bar

All have a real minus sign, no "-0.00" and no "e-07".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS = "\N{MINUS SIGN}"
_OTHER_SIGN = str.maketrans(f"+{_MINUS}", f"{_MINUS}+")
_MOST_DIGITS = 17
"""Of a float: more say nothing."""


@dataclass(frozen=True)
class Ticks:
    """Ticks of an axis: a value is its label times the factor, plus the offset.

    Attributes:
        positions: In the unit of the axis, ascending, no two equal.
        labels: One for each position, no two equal.
        factor: A power of ten common to all labels, "10⁻⁵"; "" for none.
        offset: A number common to all labels, with its sign, "+2,459,000"; "" for none.
    """

    positions: tuple[float, ...]
    labels: tuple[str, ...]
    factor: str = ""
    offset: str = ""

    @property
    def common(self) -> str:
        """What the labels leave out, to stand by itself: "×10⁻⁵ +2,459,000"."""
        return f"{'×' * bool(self.factor)}{self.factor} {self.offset}".strip()

    def named(self, label: str) -> str:
        """A label of the axis with what its numbers leave out: "time (d) − 2,459,000", "flux ×10⁻⁵"."""
        if not (label and self.offset):
            return f"{label} {self.common}".strip()
        less = self.offset.translate(_OTHER_SIGN)
        return f"{label} {less[0]} {less[1:]}" + (f" (×{self.factor})" if self.factor else "")

    def chosen(self, indices: Sequence[int]) -> Ticks:
        """Some of the ticks."""
        positions = tuple(self.positions[index] for index in indices)
        return replace(self, positions=positions, labels=tuple(self.labels[index] for index in indices))


Room = Callable[[Ticks], Ticks]
"""Gives those ticks that have room for their numbers: none if they would stand over one another."""


def plain_number(value: float) -> str:
    """A number of a table or a header: six significant digits, two decimals at least; whole numbers as they are.

    Powers of ten stand for what is below 0.0001 or too long to be read: 1.5×10¹².
    """
    size = abs(value)
    if not math.isfinite(value):
        return _signed(f"{value}")
    if size == math.floor(size) and (size < 1e9 or (size < 1e15 and float(f"{size:.5e}") != size)):
        return _signed(f"{value:z.0f}")
    if 1e-4 <= size < 1e9:
        return _signed(_short(f"{value:.{max(5 - math.floor(math.log10(size)), 2)}f}"))
    return _scientific(value)


def with_error(value: float, error: float, *, grouped: bool = False) -> str:
    """A number with the digits that its error leaves it: 3.5247486 for 3.52474859 with an error of 4e-7.

    Args:
        value: Any.
        error: Its standard deviation: two of its digits count. Anything but a finite, positive one says nothing.
        grouped: Whether digits before the point stand in groups of three.
    """
    if not (math.isfinite(value) and 0 < error < math.inf):
        return plain_number(value)
    exact, reach = Decimal(float(value)), Decimal(float(error))
    exponent = _common_exponent(exact, [reach])
    exact, reach = exact.scaleb(-exponent), reach.scaleb(-exponent)
    number = _fixed(exact, _decimals(exact, [reach]), "," * grouped)
    return f"{number}×{power_of_ten(exponent)}" if exponent and value else number


def interval(lower: float, middle: float, upper: float) -> str:
    """A median and how far one standard deviation reaches up and down, to two digits of the smaller: 1.23 +0.12 −0.11.

    Args:
        lower, middle, upper: Finite, ascending.
    """
    low, mid, high = (Decimal(float(each)) for each in (lower, middle, upper))
    reaches = [high - mid, mid - low]
    known = [each for each in reaches if each > 0]
    if not known:
        return plain_number(middle)
    exponent = _common_exponent(mid, known)
    mid, *known = (each.scaleb(-exponent) for each in (mid, *known))
    decimals = _decimals(mid, known)
    if min(known) >= Decimal("1e-5"):
        up, down = (_fixed(each.scaleb(-exponent), decimals) for each in reaches)
        number = f"{_fixed(mid, decimals)} +{up} −{down}"
        return f"({number})×{power_of_ten(exponent)}" if exponent else number
    number = _fixed(mid, decimals) + (f"×{power_of_ten(exponent)}" if exponent else "")
    return f"{number} +{_two_digits(reaches[0])} −{_two_digits(reaches[1])}"


def whole(count: float) -> str:
    """A count: 3,469."""
    if not math.isfinite(count):
        return plain_number(count)
    if abs(count) >= 1e15:
        return _scientific(count)
    return _signed(f"{count:z,.0f}" if isinstance(count, float) else f"{count:,}")


def rounded(value: float, digits: int = 3) -> str:
    """A number with so many significant digits at most; before the point all of them, unless they are too many."""
    if not math.isfinite(value) or not 1e-4 <= abs(value) < 1e9:
        return _scientific(value, digits) if value and math.isfinite(value) else plain_number(value)
    return _signed(_short(f"{value:.{max(0, digits - 1 - _exponent(value, digits))}f}"))


def nats(value: float) -> str:
    """A log likelihood: −4,871.90. They are compared by their differences: two decimals if there are digits before."""
    return _signed(f"{value:,.2f}") if 10 <= abs(value) < 1e9 else rounded(value, 4)


def power_of_ten(exponent: int) -> str:
    """`10⁻⁵` for -5, in characters of the bundled font: no mathtext."""
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def round_up(least: float, steps: Sequence[float] = (1, 2, 5, 10)) -> float:
    """The smallest round number that is not below a positive one: one of the steps times a power of ten."""
    power = ten_to(math.floor(math.log10(least))) or math.ulp(0.0)
    return next(step * power for step in steps if step * power >= least * (1 - 1e-9))


def round_ticks(low: float, high: float, most: int, suffix: str = "", room: Room | None = None) -> Ticks:
    """At most `most` multiples of 1, 2 or 5 times a power of ten between two limits.

    Args:
        low, high: Finite, low < high.
        most: At least 1.
        suffix: A sign after each label, "″".
        room: Says which of them can be taken. If those are few, fewer are tried, and shorter labels; None takes all.
    """
    low, high = float(low), float(high)  # NumPy's own warn if they overflow
    forms = _forms(low, high, most)
    for least in range(min(3, most), 0, -1):
        for form in forms:
            for count in range(most, least - 1, -1):
                ticks = form.ticks(low, high, count, suffix)
                ticks = room(ticks) if room else ticks
                if len(ticks.positions) >= least:
                    return ticks
    return Ticks((), ())


def decade_ticks(low: float, high: float, most: int, suffix: str = "", room: Room | None = None) -> Ticks:
    """At most `most` powers of ten between two limits; if there are few, also 2 and 5 times these.

    Args:
        low, high: Positive, low < high.
        most: At least 1.
        suffix: A sign after each label.
        room: As `round_ticks` takes it.
    """
    slack = 1e-9
    first = math.ceil(math.log10(low) - slack)
    last = math.floor(math.log10(high) + slack)
    room = room or _all
    for count in range(most, 0, -1) if last > first else ():
        exponents = range(first, last + 1, max(1, math.ceil((last - first + 1) / count)))
        is_plain = exponents[0] >= -3 and exponents[-1] <= 4
        write = (lambda each: _plain(ten_to(each))) if is_plain else power_of_ten
        ticks = room(Ticks(tuple(map(ten_to, exponents)), tuple(write(each) + suffix for each in exponents)))
        if len(ticks.positions) >= min(2, count):
            return ticks
    if last > first + 1:
        return Ticks((), ())  # equal steps would not do over decades
    numbers = [factor * ten_to(exponent) for exponent in range(first - 2, last + 2) for factor in (1, 2, 5)]
    numbers = [number for number in numbers if low * (1 - slack) <= number <= high * (1 + slack)]
    if 2 <= len(numbers) <= most:
        ticks = room(Ticks(tuple(numbers), tuple(_plain(number) + suffix for number in numbers)))
        if len(ticks.positions) >= 2:
            return ticks
    return round_ticks(low, high, most, suffix, room)


@dataclass(frozen=True)
class _Form:
    """How the labels of an axis are written.

    Attributes:
        exponent: Of the power of ten that they leave out.
        offset: What they leave out of the values.
    """

    exponent: int = 0
    offset: Decimal = Decimal(0)

    def ticks(self, low: float, high: float, most: int, suffix: str) -> Ticks:
        if self.offset:
            low, high = (float((Decimal(each) - self.offset).scaleb(-self.exponent)) for each in (low, high))
        elif self.exponent:
            low, high = (_scaled(each, -self.exponent) for each in (low, high))
        indices, step = _multiples(low, high, most)
        style = f"z{',' * (max(abs(low), abs(high)) >= 1e4)}.{max(0, -math.floor(math.log10(step) + 1e-9))}f"
        numbers = {self._value(index * step): _signed(format(index * step, style)) + suffix for index in indices}
        factor = power_of_ten(self.exponent) if self.exponent else ""
        return Ticks(tuple(numbers), tuple(numbers.values()), factor, _offset(self.offset, suffix))

    def _value(self, number: float) -> float:
        """The value that has a number as its label."""
        if self.offset:
            return float(Decimal(number).scaleb(self.exponent) + self.offset)
        return _scaled(number, self.exponent) if self.exponent else number


def _all(ticks: Ticks) -> Ticks:
    return ticks


def _forms(low: float, high: float, most: int) -> list[_Form]:
    """Ways to write labels: first as a person would, then shorter ones."""
    size = max(abs(low), abs(high))
    largest = _exponent(size)
    step = _exponent((Decimal(high) - Decimal(low)) / (most + 1))
    digits = largest - step + 1
    is_plain = 1e-2 <= size <= 1e6
    if digits > (5 if is_plain and step < 0 else 6 if is_plain else 4):
        return [*([_less_offset(low, high, 0)[0]] if -4 <= step < 0 else []), *_less_offset(low, high)]
    shorter = _less_offset(low, high) if digits > 2 else []
    scaled = [] if is_plain and -2 < largest < 3 else [_Form(largest)]
    return [*([_Form()] if is_plain else []), *scaled, *shorter]


def _less_offset(low: float, high: float, least: int = -400) -> list[_Form]:
    """Labels that leave out the digits that all values have in common, down to 10 to the power of `least`."""
    ends = Decimal(low), Decimal(high)
    unit = max(math.ceil((ends[1] - ends[0]).log10()), least)
    nearest = (ends[0] if low > 0 else ends[1]) if low > 0 or high < 0 else Decimal(0)
    below = int(nearest.scaleb(-unit))
    beyond = below + (1 if below > 0 else -1)
    # that is further from the data, but rounder: if the data reach it, no label has more digits for it
    is_within = ends[0] <= Decimal(beyond).scaleb(unit) <= ends[1]
    is_near = abs(Decimal(beyond).scaleb(unit) - nearest) < (ends[1] - ends[0]) / 2
    choice = (below, beyond) if not is_near else (beyond, below)
    offset = Decimal(min(choice, key=_length) if below and is_within else below).scaleb(unit)
    rest = _exponent(max(abs(each - offset) for each in ends))
    scaled = [_Form(rest, offset)] if rest else []
    return [_Form(0, offset), *scaled] if -3 <= rest < 6 else scaled


def _multiples(low: float, high: float, most: int) -> tuple[range, float]:
    """At most so many multiples of a round step between two limits: their indices, and the step."""
    step = round_up((high - low) / (most + 1) / 2.5)  # more than so many
    while len(indices := _between(low, high, step)) > most:
        finer, step = step, round_up(step * 1.001)
        if len(_between(low, high, step)) < min(2, most):  # five multiples of 2, say, and one of 5
            doubled = _between(low, high, 2 * finer)
            if len(doubled) >= min(2, most):
                return doubled[:most], 2 * finer
            return indices[:: max(1, len(indices) - 1)][:most], finer
    return indices, step


def _between(low: float, high: float, step: float) -> range:
    """The indices of the multiples of a step between two limits."""
    slack = 1e-9 * (high - low)
    return range(math.ceil((low - slack) / step), math.floor((high + slack) / step) + 1)


def _length(number: int) -> int:
    """How many digits there are before the zeros at the end."""
    return len(str(abs(number)).rstrip("0"))


def _offset(offset: Decimal, suffix: str) -> str:
    if not offset:
        return ""
    is_long = not Decimal("1e-4") <= abs(offset) < Decimal("1e15")
    text = _scientific(offset, _MOST_DIGITS) if is_long else _signed(f"{offset.normalize():,f}")
    return ("" if text.startswith(_MINUS) else "+") + text + suffix


def _common_exponent(value: Decimal, reaches: Sequence[Decimal]) -> int:
    """The exponent of a power of ten that a value and its errors are better written with; 0 for none."""
    largest = max(abs(value), *reaches)
    is_large = largest >= Decimal("1e6") and min(reaches) >= Decimal("1e4")
    return _exponent(largest) if is_large or largest < Decimal("1e-4") else 0


def _decimals(value: Decimal, reaches: Sequence[Decimal]) -> int:
    """How many show two digits of the smallest of some errors; one, if somebody gave errors of a single digit."""
    decimals = 1 - _exponent(min(reaches), 2)
    is_shorter = decimals > 0 and all(_is_of(each, decimals - 1) for each in reaches)
    return max(0, min(decimals - is_shorter, _MOST_DIGITS - 1 - (_exponent(value) if value else 0)))


def _is_of(value: Decimal, decimals: int) -> bool:
    """Whether a number has no more decimals than so many, but for what floats lose."""
    return abs(value - Decimal(f"{value:.{decimals}f}")) <= value / 10**4


def _fixed(value: Decimal, decimals: int, grouping: str = "") -> str:
    """With so many decimals, and no minus before a zero."""
    return _signed(f"{value:z{grouping}.{decimals}f}")


def _two_digits(value: Decimal) -> str:
    return _scientific(float(value), 2) if value else "0"


def _plain(value: float) -> str:
    """A round, positive number of an axis without a factor."""
    return f"{value:,g}" if 1e-4 <= value < 1e6 else _scientific(value)


def _scientific(value: float | Decimal, digits: int = 6) -> str:
    """1.5×10¹², or 10¹²."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa, power = _short(mantissa), power_of_ten(int(exponent))
    return _signed(power if mantissa == "1" else f"-{power}" if mantissa == "-1" else f"{mantissa}×{power}")


def _short(number: str) -> str:
    """A number without the zeros at its end."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _signed(number: str) -> str:
    return number.replace("-", _MINUS)


def _exponent(value: float | Decimal, digits: int = 12) -> int:
    """Of the power of ten that a number begins with, once it is rounded."""
    return int(f"{value:.{digits - 1}e}".partition("e")[2])


def ten_to(exponent: int) -> float:
    """A power of ten: 0 or infinity if it is beyond floats."""
    return float(f"1e{exponent}")


def _scaled(value: float, exponent: int) -> float:
    """A number times a power of ten, which may itself be beyond floats."""
    return value * 10.0**exponent if abs(exponent) < 300 else float(Decimal(value).scaleb(exponent))
