"""The imaging figure's numbers and panels, without Matplotlib."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.renderer.figures.imaging import MissingArraysError, imaging, imaging_fit, source_views
from autoviz_render.renderer.panels import ImagePanel, TablePanel

TITLES = [
    "Data",
    "Model image",
    "Normalised residuals",
    "Source plane",
    "Signal-to-noise",
    "Lens light",
    "Normalised residuals, ±1σ",
    "Source plane: caustic",
    "Lens-subtracted data",
    "Source model image",
    "Chi squared",
    "Source plane: brightest part",
]


def titles(panels):
    return [panel.title.split(":")[0] if panel.title.startswith("Chi") else panel.title for panel in panels]


def named(panels, title):
    return next(panel for panel in panels if panel.title.startswith(title))


def test_the_figure_has_the_twelve_panels_of_a_lens_fit(lens_snapshot):
    """The normal figure, not a smaller one: users refused that."""
    assert titles(imaging(lens_snapshot())) == TITLES


def test_the_numbers_are_those_of_the_fit(lens_snapshot):
    """Residuals are in units of the noise, and chi squared is their square."""
    snapshot = lens_snapshot()
    fit = imaging_fit(snapshot)
    expected = (snapshot.static["data"] - snapshot.arrays["model_image"]) / snapshot.static["noise_map"]
    np.testing.assert_allclose(fit.residuals, expected)
    np.testing.assert_allclose(fit.chi_squared, expected**2)
    np.testing.assert_allclose(fit.lens_subtracted, snapshot.static["data"] - snapshot.arrays["lens_light"])
    np.testing.assert_allclose(
        fit.signal_to_noise, np.maximum(snapshot.static["data"] / snapshot.static["noise_map"], 0)
    )
    np.testing.assert_allclose(fit.magnification, 1 / np.abs(snapshot.arrays["inverse_magnification"]))


def test_data_and_model_share_their_colours(lens_snapshot):
    """They are compared by eye; so are the lens-subtracted data and the source's model image."""
    panels = imaging(lens_snapshot(amplitude=0.01))
    for pair in [("Data", "Model image"), ("Lens-subtracted", "Source model")]:
        one, other = (named(panels, title) for title in pair)
        assert (one.low, one.high, one.colours) == (other.low, other.high, other.colours)
        assert one.low is not None


def test_residuals_are_centred_on_zero_and_the_second_map_is_clipped(lens_snapshot):
    """A diverging map that is not centred shows a bias that is not there."""
    panels = imaging(lens_snapshot())
    assert named(panels, "Normalised residuals").scale == "symmetric"
    clipped = named(panels, "Normalised residuals, ±1σ")
    assert (clipped.scale, clipped.low, clipped.high) == ("symmetric", -1.0, 1.0)


def test_every_image_has_a_unit(lens_snapshot):
    """A colour bar without a unit is not for a paper."""
    assert all(panel.unit for panel in imaging(lens_snapshot()) if isinstance(panel, ImagePanel))
    assert named(imaging(lens_snapshot(), unit="Jy"), "Data").unit == "Jy"


def test_each_legend_entry_appears_once(lens_snapshot):
    """Twelve legends would hide what they explain."""
    labels = [curve.label for panel in imaging(lens_snapshot()) for curve in panel.curves if curve.label]
    assert sorted(labels) == ["caustic", "critical curve", "pseudo-caustic"]


@pytest.mark.parametrize("name", ["data", "noise_map", "model_image"])
def test_a_missing_required_array_is_named(lens_snapshot, name):
    """The sampler's author reads this message, and has to know what to publish."""
    with pytest.raises(MissingArraysError, match=f"needs {name}, which the snapshot does not hold"):
        imaging(lens_snapshot(**{name: None}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mask", np.zeros((3, 3), dtype=bool)),
        ("noise_map", np.ones((3, 44))),
        ("deflections", np.zeros((44, 44))),
        ("extent", np.array([1.0, 0.0, 0.0, 1.0])),
        ("source_extent", np.array([0.0, 1.0])),
        ("cut", np.zeros((4, 3))),
        ("source", np.zeros(7)),
    ],
)
def test_an_array_of_the_wrong_shape_is_named(lens_snapshot, name, value):
    """NumPy's own message would speak of operands and broadcasting."""
    with pytest.raises(ValueError, match=f"^{name} "):
        imaging(lens_snapshot(**{name: value}))


