"""Text on a figure: cut to a width, mathtext only if it can be parsed, no character that the font lacks.

Lengths are sums of the letters' advances in the bundled font: nothing needs to be drawn to be measured.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from matplotlib import font_manager, ft2font
from matplotlib.mathtext import MathTextParser

from autoviz_render.figures.numbers import Ticks
from autoviz_render.spool.text import cut

MOST_READ = 4000
"""Characters of a text that are looked at: a stranger's may have millions."""

_MOST_MATHTEXT = 500  # characters: parsing takes longer the more there are, and then again
_NARROWEST = 0.2  # em: nearly every letter of the font is wider


def fitted(text: str, width: float, size: float) -> str:
    """A text, cut in its middle until it fits; mathtext as it is.

    Args:
        text: Perhaps a stranger's.
        width: In inches.
        size: In points.
    """
    text = " ".join(cut(text, MOST_READ).split())
    if is_mathtext(text):
        return text
    return _fitted(cut(text, max(8, int(width * 72 / (_NARROWEST * size)))), width, size)


@lru_cache(maxsize=4096)
def _fitted(text: str, width: float, size: float) -> str:
    text = drawable(text)
    most = len(text)
    while most > 4 and text_width(cut(text, most), size) > width:
        most -= 1
    return cut(text, most)


def text_width(text: str, size: float) -> float:
    """How long a line is in the bundled font, in inches, at a size in points: the sum of its letters' advances."""
    return sum(_advance(char) for char in drawable(cut(text, MOST_READ))) * size / 72


def with_factor(label: str, ticks: Ticks) -> str:
    """An axis label with the power of ten and the offset that its ticks leave out."""
    return ticks.named(label)


def is_mathtext(text: str) -> bool:
    """Whether a text holds mathtext that Matplotlib can parse, of a length that it parses soon."""
    if len(text) > _MOST_MATHTEXT or text.count("$") < 2 or not text.replace("\n", "").isprintable():
        return False
    return _is_parsed(text)


@lru_cache(maxsize=512)
def _is_parsed(text: str) -> bool:
    try:
        MathTextParser("path").parse(text)
    except (ValueError, RecursionError):
        return False
    return True


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
