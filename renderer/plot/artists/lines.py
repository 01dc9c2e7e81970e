"""The artists of a panel of lines: a frame, and a strip of residuals under it if there are some; of a histogram too."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D

from autoviz_render.figures import densities
from autoviz_render.figures.annotations import Guide
from autoviz_render.figures.extremes import lines_in_reach
from autoviz_render.figures.numbers import Ticks
from autoviz_render.figures.panels import HistogramPanel, LinesPanel, Series
from autoviz_render.figures.samples.marginals import shown
from autoviz_render.figures.series import Limits, Points, lines_of, on_axis
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.annotations import Annotations, Guides, overlay_structure
from autoviz_render.renderer.plot.artists.frame import Axis, Frame, Sides
from autoviz_render.renderer.plot.artists.legend import Legend, LegendColumns, LegendPosition, row_width
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.artists.text_cache import Labels, panel_title
from autoviz_render.renderer.plot.axis_ticks import date_ticks, ticks_along
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.renderer.plot.text_metrics import fitted, with_factor
from autoviz_render.spool.arrays import Floats

_STRIP = 0.3
"""Share of the height that residuals take."""

_BETWEEN = 0.1
"""Inches between the lines and their residuals."""

_NOTE = 0.2
"""Inches that the line of a note takes."""

_LEGEND = 0.28
"""Share of the height that a legend over the axes takes at most."""


class LinesArtists(PanelArtists):
    """Lines with error bars, limits that hold all of them, and a legend if they have labels."""

    def __init__(self, panel: LinesPanel, area: Area) -> None:
        part = layout.lines_part(area.size, right=any(series.axis == "right" for series in panel.series))
        named: list[Series | Guide] = [*panel.series, *panel.guides]
        entries = [each.label for each in named if each.label]
        self._title_line = part.top + layout.TITLE_GAP
        for_notes = _NOTE * len(panel.note.splitlines())
        part = part._replace(height=part.height - for_notes)
        needed = row_width(entries)
        is_beside = needed <= 0.7 * part.width
        self._for_title = part.width - needed * is_beside
        self._for_notes = for_notes * is_beside  # a legend beside the title stands above them
        columns = LegendColumns.fitting(entries, part.width, _LEGEND * part.height)
        if not is_beside:
            part = part._replace(height=part.height - columns.height)
        strip_height, gap = (_STRIP * part.height, _BETWEEN) if panel.residuals else (0.0, 0.0)
        strip = part._replace(height=strip_height)
        self._parts = [Rectangle(part.left, strip.top + gap, part.width, part.height - strip_height - gap), strip]
        upright = [guide for guide in panel.guides if guide.y is None]
        self._strips = [_Strip(panel.series, panel.guides, area)]
        if panel.residuals:
            self._strips.append(_Strip(panel.residuals, upright, area))
        main = self._strips[0]
        drawn = zip([*main.lines, *main.guides.artists], named, strict=True)
        labelled = [(artist, each.label) for artist, each in drawn if each.label]
        position: LegendPosition = "beside the title" if is_beside else "under the title"
        self._legends = [Legend(area, labelled, position, columns)] if labelled else []
        self._title = panel_title(area)
        self._notes = Labels(area, len(panel.note.splitlines()), ha="left", va="baseline", fontsize=layout.SMALL_SIZE)
        self._annotations = Annotations(panel.annotations, area, main.frame)
        artists = [artist for strip in self._strips for artist in strip.foreground]
        self.foreground = [*artists, *self._annotations.artists, self._title, *self._notes.artists, *self._legends]

    @staticmethod
    def structure(panel: LinesPanel) -> Hashable:
        labels = bool(panel.x_label), bool(panel.y_label), bool(panel.residual_label), len(panel.note.splitlines())
        styles = [tuple(map(_style, series)) for series in (panel.series, panel.residuals)]
        return labels, overlay_structure(panel), *styles

    @staticmethod
    def axes(panel: LinesPanel) -> Mapping[str, Any]:
        numbers = lines_of(panel)
        strip = numbers.below if numbers.residuals else None
        left, right = numbers.left, numbers.right
        return {"x_limits": numbers.x, "y_limits": left, "right_limits": right, "residual_limits": strip}

    def update(self, panel: LinesPanel) -> Hashable:
        panel = lines_in_reach(panel)
        part, strip = self._parts
        self._title.show_within(panel.title, part.left, self._title_line, self._for_title)
        notes = [fitted(each, part.width, layout.SMALL_SIZE) for each in panel.note.splitlines()]
        lines = [self._title_line - (number + 1) * _NOTE for number in range(len(notes))]
        self._notes.show([(note, part.left, line) for note, line in zip(notes, lines, strict=True)], mathtext=False)
        for legend in self._legends:
            legend.show(part._replace(height=part.height + self._for_notes))
        numbers = lines_of(panel)
        x = _axis(numbers.x, panel.x_label, part.width, log=panel.x_log, dates=numbers.x_dates)
        beyond = (_BETWEEN / 2 if numbers.residuals else 0.2, 0.2)  # no number stands over one of the strip
        y = _axis(numbers.left, panel.y_label, part.height, log=panel.y_log, beyond=beyond)
        if numbers.series and all(points.is_right for points in numbers.series):
            y = y._replace(ticks=Ticks((), ()))  # nothing is measured on it
        right = numbers.right and _axis(numbers.right, panel.right_label, part.height, log=panel.right_log)
        logs = {"x_log": panel.x_log, "y_log": panel.y_log}
        self._annotations.show(panel.annotations, part, x, y, **logs)
        main = self._strips[0]
        main.guides.show(panel.guides, x, y, **logs)
        if not numbers.residuals:
            return main.show(numbers.series, part, x, y, right)
        low = _axis(numbers.below, panel.residual_label, strip.height, log=False, beyond=beyond[::-1])
        self._strips[1].guides.show([each for each in panel.guides if each.y is None], x, low, x_log=panel.x_log)
        above = main.show(numbers.series, part, x.without_texts(), y, right)
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
        return bool(panel.x_label), bool(panel.y_label), len(panel.note.splitlines()), overlay_structure(panel)

    @staticmethod
    def axes(panel: HistogramPanel) -> Mapping[str, Any]:
        edges, _, density = _outline(panel)
        return {"bins": tuple(edges.tolist()), "y_limits": _heights(panel, density)}

    def update(self, panel: HistogramPanel) -> Hashable:
        edges, x, density = _outline(panel)
        low, high = heights = _heights(panel, density)
        bins, mark = self._series
        series = [replace(bins, x=x, y=density), replace(mark, x=np.full(2, panel.marked), y=np.array([low, high]))]
        shown = replace(self._as_lines(panel, series), x_limits=(float(edges[0]), float(edges[-1])), y_limits=heights)
        return self._lines.update(shown)

    @staticmethod
    def _as_lines(panel: HistogramPanel, series: list[Series]) -> LinesPanel:
        shared: dict[str, Any] = {
            name: getattr(panel, name) for name in ("x_label", "y_label", "guides", "annotations", "note")
        }
        return LinesPanel(panel.title, series, **shared)


def _outline(panel: HistogramPanel) -> tuple[Floats, Floats, Floats]:
    """The edges of a histogram's bins, and its outline in x and y."""
    weights = None if panel.weights is None else np.asarray(panel.weights)
    values, weights = densities.usable(np.asarray(panel.values), weights)
    edges = np.asarray(panel.bins, dtype=np.float64)
    if edges.ndim == 0:
        edges = np.linspace(*shown(values, weights), int(edges) + 1)
    return edges, *densities.steps(values, weights, edges)


