"""The line figure's numbers and panels, without Matplotlib."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.builtin.line import line, line_fit
from autoviz_render.figures.errors import MissingArraysError
from autoviz_render.figures.fits.residuals import autocorrelation, distribution_panel, histogram_reach
from autoviz_render.figures.panels import HistogramPanel, LinesPanel, TablePanel
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.spool.snapshot import Snapshot


def spectrum(size=300, *, seed=0, amplitude=1.0, iteration=100, **changed):
    """A line on a continuum; `changed` replaces arrays by name, None leaves one out."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0.5, 5.0, size)
    continuum, peak = 2 / x, 3 * np.exp(-0.5 * ((x - 2) / 0.1) ** 2)
    static = {
        "data": continuum + peak + 0.1 * rng.standard_normal(size),
        "noise_map": np.full(size, 0.1),
        "x": x,
        "mask": np.abs(x - 3) < 0.2,
    }
    arrays = {
        "model": amplitude * (continuum + peak),
        "model_continuum": amplitude * continuum,
        "model_line": amplitude * peak,
    }
    for name, value in changed.items():
        (static if name in static else arrays)[name] = value
    return Snapshot(
        arrays={name: value for name, value in arrays.items() if value is not None},
        static={name: value for name, value in static.items() if value is not None},
        parameters={"centre": 2.0, "width": 0.1},
        iteration=iteration,
        log_likelihood=-100.0,
        run="toy",
    )


def labels(panel):
    return [series.label for series in panel.series]


def test_data_model_and_residuals_are_over_the_same_x():
    """What is wrong with a model is seen where it is wrong."""
    snapshot = spectrum()
    ((main,), (distribution, correlation, table)) = line(snapshot)
    assert main.span == (1, 3)
    assert labels(main) == ["data", "model", "continuum", "line", "masked"]
    assert {series.style for series in main.series[2:4]} == {"--"}
    np.testing.assert_array_equal(main.series[0].x, snapshot.static["x"])
    np.testing.assert_array_equal(main.series[0].error, snapshot.static["noise_map"])
    assert main.residuals[0].x.size == (~snapshot.static["mask"]).sum()
    assert [type(panel) for panel in (distribution, correlation, table)] == [LinesPanel, LinesPanel, TablePanel]


def test_residuals_are_in_units_of_the_noise_and_chi_squared_is_their_square():
    """The number that is quoted, and the picture beside it, must be of the same points."""
    snapshot = spectrum()
    fit, used = line_fit(snapshot), ~snapshot.static["mask"]
    expected = (snapshot.static["data"] - snapshot.arrays["model"])[used] / 0.1
    np.testing.assert_allclose(fit.used, expected)
    assert fit.chi_squared == pytest.approx(np.sum(expected**2))
    rows = dict(line(snapshot)[1][2].rows)
    assert rows["points"] == str(used.sum())
    assert float(rows["reduced chi squared"]) == pytest.approx(fit.chi_squared / (used.sum() - 2), rel=1e-3)
    assert f"chi squared {fit.chi_squared:,.0f} in {used.sum()} points" in line(snapshot)[0][0].title


def test_points_in_any_order_are_drawn_in_the_order_of_x():
    """Samplers' data come as the telescope wrote them."""
    shuffled = np.random.default_rng(1).permutation(300)
    snapshot = spectrum()
    arrays = {**snapshot.static, **snapshot.arrays}
    mixed = line_fit(Snapshot(arrays={name: array[shuffled] for name, array in arrays.items()}))
    plain = line_fit(snapshot)
    for name in ("x", "data", "model", "residuals", "mask"):
        np.testing.assert_array_equal(getattr(mixed, name), getattr(plain, name))


@pytest.mark.parametrize("name", ["data", "model"])
def test_a_missing_required_array_is_named(name):
    """The sampler's author reads this message, and has to know what to publish."""
    with pytest.raises(MissingArraysError, match=f"the line figure needs {name}, which"):
        line(spectrum(**{name: None}))


