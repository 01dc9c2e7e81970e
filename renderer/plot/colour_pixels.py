"""From values to pixels: the colours of a map between two limits. The maps are Matplotlib's; the rest is NumPy."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib import colormaps

from autoviz_render.figures.colours import LARGEST, ColourRange, position
from autoviz_render.spool.arrays import Array, Pixels

Colour = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""


def colour_pixels(
    values: Array, mask: Array | None, limits: ColourRange, table: Pixels, *, masked: Colour, not_finite: Colour
) -> Pixels:
    """The colours of values: array[..., 4], opaque RGBA.

    Args:
        values: array[...], of any shape.
        mask: Of the same shape, True where masked; None for none.
        table: array[256, 3], the colour map.
        masked, not_finite: The colours of what has no value.
    """
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    clean = values if finite.all() else np.where(finite, values, limits.low)
    place = position(np.clip(clean, -LARGEST, LARGEST), limits)
    index = np.clip(place * 256.0, 0.0, 255.0).astype(np.uint8)
    packed = opaque(table).view(np.uint32)[..., 0][index]
    packed[~finite] = opaque(np.array(not_finite, np.uint8)).view(np.uint32)
    if mask is not None:
        packed[mask] = opaque(np.array(masked, np.uint8)).view(np.uint32)
    return packed.view(np.uint8).reshape(*values.shape, 4)


def opaque(pixels: Pixels) -> Pixels:
    """RGB as RGBA: array[..., 3] to array[..., 4]."""
    return np.concatenate([pixels, np.full((*pixels.shape[:-1], 1), 255, np.uint8)], axis=-1)


def rgb(colour: str) -> Colour:
    """A theme's colour "#rrggbb" as three numbers."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def colour_table(name: str) -> Pixels:
    """Matplotlib's colour map of that name: array[256, 3].

    Raises:
        ValueError: No map has the name.
    """
    return _standard_table(name) if name in _standard_names() else _table(name)


@lru_cache(maxsize=1)
def _standard_names() -> frozenset[str]:
    """Those that are there from the start; one that is registered later may be replaced."""
    return frozenset(colormaps)


def _table(name: str) -> Pixels:
    try:
        colours = colormaps[name]
    except KeyError:
        raise ValueError(f"no colour map is named {name!r}") from None
    table: Pixels = np.ascontiguousarray(colours(np.linspace(0.0, 1.0, 256), bytes=True)[:, :3])
    table.flags.writeable = False  # the cache hands out one array
    return table


_standard_table = lru_cache(maxsize=64)(_table)
