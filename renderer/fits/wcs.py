"""World coordinates of an image: from the run's own FITS keywords, or linear from its extent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from autoviz_render.figures.panels import Extent
from autoviz_render.renderer.fits.cards import Card, ascii_text
from autoviz_render.spool.arrays import Array
from autoviz_render.spool.snapshot import Snapshot

_GROUP = "wcs/"
_KEYWORD = re.compile(r"CRPIX[12]|CRVAL[12]|CDELT[12]|CROTA[12]|CD[12]_[12]|PC[12]_[12]|LONPOLE|LATPOLE|EQUINOX")
_NEEDED = ("CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2")
_SCALES = ("CDELT1", "CD1_1", "CD1_2", "PC1_1", "PC1_2")
_PICTURES = ("data", "image", "model_image", "model_data", "noise_map")
"""Arrays that are images of the sky: the first that is there says of which shape these are."""


def is_keyword(name: str) -> bool:
    """Whether an array is a keyword of a header, and nothing else."""
    return name.startswith(_GROUP) or f"/{_GROUP}" in name


def celestial_cards(snapshot: Snapshot, name: str, shape: tuple[int, ...]) -> list[Card]:
    """The run's own keywords, `static={"wcs": {"CRVAL1": ...}}`, in a gnomonic projection.

    Args:
        snapshot: Of the run.
        name: Of an image: if its group has keywords of its own, these count.
        shape: Of the image: the keywords are those of images of one shape, see `_PICTURES`.

    Returns:
        No cards if there are no keywords, if they do not suffice, or are of other images.

    Source: Calabretta and Greisen (2002), A&A 395, 1077.
    """
    held, group = {**snapshot.arrays, **snapshot.static}, name.rpartition("/")[0]
    for place in dict.fromkeys((f"{group}/" if group else "", "")):
        known = _keywords(held, f"{place}{_GROUP}")
        of_sky = next(
            (held[each].shape[-2:] for each in _pictures(place) if each in held and held[each].ndim > 1), None
        )
        if known and of_sky == shape[-2:]:
            types = [("CTYPE1", "RA---TAN", "gnomonic projection"), ("CTYPE2", "DEC--TAN", "gnomonic projection")]
            units = [("CUNIT1", "deg", ""), ("CUNIT2", "deg", "")]
            return [*types, *units, *((each, known[each], "") for each in sorted(known))]
    return []


def _pictures(place: str) -> list[str]:
    return [f"{place}{name}" for name in _PICTURES]


def _keywords(held: Mapping[str, Array], prefix: str) -> dict[str, float]:
    """The numbers of a header by keyword; none if they do not say where the image lies."""
    found = {
        name.removeprefix(prefix).upper(): float(array.reshape(()))
        for name, array in held.items()
        if name.startswith(prefix) and array.size == 1 and array.dtype.kind in "iuf" and np.isfinite(array).all()
    }
    known = {name: value for name, value in found.items() if _KEYWORD.fullmatch(name)}
    has_scale = any(name in known for name in _SCALES)
    return known if has_scale and all(name in known for name in _NEEDED) else {}


def sky_shape(snapshot: Snapshot) -> tuple[int, ...] | None:
    """The shape of the images of the sky; None if there is none."""
    held = {**snapshot.arrays, **snapshot.static}
    return next((held[name].shape[-2:] for name in _PICTURES if name in held and held[name].ndim > 1), None)


def extent_of_array(name: str, held: Mapping[str, Array], shape: tuple[int, ...] | None) -> Extent | None:
    """The outer edges (x0, x1, y0, y1) of an image, from `NAME_extent`, or `extent` if it is one of the sky."""
    for each in (f"{name}_extent", "extent" if held[name].shape[-2:] == shape else ""):
        found = held.get(each)
        if found is not None and found.shape == (4,) and found.dtype.kind in "iuf" and np.isfinite(found).all():
            x0, x1, y0, y1 = (float(edge) for edge in found)
            if x0 != x1 and y0 != y1:
                return x0, x1, y0, y1
    return None


def linear_cards(extent: Extent | None, shape: tuple[int, ...], unit: str = "arcsec") -> Iterator[Card]:
    """Coordinates that grow evenly from edge to edge: the first pixel's outer edge is at 0.5, as FITS counts.

    Args:
        extent: (x0, x1, y0, y1); None gives no cards.
        shape: Of the image: [..., y, x].
        unit: Of the extent.
    """
    if extent is None:
        return
    lengths = {1: (extent[0], extent[1], shape[-1]), 2: (extent[2], extent[3], shape[-2])}
    for axis, (low, high, count) in lengths.items():
        yield f"CTYPE{axis}", "XOFFSET" if axis == 1 else "YOFFSET", "linear, from the extent"
        yield f"CUNIT{axis}", ascii_text(unit), ""
        yield f"CRPIX{axis}", 0.5, "the outer edge of the first pixel"
        yield f"CRVAL{axis}", low, ""
        yield f"CDELT{axis}", (high - low) / count, ""
