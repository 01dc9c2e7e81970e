"""Where the light rays of an image's pixels end in each plane of a lens, and how a plane is magnified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autoviz_render.search.pyautofit.source_plane import bare, irregular
from autoviz_render.spool.arrays import Floats

_STEP = 1e-3
"""Arcsec between the rays whose difference gives the magnification: much less than a pixel."""


class PlaneRays(NamedTuple):
    """What a lens does to one plane behind it: arrays over the pixels of an image, row by row from the top.

    Attributes:
        positions: array[pixel, 2] of (y, x) in arcsec, where the rays end.
        deflections: array[pixel, 2] of (y, x), by which a pixel's place in the image differs from that.
        inverse_magnification: array[pixel], det A.
        tangential: array[pixel], the eigenvalue of A that is zero on the tangential critical curve.
    """

    positions: Any
    deflections: Any
    inverse_magnification: Any
    tangential: Any


def plane_rays(tracer: Any, planes: Sequence[int], pixels: Floats, dataset_model: Any, xp: Any) -> list[PlaneRays]:
    """The rays in some planes of a tracer of PyAutoLens; traceable.

    Args:
        tracer: PyAutoLens'.
        planes: Their indices, ascending.
        pixels: array[pixel, 2] of (y, x), the centres of the image's pixels.
        dataset_model: PyAutoLens', which may shift and turn the image over the lens; None does neither.
        xp: NumPy, or JAX's.
    """

    def positions(y: float, x: float) -> list[Any]:
        return ray_ends(tracer, planes, pixels + np.array([y, x]), dataset_model, xp)

    centre = positions(0.0, 0.0)
    up, down, right, left = (positions(y, x) for y, x in ((_STEP, 0), (-_STEP, 0), (0, _STEP), (0, -_STEP)))
    rays = []
    for number, place in enumerate(centre):
        by_y, by_x = ((one[number] - other[number]) / (2 * _STEP) for one, other in ((up, down), (right, left)))
        determinant = by_y[:, 0] * by_x[:, 1] - by_y[:, 1] * by_x[:, 0]
        # turning the image, or planes in between, adds a rotation to the symmetric matrix whose eigenvalues these are
        mean = xp.hypot(by_y[:, 0] + by_x[:, 1], by_y[:, 1] - by_x[:, 0]) / 2
        mean = xp.where(by_y[:, 0] + by_x[:, 1] < 0, -mean, mean)
        tangential = mean - xp.sqrt(xp.maximum(mean**2 - determinant, 0.0))
        rays.append(PlaneRays(place, pixels - place, determinant, tangential))
    return rays


def ray_ends(tracer: Any, planes: Sequence[int], pixels: Floats, dataset_model: Any, xp: Any) -> list[Any]:
    """The positions alone, array[pixel, 2] in each plane; the arguments are those of `plane_rays`."""
    grid = irregular(_over_the_lens(xp.asarray(pixels), dataset_model, xp))
    if planes[-1] == 0:  # there is nothing behind the lens: a source that is far away is meant
        return [bare(grid) - bare(tracer.deflections_yx_2d_from(grid=grid, xp=xp))]
    traced = tracer.traced_grid_2d_list_from(grid=grid, xp=xp, plane_index_limit=planes[-1])
    return [bare(traced[plane]) for plane in planes]


def has_several_masses(tracer: Any, mass_profile: type[Any]) -> bool:
    """Whether rays are deflected in more than one plane before the last."""
    return sum(any(each.has(cls=mass_profile) for each in plane) for plane in tracer.planes[:-1]) > 1


def _over_the_lens(pixels: Any, dataset_model: Any, xp: Any) -> Any:
    """Places in the image as places over the lens: shifted, then turned, as PyAutoLens does with its own grids."""
    if dataset_model is None:
        return pixels
    y, x = (pixels - xp.asarray(dataset_model.grid_offset)).T
    angle = xp.deg2rad(getattr(dataset_model, "grid_rotation_angle", 0.0))
    cosine, sine = xp.cos(angle), xp.sin(angle)
    return xp.stack([x * sine + y * cosine, x * cosine - y * sine], axis=-1)
