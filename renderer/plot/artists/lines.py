"""The artists of a panel of lines: a frame, and under it a strip of residuals where there are some."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from autoviz_render.figures import densities
from autoviz_render.figures.numbers import Ticks, decade_ticks, round_ticks
from autoviz_render.figures.panels import HistogramPanel, LinesPanel, Series
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.artists.frame import Frame
from autoviz_render.renderer.plot.artists.legend import Legend, LegendPlace, column_height, row_width
from autoviz_render.renderer.plot.artists.stamps import panel_title
from autoviz_render.renderer.plot.layout import Cell, Rectangle
from autoviz_render.renderer.plot.text_metrics import fitted, with_factor
from autoviz_render.renderer.plot.theme import Theme
from autoviz_render.spool.arrays import Array

_STRIP = 0.3
"""Share of the height that residuals take."""

Limits = tuple[float, float]


class LinesArtists:
    """Lines with error bars, limits that hold all of them, and a legend where they have labels."""

    def __init__(self, panel: LinesPanel, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        has_y_label = bool(panel.y_label or panel.residual_label)
        room = layout.lines_room(cell, x_label=bool(panel.x_label), y_label=has_y_label)
        entries = [series.label for series in panel.series if series.label]
        needed = row_width(entries) if entries else 0.0
        is_beside = needed <= 0.7 * room.width
        self._title_line = room.top + layout.TITLE_GAP
        if not is_beside:
            room = replace(room, height=room.height - column_height(len(entries)))
        strip = Rectangle(room.left, room.bottom, room.width, _STRIP * room.height if panel.residuals else 0.0)
        gap = 0.1 if panel.residuals else 0.0
        self._rooms = [Rectangle(room.left, strip.top + gap, room.width, room.height - strip.height - gap), strip]
        self._strips = [_Strip(panel.series, subfigure, cell, theme)]
        if panel.residuals:
            self._strips.append(_Strip(panel.residuals, subfigure, cell, theme))
        handles = [line for line, series in zip(self._strips[0].lines, panel.series, strict=True) if series.label]
        where: LegendPlace = "beside the title" if is_beside else "under the title"
        labelled = list(zip(handles, entries, strict=True))
        self._legend = Legend(subfigure, cell, labelled, where) if entries else None
        self._for_title = room.width - needed * is_beside
        self._title = panel_title(subfigure, cell)
        self.front: list[Artist] = [
            *(artist for strip in self._strips for artist in strip.front),
            self._title,
            *([self._legend.artist] if self._legend else []),
        ]

    def update(self, panel: LinesPanel) -> Hashable:
        room = self._rooms[0]
        self._title.show(fitted(panel.title, self._for_title, layout.TITLE_SIZE), room.left, self._title_line)
        if self._legend is not None:
            self._legend.show(room)
        series = [_Points(each, panel.x_log, panel.y_log) for each in panel.series]
        below = [_Points(each, panel.x_log, False) for each in panel.residuals]
        xs = [points.x[np.isfinite(points.y)] for points in (*series, *below)]
        x = _Axis(panel.x_limits or span(xs, xs, log=panel.x_log, margin=0.02), panel.x_log, panel.x_label)
        y = _Axis(panel.y_limits or _held(series, log=panel.y_log), panel.y_log, panel.y_label)
        if not below:
            return self._strips[0].show(series, room, x, y)
        bare = _Axis(x.limits, x.log, "", has_numbers=False)
        low = _Axis(_held(below, log=False), False, panel.residual_label)
        return self._strips[0].show(series, room, bare, y), self._strips[1].show(below, self._rooms[1], x, low)


class HistogramArtists:
    """A histogram as the outline of its bins, with a line across at the marked value."""

    def __init__(self, panel: HistogramPanel, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        lines = LinesPanel(panel.title, _no_bins(theme), x_label=panel.x_label, y_label=panel.y_label)
        self._theme = theme
        self._lines = LinesArtists(lines, subfigure, cell, theme)
        self.front = self._lines.front

    def update(self, panel: HistogramPanel) -> Hashable:
        values, weights = densities.usable(panel.values, panel.weights)
        edges = np.asarray(panel.bins, dtype=np.float64)
        if edges.ndim == 0:
            edges = np.linspace(*densities.interesting(values, weights), int(edges) + 1)
        x, density = densities.steps(values, weights, edges)
        bins, mark = _no_bins(self._theme)
        top = 1.08 * (float(density.max()) or 1.0)
        series = [replace(bins, x=x, y=density), replace(mark, x=np.full(2, panel.marked), y=np.array([0.0, top]))]
        limits = (float(edges[0]), float(edges[-1]))
        labels: Any = {"x_label": panel.x_label, "y_label": panel.y_label}
        return self._lines.update(LinesPanel(panel.title, series, x_limits=limits, y_limits=(0.0, top), **labels))


def _no_bins(theme: Theme) -> list[Series]:
    return [Series(np.empty(0), np.empty(0), fill=True), Series(np.empty(0), np.empty(0), colour=theme.lines[1])]


class _Axis:
    """Limits in the units of the data, and whether these are shown by their logarithms."""

    def __init__(self, limits: Limits, log: bool, label: str, *, has_numbers: bool = True) -> None:
        self.limits, self.log, self._label, self._has_numbers = limits, log, label, has_numbers
        low, high = limits
        if not (np.isfinite([low, high]).all() and low < high and (low > 0 or not log)):
            raise ValueError(f"limits are two numbers, the lower first, positive on a logarithmic axis: not {limits}")

    def place(self, values: Array) -> Array:
        """Where values stand on the frame."""
        return np.log10(values) if self.log else values

    def view(self) -> Limits:
        low, high = self.place(np.array(self.limits))
        return float(low), float(high)

    def ticks(self, inches: float) -> tuple[Ticks, str]:
        """Ticks where they stand on the frame, and the label with the power of ten that their numbers leave out."""
        most = max(4, min(8, int(inches / 0.55)))
        ticks = (decade_ticks if self.log else round_ticks)(*self.limits, most)
        places = tuple(float(place) for place in self.place(np.array(ticks.positions)))
        if not self._has_numbers:
            return Ticks(places, ("",) * len(places)), ""
        return Ticks(places, ticks.labels), with_factor(self._label, ticks)


class _Points:
    """A series as it can be drawn: what is not finite, or not positive on a logarithmic axis, is NaN."""

    def __init__(self, series: Series, x_log: bool, y_log: bool) -> None:
        self.x, self.y, error = _points(series, x_log=x_log, y_log=y_log)
        self.low, self.high = self.y - error, self.y + error
        self.has_bar = np.isfinite(self.x) & np.isfinite(self.low) & np.isfinite(self.high) & (error > 0)
        self.fill = series.fill


class _Strip:
    """A frame with lines in it."""

    def __init__(self, series: Sequence[Series], subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        self._frame = Frame(subfigure, cell, theme, face=theme.paper, grid=True)
        self.lines: list[Line2D] = []
        self._bars: list[LineCollection] = []
        self._fills: list[Polygon] = []
        for number, each in enumerate(series):
            colour = each.colour or theme.lines[number % len(theme.lines)]
            style: Any = each.style or "none"
            look: Any = {"color": colour, "linestyle": style, "linewidth": each.width, "marker": each.marker}
            self.lines.append(Line2D([], [], markersize=3.5, zorder=3, **look))
            self._bars.append(LineCollection([], colors=colour, linewidths=0.9, zorder=2.5))
            self._fills.append(Polygon(np.zeros((1, 2)), facecolor=colour, edgecolor="none", alpha=0.25, zorder=2))
        self.front: list[Artist] = [*self._fills, *self._bars, *self.lines, self._frame.border]
        for artist in self.front[:-1]:
            self._frame.add(artist)

    def show(self, series: Sequence[_Points], room: Rectangle, x: _Axis, y: _Axis) -> Hashable:
        view = (*x.view(), *y.view())
        floor = max(view[2], min(view[3], 0.0)) if not y.log else view[2]
        for points, line, bars, fill in zip(series, self.lines, self._bars, self._fills, strict=True):
            columns, rows = x.place(points.x), y.place(points.y)
            line.set_data(columns, rows)
            ends = [y.place(end[points.has_bar]) for end in (points.low, points.high)]
            beside = columns[points.has_bar]
            bars.set_segments(list(np.stack([np.stack([beside, end], axis=-1) for end in ends], axis=1)))
            fill.set_visible(points.fill)
            if points.fill:
                finite = np.isfinite(columns) & np.isfinite(rows)
                outline = np.stack([columns[finite], rows[finite]], axis=-1)
                ground = np.stack([columns[finite][::-1], np.full(finite.sum(), floor)], axis=-1)
                fill.set_xy(np.concatenate([outline, ground, np.zeros((int(not finite.any()), 2))]))
        (x_ticks, x_label), (y_ticks, y_label) = x.ticks(room.width), y.ticks(room.height)
        return self._frame.show(room, view, (x_ticks, y_ticks), (x_label, y_label))


def _held(series: Sequence[_Points], *, log: bool) -> Limits:
    """Limits that hold every point with its error bar."""
    lows, highs = [], []
    for points in series:
        finite = np.isfinite(points.x) & np.isfinite(points.y)
        low, high, y = points.low[finite], points.high[finite], points.y[finite]
        lows.append(np.where(np.isfinite(low), low, y))
        highs.append(np.where(np.isfinite(high), high, y))
        if points.fill and not log:
            lows.append(np.zeros(int(finite.any())))
            highs.append(np.zeros(int(finite.any())))
    return span(lows, highs, log=log, margin=0.06)


def _points(series: Series, *, x_log: bool, y_log: bool) -> tuple[Array, Array, Array]:
    x, y = np.asarray(series.x, dtype=np.float64), np.asarray(series.y, dtype=np.float64)
    if x.shape != y.shape or y.ndim != 1:
        raise ValueError(f"a series is two arrays[point], not of shapes {x.shape} and {y.shape}")
    error = np.zeros(y.shape) if series.error is None else np.abs(np.asarray(series.error, dtype=np.float64))
    if error.shape != y.shape:
        raise ValueError(f"the error bars have shape {error.shape}, and the series {y.shape}")
    x = np.where(np.isfinite(x) & ((x > 0) | (not x_log)), x, np.nan)
    y = np.where(np.isfinite(y) & ((y > 0) | (not y_log)), y, np.nan)
    if y_log:
        error = np.where(y - error > 0, error, 0.0)
    return x, y, error


def span(lows: Sequence[Array], highs: Sequence[Array], *, log: bool, margin: float) -> Limits:
    """Limits that hold all of several arrays of finite numbers, and a margin, in parts of their length; never empty."""
    low_values = np.concatenate([*lows, np.empty(0)])
    high_values = np.concatenate([*highs, np.empty(0)])
    if low_values.size == 0:
        return (1.0, 10.0) if log else (0.0, 1.0)
    low, high = float(low_values.min()), float(high_values.max())
    if log:
        low, high = (low / 2, high * 2) if high <= low * (1 + 1e-9) else (low, high)
        room = (high / low) ** margin
        return low / room, high * room
    low, high = max(low, -1e300), min(high, 1e300)
    if high - low <= 1e-12 * max(abs(low), abs(high)) or high - low < 1e-290:
        half = abs(high) / 2 if abs(high) > 1e-290 else 1.0
        low, high = low - half, high + half
    room = margin * (high - low)
    return low - room, high + room
