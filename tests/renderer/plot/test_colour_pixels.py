"""From values to pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autoviz_render.figures.colours import ColourRange, colour_range
from autoviz_render.renderer.plot.colour_pixels import colour_pixels, colour_table

ABSENT = {"masked": (184, 184, 184), "not_finite": (46, 204, 64)}


@pytest.mark.parametrize("scale", ["linear", "symmetric", "log"])
@given(
    image=npst.arrays(np.float64, (3, 4), elements=st.floats(allow_nan=True, allow_infinity=True)),
    low=st.none() | st.floats(),
    high=st.none() | st.floats(),
)
def test_any_image_has_colours(scale, image, low, high):
    """Identical limits, none at all, and limits that overflow are what bad models produce."""
    limits = colour_range(image, scale=scale, low=low, high=high)
    pixels = colour_pixels(image, None, limits, colour_table("inferno"), **ABSENT)
    assert pixels.shape == (3, 4, 4)
    assert (pixels[~np.isfinite(image), :3] == ABSENT["not_finite"]).all()


def test_masked_zero_and_missing_pixels_look_different():
    """A modeller must tell 'not looked at' from 'nothing there' from 'broken'."""
    image = np.array([[0.0, 0.0, np.nan, 1.0]])
    mask = np.array([[True, False, False, False]])
    colours = colour_pixels(image, mask, colour_range(image, mask), colour_table("inferno"), **ABSENT)[0, :, :3]
    assert tuple(colours[0]) == ABSENT["masked"]
    assert tuple(colours[2]) == ABSENT["not_finite"]
    assert len({tuple(colour) for colour in colours}) == 4


def test_the_ends_of_the_range_have_the_ends_of_the_map():
    """Off by one here, and the brightest pixel is not the brightest colour."""
    table = colour_table("viridis")
    pixels = colour_pixels(np.array([[2.0, 4.0, 5.0, 1.0]]), None, ColourRange(2.0, 4.0), table, **ABSENT)[0, :, :3]
    np.testing.assert_array_equal(pixels, table[[0, 255, 255, 0]])


def test_an_unknown_colour_map_is_named():
    """Matplotlib's own message lists two hundred."""
    with pytest.raises(ValueError, match="no colour map is named 'infreno'"):
        colour_table("infreno")
