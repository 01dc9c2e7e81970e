"""The default figure shows whatever a sampler published."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.builtin.auto import MOST_PANELS, auto
from autoviz_render.figures.panels import ImagePanel, LinesPanel, TablePanel, TextPanel
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.layout import arrange
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


X = np.linspace(0, 10, 50)


def test_data_and_model_share_a_panel_with_the_noise_over_x():
    """The first figure that a new user sees is of these four arrays: two panels of lines would hide what fits."""
    shuffled = np.random.default_rng(0).permutation(50)
    static = {"data": np.sin(X)[shuffled], "x": X[shuffled], "noise_map": np.full(50, 0.1)}
    panels = auto(Snapshot(arrays={"model": np.cos(X)[shuffled]}, static=static))
    (panel,) = panels
    data, model = panel.series
    np.testing.assert_array_equal(data.x, X)
    np.testing.assert_array_equal(data.y, np.sin(X))
    np.testing.assert_array_equal(data.error, static["noise_map"])
    np.testing.assert_array_equal(model.y, np.cos(X))
    assert (data.style, data.marker, model.style, panel.x_label) == ("", "o", "-", "x")


@pytest.mark.parametrize(
    ("data", "model"),
    [
        ("data", "model_data"),
        ("data", "model_image"),
        ("flux", "model_flux"),
        ("flux", "flux_model"),
        ("data_r", "model_r"),
        ("r_data", "r_model"),
        ("band/data", "band/model"),
    ],
)
def test_data_and_their_model_are_found_by_their_names(data, model):
    """Several data sets in one fit, too."""
    (panel,) = auto(Snapshot(arrays={model: X}, static={data: X}))
    assert [series.label for series in panel.series] == [data, model]


def test_a_model_of_another_shape_has_a_panel_of_its_own():
    """It is not over the data's x."""
    panels = auto(Snapshot(arrays={"model": np.arange(9.0)}, static={"data": X}))
    assert [panel.title for panel in panels] == ["model", "data"]


@pytest.mark.parametrize("more", [{}, {"parameters": {"a": 1.0}}])
@pytest.mark.parametrize("cube", [False, True])
def test_images_of_data_and_model_stand_beside_what_is_left_in_the_same_colours(cube, more):
    """Two scales of colours would make a good model look bad, and a bad one good."""
    data = np.arange(30.0).reshape(5, 6)
    data = np.stack([0 * data, data]) if cube else data
    panels = auto(Snapshot(arrays={"model": 2 * data}, static={"data": data}, **more))
    one, other, left = panels[:3]
    assert [panel.title for panel in (one, other)] == (["data[1] of 2", "model[1] of 2"] if cube else ["data", "model"])
    assert left.title == "data − model"
    assert (one.low, one.high) == (other.low, other.high) == (0.0, 29.0)
    np.testing.assert_array_equal(left.values, -np.arange(30.0).reshape(5, 6))
    assert left.scale == "symmetric"
    slots = [slot for slot, _ in arrange(panels)[1]]
    assert {slot.row for slot in slots[:3]} == {0}


def test_a_picture_has_its_own_colours():
    """Red, green and blue as three images are no picture."""
    colours = np.random.default_rng(0).random((8, 9, 4))
    whole = (255 * colours[..., :3]).astype(np.uint8)
    for panel in auto(Snapshot(arrays={"floats": colours, "bytes": whole})):
        assert panel.is_picture
    assert [panel.title for panel in auto(Snapshot(arrays={"field": 9 * colours[..., :2]}))] == [
        "field[:, :, 0]",
        "field[:, :, 1]",
    ]


def test_a_cube_is_drawn_by_its_middle_slice_and_says_which():
    """A shape in a table says nothing about a data cube."""
    cube = np.random.default_rng(0).normal(size=(2, 7, 8, 9))
    (panel,) = auto(Snapshot(arrays={"cube": cube}))
    assert panel.title == "cube[1, 3] of 2 × 7"
    np.testing.assert_array_equal(panel.values, cube[1, 3])


def test_a_table_is_drawn_in_columns():
    """A catalogue of five columns is no image of five pixels' width."""
    rng = np.random.default_rng(0)
    (panel,) = auto(Snapshot(arrays={"walk": rng.normal(size=(500, 5))}))
    assert [series.label for series in panel.series] == ["0", "1", "2", "3", "4"]
    catalogue = np.zeros(500, dtype=[("time", float), ("magnitude", float), ("name", "U4")])
    catalogue["time"], catalogue["magnitude"] = np.arange(500) * 100, 18 + rng.normal(size=500)
    titles = [panel.title for panel in auto(Snapshot(arrays={"catalogue": catalogue}))]
    assert titles == ["catalogue: time", "catalogue: magnitude"]
    (table,) = auto(Snapshot(arrays={"catalogue": catalogue[:3]}))
    assert isinstance(table, TablePanel)
    assert [name for name, _ in table.rows] == ["", "0", "1", "2"]
    assert table.rows[0][1].split() == ["time", "magnitude", "name"]
    assert len({len(line) for _, line in table.rows}) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300, 0.0])
def test_any_values_of_data_and_model_are_survived(value):
    """Early in a run models break down; warnings are errors here."""
    for shape in ((), (0,), (1,), (50,), (2, 50), (6, 7), (3, 6, 7)):
        arrays = {"data": np.full(shape, value), "model": -np.full(shape, value), "noise_map": np.zeros(shape)}
        assert KeptFigure(auto, dpi=20).draw(Snapshot(arrays=arrays)).errors == ()


def test_residuals_are_centred_on_zero():
    """Their sign is what matters in them."""
    (panel,) = auto(Snapshot(arrays={"residual_map": np.ones((9, 9))}))
    assert (panel.scale, panel.colours) == ("symmetric", "RdBu_r")
