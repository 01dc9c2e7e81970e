"""Good fits raise no alarm, and each way to spoil one raises that one, with the panel's name."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import odd_snapshots
import pytest
from lens_snapshots import _lens_snapshot as lens_fit

from autoviz_render.figures import ImagePanel, find_figure
from autoviz_render.renderer.alarms.panels import panel_alarms, panel_digests
from autoviz_render.renderer.alarms.rules import PanelRule, Rules
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot


def alarms(fit, figure="imaging", rules=None, **more):
    """The rules that a fit breaks, each with its panel."""
    drawn = find_figure(figure)(fit)
    panels = list(chain.from_iterable(each if isinstance(each, list) else [each] for each in drawn))
    return {(each.rule, each.panel) for each in panel_alarms(panels, fit, figure, rules or Rules(), **more)}


def spectrum(seed=0, count=400, **changed):
    """A line of emission over a flat continuum, and the model that it was made with."""
    rng, x = np.random.default_rng(seed), np.linspace(0, 10, count)
    model, noise = 2 + 3 * np.exp(-0.5 * ((x - 4) / 0.5) ** 2), np.full(count, 0.2)
    arrays = {"model": model, "model_continuum": np.full(count, 2.0)}
    static = {"x": x, "data": model + noise * rng.standard_normal(count), "noise_map": noise}
    arrays |= {name: each for name, each in changed.items() if name not in static}
    static |= {name: each for name, each in changed.items() if name in static}
    return Snapshot(arrays, static=static, parameters=dict.fromkeys("abcde", 1.0))


def visibilities(seed=0, **changed):
    """A point source off the centre."""
    rng = np.random.default_rng(seed)
    uv = rng.normal(0, 2e5, (900, 2))
    model = np.exp(-2j * np.pi * (uv @ [2e-6, -1e-6]))
    noise = np.full(900, 0.5 + 0.5j)
    data = model + 0.5 * (rng.standard_normal(900) + 1j * rng.standard_normal(900))
    arrays = {"model_data": model} | changed
    return Snapshot(arrays, static={"data": data, "noise_map": noise, "uv_wavelengths": uv})


@pytest.mark.parametrize("rows", [24, 60])
def test_good_fits_raise_no_alarm(rows):
    """One false alarm in two hundred, and nobody looks at the next."""
    for seed in range(12):
        assert not alarms(lens_fit(rows, seed=seed))
        assert not alarms(spectrum(seed, 10 * rows), "line")
        assert not alarms(visibilities(seed), "interferometer")


LENS = lens_fit(60)
SOURCE, MODEL, DATA = LENS.arrays["source"], LENS.arrays["model_image"], LENS.static["data"]
NOISE = LENS.static["noise_map"]
HOLE = np.where((np.arange(60) // 4 == 5)[:, None] & (np.arange(60) // 4 == 9), np.nan, MODEL)
ROW = np.where(np.arange(60)[:, None] == 40, DATA + 4 * NOISE, DATA)
RESIDUALS = "Normalised residuals"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"source": 0 * SOURCE}, {("zero", "Source plane")}),
        ({"source": 0 * SOURCE + 3}, {("constant", "Source plane")}),
        ({"source": SOURCE * np.nan}, set()),  # there is no source then, and no panel of one
        ({"source": np.minimum(SOURCE, 0.3)}, {("saturated", "Source plane")}),
        ({"source": np.where(SOURCE > 0.5, np.nan, SOURCE)}, {("not_finite", "Source plane")}),
        ({"model_image": HOLE}, {("not_finite", "Model image"), ("not_finite", RESIDUALS)}),
        ({"model_image": 0 * MODEL}, {("zero", "Model image"), ("chi_squared", RESIDUALS)}),
        ({"model_image": 0 * MODEL + 1}, {("constant", "Model image"), ("chi_squared", RESIDUALS)}),
        ({"model_image": np.roll(MODEL, 1, axis=1)}, {("chi_squared", RESIDUALS), ("structured", RESIDUALS)}),
        ({"model_image": 0.97 * MODEL}, {("structured", RESIDUALS)}),
        ({"model_image": MODEL - LENS.arrays["lens_light"]}, {("chi_squared", RESIDUALS), ("structured", RESIDUALS)}),
        ({"model_image": DATA + 0.3 * (MODEL - DATA)}, {("chi_squared", RESIDUALS)}),
        ({"noise_map": 2 * NOISE}, {("chi_squared", RESIDUALS)}),
        ({"noise_map": NOISE / 2}, {("chi_squared", RESIDUALS)}),
        ({"data": ROW}, {("structured", RESIDUALS)}),
        ({"data": np.minimum(DATA, 0.6)}, {("saturated", "Data")}),
        ({"data": DATA * np.nan}, {("not_finite", "Data")}),
        ({"lens_light": 0 * MODEL}, {("zero", "Lens light")}),
        ({"mask": np.ones(MODEL.shape, bool)}, {("not_finite", "Data")}),
    ],
)
def test_a_spoiled_fit_is_named_with_its_panel(changed, expected):
    """What is wrong must be said of the panel that shows it."""
    fit = lens_fit(60, **changed)
    assert expected <= alarms(fit)


def test_every_panel_that_shows_a_fault_is_counted_once():
    """Three views of one source are one fault."""
    assert alarms(lens_fit(60, source=0 * SOURCE)) == {("zero", "Source plane")}


def test_what_may_well_be_even_is_none():
    """A flat noise map, a mask, an offset that never changes, a lens that does not shine."""
    assert not alarms(lens_fit(60))  # its noise is the same everywhere
    image = LENS.arrays["source_image"]
    dark = lens_fit(60, lens_light=0 * MODEL, model_image=image, data=image + DATA - MODEL)
    assert not alarms(dark)
    constants = {"bias": np.full((30, 30), 7.0), "mask": np.zeros((30, 30), bool)}
    assert not alarms(Snapshot({"field": np.random.default_rng(0).random((30, 30))}, static=constants), "auto")
    assert alarms(Snapshot({"field": np.full((30, 30), 7.0)}, static=constants), "auto") == {("constant", "field")}


def test_pixels_without_data_need_no_model():
    """NaN in the data, noise that is not positive, and a mask are ways to say that there is nothing."""
    corner = np.indices(MODEL.shape).sum(axis=0) < 20
    model = np.where(corner, np.nan, MODEL)
    assert alarms(lens_fit(60, model_image=model, mask=None)) >= {("not_finite", "Model image")}
    assert not alarms(lens_fit(60, model_image=model, mask=corner))
    assert not alarms(lens_fit(60, model_image=model, mask=None, data=np.where(corner, np.nan, DATA)))
    assert not alarms(lens_fit(60, model_image=model, mask=None, noise_map=np.where(corner, np.inf, NOISE)))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"model": np.zeros(400)}, "zero"),
        ({"model": np.full(400, np.inf)}, "not_finite"),
        ({"model": np.where(np.arange(400) // 20 == 3, np.nan, spectrum().arrays["model"])}, "not_finite"),
        ({"model": spectrum().arrays["model_continuum"]}, "structured"),
        ({"model": np.roll(spectrum().arrays["model"], 6)}, "structured"),
        ({"noise_map": np.full(400, 0.1)}, "chi_squared"),
        ({"noise_map": np.full(400, 0.4)}, "chi_squared"),
    ],
)
def test_a_spoiled_spectrum_is_named(changed, rule):
    """Along one axis, too."""
    assert rule in {rule for rule, panel in alarms(spectrum(**changed), "line") if panel}


@pytest.mark.parametrize(
    ("factor", "rule"), [(0.0, "zero"), (np.nan, "not_finite"), (0.7, "structured"), (1.5, "structured")]
)
def test_spoiled_visibilities_are_named(factor, rule):
    """They are drawn as means alone: a panel shows no fault of one in a thousand."""
    fit = visibilities(model_data=factor * visibilities().arrays["model_data"])
    assert rule in {rule for rule, panel in alarms(fit, "interferometer") if panel}


def test_noise_with_tails_is_no_bad_fit_but_a_point_that_is_far_off_is():
    """A likelihood of Student's has outliers, and its best fit passes them by."""
    data = spectrum().static["data"]
    some = data + np.where(np.arange(400) % 13 == 5, 1.2, 0.0)
    assert not alarms(spectrum(data=some), "line")
    assert ("chi_squared", RESIDUALS) in alarms(spectrum(data=data + 10 * (np.arange(400) == 7)), "line")


