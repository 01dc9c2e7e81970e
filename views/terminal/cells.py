"""How wide a text is on a terminal, and texts that fit: whatever a stranger wrote, columns keep their places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from autoviz_render.spool.text import printable

_LONGEST = 400  # characters of a text of which a line shows a part
_MOST_MARKS = 2  # on one character: with hundreds of them it reaches into the lines above
_DISPUTED = re.compile(
    r"[\ufe00-\ufe0f\U000e0100-\U000e01ef\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\u1160-\u11ff\ud7b0-\ud7ff]"
)
"""Characters that change the width of those before them in some terminals and not in others: variation selectors,
flags, skin tones, parts of Hangul syllables. So do marks that take room beside a character (category Mc)."""


def cells(text: str) -> int:
    """How many columns of a terminal a printable text takes: a Chinese character takes two, an accent none."""
    if text.isascii():
        return len(text)
    return sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shown(text: str) -> str:
    r"""The text in one line of known width, with an escape (`\x1b`, `\u202e`) for what would not stand in its place."""
    if text.isascii() and text.isprintable() and len(text) <= _LONGEST:
        return text
    text = printable(unicodedata.normalize("NFC", printable(text, _LONGEST)), 12 * _LONGEST)
    return "".join(_undisputed(text))


def _undisputed(text: str) -> Iterator[str]:
    marks = _MOST_MARKS  # none stands on what is before the text
    for each in text:
        if _DISPUTED.match(each) or unicodedata.category(each) == "Mc":
            yield each.encode("unicode_escape").decode()
            continue
        marks = marks + 1 if _cells_of(each) == 0 else 0
        if marks <= _MOST_MARKS:
            yield each


def fitted(text: str, width: int, *, keep: str = "start") -> str:
    """A text of `shown` in at most so many columns; an ellipsis stands for what finds no room.

    Args:
        text: As `shown` gives it.
        width: In columns.
        keep: What is kept of one that is too wide: its "start", its "end", or "both".
    """
    if cells(text) <= width:
        return text
    if width < 2:
        return "…"[:width]
    if keep == "end":
        return "…" + _end(text, width - 1)
    if keep == "both":
        head = _start(text, (width - 1) // 2)
        return head + "…" + _end(text, width - 1 - cells(head))
    return _start(text, width - 1) + "…"


def _start(text: str, width: int) -> str:
    for number, each in enumerate(text):
        width -= _cells_of(each)
        if width < 0:
            return text[:number]
    return text


def _end(text: str, width: int) -> str:
    begin = len(text)
    for number in range(len(text) - 1, -1, -1):
        width -= (taken := _cells_of(text[number]))
        if width < 0:
            break
        if taken:  # else a mark, which goes with the character before it
            begin = number
    return text[begin:]


def padded(text: str, width: int, *, is_right: bool = False) -> str:
    """A text with blanks up to a width, before it if it is aligned at the right."""
    blank = " " * (width - cells(text))
    return blank + text if is_right else text + blank
