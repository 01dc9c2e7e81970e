"""emcee with figures: the same chain, the posterior so far, and resumption."""

from __future__ import annotations

import emcee
import numpy as np
import pytest
from pages import newest, run_example

from autoviz_render.figures.builtin.posterior import posterior_of
from autoviz_render.search import hooks
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.convergence import autocorrelation_time
from autoviz_render.spool.store import Spool

WALKERS, STEPS = 8, 300
START = np.random.default_rng(1).normal(size=(WALKERS, 2))


def log_posterior(p):
    return -0.5 * np.sum(p**2)


def sampler_of(backend=None, **settings):
    np.random.seed(5)  # noqa: NPY002  emcee takes its first random state from here
    return emcee.EnsembleSampler(WALKERS, 2, log_posterior, backend=backend, **settings)


def plain(**settings):
    sampler = sampler_of(**settings)
    sampler.run_mcmc(START, STEPS)
    return sampler


def watched(run_dir, sampler, start=START, steps=STEPS, *, hook_settings=None, sample_settings=None, **settings):
    with QuickUpdate(run_dir, renderer=None, **({"every": 400} | settings)) as update:
        hook = hooks.emcee(update, sampler, **(hook_settings or {}))
        for state in sampler.sample(start, iterations=steps, **(sample_settings or {})):
            hook(state)
    return update


def run_mcmc_with_hook(run_dir, sampler):
    """Burn-in, and on from where it ended, as scripts do; what `run_mcmc` gives."""
    with QuickUpdate(run_dir, renderer=None, every=400) as update:
        hook = hooks.emcee(update, sampler)
        hook.run_mcmc(START, 50, skip_initial_state_check=True)
        return hook.run_mcmc(None, STEPS - 50, progress=False)


def test_the_hook_runs_the_sampler_as_run_mcmc_would(run_dir):
    """Who calls `run_mcmc` has no loop: the same chain, the same state at the end, and one that is gone on from."""
    sampler, other = sampler_of(), sampler_of()
    other.run_mcmc(START, 50)
    expected = other.run_mcmc(None, STEPS - 50)
    state = run_mcmc_with_hook(run_dir, sampler)
    np.testing.assert_array_equal(sampler.get_chain(), other.get_chain())
    np.testing.assert_array_equal(state.coords, expected.coords)
    np.testing.assert_array_equal(state.random_state[1], expected.random_state[1])
    np.testing.assert_array_equal(sampler.run_mcmc(None, 5).coords, other.run_mcmc(None, 5).coords)
    assert newest(run_dir).iteration == WALKERS * STEPS
    assert newest(run_dir).log_likelihood == other.get_log_prob()[:STEPS].max()


def test_what_run_mcmc_raises_is_raised(run_dir):
    """A state to go on from that is not there, and a mistake in the call, are the user's to hear of."""
    with QuickUpdate(run_dir, renderer=None) as update:
        hook = hooks.emcee(update, sampler_of())
        with pytest.raises(ValueError, match="initial_state=None"):
            hook.run_mcmc(None, 5)
        with pytest.raises(ValueError, match="incompatible input dimensions"):
            hook.run_mcmc(START[:, :1], 5)
        assert hook.run_mcmc(START, 0) is None


def test_a_loop_over_sample_is_gone_on_with_as_the_page_says(run_dir):
    """After a loop emcee has no state for `run_mcmc(None, n)`: the last sample is where to begin, bit by bit."""
    sampler, other = sampler_of(), sampler_of()
    for _ in sampler.sample(START, iterations=50):
        pass
    other.run_mcmc(START, 50)
    with QuickUpdate(run_dir, renderer=None) as update:
        hooks.emcee(update, sampler).run_mcmc(sampler.get_last_sample(), 20)
    other.run_mcmc(None, 20)
    np.testing.assert_array_equal(sampler.get_chain(), other.get_chain())


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # emcee's own
@pytest.mark.parametrize("parameters", [1, 3])
def test_walkers_where_the_posterior_is_zero_do_no_harm(run_dir, parameters, caplog):
    """Walkers may begin outside the prior, all of them; one parameter is not too few."""
    np.random.seed(5)  # noqa: NPY002  as above
    sampler = emcee.EnsembleSampler(WALKERS, parameters, lambda p: 0.0 if np.all(p > 0.5) else -np.inf)
    with QuickUpdate(run_dir, renderer=None, every=1) as update:
        hooks.emcee(update, sampler).run_mcmc(np.random.default_rng(1).uniform(0, 0.4, (WALKERS, parameters)), 30)
    assert all("log likelihoods was finite" in record.getMessage() for record in caplog.records)


def test_the_best_point_is_of_all_walkers_and_steps(run_dir):
    """emcee changes its arrays in place: a best point that is not copied would wander off."""
    sampler = sampler_of()
    update = watched(run_dir, sampler)
    log_prob = sampler.get_log_prob()
    where = np.unravel_index(log_prob.argmax(), log_prob.shape)
    point, value = update.best
    np.testing.assert_array_equal(point, sampler.get_chain()[where])
    assert value == log_prob.max()
    assert newest(run_dir).iteration == WALKERS * STEPS


