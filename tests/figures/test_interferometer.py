"""The interferometer figure's numbers and panels, without Matplotlib."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autoviz_render.figures.builtin.interferometer import interferometer
from autoviz_render.figures.errors import MissingArraysError
from autoviz_render.figures.fits.visibilities import ring_means, rings, visibility_fit
from autoviz_render.figures.panels import ImagePanel, LinesPanel, MeshPanel, TablePanel, TextPanel
from autoviz_render.renderer.plot.layout import arrange
from autoviz_render.spool.snapshot import Snapshot

TITLES = [
    "Dirty image",
    "Dirty model",
    "Dirty residuals",
    "Source plane",
    "Residuals",
    "Amplitude",
    "Real, imaginary part",
    "Phase, data over model",
    "Source plane: closer",
    "Best fit",
    "Residuals, by distance",
    "uv coverage: 2,000",
    "Mean χ² in the uv plane",
    "Source plane: brightest part",
]


def visibilities(size=2000, *, seed=0, amplitude=1.0, phase=0.0, sigma=0.05, iteration=100, **changed):
    """A Gaussian source off the phase centre; `changed` replaces arrays by name, None leaves one out.

    amplitude, phase: of the model over the truth; the latter in radians.
    """
    rng = np.random.default_rng(seed)
    uv = rng.normal(0, 2e5, (size, 2))
    truth = np.exp(-0.5 * np.hypot(*uv.T) ** 2 / 3e5**2) * np.exp(-2j * np.pi * uv[:, 0] * 1e-6)
    noise = sigma * (rng.standard_normal(size) + 1j * rng.standard_normal(size))
    y, x = np.mgrid[-1:1:20j, -1:1:20j]
    image = np.exp(-4 * (x**2 + y**2))
    static = {
        "data": truth + noise,
        "noise_map": np.full(size, sigma * (1 + 1j)),
        "uv_wavelengths": uv,
        "extent": np.array([-1.0, 1.0, -1.0, 1.0]),
        "dirty_image": image,
    }
    arrays = {
        "model_data": amplitude * truth * np.exp(1j * phase),
        "dirty_model": amplitude * image,
        "dirty_residuals": (1 - amplitude) * image,
        "source": image,
        "source_extent": np.array([-0.5, 0.5, -0.5, 0.5]),
        "inverse_magnification": 1 - 0.5 / np.hypot(x, y),
    }
    for name, value in changed.items():
        (static if name in static else arrays)[name] = value
    return Snapshot(
        arrays={name: value for name, value in arrays.items() if value is not None},
        static={name: value for name, value in static.items() if value is not None},
        parameters={"flux": 1.0},
        iteration=iteration,
        log_likelihood=-100.0,
        run="toy",
    )


def titles(panels):
    return [panel.title for panel in panels]


def named(panels, title):
    return next(panel for panel in panels if panel.title.startswith(title))


def test_the_figure_has_fourteen_panels():
    """Images, the uv plane, the residuals, the source: what is looked at before a model is believed."""
    panels = interferometer(visibilities())
    assert titles(panels) == TITLES
    grid, slots = arrange(panels)
    assert (grid.rows, grid.columns) == (3, 5)
    assert sum(slot.rows * slot.columns for slot, _ in slots) == 15


def test_each_nearer_source_plane_is_a_row():
    """Of views of its own, in the columns of the images."""
    far = visibilities()
    names = ("source", "source_extent", "inverse_magnification")
    arrays = far.arrays | {f"plane_1/{name}": far.arrays[name] for name in names}
    grid, slots = arrange(interferometer(replace(far, arrays=arrays)))
    assert (grid.rows, grid.columns) == (4, 5)
    assert [slot.column for slot, panel in slots if panel.title.startswith("Source plane 1")] == [0, 1, 2]
    (high,) = (slot.rows for slot, panel in slots if panel.title == "Best fit")
    assert high == 3


def test_the_source_has_the_three_views_of_the_imaging_figure():
    """In one of the whole field a source is a speck."""
    views = [panel.view for panel in interferometer(visibilities()) if panel.title.startswith("Source plane")]
    sides = [x1 - x0 for x0, x1, _, _ in views]
    assert sides[0] > sides[1] > sides[2] > 0


def test_the_residuals_are_in_units_of_the_noise_of_each_part():
    """The noise of the real and of the imaginary part may differ."""
    noise = np.full(2000, 0.05 + 0.1j)
    snapshot = visibilities(noise_map=noise)
    difference = snapshot.static["data"] - snapshot.arrays["model_data"]
    fit = visibility_fit(snapshot)
    np.testing.assert_allclose(fit.residuals, [difference.real / 0.05, difference.imag / 0.1])
    rows = dict(named(interferometer(snapshot), "Best fit").rows)
    assert rows["chi squared"] == f"{np.sum(fit.residuals**2):,.0f}"
    assert rows["points"] == "4,000"


def test_real_noise_stands_for_both_parts():
    """As most codes keep it."""
    one = visibility_fit(visibilities(noise_map=np.full(2000, 0.05)))
    other = visibility_fit(visibilities())
    np.testing.assert_array_equal(one.noise, other.noise)


def test_means_in_rings_are_the_truth_within_their_errors():
    """An error bar that is too small makes a good model look bad."""
    fit = visibility_fit(visibilities(100_000, sigma=0.3))
    means = ring_means(fit, rings(fit))
    for found, expected, error in (
        (means.amplitude_residual, np.zeros(means.phase.size), np.ones(means.phase.size)),
        (means.parts[0], means.parts_model[0], means.parts_error[0]),
        (means.parts[1], means.parts_model[1], means.parts_error[1]),
        (means.phase, np.zeros(means.phase.size), means.phase_error),
    ):
        known = np.isfinite(found)
        deviation = (found[known] - expected[known]) / error[known]
        assert known.sum() > 20
        assert 0.6 < np.sqrt(np.mean(deviation**2)) < 1.5


def test_amplitudes_are_not_lifted_by_the_noise():
    """The mean of |V| of pure noise is not zero: of faint visibilities it would show a source that is not there."""
    fit = visibility_fit(visibilities(50_000, sigma=1.0, seed=4))
    means = ring_means(fit, rings(fit, 10))
    assert np.hypot(fit.data.real, fit.data.imag).mean() > 1.2
    assert abs(means.amplitude[0] - means.amplitude_model[0]) < 5 * means.amplitude_error[0]


def test_a_phase_error_is_seen_in_degrees():
    """A wrong position in the sky is a phase, and nothing in the amplitudes."""
    fit = visibility_fit(visibilities(phase=-0.1))
    means = ring_means(fit, rings(fit))
    near = means.phase[:10]
    np.testing.assert_allclose(near, np.degrees(0.1), atol=2.0)
    assert named(interferometer(visibilities(phase=-0.1)), "Phase").y_limits[1] > 6


def test_the_chi_squared_of_each_cell_is_one_where_the_model_is_right():
    """Where in the uv plane a model fails says what it lacks: short baselines are the large scales."""
    panel = named(interferometer(visibilities(20_000)), "Mean χ²")
    coverage = named(interferometer(visibilities(20_000)), "uv coverage")
    assert coverage.values.sum() == 40_000
    np.testing.assert_array_equal(coverage.values, coverage.values[::-1, ::-1])
    np.testing.assert_array_equal(panel.mask, coverage.values == 0)
    weight = coverage.values[~panel.mask]
    assert np.average(panel.values[~panel.mask], weights=weight) == pytest.approx(1.0, abs=0.02)


def test_each_column_of_the_residuals_is_a_density():
    """Rings with few visibilities must not look better fitted than those with many."""
    panel = named(interferometer(visibilities(20_000)), "Residuals, by")
    x0, x1, y0, y1 = panel.extent
    height = (y1 - y0) / panel.values.shape[0]
    columns = panel.values.sum(axis=0) * height
    assert np.all((columns > 0.9) | panel.mask[0])
    assert (x0, y0, y1) == (0.0, -5.0, 5.0)
    assert x1 == pytest.approx(visibility_fit(visibilities(20_000)).distance.max() / 1e3)


@pytest.mark.parametrize(
    ("factor", "unit"), [(1e-6, "λ"), (1e-2, "kλ"), (1.0, "kλ"), (10.0, "Mλ"), (1e4, "Gλ"), (0.0, "λ")]
)
def test_distances_have_a_unit_of_their_size(factor, unit):
    """From decimetre arrays to baselines longer than the Earth."""
    panels = interferometer(visibilities(uv_wavelengths=factor * visibilities().static["uv_wavelengths"]))
    assert named(panels, "Amplitude").x_label == f"uv distance ({unit})"
    assert named(panels, "uv coverage").x_label == f"u ({unit})"


@pytest.mark.parametrize("name", ["data", "model_data", "noise_map", "uv_wavelengths"])
def test_a_missing_required_array_is_named(name):
    """The sampler's author reads this message, and has to know what to publish."""
    with pytest.raises(MissingArraysError, match=f"the interferometer figure needs {name}, which"):
        interferometer(visibilities(**{name: None}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data", np.zeros(2000)),
        ("data", np.zeros((2000, 2), dtype=complex)),
        ("data", np.zeros(0, dtype=complex)),
        ("model_data", np.zeros(3, dtype=complex)),
        ("noise_map", np.ones(3)),
        ("uv_wavelengths", np.zeros((2, 2000))),
    ],
)
def test_an_array_of_the_wrong_shape_is_named(name, value):
    """NumPy's own message would speak of operands and broadcasting."""
    with pytest.raises(ValueError, match=f"^{name}"):
        visibility_fit(visibilities(**{name: value}))


