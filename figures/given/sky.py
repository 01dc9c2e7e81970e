"""Where on the sky an image lies: arrows to the north and to the east, and a scale bar, of the keywords of FITS.

It reads the numbers `wcs/KEYWORD` of a snapshot, as a publisher keeps the mapping `static={"wcs": header}`: CRPIX1 and
CRPIX2; the matrix CD1_1 to CD2_2, or CDELT1 and CDELT2 with PC1_1 to PC2_2 or CROTA2; CRVAL2. All are in degrees, and
pixels are counted as in FITS: the centre of the first one is (1, 1), its row the lowest.

Sources: Greisen and Calabretta (2002), A&A 395, 1061 (the linear part); Calabretta and Greisen (2002), A&A 395, 1077
(the gnomonic projection, TAN).
"""

from __future__ import annotations

import math

import numpy as np

from autoviz_render.figures.annotations import Compass, ScaleBar
from autoviz_render.figures.panels import Extent
from autoviz_render.figures.reading import find
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

_SHARE = 0.2
"""Of the width of an image that a scale bar takes, about."""

_LENGTHS = tuple(
    [(step * 10.0**power / 3.6e6, f"{step * 10**power:g} mas") for power in range(3) for step in (1, 2, 5)]
    + [(step / 10 / 3600, f"{step / 10:g}″") for step in (1, 2, 5)]
    + [(step / 3600, f"{step}″") for step in (1, 2, 5, 10, 20, 30)]
    + [(step / 60, f"{step}′") for step in (1, 2, 5, 10, 20, 30)]
    + [(float(step), f"{step}°") for step in (1, 2, 5, 10, 20, 50)]
)
"""Round ones, in degrees, ascending, with their labels; those of 0.1 arcsec and more are not in milliarcsec."""


_LARGEST = 1e12
"""Of a number that can be one of a header."""


def is_wcs(name: str) -> bool:
    """Whether an array is a keyword of a header: not to be drawn."""
    return name.startswith("wcs/") or "/wcs/" in name


def sky_marks(snapshot: Snapshot, shape: tuple[int, ...], extent: Extent, view: Extent) -> list[Compass | ScaleBar]:
    """The compass and the scale bar of an image; none if the snapshot has no coordinates, or none that can be used.

    Args:
        snapshot: That holds the keywords.
        shape: (rows, columns) of the image.
        extent: (x0, x1, y0, y1), the outer edges of the image, in the units of its axes.
        view: The part of it that is shown.
    """
    pixel = (extent[1] - extent[0]) / shape[1], (extent[3] - extent[2]) / shape[0]
    middle = (
        ((view[0] + view[1]) / 2 - extent[0]) / pixel[0] + 0.5,
        ((view[2] + view[3]) / 2 - extent[2]) / pixel[1] + 0.5,
    )
    with np.errstate(all="ignore"):
        on_sky = _sky_per_pixel(snapshot, middle)
        if on_sky is None or not abs(np.linalg.det(on_sky)) > 0:
            return []
        per_unit = on_sky / np.array(pixel)  # degrees to the east and to the north, for each unit of the two axes
        to_axes = np.linalg.inv(per_unit)
    if not np.isfinite(to_axes).all():
        return []
    east, north = ((float(x), float(y)) for x, y in to_axes.T / np.abs(to_axes).max())
    across = float(np.hypot(*per_unit[:, 0]))
    wanted = _SHARE * abs(view[1] - view[0]) * across
    length, label = min(_LENGTHS, key=lambda each: abs(math.log(each[0] / wanted)))
    bar = [ScaleBar(length / across, label)] if 0.3 < length / wanted < 3 else []
    return [Compass(north, east), *bar]


def _sky_per_pixel(snapshot: Snapshot, pixel: tuple[float, float]) -> Floats | None:
    """Degrees to the east and to the north at a pixel, for a step along x and along y: array[2, 2]; None if unknown."""
    matrix = _matrix(snapshot)
    if matrix is None:
        return None
    largest = float(np.abs(matrix).max())
    if not (largest > 1 / _LARGEST and abs(np.linalg.det(matrix / largest)) > 1e-9):
        return None
    declination, x, y = (_number(snapshot, name, np.nan) for name in ("CRVAL2", "CRPIX1", "CRPIX2"))
    if not np.isfinite([declination, x, y]).all():
        return matrix  # as at the reference pixel
    xi, eta = matrix @ (np.array(pixel) - (x, y))
    there = _at(math.radians(declination), math.radians(xi), math.radians(eta))
    return np.asarray(there @ matrix)


def _at(declination: float, xi: float, eta: float) -> Floats:
    """What a step in the tangent plane is to the east and to the north, at a point of it: meridians meet at the poles.

    All in radians; array[2, 2]. The point is seen along P, which is c + ξ e + η n made a unit vector.
    """
    sine, cosine = math.sin(declination), math.cos(declination)
    plane = np.array([[0.0, 1.0, 0.0], [-sine, 0.0, cosine]])  # e and n, at the reference point
    along = np.array([cosine, 0.0, sine]) + np.array([xi, eta]) @ plane
    far = float(np.linalg.norm(along))
    east = np.array([-along[1], along[0], 0.0]) / np.hypot(along[0], along[1])
    return np.asarray(np.stack([east, np.cross(along / far, east)]) @ plane.T / far)


def _matrix(snapshot: Snapshot) -> Floats | None:
    """Degrees to the east and to the north in the tangent plane for a step along x and along y: array[2, 2]."""
    names = np.array([["1_1", "1_2"], ["2_1", "2_2"]])
    if find(snapshot, "wcs/CD1_1") is not None or find(snapshot, "wcs/CD1_2") is not None:
        return _checked([[_number(snapshot, f"CD{name}", 0.0) for name in row] for row in names])
    steps = [_number(snapshot, f"CDELT{axis}", np.nan) for axis in (1, 2)]
    if any(find(snapshot, f"wcs/PC{name}") is not None for name in names.ravel()):
        turn = [[_number(snapshot, f"PC{name}", float(name[0] == name[2])) for name in row] for row in names]
        return _checked([[step * each for each in row] for step, row in zip(steps, turn, strict=True)])
    angle = math.radians(_number(snapshot, "CROTA2", 0.0))
    sine, cosine = math.sin(angle), math.cos(angle)
    return _checked([[steps[0] * cosine, -steps[1] * sine], [steps[0] * sine, steps[1] * cosine]])


def _checked(matrix: list[list[float]]) -> Floats | None:
    values = np.array(matrix, dtype=np.float64)
    return values if np.isfinite(values).all() else None


def _number(snapshot: Snapshot, name: str, otherwise: float) -> float:
    found = find(snapshot, f"wcs/{name}")
    if found is None or found.shape != () or found.dtype.kind not in "iuf":
        return otherwise
    value = float(found)
    return value if abs(value) < _LARGEST else math.nan
