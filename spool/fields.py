"""Numbers and texts of a JSON file that a stranger may have written."""

from __future__ import annotations

import math
from typing import Any

_LONGEST_TEXT = 1000


def whole_number(value: Any) -> int:
    """A number of JSON that fits in 64 bits. Raises ValueError for anything else."""
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError(f"{value!r:.100} is no whole number of 64 bits")
    return value


def finite_number(value: Any) -> float:
    """A finite number of JSON. Raises ValueError for anything else."""
    if type(value) not in (int, float) or not math.isfinite(number := float(value)):
        raise ValueError(f"{value!r:.100} is no finite number")
    return number


def text(value: Any) -> str:
    """A text of JSON, cut short if it is very long, without halves of surrogate pairs. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.100} is no text")
    return value[:_LONGEST_TEXT].encode(errors="replace").decode()
