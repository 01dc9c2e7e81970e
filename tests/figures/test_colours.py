"""Colour limits, without drawing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autoviz_render.figures import colours
from autoviz_render.figures.colours import (
    ColourRange,
    colour_range,
    robust_limits,
)


def test_a_hot_pixel_does_not_wash_out_the_image_and_is_announced():
    """The arrow on the colour bar says that something lies beyond it."""
    image = np.random.default_rng(0).normal(size=(44, 44))
    image[3, 4] = 1e6
    limits = colour_range(image)
    assert limits.high < 10
    assert (limits.under, limits.over) == (False, True)


def test_a_bright_core_is_not_taken_for_a_hot_pixel():
    """Clipping the lens would hide how well it is fitted."""
    y, x = np.indices((60, 60)) - 29.5
    image = np.exp(-np.hypot(x, y) / 8)
    assert robust_limits(image.ravel())[1] == image.max()


def test_masked_values_have_no_say_in_the_limits():
    """Bad columns are masked so that they do no harm."""
    image = np.ones((9, 9))
    image[4] = np.arange(9)
    image[0, 0] = 1e9
    mask = image > 1e8
    assert colour_range(image, mask).high == 8.0


def test_symmetric_limits_are_centred_on_zero():
    """White must mean no residual."""
    limits = colour_range(np.array([[-1.0, 3.0]]), scale="symmetric")
    assert (limits.low, limits.high) == (-3.0, 3.0)


def test_limits_given_are_kept_and_what_lies_beyond_is_announced():
    """A clipped residual map is clipped where it says."""
    limits = colour_range(np.array([[-9.0, 0.5]]), scale="symmetric", low=-1, high=1)
    assert limits == ColourRange(-1.0, 1.0, "symmetric", under=True, over=False)


@pytest.mark.parametrize("scale", ["linear", "symmetric", "log"])
@given(
    image=npst.arrays(np.float64, (3, 4), elements=st.floats(allow_nan=True, allow_infinity=True)),
    low=st.none() | st.floats(),
    high=st.none() | st.floats(),
)
def test_any_image_has_usable_limits(scale, image, low, high):
    """Identical limits, none at all, and limits that overflow are what bad models produce."""
    limits = colour_range(image, scale=scale, low=low, high=high)
    assert math.isfinite(limits.low)
    assert math.isfinite(limits.high)
    assert limits.low < limits.high
    assert limits.low > 0 or scale != "log"


def test_the_quick_look_for_hot_values_misses_none(monkeypatch):
    """It only saves time: limits that depended on it would jump from one quick update to the next."""
    rng = np.random.default_rng(3)
    for _ in range(400):
        shown = rng.normal(size=int(rng.integers(90, 400))) ** int(rng.integers(1, 4))
        hot = rng.integers(0, shown.size, size=int(rng.integers(0, 6)))
        shown[hot] += rng.choice([-1, 1]) * rng.uniform(0, 4) * np.ptp(shown)
        quick = colours.robust_limits(shown)
        with monkeypatch.context() as patch:
            patch.setattr(colours, "_may_be_hot", lambda *_: True)
            assert colours.robust_limits(shown) == quick
