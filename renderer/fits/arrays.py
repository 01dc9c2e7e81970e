"""Extensions for the arrays of a snapshot: images, and tables of lines, parameters and samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autoviz_render.renderer.fits.cards import Card, ascii_text, extension_names
from autoviz_render.renderer.fits.tables import named_values, storable, table
from autoviz_render.renderer.fits.wcs import celestial_cards, extent_of_array, is_keyword, linear_cards, sky_shape
from autoviz_render.spool.arrays import Array
from autoviz_render.spool.errors import NoSamplesError
from autoviz_render.spool.interchange.published import samples_of
from autoviz_render.spool.interchange.samples import Samples
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.weights import SAMPLE_ARRAYS


def array_extensions(fits: Any, snapshot: Snapshot) -> Iterator[Any]:
    """An image of each array of two dimensions or more; then tables.

    Those are PARAMETERS, SCALARS, VALUES (arrays of one number), SAMPLES, and one of all arrays of one length.

    Args:
        fits: `astropy.io.fits`.
        snapshot: Whose arrays, with the static ones.
    """
    held = {**snapshot.static, **snapshot.arrays}
    held = {name: np.asarray(array) for name, array in held.items() if not is_keyword(name)}
    samples = _samples(snapshot)
    of_samples = {"samples", *SAMPLE_ARRAYS} if samples is not None else set()
    others = {name: array for name, array in held.items() if name not in of_samples and array.size}
    images = {name: array for name, array in others.items() if array.ndim >= 2 and array.dtype.kind in "biufc"}
    yield from _images(fits, snapshot, images)
    yield from _tables(fits, snapshot, others, samples, {name.upper() for name in extension_names(images)})


def image(fits: Any, name: str, values: Array, cards: list[Card]) -> Any:
    """An image extension; row 0 is the lowest y."""
    found = fits.ImageHDU(storable(_without_booleans(values)), name=name)
    for card in cards:
        found.header[card[0]] = card[1:]
    return found


def _without_booleans(values: Array) -> Array:
    return values.astype(np.uint8) if values.dtype.kind == "b" else values


def _images(fits: Any, snapshot: Snapshot, images: Mapping[str, Array]) -> Iterator[Any]:
    held = {**snapshot.static, **snapshot.arrays}
    shape = sky_shape(snapshot)
    parts = {each: values for name, array in images.items() for each, values in _parts(name, array).items()}
    for extension, (name, values) in zip(extension_names(parts), parts.items(), strict=True):
        own = name.removesuffix(".real").removesuffix(".imag") if name not in held else name
        cards: list[Card] = [("ARRAY", ascii_text(own), "")]
        cards += [("BUNIT", ascii_text(snapshot.units[own]), "")] if snapshot.units.get(own) else []
        cards += [("OBJECT", ascii_text(snapshot.labels[own]), "")] if snapshot.labels.get(own) else []
        sky = celestial_cards(snapshot, own, values.shape)
        cards += sky or linear_cards(extent_of_array(own, held, shape), values.shape)
        yield image(fits, extension, values, cards)


def _parts(name: str, array: Array) -> dict[str, Array]:
    """The image, or the two of complex numbers, which FITS has in tables alone."""
    return {f"{name}.real": array.real, f"{name}.imag": array.imag} if array.dtype.kind == "c" else {name: array}


def _samples(snapshot: Snapshot) -> Samples | None:
    try:
        return samples_of(snapshot)
    except NoSamplesError:
        return None


def _tables(
    fits: Any, snapshot: Snapshot, arrays: Mapping[str, Array], samples: Samples | None, taken: set[str]
) -> Iterator[Any]:
    def free(name: str) -> str:
        while name.upper() in taken:
            name += "_"
        taken.add(name.upper())
        return name

    if snapshot.parameters:
        yield named_values(fits, free("PARAMETERS"), snapshot.parameters, snapshot.units)
    if snapshot.scalars:
        yield named_values(fits, free("SCALARS"), snapshot.scalars, snapshot.units)
    numbers = {name: float(array) for name, array in arrays.items() if not array.ndim and array.dtype.kind in "biuf"}
    if numbers:
        yield named_values(fits, free("VALUES"), numbers, snapshot.units)
    if samples is not None and len(samples):
        units = dict(zip(samples.names, samples.units, strict=True))
        columns = dict(zip(samples.names, samples.values.T, strict=True)) | samples.beside()
        yield table(fits, free("SAMPLES"), columns, units)
    lines = {name: array for name, array in arrays.items() if array.ndim == 1 and array.dtype.kind in "biufcS"}
    for length in dict.fromkeys(map(len, lines.values())):
        columns = {name: array for name, array in lines.items() if len(array) == length}
        yield table(fits, free(f"LINES_{length}"), columns, snapshot.units)
