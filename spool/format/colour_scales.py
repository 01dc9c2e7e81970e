"""How colours follow from values, in words: `asinh`, `power:0.5`, `log zscale`, `sqrt 99.5%`, `0,12.5`.

A stretch says where between two limits a value stands; an interval says what the limits are.
"""

from __future__ import annotations

import math
from typing import NamedTuple

STRETCHES = ("linear", "symmetric", "log", "asinh", "sqrt", "power")
LARGEST_EXPONENT = 10.0

_STRETCH = "expected linear, log, asinh, sqrt, or power:EXPONENT"
_INTERVAL = "expected zscale, minmax, a percentage such as 99.5%, or two limits LOW,HIGH"


class Stretch(NamedTuple):
    """One of `STRETCHES`, and the exponent of a power."""

    name: str
    exponent: float = 0.5


class Interval(NamedTuple):
    """How limits follow from values.

    Attributes:
        name: "robust", "zscale", "minmax", "percent" or "limits".
        low, high: Percentiles, or the limits themselves.
    """

    name: str = "robust"
    low: float = 0.0
    high: float = 0.0


def parse_stretch(text: str) -> Stretch:
    """Of `asinh`, or `power:0.5`. Raises ValueError, whose message says what is expected."""
    name, colon, number = text.strip().partition(":")
    if name not in STRETCHES or bool(colon) != (name == "power"):
        raise ValueError(_STRETCH)
    if not colon:
        return Stretch(name)
    exponent = _number(number, _STRETCH)
    if not 0 < exponent <= LARGEST_EXPONENT:
        raise ValueError(f"expected an EXPONENT of at most {LARGEST_EXPONENT:g}, and more than 0, in power:EXPONENT")
    return Stretch(name, exponent)


def parse_interval(text: str) -> Interval:
    """Of `zscale`, `minmax`, `99.5%`, or `0,12.5`; "" is robust. Raises ValueError, as `parse_stretch`."""
    words = text.strip()
    if words in ("", "zscale", "minmax"):
        return Interval(words or "robust")
    if words.endswith("%"):
        share = _number(words[:-1], _INTERVAL)
        if not 0 < share <= 100:
            raise ValueError(_INTERVAL)
        return Interval("percent", 50 - share / 2, 50 + share / 2)
    low, comma, high = words.partition(",")
    limits = Interval("limits", _number(low, _INTERVAL), _number(high, _INTERVAL))
    if not (comma and limits.low < limits.high):
        raise ValueError(_INTERVAL)
    return limits


def parse_scale(text: str) -> tuple[Stretch | None, str]:
    """Of a stretch, an interval, or both with a space between: the stretch, None if there is none, and the interval's
    words. Raises ValueError, as `parse_stretch`."""
    first, *rest = text.split() or [""]
    if first.partition(":")[0] in STRETCHES and len(rest) < 2:
        interval = "".join(rest)
        parse_interval(interval)
        return parse_stretch(first), interval
    if rest or not first:
        raise ValueError(f"{_STRETCH}, then perhaps a space and an interval")
    parse_interval(first)
    return None, first


def _number(text: str, expected: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(expected)
    return number
