"""What panels with a colour bar have in common: the frame, the curves over the values, the bar, title and unit."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist

from autoviz_render.figures import colours
from autoviz_render.figures.annotations import Guide
from autoviz_render.figures.numbers import Ticks
from autoviz_render.figures.panels import ColouredPanel, Curve, Extent, is_same
from autoviz_render.figures.series import as_numbers, on_axis
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.annotations import Annotations, Guides, SkyMarks, overlay_structure
from autoviz_render.renderer.plot.artists.colour_bar import ColourBar
from autoviz_render.renderer.plot.artists.frame import Axis, Frame
from autoviz_render.renderer.plot.artists.legend import Legend
from autoviz_render.renderer.plot.artists.text_cache import Label, panel_title
from autoviz_render.renderer.plot.axis_ticks import ticks_along
from autoviz_render.renderer.plot.canvas import Layer, Stroke
from autoviz_render.renderer.plot.colour_pixels import colour_pixels, colour_table, rgb
from autoviz_render.renderer.plot.layout import ColouredParts, Rectangle
from autoviz_render.renderer.plot.text_metrics import fitted, text_width, with_factor
from autoviz_render.spool.arrays import Array, Floats, Pixels

_CORNER = 0.26
"""Inches at both ends of an axis that stay without numbers, unless it is short: two would meet at the corner."""

_SHORT = 2.4
"""Inches: a shorter axis has numbers at its ends, too, or it would have but one."""

_APART = 0.12
"""Inches between the title and the unit."""

_BESIDE = 0.6
"""Inches from the bar to what stands beyond its numbers."""

_LINE = 0.24
"""Inches of a line of small text, with the space around it."""

_LABELS = (0.3, 0.52)
"""Inches that the numbers of an axis take, without a label and with one."""

_LEFT = 0.34
"""Inches to the left of a title at least."""


class Coloured:
    """Everything but the coloured values themselves.

    Attributes:
        frame: For the artists of the values.
        foreground: The artists that lie over those, in order.
    """

    def __init__(self, panel: ColouredPanel, area: Area, face: str = "") -> None:
        self._area = area
        self._labels = {"x_label": bool(panel.x_label), "y_label": bool(panel.y_label)}
        self.frame = Frame(area, face=face or area.theme.masked)
        self._curves = [_curve_lines(curve) for curve in panel.curves]
        self._shown_curves: tuple[Any, list[Any]] = ((), [])
        lines = [line for curve in self._curves for line in curve]
        self.frame.add(*lines)
        self._guides = Guides(panel.guides, area, self.frame)
        self._annotations = Annotations(panel.annotations, area, self.frame)
        named: list[Curve | Guide] = [*panel.curves, *panel.guides]
        drawn = zip([*self._curves, *self._guides.artists], named, strict=True)
        entries = [(artist, each.label) for artist, each in drawn if each.label]
        self._legends = [Legend(area, entries)] if entries else []
        self._marks = SkyMarks(panel.marks, area)
        self._note = Label(area, boxed=True, ha="right", va="bottom", fontsize=layout.SMALL_SIZE, zorder=6)
        self._bar = None if getattr(panel, "is_picture", False) else ColourBar(area)
        self._title = panel_title(area)
        self._unit = Label(area, ha="right", va="baseline", fontsize=layout.LABEL_SIZE)
        over = [*self._guides.artists, *lines, self.frame.border, *self._annotations.artists]
        bar = self._bar.layers if self._bar else []
        self.layers: list[Layer] = [
            self._guides.artists,
            *self._curves,
            [self.frame.border],
            *(each if isinstance(each, Label) else [each] for each in self._annotations.artists),
            self._legends,
            *self._marks.layers,
            *[self._note, *bar, self._title, self._unit],
        ]
        self.layers = [each for each in self.layers if not isinstance(each, Sequence) or each]
        self.foreground: list[Artist] = [
            *[*over, *self._legends, *self._marks.artists, self._note],
            *(self._bar.foreground if self._bar else []),
            *[self._title, self._unit],
        ]

    def show(self, panel: ColouredPanel, extent: Extent) -> tuple[ColouredParts, Extent, Hashable]:
        """Show what surrounds a panel's values.

        Args:
            panel: The panel.
            extent: Of its values.

        Returns:
            Where its parts stand, the view that fills the image's part, and what decides how the frame looks.

        Raises:
            ValueError: There is no such view or colour map, or a curve's arrays have different shapes.
        """
        logs = {name: bool(getattr(panel, name, False)) for name in ("x_log", "y_log")}  # of points alone
        x0, x1, y0, y1 = view = _checked(panel.view or extent, **logs)
        aspect = abs((y1 - y0) / (x1 - x0)) if panel.equal else None
        parts = layout.coloured_parts(self._area.size, aspect, **self._labels)
        x = _axis(x0, x1, parts.image.width, panel.x_label, panel.tick_unit, log=logs["x_log"])
        upright: dict[str, Any] = {"log": logs["y_log"], "above": layout.TITLE_GAP}
        y = _axis(y0, y1, parts.image.height, panel.y_label, panel.tick_unit, **upright)
        if any(axis.label and not given for axis, given in ((x, panel.x_label), (y, panel.y_label))):
            parts = layout.coloured_parts(self._area.size, aspect, x_label=bool(x.label), y_label=bool(y.label))
        look = self.frame.show(parts.image, x, y)
        self._guides.show(panel.guides, x, y, **logs)
        self._annotations.show(panel.annotations, parts.image, x, y, **logs)
        self._show_curves(panel.curves, (x.low, x.high, y.low, y.high), logs)
        beside = self._beside(parts, _LABELS[bool(x.label)])
        for legend in self._legends:
            legend.show_in(parts.image, beside)
        values = panel.coloured_values()
        self._limits = colours.range_of(panel, values)
        common = self._bar.show(parts.bar, self._limits, colour_table(panel.colours)) if self._bar else ""
        self._show_title(panel, parts, common)
        count = values.size - np.count_nonzero(np.isfinite(values))
        is_high = self._show_note(f"{count:,} not finite" if count else "", parts.image, beside)
        self._marks.show(panel.marks, parts.image, x, y, lower=0.25 * is_high)
        return parts, view, look

    def _show_curves(self, curves: Sequence[Curve], view: Extent, logs: dict[str, bool]) -> None:
        """Show curves of the same structure; those that are as before are left alone."""
        shown = (
            self._shown_curves if self._shown_curves[0] == (view, logs) else ((view, logs), [object()] * len(curves))
        )
        self._shown_curves = ((), [])  # unless all of them can be shown
        for lines, curve, before in zip(self._curves, curves, shown[1], strict=True):
            if not is_same(curve, before):
                near = _near(_placed(curve.x, log=logs["x_log"]), _placed(curve.y, log=logs["y_log"]), view)
                for line in lines:
                    line.set_data(*near)
        self._shown_curves = shown[0], list(curves)

    def _beside(self, parts: ColouredParts, labels: float) -> Rectangle:
        """Where there is room for what is too large for the image: under a low one, at the right of a narrow one.

        labels: Inches that the axis takes under the image.
        """
        image, left = parts.image, parts.bar.right + _BESIDE
        if image.height < image.width / 2:
            top = image.bottom - labels
            height = max(0.0, min(top, sum(legend.height for legend in self._legends) + 0.25))
            return Rectangle(image.left, top - height, image.width, height)
        return Rectangle(left, image.bottom, max(0.0, self._area.size.width - left), image.height)

    def _show_note(self, note: str, image: Rectangle, beside: Rectangle) -> bool:
        """A note in the lower right corner, in the upper one if a legend is in the way, beside the image, or none.

        Returns whether it is in the upper one of the image.
        """
        needed = text_width(note, self._note.size) + 0.12
        fitting = [part for part in (image, beside) if part.width >= needed and part.height >= _LINE]
        part = fitting[0] if fitting else image
        in_the_way = sum(legend.needed for legend in self._legends)
        is_high = bool(in_the_way) and part.width < needed + in_the_way
        line = part.top - 0.25 if is_high else part.bottom + 0.05
        self._note.show(note if fitting else "", part.right - 0.06, line)
        return bool(note) and is_high and part is image

    def _show_title(self, panel: ColouredPanel, parts: ColouredParts, common: str) -> None:
        """The title, and over the bar what its numbers leave out, which is never cut, and the unit.

        If an image is too narrow for them, they begin further to the left and end further to the right.
        """
        unit = f"{common} {panel.unit}".strip()
        wanted, apart = text_width(panel.title, self._title.size), _APART * bool(unit)
        is_short = wanted + apart + text_width(unit, self._unit.size) > self._area.size.width - _LEFT - 0.06
        size = layout.SMALL_SIZE if is_short else self._unit.size
        least, most = (text_width(text, size) for text in (common, unit))
        right = max(parts.bar.left + 0.65, _LEFT + wanted + apart + most)
        right = min(right, self._area.size.width - 0.06)
        left = max(_LEFT, min(parts.image.left, right - wanted - apart - most))
        free = right - left - apart
        given = max(least, min(most, max(free - wanted, free / 2)))
        if given < most:
            rest = given - text_width(f"{common} ", size) if common else given
            unit = f"{common} {fitted(panel.unit, rest, size)}".strip() if rest > 0.3 else common
        self._title.show_within(panel.title, left, parts.title, free - text_width(unit, size))
        self._unit.set_fontsize(size)
        self._unit.show(unit, right, parts.title)

    def pixels(self, panel: ColouredPanel, values: Array, mask: Array | None = None) -> Pixels:
        """The colours of values of the panel that was shown, of any shape: array[..., 4], opaque RGBA."""
        masked, not_finite = rgb(self._area.theme.masked), rgb(self._area.theme.not_finite)
        table = colour_table(panel.colours)
        return colour_pixels(values, mask, self._limits, table, masked=masked, not_finite=not_finite)


def coloured_structure(panel: ColouredPanel) -> Hashable:
    """What of such a panel is fixed when its artists are built."""
    styles = [(each.colour, each.style, each.width, each.marker, each.label, each.outline) for each in panel.curves]
    return bool(panel.x_label), bool(panel.y_label), overlay_structure(panel), tuple(map(type, panel.marks)), *styles


def _axis(
    low: float, high: float, inches: float, label: str, tick_unit: str, *, log: bool, above: float = math.inf
) -> Axis:
    """An axis with its ticks; `above` is how far its numbers may reach beyond its end, in inches."""
    is_short = inches < _SHORT
    corner = 0.0 if is_short else _CORNER
    start, stop = on_axis(np.array([low, high]), log=log).tolist()
    ends = (each + sign * corner / inches * (stop - start) for each, sign in ((start, 1), (stop, -1)))
    ends = (10.0**end for end in ends) if log else ends
    most = max(3, min(5, int(inches / 0.6)))
    room = _CORNER if is_short else _CORNER / 2
    beyond = room, min(room, corner + above)
    along: dict[str, Any] = {"most": most, "suffix": tick_unit, "beyond": beyond, "log": log}
    ticks = ticks_along(*ends, inches - 2 * corner, layout.LABEL_SIZE, **along)
    label = with_factor(label, ticks, inches + 2 * room, layout.SMALL_SIZE)
    positions = on_axis(np.array(ticks.positions), log=log).tolist()
    return Axis(start, stop, Ticks(tuple(positions), ticks.labels), label, inches + 2 * room)


def _checked(view: Extent, *, x_log: bool = False, y_log: bool = False) -> Extent:
    x0, x1, y0, y1 = (float(edge) for edge in view)
    if (x_log and min(x0, x1) <= 0) or (y_log and min(y0, y1) <= 0):
        raise ValueError(f"a view of logarithmic axes is positive, not {view}")
    if not (np.isfinite([x0, x1, y0, y1]).all() and x1 != x0 and y1 != y0):
        raise ValueError(f"a view is (x0, x1, y0, y1), x0 and x1 different, y0 and y1 too, not {view}")
    return x0, x1, y0, y1


def _curve_lines(curve: Curve) -> tuple[Stroke, ...]:
    """A curve's outline, if it has one, and its line over it."""
    look: dict[str, Any] = {"marker": curve.marker, "zorder": 3}
    outlined: Any = "-" if curve.style else "none"
    style: Any = curve.style or "none"
    line = Stroke([], [], color=curve.colour, linewidth=curve.width, linestyle=style, **look)
    if not curve.outline:
        return (line,)
    look |= {"markersize": 7, "markeredgewidth": 2.2, "solid_capstyle": "round", "linestyle": outlined}
    return Stroke([], [], color=curve.outline, linewidth=curve.width + 1.4, **look), line


def _placed(values: Any, *, log: bool) -> Floats:
    """Where values stand on an axis; NaN for those that have no place on a logarithmic one."""
    numbers = as_numbers(values)
    return on_axis(np.where(numbers > 0, numbers, np.nan), log=True) if log else numbers


def _near(x: Array, y: Array, view: Extent) -> tuple[Array, Array]:
    """A curve without its far points: Agg's coordinates end at about 2^24 pixels."""
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"a curve is two arrays[vertex], not of shapes {x.shape} and {y.shape}")
    x0, x1, y0, y1 = view
    (x0, x1), (y0, y1) = sorted((x0, x1)), sorted((y0, y1))  # a reversed axis has its larger end first
    far_x, far_y = 100 * (x1 - x0), 100 * (y1 - y0)
    kept = (x > x0 - far_x) & (x < x1 + far_x) & (y > y0 - far_y) & (y < y1 + far_y)
    return np.where(kept, x, np.nan), np.where(kept, y, np.nan)
