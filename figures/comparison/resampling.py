"""Values of two grids or meshes on one grid, so that they can be subtracted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autoviz_render.figures.curves import interpolate
from autoviz_render.figures.panels import (
    ColouredPanel,
    Extent,
    ImagePanel,
    MeshPanel,
    PolygonalMesh,
    RectangularMesh,
    TriangularMesh,
    full_extent,
)
from autoviz_render.spool.arrays import Array, Floats, Mask

FINEST = 240
"""Cells on the longer side of the grid that two meshes are brought to: a panel shows no more of them."""


@dataclass(frozen=True)
class PixelGrid:
    """Pixels of one size.

    Attributes:
        extent: (x0, x1, y0, y1), the outer edges of the outermost pixels, in the units of the panel's axes.
        rows, columns: How many there are.
    """

    extent: Extent
    rows: int
    columns: int

    @property
    def pixel(self) -> float:
        """The longer side of a pixel."""
        x0, x1, y0, y1 = self.extent
        return max(abs(x1 - x0) / self.columns, abs(y1 - y0) / self.rows)

    def centres(self) -> tuple[Floats, Floats]:
        """x and y of the pixels: array[row, column] each."""
        x0, x1, y0, y1 = self.extent
        x = x0 + (np.arange(self.columns) + 0.5) * (x1 - x0) / self.columns
        y = y0 + (np.arange(self.rows) + 0.5) * (y1 - y0) / self.rows
        return tuple(np.meshgrid(x, y))  # type: ignore[return-value]

    def is_like(self, other: PixelGrid) -> bool:
        """Whether the pixels are as many, and in the same places."""
        off = max(abs(one - two) for one, two in zip(self.extent, other.extent, strict=True))
        return (self.rows, self.columns) == (other.rows, other.columns) and off <= 1e-6 * self.pixel


def grid_of(panel: ImagePanel) -> PixelGrid:
    """The pixels of an image."""
    rows, columns = np.shape(panel.values)[:2]
    return PixelGrid(full_extent(panel.values, panel.extent), rows, columns)


def common_grid(one: Extent, other: Extent) -> PixelGrid | None:
    """A grid of square pixels over what two views have in common; None if that is nothing."""
    sides = []
    for first, second in ((one[:2], other[:2]), (one[2:], other[2:])):
        low, high = max(min(first), min(second)), min(max(first), max(second))
        if not high > low:
            return None
        sides.append((low, high) if first[0] < first[1] else (high, low))
    (x0, x1), (y0, y1) = sides
    width, height = abs(x1 - x0), abs(y1 - y0)
    pixel = max(width, height) / FINEST
    return PixelGrid((x0, x1, y0, y1), max(1, round(height / pixel)), max(1, round(width / pixel)))


def overlap(one: Extent, other: Extent) -> bool:
    """Whether two extents have more than an edge in common."""
    return common_grid(one, other) is not None


def on_grid(panel: ColouredPanel, grid: PixelGrid) -> tuple[Floats, Mask]:
    """A panel's values on a grid: array[row, column], NaN beyond the panel, and which are masked.

    Args:
        panel: An image, bilinear between its pixel centres, or a mesh: the value of the cell that holds the pixel's
            centre, and of triangles with values at their corners what runs between these.
        grid: In the units of the panel's axes.

    Raises:
        ValueError: The panel's arrays do not fit together.
        TypeError: It is neither an image nor a mesh.
    """
    x, y = grid.centres()
    if isinstance(panel, ImagePanel):
        return _image_at(panel, x, y)
    if isinstance(panel, MeshPanel):
        values = _mesh_at(panel, x, y)
        return values, np.zeros(values.shape, np.bool_)
    raise TypeError(f"a {type(panel).__name__} has no values between its points")


def _image_at(panel: ImagePanel, x: Floats, y: Floats) -> tuple[Floats, Mask]:
    values, mask = panel.checked()
    x0, x1, y0, y1 = extent = full_extent(values, panel.extent)
    inside = (x >= min(x0, x1)) & (x <= max(x0, x1)) & (y >= min(y0, y1)) & (y <= max(y0, y1))
    found = np.where(inside, interpolate(values, extent, x, y), np.nan)
    if mask is None:
        return found, np.zeros(found.shape, np.bool_)
    rows, columns = mask.shape
    column = np.clip(((x - x0) / (x1 - x0) * columns).astype(np.intp), 0, columns - 1)
    row = np.clip(((y - y0) / (y1 - y0) * rows).astype(np.intp), 0, rows - 1)
    return found, inside & mask[row, column]


def _mesh_at(panel: MeshPanel, x: Floats, y: Floats) -> Floats:
    mesh, values = panel.mesh, panel.coloured_values()
    if isinstance(mesh, RectangularMesh):
        return _rectangular_at(mesh, values, x, y)
    cells = np.asarray(mesh.polygons if isinstance(mesh, PolygonalMesh) else mesh.triangles)
    places = np.stack([np.asarray(each, np.float64) for each in (mesh.x, mesh.y)], axis=-1)
    is_shaded = isinstance(mesh, TriangularMesh) and values.shape == places.shape[:1] != cells.shape[:1]
    if not is_shaded and values.shape != cells.shape[:1]:
        raise ValueError(f"a mesh of {len(cells)} cells has no values of shape {values.shape}")
    found = np.full(x.shape, np.nan)
    for number, corners in enumerate(cells):
        outline = places[corners]
        if not np.isfinite(outline).all():
            continue
        part = _box(outline, x, y)
        px, py = x[part], y[part]
        if not px.size:
            continue
        inside = _inside(outline, px, py)
        if is_shaded:
            found[part][inside] = _between(outline, values[corners], px[inside], py[inside])
        else:
            found[part][inside] = values[number]
    return found


def _rectangular_at(mesh: RectangularMesh, values: Floats, x: Floats, y: Floats) -> Floats:
    edges = np.asarray(mesh.x, np.float64), np.asarray(mesh.y, np.float64)
    columns, rows = (each.size - 1 for each in edges)
    if values.shape != (rows, columns):
        raise ValueError(f"values between {rows + 1} and {columns + 1} lines are not of shape {values.shape}")
    column, row = (np.searchsorted(each, at, "right") - 1 for each, at in zip(edges, (x, y), strict=True))
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    found = values[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]
    return np.where(inside, found, np.nan)


def _box(outline: Floats, x: Floats, y: Floats) -> tuple[slice, slice]:
    """The rows and columns of a grid whose centres may lie in an outline."""
    return _range(y[:, 0], outline[:, 1]), _range(x[0], outline[:, 0])


def _range(centres: Floats, values: Floats) -> slice:
    ascending = centres if centres[0] <= centres[-1] else centres[::-1]
    first, last = np.searchsorted(ascending, [values.min(), values.max()])
    if ascending is centres:
        return slice(int(first), int(last))
    return slice(centres.size - int(last), centres.size - int(first))


def _inside(outline: Floats, x: Floats, y: Floats) -> Mask:
    """Whether points lie within a polygon: by how often a line to the left of each crosses its edges."""
    inside = np.zeros(x.shape, np.bool_)
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if ay != by:
            inside ^= ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return inside


def _between(triangle: Floats, values: Array, x: Floats, y: Floats) -> Floats:
    """What runs linearly between the values at the corners of a triangle."""
    (ax, ay), (bx, by), (cx, cy) = triangle
    doubled = (by - cy) * (ax - cx) + (cx - bx) * (ay - cy)
    first = ((by - cy) * (x - cx) + (cx - bx) * (y - cy)) / doubled
    second = ((cy - ay) * (x - cx) + (ax - cx) * (y - cy)) / doubled
    return np.asarray(first * values[0] + second * values[1] + (1 - first - second) * values[2], np.float64)
