"""The default figure shows whatever a sampler published."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.builtin.auto import MOST_PANELS, auto
from autoviz_render.figures.panels import ImagePanel, LinesPanel, TablePanel, TextPanel
from autoviz_render.spool.snapshot import Snapshot


def test_images_lines_and_numbers_each_have_their_panel():
    """In this order, under the names they were published with."""
    snapshot = Snapshot(
        arrays={
            "chain": np.arange(50),
            "image": np.zeros((5, 6)),
            "cube": np.zeros((2, 3, 4)),
            "pair": np.array([1, 2.5]),
        },
        static={"noise": np.ones((5, 6))},
        parameters={"radius": 1.25},
        scalars={"log_evidence": -3.5},
    )
    panels = auto(snapshot)
    assert [(type(panel), panel.title) for panel in panels[:3]] == [
        (ImagePanel, "image"),
        (ImagePanel, "noise"),
        (LinesPanel, "chain"),
    ]
    assert panels[3].rows == [
        ("radius", "1.25"),
        ("log_evidence", "−3.5"),
        ("cube", "2 × 3 × 4, float64"),
        ("pair", "1 2.5"),
    ]


def test_an_empty_snapshot_says_so():
    """An empty window would look like a fault."""
    (panel,) = auto(Snapshot(arrays={}))
    assert isinstance(panel, TextPanel)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32", "complex64", "complex128"])
def test_every_kind_of_number_is_drawn(dtype):
    """A sampler publishes what it has."""
    ones = np.ones((6, 7), dtype=dtype)
    image, line = auto(Snapshot(arrays={"image": ones * ones, "line": ones.ravel()}))
    assert image.values.dtype == (np.bool_ if dtype == "bool" else np.float64)
    assert line.series[0].y.max() == 1.0


def test_a_complex_array_is_drawn_by_its_absolute_value():
    """Visibilities have amplitudes that mean something, and real parts that depend on the phase centre."""
    (panel,) = auto(Snapshot(arrays={"visibilities": np.full(20, 3 + 4j)}))
    assert set(panel.series[0].y) == {5.0}


@pytest.mark.parametrize(
    "array",
    [np.array(["a", "b"]), np.array([None, 1], dtype=object), np.zeros((0, 4)), np.float64(2.0), np.zeros((2,) * 5)],
)
def test_what_cannot_be_drawn_is_listed(array):
    """Left out in silence, it would be looked for."""
    (panel,) = auto(Snapshot(arrays={"odd": array}))
    assert isinstance(panel, TablePanel)
    assert panel.rows[0][0] == "odd"


def test_there_are_never_too_many_panels_and_none_is_forgotten():
    """A hundred arrays would make a hundred panels that nobody can read."""
    (*images, table) = auto(Snapshot(arrays={f"image_{i}": np.zeros((9, 9)) for i in range(40)}))
    assert len(images) == MOST_PANELS - 1
    assert len(table.rows) == 40 - len(images)


def test_a_mask_and_an_extent_are_used_for_images_of_their_shape(lens_snapshot):
    """The same names as in the imaging figure mean the same here."""
    panels = {panel.title: panel for panel in auto(lens_snapshot())}
    assert panels["model_image"].mask is not None
    assert panels["model_image"].extent == (-3.0, 3.0, -3.0, 3.0)
    assert panels["source"].extent == (-0.8, 0.8, -0.8, 0.8)
    assert panels["source"].mask is None
    assert panels["mask"].mask is None
    assert "extent" not in panels


def test_residuals_are_centred_on_zero():
    """Their sign is what matters in them."""
    (panel,) = auto(Snapshot(arrays={"residual_map": np.ones((9, 9))}))
    assert (panel.scale, panel.colours) == ("symmetric", "RdBu_r")