@pytest.mark.parametrize("value", [np.zeros((3, 3)), np.zeros(0), np.zeros(300, dtype=complex)])
def test_data_that_are_no_line_are_named(value):
    """Without data there is nothing to draw; NumPy's own message would speak of operands and broadcasting."""
    with pytest.raises(ValueError, match="^data "):
        line(spectrum(data=value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", np.zeros(7)),
        ("model", np.zeros(300, dtype=complex)),
        ("noise_map", np.zeros((300, 1))),
        ("noise_map", np.zeros((2, 299))),
        ("x", np.zeros(1)),
        ("x_error", np.zeros((3, 300))),
        ("dates", np.zeros(5)),
        ("mask", np.zeros(299, dtype=bool)),
        ("model_error", np.zeros(299)),
        ("model_lower", np.zeros(299)),
    ],
)
def test_another_array_of_a_wrong_shape_costs_what_is_drawn_of_it_alone(name, value):
    """A typing error in a mask must not hide the fit of a day; and it is said under the title."""
    ((main,), second) = line(spectrum(**{name: value}))
    assert main.note.startswith(f"{name} ")
    assert len(second) == 3
    assert np.isfinite(main.series[0].y).any()


def test_without_noise_the_residuals_keep_the_unit_of_the_data():
    """A sigma that nobody gave is a number that nobody knows."""
    ((main,), (distribution, _, table)) = line(spectrum(noise_map=None))
    assert main.residual_label == "residual"
    assert main.title == "Data and model"
    assert isinstance(distribution, HistogramPanel)
    assert dict(table.rows)["points"] == str(line_fit(spectrum()).used.size)
    assert float(dict(table.rows)["scatter of residuals"]) == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize("name", ["x", "mask", "noise_map", "model_line"])
def test_any_optional_array_may_be_missing(name):
    """Not every code has all of them."""
    assert [len(row) for row in line(spectrum(**{name: None}))] == [1, 3]


def test_arrays_of_another_length_are_no_components():
    """A model on a finer grid of its own is not over the data's x."""
    main = line(spectrum(model_fine=np.zeros(3000), model_name=np.array(["a"] * 300)))[0][0]
    assert labels(main) == ["data", "model", "continuum", "line", "masked"]


def test_masked_points_decide_nothing():
    """A saturated channel would squash the spectrum to a line, and be all of chi squared."""
    data = spectrum().static["data"].copy()
    masked = spectrum().static["mask"]
    before = line(spectrum())[0][0]
    data[masked] = 1e9
    after = line(spectrum(data=data))[0][0]
    assert after.y_limits == before.y_limits
    assert after.title == before.title


def test_an_early_model_far_off_leaves_the_data_their_room():
    """The first samples of a prior are wrong by orders of magnitude."""
    low, high = line(spectrum(amplitude=1e6))[0][0].y_limits
    assert low > -10
    assert high < 20


@pytest.mark.parametrize("size", [1, 2, 3, 599, 1500, 20_000])
def test_any_number_of_points_gives_a_bounded_picture(size):
    """Drawing must not take longer for a spectrum of a hundred thousand channels."""
    panels = [panel for row in line(spectrum(size, mask=None)) for panel in row]
    drawn = [series for panel in panels[:3] for series in (*panel.series, *panel.residuals)]
    assert all(series.x.size <= 2100 for series in drawn)
    assert (panels[0].series[0].error is not None) == (size <= 600)


def test_a_line_of_many_points_is_broken_at_gaps():
    """Between two seasons of observations there is no data, and no line."""
    x = np.concatenate([np.linspace(0, 1, 5000), np.linspace(9, 10, 5000)])
    data = line(spectrum(10_000, x=x, mask=None))[0][0].series[0]
    assert np.isnan(data.x).sum() == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300])
