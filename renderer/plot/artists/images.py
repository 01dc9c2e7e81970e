"""The artists of an image panel."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from autoviz_render.figures.panels import ImagePanel, full_extent
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.coloured import Coloured, coloured_structure
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.colour_pixels import opaque, rgb
from autoviz_render.renderer.plot.pixel_image import PixelImage
from autoviz_render.spool.arrays import Floats, Mask, Pixels


class ImageArtists(PanelArtists):
    """An image, and what surrounds it."""

    def __init__(self, panel: ImagePanel, area: Area) -> None:
        self._image, self._theme = PixelImage(area), area.theme
        self._rest = Coloured(panel, area)
        self.foreground = [self._image, *self._rest.foreground]
        self.layers = [self._image, *self._rest.layers]

    @staticmethod
    def structure(panel: ImagePanel) -> Hashable:
        return panel.is_picture, coloured_structure(panel)

    @staticmethod
    def axes(panel: ImagePanel) -> Mapping[str, Any]:
        return {"view": panel.view or full_extent(panel.checked()[0], panel.extent)}

    def update(self, panel: ImagePanel) -> Hashable:
        values, mask = panel.checked()
        extent = full_extent(values, panel.extent)
        parts, view, look = self._rest.show(panel, extent)
        pixels = self._picture(values, mask) if panel.is_picture else self._rest.pixels(panel, values, mask)
        self._image.show(pixels, parts.image, extent, view)
        return look

    def _picture(self, colours: Floats, mask: Mask | None) -> Pixels:
        """The pixels of a picture on the theme's paper: array[y, x, 4], opaque RGBA."""
        theme = self._theme
        finite: Mask = np.isfinite(colours.sum(axis=-1))
        shown = np.clip(np.where(finite[..., None], colours, 0.0), 0.0, 1.0)
        opacity = shown[..., 3:] if shown.shape[-1] == 4 else 1.0
        paper = np.array(rgb(theme.paper)) / 255
        pixels = np.rint(255 * (opacity * shown[..., :3] + (1 - opacity) * paper)).astype(np.uint8)
        pixels[~finite] = rgb(theme.not_finite)
        if mask is not None:
            pixels[mask] = rgb(theme.masked)
        return np.ascontiguousarray(opaque(pixels))  # whatever the order of the axes in memory
