"""The figure by Matplotlib's Axes, kept as well as they can be: what ADR 0003 compares with our own artists.

`kept_axes()` puts these classes in the place of `Frame`, `ColourBar`, `Label` and `Legend`, so that every kind of panel
is drawn by Axes, in the same layout, with our image artist and encoder. The layout is frozen and backgrounds are kept.
An artist that did not change is kept by `copy_from_bbox` and restored by `restore_region`.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Hashable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
from matplotlib import legend
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.patches import Polygon
from matplotlib.text import Text
from matplotlib.transforms import Bbox, IdentityTransform

from autoviz_render.figures import colours
from autoviz_render.figures.panels import ImagePanel
from autoviz_render.renderer.plot import canvas, layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists import ARTISTS, colour_bar, frame, text_cache
from autoviz_render.renderer.plot.artists.frame import Axis, Sides
from autoviz_render.renderer.plot.artists.images import ImageArtists
from autoviz_render.renderer.plot.artists.legend import Legend
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.renderer.plot.theme import BORDER
from autoviz_render.spool.arrays import Pixels


@contextlib.contextmanager
def kept_axes() -> Iterator[None]:
    """Build and draw figures by Matplotlib's Axes in here."""
    instead = {"Frame": AxesFrame, "ColourBar": AxesBar, "Label": KeptText, "Legend": PlainLegend}
    names = [f"artists.{name}" for name in ("coloured", "lines", "corners", "text_cache", "texts")]
    modules = [importlib.import_module(f"autoviz_render.renderer.plot.{name}") for name in ("drawing", *names)]
    with contextlib.ExitStack() as stack:
        for module in modules:
            for name in instead.keys() & vars(module).keys():
                stack.enter_context(patch.object(module, name, instead[name]))
        stack.enter_context(patch.dict(ARTISTS, {ImagePanel: OnCanvas}))
        yield


def replaced() -> list[Any]:
    """What of our own code Axes would make unnecessary."""
    own = [frame.Frame, frame._Side, frame._grid, Legend, colour_bar.ColourBar, text_cache.Label]
    own += [colour_bar._Marks, colour_bar._mark_ink, canvas.Stroke, canvas.KeptLayer, canvas.Ink, canvas.SparseInk]
    own += [canvas.Canvas.drawn_alone, canvas.Canvas.lay, text_cache._text_ink]
    return [*own, text_cache._text_pixels, text_cache.cropped, text_cache.paste, text_cache.blank]


def replacing() -> list[Any]:
    """What Axes need in its place."""
    return [AxesFrame, _Border, AxesBar, _BarAxes, KeptText, PlainLegend, _restored]


class OnCanvas(ImageArtists):
    """An image whose artists are all drawn on Matplotlib's canvas."""

    def __init__(self, panel: ImagePanel, area: Area) -> None:
        super().__init__(panel, area)
        self.layers = []


class AxesFrame:
    """`Frame` by Axes, and twin Axes for the right side."""

    def __init__(
        self,
        area: Area,
        *,
        face: str = "",
        grid: bool = False,
        size: float = layout.LABEL_SIZE,
        sides: Sides = ("", ""),
    ) -> None:
        self._area, self._look, (left, right) = area, None, sides
        ticks = {"length": 3.0, "pad": 2.5, "labelsize": size, "width": BORDER}
        axes: Any = area.subfigure.add_axes((0, 0, 1, 1), facecolor=face or area.theme.paper, axisbelow=True)
        if grid:
            axes.grid(linewidth=0.7)
        self._axes = [axes]
        axes.tick_params(**ticks)
        if right:
            self._axes.append(axes.twinx())
            self._axes[1].tick_params(**ticks)
        for each, colour in zip(self._axes, (left or area.theme.ink, right), strict=False):
            each.set_autoscale_on(False)
            each.tick_params("y", labelrotation=90, labelcolor=colour, color=colour)
            each.yaxis.label.set(color=colour, size=size)
            each.xaxis.label.set_size(size)
            for spine in each.spines.values():
                spine.set_animated(True)
        self.border = _Border(axes)

    def show(self, part: Rectangle, x: Axis, y: Axis, right: Axis | None = None) -> Hashable:
        if (look := (part, x, y, right)) != self._look:
            self._look = look
            for axes, vertical in zip(self._axes, (y, right), strict=False):
                axes.set_position(self._area.fraction(part))
                axes.set(xlim=(x.low, x.high), ylim=(vertical.low, vertical.high), ylabel=vertical.label)
                axes.set_yticks(vertical.ticks.positions, vertical.ticks.labels, va="center")
            self._axes[0].set_xticks(x.ticks.positions, x.ticks.labels)
            self._axes[0].set_xlabel(x.label)
        return look

    def add(self, *artists: Artist, is_right: bool = False) -> None:
        for artist in artists:
            self._axes[is_right].add_artist(artist)
            artist.set_animated(True)

    def add_points(self, points: Any) -> None:
        points.set_offset_transform(self._axes[0].transData)
        points.set_transform(IdentityTransform())
        self.add(points)


