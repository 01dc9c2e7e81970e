"""A frame with ticks and numbers on its sides, and the data inside: what Matplotlib's axes are for.

Those measure their texts at every drawing, to find positions that are known here beforehand; ADR 0003 has the costs.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, TICKLEFT, TICKRIGHT
from matplotlib.patches import Rectangle as RectanglePatch
from matplotlib.transforms import Affine2D, Bbox, IdentityTransform, Transform, TransformedBbox

from autoviz_render.figures.numbers import Ticks
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.text_cache import Label, Labels
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.renderer.plot.text_metrics import text_width
from autoviz_render.renderer.plot.theme import BORDER
from autoviz_render.spool.arrays import Floats

_GAP = (3.0 + 2.5) / 72
"""Between a side and its numbers: a tick and a pad."""

_LINE = 1.36 / 72
"""What a line of numbers takes, and a pad to the label behind it, in inches for each point of the font size."""


Sides = tuple[str, str]
"""What is said of the left side, and of the right one."""


class Axis(NamedTuple):
    """One axis of a frame.

    Attributes:
        low: The value at its left or lower end.
        high: The value at its right or upper end.
        ticks: Where its marks are, in the same units, and their numbers.
        label: Beside the numbers.
        room: How long the label may be, in inches.
    """

    low: float
    high: float
    ticks: Ticks
    label: str = ""
    room: float = math.inf

    def ticks_within(self, start: float, length: float) -> list[float]:
        """The positions of the ticks if the axis takes a length from a start, in inches."""
        return [start + (position - self.low) * (length / (self.high - self.low)) for position in self.ticks.positions]

    def without_texts(self) -> Axis:
        """The same marks without numbers and label."""
        return self._replace(ticks=Ticks(self.ticks.positions, ("",) * len(self.ticks.positions)), label="")


class Frame:
    """A face, a border, ticks and their numbers, labels.

    Attributes:
        border: To be drawn over what is inside.
    """

    def __init__(
        self,
        area: Area,
        *,
        face: str = "",
        grid: bool = False,
        size: float = layout.LABEL_SIZE,
        sides: Sides = ("", ""),
    ) -> None:
        """An empty frame.

        Args:
            area: Where it stands.
            face: The colour inside; the paper's if empty.
            grid: Whether lines go across at the ticks.
            size: Of its texts, in points.
            sides: The colours of the vertical axes' texts, at the left and at the right. An empty one is the ink at the
                left, and no axis at the right.
        """
        self._shown: Hashable = None
        self._area, theme, inches, (left, right) = area, area.theme, area.inches, sides
        self._scales = Affine2D(), Affine2D()
        self._transforms: list[Transform] = [scale + inches for scale in self._scales]
        self._box = Bbox.unit()
        self._clip = TransformedBbox(self._box, inches)
        self._face = RectanglePatch((0, 0), 1, 1, facecolor=face or theme.paper, edgecolor="none", zorder=0)
        edge: dict[str, Any] = {"edgecolor": theme.ink, "linewidth": BORDER, "joinstyle": "miter"}
        self.border = RectanglePatch((0, 0), 1, 1, facecolor="none", zorder=4, **edge)
        self._grid = Line2D([], [], color=theme.grid, linewidth=0.7, zorder=0.5, visible=grid)
        for artist in (self._face, self._grid, self.border):
            artist.set_transform(inches)
            area.add(artist)
        upright: dict[str, Any] = {"va": "center", "rotation": 90, "fontsize": size}
        self._bottom = _Side(area, (0, -1), ha="center", va="top", fontsize=size)
        self._left = _Side(area, (-1, 0), ha="right", color=left or theme.ink, **upright)
        self._right = _Side(area, (1, 0), ha="left", color=right, **upright) if right else None

    def show(self, part: Rectangle, x: Axis, y: Axis, right: Axis | None = None) -> Hashable:
        """Stand in a part of the area and show its axes.

        Returns:
            What decides how the frame looks.
        """
        look = part, x, y, right
        if look == self._shown:
            return look
        self._box.set_points(np.array([[part.left, part.bottom], [part.right, part.top]]))
        for patch in (self._face, self.border):
            patch.set_bounds(*part)
        for scale, vertical in zip(self._scales, (y, right or y), strict=True):
            across, up = part.width / (x.high - x.low), part.height / (vertical.high - vertical.low)
            scale.clear().translate(-x.low, -vertical.low).scale(across, up).translate(part.left, part.bottom)
        columns, rows = x.ticks_within(part.left, part.width), y.ticks_within(part.bottom, part.height)
        self._grid.set_data(*_grid(columns, rows, part))
        middle, half_up = part.left + part.width / 2, part.bottom + part.height / 2
        self._bottom.show(columns, [part.bottom] * len(columns), (middle, part.bottom), x)
        reaches = self._bottom.reach(columns, x)
        low = part.bottom - _GAP
        self._left.show([part.left] * len(rows), rows, (part.left, half_up), y, low * (reaches[0] < part.left - _GAP))
        if self._right and right:
            rows, low = right.ticks_within(part.bottom, part.height), low * (reaches[1] > part.right + _GAP)
            self._right.show([part.right] * len(rows), rows, (part.right, half_up), right, low)
        self._shown = look
        return look

    def add(self, *artists: Artist, is_right: bool = False) -> None:
        """Add artists inside the frame, in the units of its axes; their y in those of the right one, if asked."""
        for artist in artists:
            artist.set_transform(self._transforms[is_right])
            artist.set_clip_box(self._clip)
            self._area.add(artist)

    def add_points(self, points: Any) -> None:
        """Add a collection whose offsets are in the units of the axes, its sizes in points."""
        points.set_offset_transform(self._transforms[0])
        points.set_transform(IdentityTransform())
        points.set_clip_box(self._clip)
        self._area.add(points)


class _Side:
    """The marks, numbers and label of one axis."""

    def __init__(self, area: Area, outward: tuple[int, int], **style: Any) -> None:
        self._outward, self._size = outward, style["fontsize"]
        marker: Any = {(0, -1): TICKDOWN, (-1, 0): TICKLEFT, (1, 0): TICKRIGHT}[outward]
        mark: dict[str, Any] = {"linestyle": "none", "markersize": 3.0, "markeredgewidth": BORDER}
        self._marks = Line2D([], [], marker=marker, color=style.get("color", area.theme.ink), **mark)
        self._marks.set_transform(area.inches)
        area.add(self._marks)
        self._numbers = Labels(area, **style)
        self._label = Label(area, **style)

    def show(
        self, x: Sequence[float], y: Sequence[float], middle: tuple[float, float], axis: Axis, low: float = 0.0
    ) -> None:
        """Show an axis: its ticks at points in inches, its label beside the middle.

        Numbers of a vertical axis that reach below `low` would stand over those of the horizontal one.
        """
        self._marks.set_data(x, y)
        dx, dy = (_GAP * each for each in self._outward)
        shown: Iterable[tuple[str, float, float]] = zip(axis.ticks.labels, x, y, strict=True)
        if low:
            shown = ((text, a, b) for text, a, b in shown if b - self._half(text) >= low)
        self._numbers.show([(text, a + dx, b + dy) for text, a, b in shown], mathtext=False)
        far = _GAP + self._size * _LINE
        x0, y0 = (each + far * way for each, way in zip(middle, self._outward, strict=True))
        self._label.show_within(axis.label, x0, y0, axis.room)

    def reach(self, places: Sequence[float], axis: Axis) -> tuple[float, float]:
        """From where to where the numbers of a horizontal axis reach, in inches."""
        ends = [(x - self._half(text), x + self._half(text)) for text, x in zip(axis.ticks.labels, places, strict=True)]
        return min((a for a, _ in ends), default=math.inf), max((b for _, b in ends), default=-math.inf)

    def _half(self, text: str) -> float:
        return text_width(text, self._size, mathtext=False) / 2


def _grid(columns: Sequence[float], rows: Sequence[float], part: Rectangle) -> Floats:
    """Lines across at each tick, with a gap behind each: array[x or y, vertex]."""
    up = [[(x, x, np.nan), (part.bottom, part.top, np.nan)] for x in columns]
    across = [[(part.left, part.right, np.nan), (y, y, np.nan)] for y in rows]
    return np.concatenate([np.empty((2, 0)), *map(np.array, [*up, *across])], axis=1)
