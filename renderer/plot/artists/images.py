"""The artists of an image panel."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from autoviz_render.figures.panels import ImagePanel, full_extent
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.coloured import Coloured, coloured_structure
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.artists.pixels import PixelImage


class ImageArtists(PanelArtists):
    """An image, and what surrounds it."""

    def __init__(self, panel: ImagePanel, area: Area) -> None:
        self._image = PixelImage(area)
        self._rest = Coloured(panel, area)
        self.foreground = [self._image, *self._rest.foreground]

    structure = staticmethod(coloured_structure)

    @staticmethod
    def axes(panel: ImagePanel) -> Mapping[str, Any]:
        return {"view": panel.view or full_extent(panel.checked()[0], panel.extent)}

    def update(self, panel: ImagePanel) -> Hashable:
        values, mask = panel.checked()
        extent = full_extent(values, panel.extent)
        parts, view, look = self._rest.show(panel, extent)
        self._image.show(self._rest.pixels(panel, values, mask), parts.image, extent, view)
        return look