def test_samples_that_are_all_the_same_are_named():
    """A chain that never moved has no posterior."""
    stuck = Snapshot({"samples": np.ones((500, 3))}, parameters=dict.fromkeys("abc", 1.0))
    assert {rule for rule, _ in alarms(stuck, "posterior")} == {"constant"}
    lost = np.where(np.arange(500)[:, None] % 50 == 0, np.nan, np.random.default_rng(0).random((500, 3)))
    assert {rule for rule, _ in alarms(replace(stuck, arrays={"samples": lost}), "posterior")} == {"not_finite"}


def history(values):
    return [ScalarsLine(0, number, number, float(number), value) for number, value in enumerate(values)]


def test_the_first_fits_of_a_search_are_bad_ones():
    """An alarm that every search raises for its first hour tells nothing; what is zero is wrong at once."""
    bad = lens_fit(60, model_image=0.8 * MODEL)
    rising, level = history(np.linspace(-90_000, -9_000, 20)), history([-9e4, -9e3, -9e3, *[-8_999.0] * 17])
    assert alarms(replace(bad, history=rising), is_running=True) == set()
    assert alarms(replace(bad, history=level[:3]), is_running=True) == set()
    assert ("chi_squared", RESIDUALS) in alarms(replace(bad, history=level), is_running=True)
    assert ("chi_squared", RESIDUALS) in alarms(replace(bad, history=rising))
    nested = replace(bad, history=level, scalars={"remaining": 1e5})
    assert alarms(nested, is_running=True) == set()
    assert ("zero", "Source plane") in alarms(lens_fit(60, source=0 * SOURCE, model_image=0.8 * MODEL), is_running=True)