@pytest.mark.parametrize("name", ["data", "noise_map", "model", "x", "model_line"])
def test_any_value_in_any_array_is_survived_without_a_warning(name, value):
    """Early in a run models break down; warnings are errors here, and in the runs of careful people."""
    snapshot = spectrum()
    array = {**snapshot.static, **snapshot.arrays}[name].copy()
    array[30:60] = value
    for replaced in (array, np.full_like(array, value)):
        assert [len(row) for row in line(spectrum(**{name: replaced}))] == [1, 3]


def test_a_histogram_of_residuals_counts_those_that_it_cannot_show():
    """An outlier left out in silence is the one that is asked about."""
    values = np.concatenate([np.random.default_rng(0).standard_normal(1000), [7.0, -30.0, np.nan]])
    panel = distribution_panel({"": values})
    assert panel.x_limits == (-5.0, 5.0)
    assert panel.x_label == "(data − model) / σ; 2 beyond"
    x, density = panel.series[0].x, panel.series[0].y
    assert float((np.diff(x) * density[:-1]).sum()) == pytest.approx(1000 / 1002)


def test_the_range_of_that_histogram_is_round_and_holds_most():
    """It must hold still while a fit converges, and never cut off most of a bad one."""
    assert histogram_reach(np.zeros(0)) == 5.0
    assert histogram_reach(np.full(100, 4.0)) == 5.0
    assert histogram_reach(np.full(100, 130.0)) == 200.0
    assert histogram_reach(np.full(100, 1e300)) >= 1e290


