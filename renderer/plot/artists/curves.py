"""The artists of a curve that lies over an image or a mesh."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from autoviz_render.figures.panels import Curve, Extent
from autoviz_render.renderer.plot.artists.frame import Frame
from autoviz_render.spool.arrays import Array


class CurveArtists:
    """A curve's line, and its outline below it: `front`."""

    def __init__(self, frame: Frame, curve: Curve) -> None:
        self.label = curve.label
        style: Any = {"linestyle": "-" if curve.style else "none", "marker": curve.marker, "zorder": 3}
        self.front: list[Line2D] = []
        if curve.outline:
            outline = Line2D(
                [],
                [],
                color=curve.outline,
                linewidth=curve.width + 1.4,
                markersize=7,
                markeredgewidth=2.2,
                solid_capstyle="round",
                solid_joinstyle="round",
                **style,
            )
            self.front.append(outline)
        line = Line2D(
            [],
            [],
            color=curve.colour,
            linewidth=curve.width,
            markersize=6,
            solid_capstyle="projecting",
            solid_joinstyle="round",
            **style | {"linestyle": curve.style or "none"},
        )
        self.front.append(line)
        for each in self.front:
            frame.add(each)

    def show(self, curve: Curve, view: Extent) -> None:
        x, y = _near(np.asarray(curve.x, dtype=np.float64), np.asarray(curve.y, dtype=np.float64), view)
        for line in self.front:
            line.set_data(x, y)

    def handle(self) -> tuple[tuple[Line2D, ...], str]:
        """Its entry in a legend."""
        return tuple(self.front), self.label


def _near(x: Array, y: Array, view: Extent) -> tuple[Array, Array]:
    """A curve without its far points: Agg's coordinates end at about 2^24 pixels."""
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"a curve is two arrays[vertex], not of shapes {x.shape} and {y.shape}")
    x0, x1, y0, y1 = view
    far_x, far_y = 100 * (x1 - x0), 100 * (y1 - y0)
    kept = (x > x0 - far_x) & (x < x1 + far_x) & (y > y0 - far_y) & (y < y1 + far_y)
    return np.where(kept, x, np.nan), np.where(kept, y, np.nan)
