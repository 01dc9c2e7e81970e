"""What part of a parameter is shown, where it ends, and what lies beyond."""

from __future__ import annotations

import numpy as np
import pytest

from autoviz_render.figures.densities import distinct
from autoviz_render.figures.samples.marginals import marginal, shown

SIZE = 4000


def of(values):
    values = np.asarray(values, dtype=np.float64)
    return marginal(values, np.full(values.size, 1 / values.size))


def rng():
    return np.random.default_rng(2)


@pytest.mark.parametrize("size", [1000, 4000, 20_000])
def test_a_uniform_distribution_is_shown_from_end_to_end(size):
    """Bins that reach beyond its ends hold less, and show a slope that is not there."""
    found = of(rng().uniform(3.0, 5.0, size))
    assert found.hard == (True, True)
    assert (found.low, found.high) == pytest.approx((3.0, 5.0), abs=0.01)
    _, held = found.histogram(found.low, found.high, 20)
    assert held[[0, -1]] == pytest.approx(np.full(2, held.mean()), rel=0.3 if size == 1000 else 0.15)


@pytest.mark.parametrize(
    ("draw", "hard"),
    [
        (lambda r: r.normal(size=SIZE), (False, False)),
        (lambda r: r.beta(1, 3, SIZE), (True, False)),
        (lambda r: -r.exponential(size=SIZE), (False, True)),
        (lambda r: r.beta(0.5, 0.5, SIZE), (True, True)),
        (lambda r: r.standard_t(3, SIZE), (False, False)),
        (lambda r: r.integers(0, 5, SIZE), (False, False)),
        (lambda r: np.append(r.normal(size=SIZE - 120), r.normal(30, 1, 120)), (False, False)),
    ],
)
def test_a_hard_end_is_told_from_a_tail(draw, hard):
    """The contours reach up to the one, and close before the other."""
    assert of(draw(rng())).hard == hard


def test_a_tail_is_hardly_ever_taken_for_a_hard_end():
    """The axis would end at the outermost sample, as if there were nothing beyond."""
    found = [any(of(np.random.default_rng(seed).normal(size=1000)).hard) for seed in range(200)]
    assert sum(found) <= 10


@pytest.mark.parametrize("far", [50.0, 1e15, -1e15])
@pytest.mark.parametrize(("size", "count"), [(60, 1), (300, 2), (1000, 1), (1000, 3), (20_000, 1), (20_000, 200)])
def test_a_few_far_samples_do_not_change_what_is_shown(far, count, size):
    """One of them made one bin of all others."""
    values = rng().normal(size=size)
    values[:count] = far
    found = of(values)
    assert found.high - found.low < 12
    assert found.low < -1.5
    assert found.high > 1.5
    assert found.is_far == (far < 0, far > 0)


@pytest.mark.parametrize("draw", [lambda r: r.standard_cauchy(SIZE), lambda r: r.lognormal(0, 5, SIZE)])
def test_heavy_tails_leave_room_for_what_is_between(draw):
    """Quantiles at a thousandth are 300 quartiles away."""
    values = draw(rng())
    found = of(values)
    lower, upper = np.quantile(values, [0.1587, 0.8413])
    assert found.high - found.low < 10 * (upper - lower)
    assert any(found.tails)


@pytest.mark.parametrize("share", [0.03, 0.1, 0.5])
def test_a_second_mode_is_not_taken_for_far_samples(share):
    """Another solution, and the news of the run."""
    draws = rng()
    values = np.where(draws.random(SIZE) < share, draws.normal(10, 0.1, SIZE), draws.normal(0, 0.1, SIZE))
    assert of(values).high > 10


def test_a_constant_is_told():
    """A parameter that is fixed has no distribution."""
    assert of(np.full(100, 3.3)).is_constant
    assert of(np.zeros(100)).is_constant
    assert of(np.append(np.full(99, 2.0), 1e15)).is_constant
    assert not of(2455892.5 + 1e-6 * rng().normal(size=100)).is_constant


@pytest.mark.parametrize("size", [1.7e308, 1e300, 1e-300, 1e-310])
def test_the_part_shown_of_any_magnitude_is_finite(size):
    """Samples that diverged; warnings are errors."""
    values = size * rng().uniform(-1, 1, 500)
    low, high = shown(values, np.full(500, 1 / 500))
    assert np.isfinite(high - low)
    assert low < 0 < high


def test_weights_decide_what_is_shown():
    """The first samples of a nested run are those of the prior, and weigh nothing."""
    draws = rng()
    values = np.append(draws.uniform(-100, 100, 2000), draws.normal(size=2000))
    weights = np.append(np.full(2000, 1e-12), np.full(2000, 1.0))
    found = marginal(values, weights / weights.sum())
    assert found.high - found.low < 10
    assert found.hard == (False, False)


def test_repeated_samples_add_their_weights():
    """A chain stays where it is if a step is refused; a density of its own would rise there."""
    samples = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [1.0, 5.0]])
    kept, weights = distinct(samples, np.array([0.1, 0.2, 0.3, 0.4]))
    np.testing.assert_array_equal(kept, [[1, 2], [3, 4], [1, 5]])
    np.testing.assert_allclose(weights, [0.4, 0.2, 0.4])
    alone = rng().normal(size=(50, 2))
    assert distinct(alone, np.ones(50))[0] is alone
    same, total = distinct(np.ones((7, 2)), np.full(7, 1 / 7))
    assert same.shape == (1, 2)
    assert total == pytest.approx([1.0])
