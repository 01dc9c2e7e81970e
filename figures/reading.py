"""A snapshot's arrays as recipes want them: found, of the right shape, as numbers; or an error that says what to do.

Every function looks in `arrays` first, and then in `static`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autoviz_render.figures.numbers import plain_number
from autoviz_render.figures.panels import Extent, TablePanel
from autoviz_render.figures.registry import FigureError
from autoviz_render.spool.arrays import Array, Floats, Mask
from autoviz_render.spool.snapshot import Snapshot


class MissingArraysError(FigureError):
    """The snapshot lacks arrays that a figure cannot do without."""


def require(snapshot: Snapshot, figure: str, names: Sequence[str]) -> None:
    """Raises MissingArraysError, with the names of those that are not there."""
    missing = [name for name in names if find(snapshot, name) is None]
    if missing:
        raise MissingArraysError(
            f"the {figure} figure needs {', '.join(missing)}, which the snapshot does not hold; "
            "the figure 'auto' draws whatever is there"
        )


def find(snapshot: Snapshot, name: str) -> Array | None:
    """The array as it is; None where there is none."""
    found = snapshot.arrays.get(name)
    return snapshot.static.get(name) if found is None else found


def floats(snapshot: Snapshot, name: str) -> Floats | None:
    """The array as float64. Raises ValueError where it holds no real numbers."""
    found = find(snapshot, name)
    if found is None:
        return None
    found = np.asarray(found)
    if found.dtype.kind not in "biuf":
        raise ValueError(f"{name} is an array of real numbers, not of {found.dtype}")
    return np.asarray(found, dtype=np.float64)


def needed(snapshot: Snapshot, name: str, shape: tuple[int, ...] | None = None) -> Floats:
    """An array that `require` has found, of a shape where one is given. Raises ValueError as `like_data` does."""
    values = floats(snapshot, name) if shape is None else like_data(snapshot, name, shape)
    if values is None:
        raise MissingArraysError(f"the snapshot does not hold {name}")
    return values


def like_data(snapshot: Snapshot, name: str, shape: tuple[int, ...]) -> Floats | None:
    """The array, which has the shape of the data. Raises ValueError where it has another."""
    values = floats(snapshot, name)
    if values is not None and values.shape != shape:
        raise ValueError(f"{name} has shape {values.shape}, and the data {shape}: they must be the same")
    return values


def mask_of(snapshot: Snapshot, shape: tuple[int, ...]) -> Mask:
    """`mask`, True where masked; where there is none, nothing is. Raises ValueError as `like_data` does."""
    values = like_data(snapshot, "mask", shape)
    return np.zeros(shape, dtype=np.bool_) if values is None else values != 0


def extent_of(snapshot: Snapshot, name: str) -> Extent | None:
    """(x0, x1, y0, y1), outer edges. Raises ValueError where the array is anything else."""
    values = floats(snapshot, name)
    if values is None:
        return None
    if values.shape != (4,) or not np.isfinite(values).all() or values[1] <= values[0] or values[3] <= values[2]:
        raise ValueError(f"{name} is (x0, x1, y0, y1) with x0 < x1 and y0 < y1, not {values.tolist()}")
    return (float(values[0]), float(values[1]), float(values[2]), float(values[3]))


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Elementwise; NaN where the denominator, a noise, is not positive, or either is not finite."""
    usable = np.isfinite(denominator) & (denominator > 0) & np.isfinite(numerator)
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=usable)
    return quotient


def best_fit(snapshot: Snapshot, more: Sequence[tuple[str, str]] = ()) -> list[TablePanel]:
    """A table of the best fit's parameters, and of what more there is to tell; none where there is nothing."""
    rows = [(name, plain_number(value)) for name, value in snapshot.parameters.items()]
    return [TablePanel("Best fit", [*rows, *more])] if rows or more else []


def counted(total: float) -> str:
    """A large number for a title: 12,345."""
    text = f"{total:,.0f}" if abs(total) < 1e9 else f"{total:.2e}"
    return text.replace("-", "\N{MINUS SIGN}")
