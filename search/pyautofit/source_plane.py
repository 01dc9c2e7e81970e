"""The source of a lens: its reconstruction on a mesh, or the light of its profiles, as they would be without lenses."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array, Floats

_PIXELS = 100
"""Across a parametric source's images."""

_BRIGHT = 0.05
"""Of a parametric source's peak: what is as bright is in the closest view."""


def source_arrays(fit: Any, autogalaxy: ModuleType, extent: Floats, xp: Any) -> dict[str, Any]:
    """The source of a fit with several planes, traceable.

    Args:
        fit: Of PyAutoLens.
        autogalaxy: The package.
        extent: array[left, right, bottom, top] of the data, in arcsec.
        xp: NumPy, or JAX's.
    """
    return _pixelized(fit, autogalaxy) or _parametric(fit, extent, xp)


def arrange_source(arrays: dict[str, Array]) -> None:
    """Arrange what `source_arrays` gave, on the host, as the figures take it: points are (x, y), row 0 the lowest."""
    for name in ("source_vertices", "source_centres"):
        if name in arrays:
            arrays[name] = arrays[name][:, ::-1].copy()
    if "source_grid" in arrays:
        _uniform(arrays, arrays.pop("source_grid"))
    if "source_edges" in arrays:
        _rectangular(arrays, arrays.pop("source_edges"))


def bare(values: Any) -> Any:
    """The array in one of the packages' own."""
    return values.array if hasattr(values, "array") else values


def irregular(points: Any) -> Any:
    """Points array[point, 2] of (y, x), as the packages take them."""
    import autoarray

    return autoarray.Grid2DIrregular(values=points)


def _pixelized(fit: Any, autogalaxy: ModuleType) -> dict[str, Any]:
    """The reconstruction of the farthest plane that has one, on its mesh."""
    if fit.inversion is None or not fit.inversion.has(cls=autogalaxy.Mapper):
        return {}
    mapper = fit.inversion.cls_list_from(cls=autogalaxy.Mapper)[-1]
    source = {"source": bare(fit.inversion.reconstruction_dict[mapper])}
    mesh, points = type(mapper.mesh).__name__, bare(mapper.source_plane_mesh_grid)
    if mesh == "RectangularUniform":
        return source | {"source_grid": points}
    if mesh.startswith("Rectangular"):  # of cells that adapt: its points are those before they do
        try:
            return source | {"source_edges": bare(mapper.mesh_geometry.edges_transformed)}
        except (TypeError, ValueError):
            return {}  # the package cannot tell those of meshes that are not square: all else is drawn
    return source | {"source_centres" if mesh == "KNearestNeighbor" else "source_vertices": points}


def _parametric(fit: Any, extent: Floats, xp: Any) -> dict[str, Any]:
    """The light of the last plane as it would be seen without lenses: all of it, and its brightest part."""
    tracer = fit.tracer_linear_light_profiles_to_light_profiles
    half = max(float(np.ptp(extent[:2])), float(np.ptp(extent[2:]))) / 2
    middle = (extent[0] + extent[1]) / 2, (extent[2] + extent[3]) / 2
    whole = np.array([middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half])

    def image(extent: Any) -> Any:
        y, x = xp.meshgrid(_centres(extent[2], extent[3], xp), _centres(extent[0], extent[1], xp), indexing="ij")
        grid = irregular(xp.stack([y.ravel(), x.ravel()], axis=-1))
        light = [bare(galaxy.image_2d_from(grid=grid, xp=xp)) for galaxy in tracer.planes[-1]]
        return sum(light, start=xp.zeros(_PIXELS**2)).reshape(_PIXELS, _PIXELS)

    source = image(whole)
    close = _brightest_part(source, whole, xp)
    return {"source": source, "source_extent": whole, "source_zoom": image(close), "source_zoom_extent": close}


def _brightest_part(source: Any, whole: Floats, xp: Any) -> Any:
    """The extent of the square round the peak that holds all that is bright."""
    half, width = (whole[1] - whole[0]) / 2, (whole[1] - whole[0]) / _PIXELS
    y, x = (xp.asarray(each) for each in np.indices(source.shape))
    peak = xp.argmax(source)
    row, column = peak // _PIXELS, peak % _PIXELS
    distance = xp.maximum(xp.abs(y - row), xp.abs(x - column))
    reach = xp.max(xp.where(source > _BRIGHT * xp.max(source), distance, 0)) + 1.5
    x0, y0 = whole[0] + (column + 0.5) * width, whole[2] + (row + 0.5) * width
    reach = xp.minimum(reach * width, half)
    return xp.stack([x0 - reach, x0 + reach, y0 - reach, y0 + reach])


def _centres(low: Any, high: Any, xp: Any) -> Any:
    return low + (xp.arange(_PIXELS) + 0.5) * (high - low) / _PIXELS


def _uniform(arrays: dict[str, Array], points: Floats) -> None:
    """A mesh of equal cells: `source` and points array[cell, 2] of (y, x), slim."""
    columns = int(np.argmax(points[:, 0] != points[0, 0])) or len(points)
    rows = len(points) // columns
    height, width = np.abs(points[-1] - points[0]) / (np.maximum([rows, columns], 2) - 1)
    left, top, right, bottom = points[0, 1], points[0, 0], points[-1, 1], points[-1, 0]
    arrays["source"] = arrays["source"].reshape(rows, columns)[::-1].copy()
    arrays["source_extent"] = np.array([left - width / 2, right + width / 2, bottom - height / 2, top + height / 2])


def _rectangular(arrays: dict[str, Array], edges: Floats) -> None:
    """A mesh of cells between lines: array[edge, 2] of (y, x), y descending."""
    y, x = edges[::-1, 0], edges[:, 1]
    arrays["source"] = arrays["source"].reshape(y.size - 1, x.size - 1)[::-1].copy()
    arrays["source_x"], arrays["source_y"] = x.copy(), y.copy()
