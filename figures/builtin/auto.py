"""The default figure: whatever is in the snapshot, under its own name.

Images (2-D arrays) come first, then lines (1-D arrays, and 2-D arrays of at most three rows or columns), the numbers
last. Some names have a meaning, as in the imaging figure: a boolean `mask`, True where masked, greys the images of its
shape; `extent`, (x0, x1, y0, y1) of the outer edges, gives their axes; `NAME_extent` gives those of the array `NAME`.
Every other array is listed in the table: a short one by its values, another by its shape.
"""

from __future__ import annotations

import numpy as np

from autoviz_render.figures.bins import thin
from autoviz_render.figures.numbers import plain_number
from autoviz_render.figures.panels import Extent, ImagePanel, LinesPanel, Panel, Series, TablePanel, TextPanel
from autoviz_render.spool.arrays import Array
from autoviz_render.spool.snapshot import Snapshot

MOST_PANELS = 16
_SHORT = 6
"""Arrays of at most this many values are written out in the table."""


def auto(snapshot: Snapshot) -> list[Panel]:
    """At most `MOST_PANELS` panels, the table among them; the arrays beyond are named in the table."""
    everything = {**snapshot.arrays, **snapshot.static, **snapshot.arrays}  # the first for the order, the last to win
    named = {name: np.asarray(array) for name, array in everything.items()}
    extents = {name: extent for name, array in named.items() if (extent := _extent(name, array)) is not None}
    images: list[Panel] = []
    lines: list[Panel] = []
    rows = [(name, plain_number(value)) for name, value in (*snapshot.parameters.items(), *snapshot.scalars.items())]
    for name, array in named.items():
        if name in extents:
            continue
        values = _numbers(array)
        if values is not None and values.ndim == 2 and min(values.shape) > 3:
            images.append(_image(name, values, named.get("mask"), extents))
        elif values is not None and values.ndim in (1, 2) and values.size > _SHORT:
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


def _numbers(array: Array) -> Array | None:
    """An array as numbers to draw: booleans as they are, complex numbers by their size; None for anything else."""
    if array.size == 0 or array.dtype.kind not in "biufc":
        return None
    if array.dtype.kind == "c":
        return np.hypot(array.real.astype(np.float64), array.imag.astype(np.float64))
    return array if array.dtype.kind == "b" else array.astype(np.float64)


def _series(values: Array) -> list[Series]:
    """One line, or the longer axis of two or three."""
    lines = values[None, :] if values.ndim == 1 else values.T if values.shape[0] >= values.shape[1] else values
    x = np.arange(lines.shape[1])
    return [
        Series(*thin(x, line.astype(np.float64)), label=str(number) if len(lines) > 1 else "")
        for number, line in enumerate(lines)
    ]


def _image(name: str, values: Array, mask: Array | None, extents: dict[str, Extent]) -> ImagePanel:
    is_masked = mask is not None and mask.dtype.kind == "b" and mask.shape == values.shape
    is_boolean, is_signed = values.dtype.kind == "b", any(word in name.lower() for word in ("residual", "difference"))
    return ImagePanel(
        name,
        values,
        mask=mask if is_masked and name != "mask" else None,
        extent=extents.get(f"{name}_extent") or (extents.get("extent") if is_masked else None),
        colours="RdBu_r" if is_signed else "cividis" if is_boolean else "inferno",
        scale="symmetric" if is_signed else "linear",
        low=0.0 if is_boolean else None,
        high=1.0 if is_boolean else None,
        equal=max(values.shape) <= 5 * min(values.shape),
    )


def _extent(name: str, array: Array) -> Extent | None:
    """The outer edges in an array whose name says that it holds some; None if it does not."""
    if not (name == "extent" or name.endswith("_extent")) or array.shape != (4,) or array.dtype.kind not in "iuf":
        return None
    x0, x1, y0, y1 = map(float, array)
    return (x0, x1, y0, y1) if np.isfinite(array).all() and x0 < x1 and y0 < y1 else None


def _in_words(array: Array) -> str:
    values = _numbers(array)
    if values is None or values.size > _SHORT:
        shape = " × ".join(str(length) for length in array.shape) or "one value"
        return f"{shape}, {array.dtype}"
    return " ".join(plain_number(float(value)) for value in values.ravel())