def _heights(panel: HistogramPanel, density: Floats) -> Limits:
    return panel.y_limits or (0.0, 1.08 * (float(density.max()) or 1.0))


class _Strip:
    """A frame with lines in it."""

    def __init__(self, series: Sequence[Series], guides: Sequence[Guide], area: Area) -> None:
        known = area.theme.lines
        colours = [each.colour or known[i % len(known)] for i, each in enumerate(series)]
        self.frame = Frame(area, grid=True, sides=_colours_of_sides(series, colours, area.theme.ink))
        self.guides = Guides(guides, area, self.frame)
        self.lines: list[Line2D] = []
        self._bars: list[LineCollection] = []
        self._fills: list[Any] = []
        for i, (each, colour) in enumerate(zip(series, colours, strict=True)):
            look: Any = {"linestyle": _line_style(each, i // len(known)), "linewidth": each.width}
            self.lines.append(Line2D([], [], color=colour, marker=each.marker, markersize=3.5, zorder=3, **look))
            self._bars.append(LineCollection([], colors=colour, linewidths=0.9, zorder=2.5))
            self._fills.append(PolyCollection([], facecolors=colour, edgecolors="none", alpha=0.25, zorder=2))
        drawn: list[Artist] = [*self._fills, *self._bars, *self.lines]
        for artist, each in zip(drawn, [*series] * 3, strict=True):
            self.frame.add(artist, is_right=each.axis == "right")
        self.foreground = [*self.guides.artists, *drawn, self.frame.border]

    def show(self, series: Sequence[Points], part: Rectangle, x: Axis, y: Axis, right: Axis | None = None) -> Hashable:
        for points, line, bars, fill in zip(series, self.lines, self._bars, self._fills, strict=True):
            line.set_data(points.columns(), points.rows(points.y))
            axis = right if right and points.is_right else y
            low, high = sorted((axis.low, axis.high))
            segments, outlines = points.bars(), points.shaded(low if points.y_log else max(low, min(high, 0.0)))
            bars.set_segments(segments)
            fill.set_verts(outlines)
            bars.set_visible(bool(segments))  # an empty collection takes as long to draw as a line
            fill.set_visible(bool(outlines))
        return self.frame.show(part, x, y, right)


def _line_style(series: Series, turn: int) -> Any:
    """As the series says; if its colour is taken for the second or third time, a solid line is dashed."""
    if series.style == "-" and not series.colour and turn:
        return ("--", "-.", ":")[(turn - 1) % 3]
    return series.style or "none"


def _style(series: Series) -> Hashable:
    return series.label, series.colour, series.style, series.width, series.marker, series.axis


def _colours_of_sides(series: Sequence[Series], colours: Sequence[str], ink: str) -> Sides:
    """If there are two vertical axes: the colour of the series that an axis has alone, the ink for one of several."""
    left, right = (
        [colour for each, colour in zip(series, colours, strict=True) if (each.axis == "right") is is_right]
        for is_right in (False, True)
    )
    return (left[0] if len(left) == 1 else ink, right[0] if len(right) == 1 else ink) if right else ("", "")


def _axis(
    limits: Limits,
    label: str,
    inches: float,
    *,
    log: bool,
    dates: bool = False,
    beyond: tuple[float, float] = (0.2, 0.2),
) -> Axis:
    """An axis with ticks where they stand on it, and what their numbers leave out in its label."""
    low, high = sorted(limits)
    if not (np.isfinite(limits).all() and low < high and (low > 0 or not log)):
        raise ValueError(f"limits are two different numbers, positive on a logarithmic axis: not {limits}")
    room = inches + 2 * min(beyond)
    if dates:
        ticks, left_out = date_ticks(low, high, inches)
        return Axis(*limits, ticks, f"{label} ({left_out})".strip() if left_out else label, room)
    ticks = ticks_along(*limits, inches, layout.LABEL_SIZE, log=log, beyond=beyond)
    start, end, *positions = on_axis(np.array([*limits, *ticks.positions]), log=log).tolist()
    label = with_factor(label, ticks, room, layout.SMALL_SIZE)
    return Axis(start, end, Ticks(tuple(positions), ticks.labels), label, room)
