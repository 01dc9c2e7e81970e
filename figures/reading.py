"""The arrays of a snapshot as recipes want them: found, checked and as numbers, or an error that says what to do.

Every function looks in the snapshot's `arrays` first, and then in `static`. In the shapes that they take, None stands
for any length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from autoviz_render.figures.errors import MissingArraysError
from autoviz_render.figures.given.names import in_unit, label_of
from autoviz_render.figures.numbers import rounded, whole, with_error
from autoviz_render.figures.panels import Extent, TablePanel
from autoviz_render.spool.arrays import Array, Floats, Mask
from autoviz_render.spool.snapshot import Snapshot

T = TypeVar("T")

Shape = Sequence[int | None]

Faults = list[str]
"""What is wrong with arrays that a figure can do without: a sentence each, without its full stop."""


def require(snapshot: Snapshot, figure: str, names: Sequence[str]) -> None:
    """Checks that arrays are there.

    Args:
        figure: The figure's name, for the message.

    Raises:
        MissingArraysError: Some are not; the message names them.
    """
    missing = [name for name in names if find(snapshot, name) is None]
    if missing:
        raise MissingArraysError(
            f"the {figure} figure needs {', '.join(missing)}, which the snapshot does not hold; "
            "the figure 'auto' draws whatever is there"
        )


def find(snapshot: Snapshot, name: str) -> Array | None:
    """The array as it is, of any kind and shape; None if there is none."""
    found = snapshot.arrays.get(name, snapshot.static.get(name))
    return None if found is None else np.asarray(found)


def check(name: str, array: Array, kinds: str = "biuf", shape: Shape | None = None) -> None:
    """Checks an array's kind and shape.

    Args:
        kinds: NumPy's letters for the kinds of numbers that are allowed; real ones by default.
        shape: None allows any shape.

    Raises:
        ValueError: It has another kind or shape; the message starts with its name.
    """
    if array.dtype.kind not in kinds:
        raise ValueError(f"{name} is an array of {'real' if 'f' in kinds else 'complex'} numbers, not of {array.dtype}")
    if shape is None:
        return
    if array.ndim != len(shape) or any(length not in (None, n) for length, n in zip(shape, array.shape, strict=True)):
        lengths = ", ".join("any" if length is None else str(length) for length in shape)
        raise ValueError(f"{name} must have the shape [{lengths}], not {list(array.shape)}")


def floats(snapshot: Snapshot, name: str, shape: Shape | None = None) -> Floats | None:
    """The array as float64; None if there is none.

    Raises:
        ValueError: It holds no real numbers, or has another shape.
    """
    found = find(snapshot, name)
    if found is None:
        return None
    check(name, found, shape=shape)
    return np.asarray(found, dtype=np.float64)


def optional(snapshot: Snapshot, name: str, shape: Shape, faults: Faults) -> Floats | None:
    """The array as float64; None if there is none, or it cannot be used.

    Args:
        faults: Takes a sentence if the array is there, but holds no real numbers or has another shape: one bad array
            must not cost the figure.
    """
    try:
        return floats(snapshot, name, shape)
    except ValueError as error:
        faults.append(f"{error}: it is not used")
        return None


def without_faulty(
    make: Callable[[Snapshot], T], snapshot: Snapshot, required: Mapping[str, Shape]
) -> tuple[T, dict[str, str]]:
    """What a function makes of a snapshot without the arrays that it refuses: one bad array must not cost a figure.

    Args:
        make: Raises a ValueError that begins with the name of the array that is wrong, as the functions here do.
        required: The arrays that it cannot do without, and their shapes; NaN stands for what is wrong with them.

    Returns:
        What it made, and a sentence without its full stop for each array that it refused, by the array's name.

    Raises:
        ValueError: It refuses what it cannot do without, or no array.
    """
    faults: dict[str, str] = {}
    while True:
        try:
            return make(snapshot), faults
        except ValueError as error:
            name = str(error).partition(" ")[0]
            refused = [name] if find(snapshot, name) is not None else _of_one_kind(snapshot, name, required)
            if not refused or name in faults or None in required.get(name, ()):
                raise
            faults |= dict.fromkeys(refused, str(error))
            arrays, static = (
                {other: array for other, array in held.items() if other not in refused}
                for held in (snapshot.arrays, snapshot.static)
            )
            if name in required:
                kind = np.complex128 if name == "model_data" else np.float64
                arrays[name] = np.full([int(length or 0) for length in required[name]], np.nan, kind)
            snapshot = replace(snapshot, arrays=arrays, static=static)


def _of_one_kind(snapshot: Snapshot, name: str, required: Mapping[str, Shape]) -> list[str]:
    """The arrays that want one that is not there: `source` and `source_y` want `source_x`."""
    kind = name.partition("_")[0] if "/" not in name else name
    names = {*snapshot.arrays, *snapshot.static} - {*required}
    return [other for other in names if kind and (other == kind or other.startswith(f"{kind}_"))]


def not_used(snapshot: Snapshot, faults: Mapping[str, str]) -> list[tuple[str, str]]:
    """For a table: the arrays that a figure refused, and what they are."""
    found = ((name, np.asarray(find(snapshot, name))) for name in faults)
    return [(f"{name}: not used", f"{list(array.shape)} {array.dtype}") for name, array in found]


def pairs(snapshot: Snapshot, name: str, count: int | None = None) -> Floats | None:
    """Places or shears, array[point, 2] of (x, y); None if there are none.

    The array `NAME_yx` has them as (y, x) instead, as PyAutoLens does. A single pair may be an array[2].

    Args:
        count: How many there must be; None for any number.

    Raises:
        ValueError: It holds no real numbers, or has another shape.
    """
    for each, order in ((name, 1), (f"{name}_yx", -1)):
        found = find(snapshot, each)
        if found is not None:
            found = found[None] if found.shape == (2,) else found
            check(each, found, shape=(count, 2))
            return np.asarray(found, dtype=np.float64)[:, ::order]
    return None


def needed(snapshot: Snapshot, figure: str, names: Sequence[str], dimensions: int) -> list[Floats]:
    """The arrays without which a figure has nothing to show, all of one shape, not empty.

    Args:
        figure: The figure's name, for messages.
        names: The data's name first.
        dimensions: How many axes the data have.

    Returns:
        The arrays as float64, in the order of the names.

    Raises:
        MissingArraysError: Some are not there.
        ValueError: The data are empty or have another number of axes, or another array has not the data's shape.
    """
    require(snapshot, figure, names)
    shape: Shape = (None,) * dimensions
    arrays = []
    for name in names:
        array = np.asarray(floats(snapshot, name, shape))
        if array.size == 0:
            raise ValueError(f"{name} is empty")
        arrays.append(array)
        shape = array.shape
    return arrays


def mask_of(snapshot: Snapshot, shape: tuple[int, ...]) -> Mask:
    """The array `mask` as booleans of this shape, True where masked; all False if there is none.

    Raises:
        ValueError: It has another shape.
    """
    values = floats(snapshot, "mask", shape)
    return np.zeros(shape, dtype=np.bool_) if values is None else values != 0


def extent_of(snapshot: Snapshot, name: str, *, may_be_reversed: bool = False) -> Extent | None:
    """The outer edges (x0, x1, y0, y1) in the array of that name; None if there is none.

    Args:
        may_be_reversed: Whether x0 > x1 and y0 > y1 are allowed: right ascension falls from column to column.

    Raises:
        ValueError: The array is anything else than four finite numbers with x0 < x1 and y0 < y1.
    """
    values = floats(snapshot, name, (4,))
    if values is None:
        return None
    x0, x1, y0, y1 = values.tolist()
    is_in_order = x0 != x1 and y0 != y1 if may_be_reversed else x0 < x1 and y0 < y1
    if not (np.isfinite(values).all() and is_in_order):
        raise ValueError(f"{name} is (x0, x1, y0, y1) with x0 < x1 and y0 < y1, not {values.tolist()}")
    return x0, x1, y0, y1


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """The elementwise quotient; NaN if the denominator, a noise, is not positive, or either is not finite."""
    usable = np.isfinite(denominator) & (denominator > 0) & np.isfinite(numerator)
    quotient: Floats = np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=usable)
    return quotient


def best_fit(
    snapshot: Snapshot, more: Sequence[tuple[str, str]] = (), errors: Mapping[str, float] | None = None
) -> list[TablePanel]:
    """A table of the best fit's parameters, in a list; an empty list if there is nothing to tell.

    Args:
        more: Further rows, (name, value).
        errors: Standard deviations of parameters, by name: those have the digits of theirs.
    """
    known = errors or {}
    rows = [
        (label_of(snapshot, name), in_unit(snapshot, name, with_error(value, known.get(name, np.nan))))
        for name, value in snapshot.parameters.items()
    ]
    return [TablePanel("Best fit", [*rows, *more])] if rows or more else []


def counted(total: float) -> str:
    """A large number for a title: 12,345."""
    return whole(total) if abs(total) < 1e9 else rounded(total)
