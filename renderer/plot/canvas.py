"""The page that a figure is drawn on: Matplotlib's canvas, and of it what is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.transforms import BboxBase

from autoviz_render.figures import colours
from autoviz_render.renderer.plot import png
from autoviz_render.spool.arrays import Pixels

Region = tuple[slice, slice]
"""Rows from the top, and columns."""


class Canvas:
    """Parts of a page are drawn one by one, each in a region of its own: what leaves it is not shown.

    renderer: to be drawn with. pixels: array[row, column, 3], RGB from the top, what is shown.
    """

    def __init__(self, renderer: Any, paper: str) -> None:
        self.renderer = renderer
        self._canvas: Pixels = np.asarray(renderer.buffer_rgba())
        self._paper = np.array([*colours.rgb(paper), 255], np.uint8)
        self.pixels: Pixels = png.in_rows(*self._canvas.shape[:2])
        self.pixels[...] = self._paper[:3]

    def region(self, box: BboxBase) -> Region:
        """Of a box on the canvas, which counts from the bottom: boxes that share an edge share no dot."""
        height = self._canvas.shape[0]  # which is cut to whole dots: what is at the top may begin above it
        return slice(max(0, height - round(box.y1)), height - round(box.y0)), slice(round(box.x0), round(box.x1))

    def clear(self, region: Region) -> None:
        self._canvas.view(np.uint32)[(*region, 0)] = self._paper.view(np.uint32)[0]

    def keep(self, region: Region) -> Pixels:
        """What is drawn there until now, to be restored."""
        return self._canvas[region].copy()

    def restore(self, region: Region, kept: Pixels) -> None:
        self._canvas[region] = kept

    def show(self, region: Region) -> None:
        """Have what is drawn there be shown."""
        drawn: Any = self._canvas[region]
        shown = self.pixels[region]
        for channel in range(3):  # one by one: six times as fast as all at once
            shown[..., channel] = drawn[..., channel]


def blank(width: int, height: int, dpi: float) -> Any:
    """A transparent canvas to draw on, in dots: a `RendererAgg`."""
    make: Any = RendererAgg  # not annotated
    return make(width, height, dpi)
