"""Artists that keep what they look like: drawn once by Matplotlib, then laid down as pixels wherever they stand.

A text takes Matplotlib 0.8 ms, and its pixels 0.01. They depend on nothing but what the artist shows, so that a kept
figure and a fresh one have the same. In vector files the artists draw themselves.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.canvas import blank
from autoviz_render.renderer.plot.layout import Cell
from autoviz_render.renderer.plot.text_metrics import MOST_READ, drawable, is_mathtext
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.text import cut

Stamp = tuple[Pixels, int, int]
"""array[row, column, 4], RGBA from the bottom, and where its lower left corner lies from the anchor, in pixels."""

_MARGIN = 8  # pixels round a text's own box: a box behind it, and antialiasing


class Label(Text):
    """A line or more of text at a point of a cell, in inches from its lower left corner.

    boxed: on a piece of paper that hides most of what is behind it.
    """

    def __init__(self, subfigure: SubFigure, cell: Cell, *, boxed: bool = False, **style: Any) -> None:
        super().__init__(0.0, 0.0, "", **style)
        self.set_figure(subfigure)
        self.set_transform(Affine2D().scale(1 / cell.width, 1 / cell.height) + subfigure.transSubfigure)
        self._boxed = boxed
        if boxed:
            self.set_bbox({"facecolor": subfigure.figure.get_facecolor(), "edgecolor": "none", "alpha": 0.85, "pad": 2})
        subfigure.add_artist(self)

    def show(self, text: str, x: float, y: float, *, mathtext: bool = True) -> None:
        """A text that comes from anyone: mathtext where it is some, otherwise its characters as they are."""
        text = cut(text, MOST_READ)
        math_text = mathtext and is_mathtext(text)
        self.set_parse_math(math_text)
        self.set_text(text if math_text else drawable(text))
        self.set_position((x, y))

    def draw(self, renderer: Any) -> None:
        if not isinstance(renderer, RendererAgg):
            super().draw(renderer)
        elif self.get_visible() and self.get_text():
            x, y = self.get_transform().transform(self.get_position())
            _lay(renderer, _text_stamp(self._look(), self.figure.dpi), round(x), round(y))

    def _look(self) -> tuple[tuple[str, Hashable], ...]:
        """Everything that its pixels depend on."""
        return (
            ("text", self.get_text()),
            ("fontsize", self.get_fontsize()),
            ("family", tuple(self.get_fontfamily())),
            ("weight", self.get_fontweight()),
            ("color", self.get_color()),
            ("ha", self.get_horizontalalignment()),
            ("va", self.get_verticalalignment()),
            ("rotation", self.get_rotation()),
            ("linespacing", self._linespacing),  # type: ignore[attr-defined]
            ("parse_math", self.get_parse_math()),
            ("box", self.get_bbox_patch().get_facecolor() if self._boxed else None),  # type: ignore[union-attr]
        )


class StampedLegend(Legend):
    """A legend that is drawn by Matplotlib once for each place that it takes."""

    _stamp: tuple[tuple[float, ...], Stamp] | None = None

    def draw(self, renderer: Any) -> None:
        if not isinstance(renderer, RendererAgg):
            super().draw(renderer)
            return
        place = (*self.get_bbox_to_anchor().extents, self.figure.dpi)
        if self._stamp is None or self._stamp[0] != place:
            page = blank(int(renderer.width), int(renderer.height), renderer.dpi)
            super().draw(page)
            self._stamp = place, _cropped(page, 0, 0)
        _lay(renderer, self._stamp[1], 0, 0)


@lru_cache(maxsize=4096)
def _text_stamp(look: tuple[tuple[str, Any], ...], dpi: float) -> Stamp:
    style = dict(look)
    box = style.pop("box")
    style["family"] = list(style["family"])
    text = Text(0.0, 0.0, style.pop("text"), **style)
    if box is not None:
        text.set_bbox({"facecolor": box, "edgecolor": "none", "pad": 2})
    text.set_figure(Figure(figsize=(1, 1), dpi=dpi))
    extent = text.get_window_extent(blank(1, 1, dpi))
    x, y = _MARGIN - math.floor(extent.x0), _MARGIN - math.floor(extent.y0)
    page = blank(math.ceil(extent.x1) + x + _MARGIN, math.ceil(extent.y1) + y + _MARGIN, dpi)
    text.set_position((x, y))
    text.draw(page)
    return _cropped(page, x, y)


def _cropped(page: Any, x: int, y: int) -> Stamp:
    """What is drawn on a transparent page, from the bottom; where it lies from an anchor on the page."""
    pixels = np.asarray(page.buffer_rgba())[::-1]
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return np.zeros((0, 0, 4), np.uint8), 0, 0
    bottom, left = int(rows[0]), int(columns[0])
    return pixels[bottom : rows[-1] + 1, left : columns[-1] + 1].copy(), left - x, bottom - y


def _lay(renderer: RendererAgg, stamp: Stamp, x: int, y: int) -> None:
    pixels, left, bottom = stamp
    if pixels.size:
        renderer.draw_image(renderer.new_gc(), x + left, y + bottom, pixels)


def panel_title(subfigure: SubFigure, cell: Cell) -> Label:
    """An empty title."""
    return Label(subfigure, cell, ha="left", va="baseline", fontsize=layout.TITLE_SIZE)
