"""What a viewer of HDF5 shows of a file at once: NeXus' default plot, as h5web, silx and NeXpy look for it.

The attributes `default` lead from the root to an entry, and from there to a group of data, whose attributes `signal`
and `axes` name the arrays to show. That group is the one in which these arrays are: it has a second name in the entry.
All this follows from the names and shapes in a file, so that it is the same in every file of one layout.

Source: https://manual.nexusformat.org/datarules.html#find-the-plottable-data, the version of `signal` and `axes`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import h5py

from autoviz_render.spool.format.manifest import ArrayEntry
from autoviz_render.spool.weights import SAMPLE_ARRAYS

_ENTRY, _DATA = "entry", "data"
_ARRAYS = "arrays/"

_FIRST = {
    "snapshot": ("model_image", "model_data", "model", "best_fit", "image"),
    "static": ("data", "image", "observed"),
}
"""Names of what a fit is about, the best known first."""

_NO_PICTURE = {"samples", "live_points", "prior_samples", "mask", "extent", "truths", "ranges", "shown", *SAMPLE_ARRAYS}


class _Plot(NamedTuple):
    """What is shown: the path of a group, the name of an array in it, and those of its axes; "." is none."""

    group: str
    signal: str
    axes: tuple[str, ...]


def mark_default_plot(file: h5py.File, kind: str, entries: Iterable[ArrayEntry]) -> None:
    """Say in a file what to show of it; nothing if there is no array to show.

    Args:
        file: With its datasets.
        kind: "snapshot" or "static"; files of other kinds are for no viewer.
        entries: The datasets.
    """
    shapes = {each.path[len(_ARRAYS) :]: each.shape for each in entries if _is_picture(each)}
    plot = _plot(kind, shapes) if kind in _FIRST else None
    if plot is None:
        return
    data = file[plot.group]
    data.attrs["NX_class"] = "NXdata"
    data.attrs["signal"] = plot.signal
    data.attrs.create("axes", plot.axes, dtype=h5py.string_dtype())
    entry = file.create_group(_ENTRY)
    entry.attrs["NX_class"], entry.attrs["default"] = "NXentry", _DATA
    entry[_DATA] = data  # the same group once more: nothing is stored twice
    file.attrs["NX_class"], file.attrs["default"] = "NXroot", _ENTRY


def _is_picture(entry: ArrayEntry) -> bool:
    name = entry.path.rpartition("/")[2]
    is_plain = entry.path.startswith(_ARRAYS) and entry.dtype.kind in "iufc"
    return is_plain and len(entry.shape) > 0 and math.prod(entry.shape) > 1 and name not in _NO_PICTURE


def _plot(kind: str, shapes: Mapping[str, tuple[int, ...]]) -> _Plot | None:
    if not shapes:
        return None
    signal = min(shapes, key=lambda path: _rank(kind, path, shapes[path]))
    group, slash, name = signal.rpartition("/")
    beside = {path[len(group + slash) :]: shape for path, shape in shapes.items() if path.startswith(group + slash)}
    return _Plot((_ARRAYS + group).rstrip("/"), name, _axes(name, shapes[signal], beside))


def _rank(kind: str, path: str, shape: tuple[int, ...]) -> tuple[int, int, int, str]:
    """The least is shown: what is known by its name, then models, images, everything else; larger ones first."""
    name, known = path.rpartition("/")[2], _FIRST[kind]
    if name in known and len(shape) <= 2:
        return 0, known.index(name), 0, path
    is_model = name.startswith("model_") or name.endswith("_model")
    is_image = len(shape) == 2 and min(shape) > 1
    kinds = (is_model and is_image, is_image, is_model, len(shape) != 1, name != "x")
    return 1 + (*kinds, True).index(True), 0, -math.prod(shape), path


def _axes(name: str, shape: tuple[int, ...], beside: Mapping[str, tuple[int, ...]]) -> tuple[str, ...]:
    """The name of the array over which each axis runs, if there is one of its length beside the signal."""
    base = name.removeprefix("model_").removesuffix("_model").removesuffix("_data")

    def named(axis: str, length: int) -> str:
        wanted = (f"{base}_{axis}", f"{axis}_{base}", axis)
        return next((each for each in wanted if beside.get(each) == (length,) and each != name), ".")

    letters = ("y", "x") if len(shape) == 2 else ("x",) if len(shape) == 1 else ()
    return tuple(named(*each) for each in zip(letters, shape, strict=True)) if letters else (".",) * len(shape)
