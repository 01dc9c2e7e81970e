"""The artist of an image: colours that were worked out before, laid on a part of a cell."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import SubFigure
from matplotlib.transforms import Affine2D, Bbox

from autoviz_render.figures.panels import Extent
from autoviz_render.renderer.plot.layout import Cell, Rectangle
from autoviz_render.spool.arrays import Indices, Pixels


class PixelImage(Artist):
    """Opaque pixels, each shown as a rectangle: `AxesImage` resamples colours at every frame, this one indices once.

    On the screen each dot has the colour of the pixel that its centre lies in. In vector files each pixel is a
    rectangle of its own.
    """

    def __init__(self, subfigure: SubFigure, cell: Cell, *, zorder: float = 1.0) -> None:
        super().__init__()
        self._cell = cell
        self._pixels: Pixels = np.zeros((1, 1, 4), np.uint8)
        self._room = Rectangle(0, 0, 1, 1)
        self._extent: Extent = (0, 1, 0, 1)
        self._view: Extent = (0, 1, 0, 1)
        self._chosen: tuple[Hashable, tuple[Indices, Indices, int, int]] | None = None
        self.set_zorder(zorder)
        subfigure.add_artist(self)

    def show(self, pixels: Pixels, room: Rectangle, extent: Extent, view: Extent) -> None:
        """pixels: array[y, x, 4], opaque RGBA, row 0 at the bottom, over `extent`; of which `view` fills the room."""
        self._pixels, self._room, self._extent, self._view = pixels, room, extent, view

    def draw(self, renderer: Any) -> None:
        if not self.get_visible():
            return
        box = Bbox.from_bounds(*self._cell.fraction(self._room)).transformed(self.figure.transSubfigure)
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
        """For each dot of the box the pixel under it: rows, columns, and where the first of them stand."""
        height, width = self._pixels.shape[:2]
        x0, x1, y0, y1 = self._extent
        columns, left = _under(box.x0, box.x1, self._view[:2], (x0, x1), width)
        rows, bottom = _under(box.y0, box.y1, self._view[2:], (y0, y1), height)
        return rows, columns, left, bottom

    def _draw_rectangles(self, renderer: Any, box: Bbox) -> None:
        x0, x1, y0, y1 = self._view
        to_box = Affine2D().translate(-x0, -y0).scale(box.width / (x1 - x0), box.height / (y1 - y0))
        (left, bottom), (right, top) = to_box.transform([self._extent[0::2], self._extent[1::2]])
        gc = renderer.new_gc()
        gc.set_clip_rectangle(box)
        size = Affine2D().scale(right - left, top - bottom)
        if renderer.option_scale_image():
            renderer.draw_image(gc, box.x0 + left, box.y0 + bottom, self._pixels, size)
        gc.restore()


def _under(
    start: float, stop: float, view: tuple[float, ...], edges: tuple[float, float], count: int
) -> tuple[Indices, int]:
    """The cells, of so many between two edges, under the dots from `start` to `stop`; the first dot that has one."""
    first = round(start)
    dots = (np.arange(first, round(stop)) + 0.5 - start) / (stop - start)
    place = view[0] + dots * (view[1] - view[0])
    index = np.floor((place - edges[0]) / (edges[1] - edges[0]) * count)
    inside = np.nonzero((index >= 0) & (index < count))[0]
    if not inside.size:
        return np.empty(0, np.intp), first
    return index[inside].astype(np.intp), first + int(inside[0])
