"""What chains say about themselves."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.search.statistics.convergence import autocorrelation_time, convergence, split_r_hat


def test_diagnostics_know_an_autoregressive_chain():
    """The time of x' = a x + noise is (1 + a) / (1 - a), and chains that agree have an R-hat of 1."""
    rng, steps = np.random.default_rng(3), np.zeros((4000, 8, 2))
    for number in range(1, 4000):
        steps[number] = np.array([0.8, 0.0]) * steps[number - 1] + rng.normal(size=(8, 2))
    np.testing.assert_allclose(autocorrelation_time(steps), [9.0, 1.0], rtol=0.1)
    np.testing.assert_allclose(split_r_hat(steps), 1.0, atol=0.01)
    assert convergence(steps)["effective_sample_size"] == pytest.approx(32_000 / 9, rel=0.1)
    apart = steps + np.arange(8.0)[None, :, None]
    assert convergence(apart)["r_hat"] > 1.3
    assert convergence(apart)["effective_sample_size"] < 500


def test_what_does_not_move_has_no_diagnostics():
    """A parameter that is held is not the worst of all; and nothing divides by nothing aloud."""
    steps = np.random.default_rng(4).normal(size=(100, 2, 2)) * [0.0, 1.0]
    assert convergence(steps)["r_hat"] == pytest.approx(1.0, abs=0.05)
    assert convergence(steps * 0.0) == {}
    assert convergence(steps[:5]) == {}