@pytest.mark.parametrize(
    ("name", "value", "lost"),
    [
        ("dirty_model", np.zeros((3, 3)), {"Dirty model"}),
        ("dirty_image", np.zeros((3, 3)), {"Dirty image"}),
        ("dirty_image", np.zeros(9), {"Dirty image"}),
        ("dirty_residuals", np.zeros((0, 3)), {"Dirty residuals"}),
        ("mask", np.zeros((3, 3), dtype=bool), set()),
        ("inverse_magnification", np.zeros((3, 3)), set()),
    ],
)
def test_an_image_of_the_wrong_shape_costs_its_panel_alone(name, value, lost):
    """It is said in its place, or in the table; the visibilities have nothing to do with it."""
    whole, panels = interferometer(visibilities()), interferometer(visibilities(**{name: value}))
    assert titles(panels) == titles(whole)
    texts = {panel.title: panel.text for panel in panels if isinstance(panel, TextPanel)}
    assert set(texts) == lost
    assert all(text.startswith(f"Not drawn: {name} must have the shape") for text in texts.values())
    (table,) = (panel for panel in panels if isinstance(panel, TablePanel))
    assert ((f"{name}: not used", f"{list(value.shape)} {value.dtype}") in table.rows) != bool(lost)


@pytest.mark.parametrize(
    ("name", "value"),
    [("model_data", np.zeros(3, dtype=complex)), ("noise_map", np.ones(3)), ("uv_wavelengths", np.zeros((2, 2000)))],
)
def test_a_required_array_of_the_wrong_shape_leaves_the_images(name, value):
    """No visibility can be used, and the table says why."""
    panels = interferometer(visibilities(**{name: value}))
    assert isinstance(named(panels, "Dirty image"), ImagePanel)
    (table,) = (panel for panel in panels if isinstance(panel, TablePanel))
    assert (f"{name}: not used", f"{list(value.shape)} {value.dtype}") in table.rows
    assert dict(table.rows)["left out"] == "2,000"


