"""The artists of a corner plot: a triangle of small frames, and in the empty upper right what is told beside it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path

from autoviz_render.figures import densities
from autoviz_render.figures.curves import Line
from autoviz_render.figures.numbers import Ticks, interval
from autoviz_render.figures.panels import (
    CornerPanel,
    HistogramPanel,
    LinesPanel,
    Panel,
    ScatterPanel,
    TablePanel,
    TextPanel,
)
from autoviz_render.figures.samples.corner import CornerSamples
from autoviz_render.figures.samples.regions import ONE_SIGMA, THREE_SIGMA, TWO_SIGMA, regions
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.frame import Axis, Frame
from autoviz_render.renderer.plot.artists.legend import Legend, row_width
from autoviz_render.renderer.plot.artists.lines import HistogramArtists, LinesArtists
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.artists.scatters import ScatterArtists
from autoviz_render.renderer.plot.artists.text_cache import Label, Labels, panel_title
from autoviz_render.renderer.plot.artists.texts import TableArtists, TextArtists
from autoviz_render.renderer.plot.axis_ticks import ticks_along
from autoviz_render.renderer.plot.layout import Rectangle, Size
from autoviz_render.renderer.plot.text_metrics import fitted, text_width, with_factor

_GAP = 0.09
_HEIGHTS = Axis(0.0, 1.1, Ticks((), ()))
_SHARES = (THREE_SIGMA, TWO_SIGMA, ONE_SIGMA)

_REGIONS = ", ".join(f"{100 * share:.0f}" for share in reversed(_SHARES)) + "%"
"""What the legend calls them."""

_SHADES = (0.1, 0.22, 0.4)
_OUTLINES = (0.0, 0.7, 1.1)
_LINES = (0.0, 3.0, 5.0)
"""Widths of the outlines, in points, and of what is a line since a parameter is constant."""
_LINE = layout.SMALL_SIZE * 1.35 / 72


class _Cells(NamedTuple):
    """Of the grid of a density: how many at first, and at most."""

    cells: int
    most: int


_SMALL, _LARGE = _Cells(48, 96), _Cells(64, 256)
_MANY = 6
"""Parameters from which frames are so small that finer contours would not be seen."""
_INSETS: dict[type[Panel], type[PanelArtists]] = {
    TablePanel: TableArtists,
    TextPanel: TextArtists,
    LinesPanel: LinesArtists,
    HistogramPanel: HistogramArtists,
    ScatterPanel: ScatterArtists,
}


class CornerArtists(PanelArtists):
    """Histograms on the diagonal, regions with their outlines below it."""

    def __init__(self, panel: CornerPanel, area: Area) -> None:
        count = len(panel.names)
        self._part, self._title_line = layout.corner_part(area.size), area.size.height - layout.TOP + layout.TITLE_GAP
        self._step = Size(*((length + _GAP) / max(count, 1) for length in (self._part.width, self._part.height)))
        self._title = panel_title(area)
        self._names = Labels(area, count, ha="left", va="baseline", fontsize=layout.SMALL_SIZE)
        self._numbers = Labels(area, count, ha="left", va="baseline", fontsize=layout.SMALL_SIZE)
        self._diagonal = [_Distribution(area) for _ in range(count)]
        self._pairs = {(row, column): _Pair(area) for row in range(count) for column in range(row)}
        frames: list[_Distribution | _Pair] = [*self._diagonal, *self._pairs.values()]
        entries = _entries(panel)
        looks = [(_look_of_entry(name, area), name) for name in entries]
        self._legend = [Legend(area, looks, "beside the title")] if entries else []
        self._for_title = self._part.width - row_width(entries)
        self._insets = self._inset_artists(panel, area)
        drawn = [artist for frame in frames for artist in frame.foreground]
        drawn += [artist for inset in self._insets for artist in inset.foreground]
        self.foreground = [self._title, *self._names.artists, *self._numbers.artists, *drawn, *self._legend]

    @staticmethod
    def structure(panel: CornerPanel) -> Hashable:
        insets = [(type(each), _INSETS[type(each)].structure(each), _lines_of(each)) for each in _shown_insets(panel)]
        return len(panel.names), _entries(panel), tuple(insets)

    @staticmethod
    def axes(panel: CornerPanel) -> Mapping[str, Any]:
        found = CornerSamples(panel)
        if found.names != list(panel.names):
            return {}  # values near the ends of floats are shown in another unit
        return {"ranges": tuple(found.limits(index, found.marginal(index)) for index in range(len(found.names)))}

    def update(self, panel: CornerPanel) -> Hashable:
        found = CornerSamples(panel)
        self._title.show_within(found.title, self._part.left, self._title_line, self._for_title)
        for legend in self._legend:
            legend.show(self._part._replace(height=self._title_line - 0.04 - self._part.bottom))
        size = Size(*(length - _GAP for length in self._step))
        axes = [_Parameter(found, index, size) for index in range(len(found.names))]
        self._show_names(axes, size.width)
        last = len(axes) - 1
        looks: list[Hashable] = []
        for row, up in enumerate(axes):
            square = self._square(row, row)
            looks.append(self._diagonal[row].show(square, up, found.bins, is_last=row == last))
            for column, across in enumerate(axes[:row]):
                pair = self._pairs[row, column]
                pair.show_regions(across, up, _SMALL if len(axes) > _MANY else _LARGE)
                x = across.axis if row == last else across.axis.without_texts()
                y = up.upright if column == 0 else up.upright.without_texts()
                looks.append(pair.show_frame(self._square(row, column), x, y, (across.marks, up.marks)))
        looks += [inset.update(each) for inset, each in zip(self._insets, _shown_insets(panel), strict=True)]
        return tuple(looks)

    def _inset_artists(self, panel: CornerPanel, area: Area) -> list[PanelArtists]:
        insets = _shown_insets(panel)
        if not insets:
            return []
        half = (len(panel.names) + 1) // 2
        left, bottom = self._square(half, half).left, self._square(half, half).top + 2 * _LINE + 0.12
        free = Rectangle(left, bottom, self._part.right - left, self._title_line - 0.12 - bottom)
        parts = layout.inset_parts(free, [_lines_of(each) for each in insets])
        return [_INSETS[type(each)](each, area.inset(part)) for each, part in zip(insets, parts, strict=True)]

    def _show_names(self, axes: Sequence[_Parameter], size: float) -> None:
        """Each parameter's name and numbers above its histogram: in one line if all have room, otherwise in two."""
        small = layout.SMALL_SIZE
        is_one = all(text_width(f"{axis.name}  ", small) + text_width(axis.told, small) <= size for axis in axes)
        names, numbers = [], []
        for row, axis in enumerate(axes):
            left, line = self._square(row, row).left, self._square(row, row).top + 0.05
            is_told = text_width(axis.told, small) <= size + _GAP
            names.append((fitted(axis.name, size, small), left, line + _LINE * (is_told and not is_one)))
            beside = text_width(f"{axis.name}  ", small) if is_one else 0.0
            numbers.append((axis.told if is_told else "", left + beside, line))
        self._names.show(names)
        self._numbers.show(numbers, mathtext=False)

    def _square(self, row: int, column: int) -> Rectangle:
        """A frame: nearly a square."""
        left, top = self._part.left + column * self._step.width, self._part.top - row * self._step.height
        width, height = (length - _GAP for length in self._step)
        return Rectangle(left, top - height, width, height)


