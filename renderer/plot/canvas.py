"""Matplotlib's canvas, and the pixels of it that are shown: backgrounds are copied and restored as in blitting."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.transforms import BboxBase

from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.colour_pixels import rgb
from autoviz_render.spool.arrays import Pixels

Region = tuple[slice, slice]
"""Rows from the top, and columns."""


class Canvas:
    """Each panel is drawn in a region of its own; what it draws outside the region is not shown.

    Attributes:
        renderer: Matplotlib's Agg renderer, to draw with.
        pixels: array[row, column, 3], uint8, RGB from the top: what is shown.
    """

    def __init__(self, renderer: Any, paper: str) -> None:
        self.renderer = renderer
        self._buffer: Pixels = np.asarray(renderer.buffer_rgba())
        self._paper = np.array([*rgb(paper), 255], np.uint8)
        self.pixels: Pixels = png.in_rows(*self._buffer.shape[:2])
        self.pixels[...] = self._paper[:3]

    def region(self, box: BboxBase) -> Region:
        """The region of a box in Matplotlib's dots, which count from the bottom; neighbours share no dot."""
        height = self._buffer.shape[0]  # which is cut to whole dots: what is at the top may begin above it
        return slice(max(0, height - round(box.y1)), height - round(box.y0)), slice(round(box.x0), round(box.x1))

    def clear(self, region: Region) -> None:
        """Draw paper over a region."""
        self._buffer.view(np.uint32)[(*region, 0)] = self._paper.view(np.uint32)[0]

    def copy(self, region: Region) -> Pixels:
        """What is drawn there so far, for `restore`."""
        return self._buffer[region].copy()

    def restore(self, region: Region, background: Pixels) -> None:
        """Draw what `copy` gave over its region."""
        self._buffer[region] = background

    def blit(self, region: Region) -> None:
        """Show what is drawn in a region."""
        drawn: Any = self._buffer[region]
        shown = self.pixels[region]
        for channel in range(3):  # one by one: six times as fast as all at once
            shown[..., channel] = drawn[..., channel]
