"""The default figure: whatever is in the snapshot, under its own name.

Data and their model come first, if there are two arrays of one shape that are named so: `data` and `model`,
`model_data` or `model_image`; `NAME` or `NAME_data` or `data_NAME`, and `model_NAME` or `NAME_model`. Along one axis
they share a panel, with the error bars of `noise_map` (or `NAME_noise_map`, or `noise_map_NAME`) over `x`, if these
have their shape. Images are in a row: data, model and data − model, the first two in the same colours.

Images (2-D arrays) come next, then lines (1-D arrays, and the columns of tables), the numbers last. Some names have a
meaning, as in the imaging figure: a boolean `mask`, True where masked, greys the images of its shape; `extent`, (x0,
x1, y0, y1) of the outer edges, gives their axes; `NAME_extent` gives those of the array `NAME`. Every other array is
listed in the table: a short one by its values, another by its shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autoviz_render.figures.bins import MOST_POINTS, thin
from autoviz_render.figures.builtin.auto_arrays import columns_of, drawable, is_picture, is_table, pictures_of, table_of
from autoviz_render.figures.builtin.points import with_points
from autoviz_render.figures.colours import range_of
from autoviz_render.figures.given.names import axis_labels, in_unit, label_of, quantity, unit_of
from autoviz_render.figures.given.sky import is_wcs, sky_marks
from autoviz_render.figures.numbers import plain_number
from autoviz_render.figures.panels import (
    Extent,
    ImagePanel,
    LinesPanel,
    Panel,
    Series,
    TablePanel,
    TextPanel,
    full_extent,
)
from autoviz_render.figures.scaling.choice import said_colours
from autoviz_render.spool.arrays import Array
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.weights import SAMPLE_ARRAYS

MOST_PANELS = 16
_SHORT = 6
"""Arrays of at most this many values are written out in the table."""

_MOST_BARS = 600
_OF_SAMPLES = {*SAMPLE_ARRAYS} - {"log_weights", "chain"}
"""For programs that go on with the samples; a figure of them says nothing that others do not."""

_MODELS = ("model", "model_data", "model_image")

Arrays = Mapping[str, Array]


@with_points
def auto(snapshot: Snapshot) -> list[Panel]:
    """At most `MOST_PANELS` panels, the table among them; the arrays beyond are named in the table."""
    everything = {**snapshot.arrays, **snapshot.static, **snapshot.arrays}  # the first for the order, the last to win
    hidden = _OF_SAMPLES if "samples" in everything else ()
    named = {name: np.asarray(each) for name, each in everything.items() if name not in hidden and not is_wcs(name)}
    extents = {name: extent for name, array in named.items() if (extent := _extent(name, array)) is not None}
    fits, shown = _fits(snapshot, named, extents)
    images: list[Panel] = []
    lines: list[Panel] = []
    rows = [
        (label_of(snapshot, name), in_unit(snapshot, name, plain_number(value)))
        for name, value in (*snapshot.parameters.items(), *snapshot.scalars.items())
    ]
    for name, array in named.items():
        if name in extents or name in shown:
            continue
        if pictures := list(_pictures(snapshot, name, array, named.get("mask"), extents)):
            images += pictures
        elif panels := list(_lines(snapshot, name, array)):
            lines += panels
        else:
            rows.append((label_of(snapshot, name), in_unit(snapshot, name, _in_words(array))))
    drawn: list[Panel] = [*_with_marks(snapshot, [*fits, *images]), *lines]
    room = MOST_PANELS - 1
    if len(drawn) > room or (len(drawn) == MOST_PANELS and rows):
        rows += [(panel.title, "not drawn: too many panels") for panel in drawn[room:]]
        drawn = drawn[:room]
    if rows:
        drawn.append(TablePanel("Best fit and other numbers" if snapshot.parameters else "Numbers", rows))
    if len(drawn) == 4 and any(isinstance(panel, ImagePanel) for panel in fits):
        drawn[3] = replace(drawn[3], span=(1, 3))  # else they would be laid out in two columns, and the fit torn apart
    return drawn or [TextPanel("Nothing to draw", "This snapshot holds no arrays, parameters or scalars.")]


def _with_marks(snapshot: Snapshot, images: list[Panel]) -> list[Panel]:
    """The first image, with where it lies on the sky."""
    if not images or not isinstance(first := images[0], ImagePanel):
        return images
    extent = full_extent(first.values, first.extent)
    return [replace(first, marks=sky_marks(snapshot, np.shape(first.values), extent, extent)), *images[1:]]


def _fits(snapshot: Snapshot, named: Arrays, extents: dict[str, Extent]) -> tuple[list[Panel], set[str]]:
    """The panels of data with their model, images first, and the names of the arrays that they show."""
    images: list[Panel] = []
    lines: list[Panel] = []
    shown: set[str] = set()
    for data, model in _pairs(named):
        measured, modelled = drawable(named[data]), drawable(named[model])
        if measured is None or modelled is None or measured.dtype.kind == "b" or {data, model} & shown:
            continue
        if measured.ndim == 1 and measured.size > 1:
            others = _others(named, data, measured.shape)
            lines.append(_data_and_model(snapshot, named, data, model, others))
            shown |= {data, model, *others.values()}
        elif next(pictures_of(data, named[data]), None) and not is_picture(named[data]):
            images += _image_fit(snapshot, named, data, model, extents)
            shown |= {data, model}
    return [*images, *lines], shown


def _pairs(named: Arrays) -> Iterator[tuple[str, str]]:
    """The names of data and models that belong together."""
    for model in named:
        group, slash, name = model.rpartition("/")
        if name in _MODELS:
            bases = ["data"]
        elif name.startswith("model_"):
            base = name.removeprefix("model_")
            bases = [base, f"{base}_data", f"data_{base}"]
        elif name.endswith("_model"):
            base = name.removesuffix("_model")
            bases = [base, f"{base}_data", f"data_{base}"]
        else:
            continue
        for base in bases:
            data = f"{group}{slash}{base}"
            if data in named and named[data].shape == named[model].shape:
                yield data, model
                break


def _others(named: Arrays, data: str, shape: tuple[int, ...]) -> dict[str, str]:
    """The names of x and of the noise of some data, by "x" and "noise_map"."""
    group, slash, name = data.rpartition("/")
    base = name.removesuffix("_data").removeprefix("data_")
    found = {}
    for kind in ("x", "noise_map"):
        for candidate in (f"{base}_{kind}", f"{kind}_{base}", kind):
            array = named.get(f"{group}{slash}{candidate}")
            if array is not None and array.shape == shape and array.dtype.kind in "iuf":
                found[kind] = f"{group}{slash}{candidate}"
                break
    return found


def _data_and_model(snapshot: Snapshot, named: Arrays, data: str, model: str, others: dict[str, str]) -> LinesPanel:
    """Data as points, the model as a line."""
    measured, modelled = (_floats(named[name]) for name in (data, model))
    x = _floats(named[others["x"]]) if "x" in others else np.arange(measured.size, dtype=np.float64)
    order = np.argsort(x, kind="stable")
    x, measured, modelled = x[order], measured[order], modelled[order]
    if measured.size > MOST_POINTS:
        points = Series(*thin(x, measured), label=label_of(snapshot, data), width=0.7)
    else:
        noise = _floats(named[others["noise_map"]])[order] if "noise_map" in others else None
        error = None if noise is None or noise.size > _MOST_BARS else np.where(noise > 0, noise, np.nan)
        marker = "o" if measured.size <= 150 else "."
        points = Series(x, measured, error=error, label=label_of(snapshot, data), style="", marker=marker)
    title = f"{label_of(snapshot, data)} and {label_of(snapshot, model)}"
    title += ", absolute values" if named[data].dtype.kind == "c" else ""
    coordinate = quantity(snapshot, others["x"]) if "x" in others else "index"
    x_label, y_label = axis_labels(snapshot, data, coordinate, quantity(snapshot, data))
    return LinesPanel(
        title,
        [points, Series(*thin(x, modelled), label=label_of(snapshot, model))],
        span=(1, 2),
        x_label=x_label,
        y_label=y_label,
    )


def _image_fit(snapshot: Snapshot, named: Arrays, data: str, model: str, extents: dict[str, Extent]) -> list[Panel]:
    """Data, model and what is left, of the same part of each."""
    with np.errstate(all="ignore"):
        left = _precise(named[data]) - _precise(named[model])
    arrays = (named[data], named[model], left)
    titles, values = zip(
        *(
            next(pictures_of(name, each))
            for name, each in zip((label_of(snapshot, data), label_of(snapshot, model), ""), arrays, strict=True)
        ),
        strict=True,
    )
    signed = (False, False, left.dtype.kind != "c")
    difference = f"{label_of(snapshot, data)} − {label_of(snapshot, model)}"
    one, other, rest = (
        _image(snapshot, title, each, named.get("mask"), extents, name=data, is_signed=is_signed)
        for title, each, is_signed in zip((*titles[:2], difference), values, signed, strict=True)
    )
    limits = range_of(one)
    return [*(replace(each, low=limits.low, high=limits.high) for each in (one, other)), rest]


def _precise(array: Array) -> Array:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _floats(array: Array) -> Array:
    values = drawable(array)
    return np.empty(0) if values is None else values.astype(np.float64)


def _pictures(
    snapshot: Snapshot, name: str, array: Array, mask: Array | None, extents: dict[str, Extent]
) -> Iterator[ImagePanel]:
    for title, values in pictures_of(label_of(snapshot, name), array):
        is_signed = any(word in f"{name} {title}".lower() for word in ("residual", "difference"))
        yield _image(snapshot, title, values, mask, extents, name=name, is_signed=is_signed)


def _image(
    snapshot: Snapshot,
    title: str,
    values: Array,
    mask: Array | None,
    extents: dict[str, Extent],
    *,
    name: str,
    is_signed: bool = False,
) -> ImagePanel:
    shape = values.shape[:2]
    is_masked = mask is not None and mask.dtype.kind == "b" and mask.shape == shape
    is_boolean = values.dtype.kind == "b"
    x_label, y_label = axis_labels(snapshot, name)
    colours: dict[str, Any] = {"scale": "symmetric" if is_signed else "linear", "low": None, "high": None}
    if is_boolean:
        colours |= {"low": 0.0, "high": 1.0}
    elif not is_signed and values.ndim == 2:
        colours = said_colours(snapshot, name, values, mask if is_masked else None, colours)
    return ImagePanel(
        title,
        values,
        mask=mask if is_masked and name != "mask" else None,
        extent=extents.get(f"{name}_extent") or (extents.get("extent") if is_masked else None),
        colours="RdBu_r" if is_signed else "cividis" if is_boolean else "inferno",
        **colours,
        equal=max(shape) <= 5 * min(shape),
        unit=unit_of(snapshot, name),
        x_label=x_label,
        y_label=y_label,
    )


def _lines(snapshot: Snapshot, name: str, array: Array) -> Iterator[Panel]:
    """One line, or the columns of a table: in one panel, if they are of one size."""
    if is_table(array):
        yield TablePanel(label_of(snapshot, name), table_of(array))
        return
    columns = columns_of(array)
    if sum(values.size for values in columns.values()) <= _SHORT:
        return
    title = label_of(snapshot, name) + (", absolute value" if array.dtype.kind == "c" else "")
    x_label, y_label = axis_labels(snapshot, name, "index", unit_of(snapshot, name))
    series = {
        label: Series(*thin(np.arange(values.size), values), label=label if len(columns) > 1 else "")
        for label, values in columns.items()
    }
    if len(columns) > 1 and not _of_one_size(list(columns.values())):
        for label, each in series.items():
            yield LinesPanel(f"{title}: {label}", [replace(each, label="")], x_label=x_label, y_label=y_label)
        return
    yield LinesPanel(title, list(series.values()), x_label=x_label, y_label=y_label)


def _of_one_size(columns: list[Array]) -> bool:
    """Whether none is flat beside another."""
    spans = [float(np.ptp(each[np.isfinite(each)])) for each in columns if np.isfinite(each).any()]
    ends = [each[np.isfinite(each)] for each in columns if np.isfinite(each).any()]
    if not ends:
        return True
    whole = max(float(each.max()) for each in ends) - min(float(each.min()) for each in ends)
    return all(span == 0 or 20 * span >= whole for span in spans)


def _extent(name: str, array: Array) -> Extent | None:
    """The outer edges in an array whose name says that it holds some; None if it does not."""
    if not (name == "extent" or name.endswith("_extent")) or array.shape != (4,) or array.dtype.kind not in "iuf":
        return None
    x0, x1, y0, y1 = map(float, array)
    return (x0, x1, y0, y1) if np.isfinite(array).all() and x0 != x1 and y0 != y1 else None


def _in_words(array: Array) -> str:
    values = drawable(array)
    if values is None or values.size > _SHORT:
        shape = " × ".join(str(length) for length in array.shape) or "one value"
        return f"{shape}, {array.dtype}"
    return " ".join(plain_number(float(value)) for value in values.ravel())
