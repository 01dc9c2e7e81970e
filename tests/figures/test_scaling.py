"""Stretches and intervals: where on a colour bar a value stands, and which values are at its ends."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.colours import colour_range, position, range_of
from autoviz_render.figures.errors import PanelError
from autoviz_render.figures.numbers import Ticks
from autoviz_render.figures.panels import ColouredPanel, ImagePanel
from autoviz_render.figures.scaling.choice import said_colours, with_colours
from autoviz_render.figures.scaling.rgb import lupton_pixels, lupton_rgb
from autoviz_render.figures.scaling.stretches import stretched_ticks
from autoviz_render.renderer.draw import draw
from autoviz_render.renderer.settings import RenderSettings, SettingsError
from autoviz_render.spool.format.colour_scales import parse_scale
from autoviz_render.spool.snapshot import Snapshot

RNG = np.random.default_rng(5)
IMAGE = RNG.normal(10, 3, (60, 70)) + np.where(RNG.random((60, 70)) < 0.02, 500.0, 0.0)


@pytest.mark.parametrize(
    ("scale", "name", "arguments"),
    [("asinh", "AsinhStretch", (0.1,)), ("sqrt", "SqrtStretch", ()), ("power", "PowerStretch", (0.3,))],
)
def test_a_stretch_is_that_of_astropy(scale, name, arguments):
    """What astronomers know by these names."""
    visualization = pytest.importorskip("astropy.visualization")
    values = np.linspace(2.0, 12.0, 50)
    limits = colour_range(values, scale=scale, low=2.0, high=12.0, exponent=0.3)
    expected = getattr(visualization, name)(*arguments)((values - 2) / 10)
    np.testing.assert_allclose(position(values, limits), expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", [(5,), (37,), (64, 64), (130, 90)])
def test_zscale_is_that_of_astropy(seed, shape):
    """IRAF's, to the last digits: a figure beside one of ds9's has the same black and the same white."""
    visualization = pytest.importorskip("astropy.visualization")
    rng = np.random.default_rng(seed)
    values = rng.normal(3, 1, shape) + 100 * (rng.random(shape) < 0.05) + rng.normal(0, 0.5, shape) ** 4
    found = colour_range(values, interval="zscale")
    np.testing.assert_allclose((found.low, found.high), visualization.ZScaleInterval().get_limits(values), rtol=1e-9)


def test_a_percentage_and_the_extremes_hold_what_they_say():
    """Half of what is left out at each end."""
    found = colour_range(IMAGE, interval="98%")
    assert (found.low, found.high) == tuple(np.percentile(IMAGE, [1, 99]))
    assert colour_range(IMAGE, interval="98%") == colour_range(IMAGE, interval=98)
    assert colour_range(IMAGE, interval="minmax").high == IMAGE.max()
    signed = colour_range(IMAGE - 10, scale="symmetric", interval="99.5%")
    assert signed.low == -signed.high
    masked = colour_range(IMAGE, IMAGE > 100, interval="minmax")
    assert masked.high < 100


@pytest.mark.parametrize("values", [np.full((4, 4), np.nan), np.zeros((4, 4)), np.array([[np.inf, 1e308, -1e308]])])
@pytest.mark.parametrize("interval", ["zscale", "minmax", "90%", "0,1"])
@pytest.mark.parametrize("scale", ["linear", "symmetric", "log", "asinh", "sqrt", "power"])
def test_no_values_leave_a_range_that_can_be_drawn(values, interval, scale):
    """An early fit is all zeros, or not finite."""
    with np.errstate(all="ignore"):
        found = colour_range(values, scale=scale, interval=interval)
        assert np.isfinite([found.low, found.high]).all()
        assert found.low < found.high
        shown = position(np.array([found.low, found.high]), found)
    np.testing.assert_allclose(shown, [0, 1], atol=1e-9)


@pytest.mark.parametrize("scale", ["asinh", "sqrt", "power"])
@pytest.mark.parametrize("low", [0.0, -0.1, 1e-7, 3.0])
@pytest.mark.parametrize("span", [1e-6, 0.02, 1.0, 7.3, 250.0, 4e9])
def test_the_numbers_of_a_stretched_bar_differ_and_stand_apart(scale, low, span):
    """Two equal numbers, or one over another, and nobody reads a value off it."""
    limits = colour_range(np.array([low, low + span]), scale=scale, low=low, high=low + span)

    def room(ticks: Ticks) -> Ticks:
        return ticks if (np.diff(position(np.array(ticks.positions), limits)) > 0.05).all() else Ticks((), ())

    ticks = stretched_ticks(limits.low, limits.high, 5, partial(position, limits=limits), room)
    assert 2 <= len(ticks.positions) <= 5
    assert len(set(ticks.labels)) == len(ticks.labels)
    assert all(len(label) <= 8 for label in ticks.labels)
    assert sorted(ticks.positions) == list(ticks.positions)
    assert low - 1e-9 * span <= ticks.positions[0]
    assert ticks.positions[-1] <= low + span * (1 + 1e-9)


def test_a_stretch_or_an_interval_that_is_none_is_refused_in_its_own_line():
    """Not in a renderer's log an hour later."""
    for wrong in ({"interval": "zcale"}, {"interval": "101%"}, {"interval": "3,1"}, {"exponent": 0.0}):
        with pytest.raises(PanelError):
            ImagePanel("x", IMAGE, **wrong)
    refused: list[dict[str, Any]] = [{"stretch": "asnh"}, {"stretch": "power"}, {"stretch": "power:0"}]
    for wrong in [*refused, {"interval": "nan,1"}]:
        with pytest.raises(SettingsError, match="stretch|interval"):
            RenderSettings(**wrong)
    for text in ("", "asinh zscale 3", "asinh:2", "zscale asinh", "power:1e9"):
        with pytest.raises(ValueError, match="expected"):
            parse_scale(text)


