"""A colour bar: its gradient, its numbers, and an arrow at an end beyond which there are values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable
from functools import lru_cache, partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import TICKRIGHT
from matplotlib.patches import Polygon
from matplotlib.transforms import IdentityTransform

from autoviz_render.figures import colours
from autoviz_render.figures.numbers import Ticks, decade_ticks, round_ticks
from autoviz_render.figures.scaling.stretches import STRETCHES, stretched_ticks
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.text_cache import Labels, blank, cropped
from autoviz_render.renderer.plot.canvas import Ink, Layer, Screen
from autoviz_render.renderer.plot.colour_pixels import opaque
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.renderer.plot.pixel_image import PixelImage
from autoviz_render.renderer.plot.text_metrics import text_width
from autoviz_render.renderer.plot.theme import BORDER
from autoviz_render.spool.arrays import Pixels

_ARROW = 0.11
_GAP = (2.5 + 2.0) / 72
"""Between the bar and its numbers: a tick and a pad."""
_EDGE = 0.02  # inches between the numbers and what is beside the panel
_MARK: dict[str, Any] = {"marker": TICKRIGHT, "markersize": 2.5, "markeredgewidth": BORDER}
_UNIT_SQUARE = (0.0, 1.0, 0.0, 1.0)


class _Marks(Line2D):
    """The marks at the numbers: the pixels of one are kept, and laid wherever one stands."""

    def __init__(self, area: Area) -> None:
        self._area, colour = area, area.theme.ink
        super().__init__([], [], linestyle="none", color=colour, **_MARK)

    def show_on(self, screen: Screen) -> None:
        pixels, left, bottom = _mark_ink(str(self.get_color()), float(self._area.subfigure.dpi))
        for x, y in itertools.starmap(self._area.dot, np.asarray(self.get_xydata()).tolist()):
            screen.lay(pixels, math.floor(x + 0.5) + left, math.floor(y + 0.5) + bottom)


@lru_cache(maxsize=16)
def _mark_ink(colour: str, dpi: float) -> tuple[Ink, int, int]:
    """One mark, and the offset of its lower left corner from the dot that it stands at: Agg moves marks to dots."""
    side = math.ceil(dpi / 5)
    canvas, mark = blank(2 * side, 2 * side, dpi), Line2D([side], [side], color=colour, **_MARK)
    mark.set_figure(Figure(figsize=(1, 1), dpi=dpi))
    mark.set_transform(IdentityTransform())
    mark.draw(canvas)
    pixels, left, bottom = cropped(canvas, side, side)
    return Ink.of(pixels), left, bottom


class ColourBar:
    """A bar that changes as a whole with the values.

    Attributes:
        foreground: All of its artists, in order.
        layers: The same.
    """

    def __init__(self, area: Area) -> None:
        self._width, theme = area.size.width, area.theme
        self._image = PixelImage(area)
        edge: dict[str, Any] = {"edgecolor": theme.ink, "linewidth": BORDER, "joinstyle": "miter"}
        self._under, self._over = (Polygon(np.zeros((3, 2)), zorder=2, **edge) for _ in range(2))
        self._outline = Polygon(np.zeros((4, 2)), facecolor="none", zorder=3, **edge)
        self._marks = _Marks(area)
        drawn = [self._under, self._over, self._outline, self._marks]
        for artist in drawn:
            artist.set_transform(area.inches)
            area.add(artist)
        self._numbers = Labels(area, count=6, ha="left", va="center", fontsize=layout.LABEL_SIZE)
        self.foreground: list[Artist] = [self._image, *drawn, *self._numbers.artists]
        self.layers: list[Layer] = [self._image, drawn[:3], self._marks, *self._numbers.artists]
        self._look: Hashable = None

    def show(self, part: Rectangle, limits: colours.ColourRange, table: Pixels) -> str:
        """Show a colour map between limits.

        Args:
            part: Of the area, arrows included.
            limits: The values at the ends.
            table: array[256, 3], the colour map.

        Returns:
            What the numbers leave out, a power of ten or an offset; "" for nothing.
        """
        below, above = _ARROW * limits.under, _ARROW * limits.over
        bar = Rectangle(part.left, part.bottom + below, part.width, part.height - below - above)
        look = bar, limits.under, limits.over, table.tobytes()
        if look != self._look:
            self._image.show(opaque(table[:, None, :]), bar, _UNIT_SQUARE, _UNIT_SQUARE)
            self._show_outline(bar, limits, table)
            self._look = look
        ticks = _ticks(limits, bar, self._width - bar.right - _GAP - _EDGE)
        rows = bar.bottom + bar.height * colours.position(np.array(ticks.positions), limits)
        self._marks.set_data([bar.right] * len(rows), rows)
        numbers = zip(ticks.labels, rows.tolist(), strict=True)
        self._numbers.show([(text, bar.right + _GAP, row) for text, row in numbers], mathtext=False)
        return ticks.common

    def _show_outline(self, bar: Rectangle, limits: colours.ColourRange, table: Pixels) -> None:
        low, high = ([(x, y) for x in (bar.left, bar.right)] for y in (bar.bottom, bar.top))
        self._outline.set_xy([*low, *high[::-1]])
        middle = bar.left + bar.width / 2
        for arrow, is_shown, base, tip, colour in (
            (self._under, limits.under, low, bar.bottom - _ARROW, table[0]),
            (self._over, limits.over, high, bar.top + _ARROW, table[-1]),
        ):
            arrow.set_visible(is_shown)
            arrow.set_xy([*base, (middle, tip)])
            arrow.set_facecolor(tuple(colour / 255))


@lru_cache(maxsize=256)
def _ticks(limits: colours.ColourRange, bar: Rectangle, width: float) -> Ticks:
    """Those whose numbers fit in a width, in inches, beside the bar: "−0.005" may not, "−5" does."""

    def room(ticks: Ticks) -> Ticks:
        rows = bar.height * colours.position(np.array(ticks.positions), limits)
        is_apart = np.all(np.diff(rows) >= 1.2 * layout.LABEL_SIZE / 72)
        widest = max((text_width(label, layout.LABEL_SIZE, mathtext=False) for label in ticks.labels), default=0.0)
        return ticks if is_apart and widest <= width else Ticks((), ())

    most = max(3, min(5, int(bar.height / 0.55)))
    if limits.scale in STRETCHES:
        return stretched_ticks(limits.low, limits.high, most, partial(colours.position, limits=limits), room)
    return (decade_ticks if limits.scale == "log" else round_ticks)(limits.low, limits.high, most, room=room)
