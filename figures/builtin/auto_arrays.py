"""What an array of any kind and shape can be drawn as: an image, a picture, slices of a cube, lines, a table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autoviz_render.figures.numbers import plain_number
from autoviz_render.spool.arrays import Array, Floats

_LEAST = 4
"""Pixels of an image on a side; a picture of fewer says less than its numbers."""

_MOST_COLUMNS = 8
_LONG = 5
"""How many times longer than wide a table is at least, if it has more than three columns: else it is an image."""

_MOST_ROWS = 12
"""Of a table that is written out; a longer one is drawn."""


def drawable(array: Array) -> Array | None:
    """An array as numbers to draw: booleans as they are, complex numbers by their size; None for anything else."""
    if array.size == 0 or array.dtype.kind not in "biufc":
        return None
    if array.dtype.kind == "c":
        return np.hypot(array.real.astype(np.float64), array.imag.astype(np.float64))
    return array if array.dtype.kind == "b" else array.astype(np.float64)


def is_picture(array: Array) -> bool:
    """Whether an array is array[y, x, 3 or 4] of colours: whole numbers of one byte, or numbers from 0 to 1."""
    if array.ndim != 3 or array.shape[2] not in (3, 4) or min(array.shape[:2]) < _LEAST:
        return False
    if array.dtype == np.uint8:
        return True
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else np.empty(0)
    return bool(finite.size and finite.min() >= 0 and 0.01 <= finite.max() <= 1)


def pictures_of(name: str, array: Array) -> Iterator[tuple[str, Array]]:
    """What of an array is drawn as images, each with its title; nothing if it is none.

    Of a cube, array[..., y, x], it is the middle slice, and of array[y, x, 2 to 4] every one. The titles say which, as
    NumPy would, and whether complex numbers are drawn by their absolute value.
    """
    if is_picture(array):
        yield name, array
        return
    values = drawable(array)
    if values is None or values.ndim < 2 or _is_long(values):
        return
    of = f"|{name}|" if array.dtype.kind == "c" else name
    if values.ndim == 2 and min(values.shape) >= _LEAST:
        yield of, values
    elif values.ndim == 3 and 2 <= values.shape[2] <= 4 and min(values.shape[:2]) >= _LEAST:
        for number in range(values.shape[2]):
            yield f"{of}[:, :, {number}]", values[:, :, number]
    elif values.ndim > 2 and min(values.shape[-2:]) >= _LEAST:
        middle = tuple(length // 2 for length in values.shape[:-2])
        lengths = " × ".join(map(str, values.shape[:-2]))
        yield f"{of}[{', '.join(map(str, middle))}] of {lengths}", values[middle]


def columns_of(array: Array) -> dict[str, Floats]:
    """What of an array is drawn as lines: itself, or the columns of a table by their numbers or names."""
    if array.dtype.names:
        fields = {name: drawable(array[name]) for name in array.dtype.names} if array.ndim == 1 else {}
        return {name: each.astype(np.float64) for name, each in fields.items() if each is not None and each.ndim == 1}
    values = drawable(array)
    if values is None or values.ndim not in (1, 2):
        return {}
    lines = values[None, :] if values.ndim == 1 else values.T if values.shape[0] >= values.shape[1] else values
    return {str(number): line.astype(np.float64) for number, line in enumerate(lines)}


def is_table(array: Array) -> bool:
    """Whether an array has columns, and few enough rows to be written out."""
    if array.dtype.names:
        return array.ndim == 1 and array.size > 0 and (array.size <= _MOST_ROWS or not columns_of(array))
    if array.ndim != 2 or drawable(array) is None:
        return False
    rows, columns = array.shape
    return rows <= _MOST_ROWS and 1 < columns < _LEAST and array.size > 6


def table_of(array: Array) -> list[tuple[str, str]]:
    """The rows of a table: the number of each and its values, in columns, under the names of these."""
    if array.dtype.names:
        names = list(array.dtype.names)
        cells = [[_cell(row[name]) for name in names] for row in array]
    else:
        names = [str(number) for number in range(array.shape[1])]
        cells = [[_cell(value) for value in row] for row in array]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in (names, *cells)]
    return [("" if number == 0 else str(number - 1), line) for number, line in enumerate(lines)]


def _cell(value: object) -> str:
    array = np.asarray(value)
    if array.dtype.kind in "iuf" and array.ndim == 0:
        return plain_number(float(array))
    return array.astype(str).item() if array.ndim == 0 else f"{' × '.join(map(str, array.shape))}"


def _is_long(values: Array) -> bool:
    """Whether a 2-D array is a table: few columns, and many more rows, or the other way round."""
    if values.ndim != 2:
        return False
    few, many = sorted(values.shape)
    return bool(few <= _MOST_COLUMNS and many > max(_LONG * few, 30))