def test_the_posterior_so_far_is_the_second_half_evenly(run_dir):
    """A walk begins far from where it ends; of what is kept no walker is left out."""
    sampler = sampler_of()
    watched(run_dir, sampler)
    samples = newest(run_dir).arrays["samples"]
    np.testing.assert_array_equal(samples, sampler.get_chain(discard=STEPS // 2, flat=True))
    found = posterior_of(newest(run_dir))
    assert not found.is_weighted
    np.testing.assert_allclose(found.samples.std(axis=0), 1.0, atol=0.2)


def test_burn_in_may_be_chosen(run_dir):
    """Who begins at the best fit wants to see all."""
    sampler = sampler_of()
    watched(run_dir, sampler, hook_settings={"burn_in": 100})
    np.testing.assert_array_equal(newest(run_dir).arrays["samples"], sampler.get_chain(discard=100, flat=True))


def test_its_numbers_are_those_of_emcee(run_dir):
    """Where the chain is long enough for emcee, the same time as its own estimate; nowhere a warning."""
    sampler = sampler_of()
    sampler.run_mcmc(START, 3000)
    np.testing.assert_allclose(autocorrelation_time(sampler.get_chain()), sampler.get_autocorr_time(), rtol=0.3)
    sampler = sampler_of()
    watched(run_dir, sampler)
    scalars = newest(run_dir).scalars
    assert scalars["acceptance"] == pytest.approx(sampler.acceptance_fraction.mean())
    assert scalars["autocorrelation_time"] == autocorrelation_time(sampler.get_chain(discard=STEPS // 2)).max()
    expected = WALKERS * STEPS / 2 / scalars["autocorrelation_time"]
    assert scalars["effective_sample_size"] == pytest.approx(expected)


def test_a_chain_that_is_not_stored_is_shown_as_well(run_dir):
    """`store=False` and `thin_by` are for long chains: the hook keeps what it shows."""
    watched(run_dir, sampler_of(), sample_settings={"store": False, "thin_by": 2}, steps=100)
    snapshot = newest(run_dir)
    assert len(snapshot.arrays["samples"]) == 50 * WALKERS
    assert set(snapshot.scalars) == {"autocorrelation_time", "effective_sample_size"}


def test_a_vectorized_one_with_blobs_works(run_dir):
    """Settings of the sampler's are none of the hook's business."""
    np.random.seed(5)  # noqa: NPY002  as above
    sampler = emcee.EnsembleSampler(WALKERS, 2, lambda p: np.c_[-0.5 * np.sum(p**2, axis=1), p[:, 0]], vectorize=True)
    watched(run_dir, sampler, steps=40)
    np.testing.assert_array_equal(sampler.get_chain(), plain().get_chain()[:40])
    assert newest(run_dir).iteration == 40 * WALKERS


def test_a_resumed_run_goes_on_in_chain_and_figure(run_dir, tmp_path):
    """In two pieces as in one: the same chain, best point, posterior, numbers and counts."""
    whole = sampler_of()
    watched(tmp_path / "whole", whole, steps=120)
    for steps in (50, 70):
        backend = emcee.backends.HDFBackend(str(tmp_path / "chain.h5"))
        sampler = sampler_of(backend)
        start = sampler.get_last_sample() if sampler.iteration else START
        update = watched(run_dir, sampler, start, steps)
    np.testing.assert_array_equal(sampler.get_chain(), whole.get_chain())
    one, other = newest(tmp_path / "whole"), newest(run_dir)
    assert (one.iteration, one.log_likelihood, one.scalars) == (other.iteration, other.log_likelihood, other.scalars)
    np.testing.assert_array_equal(one.arrays["samples"], other.arrays["samples"])
    assert update.best[1] == whole.get_log_prob().max()
    counts = [line.iteration for line in Spool(run_dir).scalars()]
    assert counts == sorted(counts)


def test_the_best_before_a_resumption_is_found_again(run_dir, tmp_path):
    """It is read from the backend, one row of it."""
    backend = emcee.backends.HDFBackend(str(tmp_path / "chain.h5"))
    sampler = sampler_of(backend)
    sampler.run_mcmc(START, 50)
    with QuickUpdate(run_dir, renderer=None) as update:
        hooks.emcee(update, sampler_of(backend))
        log_prob = sampler.get_log_prob()
        assert update.best[1] == log_prob.max()
        where = np.unravel_index(log_prob.argmax(), log_prob.shape)
        np.testing.assert_array_equal(update.best[0], sampler.get_chain()[where])


def test_the_example_runs_twice(tmp_path, monkeypatch):
    """The second time it goes on."""
    for steps in (20, 40):
        run_example("emcee_transit.py", tmp_path, monkeypatch, "--steps", 20, renderer="none")
        assert newest(tmp_path).iteration == 32 * steps
