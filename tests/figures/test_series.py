"""Series in numbers: what can be drawn of them, and the limits of each axis."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.panels import LinesPanel, Series
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
