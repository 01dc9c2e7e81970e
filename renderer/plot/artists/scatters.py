"""The artists of coloured points."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import PathCollection
from matplotlib.figure import SubFigure
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from autoviz_render.figures import colours
from autoviz_render.figures.panels import ScatterPanel
from autoviz_render.renderer.plot.artists.coloured import Coloured
from autoviz_render.renderer.plot.artists.lines import span
from autoviz_render.renderer.plot.layout import Cell
from autoviz_render.renderer.plot.theme import Theme

_SIZE = 4.0
"""Of a point, as a collection of unit circles wants it: the square of its radius, in points of the printer's."""


class ScatterArtists:
    """Points, the heavier the larger, and what surrounds them."""

    def __init__(self, panel: ScatterPanel, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        self._rest = Coloured(panel, subfigure, cell, theme, face=theme.paper)
        self._not_finite = colours.rgb(theme.not_finite)
        self._points: Any = PathCollection([Path.unit_circle()], edgecolors=theme.soft, linewidths=0.3, zorder=1)
        frame = self._rest.frame
        self._points.set_offset_transform(frame.transform)
        self._points.set_transform(IdentityTransform())
        self._points.set_clip_box(frame.clip)
        subfigure.add_artist(self._points)
        self.front: list[Artist] = [self._points, *self._rest.front]

    def update(self, panel: ScatterPanel) -> Hashable:
        x, y, values, weights = (_floats(each, panel.x) for each in (panel.x, panel.y, panel.values, panel.weights))
        placed = np.isfinite(x) & np.isfinite(y) & (weights >= 0)
        x, y, values, weights = x[placed], y[placed], values[placed], weights[placed]
        limits = colours.colour_range(values, scale=panel.scale, low=panel.low, high=panel.high)
        extent = (*span([x], [x], log=False, margin=0.03), *span([y], [y], log=False, margin=0.03))
        _, _, look = self._rest.show(panel, extent, limits, placed.size - int(np.isfinite(values).sum()))
        absent = self._not_finite
        table = colours.colour_table(panel.colours)
        pixels = colours.colour_pixels(values, None, limits, table, masked=absent, not_finite=absent) / 255
        largest = weights.max(initial=0.0)
        self._points.set_sizes(_SIZE * (weights / largest if largest > 0 else weights))
        self._points.set_offsets(np.stack([x, y], axis=-1))
        self._points.set_facecolor(pixels)
        return look


def _floats(values: Any, x: Any) -> Any:
    """As numbers, one for each x; ones where there are none."""
    shape = np.shape(x)
    found = np.ones(shape) if values is None else np.asarray(values, dtype=np.float64)
    if found.shape != shape or found.ndim != 1:
        raise ValueError(f"points are arrays[point] of one length, not of shapes {shape} and {found.shape}")
    return found
