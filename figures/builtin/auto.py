"""The default figure: whatever is in the snapshot, under its own name.

Images (2-D arrays) first, then lines (1-D arrays, and 2-D arrays of two or three columns), the best fit's numbers last.
Three names have a meaning, the same as in the imaging figure: a boolean `mask` (True = masked) greys the images of its
shape; `extent`, (x0, x1, y0, y1) outer edges, gives their axes; `NAME_extent` gives those of the array `NAME`.
Everything else that is not an image or a line is listed in the table: short arrays by their values, others by shape.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autoviz_render.figures.numbers import plain_number
from autoviz_render.figures.panels import Extent, ImagePanel, LinesPanel, Panel, Series, TablePanel, TextPanel
from autoviz_render.spool.arrays import Array
from autoviz_render.spool.snapshot import Snapshot

MOST_PANELS = 16
MOST_POINTS = 2000
_SHORT = 6
"""Arrays of up to so many values are written out in the table."""


def auto(snapshot: Snapshot) -> list[Panel]:
    """At most `MOST_PANELS` panels, the table among them; the arrays beyond are named in the table."""
    arrays = {**snapshot.static, **snapshot.arrays}
    named = {
        name: np.asarray(arrays[name])
        for name in [*snapshot.arrays, *(n for n in snapshot.static if n not in snapshot.arrays)]
    }
    mask, extents = _mask(named), dict(_extents(named))
    images: list[Panel] = []
    lines: list[Panel] = []
    rows = [
        (name, plain_number(float(value))) for name, value in (*snapshot.parameters.items(), *snapshot.scalars.items())
    ]
    for name, array in named.items():
        if name in extents:
            continue
        values = _numbers(array)
        if values is not None and _is_image(values):
            images.append(_image(name, values, mask, extents))
        elif values is not None and _is_line(values):
            lines.append(LinesPanel(name, _series(values), x_label="index"))
        else:
            rows.append((name, _in_words(array)))
    drawn = images + lines
    room = MOST_PANELS - 1
    if len(drawn) > room or (len(drawn) == MOST_PANELS and rows):
        rows += [(panel.title, "not drawn: too many panels") for panel in drawn[room:]]
        drawn = drawn[:room]
    if rows:
        drawn.append(TablePanel("Best fit and other numbers" if snapshot.parameters else "Numbers", rows))
    return drawn or [TextPanel("Nothing to draw", "This snapshot holds no arrays, parameters or scalars.")]


def thin(x: Array, y: Array, most: int = MOST_POINTS) -> tuple[Array, Array]:
    """A line of at most about `most` points that looks the same: the extremes of each stretch, in their order.

    x, y: array[point]. Points that are not finite are left to stand for a stretch only where it has no others.
    """
    stretches = most // 2
    length = -(-y.size // stretches)
    if length <= 2:
        return x, y
    whole = y.size // length
    block = y[: whole * length].reshape(whole, length)
    finite = np.isfinite(block)
    lowest = np.where(finite, block, np.inf).argmin(axis=1)
    highest = np.where(finite, block, -np.inf).argmax(axis=1)
    starts = np.arange(whole) * length
    kept = np.unique(np.concatenate([starts + lowest, starts + highest, np.arange(whole * length, y.size)]))
    return x[kept], y[kept]


def _numbers(array: Array) -> Array | None:
    """An array as numbers to draw: booleans as they are, complex numbers by their size; None for anything else."""
    if array.size == 0:
        return None
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind == "c":
        return np.asarray(np.hypot(array.real.astype(np.float64), array.imag.astype(np.float64)))
    if array.dtype.kind in "iuf":
        return array.astype(np.float64)
    return None


def _is_image(values: Array) -> bool:
    return values.ndim == 2 and min(values.shape) > 3


def _is_line(values: Array) -> bool:
    return (values.ndim == 1 and values.size > _SHORT) or (
        values.ndim == 2 and min(values.shape) <= 3 and values.size > _SHORT
    )


def _series(values: Array) -> list[Series]:
    columns = values[:, None] if values.ndim == 1 else values
    columns = columns.T if columns.shape[0] < columns.shape[1] else columns
    count = columns.shape[1]
    return [
        Series(*thin(np.arange(columns.shape[0]), columns[:, i].astype(np.float64)), label=str(i) if count > 1 else "")
        for i in range(count)
    ]


def _image(name: str, values: Array, mask: Array | None, extents: dict[str, Extent]) -> ImagePanel:
    extent = extents.get(f"{name}_extent")
    if mask is not None and mask.shape == values.shape and extent is None:
        extent = extents.get("extent")
    applies = mask is not None and mask.shape == values.shape and name != "mask"
    signed = any(word in name.lower() for word in ("residual", "difference"))
    rows, columns = values.shape
    return ImagePanel(
        name,
        values,
        mask=mask if applies else None,
        extent=extent,
        colours="RdBu_r" if signed else "cividis" if values.dtype.kind == "b" else "inferno",
        scale="symmetric" if signed else "linear",
        low=0.0 if values.dtype.kind == "b" else None,
        high=1.0 if values.dtype.kind == "b" else None,
        equal=max(rows, columns) <= 5 * min(rows, columns),
    )


def _mask(named: dict[str, Array]) -> Array | None:
    mask = named.get("mask")
    return mask if mask is not None and mask.ndim == 2 and mask.dtype.kind == "b" else None


def _extents(named: dict[str, Array]) -> Iterator[tuple[str, Extent]]:
    for name, array in named.items():
        if name != "extent" and not name.endswith("_extent"):
            continue
        if array.shape == (4,) and array.dtype.kind in "iuf" and np.isfinite(array).all():
            x0, x1, y0, y1 = (float(edge) for edge in array)
            if x0 < x1 and y0 < y1:
                yield name, (x0, x1, y0, y1)


def _in_words(array: Array) -> str:
    values = _numbers(array)
    if values is None or values.size > _SHORT:
        shape = " × ".join(str(length) for length in array.shape) or "one value"
        return f"{shape}, {array.dtype}"
    return " ".join(plain_number(float(value)) for value in values.ravel())