def test_the_autocorrelation_tells_noise_from_a_trend():
    """A spectrograph's smoothing, or a missing component, is seen here first."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(2000)
    assert np.abs(autocorrelation(noise)[1:]).max() < 0.1
    smooth = np.convolve(noise, np.ones(4) / 2, mode="same")
    np.testing.assert_allclose(autocorrelation(smooth)[:5], [1, 0.75, 0.5, 0.25, 0], atol=0.1)
    gaps = np.where(rng.random(2000) < 0.3, np.nan, smooth)
    np.testing.assert_allclose(autocorrelation(gaps)[:5], [1, 0.75, 0.5, 0.25, 0], atol=0.12)
    assert autocorrelation(np.full(9, np.nan)).size == 0


def test_axes_have_the_names_that_a_package_gives_them():
    """A plug-in is a function of two lines that calls this one."""
    main = line(spectrum(), x_label="wavelength (µm)", y_label="flux (mJy)")[0][0]
    assert (main.x_label, main.y_label) == ("wavelength (µm)", "flux (mJy)")


def without_mask(**changed):
    return line(spectrum(mask=None, **changed))


def replaced(name, where, value):
    array = {**spectrum().static, **spectrum().arrays}[name].copy()
    array[where] = value
    return {name: array}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (replaced("data", slice(7), np.nan), "Left out of 300 points: 7 of data that are not finite."),
        (replaced("data", slice(7), np.inf), "Left out of 300 points: 7 of data that are not finite."),
        (replaced("model", slice(9), -np.inf), "Left out of 300 points: 9 of a model that is not finite."),
        (replaced("noise_map", slice(20), 0.0), "Left out of 300 points: 20 without positive, finite noise."),
        (replaced("noise_map", slice(20), -0.1), "Left out of 300 points: 20 without positive, finite noise."),
        (replaced("noise_map", slice(20), np.inf), "Left out of 300 points: 20 without positive, finite noise."),
        (replaced("x", slice(3), np.nan), "Left out of 300 points: 3 without x."),
        ({"data": np.full(300, np.nan)}, "Left out of 300 points: 300 of data that are not finite."),
        ({"model": np.full(300, np.nan)}, "Left out of 300 points: 300 of a model that is not finite."),
        ({"model": np.full(300, 500.0)}, "The model is above the view at 300 of 300 points."),
        ({"model": np.full(300, -500.0)}, "The model is below the view at 300 of 300 points."),
        ({"model_line": np.full(300, 500.0)}, "Not in view: line."),
        (
            replaced("data", 77, 1e4),
            "1 point is beyond the view. 1 residual is beyond the strip, at the crosses.",
        ),
        ({}, ""),
    ],
)
def test_what_is_not_shown_is_said_with_the_number_of_points(changed, sentence):
    """A point that is missing in silence is the one that is asked about."""
    ((main,), second) = without_mask(**changed)
    assert main.note == sentence
    assert KeptFigure(lambda _: [[main], second], dpi=20).draw(Snapshot(arrays={})).errors == ()


def test_where_all_points_are_masked_the_figure_says_so():
    """An empty histogram would look like a fault."""
    ((main,), (distribution, correlation, table)) = line(spectrum(mask=np.ones(300, bool)))
    assert main.note == "Left out of 300 points: 300 masked."
    assert distribution.note == "There are no residuals"
    assert correlation.note == "No autocorrelation: 0 of the 8 points it takes"
    assert dict(table.rows)["points"] == "0"
    assert "chi squared" not in dict(table.rows)


@pytest.mark.parametrize("noise", [{}, {"noise_map": None}])
@pytest.mark.parametrize("size", [20, 300, 5000])
def test_one_outlier_flattens_neither_the_strip_nor_the_histogram_nor_the_autocorrelation(size, noise):
    """A cosmic ray of 1e4: the other residuals must look as they did without it."""
    data = spectrum(size).static["data"].copy()
    plain = without_mask(size=size, **noise)
    data[size // 3] = 1e4
    hit = without_mask(size=size, data=data, **noise)
    for name in ("residual_limits", "y_limits"):
        assert np.ptp(getattr(hit[0][0], name)) < 1.5 * np.ptp(getattr(plain[0][0], name))
    crosses = hit[0][0].residuals[-1]
    assert (crosses.marker, list(crosses.x)) == ("x", [spectrum(size).static["x"][size // 3]])
    (one, other) = (np.ptp(each[1][1].series[0].y) for each in (plain, hit))
    assert other > 0.5 * one
    assert "1 far out left out" in hit[1][1].x_label
    assert "1 beyond" in hit[1][0].x_label


def test_a_bright_line_that_the_model_has_is_no_outlier():
    """It is the discovery, and must be seen to its top."""
    peak = 1e3 * (np.arange(300) == 150)
    data, model = (values + peak for values in (spectrum().static["data"], spectrum().arrays["model"]))
    ((main,), _) = without_mask(data=data, model=model)
    assert main.y_limits[1] > 1000
    assert main.note == ""


def test_a_model_has_a_band_of_its_standard_deviation_or_of_two_edges():
    """`model_error` and the edges are no components."""
    model, error = spectrum().arrays["model"], np.full(300, 0.5)
    by_error = without_mask(model_error=error)[0][0].series[1]
    by_edges = without_mask(model_lower=model - 0.5, model_upper=model + 0.5)[0][0].series[1]
    for series in (by_error, by_edges):
        np.testing.assert_allclose(series.band, [model - 0.5, model + 0.5])
        assert series.label == "model with band"
    assert labels(without_mask(model_error=error)[0][0]) == ["data", "model with band", "continuum", "line"]
    many = without_mask(size=50_000, model_error=np.full(50_000, 0.5))[0][0].series[1]
    assert np.shape(many.band)[1] == many.x.size < 3000


def test_residuals_are_over_the_side_of_an_asymmetric_error_that_reaches_to_the_model():
    """A point above the model is as far off as its lower error bar says."""
    data, model = np.array([2.0, 0.0, 1.0] * 4), np.ones(12)
    noise = np.stack([np.full(12, 0.5), np.full(12, 0.25)])
    arrays = {"data": data, "model": model, "noise_map": noise, "x_error": 2 * noise}
    snapshot = Snapshot(arrays=arrays)
    np.testing.assert_array_equal(line_fit(snapshot).residuals[:3], [2.0, -4.0, 0.0])
    points = line(snapshot)[0][0].series[0]
    np.testing.assert_array_equal(points.error, noise)
    np.testing.assert_array_equal(points.x_error, 2 * noise)


DECADES = np.logspace(-2, 4, 80)


@pytest.mark.parametrize(
    ("x", "y", "noise", "expected"),
    [
        (DECADES, DECADES**-2, 0.1 * DECADES**-2, (True, True)),
        (DECADES, DECADES**-2, 10 * DECADES**-2, (True, False)),
        (DECADES, np.sin(DECADES), 1 + 0 * DECADES, (True, False)),
        (np.linspace(1, 1e4, 80), np.where(np.arange(80) == 7, 1e5, 2.0), np.ones(80), (False, False)),
        (np.arange(80.0), np.linspace(0.001, 10, 80), np.full(80, 1e-4), (False, False)),
    ],
)
def test_axes_of_many_decades_are_logarithmic_by_themselves(x, y, noise, expected):
    """A power law on linear axes is a corner; equal steps, noise around zero or one outlier are no power law."""
    arrays = {"x": x, "data": y, "model": y, "noise_map": noise}
    main = line(Snapshot(arrays=arrays))[0][0]
    assert (main.x_log, main.y_log) == expected
    chosen = line(Snapshot(arrays=arrays), x_log=False, y_log=True)[0][0]
    assert (chosen.x_log, chosen.y_log) == (False, True)


def test_magnitudes_grow_downwards_and_wavelengths_to_the_left_if_asked():
    """As in every journal of the field."""
    ((plain,), _), ((turned,), _) = without_mask(), line(spectrum(mask=None), x_reversed=True, y_reversed=True)
    assert turned.y_limits == plain.y_limits[::-1]
    assert turned.x_limits[0] > turned.x_limits[1]


def test_dates_in_the_place_of_x():
    """Seconds since 1970 on the axis would be 1.7e9."""
    ((main,), _) = without_mask(x=None, dates=1.7e9 + 86400 * np.arange(300.0))
    assert (main.x_dates, main.x_label, main.x_log) == (True, "date", False)
    assert main.series[0].x[0] == 1.7e9
    days = np.datetime64("2023-11-14") + np.arange(300)
    ((of_type,), _) = without_mask(x=days)
    assert of_type.x_dates
    np.testing.assert_array_equal(of_type.series[0].x, days.astype("datetime64[s]").astype(float))


def test_components_of_one_colour_differ_in_style_and_come_in_the_order_of_their_numbers():
    """Twenty lines: six colours, and no two lines alike."""
    parts = {f"model_{number}": np.full(300, float(number)) for number in range(1, 21)}
    ((main,), _) = without_mask(model_continuum=None, model_line=None, **parts)
    assert labels(main)[2:] == [str(number) for number in range(1, 21)]
    looks = {(number % 6, str(series.style)) for number, series in enumerate(main.series) if number}
    assert len(looks) == len(main.series) - 1


def test_a_kept_figure_equals_a_fresh_one(kept_equals_fresh):
    """Live and later rendering give the same bytes, whatever was drawn before."""
    kept_equals_fresh(
        line,
        [
            spectrum(),
            spectrum(amplitude=1e-3, iteration=7),
            spectrum(3000, noise_map=None, model_line=None),
            spectrum(1000, model=np.full(1000, np.nan)),
            spectrum(2, mask=None, x=None),
            spectrum(data=np.where(np.arange(300) == 7, 1e4, 2.0), model_error=np.full(300, 0.4)),
            spectrum(x=None, dates=1.7e9 + np.arange(300.0), noise_map=np.full((2, 300), 0.2)),
            spectrum(data=DECADES[np.arange(300) % 80], mask=np.zeros(7)),
        ],
    )
