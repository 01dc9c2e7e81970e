"""What panels of coloured values have in common: the frame, the curves over them, the colour bar, title and unit."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import SubFigure

from autoviz_render.figures import colours
from autoviz_render.figures.numbers import round_ticks
from autoviz_render.figures.panels import ColouredPanel, Extent
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.artists.colour_bar import ColourBar
from autoviz_render.renderer.plot.artists.curves import CurveArtists
from autoviz_render.renderer.plot.artists.frame import Frame
from autoviz_render.renderer.plot.artists.legend import Legend
from autoviz_render.renderer.plot.artists.stamps import Label, panel_title
from autoviz_render.renderer.plot.layout import Cell, ImageRoom
from autoviz_render.renderer.plot.text_metrics import fitted, text_width, with_factor
from autoviz_render.renderer.plot.theme import Theme

_CORNER = 0.26
"""Inches at both ends of a frame that stay without numbers: two would meet at the corner."""


class Coloured:
    """Everything but the coloured values themselves. `front` are the artists that lie over those, in order."""

    def __init__(self, panel: ColouredPanel, subfigure: SubFigure, cell: Cell, theme: Theme, face: str = "") -> None:
        self._cell = cell
        self._labels = {"x_label": bool(panel.x_label), "y_label": bool(panel.y_label)}
        self.frame = Frame(subfigure, cell, theme, face=face or theme.masked)
        self._curves = [CurveArtists(self.frame, curve) for curve in panel.curves]
        labelled = [curve.handle() for curve in self._curves if curve.label]
        self._legend = Legend(subfigure, cell, labelled) if labelled else None
        self._note = Label(subfigure, cell, boxed=True, ha="right", va="bottom", fontsize=layout.SMALL_SIZE, zorder=6)
        self._bar = ColourBar(subfigure, cell, theme)
        self._title = panel_title(subfigure, cell)
        self._unit = Label(subfigure, cell, ha="right", va="baseline", fontsize=layout.LABEL_SIZE)
        self.front: list[Artist] = [
            *(line for curve in self._curves for line in curve.front),
            self.frame.border,
            *([self._legend.artist] if self._legend else []),
            self._note,
            *self._bar.front,
            self._title,
            self._unit,
        ]

    def show(
        self, panel: ColouredPanel, extent: Extent, limits: colours.ColourRange, not_finite: int
    ) -> tuple[ImageRoom, Extent, Hashable]:
        """Show a panel's surroundings; the room of its values, the part of them that fills it, the frame's look.

        extent: of the values. not_finite: how many of them are not, though they are not masked.
        """
        x0, x1, y0, y1 = view = _opened(panel.view or extent)
        room = layout.image_room(self._cell, (y1 - y0) / (x1 - x0) if panel.equal else None, **self._labels)
        x_ticks = round_ticks(*_inner(x0, x1, room.image.width), _most(room.image.width), panel.tick_unit)
        y_ticks = round_ticks(*_inner(y0, y1, room.image.height), _most(room.image.height), panel.tick_unit)
        labels = (with_factor(panel.x_label, x_ticks), with_factor(panel.y_label, y_ticks))
        look = self.frame.show(room.image, view, (x_ticks, y_ticks), labels)
        for artists, curve in zip(self._curves, panel.curves, strict=True):
            artists.show(curve, view)
        if self._legend is not None:
            self._legend.show(room.image)
        factor = self._bar.show(room.bar, limits, colours.colour_table(panel.colours))
        self._place_texts(panel, room, " ".join(part for part in (f"×{factor}" if factor else "", panel.unit) if part))
        note = f"{not_finite} not finite" if not_finite else ""
        self._note.show(note, room.image.right - 0.06, room.image.bottom + 0.05)
        return room, view, look

    def _place_texts(self, panel: ColouredPanel, room: ImageRoom, unit: str) -> None:
        right = min(room.bar.left + 0.65, self._cell.width - 0.06)
        unit = fitted(unit, self._cell.width / 2, layout.LABEL_SIZE)
        left_over = right - text_width(unit, layout.LABEL_SIZE) - 0.12 - room.image.left
        self._title.show(fitted(panel.title, left_over, layout.TITLE_SIZE), room.image.left, room.title)
        self._unit.show(unit, right, room.title, mathtext=False)


def _opened(view: Extent) -> Extent:
    x0, x1, y0, y1 = (float(edge) for edge in view)
    if not (np.isfinite([x0, x1, y0, y1]).all() and x1 > x0 and y1 > y0):
        raise ValueError(f"an extent is (x0, x1, y0, y1) with x0 < x1 and y0 < y1, not {view}")
    return x0, x1, y0, y1


def _inner(low: float, high: float, inches: float) -> tuple[float, float]:
    free = min(_CORNER / inches, 0.4) * (high - low)
    return low + free, high - free


def _most(inches: float) -> int:
    return max(3, min(5, int(inches / 0.6)))
