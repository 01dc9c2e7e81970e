"""Sixel graphics: rows of six pixels, a bit each, colour by colour.

No encoder is on PyPI that comes with its C library and is kept; textual-image asks the terminal when it is imported,
with time-outs of its own. Pillow finds the colours, NumPy the bits.

Source: DEC, VT330/VT340 Programmer Reference Manual, volume 2, chapter 14; https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from autoviz_render.views.terminal.pictures.files import load, scaled
from autoviz_render.views.terminal.pictures.picture import Picture, Room

_COLOURS = 256  # registers that terminals have
_LEAST_RUN = 4  # of equal columns: fewer are shorter one by one than as `!` and their number
_SAVE, _RESTORE = "\x1b7", "\x1b8"
_MOST_PIXELS = 1_000_000  # what is larger takes too long to encode, and to send
_LEAST_SHRINK = 0.05


def painted(file: Path, room: Room, most: int | None = None) -> Picture:
    """A figure that is painted over blank lines.

    Args:
        file: The figure.
        room: Where it is to stand.
        most: Bytes: the picture gets fewer pixels until it takes no more.

    Raises:
        OSError: As `load` raises it.
    """
    image = load(file)
    room = room.fitting(*image.size)
    shrink = min(1.0, (_MOST_PIXELS / (room.pixels[0] * room.pixels[1])) ** 0.5)
    text = _shrunk(image, room, shrink)
    while most is not None and len(text) > most and shrink > _LEAST_SHRINK:
        shrink *= min(0.9, 0.95 * (most / len(text)) ** 0.5)
        text = _shrunk(image, room, shrink)
    over = _SAVE + text + _RESTORE
    return Picture(room.columns, ("",) * room.rows, over, over)


def _shrunk(image: Image.Image, room: Room, by: float) -> str:
    return encoded(scaled(image, *(max(1, int(each * by)) for each in room.pixels)))


def encoded(image: Image.Image) -> str:
    """The picture as a sixel sequence, in at most 256 colours of its own."""
    few = image.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = np.frombuffer(bytes(few.getpalette() or b""), np.uint8).reshape(-1, 3)
    pixels = np.asarray(few)
    used = np.flatnonzero(np.bincount(pixels.ravel(), minlength=len(palette)))
    percent = np.round(palette * (100 / 255)).astype(int)
    colours = "".join(f"#{each};2;{percent[each][0]};{percent[each][1]};{percent[each][2]}" for each in used)
    height, width = pixels.shape
    bands = "-".join("$".join(_band(pixels[top : top + 6])) for top in range(0, height, 6))
    return f'\x1bP0;1;0q"1;1;{width};{height}{colours}{bands}\x1b\\'


def _band(rows: np.ndarray) -> Iterator[str]:
    """Up to six rows of pixels, array[row, column] of colours: of each colour its columns."""
    colours = np.unique(rows)
    weights = (1 << np.arange(len(rows), dtype=np.uint8)).astype(np.uint8)
    sixels = np.einsum("crx,r->cx", rows[None] == colours[:, None, None], weights, dtype=np.uint8, casting="unsafe")
    for colour, columns in zip(colours, sixels, strict=True):
        yield f"#{colour}{_runs(columns)}"


def _runs(columns: np.ndarray) -> str:
    """The columns of one colour, equal ones as their number; empty ones at the end are left out."""
    ends = np.flatnonzero(np.diff(columns))
    starts = np.concatenate(([0], ends + 1))
    lengths = np.diff(np.concatenate((starts, [len(columns)])))
    values = columns[starts]
    if not values[-1]:
        values, lengths = values[:-1], lengths[:-1]
    return "".join(
        f"!{length}{chr(63 + value)}" if length >= _LEAST_RUN else chr(63 + value) * length
        for value, length in zip(values.tolist(), lengths.tolist(), strict=True)
    )
