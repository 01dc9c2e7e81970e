"""Several bands or channels of one fit: each as a snapshot of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autoviz_render.figures.given.names import within
from autoviz_render.figures.reading import find
from autoviz_render.spool.snapshot import Snapshot

MOST_BANDS = 8


def bands_of(snapshot: Snapshot) -> list[tuple[str, Snapshot]]:
    """The bands, from the bluest to the reddest as the run gives them, with their names; none if there is but one.

    Either each is a group of arrays, `g/data`, `g/model_image`; or `data` and `model_image` are array[band, y, x], and
    so is any other array with a first axis of that length over images, or over sources. What is of no band is shared.
    The run names the bands by the groups, or by `axes={"bands": ("g", "r", "i")}`.
    """
    data, model = find(snapshot, "data"), find(snapshot, "model_image")
    if data is None:
        everything = {**snapshot.static, **snapshot.arrays}
        groups = dict.fromkeys(name.removesuffix("/data") for name in everything if name.endswith("/data"))
        found = [group for group in groups if f"{group}/model_image" in everything]
        return [(group, within(snapshot, f"{group}/", shared=True)) for group in found[:MOST_BANDS]]
    if model is None or data.ndim != 3 or data.shape != model.shape or not 1 <= len(data) <= MOST_BANDS:
        return []
    names = (*snapshot.axes.get("bands", ()), *(f"band {number}" for number in range(1, len(data) + 1)))
    said = snapshot.axes.get("bands", ())
    names = tuple(said) if len(said) == len(data) else names[-len(data) :]
    return [(name, _band(snapshot, number, data.shape)) for number, name in enumerate(names)]


def _band(snapshot: Snapshot, number: int, shape: tuple[int, ...]) -> Snapshot:
    def of_band(name: str, array: Any) -> Any:
        value = np.asarray(array)
        is_image = value.ndim >= 3 and value.shape[:3] == shape
        is_source = name in ("source", "source_caustic", "source_zoom") and value.ndim == 3 and len(value) == shape[0]
        return value[number] if is_image or is_source else value

    arrays, static = (
        {name: of_band(name, array) for name, array in held.items()} for held in (snapshot.arrays, snapshot.static)
    )
    return replace(snapshot, arrays=arrays, static=static)
