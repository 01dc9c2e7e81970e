"""What a sampler stops by is published beside how far it is: else nobody can tell when it will be done."""

from __future__ import annotations

import dynesty
import emcee
import numpy as np
import pytest

from autoviz_render import QuickUpdate, Spool, hooks
from autoviz_render.figures.estimate import estimate

NESTED = {"remaining", "log_volume", "log_likelihood_contour", "live_points"}


def log_likelihood(point):
    return -0.5 * float(np.sum(((point - 0.5) / 0.1) ** 2))


def run_dynesty(update):
    rng = np.random.default_rng(1)
    sampler = dynesty.NestedSampler(log_likelihood, np.array, 2, nlive=50, rstate=rng)
    sampler.run_nested(dlogz=0.1, print_func=hooks.dynesty(update, sampler, progress=False))
    return {"remaining_target": 0.1}, NESTED


def run_dynamic(update):
    rng = np.random.default_rng(1)
    sampler = dynesty.DynamicNestedSampler(log_likelihood, np.array, 2, nlive=50, rstate=rng)
    show = hooks.dynesty(update, sampler, progress=False)
    sampler.run_nested(nlive_init=50, nlive_batch=50, n_effective=300, print_func=show)
    return {"effective_sample_size_target": pytest.approx(300, rel=0.01)}, set()


def run_emcee(update):
    sampler = emcee.EnsembleSampler(8, 2, log_likelihood)
    start = np.random.default_rng(1).normal(0.5, 0.1, (8, 2))
    hooks.emcee(update, sampler, autocorrelation_times=50.0).run_mcmc(start, 100)
    return {"count_target": 800.0, "autocorrelation_times_target": 50.0}, {"autocorrelation_times"}


@pytest.mark.parametrize("run", [run_dynesty, run_dynamic, run_emcee])
def test_what_a_sampler_stops_by_is_published(tmp_path, run):
    """Each by its own criterion, which the estimate of the time left then reads."""
    with QuickUpdate(tmp_path, every=40, renderer=None) as update:
        targets, names = run(update)
    lines = Spool(tmp_path).scalars()
    newest = lines[-1].scalars
    assert {name: newest[name] for name in targets} == targets
    assert all(any(name in line.scalars for line in lines) for name in names)
    assert estimate(lines) is not None
