"""What the figure of the posterior is given: few samples that stand for many, of nested samplers and of chains."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from pages import images, newest, run_blocks, run_example

from autoviz_render.search.statistics.chain import Chain, chain_arrays
from autoviz_render.search.statistics.convergence import autocorrelation_time, convergence, split_r_hat
from autoviz_render.search.statistics.priority_sample import weighted_arrays


def test_few_weighted_samples_are_padded_with_some_that_weigh_nothing():
    """One shape at every quick update: the file's layout repeats, and is written from a template."""
    for count in (1, 7, 10):
        arrays = weighted_arrays(np.ones((count, 2)), np.full(count, -3.0), most=10)
        assert arrays["samples"].shape == (10, 2)
        np.testing.assert_array_equal(arrays["log_weights"], [-3.0] * count + [-np.inf] * (10 - count))


def test_a_weight_that_is_no_number_is_no_weight():
    """A likelihood that is NaN once must not blank the figure."""
    found = weighted_arrays(np.array([[1.0], [2.0]]), [np.nan, 0.0], most=2)["log_weights"]
    np.testing.assert_array_equal(found, [-np.inf, 0.0])


def test_of_many_weighted_samples_some_stand_for_all():
    """Sums over those that are kept are right in the mean; the heaviest alone would be biased to the best."""
    rng, means, totals = np.random.default_rng(1), [], []
    for _ in range(200):
        points, log_weights = rng.normal(size=(1000, 1)), rng.normal(0, 2, 1000)
        found = weighted_arrays(points + log_weights[:, None], log_weights, most=100)
        assert found["samples"].shape == (100, 1)
        weights, true = np.exp(found["log_weights"]), np.exp(log_weights)
        totals.append(weights.sum() / true.sum())
        means.append(weights @ found["samples"][:, 0] / true.sum() - true @ (points[:, 0] + log_weights) / true.sum())
    assert np.mean(totals) == pytest.approx(1.0, abs=0.02)
    assert np.mean(means) == pytest.approx(0.0, abs=0.1)


def test_what_is_kept_stays_in_order_and_is_the_same_each_time():
    """A figure that draws its samples anew at every quick update would flicker."""
    points, log_weights = np.arange(500.0)[:, None], np.random.default_rng(2).normal(size=500)
    one, other = (weighted_arrays(points, log_weights, most=50) for _ in range(2))
    assert (np.diff(one["samples"][:, 0]) > 0).all()
    np.testing.assert_array_equal(one["samples"], other["samples"])


@pytest.mark.parametrize(("count", "kept"), [(0, 0), (1, 1), (2000, 2000), (2001, 1001), (9999, 2000)])
def test_a_chain_is_thinned_evenly_and_ends_with_its_newest_sample(count, kept):
    """Never more than can be seen, and the newest among them."""
    found = chain_arrays(np.arange(float(count))[:, None, None])["samples"][:, 0]
    assert found.size == kept
    assert found.size == 0 or found[-1] == count - 1
    assert np.unique(np.diff(found)).size <= 1


def test_a_long_chain_keeps_every_so_many_steps_in_bounded_memory():
    """A chain of days has millions of steps; what is kept depends on their numbers, not on how they came."""
    steps = np.arange(1.0, 1001.0)[:, None, None] * np.ones((1, 2, 3))
    one, other = Chain(2, 3, most=64), Chain(2, 3, most=64)
    for step in steps:
        one.add(step[None])
    for piece in np.split(steps, [1, 130, 131, 700]):
        other.add(piece)
    np.testing.assert_array_equal(one.after(0), other.after(0))
    assert one.stride == 16
    np.testing.assert_array_equal(one.after(0)[:, 0, 0], np.arange(16.0, 1001.0, 16.0))
    assert one.after(None)[0, 0, 0] > 500
    assert one.after(10**9).shape == (1, 2, 3)


@pytest.mark.parametrize("steps", [1, 63, 64, 65, 128, 129, 1000])
def test_a_chain_that_goes_on_elsewhere_keeps_what_it_would_have_kept(steps):
    """After a resumption the figure must be that of the run in one piece."""
    all_steps = np.arange(1.0, 1101.0)[:, None, None]
    one, other = Chain(1, 1, most=64), Chain(1, 1, most=64)
    one.add(all_steps)
    other.resume(steps, lambda stride: all_steps[stride - 1 : steps : stride])
    other.add(all_steps[steps:])
    np.testing.assert_array_equal(one.after(0), other.after(0))


def test_thinned_steps_are_of_all_chains():
    """Every 32nd sample of 32 walkers would be always the same walker."""
    steps = np.arange(100.0)[:, None, None] + np.arange(32.0)[None, :, None] / 100
    found = chain_arrays(steps, most=200)["samples"]
    assert len(found) <= 200
    assert np.unique(np.round(found % 1, 2)).size == 32


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


def test_the_page_of_any_sampler_runs(tmp_path, monkeypatch):
    """NumPy alone, no `with`."""
    run_blocks("samplers/any.md", tmp_path, monkeypatch)
    snapshot = newest(tmp_path / "output" / "peak")
    assert set(snapshot.arrays) == {"model", "samples"}
    assert snapshot.iteration == 5000
    assert 0 < snapshot.scalars["acceptance"] < 1


def test_the_example_of_any_sampler_runs(tmp_path, monkeypatch):
    """Small, and its figures are drawn."""
    run_example("any_sampler.py", tmp_path, monkeypatch, "--steps", 300)
    assert images(tmp_path) == {"fit.png", "posterior.png", "run.png"}
    assert set(newest(tmp_path).arrays) == {"model", "samples"}


@pytest.mark.parametrize("name", ["blackjax", "emcee", "numpyro"])
def test_a_hook_loads_neither_its_sampler_nor_jax(name):
    """Who has emcee need not have JAX."""
    program = f"""
import sys
from autoviz_render import hooks
hooks.{name}
print(*sorted({{"emcee", "numpyro", "blackjax", "jax", "matplotlib"}} & set(sys.modules)))"""
    loaded = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
