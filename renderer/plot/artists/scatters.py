"""The artists of coloured points."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.path import Path

from autoviz_render.figures.panels import Extent, ScatterPanel
from autoviz_render.figures.series import on_axis, span
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.coloured import Coloured, coloured_structure
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.spool.arrays import Floats


class ScatterArtists(PanelArtists):
    """Points, the heavier the larger, and what surrounds them."""

    def __init__(self, panel: ScatterPanel, area: Area) -> None:
        self._rest = Coloured(panel, area, face=area.theme.paper)
        circles: Any = PathCollection([Path.unit_circle()], edgecolors=area.theme.soft, linewidths=0.3, zorder=1)
        self._points = circles
        self._rest.frame.add_points(circles)
        self.foreground = [circles, *self._rest.foreground]

    structure = staticmethod(coloured_structure)

    @staticmethod
    def axes(panel: ScatterPanel) -> Mapping[str, Any]:
        x, y, _, _ = panel.checked()
        return {"view": panel.view or _extent(panel, x, y)}

    def update(self, panel: ScatterPanel) -> Hashable:
        x, y, values, weights = panel.checked()
        _, _, look = self._rest.show(panel, _extent(panel, x, y))
        largest = weights.max(initial=0.0)
        # the size of a unit circle in a collection is the square of its radius
        self._points.set_sizes(panel.radius**2 * (weights / largest if largest > 0 else weights))
        self._points.set_offsets(np.stack([on_axis(x, log=panel.x_log), on_axis(y, log=panel.y_log)], axis=-1))
        self._points.set_facecolor(self._rest.pixels(panel, values) / 255)
        return look


def _extent(panel: ScatterPanel, x: Floats, y: Floats) -> Extent:
    return (*span([x], [x], log=panel.x_log, margin=0.03), *span([y], [y], log=panel.y_log, margin=0.03))
