"""The artists of an image panel."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import SubFigure

from autoviz_render.figures import colours
from autoviz_render.figures.panels import ImagePanel, full_extent
from autoviz_render.renderer.plot.artists.coloured import Coloured
from autoviz_render.renderer.plot.artists.pixels import PixelImage
from autoviz_render.renderer.plot.layout import Cell
from autoviz_render.renderer.plot.theme import Theme
from autoviz_render.spool.arrays import Array


class ImageArtists:
    """An image, and what surrounds it."""

    def __init__(self, panel: ImagePanel, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        self._image = PixelImage(subfigure, cell)
        self._rest = Coloured(panel, subfigure, cell, theme)
        self._absent = {"masked": colours.rgb(theme.masked), "not_finite": colours.rgb(theme.not_finite)}
        self.front: list[Artist] = [self._image, *self._rest.front]

    def update(self, panel: ImagePanel) -> Hashable:
        values, mask = _checked(panel)
        extent = full_extent(values, panel.extent)
        limits = colours.colour_range(values, mask, scale=panel.scale, low=panel.low, high=panel.high)
        shown = values if mask is None else values[~mask]
        room, view, look = self._rest.show(panel, extent, limits, shown.size - int(np.isfinite(shown).sum()))
        table = colours.colour_table(panel.colours)
        self._image.show(colours.colour_pixels(values, mask, limits, table, **self._absent), room.image, extent, view)
        return look


def _checked(panel: ImagePanel) -> tuple[Array, Array | None]:
    values = np.asarray(panel.values)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"an image is array[y, x], not of shape {values.shape}")
    if values.dtype.kind not in "biuf":
        raise ValueError(f"an image is an array of numbers, not of {values.dtype}")
    if panel.mask is None:
        return values.astype(np.float64), None
    mask = np.asarray(panel.mask).astype(np.bool_)
    if mask.shape != values.shape:
        raise ValueError(f"the mask has shape {mask.shape}, and the image {values.shape}")
    return values.astype(np.float64), mask
