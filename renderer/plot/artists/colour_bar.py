"""A colour bar: its gradient, its numbers, and an arrow at an end beyond which there are values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.markers import TICKRIGHT
from matplotlib.patches import Polygon
from matplotlib.transforms import Affine2D

from autoviz_render.figures import colours
from autoviz_render.figures.numbers import Ticks, decade_ticks, power_of_ten, round_ticks
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.artists.frame import BORDER
from autoviz_render.renderer.plot.artists.pixels import PixelImage
from autoviz_render.renderer.plot.artists.stamps import Label
from autoviz_render.renderer.plot.layout import Cell, Rectangle
from autoviz_render.renderer.plot.text_metrics import text_width
from autoviz_render.renderer.plot.theme import Theme
from autoviz_render.spool.arrays import Pixels

_ARROW = 0.11
_TICK = 2.5 / 72
_PAD = 2.0 / 72
_MOST = 6


class ColourBar:
    """All of it changes with the values: `front` are its artists."""

    def __init__(self, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        self._cell = cell
        self._image = PixelImage(subfigure, cell)
        inches = Affine2D().scale(1 / cell.width, 1 / cell.height) + subfigure.transSubfigure
        edge: dict[str, Any] = {"edgecolor": theme.ink, "linewidth": BORDER, "joinstyle": "miter", "transform": inches}
        triangle = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
        self._under, self._over = (Polygon(triangle, zorder=2, **edge) for _ in range(2))
        self._outline = Polygon([*triangle, (1.0, 1.0)], facecolor="none", zorder=3, **edge)
        mark: dict[str, Any] = {"marker": TICKRIGHT, "markersize": 2.5, "markeredgewidth": BORDER, "color": theme.ink}
        self._marks = Line2D([], [], linestyle="none", transform=inches, **mark)
        for artist in (self._under, self._over, self._outline, self._marks):
            subfigure.add_artist(artist)
        self._numbers = [
            Label(subfigure, cell, ha="left", va="center", fontsize=layout.LABEL_SIZE) for _ in range(_MOST)
        ]
        self.front: list[Artist] = [
            self._image,
            self._under,
            self._over,
            self._outline,
            self._marks,
            *self._numbers,
        ]

    def show(self, room: Rectangle, limits: colours.ColourRange, table: Pixels) -> str:
        """Returns the power of ten that the numbers leave out, "" for none."""
        below, above = _ARROW * limits.under, _ARROW * limits.over
        bar = Rectangle(room.left, room.bottom + below, room.width, room.height - below - above)
        self._image.show(colours.opaque(table[:, None, :]), bar, (0.0, 1.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0))
        middle = bar.left + bar.width / 2
        self._outline.set_xy(
            [(bar.left, bar.bottom), (bar.right, bar.bottom), (bar.right, bar.top), (bar.left, bar.top)]
        )
        for arrow, is_shown, base, tip, colour in (
            (self._under, limits.under, bar.bottom, bar.bottom - _ARROW, table[0]),
            (self._over, limits.over, bar.top, bar.top + _ARROW, table[-1]),
        ):
            arrow.set_visible(is_shown)
            arrow.set_xy([(bar.left, base), (bar.right, base), (middle, tip)])
            arrow.set_facecolor(tuple(colour / 255))
        most = max(3, min(5, int(bar.height / 0.55)))
        ticks = self._ticks(limits, most, self._cell.width - bar.right - _TICK - _PAD)
        places = bar.bottom + bar.height * colours.position(np.array(ticks.positions), limits)
        self._marks.set_data([bar.right] * len(places), places)
        for index, label in enumerate(self._numbers):
            if index < len(places):
                label.show(ticks.labels[index], bar.right + _TICK + _PAD, float(places[index]), mathtext=False)
            else:
                label.show("", 0, 0)
        return ticks.factor

    @staticmethod
    def _ticks(limits: colours.ColourRange, most: int, width: float) -> Ticks:
        """Those whose numbers fit in a width, in inches, at the side of the bar: "−0.005" does not, "−5" does."""
        if limits.scale == "log":
            return decade_ticks(limits.low, limits.high, most)
        ticks = round_ticks(limits.low, limits.high, most)
        if ticks.factor or _width(ticks) <= width:
            return ticks
        exponent = math.floor(math.log10(max(abs(limits.low), abs(limits.high))))
        unit = 10.0**exponent
        scaled = round_ticks(limits.low / unit, limits.high / unit, most)
        if _width(scaled) >= _width(ticks):
            return ticks
        return Ticks(tuple(unit * place for place in scaled.positions), scaled.labels, power_of_ten(exponent))


def _width(ticks: Ticks) -> float:
    return max((text_width(label, layout.LABEL_SIZE) for label in ticks.labels), default=0.0)
