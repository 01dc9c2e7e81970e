"""The artists of what is laid over a panel: lines and bands across, texts and arrows, a compass and a scale bar."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Polygon

from autoviz_render.figures.annotations import Annotation, Compass, Guide, ScaleBar
from autoviz_render.figures.series import as_numbers, on_axis
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.frame import Axis, Frame
from autoviz_render.renderer.plot.artists.text_cache import Label
from autoviz_render.renderer.plot.canvas import Layer, Stroke
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.renderer.plot.text_metrics import text_width
from autoviz_render.spool.arrays import Floats

_ABOVE = 0.05
"""Inches between a point and its text, and between a text and the frame."""


class Guides:
    """Lines and bands across a frame.

    Attributes:
        artists: One for each guide, under the data.
    """

    def __init__(self, guides: Sequence[Guide], area: Area, frame: Frame) -> None:
        self.artists: list[Any] = [_guide(each, each.colour or area.theme.soft) for each in guides]
        frame.add(*self.artists)

    def show(self, guides: Sequence[Guide], x: Axis, y: Axis, *, x_log: bool = False, y_log: bool = False) -> None:
        """Show guides of the same structure.

        Raises:
            ValueError: A band has other ends than two, or a value is not finite or has no place on its axis.
        """
        for guide, artist in zip(guides, self.artists, strict=True):
            is_upright = guide.y is None
            along, log, across = (x, x_log, y) if is_upright else (y, y_log, x)
            at = _placed(guide.x if is_upright else guide.y, along, log=log)
            if at.shape not in ((), (2,)):
                raise ValueError(f"a guide is at one value, or a band between two, not at {at.size}")
            near, far = across.low, across.high
            outline = [(at, near), (at, far)]
            if guide.is_band:
                outline = [(at[0], near), (at[0], far), (at[1], far), (at[1], near)]
            points = np.array(outline if is_upright else [point[::-1] for point in outline], dtype=np.float64)
            if guide.is_band:
                artist.set_xy(points)
            else:
                artist.set_data(*points.T)


class Annotations:
    """Texts and arrows over a frame.

    Attributes:
        artists: The labels and arrows, in order.
    """

    def __init__(self, annotations: Sequence[Annotation], area: Area, frame: Frame) -> None:
        self._texts, self._arrows = [], []
        for each in annotations:
            colour = each.colour or area.theme.ink
            style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 9, "shrinkA": 2, "shrinkB": 1}
            arrow = FancyArrowPatch((0, 0), (1, 1), color=colour, linewidth=1.0, zorder=5, **style)
            frame.add(arrow)
            arrow.set_transform(area.inches)
            self._arrows.append(arrow)
            style = {"va": "bottom", "ha": "left", "fontsize": layout.SMALL_SIZE, "color": colour, "zorder": 6}
            self._texts.append(Label(area, boxed=not each.colour, **style))
        self.artists: list[Artist] = [*self._arrows, *self._texts]

    def show(
        self,
        annotations: Sequence[Annotation],
        part: Rectangle,
        x: Axis,
        y: Axis,
        *,
        x_log: bool = False,
        y_log: bool = False,
    ) -> None:
        """Show annotations of the same structure.

        Args:
            part: The frame, in inches.
            x, y: Its axes.
        """

        def place(point: tuple[Any, Any]) -> tuple[float, float]:
            column, row = (
                float(_placed(value, axis, log=log))
                for value, axis, log in zip(point, (x, y), (x_log, y_log), strict=True)
            )
            across, up = (column - x.low) / (x.high - x.low), (row - y.low) / (y.high - y.low)
            return part.left + part.width * across, part.bottom + part.height * up

        for each, text, arrow in zip(annotations, self._texts, self._arrows, strict=True):
            column, row = place((each.x, each.y))
            is_inside = part.left <= column <= part.right and part.bottom <= row <= part.top
            width, height = text_width(each.text, layout.SMALL_SIZE), 1.25 * layout.SMALL_SIZE / 72
            left = max(min(column - width / 2, part.right - width - _ABOVE), part.left + _ABOVE)
            bottom = row + _ABOVE if row + 2 * _ABOVE + height < part.top else row - _ABOVE - height
            text.show(each.text if is_inside else "", left, bottom)
            arrow.set_visible(is_inside and each.to is not None)
            if arrow.get_visible() and each.to is not None:
                end = place(each.to)
                start = _start(left, bottom, width, height, end) if each.text else (column, row)
                arrow.set_positions(start, end)


_LONG = 0.14, 0.34
"""The longer arrow of a compass: as a share of an image's width, and in inches at most."""

_INSIDE = 0.13
"""Inches between the marks and the frame."""

_HEAD = 0.06
"""Inches of the two strokes of an arrow's head."""

_LEAST = 1.2
"""Inches of a side of an image that has room for marks."""


