"""Weights of samples and their effective number."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autoviz_render.spool.weights import effective_sample_size, effective_size_of, normalised_weights


@pytest.mark.parametrize("shift", [0.0, -5e4, 700.0, 1e300])
def test_a_normalisation_makes_no_difference(shift):
    """Likelihoods of thousands of nats overflow, and vanish, without care."""
    weights = normalised_weights(np.log([1.0, 2.0, 5.0]) + (shift if shift < 1e4 else 0.0))
    np.testing.assert_allclose(weights, [0.125, 0.25, 0.625], rtol=1e-9)
    assert effective_sample_size(np.full(7, shift)) == pytest.approx(7)


def test_what_is_no_weight_weighs_nothing():
    """A snapshot is padded with -inf; NaN is a likelihood that failed."""
    np.testing.assert_array_equal(normalised_weights([-np.inf, 3.0, np.nan, np.inf, 3.0]), [0, 0.5, 0, 0, 0.5])
    assert effective_sample_size([-np.inf, 3.0, np.nan, np.inf]) == 1.0


@pytest.mark.parametrize("log_weights", [[], [-np.inf], [np.nan, -np.inf]])
def test_no_weight_at_all_is_no_sample(log_weights):
    """At the start of a run it is so, and no division may fail."""
    assert effective_sample_size(log_weights) == 0.0
    assert not normalised_weights(log_weights).any()


def test_sums_tell_it_too():
    """A run that adds its weights up keeps their sums alone."""
    weights = np.array([0.2, 0.5, 0.3])
    expected = effective_sample_size(np.log(weights))
    assert effective_size_of(weights.sum(), (weights**2).sum()) == pytest.approx(expected)
    assert math.isclose(expected, 1 / 0.38)
