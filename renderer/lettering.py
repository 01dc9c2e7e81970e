"""Text on a figure: cut to its room, mathtext only where it is some, no character that the font lacks.

Lengths are sums of the letters' advances in the bundled font: nothing needs to be drawn to be measured.
"""

from __future__ import annotations

from functools import lru_cache

from matplotlib import font_manager, ft2font
from matplotlib.mathtext import MathTextParser

from autoviz_render.renderer import layout
from autoviz_render.renderer.ticks import Ticks


@lru_cache(maxsize=4096)
def fitted(text: str, width: float, size: float) -> str:
    """A text cut in its middle until it fits in a width, in inches, at a size in points; mathtext as it is."""
    text = " ".join(text.split())
    if is_mathtext(text):
        return text
    text = drawable(text)
    most = len(text)
    while most > 4 and text_width(layout.cut(text, most), size) > width:
        most -= 1
    return layout.cut(text, most)


def text_width(text: str, size: float) -> float:
    """How long a line is in the bundled font, in inches: the sum of its letters' advances."""
    return sum(_advance(char) for char in drawable(text)) * size / 72


def with_factor(label: str, ticks: Ticks) -> str:
    """An axis label with the power of ten that its ticks leave out."""
    return f"{label} ×{ticks.factor}".strip() if ticks.factor else label


@lru_cache(maxsize=512)
def is_mathtext(text: str) -> bool:
    """Whether a text holds mathtext that Matplotlib can parse."""
    if text.count("$") < 2:
        return False
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


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    return frozenset(_font().get_charmap())


@lru_cache(maxsize=2048)
def drawable(text: str) -> str:
    """The text with a box for each character that the bundled font lacks: Matplotlib would warn at every frame."""
    known = _characters()
    return "".join(char if char == "\n" or ord(char) in known else "□" for char in text)
