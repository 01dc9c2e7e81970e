"""A frame with ticks and numbers on two sides, and the place of the data inside: what Matplotlib's axes are for.

Those measure their texts at every drawing, to find places that are known here beforehand, and take ten times as long.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, TICKLEFT
from matplotlib.patches import Rectangle as RectanglePatch
from matplotlib.transforms import Affine2D, Bbox, Transform, TransformedBbox

from autoviz_render.figures.numbers import Ticks
from autoviz_render.figures.panels import Extent
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.artists.stamps import Label
from autoviz_render.renderer.plot.layout import Cell, Rectangle
from autoviz_render.renderer.plot.theme import Theme

BORDER = 0.8
"""Width of frames, in points."""

_TICK = 3.0 / 72
_PAD = 2.5 / 72


class Frame:
    """A face, a border, ticks and their numbers, labels.

    transform: from the units of the view to the page; for artists in front, which `clip` cuts at the border.
    border: to be drawn over what is inside.
    """

    def __init__(
        self,
        subfigure: SubFigure,
        cell: Cell,
        theme: Theme,
        *,
        face: str,
        grid: bool = False,
        size: float = layout.LABEL_SIZE,
    ) -> None:
        self._cell, self._subfigure = cell, subfigure
        self._data = Affine2D()
        self._inches = Affine2D().scale(1 / cell.width, 1 / cell.height) + subfigure.transSubfigure
        self.transform: Transform = self._data + self._inches
        self._box = Bbox.unit()
        self.clip = TransformedBbox(self._box, self._inches)
        self._face = RectanglePatch((0, 0), 1, 1, facecolor=face, edgecolor="none", zorder=0)
        self.border = RectanglePatch(
            (0, 0), 1, 1, facecolor="none", edgecolor=theme.ink, linewidth=BORDER, zorder=4, joinstyle="miter"
        )
        self._grid = Line2D([], [], color=theme.grid, linewidth=0.7, zorder=0.5, visible=grid)
        mark: dict[str, Any] = {"linestyle": "none", "markersize": 3.0, "markeredgewidth": BORDER, "color": theme.ink}
        self._marks = [Line2D([], [], **mark | {"marker": marker}) for marker in (TICKDOWN, TICKLEFT)]
        for artist in (self._face, self._grid, *self._marks, self.border):
            artist.set_transform(self._inches)
            subfigure.add_artist(artist)
        self._line = size * 1.2 / 72
        self._numbers: tuple[list[Label], list[Label]] = ([], [])
        self._number_style: tuple[dict[str, Any], dict[str, Any]] = (
            {"ha": "center", "va": "top", "fontsize": size},
            {"ha": "right", "va": "center", "fontsize": size, "rotation": 90},
        )
        self._labels = (
            Label(subfigure, cell, ha="center", va="top", fontsize=size),
            Label(subfigure, cell, ha="right", va="center", fontsize=size, rotation=90),
        )

    def show(self, room: Rectangle, view: Extent, ticks: tuple[Ticks, Ticks], labels: tuple[str, str]) -> Hashable:
        """Stand in a room and show a view; what is then to be seen of it, for comparison."""
        x0, x1, y0, y1 = view
        across, up = room.width / (x1 - x0), room.height / (y1 - y0)
        self._data.clear().translate(-x0, -y0).scale(across, up).translate(room.left, room.bottom)
        self._box.set_points(np.array([[room.left, room.bottom], [room.right, room.top]]))
        for patch in (self._face, self.border):
            patch.set_bounds(room.left, room.bottom, room.width, room.height)
        columns = [room.left + (place - x0) * across for place in ticks[0].positions]
        rows = [room.bottom + (place - y0) * up for place in ticks[1].positions]
        self._marks[0].set_data(columns, [room.bottom] * len(columns))
        self._marks[1].set_data([room.left] * len(rows), rows)
        self._grid.set_data(*_grid(columns, rows, room))
        below, beside = room.bottom - _TICK - _PAD, room.left - _TICK - _PAD
        self._number(0, [(text, x, below) for text, x in zip(ticks[0].labels, columns, strict=True)])
        self._number(1, [(text, beside, y) for text, y in zip(ticks[1].labels, rows, strict=True)])
        self._labels[0].show(labels[0], room.left + room.width / 2, below - self._line * bool(ticks[0].labels))
        self._labels[1].show(labels[1], beside - self._line * bool(ticks[1].labels), room.bottom + room.height / 2)
        return room, view, ticks, labels

    def add(self, artist: Artist) -> None:
        """An artist inside the frame, in the units of the view."""
        artist.set_transform(self.transform)
        artist.set_clip_box(self.clip)
        self._subfigure.add_artist(artist)

    def _number(self, axis: int, numbers: Sequence[tuple[str, float, float]]) -> None:
        labels = self._numbers[axis]
        while len(labels) < len(numbers):
            labels.append(Label(self._subfigure, self._cell, **self._number_style[axis]))
        for label in labels[len(numbers) :]:
            label.show("", 0, 0)
        for label, number in zip(labels, numbers, strict=False):
            label.show(*number)


def _grid(columns: Sequence[float], rows: Sequence[float], room: Rectangle) -> npt.NDArray[np.float64]:
    """Lines across the room at each tick, with a gap behind each: array[x or y, vertex]."""
    up = [[(x, x, np.nan), (room.bottom, room.top, np.nan)] for x in columns]
    across = [[(room.left, room.right, np.nan), (y, y, np.nan)] for y in rows]
    return np.concatenate([np.array(line, dtype=np.float64) for line in [*up, *across]] or [np.empty((2, 0))], axis=1)
