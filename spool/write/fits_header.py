"""The numbers of a FITS header that say where on the sky an image lies: a file of a spool holds no text.

Source: Greisen and Calabretta (2002), A&A 395, 1061; Calabretta and Greisen (2002), A&A 395, 1077.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

from autoviz_render.spool.errors import WrongTypeError, WrongValueError
from autoviz_render.spool.guard import wrong

NAME = "wcs"
"""Of the mapping among the static arrays, or among those of a group."""

_NUMBERS = re.compile(r"(CRVAL|CRPIX|CDELT|CROTA)[12]|(CD|PC)[12]_[12]|EQUINOX|LONPOLE|LATPOLE|NAXIS[12]")
_AXES = (r"RA---(TAN|TAN-SIP|TPV|SIN|ARC|ZEA|STG)", r"DEC--(TAN|TAN-SIP|TPV|SIN|ARC|ZEA|STG)")
"""What the axes may be: these projections are the same within a field of some arcminutes."""


def without_texts(static: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Static arrays, in which a header is what we keep of it: numbers.

    Args:
        static: By name; `wcs`, also of a group, may be a FITS header, or anything with `to_header()` such as a WCS of
            astropy's.

    Raises:
        WrongValueError: A header has axes, or units, of which its numbers say nothing.
        WrongTypeError: It is none.
    """
    return {
        name: _numbers(value) if name == NAME else without_texts(value) if _has_one(value) else value
        for name, value in static.items()
    }


def _has_one(value: object) -> bool:
    return isinstance(value, Mapping) and NAME in value


def _numbers(given: Any) -> dict[str, float]:
    header = given.to_header() if hasattr(given, "to_header") else given
    if not isinstance(header, Mapping):
        raise WrongTypeError(wrong("static['wcs']", given, "expected a FITS header: a mapping of keywords to values"))
    for number, pattern in enumerate(_AXES, 1):
        _check(header, f"CTYPE{number}", pattern, "'RA---TAN' and 'DEC--TAN'")
        _check(header, f"CUNIT{number}", "deg|degree|degrees", "'deg'")
    found = {}
    for key, value in header.items():
        if isinstance(key, str) and _NUMBERS.fullmatch(key.upper()):
            found[key.upper()] = _number(key, value)
    if not any(key.startswith(("CD", "PC")) for key in found):
        expected = "expected CD1_1 to CD2_2, or CDELT1 and CDELT2, among the keywords"
        raise WrongValueError(wrong("static['wcs']", list(found), expected))
    return found


def _check(header: Mapping[Any, Any], key: str, pattern: str, expected: str) -> None:
    value = header.get(key)
    if value is not None and not re.fullmatch(pattern, str(value).strip(), re.IGNORECASE) and str(value).strip():
        raise WrongValueError(wrong(f"static['wcs'][{key!r}]", value, f"expected {expected}"))


def _number(key: str, value: object) -> float:
    is_number = isinstance(value, Real) or getattr(value, "shape", None) == ()
    number = float(value) if is_number and not isinstance(value, bool) else math.nan  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise WrongValueError(wrong(f"static['wcs'][{key!r}]", value, "expected a finite number"))
    return number
