"""Meshes made of points: Delaunay's triangles, and Voronoi's cells. Making one loads Matplotlib's triangulation."""

from __future__ import annotations

import numpy as np

from autoviz_render.figures.panels import Extent, PolygonalMesh, TriangularMesh
from autoviz_render.spool.arrays import Array, Floats


def delaunay(x: Array, y: Array) -> TriangularMesh:
    """The triangles of points whose circumcircles hold no other point.

    Args:
        x, y: array[point], in one unit.

    Raises:
        ValueError: There are fewer than three points, or all lie on one line.
    """
    from matplotlib.tri import Triangulation

    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    try:
        triangles = Triangulation(x, y).triangles
    except RuntimeError as error:  # Qhull's own words fill a page
        raise ValueError(f"{x.size} points span no triangles") from error
    return TriangularMesh(x, y, triangles)


def voronoi(x: Array, y: Array, extent: Extent | None = None) -> PolygonalMesh:
    """For each point the region that is nearer to it than to any other; a cell for each point, in their order.

    Source: the Voronoi diagram is the dual of Delaunay's triangulation, Aurenhammer (1991), section 2.2: the corners
    of a cell are the circumcentres of the triangles round its point.

    Args:
        x, y: array[point], in one unit; no two points alike.
        extent: (x0, x1, y0, y1), by default that of the points. Cells at the rim end half-way to a ring far outside it.

    Raises:
        ValueError: There are fewer than three points, all lie on one line, or some coincide.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    mesh = delaunay(*_ringed(x, y, extent or (x.min(), x.max(), y.min(), y.max())))
    corners_x, corners_y = _circumcentres(mesh)
    # each triangle thrice: once for each point that it has a corner at
    point = mesh.triangles.ravel()
    triangle = np.repeat(np.arange(len(mesh.triangles)), 3)
    angle = np.arctan2(corners_y[triangle] - mesh.y[point], corners_x[triangle] - mesh.x[point])
    triangle = triangle[np.lexsort((angle, point))]  # those of the ring come last
    count = np.bincount(point, minlength=x.size)[: x.size]
    if not count.all():
        raise ValueError(f"{int((count == 0).sum())} of {x.size} points coincide with others, and have no cell")
    start = np.cumsum(count) - count
    column = np.minimum(np.arange(count.max()), count[:, None] - 1)
    return PolygonalMesh(corners_x, corners_y, triangle[start[:, None] + column])


def _ringed(x: Array, y: Array, extent: Extent) -> tuple[Array, Array]:
    """Points, followed by a ring of others far outside: with it every cell of the former has an end."""
    x0, x1, y0, y1 = extent
    radius = 3 * max(x1 - x0, y1 - y0, 1e-300)
    angle = np.arange(24) * (2 * np.pi / 24) + 0.1
    ring_x, ring_y = (x0 + x1) / 2 + radius * np.cos(angle), (y0 + y1) / 2 + radius * np.sin(angle)
    return np.concatenate([x, ring_x]), np.concatenate([y, ring_y])


def _circumcentres(mesh: TriangularMesh) -> tuple[Floats, Floats]:
    """array[triangle] of x, and of y."""
    ax, bx, cx = mesh.x[mesh.triangles].T
    ay, by, cy = mesh.y[mesh.triangles].T
    bx, by, cx, cy = bx - ax, by - ay, cx - ax, cy - ay
    double = 2 * (bx * cy - by * cx)
    double = np.where(double == 0, np.finfo(float).tiny, double)
    b, c = bx**2 + by**2, cx**2 + cy**2
    with np.errstate(over="ignore"):
        return ax + (cy * b - by * c) / double, ay + (bx * c - cx * b) / double
