"""Few, round numbers on every axis, whatever its limits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoviz_render.figures.numbers import decade_ticks, plain_number, round_ticks, round_up


@pytest.mark.parametrize(
    ("low", "high", "labels", "factor"),
    [
        (0.0, 1.0, ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"), ""),
        (-3.5, 3.5, ("−2", "0", "2"), ""),
        (-1.0, 1.0, ("−1.0", "−0.5", "0.0", "0.5", "1.0"), ""),
        (0.0, 3e-5, ("0", "1", "2", "3"), "10⁻⁵"),
        (0.0, 52_000.0, ("0", "1", "2", "3", "4", "5"), "10⁴"),
    ],
)
def test_ticks_read_as_a_person_would_write_them(low, high, labels, factor):
    """A real minus sign, no needless digits, and large powers once."""
    ticks = round_ticks(low, high, 6)
    assert (ticks.labels, ticks.factor) == (labels, factor)


@given(
    low=st.floats(-1e280, 1e280, allow_subnormal=False),
    span=st.floats(1e-6, 1e6),
    most=st.integers(3, 6),
)
def test_ticks_lie_within_the_limits_and_are_never_too_many(low, span, most):
    """Any limits that an image can have; a tick outside them would be drawn in the margin."""
    high = low + span * max(abs(low), 1e-280)
    ticks = round_ticks(low, high, most)
    slack = 1e-6 * (high - low)
    assert 1 <= len(ticks.positions) <= most
    assert all(low - slack <= position <= high + slack for position in ticks.positions)
    assert len(set(ticks.positions)) == len(ticks.labels)


@given(low=st.floats(1e-200, 1e200), decades=st.floats(1e-3, 40), most=st.integers(3, 6))
def test_logarithmic_ticks_lie_within_the_limits(low, decades, most):
    """From a hair's breadth to forty decades."""
    high = low * 10**decades
    ticks = decade_ticks(low, high, most)
    assert 1 <= len(ticks.positions) <= most
    assert all(low * (1 - 1e-6) <= position <= high * (1 + 1e-6) for position in ticks.positions)


def test_decades_are_powers_where_zeros_would_have_to_be_counted():
    """0.1 and 10 are read at once, 100000 is not."""
    assert decade_ticks(0.1, 100.0, 5).labels == ("0.1", "1", "10", "100")
    assert decade_ticks(1e-6, 1e-3, 5).labels == ("10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³")


def test_a_number_in_a_table_has_six_digits_and_a_real_minus_sign():
    """And says so if it is none."""
    assert plain_number(-1234.56789) == "−1234.57"
    assert plain_number(math.nan) == "nan"


@pytest.mark.parametrize(
    ("least", "expected"), [(1.0, 1.0), (1.1, 2.0), (2.0000000001, 2.0), (0.03, 0.05), (6.0, 10.0), (1e290, 1e290)]
)
def test_a_limit_is_rounded_up_and_holds_still(least, expected):
    """A limit that follows the last digit of a fit makes the picture tremble."""
    assert round_up(least) == pytest.approx(expected, rel=1e-15)
