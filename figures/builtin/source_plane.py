"""The source plane of a lens: a source on a mesh of any kind, and where to look at it.

It reads these arrays. Positions and edges are in arcsec, extents are (x0, x1, y0, y1), outer edges. Values [n, m] are
on a rectangular mesh, values [k] on one made of points::

    source              [n, m]   row 0 at the lowest y, with
      source_extent     [4]      of cells of one size, or
      source_x          [m + 1]  the edges of cells of any size, ascending; a cell between two edges that are the same
      source_y          [n + 1]  is left out
    source              [k]      with
      source_vertices   [k, 2]   (x, y) of the corners of Delaunay's triangles, or
      source_centres    [k, 2]   (x, y) of the points of Voronoi's cells
    source_caustic, source_caustic_extent  [p, q], [4]  what the caustic surrounds once more, on a finer uniform mesh
    source_zoom, source_zoom_extent        [p, q], [4]  the brightest part likewise; both optional, beside any of these

If several are there, edges are preferred to an extent, and vertices to centres.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from autoviz_render.figures import meshes
from autoviz_render.figures.curves import Line
from autoviz_render.figures.errors import UnusableMeshError
from autoviz_render.figures.numbers import round_up
from autoviz_render.figures.panels import Extent, Mesh, PolygonalMesh, RectangularMesh, TriangularMesh
from autoviz_render.figures.reading import extent_of, find, floats
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

_FARTHEST = 1e100
"""Arcsec: the squares of points beyond it overflow, so that they are as good as not finite."""

_ALIKE = 1e-7
"""Points that are nearer to each other than this part of the mesh are one: Qhull compares the squares of distances, of
which it knows no more digits, and would leave out one of the points."""

_SIZES = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10.1)
"""Half the sides of views, times a power of ten."""


@dataclass(frozen=True, eq=False)
class Cells:
    """What the views of a source need to know of its mesh: array[cell] each.

    Attributes:
        x, y: The centres, in arcsec.
        value: In the unit of the source.
        area: Not negative, in any unit; 0 if nothing is to be seen of a cell.
        size: The larger side, in arcsec.
    """

    x: Floats
    y: Floats
    value: Floats
    area: Floats
    size: Floats


@dataclass(frozen=True, eq=False)
class Source:
    """A source on its mesh.

    Attributes:
        mesh: None if it is uniform, over the extent: an image.
        values: In the shape that the mesh says, or array[y, x].
        extent: What the mesh spans; of cells without end, what their points span.
        cells: The same mesh cell by cell.
        left_out: The number of points that were not finite.
    """

    mesh: Mesh | None
    values: Floats
    extent: Extent
    cells: Cells
    left_out: int = 0


def source_of(snapshot: Snapshot) -> Source | None:
    """The source; None if there is none to show.

    Raises:
        ValueError: An array has another shape than it should.
        UnusableMeshError: The shapes are right and there is still no mesh.
    """
    source, extent = floats(snapshot, "source"), extent_of(snapshot, "source_extent")
    if source is None:
        return None
    if source.ndim == 1 and not any(find(snapshot, name) is not None for name in SOURCE_PLACES):
        raise UnusableMeshError(f"it is not known where the {source.size:,} cells of the source are")
    points = next((name for name in _ON_POINTS if find(snapshot, name) is not None), "")
    if source.ndim == 2 and any(find(snapshot, name) is not None for name in ("source_x", "source_y")):
        return _between_edges(snapshot, source)
    if source.ndim == 1 and points:
        return _on_points(source, np.asarray(floats(snapshot, points, (source.size, 2))), points)
    if source.ndim != 2 or (points and extent is None):
        raise ValueError(
            "source is a mesh array[n, m] with source_extent or source_x and source_y, or array[k] with "
            f"source_vertices or source_centres; there is none of these for shape {source.shape}"
        )
    return None if extent is None or source.size == 0 else uniform_source(source, extent)


def uniform_source(values: Floats, extent: Extent) -> Source:
    """A source on rectangular cells of one size.

    Args:
        values: array[y, x], not empty.
    """
    x0, x1, y0, y1 = extent
    rows, columns = values.shape
    source = rectangular_source(values, np.linspace(x0, x1, columns + 1), np.linspace(y0, y1, rows + 1))
    return replace(source, mesh=None, values=values, extent=extent)


def rectangular_source(values: Floats, x: Floats, y: Floats) -> Source:
    """A source on rectangular cells of any sizes; those of no width or height are left out.

    Args:
        values: array[row, column].
        x: array[column + 1], the edges, finite and ascending.
        y: array[row + 1], likewise.

    Raises:
        UnusableMeshError: No cell is left.
    """
    columns, rows = np.diff(x) > 0, np.diff(y) > 0
    values = values[rows][:, columns]
    if values.size == 0:
        raise UnusableMeshError("every cell of the source's mesh is without width or without height")
    x, y = (edges[np.append(wide, True)] for edges, wide in ((x, columns), (y, rows)))
    width, height = np.meshgrid(np.diff(x), np.diff(y))
    centre_x, centre_y = np.meshgrid((x[:-1] + x[1:]) / 2, (y[:-1] + y[1:]) / 2)
    parts = (centre_x, centre_y, values, width * height, np.maximum(width, height))
    cells = Cells(*(part.ravel() for part in parts))
    return Source(RectangularMesh(x, y), values, _spanned(x, y), cells)


def delaunay_source(values: Floats, x: Floats, y: Floats) -> Source:
    """A source at the vertices of Delaunay's triangles.

    Args:
        values, x, y: array[point], x and y finite, no two points alike.

    Raises:
        ValueError: The points span no triangles.
    """
    mesh = meshes.delaunay(x, y)
    triangles = np.asarray(mesh.triangles)
    a, b, c = (np.stack([x, y])[:, corner] for corner in triangles.T)
    doubled = np.abs((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])
    thirds = np.repeat(doubled / 6, 3)  # one for each corner
    area = np.bincount(triangles.ravel(), thirds, x.size).astype(np.float64)
    return Source(mesh, values, _spanned(x, y), Cells(x, y, values, area, np.sqrt(area)))


def voronoi_source(values: Floats, x: Floats, y: Floats) -> Source:
    """A source on Voronoi's cells.

    Args:
        values, x, y: array[point], x and y finite, no two points alike.

    Raises:
        ValueError: The points have no cells.
    """
    mesh = meshes.voronoi(x, y)
    x0, x1, y0, y1 = extent = _spanned(x, y)
    at = np.asarray(mesh.polygons)
    right, up = mesh.x[at] - x[:, None], mesh.y[at] - y[:, None]
    area = np.abs((right * np.roll(up, -1, axis=1) - up * np.roll(right, -1, axis=1)).sum(axis=1)) / 2
    # cells at the rim are without end, and must not weigh more than all others
    area = np.minimum(area, max(x1 - x0, y1 - y0) ** 2 / x.size)
    return Source(mesh, values, extent, Cells(x, y, values, area, np.sqrt(area)))


_ON_POINTS = {"source_vertices": (delaunay_source, "triangles"), "source_centres": (voronoi_source, "cells")}

SOURCE_PLACES = ("source_extent", "source_x", "source_y", *_ON_POINTS)
"""The arrays that say where a source's cells are."""


