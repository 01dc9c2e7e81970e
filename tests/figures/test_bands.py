"""Several bands of one fit are rows of one figure, and a picture in colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.panels import ImagePanel, TextPanel
from autoviz_render.renderer.draw import draw
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.spool.arrays import Array
from autoviz_render.spool.snapshot import Snapshot

RNG = np.random.default_rng(8)


def band(scale: float) -> dict[str, Array]:
    image = scale * RNG.random((9, 11))
    return {"data": image, "noise_map": np.ones((9, 11)), "model_image": 0.9 * image, "source": image}


def grouped(*names: str) -> Snapshot:
    arrays = {f"{name}/{key}": value for number, name in enumerate(names, 1) for key, value in band(number).items()}
    return Snapshot(arrays=arrays, static={"source_extent": np.array([-1.0, 1, -1, 1])}, parameters={"radius": 1.0})


def titles(snapshot: Snapshot) -> list[list[str]]:
    return [[panel.title for panel in row] for row in imaging(snapshot)]


def test_each_band_is_a_row_and_three_are_a_picture():
    """By groups, in the order in which the run gives them."""
    found = titles(grouped("u", "g", "r"))
    assert [row[0] for row in found] == ["u: Data", "g: Data", "r: Data", "Data: r, g, u"]
    assert found[0][1:] == ["u: Model image", "u: Normalised residuals", "u: Source plane"]
    assert found[3] == ["Data: r, g, u", "Model: r, g, u", "Best fit"]
    rows: Any = imaging(grouped("u", "g", "r"))
    picture = rows[3][0]
    assert isinstance(picture, ImagePanel)
    assert picture.is_picture


def test_two_bands_have_no_picture_and_the_best_fit_beside_them():
    """Nothing is red, green and blue then."""
    found = titles(grouped("g", "r"))
    assert len(found) == 2
    assert found[0][-1] == "Best fit"


@pytest.mark.parametrize("names", [(), ("F115W", "F150W", "F277W", "F444W")])
def test_a_first_axis_is_that_of_bands(names):
    """What has none is shared: the mask, the extent."""
    bands = [band(number) for number in (1, 2, 3, 4)]
    arrays = {key: np.stack([each[key] for each in bands]) for key in bands[0]}
    static = {"mask": RNG.random((9, 11)) < 0.2, "source_extent": np.array([-1.0, 1, -1, 1])}
    snapshot = Snapshot(arrays=arrays, static=static, axes={"bands": names} if names else {})
    found = titles(snapshot)
    assert [row[0].partition(":")[0] for row in found[:4]] == list(names or (f"band {n}" for n in (1, 2, 3, 4)))
    assert len(found) == 5
    assert draw(snapshot, "imaging", RenderSettings(dpi=30)).errors == ()


def test_a_band_that_cannot_be_drawn_leaves_the_others():
    """One telescope's data may be of another shape, or lack its noise."""
    snapshot = grouped("u", "g", "r")
    arrays = {name: value for name, value in snapshot.arrays.items() if name != "g/noise_map"}
    arrays["r/data"] = np.ones((3, 3, 3))
    rows: Any = imaging(Snapshot(arrays=arrays))
    assert [type(row[0]) for row in rows] == [ImagePanel, TextPanel, TextPanel]