class _Border(Artist):
    """Spines, over what is inside."""

    def __init__(self, axes: Axes) -> None:
        super().__init__()
        self._spines = list(axes.spines.values())

    def draw(self, renderer: Any) -> None:
        for spine in self._spines:
            spine.draw(renderer)


class AxesBar:
    """`ColourBar` by Axes: a colour bar of Matplotlib's own cannot change its arrows."""

    def __init__(self, area: Area) -> None:
        self._area, self._look = area, None
        self._axes = _BarAxes(area.subfigure, (0, 0, 1, 1))
        area.subfigure.add_axes(self._axes)
        self._axes.tick_params("y", length=2.5, pad=2.0, labelsize=layout.LABEL_SIZE, width=BORDER, left=False)
        self._axes.tick_params("y", right=True, labelright=True, labelleft=False)
        self._axes.set(xticks=[], xlim=(0, 1), ylim=(0, 1))
        self._image = self._axes.imshow(np.zeros((256, 1, 3), np.uint8), "gray", origin="lower", aspect="auto")
        self._image.set_extent((0, 1, 0, 1))
        edge = {"edgecolor": area.theme.ink, "linewidth": BORDER, "clip_on": False, "joinstyle": "miter"}
        self._arrows = [Polygon(np.zeros((3, 2)), transform=self._axes.transAxes, **edge) for _ in range(2)]
        for arrow in self._arrows:
            self._axes.add_artist(arrow)
        self.foreground = [self._axes]
        self.layers: list[Any] = []

    def show(self, part: Rectangle, limits: colours.ColourRange, table: Pixels) -> str:
        if (look := (part, limits, table.tobytes())) == self._look:
            return self._factor
        self._look, self._axes.kept = look, None
        arrow = colour_bar._ARROW
        bar = part._replace(bottom=part.bottom + arrow * limits.under)
        bar = bar._replace(height=part.height - arrow * (limits.under + limits.over))
        self._axes.set_position(self._area.fraction(bar))
        self._image.set_data(table[:, None, :])
        tip = arrow / bar.height
        ends = ((limits.under, 0, -tip, table[0]), (limits.over, 1, 1 + tip, table[-1]))
        for polygon, (is_shown, base, point, colour) in zip(self._arrows, ends, strict=True):
            polygon.set(visible=is_shown, xy=[(0, base), (1, base), (0.5, point)], facecolor=tuple(colour / 255))
        ticks = colour_bar._ticks(limits, bar, self._area.size.width - bar.right - colour_bar._GAP - colour_bar._EDGE)
        self._axes.set_yticks(colours.position(np.array(ticks.positions), limits), ticks.labels)
        around = Rectangle(bar.left - 0.03, part.bottom - 0.1, self._area.size.width - bar.left, part.height + 0.17)
        self._axes.around = Bbox.from_bounds(*around).transformed(self._area.inches)
        self._factor = ticks.common
        return self._factor


class _BarAxes(Axes):
    """Axes that are drawn again only if they changed."""

    kept: Any = None
    around: Bbox

    def draw(self, renderer: Any) -> None:
        if not _restored(renderer, self.kept):
            super().draw(renderer)
            self.kept = renderer.copy_from_bbox(self.around) if isinstance(renderer, RendererAgg) else None


class KeptText(text_cache.Label):
    """`Label` without a cache: drawn again only if it changed, unless it lies over something that does."""

    kept: Any = None

    def __init__(self, area: Area, *, boxed: bool = False, **style: Any) -> None:
        super().__init__(area, boxed=boxed, **style)
        self._boxed = boxed

    def show(self, text: str, x: float, y: float, *, mathtext: bool = True) -> None:
        before = self._content()
        super().show(text, x, y, mathtext=mathtext)
        if before != self._content():
            self.kept = None

    def _content(self) -> tuple[object, ...]:
        return self.get_text(), self.get_parse_math(), self.get_position(), self.get_fontsize()

    def draw(self, renderer: Any) -> None:
        if self.get_text() and not _restored(renderer, self.kept):
            Text.draw(self, renderer)
            if isinstance(renderer, RendererAgg) and not self._boxed:
                self.kept = renderer.copy_from_bbox(self.get_window_extent(renderer).padded(2))


class PlainLegend(Legend):
    """`Legend` without a cache: it lies over an image that changes."""

    def draw(self, renderer: Any) -> None:
        legend.Legend.draw(self, renderer)


def _restored(renderer: Any, kept: Any) -> bool:
    """Whether pixels that were kept are there again."""
    if kept is None or not isinstance(renderer, RendererAgg):
        return False
    renderer.restore_region(kept)
    return True