class SkyMarks:
    """A compass and a scale bar in the upper corners of an image: white with a dark edge, seen on any colour.

    Attributes:
        artists: The lines, their edge first, and the texts.
        layers: The same.
    """

    def __init__(self, marks: Sequence[Compass | ScaleBar], area: Area) -> None:
        self.artists: list[Artist] = []
        self.layers: list[Layer] = []
        if not marks:
            return
        style: dict[str, Any] = {"zorder": 5, "solid_capstyle": "round", "solid_joinstyle": "round"}
        self._lines = [Stroke([], [], color=colour, linewidth=width, **style) for colour, width in _EDGED]
        for line in self._lines:
            line.set_transform(area.inches)
            area.add(line)
        texts: dict[str, Any] = {"fontsize": layout.LABEL_SIZE, "color": _EDGED[1][0], "zorder": 6}
        make = partial(Label, area, edge=_EDGED[0][0], ha="center", va="center", **texts)
        self._north, self._east, self._length = make(), make(), make()
        self.artists = [*self._lines, self._north, self._east, self._length]
        self.layers = [self._lines, self._north, self._east, self._length]

    def show(self, marks: Sequence[Compass | ScaleBar], part: Rectangle, x: Axis, y: Axis, lower: float) -> None:
        """Show marks; those for which there is no room are not shown.

        Args:
            marks: Of the same kinds as before.
            part: The image, in inches.
            x, y: Its axes.
            lower: Inches at the top right that are taken.
        """
        if not marks:
            return
        per_unit = part.width / (x.high - x.low), part.height / (y.high - y.low)
        paths: list[Floats] = []
        for label in (self._north, self._east, self._length):
            label.show("", 0.0, 0.0)
        for mark in marks if min(part.width, part.height) >= _LEAST else ():
            if isinstance(mark, Compass):
                paths += self._show_compass(mark, part, per_unit, lower)
            else:
                paths += self._show_bar(mark, part, abs(per_unit[0]))
        points = np.concatenate([np.empty((0, 2)), *(np.vstack([path, [[np.nan, np.nan]]]) for path in paths)])
        for line in self._lines:
            line.set_data(*points.T)

    def _show_compass(
        self, compass: Compass, part: Rectangle, per_unit: tuple[float, float], lower: float
    ) -> list[Floats]:
        """Both arrows with their letters, in a box in the upper right corner."""
        arrows = np.array([compass.north, compass.east], dtype=np.float64) * per_unit
        lengths = np.hypot(*arrows.T)
        if not (np.isfinite(lengths).all() and lengths.min() > 0):
            return []
        arrows *= min(_LONG[0] * part.width, _LONG[1]) / lengths.max()
        letters = arrows * (1 + 0.12 / np.hypot(*arrows.T))[:, None]
        half = 0.6 * layout.LABEL_SIZE / 72
        ends = np.vstack([[[0.0, 0.0]], letters - half, letters + half])
        corner = np.array([part.right - _INSIDE, part.top - _INSIDE - lower]) - ends.max(axis=0)
        for label, text, (left, bottom) in zip((self._north, self._east), "NE", corner + letters, strict=True):
            label.show(text, float(left), float(bottom))
        return [_arrow(corner, corner + arrow) for arrow in arrows]

    def _show_bar(self, bar: ScaleBar, part: Rectangle, per_unit: float) -> list[Floats]:
        """The bar in the upper left corner, with its length under it."""
        length = bar.length * per_unit
        width = max(length, text_width(bar.label, layout.LABEL_SIZE))
        if not 0.05 <= length <= 0.6 * part.width or width > 0.6 * part.width:
            return []
        left, top = part.left + _INSIDE + (width - length) / 2, part.top - _INSIDE - 0.04
        self._length.show(bar.label, part.left + _INSIDE + width / 2, top - 0.07 - 0.62 * layout.LABEL_SIZE / 72)
        tick = 0.04
        return [
            np.array([(left, top - tick), (left, top + tick)]),
            np.array([(left, top), (left + length, top)]),
            np.array([(left + length, top - tick), (left + length, top + tick)]),
        ]


_EDGED = (("black", 2.9), ("white", 1.3))
"""Colour and width of the edge of a line, and of the line."""


def _arrow(start: Floats, end: Floats) -> Floats:
    """A line with two strokes at its end: array[vertex, 2]."""
    along = (end - start) / np.hypot(*(end - start))
    across = np.array([-along[1], along[0]])
    sides = [end - _HEAD * along + sign * 0.6 * _HEAD * across for sign in (1, -1)]
    return np.array([start, end, sides[0], end, sides[1]])


def overlay_structure(panel: Any) -> Hashable:
    """What of the guides and annotations of a panel is fixed when their artists are built."""
    guides = [(each.colour, each.style, each.width, each.label, each.is_band) for each in panel.guides]
    return tuple(guides), tuple(each.colour for each in panel.annotations)


def _guide(guide: Guide, colour: str) -> Line2D | Polygon:
    if guide.is_band:
        return Polygon(np.zeros((4, 2)), facecolor=colour, edgecolor="none", alpha=0.22, zorder=1.5)
    style: Any = guide.style or "none"
    return Line2D([], [], color=colour, linewidth=guide.width, linestyle=style, zorder=1.6)


def _placed(value: Any, axis: Axis, *, log: bool) -> Any:
    """Where values stand on an axis, in its units; far ones just outside: Agg's coordinates end at 2^24 pixels."""
    numbers = as_numbers(value)
    if not np.isfinite(numbers).all() or (log and (numbers <= 0).any()):
        raise ValueError(f"an annotation stands at finite values, positive on a logarithmic axis, not at {value}")
    far = 2 * abs(axis.high - axis.low)
    middle = (axis.low + axis.high) / 2
    return np.clip(on_axis(numbers, log=log), middle - far, middle + far)


def _start(left: float, bottom: float, width: float, height: float, end: tuple[float, float]) -> tuple[float, float]:
    """The point of a text's border that an arrow to a point leaves from."""
    x = min(max(end[0], left), left + width)
    y = bottom if end[1] < bottom else bottom + height if end[1] > bottom + height else bottom + height / 2
    if bottom <= end[1] <= bottom + height:
        x = left if end[0] < left else left + width
    else:
        x = left + width / 2 if abs(end[0] - left - width / 2) < width else x
    return x, y
