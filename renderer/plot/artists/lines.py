"""The artists of a panel of lines: a frame, and a strip of residuals under it if there are some; of a histogram too."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from autoviz_render.figures import densities
from autoviz_render.figures.extremes import lines_in_reach
from autoviz_render.figures.numbers import Ticks
from autoviz_render.figures.panels import HistogramPanel, LinesPanel, Series
from autoviz_render.figures.series import Limits, Points, lines_of, on_axis
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.frame import Axis, Frame, Sides
from autoviz_render.renderer.plot.artists.legend import Legend, LegendPosition, column_height, row_width
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.artists.text_cache import panel_title
from autoviz_render.renderer.plot.axis_ticks import ticks_along
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.renderer.plot.text_metrics import with_factor
from autoviz_render.spool.arrays import Floats

_STRIP = 0.3
"""Share of the height that residuals take."""

_BETWEEN = 0.1
"""Inches between the lines and their residuals."""


class LinesArtists(PanelArtists):
    """Lines with error bars, limits that hold all of them, and a legend if they have labels."""

    def __init__(self, panel: LinesPanel, area: Area) -> None:
        part = layout.lines_part(area.size, right=any(series.axis == "right" for series in panel.series))
        entries = [series.label for series in panel.series if series.label]
        needed = row_width(entries)
        is_beside = needed <= 0.7 * part.width
        self._title_line = part.top + layout.TITLE_GAP
        self._for_title = part.width - needed * is_beside
        if not is_beside:
            part = part._replace(height=part.height - column_height(len(entries)))
        strip_height, gap = (_STRIP * part.height, _BETWEEN) if panel.residuals else (0.0, 0.0)
        strip = part._replace(height=strip_height)
        self._parts = [Rectangle(part.left, strip.top + gap, part.width, part.height - strip_height - gap), strip]
        self._strips = [_Strip(panel.series, area), *([_Strip(panel.residuals, area)] if panel.residuals else [])]
        lines = zip(self._strips[0].lines, panel.series, strict=True)
        labelled = [(line, series.label) for line, series in lines if series.label]
        position: LegendPosition = "beside the title" if is_beside else "under the title"
        self._legends = [Legend(area, labelled, position)] if labelled else []
        self._title = panel_title(area)
        drawn = [artist for strip in self._strips for artist in strip.foreground]
        self.foreground = [*drawn, self._title, *self._legends]

    @staticmethod
    def structure(panel: LinesPanel) -> Hashable:
        labels = bool(panel.x_label), bool(panel.y_label), bool(panel.residual_label)
        styles = [tuple(map(_style, series)) for series in (panel.series, panel.residuals)]
        return labels, *styles

    @staticmethod
    def axes(panel: LinesPanel) -> Mapping[str, Any]:
        numbers = lines_of(panel)
        return {"x_limits": numbers.x, "y_limits": numbers.left, "right_limits": numbers.right}

    def update(self, panel: LinesPanel) -> Hashable:
        panel = lines_in_reach(panel)
        part, strip = self._parts
        self._title.show_within(panel.title, part.left, self._title_line, self._for_title)
        for legend in self._legends:
            legend.show(part)
        numbers = lines_of(panel)
        x = _axis(numbers.x, panel.x_label, part.width, log=panel.x_log)
        beyond = (_BETWEEN / 2 if numbers.residuals else 0.2, 0.2)  # no number stands over one of the strip
        y = _axis(numbers.left, panel.y_label, part.height, log=panel.y_log, beyond=beyond)
        if numbers.series and all(points.is_right for points in numbers.series):
            y = y._replace(ticks=Ticks((), ()))  # nothing is measured on it
        right = numbers.right and _axis(numbers.right, panel.right_label, part.height, log=panel.right_log)
        if not numbers.residuals:
            return self._strips[0].show(numbers.series, part, x, y, right)
        low = _axis(numbers.below, panel.residual_label, strip.height, log=False, beyond=beyond[::-1])
        above = self._strips[0].show(numbers.series, part, x.without_texts(), y, right)
        return above, self._strips[1].show(numbers.residuals, strip, x, low)


class HistogramArtists(PanelArtists):
    """A histogram as the outline of its bins, with a line across at the marked value."""

    def __init__(self, panel: HistogramPanel, area: Area) -> None:
        nothing = np.empty(0)
        self._series = [Series(nothing, nothing, fill=True), Series(nothing, nothing, colour=area.theme.lines[1])]
        self._lines = LinesArtists(self._as_lines(panel, self._series), area)
        self.foreground = self._lines.foreground

    @staticmethod
    def structure(panel: HistogramPanel) -> Hashable:
        return bool(panel.x_label), bool(panel.y_label)

    @staticmethod
    def axes(panel: HistogramPanel) -> Mapping[str, Any]:
        edges, _, density = _outline(panel)
        return {"bins": tuple(edges.tolist()), "y_limits": _heights(panel, density)}

    def update(self, panel: HistogramPanel) -> Hashable:
        edges, x, density = _outline(panel)
        low, high = heights = _heights(panel, density)
        bins, mark = self._series
        series = [replace(bins, x=x, y=density), replace(mark, x=np.full(2, panel.marked), y=np.array([low, high]))]
        limits = {"x_limits": (float(edges[0]), float(edges[-1])), "y_limits": heights}
        return self._lines.update(self._as_lines(panel, series, **limits))

    @staticmethod
    def _as_lines(panel: HistogramPanel, series: list[Series], **limits: Limits) -> LinesPanel:
        return LinesPanel(panel.title, series, x_label=panel.x_label, y_label=panel.y_label, **limits)  # type: ignore[arg-type]


def _outline(panel: HistogramPanel) -> tuple[Floats, Floats, Floats]:
    """The edges of a histogram's bins, and its outline in x and y."""
    values, weights = densities.usable(panel.values, panel.weights)
    edges = np.asarray(panel.bins, dtype=np.float64)
    if edges.ndim == 0:
        edges = np.linspace(*densities.interesting(values, weights), int(edges) + 1)
    return edges, *densities.steps(values, weights, edges)