def fit(**said) -> Snapshot:
    static = {"data": IMAGE, "noise_map": np.ones_like(IMAGE)}
    return Snapshot(arrays={"model_image": IMAGE * 0.9}, static=static, **said)


def named(panels, title: str) -> ColouredPanel:
    return next(panel for panel in panels if panel.title == title)


def test_a_person_chooses_for_all_panels_but_those_centred_on_zero():
    """Residuals in asinh would hide the faint ones; data and model in other colours could not be compared."""
    panels = with_colours(imaging, "asinh", "99.5%")(fit())
    data, model = named(panels, "Data"), named(panels, "Model image")
    assert (data.scale, data.low, data.high) == (model.scale, model.low, model.high)
    assert data.scale == "asinh"
    assert (data.low, data.high) == pytest.approx(np.percentile(IMAGE, [0.25, 99.75]))
    assert named(panels, "Normalised residuals").scale == "symmetric"
    limited = with_colours(imaging, None, "0,40")(fit())
    assert (named(limited, "Data").low, named(limited, "Data").high) == (0, 40)
    assert named(limited, "Signal-to-noise").high != 40
    assert with_colours(imaging, None, None) is imaging


def test_a_run_chooses_for_an_array():
    """The one who knows the data; whoever looks has the last word."""
    snapshot = fit(scales={"data": "log 99%"})
    data = named(imaging(snapshot), "Data")
    assert data.scale == "log"
    assert named(imaging(snapshot), "Model image").high == data.high
    assert range_of(data).high == pytest.approx(np.percentile(IMAGE[IMAGE > 0], 99.5))
    assert named(with_colours(imaging, "sqrt", None)(snapshot), "Data").scale == "sqrt"
    assert said_colours(fit(), "data", IMAGE, None, {"low": 1.0}) == {"low": 1.0}


def test_colours_that_were_chosen_are_drawn():
    """By `draw`, as by the command."""
    plain, chosen = (draw(fit(), "imaging", RenderSettings(dpi=30, stretch=name)) for name in (None, "asinh"))
    assert chosen.errors == ()
    assert (plain.pixels != chosen.pixels).any()


def test_a_picture_of_three_images_is_that_of_astropy():
    """The rounding aside, which is a level of 255."""
    visualization = pytest.importorskip("astropy.visualization")
    red, green, blue = RNG.gamma(2.0, 3.0, (3, 30, 40))
    expected = visualization.make_lupton_rgb(red, green, blue, minimum=0.5, stretch=4.0, Q=6.0)
    found = lupton_pixels(red, green, blue, minimum=0.5, stretch=4.0, q=6.0)
    assert np.abs(255 * found - expected).max() <= 1.001


def test_a_picture_of_nothing_is_black_and_of_other_shapes_an_error():
    """NaN, zeros, infinities: an early fit."""
    for value in (0.0, np.nan, -1.0):
        red, green, blue = np.full((3, 5, 5), value)
        panel = lupton_rgb(red, green, blue)
        assert panel.is_picture
        assert np.asarray(panel.values).max() == 0
    with pytest.raises(ValueError, match="stretch"):
        lupton_rgb(red, green, blue, stretch=0.0)
    assert replace(panel, title="other").is_picture
