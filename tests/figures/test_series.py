"""Series in numbers: what can be drawn of them, and the limits of each axis."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.panels import Curve, ImagePanel, LinesPanel, Series
from autoviz_render.figures.series import lines_of, points_of, span

X = np.array([1.0, 2.0, 3.0])


def test_each_axis_has_limits_that_hold_its_own_series():
    """A temperature of thousands must not flatten a flux of tens, which is what a second axis is for."""
    flux = Series(X, np.array([10.0, 20.0, 30.0]), error=np.array([1.0, 1.0, 1.0]))
    temperature = Series(X, np.array([1e3, 1e4, 1e5]), axis="right")
    numbers = lines_of(LinesPanel("t", [flux, temperature], right_log=True))
    assert numbers.left == pytest.approx((9 - 0.06 * 22, 31 + 0.06 * 22))
    assert numbers.right == pytest.approx((1e3 / 100**0.06, 1e5 * 100**0.06))
    assert numbers.x == pytest.approx((1 - 0.04, 3 + 0.04))
    assert [points.is_right for points in numbers.series] == [False, True]
    np.testing.assert_allclose(numbers.series[1].rows(numbers.series[1].y), [3.0, 4.0, 5.0])


def test_limits_that_are_given_are_kept():
    """Those of the right axis too."""
    right = Series(X, X, axis="right")
    panel = LinesPanel("t", [right], x_limits=(0, 9), y_limits=(1, 2), right_limits=(3, 4))
    numbers = lines_of(panel)
    assert (numbers.x, numbers.left, numbers.right) == ((0, 9), (1, 2), (3, 4))


def test_there_is_no_right_axis_unless_a_series_has_its_y_there():
    """A panel as it always was takes no room for one."""
    assert lines_of(LinesPanel("t", [Series(X, X)], right_label="of nothing")).right is None


def test_what_is_not_positive_is_not_drawn_on_a_logarithmic_axis():
    """An error bar that reaches below zero has no lower end there; its point stays."""
    points = points_of(Series(X, np.array([-1.0, 2.0, 3.0]), error=np.array([0.1, 5.0, 1.0])), x_log=False, y_log=True)
    np.testing.assert_array_equal(points.y, [np.nan, 2.0, 3.0])
    np.testing.assert_array_equal(points.has_bar, [False, False, True])


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        (LinesPanel("t", [Series(X, X[:2])]), "a series is two arrays"),
        (LinesPanel("t", [Series(X, X, error=X[:2])]), "error, of the error bars, has shape"),
        (LinesPanel("t", [Series(X, X, x_error=np.ones((3, 3)))]), "x_error, of the error bars, has shape"),
        (LinesPanel("t", [Series(X, X, band=X)]), "a band is array"),
        (LinesPanel("t", [Series(X, X)], y_limits=(2, 2)), "y_limits are two different numbers"),
        (LinesPanel("t", [Series(X, X)], x_limits=(0, 2), x_log=True), "positive on a logarithmic axis"),
        (LinesPanel("t", [Series(X.astype("datetime64[s]"), X)], x_log=True), "an axis of dates is not logarithmic"),
        (LinesPanel("t", [], residuals=[Series(X, X, axis="right")]), "residuals have one axis"),
    ],
)
def test_series_that_cannot_be_drawn_say_why(panel, message):
    """The text stands on the figure, in the panel's slot."""
    with pytest.raises(ValueError, match=message):
        lines_of(panel)


def test_limits_are_never_empty():
    """Matplotlib would warn at every frame, and divide by zero."""
    assert span([], [], log=False, margin=0.1) == (0.0, 1.0)
    for value in (0.0, 1.0, -1e300, 1e-300):
        low, high = span([np.array([value])], [np.array([value])], log=False, margin=0.1)
        assert low < value < high


def test_lists_do_as_well_as_arrays() -> None:  # annotated: type checkers look at it, too
    """A person at a prompt has lists."""
    ImagePanel("a", [[1, 2], [3, 4]], mask=[[True, False], [False, False]], curves=[Curve([1, 2], [3.0, 4.0])])
    points = points_of(Series([1, 2, 3], [4.0, 5.0, 6.0], error=[1, 1, 1]), x_log=False, y_log=False)
    np.testing.assert_array_equal(points.high, [5.0, 6.0, 7.0])


def test_error_bars_reach_down_and_up_left_and_right_as_far_as_they_say():
    """A photometric redshift has another error below than above; a bin has a width."""
    series = Series(X, 10 * X, error=[[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]], x_error=0.5 * np.ones(3))
    points = points_of(series, x_log=False, y_log=False)
    np.testing.assert_array_equal(points.low[:2], [9.0, 18.0])
    np.testing.assert_array_equal(points.high[:2], [13.0, 24.0])
    np.testing.assert_array_equal(points.has_bar, [True, True, False])
    np.testing.assert_array_equal([points.left, points.right], [X - 0.5, X + 0.5])
    assert len(points.bars()) == 5
    numbers = lines_of(LinesPanel("t", [series]))
    assert numbers.x == pytest.approx((0.5 - 0.06, 3.5 + 0.06))


@pytest.mark.parametrize("log", [False, True])
def test_errors_in_x_that_are_longer_than_all_points_leave_these_their_room(log):
    """A redshift that is not known at all would else flatten the others."""
    series = Series(X, X, x_error=[0.1, 0.1, 1e6])
    low, high = lines_of(LinesPanel("t", [series], x_log=log)).x
    assert low > -1.5
    assert high < 12


def test_a_band_is_broken_where_it_is_not_known_and_the_limits_hold_it():
    """A polygon over a gap would say that the model is known there."""
    x = np.arange(6.0)
    band = np.stack([x - 1, x + 2])
    band[1, 3] = np.nan
    series = Series(x, x, band=band)
    outlines = points_of(series, x_log=False, y_log=False).shaded(0.0)
    assert [len(each) for each in outlines] == [6, 4]
    low, high = lines_of(LinesPanel("t", [series])).left
    assert low < -1
    assert high > 7


def test_dates_are_seconds_since_1970():
    """Of any unit; what is no date is no point."""
    dates = np.array(["1970-01-02", "NaT", "2024-02-29"], dtype="datetime64[D]")
    points = points_of(Series(dates, X), x_log=False, y_log=False)
    np.testing.assert_array_equal(points.x, [86400.0, np.nan, 1709164800.0])
    numbers = lines_of(LinesPanel("t", [Series(dates, X)], x_limits=(dates[2], dates[0])))
    assert numbers.x_dates
    assert numbers.x == (1709164800.0, 86400.0)
    assert lines_of(LinesPanel("t", [Series(X, X)], x_dates=True)).x_dates
