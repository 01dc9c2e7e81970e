"""The artists of a corner plot: a triangle of small frames."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from autoviz_render.figures import colours, densities
from autoviz_render.figures.curves import contour, joined
from autoviz_render.figures.numbers import Ticks, interval, round_ticks
from autoviz_render.figures.panels import CornerPanel
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.artists.frame import Frame
from autoviz_render.renderer.plot.artists.pixels import PixelImage
from autoviz_render.renderer.plot.artists.stamps import Label, panel_title
from autoviz_render.renderer.plot.layout import Cell, Rectangle
from autoviz_render.renderer.plot.text_metrics import fitted, text_width, with_factor
from autoviz_render.renderer.plot.theme import Theme
from autoviz_render.spool.arrays import Floats, Pixels

_GAP = 0.09
_NO_TICKS = Ticks((), ())


class CornerArtists:
    """Histograms on the diagonal, densities with contours below it."""

    def __init__(self, panel: CornerPanel, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        count = len(panel.names)
        self._room = layout.corner_room(cell)
        side = (min(self._room.width, self._room.height) + _GAP) / count
        self._size = side - _GAP
        self._title = panel_title(subfigure, cell)
        self._title_place = (self._room.left, cell.height - 0.33, self._room.width)
        self._numbers = [
            Label(subfigure, cell, ha="left", va="baseline", fontsize=layout.SMALL_SIZE) for _ in range(count)
        ]
        self._diagonal = [_Distribution(subfigure, cell, theme) for _ in range(count)]
        self._pairs = {(row, column): _Pair(subfigure, cell, theme) for row in range(count) for column in range(row)}
        self.front: list[Artist] = [
            self._title,
            *self._numbers,
            *(artist for each in self._diagonal for artist in each.front),
            *(artist for each in self._pairs.values() for artist in each.front),
        ]

    def update(self, panel: CornerPanel) -> Hashable:
        samples = np.asarray(panel.samples, dtype=np.float64)
        if samples.ndim != 2 or samples.shape[1] != len(panel.names):
            raise ValueError(f"samples of {len(panel.names)} parameters are not of shape {samples.shape}")
        samples, weights = densities.usable(samples, panel.weights)
        marked = np.full(len(panel.names), np.nan) if panel.marked is None else np.asarray(panel.marked, np.float64)
        if marked.shape != (len(panel.names),):
            raise ValueError(f"a point in {len(panel.names)} parameters is not of shape {marked.shape}")
        left, top, width = self._title_place
        self._title.show(fitted(panel.title, width, layout.TITLE_SIZE), left, top)
        axes = [_Axis(name, samples[:, i], weights, panel.bins, self._size) for i, name in enumerate(panel.names)]
        last = len(axes) - 1
        looks: list[Hashable] = []
        for row, up in enumerate(axes):
            room = self._place(row, row)
            looks.append(self._diagonal[row].show(room, up, weights, float(marked[row]), is_last=row == last))
            left_over = self._room.right + 0.15 - room.left - text_width(up.told, layout.SMALL_SIZE) - 0.1
            name = fitted(up.name, left_over, layout.SMALL_SIZE) if left_over > 0.5 else ""
            self._numbers[row].show(f"{name}  {up.told}".strip(), room.left, room.top + 0.05, mathtext=False)
            for column, across in enumerate(axes[:row]):
                pair = self._pairs[row, column]
                pair.show_density(self._place(row, column), (across, up), weights)
                pair.mark(float(marked[column]), float(marked[row]))
                looks.append(pair.show_frame(has_rows=column == 0, has_columns=row == last))
        return tuple(looks)

    def _place(self, row: int, column: int) -> Rectangle:
        side = self._size + _GAP
        top = self._room.top - row * side
        return Rectangle(self._room.left + column * side, top - self._size, self._size, self._size)


class _Axis:
    """One parameter: its samples, the part shown, its ticks, and how it is told in numbers."""

    def __init__(self, name: str, values: Floats, weights: Floats, bins: int, inches: float) -> None:
        self.name, self.values = name, values
        low, high = self.limits = densities.interesting(values, weights)
        self.edges = np.linspace(low, high, bins + 1)
        self.ticks = _few_ticks(low, high, inches)
        self.label = fitted(with_factor(name, self.ticks), inches + 0.05, layout.LABEL_SIZE)
        lower, middle, upper = densities.quantiles(values, weights, (0.1587, 0.5, 0.8413))
        self.told = interval(float(lower), float(middle), float(upper))


def _few_ticks(low: float, high: float, inches: float) -> Ticks:
    """As many as have room for their numbers, up to four."""
    free = 0.06 * (high - low)
    for most in (4, 3, 2, 1):
        ticks = round_ticks(low + free, high - free, most)
        if sum(text_width(label, layout.SMALL_SIZE) + 0.12 for label in ticks.labels) < inches:
            return ticks
    return ticks


class _Distribution:
    """The histogram of one parameter."""

    def __init__(self, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        self._frame = Frame(subfigure, cell, theme, face=theme.paper, size=layout.SMALL_SIZE)
        colour = theme.lines[0]
        self._shade = Polygon(np.zeros((1, 2)), facecolor=colour, edgecolor="none", alpha=0.25, zorder=1)
        self._line = Line2D([], [], color=colour, linewidth=1.2, zorder=2)
        self._mark = Line2D([], [], color=theme.lines[1], linewidth=1.2, zorder=3)
        self.front: list[Artist] = [self._shade, self._line, self._mark, self._frame.border]
        for artist in self.front[:-1]:
            self._frame.add(artist)

    def show(self, room: Rectangle, axis: _Axis, weights: Floats, marked: float, *, is_last: bool) -> Hashable:
        x, height = densities.steps(axis.values, weights, axis.edges)
        height = height / (height.max() or 1.0)
        self._shade.set_xy(np.stack([x, height], axis=-1))
        self._line.set_data(x, height)
        self._mark.set_data([marked, marked], [0, 2])
        ticks = axis.ticks if is_last else _without_numbers(axis.ticks)
        label = axis.label if is_last else ""
        return self._frame.show(room, (*axis.limits, 0.0, 1.1), (ticks, _NO_TICKS), (label, ""))


class _Pair:
    """The density of two parameters."""

    def __init__(self, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        self._frame = Frame(subfigure, cell, theme, face=theme.paper, size=layout.SMALL_SIZE)
        self._table = _ramp(theme)
        self._image = PixelImage(subfigure, cell)
        self._contours = [Line2D([], [], color=theme.ink, linewidth=width, zorder=2) for width in (1.1, 0.7)]
        self._mark = Line2D([], [], color=theme.lines[1], linewidth=1.0, zorder=3)
        self.front: list[Artist] = [self._image, *self._contours, self._mark, self._frame.border]
        for artist in (*self._contours, self._mark):
            self._frame.add(artist)

    def show_density(self, room: Rectangle, axes: tuple[_Axis, _Axis], weights: Floats) -> None:
        self._room, self._axes = room, axes
        x, y = axes
        extent = (*x.limits, *y.limits)
        density = densities.density(x.values, y.values, weights, x.edges, y.edges)
        index = np.clip(density / (density.max() or 1.0) * 256, 0, 255).astype(np.uint8)
        self._image.show(colours.opaque(self._table[index]), room, extent, extent)
        for line, share in zip(self._contours, (densities.ONE_SIGMA, densities.TWO_SIGMA), strict=True):
            line.set_data(*joined(contour(density, extent, densities.level_of(density, share))))

    def mark(self, x: float, y: float) -> None:
        """Lines across at a point; none where it is NaN."""
        (x0, x1), (y0, y1) = (axis.limits for axis in self._axes)
        self._mark.set_data([x0, x1, np.nan, x, x], [y, y, np.nan, y0, y1])

    def show_frame(self, *, has_rows: bool, has_columns: bool) -> Hashable:
        """With numbers beside and below it where it stands at the rim."""
        x, y = self._axes
        ticks = (
            x.ticks if has_columns else _without_numbers(x.ticks),
            y.ticks if has_rows else _without_numbers(y.ticks),
        )
        labels = (x.label if has_columns else "", y.label if has_rows else "")
        return self._frame.show(self._room, (*x.limits, *y.limits), ticks, labels)


def _without_numbers(ticks: Ticks) -> Ticks:
    return Ticks(ticks.positions, ("",) * len(ticks.positions))


def _ramp(theme: Theme) -> Pixels:
    """A colour table from the paper to the first colour of lines: array[256, 3]."""
    ends = np.array([colours.rgb(theme.paper), colours.rgb(theme.lines[0])], dtype=np.float64)
    return np.rint(np.linspace(ends[0], ends[1], 256)).astype(np.uint8)