class _Marks(NamedTuple):
    """Values with a line across, NaN for none."""

    best: float
    truth: float


class _Parameter:
    """One parameter: its samples, the part shown, its ticks, and how it is told in numbers."""

    def __init__(self, found: CornerSamples, index: int, size: Size) -> None:
        self.name = found.names[index]
        self.of, self.prior = found.marginal(index), found.prior_of(index)
        self.low, self.high = found.limits(index, self.of)
        self.marks = _Marks(found.marked[index], found.truths[index])
        self.axis, self.upright = map(self._axis, size)
        self.told = interval(self.of.lower, self.of.median, self.of.upper)
        self.beyond = found.beyond(index, self.of, (self.low, self.high))

    def _axis(self, inches: float) -> Axis:
        size, free = layout.SMALL_SIZE, 0.04 * (self.high - self.low)
        limits = self.low + free, self.high - free
        ticks = ticks_along(*limits, 0.92 * inches, size, most=5, beyond=(_GAP / 2, _GAP / 2))
        return Axis(self.low, self.high, ticks, with_factor(self.name, ticks, inches + _GAP / 2, size))


class _Distribution:
    """The histogram of one parameter."""

    def __init__(self, area: Area) -> None:
        self._frame = Frame(area, size=layout.SMALL_SIZE)
        colour, best, truth, *_ = area.theme.lines
        self._shade = Polygon(np.zeros((1, 2)), facecolor=colour, edgecolor="none", alpha=0.25, zorder=1)
        self._line = Line2D([], [], color=colour, linewidth=1.2, zorder=2)
        self._prior = Line2D([], [], color=area.theme.soft, linewidth=1.0, zorder=1.5)
        self._marks = _mark_lines(area)
        self._frame.add(self._shade, self._line, self._prior, *self._marks)
        self._notes = _notes(area, (area.theme.ink, best, truth))
        self._constant = Label(area, ha="center", va="center", fontsize=layout.SMALL_SIZE, boxed=True)
        self.foreground: list[Artist] = [self._shade, self._prior, self._line, *self._marks, self._frame.border]
        self.foreground += [*self._notes, self._constant]

    def show(self, part: Rectangle, of: _Parameter, bins: int, *, is_last: bool) -> Hashable:
        edges, held = of.of.histogram(of.low, of.high, bins)
        largest = float(held.max()) or 1.0
        x, height = densities.outline(edges, held / largest)
        if of.of.is_constant:
            x, height = np.full(2, of.of.median), np.array([0.0, 1.0])
        self._shade.set_xy(np.stack([x, height], axis=-1))
        self._line.set_data(x, height)
        self._prior.set_data(*self._prior_outline(of, bins, largest))
        for line, value in zip(self._marks, of.marks, strict=True):
            line.set_data([value, value], [0, 2])
        self._show_notes(part, of)
        self._constant.show("constant" if of.of.is_constant else "", part.left + part.width / 2, part.bottom + 0.2)
        return self._frame.show(part, of.axis if is_last else of.axis.without_texts(), _HEIGHTS)

    @staticmethod
    def _prior_outline(of: _Parameter, bins: int, largest: float) -> Line:
        """As a density of the same scale."""
        if of.prior is None:
            return np.empty(0), np.empty(0)
        wider = max(8, bins // 2)
        edges, held = of.prior.histogram(of.low, of.high, wider)
        x, height = densities.outline(edges, held * (wider / bins) / largest)
        return x, height

    def _show_notes(self, part: Rectangle, of: _Parameter) -> None:
        """At each edge, from the top down: how many samples are beyond, and whose line is."""
        told = [of.beyond[0] and f"◂ {of.beyond[0]} beyond", of.beyond[1] and f"{of.beyond[1]} beyond ▸"]
        for name, value in zip(("best fit", "truth"), of.marks, strict=True):
            told += [f"◂ {name}" if value < of.low else "", f"{name} ▸" if value > of.high else ""]
        line = part.top - 0.06
        for label, text, is_right in zip(self._notes, told, [False, True] * 3, strict=True):
            x = part.right - 0.06 if is_right else part.left + 0.06
            label.show(fitted(text, part.width - 0.1, layout.SMALL_SIZE), x, line, mathtext=False)
            line -= _LINE * bool(text)


class _Pair:
    """The regions that hold most of two parameters."""

    def __init__(self, area: Area) -> None:
        self._frame = Frame(area, size=layout.SMALL_SIZE)
        colours = [to_rgba(area.theme.lines[0], shade) for shade in _SHADES]
        edges = "none", area.theme.ink, area.theme.ink
        self._regions = [_patch(facecolor=face, edgecolor=edge) for face, edge in zip(colours, edges, strict=True)]
        self._prior = _patch(fill=False, edgecolor=area.theme.soft, linewidth=0.9)
        self._marks = _mark_lines(area)
        drawn: list[Artist] = [*self._regions, self._prior, *self._marks]
        self._frame.add(*drawn)
        self.foreground = [*drawn, self._frame.border]

    def show_regions(self, x: _Parameter, y: _Parameter, grid: _Cells) -> None:
        widths = _LINES if x.of.is_constant or y.of.is_constant else _OUTLINES
        found = regions(x.of, y.of, _SHARES, cells=grid.cells, most=grid.most)
        for patch, lines, width in zip(self._regions, found, widths, strict=True):
            patch.set_path(_path(lines))
            patch.set_linewidth(width)
        self._show_prior(x, y, grid)

    def _show_prior(self, x: _Parameter, y: _Parameter, grid: _Cells) -> None:
        self._prior.set_visible(bool(x.prior and y.prior))
        if x.prior and y.prior:
            found = regions(x.prior, y.prior, _SHARES[1:], cells=grid.cells, most=2 * grid.cells)
            self._prior.set_path(_path([line for lines in found for line in lines]))

    def show_frame(self, part: Rectangle, x: Axis, y: Axis, marks: tuple[_Marks, _Marks]) -> Hashable:
        """With lines across at the marks."""
        for line, across, up in zip(self._marks, *marks, strict=True):
            line.set_visible(math.isfinite(across) or math.isfinite(up))
            line.set_data([x.low, x.high, np.nan, across, across], [up, up, np.nan, y.low, y.high])
        return self._frame.show(part, x, y)


def _patch(**style: Any) -> PathPatch:
    return PathPatch(Path(np.zeros((1, 2))), zorder=2, joinstyle="round", **style)


def _path(lines: Sequence[Line]) -> Path:
    """Lines as one path: what turns the other way in it is a hole."""
    if not lines:
        return Path(np.zeros((1, 2)))
    vertices = [np.stack(line, axis=-1) for line in lines]
    codes = [np.full(len(each), Path.LINETO, dtype=Path.code_type) for each in vertices]
    for code in codes:
        code[0] = Path.MOVETO
    return Path(np.concatenate(vertices), np.concatenate(codes))


def _mark_lines(area: Area) -> list[Line2D]:
    """The lines of the best fit and of the truth."""
    _, best, truth, *_ = area.theme.lines
    return [
        Line2D([], [], color=best, linewidth=1.1, zorder=3),
        Line2D([], [], color=truth, linewidth=1.1, linestyle="--", zorder=3),
    ]


def _notes(area: Area, colours: Sequence[str]) -> list[Label]:
    """For each colour a note at the left edge and one at the right."""
    style: dict[str, Any] = {"va": "top", "fontsize": layout.SMALL_SIZE, "boxed": True}
    return [Label(area, ha=side, color=colour, **style) for colour in colours for side in ("left", "right")]


def _entries(panel: CornerPanel) -> tuple[str, ...]:
    """The legend's."""
    has_marks = {"best fit": panel.marked, "truth": panel.truths}
    entries = [name for name, of in has_marks.items() if of is not None and np.isfinite(np.asarray(of, float)).any()]
    entries += [panel.prior_name] * (panel.prior is not None)
    return tuple([*entries, _REGIONS] if len(panel.names) > 1 else entries)


def _look_of_entry(name: str, area: Area) -> Artist:
    best, truth = _mark_lines(area)
    if name == _REGIONS:
        return PathPatch(Path(np.zeros((1, 2))), facecolor=area.theme.lines[0], edgecolor=area.theme.ink, alpha=0.5)
    return {"best fit": best, "truth": truth}.get(name) or Line2D([], [], color=area.theme.soft, linewidth=1.0)


def _shown_insets(panel: CornerPanel) -> list[Panel]:
    return list(panel.insets) if len(panel.names) > 1 else []


def _lines_of(panel: Panel) -> int | None:
    """Of a table, a row of long texts taking two; None for what takes what room there is."""
    if not isinstance(panel, TablePanel):
        return None
    most = layout.characters(layout.TABLE_WIDTH, layout.MONO_SIZE)
    return sum(1 + (len(str(name)) + len(str(value)) + 2 > most) for name, value in panel.rows)