def test_what_is_missing_is_left_out_and_the_others_close_up():
    """No dirty image is made here: that is the imager's work."""
    none = dict.fromkeys(["dirty_image", "dirty_model", "dirty_residuals", "extent", "inverse_magnification"])
    for changed, shape in (
        ({}, (3, 5)),
        ({"source": None}, (3, 4)),
        (none, (3, 4)),
        (none | {"source": None}, (2, 4)),
        ({"dirty_image": None}, (3, 5)),
    ):
        panels = interferometer(visibilities(**changed))
        expected = [title for title in TITLES if changed.get("dirty_image", 0) is not None or title != "Dirty image"]
        if "dirty_model" in changed:
            expected = [title for title in expected if not title.startswith("Dirty")]
        if "source" in changed:
            expected = [title for title in expected if not title.startswith("Source")]
        assert sorted(titles(panels)) == sorted(expected)
        grid, _ = arrange(panels)
        assert (grid.rows, grid.columns) == shape


def test_dirty_image_and_model_share_their_colours_and_residuals_are_centred():
    """They are compared by eye."""
    image, model, residuals, *_ = interferometer(visibilities(amplitude=0.01))
    assert (image.low, image.high, image.colours) == (model.low, model.high, model.colours)
    assert residuals.scale == "symmetric"
    assert [curve.label for curve in model.curves] == ["critical curve"]
    assert {panel.unit for panel in (image, model, residuals)} == {"Jy beam⁻¹"}
    assert interferometer(visibilities(), unit="mJy")[0].unit == "mJy beam⁻¹"
    assert interferometer(visibilities(), unit="mJy")[5].y_label == "amplitude (mJy)"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300])
