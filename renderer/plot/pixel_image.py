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
        box = Bbox.from_bounds(*self._area.fraction(self._part)).transformed(self._area.subfigure.transSubfigure)
        if isinstance(renderer, RendererAgg):
            self._draw_dots(renderer, box)
        else:
            self._draw_rectangles(renderer, box)

    def _draw_dots(self, renderer: Any, box: Bbox) -> None:
        key = (*box.extents, *self._extent, *self._view, *self._pixels.shape)
        if self._chosen is None or self._chosen[0] != key:
            self._chosen = key, self._choose(box)
        rows, columns, left, bottom = self._chosen[1]
        if rows.size and columns.size:
            packed = self._pixels.view(np.uint32)[..., 0]
            canvas = np.asarray(renderer.buffer_rgba()).view(np.uint32)[::-1, :, 0]  # opaque: nothing to blend
            part = canvas[bottom : bottom + rows.size, left : left + columns.size]
            if rows.size * packed.shape[1] < columns.size * packed.shape[0]:  # the one first that leaves fewer
                part[...] = packed.take(rows, axis=0).take(columns, axis=1)
            else:
                part[...] = packed.take(columns, axis=1).take(rows, axis=0)

    def _choose(self, box: Bbox) -> tuple[Indices, Indices, int, int]:
        """The pixel under each dot of the box, as rows and columns, and the first dot that has one."""
        height, width = self._pixels.shape[:2]
        columns, left = _under(box.x0, box.x1, self._view[:2], self._extent[:2], width)
        rows, bottom = _under(box.y0, box.y1, self._view[2:], self._extent[2:], height)
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
