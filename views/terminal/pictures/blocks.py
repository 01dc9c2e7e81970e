"""A picture in coloured characters, two pixels in each: what every terminal of today shows."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from autoviz_render.views.terminal.pictures.files import load, scaled
from autoviz_render.views.terminal.pictures.picture import Picture, Room

Colours = Literal["truecolor", "256", "none"]

_HALF = "▀"
_SHADES = " ░▒▓█"


def painted(file: Path, room: Room, colours: Colours = "truecolor") -> Picture:
    """A figure in half blocks, or in shades of one colour.

    Raises:
        OSError: As `load` raises it.
    """
    image = load(file)
    room = Room(room.columns, room.rows, (1, 2)).fitting(*image.size)
    pixels = np.asarray(scaled(image, room.columns, 2 * room.rows))
    if colours == "none":
        return Picture(room.columns, tuple(_shaded(row) for row in pixels.reshape(room.rows, 2, room.columns, 3)))
    codes = _codes_of(pixels, colours)
    return Picture(room.columns, tuple(_line(codes[row], codes[row + 1]) for row in range(0, len(codes), 2)))


def _codes_of(pixels: np.ndarray, colours: Colours) -> list[list[str]]:
    """What follows `38;` or `48;` for each pixel of array[row, column, channel]."""
    if colours == "truecolor":
        return [[f"2;{red};{green};{blue}" for red, green, blue in row] for row in pixels.tolist()]
    return [[f"5;{number}" for number in row] for row in to_256(pixels).tolist()]


def to_256(pixels: np.ndarray) -> np.ndarray:
    """The nearest of xterm's 256 colours, of the cube and the greys, for array[..., channel]."""
    levels = np.array([0, 95, 135, 175, 215, 255])
    channels = np.abs(pixels[..., None].astype(int) - levels).argmin(axis=-1)
    grey = np.clip((pixels.mean(axis=-1) - 3) // 10, 0, 23).astype(int)
    of_cube = ((pixels - levels[channels]) ** 2.0).sum(axis=-1)
    of_greys = ((pixels - (8.0 + 10 * grey)[..., None]) ** 2).sum(axis=-1)
    numbers: np.ndarray = np.where(of_greys < of_cube, 232 + grey, 16 + (channels * (36, 6, 1)).sum(axis=-1))
    return numbers


def _line(above: list[str], below: list[str]) -> str:
    """A row of characters of which the upper half has one colour and the lower half another."""
    parts, before = [], ("", "")
    for upper, lower in zip(above, below, strict=True):
        if upper != before[0]:
            parts.append(f"\x1b[38;{upper}m")
        if lower != before[1]:
            parts.append(f"\x1b[48;{lower}m")
        parts.append(_HALF)
        before = upper, lower
    return "".join(parts) + "\x1b[0m"


def _shaded(rows: np.ndarray) -> str:
    """Two rows of pixels, array[row, column, channel], as a row of shades: the lighter the fuller."""
    light = rows.mean(axis=(0, 2)) / 255
    return "".join(_SHADES[min(4, int(5 * each))] for each in light)