def finer_part(snapshot: Snapshot, name: str) -> Source | None:
    """A part of the source on a finer uniform mesh; None if there is none, or nothing finite in it.

    Args:
        name: Of its values; its extent has the same name with `_extent`.

    Raises:
        ValueError: An array has another shape than it should.
    """
    values, extent = floats(snapshot, name, (None, None)), floats(snapshot, f"{name}_extent", (4,))
    if values is None or extent is None or not np.isfinite(extent).all() or (extent[::2] == extent[1::2]).any():
        return None  # an early fit may have nothing to look at
    checked = extent_of(snapshot, f"{name}_extent")
    return None if checked is None or not np.isfinite(values).any() else uniform_source(values, checked)


def in_view(source: Source, view: Extent) -> tuple[Mesh | None, Floats]:
    """The cells of a source that reach into a view, as a mesh with its values: the others take as long to draw."""
    mesh, values = source.mesh, source.values
    if mesh is None:
        return mesh, values
    if isinstance(mesh, RectangularMesh):
        columns, rows = (_between(edges, *ends) for edges, ends in ((mesh.x, view[:2]), (mesh.y, view[2:])))
        x, y = (edges[part.start : part.stop + 1] for edges, part in ((mesh.x, columns), (mesh.y, rows)))
        return RectangularMesh(x, y), values[rows, columns]
    corners = mesh.triangles if isinstance(mesh, TriangularMesh) else mesh.polygons
    x, y = mesh.x[corners], mesh.y[corners]
    x0, x1, y0, y1 = view
    seen = (x.max(axis=1) >= x0) & (x.min(axis=1) <= x1) & (y.max(axis=1) >= y0) & (y.min(axis=1) <= y1)
    if not seen.any():  # a mesh without cells has no extent
        return mesh, values
    if isinstance(mesh, PolygonalMesh):
        return PolygonalMesh(mesh.x, mesh.y, corners[seen]), values[seen]
    used, triangles = np.unique(corners[seen], return_inverse=True)
    triangles = triangles.reshape(-1, 3)
    if len(triangles) == used.size:  # the values would be taken for those of the triangles
        triangles = np.concatenate([triangles, triangles[-1:]])
    return TriangularMesh(mesh.x[used], mesh.y[used], triangles), values[used]


