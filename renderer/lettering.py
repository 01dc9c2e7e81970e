"""Text on a figure: cut to its room, mathtext only where it is some, no character that the font lacks.

Lengths are sums of the letters' advances in the bundled font: nothing needs to be drawn to be measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from matplotlib import font_manager, ft2font
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import SubFigure
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FixedLocator

from autoviz_render.renderer import layout
from autoviz_render.renderer.ticks import Ticks


def set_text(artist: Text, text: str, *, mathtext: bool = True) -> None:
    """Sets a text that comes from anyone: mathtext where it is some, otherwise its characters as they are."""
    math = mathtext and _is_mathtext(text)
    artist.set_parse_math(math)
    artist.set_text(text if math else _drawable(text))


@lru_cache(maxsize=4096)
def fitted(text: str, width: float, size: float) -> str:
    """A text cut in its middle until it fits in a width, in inches, at a size in points; mathtext as it is."""
    text = " ".join(text.split())
    if _is_mathtext(text):
        return text
    text = _drawable(text)
    most = len(text)
    while most > 4 and text_width(layout.cut(text, most), size) > width:
        most -= 1
    return layout.cut(text, most)


def text_width(text: str, size: float) -> float:
    """How long a line is in the bundled font, in inches: the sum of its letters' advances."""
    return sum(_advance(char) for char in _drawable(text)) * size / 72


def panel_title(subfigure: SubFigure) -> Text:
    """An empty title, still to be placed."""
    return subfigure.text(0, 1, "", ha="left", va="baseline", fontsize=layout.TITLE_SIZE)


def set_ticks(axis: Axis, ticks: Ticks) -> None:
    """Ticks and numbers as given, and no others."""
    axis.set_major_locator(FixedLocator(list(ticks.positions)))
    axis.set_major_formatter(FixedFormatter(list(ticks.labels)))


def with_factor(label: str, ticks: Ticks) -> str:
    """An axis label with the power of ten that its ticks leave out."""
    return f"{label} ×{ticks.factor}".strip() if ticks.factor else label


def add_legend(axes: Axes, handles: Sequence[tuple[Any, str]], **settings: Any) -> None:
    """A small legend: for each entry its artist, or a tuple of artists drawn over each other, and its label."""
    look: dict[str, Any] = {
        "fontsize": layout.SMALL_SIZE,
        "framealpha": 0.85,
        "edgecolor": "none",
        "borderpad": 0.35,
        "handlelength": 1.6,
        "borderaxespad": 0.3,
    }
    legend = axes.legend([handle for handle, _ in handles], [label for _, label in handles], **look | settings)
    for text, (_, label) in zip(legend.get_texts(), handles, strict=True):
        set_text(text, layout.cut(label, 30))
    legend.set_zorder(6)


@lru_cache(maxsize=512)
def _is_mathtext(text: str) -> bool:
    if text.count("$") < 2:
        return False
    try:
        MathTextParser("path").parse(text)
    except ValueError:
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
def _drawable(text: str) -> str:
    """The text with a box for each character that the bundled font lacks: Matplotlib would warn at every frame."""
    known = _characters()
    return "".join(char if char == "\n" or ord(char) in known else "□" for char in text)