def test_without_lens_light_three_panels_show_what_there_is_instead(lens_snapshot):
    """Twice the same image and an empty one would waste a quarter of the figure."""
    panels = imaging(lens_snapshot(lens_light=None))
    assert len(panels) == 12
    assert [panels[i].title for i in (5, 8, 9)] == ["Magnification", "Noise map", "Best fit"]
    assert isinstance(panels[9], TablePanel)


def test_without_an_extended_source_nine_panels_remain(lens_snapshot):
    """A fit to a lensed point source has no source plane to show."""
    panels = imaging(lens_snapshot(source=None))
    assert titles(panels) == [title for title in TITLES if not title.startswith("Source plane")]


@pytest.mark.parametrize(
    "name", ["source_image", "inverse_magnification", "deflections", "cut", "mask", "extent", "psf"]
)
def test_any_optional_array_may_be_missing(lens_snapshot, name):
    """Not every code has all of them."""
    panels = imaging(lens_snapshot(**{name: None}))
    assert len(panels) == 12


def test_without_an_extent_the_axes_count_pixels_and_do_not_say_arcsec(lens_snapshot):
    """A wrong unit is worse than none."""
    panel = imaging(lens_snapshot(extent=None))[0]
    assert panel.extent == (0.0, 44.0, 0.0, 44.0)
    assert panel.tick_unit == ""


def test_the_view_holds_the_unmasked_pixels(lens_snapshot):
    """A small mask in a large image would leave most of each panel grey."""
    mask = np.ones((44, 44), dtype=bool)
    mask[10:20, 5:40] = False
    x0, x1, y0, y1 = imaging_fit(lens_snapshot(mask=mask)).view
    pixel = 6 / 44
    np.testing.assert_allclose([x0, x1, y0, y1], np.array([3, 42, 8, 22]) * pixel - 3)
    assert imaging_fit(lens_snapshot(mask=np.ones((44, 44), dtype=bool))).view == (-3.0, 3.0, -3.0, 3.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300])
@pytest.mark.parametrize("name", ["data", "noise_map", "model_image", "lens_light", "inverse_magnification", "source"])
def test_any_value_in_any_array_is_survived_without_a_warning(lens_snapshot, name, value):
    """Early in a run models break down; warnings are errors here, and in the runs of careful people."""
    snapshot = lens_snapshot()
    array = {**snapshot.static, **snapshot.arrays}[name].copy()
    array[3:9, 2:7] = value
    assert len(imaging(lens_snapshot(**{name: array}))) == 12
    assert len(imaging(lens_snapshot(**{name: np.full_like(array, value)}))) == 12


def test_noise_that_is_not_positive_gives_no_residual(lens_snapshot):
    """Zero noise marks pixels without data: no infinite chi squared from them."""
    noise_map = np.full((44, 44), 0.05)
    noise_map[20, 20] = 0.0
    fit = imaging_fit(lens_snapshot(noise_map=noise_map))
    assert np.isnan(fit.residuals[20, 20])
    assert np.isfinite(fit.residuals).sum() == 44 * 44 - 1


def test_three_zooms_on_the_source_are_squares_each_smaller_than_the_last(lens_snapshot):
    """Mesh, caustic, brightest part: on any source, one without light included."""
    fit = imaging_fit(lens_snapshot())
    for source in (fit.source, np.zeros((15, 15)), np.full((15, 15), np.nan), -np.ones((4, 9))):
        for caustics in (fit.caustics, []):
            views = source_views(source, (-0.8, 0.8, -0.8, 0.8), caustics)
            sides = [x1 - x0 for x0, x1, _, _ in views]
            np.testing.assert_allclose(sides, [y1 - y0 for _, _, y0, y1 in views])
            assert sides[0] > sides[1] > sides[2] > 0


def test_the_last_zoom_is_on_the_source(lens_snapshot):
    """The source sits at (0.1, 0): that is what the modeller looks for."""
    fit = imaging_fit(lens_snapshot())
    x0, x1, y0, y1 = source_views(fit.source, fit.source_extent, fit.caustics)[2]
    assert abs((x0 + x1) / 2 - 0.1) < 0.05
    assert abs((y0 + y1) / 2) < 0.05