def source_views(source: Source, caustics: Sequence[Line]) -> list[Extent]:
    """Three square views of a source plane, each smaller than the one before.

    The whole mesh; the brightest part with the first caustic; the brightest part alone. The last two are rounded, so
    that the picture holds still while a fit converges.
    """
    x0, x1, y0, y1 = source.extent
    whole = max(x1 - x0, y1 - y0) / 2
    x, y, bright = _brightest_part(source)
    bright = min(bright, 0.5 * whole)
    left, right, lower, upper = x - bright, x + bright, y - bright, y + bright
    if caustics and np.isfinite(caustics[0][0] + caustics[0][1]).any():
        left, right = min(left, np.nanmin(caustics[0][0])), max(right, np.nanmax(caustics[0][0]))
        lower, upper = min(lower, np.nanmin(caustics[0][1])), max(upper, np.nanmax(caustics[0][1]))
    middle = float(np.clip(1.15 * max(right - left, upper - lower) / 2, 0.3 * whole, 0.65 * whole))
    return [
        square_view(source.extent),
        _rounded_square((left + right) / 2, (lower + upper) / 2, middle),
        _rounded_square(x, y, min(bright, 0.55 * middle)),
    ]


def square_view(extent: Extent) -> Extent:
    """The square round an extent, of its longer side."""
    x0, x1, y0, y1 = extent
    return _square((x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) / 2)


def _between(edges: Floats, low: float, high: float) -> slice:
    """The cells that reach into a range; the nearest one if none does."""
    start = min(max(int(np.searchsorted(edges, low, "right")) - 1, 0), edges.size - 2)
    return slice(start, max(min(int(np.searchsorted(edges, high, "left")), edges.size - 1), start + 1))


def _on_points(source: Floats, points: Floats, name: str) -> Source | None:
    if source.size == 0:
        return None
    usable = (np.abs(points) < _FARTHEST).all(axis=1)
    values, x, y = _merged(source[usable], *points[usable].T)
    if x.size < 3:
        raise UnusableMeshError(f"fewer than three of the source's {source.size:,} points are finite and apart")
    made, cells = _ON_POINTS[name]
    try:
        return replace(made(values, x, y), left_out=int((~usable).sum()))
    except ValueError as error:
        raise UnusableMeshError(f"the source's {x.size:,} points span no {cells}") from error


def _merged(values: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Points of which no two are alike: those that are become one, with the mean of their values."""
    if x.size == 0:
        return values, x, y
    x0, x1, y0, y1 = _spanned(x, y)
    step = _ALIKE * max(x1 - x0, y1 - y0) or 1.0
    places = np.round((x - x0) / step) + 1j * np.round((y - y0) / step)
    _, first, which, count = np.unique(places, return_index=True, return_inverse=True, return_counts=True)
    if first.size == x.size:
        return values, x, y
    return np.bincount(which, weights=values) / count, x[first], y[first]


def _between_edges(snapshot: Snapshot, source: Floats) -> Source | None:
    edges = []
    for name, cells in zip(("source_x", "source_y"), reversed(source.shape), strict=True):
        values = floats(snapshot, name, (cells + 1,))
        if values is None:
            raise ValueError(f"{name} is missing: source_x and source_y go together")
        if (np.diff(values) < 0).any():
            raise ValueError(f"{name} holds the edges of cells, ascending, and these descend")
        edges.append(values)
    if source.size == 0:
        return None
    if not all((np.abs(values) < _FARTHEST).all() for values in edges):
        raise UnusableMeshError("edges of the source's mesh are not finite")
    return rectangular_source(source, *edges)


def _brightest_part(source: Source) -> tuple[float, float, float]:
    """Where a source is brightest, and how far that reaches.

    The mean (x, y) of what exceeds a third of the peak, within a quarter of the mesh of it: further out, bright pixels
    of an early fit are noise.
    """
    x0, x1, y0, y1 = source.extent
    cells = source.cells
    value = np.where(np.isfinite(cells.value) & (cells.area > 0), cells.value, 0.0)
    brightest = int(value.argmax())
    peak = float(value[brightest])
    near = np.hypot(cells.x - cells.x[brightest], cells.y - cells.y[brightest]) <= max(x1 - x0, y1 - y0) / 4
    weight = np.where(near & (value > peak / 3), value * cells.area, 0.0)
    total = float(weight.sum())
    if not (peak > 0 and total > 0 and math.isfinite(total)):
        return (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) / 4
    x_mean, y_mean = (float(np.average(each, weights=weight / total)) for each in (cells.x, cells.y))
    variance = float(np.average((cells.x - x_mean) ** 2 + (cells.y - y_mean) ** 2, weights=weight / total))
    return x_mean, y_mean, 3 * math.sqrt(variance / 2) + 2 * float(cells.size[brightest])


def _spanned(x: Floats, y: Floats) -> Extent:
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())


def _square(x: float, y: float, half: float) -> Extent:
    return (x - half, x + half, y - half, y + half)


def _rounded_square(x: float, y: float, half: float) -> Extent:
    half = round_up(half, _SIZES)
    x, y = (round(float(centre) / (half / 10)) * (half / 10) for centre in (x, y))
    return _square(x, y, half)