def _heights(panel: HistogramPanel, density: Floats) -> Limits:
    return panel.y_limits or (0.0, 1.08 * (float(density.max()) or 1.0))


class _Strip:
    """A frame with lines in it."""

    def __init__(self, series: Sequence[Series], area: Area) -> None:
        colours = [each.colour or area.theme.lines[i % len(area.theme.lines)] for i, each in enumerate(series)]
        self._frame = Frame(area, grid=True, sides=_colours_of_sides(series, colours, area.theme.ink))
        self.lines: list[Line2D] = []
        self._bars: list[LineCollection] = []
        self._fills: list[Polygon] = []
        for each, colour in zip(series, colours, strict=True):
            look: Any = {"linestyle": each.style or "none", "linewidth": each.width, "marker": each.marker}
            self.lines.append(Line2D([], [], color=colour, markersize=3.5, zorder=3, **look))
            self._bars.append(LineCollection([], colors=colour, linewidths=0.9, zorder=2.5))
            self._fills.append(Polygon(np.zeros((1, 2)), facecolor=colour, edgecolor="none", alpha=0.25, zorder=2))
        drawn: list[Artist] = [*self._fills, *self._bars, *self.lines]
        for artist, each in zip(drawn, [*series] * 3, strict=True):
            self._frame.add(artist, is_right=each.axis == "right")
        self.foreground = [*drawn, self._frame.border]

    def show(self, series: Sequence[Points], part: Rectangle, x: Axis, y: Axis, right: Axis | None = None) -> Hashable:
        for points, line, bars, fill in zip(series, self.lines, self._bars, self._fills, strict=True):
            columns, rows = points.columns(), points.rows(points.y)
            line.set_data(columns, rows)
            beside = columns[points.has_bar]
            ends = [points.rows(end[points.has_bar]) for end in (points.low, points.high)]
            bars.set_segments(list(np.stack([np.stack([beside, end], axis=-1) for end in ends], axis=1)))
            fill.set_visible(points.fill)
            if points.fill:
                axis = right if right and points.is_right else y
                floor = axis.low if points.y_log else max(axis.low, min(axis.high, 0.0))
                fill.set_xy(_filled(columns, rows, floor))
        return self._frame.show(part, x, y, right)


def _style(series: Series) -> Hashable:
    return series.label, series.colour, series.style, series.width, series.marker, series.axis


def _colours_of_sides(series: Sequence[Series], colours: Sequence[str], ink: str) -> Sides:
    """If there are two vertical axes: the colour of the series that an axis has alone, the ink for one of several."""
    left, right = (
        [colour for each, colour in zip(series, colours, strict=True) if (each.axis == "right") is is_right]
        for is_right in (False, True)
    )
    return (left[0] if len(left) == 1 else ink, right[0] if len(right) == 1 else ink) if right else ("", "")


def _axis(limits: Limits, label: str, inches: float, *, log: bool, beyond: tuple[float, float] = (0.2, 0.2)) -> Axis:
    """An axis with ticks where they stand on it, and the power of ten that their numbers leave out in its label."""
    low, high = limits
    if not (np.isfinite([low, high]).all() and low < high and (low > 0 or not log)):
        raise ValueError(f"limits are two numbers, the lower first, positive on a logarithmic axis: not {limits}")
    ticks = ticks_along(low, high, inches, layout.LABEL_SIZE, log=log, beyond=beyond)
    start, end, *positions = on_axis(np.array([low, high, *ticks.positions]), log=log).tolist()
    room = inches + 2 * min(beyond)
    label = with_factor(label, ticks, room, layout.SMALL_SIZE)
    return Axis(start, end, Ticks(tuple(positions), ticks.labels), label, room)


def _filled(columns: Floats, rows: Floats, floor: float) -> Floats:
    """The outline of what lies between a line and a floor: array[vertex, 2]; never empty."""
    finite = np.isfinite(columns) & np.isfinite(rows)
    columns, rows = columns[finite], rows[finite]
    if not columns.size:
        return np.zeros((1, 2))
    ground = np.full(columns.size, floor)
    return np.stack([np.append(columns, columns[::-1]), np.append(rows, ground)], axis=-1)
