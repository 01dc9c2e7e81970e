"""Tables of named columns, as extensions of a FITS file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autoviz_render.renderer.fits.cards import ascii_text, column_names
from autoviz_render.spool.arrays import Array

_FORMATS = {"b1": "L", "u1": "B", "i2": "I", "i4": "J", "i8": "K", "f4": "E", "f8": "D", "c8": "C", "c16": "M"}
_WIDER = {"i1": "i2", "u2": "i4", "u4": "i8", "f2": "f4"}
"""Types that FITS has not: a wider one has all their values."""


def storable(array: Array) -> Array:
    """The array in a type that FITS has; the values stay as they are. Whole numbers beyond 2^63 become texts."""
    kind = array.dtype.str[1:]
    if array.dtype.kind in "SU":
        return np.array([ascii_text(_as_text(each)) for each in array.ravel()]).reshape(array.shape)
    if kind == "u8":
        return array.astype(np.int64) if array.max(initial=0) < 1 << 63 else array.astype(str)
    return np.ascontiguousarray(array.astype(_WIDER.get(kind, kind), copy=False))


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def table(fits: Any, name: str, columns: Mapping[str, Array], units: Mapping[str, str] | None = None) -> Any:
    """A table extension.

    Args:
        fits: `astropy.io.fits`.
        name: Of the extension.
        columns: array[row] or array[row, ...] each, all of one length, by name.
        units: Of columns, by name.
    """
    told, made = units or {}, []
    for plain, (own, values) in zip(column_names(columns), columns.items(), strict=True):
        array = storable(np.asarray(values))
        repeat = int(np.prod(array.shape[1:])) if array.ndim > 1 else 1
        if array.dtype.kind == "U":
            form, repeat = f"{max(1, array.dtype.itemsize // 4)}A", 1
        else:
            form = f"{repeat}{_FORMATS[array.dtype.str[1:]]}"
        shape = str(array.shape[:0:-1]) if array.ndim > 2 else None
        unit = ascii_text(told[own]) if told.get(own) else None
        made.append(fits.Column(name=plain, format=form, array=array, unit=unit, dim=shape))
    found = fits.BinTableHDU.from_columns(made)
    found.name = name
    for number, (plain, own) in enumerate(zip(column_names(columns), columns, strict=True), 1):
        if plain != own:
            found.header[f"TCOMM{number}"] = ascii_text(own)
    return found


def named_values(fits: Any, name: str, values: Mapping[str, float], units: Mapping[str, str]) -> Any:
    """A table of numbers with names, one a row."""
    names = [ascii_text(each) for each in values]
    columns = {"NAME": np.array(names), "VALUE": np.array([float(each) for each in values.values()])}
    if any(units.get(each) for each in values):
        columns["UNIT"] = np.array([ascii_text(units.get(each, "")) for each in values])
    return table(fits, name, columns)


def rows_of(fits: Any, name: str, rows: Sequence[tuple[str, str]]) -> Any:
    """A table of texts with names."""
    texts = [(ascii_text(str(one)), ascii_text(str(other))) for one, other in rows] or [("", "")]
    return table(fits, name, {"NAME": np.array([each[0] for each in texts]), "VALUE": np.array([t[1] for t in texts])})