@pytest.mark.parametrize("name", ["data", "noise_map", "model_data", "uv_wavelengths", "dirty_image", "source"])
def test_any_value_in_any_array_is_survived_without_a_warning(name, value):
    """Flagged visibilities are NaN or zero in one code or another; warnings are errors here."""
    snapshot = visibilities(400)
    array = {**snapshot.static, **snapshot.arrays}[name].copy()
    array[3:9] = value
    for replaced in (array, np.full_like(array, value)):
        assert len(interferometer(visibilities(400, **{name: replaced}))) == 14


def test_visibilities_that_cannot_be_used_are_counted():
    """Left out in silence, they would be missed in chi squared alone."""
    data = visibilities().static["data"].copy()
    data[:17] = np.nan
    assert dict(named(interferometer(visibilities(data=data)), "Best fit").rows)["left out"] == "17"


def test_a_great_many_visibilities_are_as_few_in_the_picture():
    """Points drawn one by one would take minutes, and hide one another."""
    for size in (3, 200_000):
        panels = interferometer(visibilities(size))
        lines = [s for panel in panels if isinstance(panel, LinesPanel) for s in (*panel.series, *panel.residuals)]
        images = [panel for panel in panels if isinstance(panel, ImagePanel)]
        assert max(series.x.size for series in lines) <= 300
        assert max(panel.values.size for panel in images) <= 120 * 120
        assert isinstance(named(panels, "Best fit"), TablePanel)


def test_a_kept_figure_equals_a_fresh_one(kept_equals_fresh):
    """Live and later rendering give the same bytes, whatever was drawn before."""
    kept_equals_fresh(
        interferometer,
        [
            visibilities(),
            visibilities(amplitude=0.2, phase=1.0, iteration=7),
            visibilities(300, dirty_image=None, source=None),
            visibilities(model_data=np.full(2000, np.nan + 0j)),
        ],
    )


@pytest.mark.parametrize("name", ["source_vertices", "source_centres"])
def test_a_source_on_a_mesh_of_points_is_shown_with_and_without_dirty_images(name):
    """Visibilities are fitted with the same sources as images are."""
    points = np.random.default_rng(1).normal(0, 0.2, (50, 2))
    source = {"source": np.exp(-9 * np.hypot(*points.T)), "source_extent": None, name: points}
    alone = dict.fromkeys(("dirty_image", "dirty_model", "dirty_residuals"))
    for more in ({}, alone):
        panel = named(interferometer(visibilities(**source, **more)), "Source plane")
        assert isinstance(panel, MeshPanel)
    panels = interferometer(visibilities(**{**source, name: np.full((50, 2), np.nan)}))
    assert titles(panels) == TITLES
    assert isinstance(named(panels, "Source plane"), TextPanel)


def test_a_source_on_cells_of_unequal_size_is_shown_without_dirty_images():
    """Its edges are found as its values are."""
    edges = np.array([-0.5, -0.1, 0.0, 0.0, 0.5])
    panel = named(
        interferometer(
            visibilities(
                source=np.ones((4, 4)),
                source_extent=None,
                source_x=edges,
                source_y=edges,
                dirty_image=None,
                dirty_model=None,
                dirty_residuals=None,
            )
        ),
        "Source plane",
    )
    assert isinstance(panel, MeshPanel)
    assert panel.values.shape == (3, 3)
