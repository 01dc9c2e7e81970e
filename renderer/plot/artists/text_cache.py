"""Texts that Matplotlib draws once; their pixels are kept and copied to wherever they stand.

A text takes Matplotlib 0.8 ms, its pixels 0.01 ms. They depend on nothing but what the text shows, so that a kept
figure and a fresh one have the same. In vector files the texts draw themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.canvas import Ink, Screen
from autoviz_render.renderer.plot.text_metrics import MOST_READ, drawable, fitted, is_mathtext, text_width
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.text import cut

CachedPixels = tuple[Pixels, int, int]
"""array[row, column, 4], RGBA from the bottom, and the offset of its lower left corner from an anchor, in pixels."""

_MARGIN = 8  # pixels round a text's own box: a box behind it, and antialiasing


class Label(Text):
    """Lines of text at a point of an area, in inches.

    Attributes:
        size: Of its letters, in points, unless they are made smaller to fit.
    """

    def __init__(self, area: Area, *, boxed: bool = False, edge: str = "", **style: Any) -> None:
        """An empty label.

        Args:
            area: Where it stands.
            boxed: Whether a piece of paper hides most of what is behind it.
            edge: The colour of a thin edge round the letters, which shows them on any colour; "" for none.
            style: Matplotlib's properties of a text; all of them can be hashed.
        """
        style = {"color": area.theme.ink, **style}
        super().__init__(0.0, 0.0, "", **style)
        self.size = float(self.get_fontsize())
        box = area.theme.paper if boxed else ""
        self._look = (*style.items(), box, edge)
        self._area = area
        self.set_figure(area.subfigure)
        self.set_transform(area.inches)
        _put_in_box(self, box, edge)
        area.add(self)

    def show(self, text: str, x: float, y: float, *, mathtext: bool = True) -> None:
        """Show a text that may come from a stranger: mathtext if it is some, otherwise its characters as they are."""
        set_text(self, cut(text, MOST_READ), mathtext=mathtext)
        self.set_position((x, y))

    def show_within(self, text: str, x: float, y: float, width: float, *, mathtext: bool = True) -> None:
        """Show a line of text no wider than a width, in inches: in smaller letters, and cut if these are not enough."""
        sizes = [self.size, *(max(self.size * share, min(self.size, layout.SMALL_SIZE)) for share in (0.92, 0.84))]
        size = next((size for size in sizes if text_width(text, size, mathtext=mathtext) <= width), sizes[-1])
        self.set_fontsize(size)
        self.show(fitted(text, width, size, mathtext=mathtext), x, y, mathtext=mathtext)

    def draw(self, renderer: Any) -> None:
        if not isinstance(renderer, RendererAgg):
            super().draw(renderer)
        elif self.get_visible() and self.get_text():
            x, y = self.get_transform().transform(self.get_position())
            pixels = _text_pixels(
                self.get_text(), self.get_parse_math(), self._look, float(self.get_fontsize()), self.figure.dpi
            )
            paste(renderer, pixels, round(x), round(y))

    def show_on(self, screen: Screen) -> None:
        """Lay its pixels on a screen, as `draw` lays them on Matplotlib's canvas."""
        if self.get_visible() and (text := self.get_text()):
            x, y = self._area.dot(*self.get_position())
            ink, left, bottom = _text_ink(
                text, self.get_parse_math(), self._look, float(self.get_fontsize()), self.figure.dpi
            )
            screen.lay(ink, round(x) + left, round(y) + bottom)


class Labels:
    """As many labels of one style as there are texts to show.

    Attributes:
        artists: The labels, those that show nothing too.
    """

    def __init__(self, area: Area, count: int = 0, **style: Any) -> None:
        """Empty labels.

        Args:
            area: Where they stand.
            count: How many there are from the start; more are made if they are needed.
            style: As a `Label` takes it.
        """
        self._make = partial(Label, area, **style)
        self._first = Label.zorder + 1e-6 * len(area.subfigure.get_children())
        self.artists: list[Label] = []
        self._add(count)

    def show(self, texts: Sequence[tuple[str, float, float]], *, mathtext: bool = True) -> None:
        """Show texts, each with its x and y; the other labels show nothing."""
        self._add(len(texts) - len(self.artists))
        nothing = [("", 0.0, 0.0)] * (len(self.artists) - len(texts))
        for label, text in zip(self.artists, [*texts, *nothing], strict=True):
            label.show(*text, mathtext=mathtext)

    def _add(self, count: int) -> None:
        """More labels, drawn after those of before: in a vector file, too, they stand as if all had been there."""
        for _ in range(count):
            label = self._make()
            label.set_zorder(self._first + 1e-9 * len(self.artists))
            self.artists.append(label)


def panel_title(area: Area) -> Label:
    """An empty title."""
    return Label(area, ha="left", va="baseline", fontsize=layout.title_size(area.size))


def set_text(artist: Text, text: str, *, mathtext: bool = True) -> None:
    """Give a text to Matplotlib: as mathtext if it can be parsed, otherwise with boxes for what the font lacks."""
    math_text = mathtext and is_mathtext(text)
    artist.set_parse_math(math_text)
    artist.set_text(text if math_text else drawable(text))


def blank(width: int, height: int, dpi: float) -> Any:
    """A transparent canvas to draw on, in pixels: a `RendererAgg`."""
    make: Any = RendererAgg  # not annotated
    return make(width, height, dpi)


def cropped(renderer: Any, x: int, y: int) -> CachedPixels:
    """What is drawn on a transparent canvas, and its offset from an anchor there."""
    pixels = np.asarray(renderer.buffer_rgba())[::-1]
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.zeros((0, 0, 4), np.uint8), 0, 0
    bottom, left = int(rows[0]), int(columns[0])
    return pixels[bottom : rows[-1] + 1, left : columns[-1] + 1].copy(), left - x, bottom - y


def paste(renderer: RendererAgg, cached: CachedPixels, x: int, y: int) -> None:
    """Draw kept pixels with their anchor at a dot."""
    pixels, left, bottom = cached
    if pixels.size:
        renderer.draw_image(renderer.new_gc(), x + left, y + bottom, pixels)


@lru_cache(maxsize=1024)
def _text_pixels(content: str, parse_math: bool, look: Any, size: float, dpi: float) -> CachedPixels:
    *style, box, edge = look
    text = Text(0.0, 0.0, content, parse_math=parse_math, **dict(style))
    text.set_fontsize(size)
    _put_in_box(text, box, edge)
    text.set_figure(Figure(figsize=(1, 1), dpi=dpi))
    extent = text.get_window_extent(blank(1, 1, dpi))
    x, y = _MARGIN - math.floor(extent.x0), _MARGIN - math.floor(extent.y0)
    canvas = blank(math.ceil(extent.x1) + x + _MARGIN, math.ceil(extent.y1) + y + _MARGIN, dpi)
    text.set_position((x, y))
    text.draw(canvas)
    return cropped(canvas, x, y)


@lru_cache(maxsize=1024)
def _text_ink(content: str, parse_math: bool, look: Any, size: float, dpi: float) -> tuple[Ink, int, int]:
    pixels, left, bottom = _text_pixels(content, parse_math, look, size, dpi)
    return Ink.of(pixels), left, bottom


def _put_in_box(text: Text, colour: str, edge: str) -> None:
    if edge:
        text.set_path_effects([withStroke(linewidth=1.5, foreground=edge)])
    if colour:
        text.set_bbox({"facecolor": colour, "edgecolor": "none", "alpha": 0.85, "pad": 2})
