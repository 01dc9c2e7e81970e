"""The artist of an image: colours worked out beforehand, laid on a part of an area."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.transforms import Affine2D, Bbox

from autoviz_render.figures.panels import Extent
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.canvas import Screen
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.spool.arrays import Indices, Pixels


class PixelImage(Artist):
    """Opaque pixels, each shown as a rectangle: `AxesImage` resamples colours at every frame, this one indices once.

    On the screen each dot has the colour of the pixel that its centre lies in. In vector files each pixel is a
    rectangle of its own.
    """

    def __init__(self, area: Area) -> None:
        super().__init__()
        self._area = area
        self._pixels: Pixels = np.zeros((1, 1, 4), np.uint8)
        self._part = Rectangle(0, 0, 1, 1)
        self._extent = self._view = (0.0, 1.0, 0.0, 1.0)
        self._chosen: tuple[Hashable, tuple[Indices, Indices, int, int]] | None = None
        self._ready: tuple[Pixels, Hashable, Pixels] | None = None
        self.set_zorder(1.0)
        area.add(self)

    def show(self, pixels: Pixels, part: Rectangle, extent: Extent, view: Extent) -> None:
        """Show an image.

        Args:
            pixels: array[y, x, 4], opaque RGBA, row 0 at the bottom.
            part: Of the area, in inches.
            extent: The outer edges of the outermost pixels.
            view: What of these units fills the part.
        """
        self._pixels, self._part, self._extent, self._view = pixels, part, extent, view

    def draw(self, renderer: Any) -> None:
        if not self.get_visible():
            return
        box = self._box()
        if isinstance(renderer, RendererAgg):
            self._draw_dots(renderer, box)
        else:
            self._draw_rectangles(renderer, box)

    def show_on(self, screen: Screen) -> None:
        """Put its dots on a screen, as `draw` puts them on Matplotlib's canvas."""
        chosen = self._dots((*self._area.dot(*self._part[:2]), *self._area.dot(self._part.right, self._part.top)))
        rows, columns, left, bottom = chosen
        if not (self.get_visible() and rows.size and columns.size):
            return
        if self._ready is None or self._ready[0] is not self._pixels or self._ready[1] is not chosen:
            self._ready = self._pixels, chosen, _in_columns(self._pixels, rows, columns)
        colours = self._ready[2]
        is_ready = rows.size < len(self._pixels)
        screen.put(colours if is_ready else colours.take(rows, axis=0), left, bottom)

    def _box(self) -> Bbox:
        return Bbox.from_bounds(*self._area.fraction(self._part)).transformed(self._area.subfigure.transSubfigure)

    def _dots(self, box: tuple[float, float, float, float]) -> tuple[Indices, Indices, int, int]:
        """As `_choose`, which is asked only if something changed."""
        key = (*box, *self._extent, *self._view, *self._pixels.shape)
        if self._chosen is None or self._chosen[0] != key:
            self._chosen = key, self._choose(box)
        return self._chosen[1]

    def _draw_dots(self, renderer: Any, box: Bbox) -> None:
        rows, columns, left, bottom = self._dots(box.extents)
        if rows.size and columns.size:
            packed = self._pixels.view(np.uint32)[..., 0]
            canvas = np.asarray(renderer.buffer_rgba()).view(np.uint32)[::-1, :, 0]  # opaque: nothing to blend
            part = canvas[bottom : bottom + rows.size, left : left + columns.size]
            if rows.size * packed.shape[1] < columns.size * packed.shape[0]:  # the one first that leaves fewer
                part[...] = packed.take(rows, axis=0).take(columns, axis=1)
            else:
                part[...] = packed.take(columns, axis=1).take(rows, axis=0)

    def _choose(self, box: tuple[float, float, float, float]) -> tuple[Indices, Indices, int, int]:
        """The pixel under each dot of a box of (x0, y0, x1, y1), as rows and columns; the first dot that has one."""
        height, width = self._pixels.shape[:2]
        columns, left = _under(*box[0::2], self._view[:2], self._extent[:2], width)
        rows, bottom = _under(*box[1::2], self._view[2:], self._extent[2:], height)
        return rows, columns, left, bottom

    def _draw_rectangles(self, renderer: Any, box: Bbox) -> None:
        x0, x1, y0, y1 = self._view
        to_box = Affine2D().translate(-x0, -y0).scale(box.width / (x1 - x0), box.height / (y1 - y0))
        (left, bottom), (right, top) = to_box.transform([self._extent[0::2], self._extent[1::2]])
        columns, rows = (slice(None, None, -1 if end < start else 1) for start, end in ((left, right), (bottom, top)))
        gc = renderer.new_gc()
        gc.set_clip_rectangle(box)
        size = Affine2D().scale(abs(right - left), abs(top - bottom))  # sizes below zero are no business of a pdf's
        if renderer.option_scale_image():
            corner = box.x0 + min(left, right), box.y0 + min(bottom, top)
            renderer.draw_image(gc, *corner, np.ascontiguousarray(self._pixels[rows, columns]), size)
        gc.restore()


def _in_columns(pixels: Pixels, rows: Indices, columns: Indices) -> Pixels:
    """The colours of pixels in columns: array[pixel, dot, 3], of all rows, or of those asked for if they are fewer."""
    packed = pixels.view(np.uint32)[..., 0]
    if rows.size < len(packed):
        packed = packed.take(rows, axis=0)
    chosen = packed.take(columns, axis=1).view(np.uint8).reshape(len(packed), -1, 4)
    colours = np.empty((*chosen.shape[:2], 3), np.uint8)
    for channel in range(3):  # one by one, as `Canvas.blit`
        colours[..., channel] = chosen[..., channel]
    return colours


def _under(
    start: float, stop: float, view: tuple[float, ...], edges: tuple[float, ...], count: int
) -> tuple[Indices, int]:
    """Which of `count` pixels between edges is under each dot from `start` to `stop`; the first dot that has one."""
    first = round(start)
    dots = (np.arange(first, round(stop)) + 0.5 - start) / (stop - start)
    position = view[0] + dots * (view[1] - view[0])
    index = np.floor((position - edges[0]) / (edges[1] - edges[0]) * count)
    inside = np.nonzero((index >= 0) & (index < count))[0]
    if not inside.size:
        return np.empty(0, np.intp), first
    return index[inside].astype(np.intp), first + int(inside[0])
