"""Text on a figure: cut to a width, mathtext only if it can be parsed, no character that the font lacks.

Lengths are sums of the letters' advances in the bundled font, or what Matplotlib's parser says of mathtext: nothing
needs to be drawn to be measured.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

from matplotlib import font_manager, ft2font
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

from autoviz_render.figures.numbers import Ticks
from autoviz_render.spool.text import cut

MOST_READ = 4000
"""Characters of a text that are looked at: a stranger's may have millions."""

_MOST_MATHTEXT = 500  # characters: parsing takes longer the more there are, and then again
_NARROWEST = 0.2  # em: nearly every letter of the font is wider
_MONOSPACED = 0.602  # em: every letter of the bundled font of tables
_MATHTEXT_SIZE = 10.0  # points, at which mathtext is measured
_FORMULA = re.compile(r"(\$[^$]*\$)")
_OF_NUMBERS = "0123456789⁰¹²³⁴⁵⁶⁷⁸⁹⁻.,+−×"


def fitted(text: str, width: float, size: float, *, mathtext: bool = True, monospaced: bool = False) -> str:
    """A text, cut in its middle until it fits; never within a number, nor within a formula.

    Args:
        text: Perhaps a stranger's.
        width: In inches.
        size: In points.
        mathtext: Whether it is shown as mathtext if it is some.
        monospaced: Whether it is set in the font of tables.
    """
    text = " ".join(cut(text, MOST_READ).split())
    if not (mathtext and is_mathtext(text)):
        text = cut(text, max(8, int(min(width, 100.0) * 72 / (_NARROWEST * size))))
    return _fitted(text, width * 72 / size, mathtext, monospaced)


@lru_cache(maxsize=4096)
def _fitted(text: str, width: float, mathtext: bool, monospaced: bool) -> str:
    """The same, of a width in units of the font size."""
    if _width(text, mathtext, monospaced) <= width:
        return text
    if beginning := _with_its_number(text, width, mathtext, monospaced):
        return beginning
    pieces: Sequence[str] = drawable(text)
    if mathtext and is_mathtext(text):
        parts = _FORMULA.split(text)
        pieces = [piece for part in parts for piece in ([part] if _FORMULA.fullmatch(part) else part)]
    widths = [_width(piece, mathtext, monospaced) for piece in pieces]
    heads, tails = [0.0, *accumulate(widths)], [0.0, *accumulate(reversed(widths))]
    free = width - _width("…", mathtext, monospaced)
    for kept in range(len(pieces) - 1, 0, -1):
        head = kept // 2
        if heads[head] + tails[kept - head] <= free:
            start = "".join(pieces[:head]).rstrip(_OF_NUMBERS)
            return start + "…" + "".join(pieces[len(pieces) - (kept - head) :]).lstrip(_OF_NUMBERS)
    return "…"


def _with_its_number(text: str, width: float, mathtext: bool, monospaced: bool) -> str:
    """The beginning of a title that ends in a number: "Chi squared: 1,294 …"; "" if that is none, or too long, too."""
    words = drawable(text).split(" ")
    for count in range(len(words) - 1, 0, -1):
        if words[count - 1].strip("(),:;").replace(",", "").replace(".", "").isdigit():
            kept = " ".join([*words[:count], "…"])
            if "$" not in text and _width(kept, mathtext, monospaced) <= width:
                return kept
    return ""


def text_width(text: str, size: float, *, mathtext: bool = True, monospaced: bool = False) -> float:
    """How long a line is in the bundled font, in inches, at a size in points.

    Args:
        text, size, mathtext, monospaced: As `fitted` takes them.
    """
    return _width(cut(text, MOST_READ), mathtext, monospaced) * size / 72


@lru_cache(maxsize=8192)
def _width(text: str, mathtext: bool, monospaced: bool) -> float:
    """In units of the font size."""
    if mathtext and is_mathtext(text):
        return _mathtext_width(text) or 0.0
    return _MONOSPACED * len(text) if monospaced else sum(_advance(char) for char in drawable(text))


def with_factor(label: str, ticks: Ticks, length: float, size: float) -> str:
    """An axis label with the power of ten and the offset that its ticks leave out, which are never cut.

    Args:
        label: Perhaps a stranger's.
        ticks: Of the axis.
        length: In inches: the label is cut to it.
        size: The smallest that it is shown in, in points.
    """
    if text_width(ticks.named(label), size) <= length:
        return ticks.named(label)
    free = length - (text_width(ticks.named("x"), size) - text_width("x", size))
    return ticks.named(fitted(label, free, size) if free > 3 * size / 72 else "")


def is_mathtext(text: str) -> bool:
    """Whether a text holds mathtext that Matplotlib can parse, of a length that it parses soon."""
    if len(text) > _MOST_MATHTEXT or text.count("$") < 2 or not text.replace("\n", "").isprintable():
        return False
    return _mathtext_width(text) is not None


@lru_cache(maxsize=1024)
def _mathtext_width(text: str) -> float | None:
    """In units of the font size; None if it cannot be parsed."""
    try:
        parsed = MathTextParser("path").parse(text, dpi=72, prop=FontProperties(size=_MATHTEXT_SIZE))
    except (ValueError, RecursionError):
        return None
    return float(parsed.width) / _MATHTEXT_SIZE


@lru_cache(maxsize=4096)
def _advance(char: str) -> float:
    """Of one letter, in units of the font size."""
    font = _font()
    font.set_size(64.0, 72.0)
    return float(font.load_char(ord(char)).linearHoriAdvance) / 65536 / 64


@lru_cache(maxsize=1)
def _font() -> ft2font.FT2Font:
    return ft2font.FT2Font(font_manager.findfont("DejaVu Sans", fallback_to_default=True))


@lru_cache(maxsize=2048)
def drawable(text: str) -> str:
    """The text with a box for each character that the bundled font lacks: Matplotlib would warn at every frame.

    So have control characters, such as those that turn the direction of what follows.
    """
    return "".join(
        char if char == "\n" or (_font().get_char_index(ord(char)) and _is_letter(char)) else "□" for char in text
    )


def _is_letter(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) not in {"Cc", "Cf", "Cs"}
