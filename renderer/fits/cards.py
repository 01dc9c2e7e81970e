"""What a header of FITS can hold: short texts in ASCII, finite numbers."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from autoviz_render.spool.text import cut, printable

LONGEST = 200  # characters of a text
_LONGEST_NAME = 60  # of an extension or a column: it fits in a card
_SIGNS = str.maketrans({"−": "-", "⁻": "-", "–": "-", "″": '"', "′": "'", "±": "+-", "×": "x", "·": ".", "µ": "u"})
_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")

Card = tuple[str, Any, str]
"""A keyword, a value and a comment."""


def ascii_text(text: str, most: int = LONGEST) -> str:
    """The text in printable ASCII, as far as a person would type it so: e- s-1 for e⁻ s⁻¹."""
    plain = "".join(map(_plain, printable(text, most).translate(_SIGNS)))
    return cut(plain, 2 * most).replace("…", "...")


def _plain(sign: str) -> str:
    """A sign in ASCII: a letter without its accent, a digit that was raised, the name of a Greek letter, an escape."""
    if sign.isascii():
        return sign
    decomposed = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    if decomposed.isprintable() and decomposed.strip():
        return decomposed
    _, is_greek, letter = unicodedata.name(sign, "").partition("GREEK SMALL LETTER ")
    return letter.lower() if is_greek and letter.isalpha() else sign.encode("ascii", "backslashreplace").decode()


def number_card(keyword: str, value: float, comment: str) -> Iterator[Card]:
    """A number; a text for one that is not finite, which no number of FITS is."""
    yield keyword, value if math.isfinite(value) else str(value), comment


def extension_names(names: Iterable[str]) -> list[str]:
    """Names of extensions, in ASCII: none twice, whatever the case of their letters."""
    return _unique(ascii_text(name)[:_LONGEST_NAME].strip() or "UNNAMED" for name in names)


def column_names(names: Iterable[str]) -> list[str]:
    """Names of columns: of letters, digits and underscores alone, as the standard asks for; none twice."""
    return _unique(_NO_NAME.sub("_", ascii_text(name)[:_LONGEST_NAME]).strip("_") or "UNNAMED" for name in names)


def _unique(names: Iterable[str]) -> list[str]:
    known: set[str] = set()
    found = []
    for plain in names:
        number, candidate = 2, plain
        while candidate.upper() in known:
            number, candidate = number + 1, f"{plain}_{number}"
        known.add(candidate.upper())
        found.append(candidate)
    return found
