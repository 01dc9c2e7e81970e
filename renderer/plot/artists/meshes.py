"""The artists of values on a mesh."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import PolyCollection

from autoviz_render.figures.panels import Extent, MeshPanel, PolygonalMesh, RectangularMesh, TriangularMesh
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.coloured import Coloured, coloured_structure
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.spool.arrays import Floats


class MeshArtists(PanelArtists):
    """The cells of a mesh, and what surrounds them."""

    def __init__(self, panel: MeshPanel, area: Area) -> None:
        self._rest = Coloured(panel, area)
        edges: Any = panel.edges or "none"
        # without antialiasing: else what is behind the mesh shines through between its cells
        self._cells: Any = PolyCollection([], antialiased=bool(panel.edges), edgecolors=edges, linewidths=0.4, zorder=1)
        self._shaded = _ShadedTriangles()
        self._rest.frame.add(self._cells, self._shaded)
        self.foreground = [self._cells, self._shaded, *self._rest.foreground]

    @staticmethod
    def structure(panel: MeshPanel) -> Hashable:
        return panel.edges, coloured_structure(panel)

    @staticmethod
    def axes(panel: MeshPanel) -> Mapping[str, Any]:
        corners, _ = _corners(panel, panel.coloured_values())
        return {"view": panel.view or _extent(corners.reshape(-1, 2))}

    def update(self, panel: MeshPanel) -> Hashable:
        values = panel.coloured_values()
        corners, is_shaded = _corners(panel, values)
        _, _, look = self._rest.show(panel, _extent(corners.reshape(-1, 2)))
        colours = self._rest.pixels(panel, values.ravel()) / 255
        self._shaded.set_visible(is_shaded)
        self._cells.set_visible(not is_shaded or bool(panel.edges))
        if self._cells.get_visible():  # it takes time
            self._cells.set_verts(corners)
        if is_shaded and isinstance(panel.mesh, TriangularMesh):
            self._shaded.corners, self._shaded.colours = corners, colours[panel.mesh.triangles]
        self._cells.set_facecolor("none" if is_shaded else colours)
        return look


class _ShadedTriangles(Artist):
    """Triangles with a colour at each corner, and running between them."""

    def __init__(self) -> None:
        super().__init__()
        self.set_zorder(1)
        self.corners: Floats = np.empty((0, 3, 2))
        self.colours: Floats = np.empty((0, 3, 4))

    def draw(self, renderer: Any) -> None:
        if self.get_visible() and len(self.corners):
            gc = renderer.new_gc()
            gc.set_clip_rectangle(self.get_clip_box())
            renderer.draw_gouraud_triangles(gc, self.corners, self.colours, self.get_transform().frozen())
            gc.restore()


def _corners(panel: MeshPanel, values: Floats) -> tuple[Floats, bool]:
    """array[cell, corner, 2] of (x, y); whether colours run between the corners. Raises ValueError."""
    mesh = panel.mesh
    x, y = np.asarray(mesh.x, np.float64), np.asarray(mesh.y, np.float64)
    if isinstance(mesh, RectangularMesh):
        if values.shape != (y.size - 1, x.size - 1):
            raise ValueError(f"values between {y.size} and {x.size} lines are not of shape {values.shape}")
        columns, rows = np.meshgrid(np.arange(x.size - 1), np.arange(y.size - 1))
        around = [(0, 0), (1, 0), (1, 1), (0, 1)]
        corners = [np.stack([x[columns + right], y[rows + up]], axis=-1).reshape(-1, 2) for right, up in around]
        return np.stack(corners, axis=1), False
    cells = np.asarray(mesh.polygons if isinstance(mesh, PolygonalMesh) else mesh.triangles)
    is_shaded = isinstance(mesh, TriangularMesh) and values.shape == x.shape and values.shape != cells.shape[:1]
    if not is_shaded and values.shape != cells.shape[:1]:
        raise ValueError(f"a mesh of {len(cells)} cells and {x.size} vertices has no values of shape {values.shape}")
    return np.stack([x, y], axis=-1)[cells], is_shaded


def _extent(points: Floats) -> Extent:
    finite = points[np.isfinite(points).all(axis=1)]
    if not len(finite):
        raise ValueError("a mesh without points")
    (x0, y0), (x1, y1) = finite.min(axis=0), finite.max(axis=0)
    return float(x0), float(x1), float(y0), float(y1)
