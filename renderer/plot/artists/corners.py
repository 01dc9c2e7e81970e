"""The artists of a corner plot: a triangle of small frames."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from autoviz_render.figures import densities
from autoviz_render.figures.curves import contour, joined
from autoviz_render.figures.extremes import corner_in_reach
from autoviz_render.figures.numbers import Ticks, interval
from autoviz_render.figures.panels import CornerPanel
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.frame import Axis, Frame
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.artists.text_cache import Labels, panel_title
from autoviz_render.renderer.plot.axis_ticks import ticks_along
from autoviz_render.renderer.plot.colour_pixels import opaque, rgb
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.renderer.plot.pixel_image import PixelImage
from autoviz_render.renderer.plot.text_metrics import fitted, text_width, with_factor
from autoviz_render.spool.arrays import Floats, Pixels

_GAP = 0.09
_HEIGHTS = Axis(0.0, 1.1, Ticks((), ()))


class CornerArtists(PanelArtists):
    """Histograms on the diagonal, densities with contours below it."""

    def __init__(self, panel: CornerPanel, area: Area) -> None:
        count = len(panel.names)
        self._part, self._title_line = layout.corner_part(area.size), area.size.height - layout.TOP + layout.TITLE_GAP
        self._step = (min(self._part.width, self._part.height) + _GAP) / count
        self._title = panel_title(area)
        self._numbers = Labels(area, count, ha="left", va="baseline", fontsize=layout.SMALL_SIZE)
        self._diagonal = [_Distribution(area) for _ in range(count)]
        self._pairs = {(row, column): _Pair(area) for row in range(count) for column in range(row)}
        frames: list[_Distribution | _Pair] = [*self._diagonal, *self._pairs.values()]
        drawn = [artist for frame in frames for artist in frame.foreground]
        self.foreground = [self._title, *self._numbers.artists, *drawn]

    @staticmethod
    def structure(panel: CornerPanel) -> Hashable:
        return len(panel.names)

    def update(self, panel: CornerPanel) -> Hashable:
        panel = corner_in_reach(panel)
        samples, weights, marked = _checked(panel)
        self._title.show_within(panel.title, self._part.left, self._title_line, self._part.width)
        size = self._step - _GAP
        axes = [_Parameter(name, samples[:, i], weights, panel.bins, size) for i, name in enumerate(panel.names)]
        self._numbers.show([self._told(row, axis) for row, axis in enumerate(axes)])
        last = len(axes) - 1
        looks: list[Hashable] = []
        for row, up in enumerate(axes):
            square = self._square(row, row)
            looks.append(self._diagonal[row].show(square, up, weights, marked[row], is_last=row == last))
            for column, across in enumerate(axes[:row]):
                pair = self._pairs[row, column]
                pair.show_density(self._square(row, column), (across, up), weights)
                x = across.axis if row == last else across.axis.without_texts()
                y = up.axis if column == 0 else up.axis.without_texts()
                looks.append(pair.show_frame(self._square(row, column), x, y, (marked[column], marked[row])))
        return tuple(looks)

    def _told(self, row: int, axis: _Parameter) -> tuple[str, float, float]:
        """A parameter's name and numbers, above its histogram."""
        square = self._square(row, row)
        free = self._part.right + 0.15 - square.left - text_width(axis.told, layout.SMALL_SIZE) - 0.1
        name = fitted(axis.name, free, layout.SMALL_SIZE) if free > 0.5 else ""
        return f"{name}  {axis.told}".strip(), square.left, square.top + 0.05

    def _square(self, row: int, column: int) -> Rectangle:
        size = self._step - _GAP
        left, top = self._part.left + column * self._step, self._part.top - row * self._step
        return Rectangle(left, top - size, size, size)


class _Parameter:
    """One parameter: its samples, the part shown, its ticks, and how it is told in numbers."""

    def __init__(self, name: str, values: Floats, weights: Floats, bins: int, inches: float) -> None:
        self.name, self.values = name, values
        low, high = densities.interesting(values, weights)
        self.edges = np.linspace(low, high, bins + 1)
        free = 0.06 * (high - low)
        size = layout.SMALL_SIZE
        ticks = ticks_along(low + free, high - free, 0.88 * inches, size, most=4, beyond=(_GAP / 2, _GAP / 2))
        self.axis = Axis(low, high, ticks, with_factor(name, ticks, inches + _GAP / 2, size))
        lower, middle, upper = densities.quantiles(values, weights, (0.1587, 0.5, 0.8413))
        self.told = interval(float(lower), float(middle), float(upper))


