"""Many points as few: each point counts once, and what stands out stays."""

from __future__ import annotations

import numpy as np

from autoviz_render.figures.bins import equal_bins, grid_sums, thin


def test_bins_hold_each_point_once():
    """The edges are where counts go wrong."""
    values = np.array([0.0, 0.5, 1.0, 2.0, np.nan, -0.1, 2.1])
    bins = equal_bins(values, 0.0, 2.0, 2)
    np.testing.assert_array_equal(bins.index, [0, 0, 1, 1, -1, -1, -1])
    np.testing.assert_array_equal(bins.counts(), [2, 2])
    np.testing.assert_array_equal(bins.sums(np.where(np.isfinite(values), values, 0.0)), [0.5, 3.0])
    other = equal_bins(values[::-1].copy(), 0.0, 2.0, 1)
    np.testing.assert_array_equal(grid_sums(bins, other), [[0.0, 1.0]])


def test_several_rows_of_values_are_summed_at_once():
    """Real and imaginary parts, or the parameters of a chain."""
    bins = equal_bins(np.array([0.0, 0.4, 0.6, 5.0]), 0.0, 1.0, 2)
    values = np.arange(8.0).reshape(2, 4)
    np.testing.assert_array_equal(bins.sums(values), [[1, 2], [9, 6]])
    np.testing.assert_array_equal(bins.sums(values)[1], bins.sums(values[1]))
    assert equal_bins(np.empty(0), 0.0, 1.0, 3).sums(np.empty((2, 0))).tolist() == [[0, 0, 0]] * 2


def test_a_long_line_is_thinned_and_keeps_its_peaks():
    """One bad sample in a million is what a person watches a chain for."""
    y = np.zeros(1_000_000)
    y[123_456], y[700_000] = 5.0, -7.0
    y[1000:5000] = np.nan
    x, thinned = thin(np.arange(y.size), y)
    assert thinned.size <= 2100
    assert np.all(np.diff(x) > 0)
    assert np.nanmax(thinned) == 5.0
    assert np.nanmin(thinned) == -7.0
    assert x[np.nanargmax(thinned)] == 123_456


def test_a_short_line_is_left_as_it_is():
    """Thinning is for what the eye cannot resolve."""
    x, y = thin(np.arange(1500), np.arange(1500.0))
    assert y.size == 1500
    assert x[-1] == 1499
