"""Few, round numbers on every axis, whatever its limits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoviz_render.figures.numbers import (
    Ticks,
    decade_ticks,
    interval,
    plain_number,
    round_ticks,
    round_up,
    whole,
    with_error,
)


@pytest.mark.parametrize(
    ("low", "high", "labels", "factor"),
    [
        (0.0, 1.0, ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"), ""),
        (-3.5, 3.5, ("−2", "0", "2"), ""),
        (-1.0, 1.0, ("−1.0", "−0.5", "0.0", "0.5", "1.0"), ""),
        (0.0, 3e-5, ("0", "1", "2", "3"), "10⁻⁵"),
        (0.0, 52_000.0, ("0", "10,000", "20,000", "30,000", "40,000", "50,000"), ""),
        (0.0, 1e6, ("0", "200,000", "400,000", "600,000", "800,000", "1,000,000"), ""),
        (0.0, 5.2e6, ("0", "1", "2", "3", "4", "5"), "10⁶"),
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
    assert len(set(ticks.positions)) == len(set(ticks.labels)) == len(ticks.labels)


@pytest.mark.parametrize(
    ("low", "high", "named", "labels"),
    [
        (2459000.12, 2459000.32, "t − 2,459,000", ("0.15", "0.20", "0.25", "0.30")),
        (-123456.7, -123456.3, "t + 123,456", ("−0.7", "−0.6", "−0.5", "−0.4", "−0.3")),
        (150.11631, 150.11639, "t − 150.1163 (×10⁻⁵)", ("2", "4", "6", "8")),
        (150.1163, 150.119, "t − 150", ("0.117", "0.118", "0.119")),
        (999999.985, 1000000.025, "t − 1,000,000", ("−0.01", "0.00", "0.01", "0.02")),
        (3e-5, 3.0004e-5, "t − 3×10⁻⁵ (×10⁻⁹)", ("0", "1", "2", "3", "4")),
        (59000.0, 59300.0, "t", ("59,000", "59,100", "59,200", "59,300")),
    ],
)
def test_what_all_ticks_have_in_common_is_written_out_beside_the_axis(low, high, named, labels):
    """A transit time or a right ascension: seven equal digits at every tick leave no room for those that differ."""
    ticks = round_ticks(low, high, 5)
    assert (ticks.named("t"), ticks.labels) == (named, labels)


def test_what_the_ticks_leave_out_stands_by_itself_if_there_is_no_label():
    """A value is its label times the factor, plus the offset; a reader without them is wrong by a million."""
    assert round_ticks(3.5e6, 3.50001e6, 3).named("") == "+3,500,000"
    assert round_ticks(0.0, 3e7, 3).named("") == "×10⁷"
    assert round_ticks(3e-5, 3.0004e-5, 5).common == "×10⁻⁹ +3×10⁻⁵"


@given(low=st.floats(-1e15, 1e15), span=st.floats(1e-14, 1e3), most=st.integers(1, 6))
def test_ticks_are_as_few_digits_as_the_range_needs(low, span, most):
    """However small the range beside its values: never two equal labels, never eight digits in one."""
    high = low + span * max(abs(low), 1e-6)
    ticks = round_ticks(low, high, most)
    assert len(set(ticks.labels)) == len(set(ticks.positions)) == len(ticks.labels) >= 1
    assert max(sum(char.isdigit() for char in label) for label in ticks.labels) <= 7


@pytest.mark.parametrize(("low", "high"), [(-1e308, 1.7e308), (1e-310, 3e-310), (0.0, 5e-324), (1.0, 1 + 2.3e-16)])
def test_the_ends_of_what_a_float_can_hold_have_ticks(low, high):
    """Samples that diverged still have axes."""
    ticks = round_ticks(low, high, 5)
    assert all(math.isfinite(each) for each in ticks.positions)
    assert len(set(ticks.labels)) == len(ticks.labels) >= 1


def test_ticks_that_have_no_room_are_fewer_or_shorter():
    """Numbers over one another cannot be read."""
    most_letters = 12

    def room(ticks):
        return ticks if sum(map(len, ticks.labels)) <= most_letters else Ticks((), ())

    shorter = round_ticks(0.0, 1e6, 5, room=room)
    assert (shorter.labels, shorter.factor) == (("0.0", "0.5", "1.0"), "10⁶")
    assert round_ticks(0.0, 1e6, 5, room=lambda _: Ticks((), ())).labels == ()


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
    assert decade_ticks(1.0, 1e4, 5).labels == ("1", "10", "100", "1,000", "10,000")
    assert decade_ticks(1e6, 4e6, 5).labels == ("10⁶", "2×10⁶")


@given(low=st.floats(1e-200, 1e200), decades=st.floats(0.01, 40), letters=st.integers(0, 12))
def test_logarithmic_ticks_without_room_are_few_or_none_but_never_zero(low, decades, letters):
    """A strip of half an inch over thirteen decades: zero has no place on such an axis."""

    def room(ticks):
        return ticks if sum(map(len, ticks.labels)) <= letters else Ticks((), ())

    assert all(position > 0 for position in decade_ticks(low, low * 10**decades, 5, room=room).positions)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1234.56789, "−1234.57"),
        (12345678.0, "12345678"),
        (2455892.54321, "2455892.54"),
        (0.384017, "0.384017"),
        (-0.00012, "−0.00012"),
        (-0.0, "0"),
        (4.5e-7, "4.5×10⁻⁷"),
        (-1e-7, "−10⁻⁷"),
        (1.5e12, "1.5×10¹²"),
        (1e308, "10³⁰⁸"),
        (1e-310, "10⁻³¹⁰"),
        (math.nan, "nan"),
        (-math.inf, "−inf"),
    ],
)
def test_a_number_in_a_table_reads_as_a_person_would_write_it(value, text):
    """Six digits or what is whole, a real minus sign, no e+07."""
    assert plain_number(value) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (2455892.54321, 0.00023, "2455892.54321"),
        (3.52474859, 4e-7, "3.5247486"),
        (-1234.5678, 0.384017, "−1234.57"),
        (-0.00012, 0.3, "0.0"),
        (4.5e-7, 1.2e-8, "4.50×10⁻⁷"),
        (1.25, 0.0, "1.25"),
        (1.25, math.nan, "1.25"),
        (1e30, 1e12, "1.0000000000000000×10³⁰"),
    ],
)
def test_a_value_has_the_digits_of_its_error(value, error, text):
    """Two digits of it; more would be noise, fewer would hide what was measured."""
    assert with_error(value, error) == text


@pytest.mark.parametrize(
    ("count", "text"), [(3468.64, "3,469"), (134940, "134,940"), (0, "0"), (10**17, "10¹⁷"), (math.nan, "nan")]
)
def test_counts_are_whole(count, text):
    """An effective sample size of 3,468.64 says that somebody did not think."""
    assert whole(count) == text


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3))
def test_an_interval_of_any_three_numbers_is_text(values):
    """Whatever diverged: no overflow, and no exponent as a computer writes it."""
    text = interval(*sorted(values))
    assert "e" not in text
    assert "-" not in text


@pytest.mark.parametrize(
    ("least", "expected"), [(1.0, 1.0), (1.1, 2.0), (2.0000000001, 2.0), (0.03, 0.05), (6.0, 10.0), (1e290, 1e290)]
)
def test_a_limit_is_rounded_up_and_holds_still(least, expected):
    """A limit that follows the last digit of a fit makes the picture tremble."""
    assert round_up(least) == pytest.approx(expected, rel=1e-15)