class _Distribution:
    """The histogram of one parameter."""

    def __init__(self, area: Area) -> None:
        self._frame = Frame(area, size=layout.SMALL_SIZE)
        colour, other, *_ = area.theme.lines
        self._shade = Polygon(np.zeros((1, 2)), facecolor=colour, edgecolor="none", alpha=0.25, zorder=1)
        self._line = Line2D([], [], color=colour, linewidth=1.2, zorder=2)
        self._mark = Line2D([], [], color=other, linewidth=1.2, zorder=3)
        self._frame.add(self._shade, self._line, self._mark)
        self.foreground = [self._shade, self._line, self._mark, self._frame.border]

    def show(self, part: Rectangle, of: _Parameter, weights: Floats, marked: float, *, is_last: bool) -> Hashable:
        x, height = densities.steps(of.values, weights, of.edges)
        height = height / (height.max() or 1.0)
        self._shade.set_xy(np.stack([x, height], axis=-1))
        self._line.set_data(x, height)
        self._mark.set_data([marked, marked], [0, 2])
        return self._frame.show(part, of.axis if is_last else of.axis.without_texts(), _HEIGHTS)


class _Pair:
    """The density of two parameters."""

    def __init__(self, area: Area) -> None:
        self._frame = Frame(area, size=layout.SMALL_SIZE)
        self._table = _ramp(area.theme.paper, area.theme.lines[0])
        self._image = PixelImage(area)
        self._contours = [Line2D([], [], color=area.theme.ink, linewidth=width, zorder=2) for width in (1.1, 0.7)]
        self._mark = Line2D([], [], color=area.theme.lines[1], linewidth=1.0, zorder=3)
        self._frame.add(*self._contours, self._mark)
        self.foreground = [self._image, *self._contours, self._mark, self._frame.border]

    def show_density(self, part: Rectangle, of: tuple[_Parameter, _Parameter], weights: Floats) -> None:
        x, y = of
        extent = (x.axis.low, x.axis.high, y.axis.low, y.axis.high)
        density = densities.density(x.values, y.values, weights, x.edges, y.edges)
        index = np.clip(density / (density.max() or 1.0) * 256, 0, 255).astype(np.uint8)
        self._image.show(opaque(self._table[index]), part, extent, extent)
        for line, share in zip(self._contours, (densities.ONE_SIGMA, densities.TWO_SIGMA), strict=True):
            line.set_data(*joined(contour(density, extent, densities.level_of(density, share))))

    def show_frame(self, part: Rectangle, x: Axis, y: Axis, marked: tuple[float, float]) -> Hashable:
        """With lines across at a point; none if it is NaN."""
        across, up = marked
        self._mark.set_data([x.low, x.high, np.nan, across, across], [up, up, np.nan, y.low, y.high])
        return self._frame.show(part, x, y)


def _checked(panel: CornerPanel) -> tuple[Floats, Floats, list[float]]:
    """The samples that can be drawn, their weights, and the marked point, NaN for none."""
    count = len(panel.names)
    samples = np.asarray(panel.samples, dtype=np.float64)
    if samples.ndim != 2 or samples.shape[1] != count:
        raise ValueError(f"samples of {count} parameters are not of shape {samples.shape}")
    marked = np.full(count, np.nan) if panel.marked is None else np.asarray(panel.marked, np.float64)
    if marked.shape != (count,):
        raise ValueError(f"a point in {count} parameters is not of shape {marked.shape}")
    return *densities.usable(samples, panel.weights), marked.tolist()


def _ramp(paper: str, colour: str) -> Pixels:
    """A colour table from the paper to a colour: array[256, 3]."""
    return np.rint(np.linspace(rgb(paper), rgb(colour), 256)).astype(np.uint8)