def test_a_rule_can_be_turned_off_for_a_panel():
    """One panel that is odd by nature must not cost the rule."""
    fit = lens_fit(60, source=0 * SOURCE)
    assert not alarms(fit, rules=Rules(zero=PanelRule(excepted=("Source",))))
    assert not alarms(fit, rules=Rules(zero=PanelRule(enabled=False)))


@pytest.mark.parametrize(
    ("figure", "fit"), [each[::2] for each in odd_snapshots.ODD], ids=[each[1] for each in odd_snapshots.ODD]
)
def test_what_is_odd_is_looked_at_like_all_else(figure, fit):
    """A rule that fails on what somebody publishes costs the alarms of that run."""
    alarms(fit, figure)


def test_panels_of_any_form_are_looked_at():
    """Which the figure says itself, in their places."""
    odd: list[Any] = [
        np.zeros((0, 0)),
        np.array([["a"]]),
        np.array(5.0),
        np.ones((2, 2, 2)),
        np.array([[1j]]),
        [[1], [2]],
    ]
    panels = [ImagePanel("odd", each, mask=np.ones((3, 3), bool), scale="symmetric", unit="σ") for each in odd]
    assert panel_alarms(panels, Snapshot({}), "odd", Rules()) == []
    assert panel_digests(panels, Snapshot({})).keys() == {""}


def test_digests_tell_what_the_fit_made_and_nothing_else():
    """Two runs of one dataset share their data; what shares a source shares too much."""

    def digests(fit):
        drawn: Any = find_figure("imaging")(fit)
        return panel_digests(drawn, fit)

    one, other = digests(lens_fit(60)), digests(lens_fit(60, seed=1, shear=0.11, source=SOURCE))
    assert {title for title in one if one[title] == other[title]} >= {"Source plane"}
    assert one["Model image"] != other["Model image"]
    assert not {"Data", "Noise map", "Signal-to-noise"} & one.keys()
    assert one == digests(lens_fit(60))


@pytest.mark.parametrize("figure", ["history", "run", "posterior"])
def test_a_bad_fit_is_told_by_the_figure_that_shows_it(figure):
    """A run draws several: the same alarm from each, and of panels of an hour ago, would be noise."""
    bad = spectrum()
    bad = replace(bad, arrays={**bad.arrays, "model": 2 * bad.arrays["model"]})
    panels = [ImagePanel("0, log L -3", np.zeros((8, 8)))] if figure == "history" else []
    assert alarms(bad, "line")
    assert panel_alarms(panels, bad, figure, Rules()) == []
    assert set(panel_digests(panels, bad, figure)) <= {""}
