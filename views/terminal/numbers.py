"""Numbers, ages and rates as a person reads them."""

from __future__ import annotations

import math


def in_nats(value: float) -> str:
    """A log likelihood or evidence: two decimals, unless that says nothing of it."""
    return f"{value + 0.0:,.2f}" if value == 0 or 0.005 <= abs(value) < 1e15 else f"{value:.6g}"


def ago(seconds: float) -> str:
    """An age: 90 s, 3 min, 2 h, 5 d."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def period(seconds: float) -> str:
    """The time between two events: 0.5 s, 30 s, 3 min."""
    return f"{seconds:.2g} s" if seconds < 10 else ago(seconds)


def duration(seconds: float) -> str:
    """A time in its two largest units: 2 h 13 min."""
    minutes, seconds = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days:,} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def rate(value: float) -> str:
    """Events a second, or of rare ones an hour: 1,234/s, 3.2/s, 12/h."""
    if not math.isfinite(value) or value < 0:
        return ""
    if 0 < value < 0.1:
        return f"{3600 * value:.3g}/h"
    return f"{value:,.0f}/s" if value >= 100 or value == 0 else f"{value:.1f}/s" if value >= 10 else f"{value:.2f}/s"


def counted(number: int, what: str) -> str:
    """1 run, 2,000 runs."""
    return f"{number:,} {what}{'s' * (number != 1)}"
