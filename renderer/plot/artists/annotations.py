"""The artists of what is laid over a panel: lines and bands across, texts and arrows."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Polygon

from autoviz_render.figures.annotations import Annotation, Guide
from autoviz_render.figures.series import as_numbers, on_axis
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.frame import Axis, Frame
from autoviz_render.renderer.plot.artists.text_cache import Label
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.renderer.plot.text_metrics import text_width

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
