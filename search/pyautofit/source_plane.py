"""The source of a lens: its reconstruction on a mesh, or the light of its profiles, as they would be without lenses."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from autoviz_render.spool.arrays import Array, Floats

_PIXELS = 100
"""Across each of a parametric source's images: the whole, the part at the caustic, the brightest part."""

_ROUND = 1.2
"""From one size of a view to the next."""

_BRIGHT = 0.05
"""Of a parametric source's peak: what is as bright is in the closest view."""


class Sky(NamedTuple):
    """Where the pixels of an image are.

    Attributes:
        shape: Rows and columns.
        extent: array[left, right, bottom, top] of their outer edges, in arcsec.
    """

    shape: tuple[int, int]
    extent: Floats

    def centres(self) -> Floats:
        """array[pixel, 2] of (y, x), row by row from the top."""
        (rows, columns), (left, right, bottom, top) = self.shape, self.extent
        y = top - (np.arange(rows) + 0.5) * (top - bottom) / rows
        x = left + (np.arange(columns) + 0.5) * (right - left) / columns
        return np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2)


def source_planes(tracer: Any) -> list[int]:
    """The indices of the planes behind the first one that shine, and of the last one, ascending.

    Args:
        tracer: PyAutoLens'.
    """
    import autogalaxy

    shining = (autogalaxy.LightProfile, autogalaxy.Pixelization)
    last = tracer.total_planes - 1
    planes = enumerate(tracer.planes[1:last], start=1)
    return [plane for plane, all_of_it in planes if any(each.has(cls=shining) for each in all_of_it)] + [last]


def source_arrays(fit: Any, plane: int, sky: Sky, rays: Any, xp: Any) -> dict[str, Any]:
    """The source in one plane of a fit with several planes, traceable; nothing if the plane does not shine.

    Args:
        fit: Of PyAutoLens.
        plane: Its index.
        sky: Where the image's pixels are.
        rays: The `PlaneRays` in it; None if there is no mass that deflects.
        xp: NumPy, or JAX's.
    """
    import autogalaxy

    galaxies = fit.tracer.planes[plane]
    if any(galaxy.has(cls=autogalaxy.Pixelization) for galaxy in galaxies):
        return _pixelized(fit, galaxies)
    if any(galaxy.has(cls=autogalaxy.LightProfile) for galaxy in galaxies):
        return _parametric(fit, plane, sky, rays, xp)
    return {}


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


def _pixelized(fit: Any, galaxies: Any) -> dict[str, Any]:
    """The reconstruction of the last of these galaxies that has one, on its mesh."""
    of_galaxies = fit.inversion.linear_obj_galaxy_dict.items()
    mappers = [each for each, galaxy in of_galaxies if any(galaxy is one for one in galaxies) and _is_mapper(each)]
    mapper = mappers[-1]
    source = {"source": bare(fit.inversion.reconstruction_dict[mapper])}
    mesh, points = type(mapper.mesh).__name__, bare(mapper.source_plane_mesh_grid)
    if mesh == "RectangularUniform":
        return source | {"source_grid": points}
    if mesh.startswith("Rectangular"):  # of cells that adapt: its points are those before they do
        return _adaptive(mapper.mesh_geometry, source["source"])
    return source | {"source_centres" if mesh == "KNearestNeighbor" else "source_vertices": points}


def _is_mapper(linear_object: Any) -> bool:
    return hasattr(linear_object, "source_plane_mesh_grid")


def _adaptive(geometry: Any, values: Any) -> dict[str, Any]:
    """A source on rectangular cells that adapt, with their edges; without, if they are not known.

    PyAutoArray (2026.10) stacks the edges along y and x, which fails if these are not as many. It maps the image to
    a square mesh of as many rows in any case: the first values are on that one, and no ray ends in the others.
    """
    rows, columns = geometry.shape_native
    if rows < columns:
        square = copy.copy(geometry)
        square.mesh = SimpleNamespace(shape=(rows, rows))
        geometry, values = square, values[: rows * rows]
    try:
        return {"source": values, "source_edges": bare(geometry.edges_transformed)}
    except (AttributeError, TypeError, ValueError):
        return {"source": values}  # the figure says that it has no places, and all else is drawn


def _parametric(fit: Any, plane: int, sky: Sky, rays: Any, xp: Any) -> dict[str, Any]:
    """The light of a plane as it would be seen without lenses: all of it, what the caustic surrounds, and its
    brightest part, each on pixels of its own size."""
    galaxies = fit.tracer_linear_light_profiles_to_light_profiles.planes[plane]
    extent, shape = sky.extent, sky.shape
    half = max(float(np.ptp(extent[:2])), float(np.ptp(extent[2:]))) / 2
    middle = (extent[0] + extent[1]) / 2, (extent[2] + extent[3]) / 2
    whole = np.array([middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half])

    def image(extent: Any) -> Any:
        y, x = xp.meshgrid(_centres(extent[2], extent[3], xp), _centres(extent[0], extent[1], xp), indexing="ij")
        grid = irregular(xp.stack([y.ravel(), x.ravel()], axis=-1))
        light = [bare(each.image_2d_from(grid=grid, xp=xp)) for each in galaxies]
        return sum(light, start=xp.zeros(_PIXELS**2)).reshape(_PIXELS, _PIXELS)

    source = image(whole)
    close = _brightest_part(source, whole, xp)
    arrays = {"source": source, "source_extent": whole, "source_zoom": image(close), "source_zoom_extent": close}
    if rays is not None:
        part = _at_the_caustic(rays, shape, close, whole, xp)
        arrays |= {"source_caustic": image(part), "source_caustic_extent": part}
    return arrays


def _at_the_caustic(rays: Any, shape: tuple[int, int], bright: Any, whole: Floats, xp: Any) -> Any:
    """The extent of a square round the tangential caustic and the brightest part, at most as large as the whole.

    Rounded, so that the picture holds still while a fit converges.
    """
    tangential, positions = rays.tangential.reshape(shape), rays.positions.reshape(*shape, 2)
    low, high = xp.asarray([bright[2], bright[0]]), xp.asarray([bright[3], bright[1]])
    for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        a, b = tangential[one], tangential[other]
        crossed = ((a < 0) != (b < 0))[..., None]  # the critical curve runs between these two pixels
        part = (b / xp.where(a == b, 1.0, b - a))[..., None]
        ends = positions[other] + part * (positions[one] - positions[other])
        low = xp.minimum(low, xp.where(crossed, ends, xp.inf).min(axis=(0, 1)))
        high = xp.maximum(high, xp.where(crossed, ends, -xp.inf).max(axis=(0, 1)))
    half = 1.1 * xp.max(high - low) / 2
    half = xp.minimum(_ROUND ** xp.ceil(xp.log(half) / np.log(_ROUND)), (whole[1] - whole[0]) / 2)
    y, x = xp.round((low + high) / 2 / (half / 10)) * (half / 10)
    return xp.stack([x - half, x + half, y - half, y + half])


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
