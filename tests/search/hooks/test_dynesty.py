"""dynesty's `print_func`: the figure of a run is the run's own, and costs it nothing but time."""

from __future__ import annotations

import multiprocessing.pool
from functools import partial

import numpy as np
import pytest
from dynesty import DynamicNestedSampler, NestedSampler
from patient import Patient

from autoviz_render import hooks
from autoviz_render.spool.store import Spool

NEVER = 10**9
CENTRE = np.array([0.3, 0.6])


def log_likelihood(point):
    return -0.5 * np.sum(((point - CENTRE) / 0.1) ** 2)


def prior_transform(unit):
    return unit


def static(live=40, **settings):
    rng = np.random.default_rng(3)
    return NestedSampler(log_likelihood, prior_transform, 2, nlive=live, sample="unif", rstate=rng, **settings)


def dynamic(**settings):
    rng = np.random.default_rng(3)
    return DynamicNestedSampler(log_likelihood, prior_transform, 2, nlive=40, sample="unif", rstate=rng, **settings)


BATCHES = {"nlive_init": 40, "nlive_batch": 40, "maxbatch": 2, "n_effective": 10_000}
KINDS = [pytest.param(static, {}, id="static"), pytest.param(dynamic, BATCHES, id="dynamic")]


@pytest.fixture
def make(make):
    """Every iteration is more than a run of thousands needs."""
    return partial(make, every=50)


def bits(sampler):
    """All that must not depend on the hook, the state of the random numbers among it."""
    results = sampler.results
    state = sampler.rstate.bit_generator.state["state"]
    return [results.samples, results.logl, results.logwt, results.logz, np.array([*state.values()], dtype=object)]


def assert_same(sampler, other):
    for one, two in zip(bits(sampler), bits(other), strict=True):
        assert np.array_equal(one, two)


def test_a_dynamic_run_is_the_same_to_the_last_bit(make):
    """Whoever adds a figure to an analysis must get the numbers of the paper."""
    alone, watched = dynamic(), dynamic()
    alone.run_nested(**BATCHES, print_progress=False)
    watched.run_nested(**BATCHES, print_func=hooks.dynesty(update := make(), watched, progress=False))
    assert update.stats.submitted > 5
    assert_same(watched, alone)


@pytest.mark.parametrize(("kind", "run"), KINDS)
def test_the_last_snapshot_has_the_results_of_the_run(kind, run, run_dir, make):
    """What is drawn in the end is what `results` says, batches and the last live points with it."""
    sampler = kind()
    sampler.run_nested(**run, print_func=hooks.dynesty(update := make(), sampler, progress=False))
    update.close()
    spool, results = Spool(run_dir), sampler.results
    snapshot, count = spool.read(spool.newest()), sampler.results.logl.size
    assert np.array_equal(snapshot.arrays["samples"][:count], results.samples)
    assert np.array_equal(snapshot.arrays["log_weights"][:count], results.logwt)
    assert np.all(np.isneginf(snapshot.arrays["log_weights"][count:]))
    assert "live_points" not in snapshot.arrays
    assert snapshot.scalars["log_evidence"] == results.logz[-1]
    assert snapshot.scalars["log_evidence_error"] == results.logzerr[-1]
    assert snapshot.scalars["effective_sample_size"] == pytest.approx(sampler.n_effective)
    assert snapshot.log_likelihood == results.logl.max()
    assert list(snapshot.parameters.values()) == results.samples[results.logl.argmax()].tolist()


def test_while_it_runs_the_live_points_are_among_the_samples(run_dir, make):
    """The best of them is the best fit, long before it dies, and together they hold the evidence that is left."""
    sampler = static()
    hook, seen = hooks.dynesty(update := make(Patient, every=100), sampler, progress=False), []

    def print_func(results, *arguments, **named):
        hook(results, *arguments, **named)
        seen.append((sampler.live_logl.max(), update.best[1], results.loglstar))

    sampler.run_nested(print_func=print_func)
    update.close()
    assert all(best == live > dead for live, best, dead in seen[:100])
    spool = Spool(run_dir)
    early = spool.read(spool.snapshots()[1])
    assert early.arrays["live_points"].shape == (40, 2)
    of_live = (early.arrays["samples"][:, None] == early.arrays["live_points"]).all(axis=-1).any(axis=1)
    assert of_live.sum() == 40
    lines = spool.scalars()
    remaining = [line.scalars["remaining"] for line in lines if "remaining" in line.scalars]
    assert remaining == sorted(remaining, reverse=True)
    with_live = np.logaddexp.reduce(early.arrays["log_weights"])
    assert with_live == pytest.approx(sampler.results.logz[-1], abs=1.0)
    assert with_live > early.scalars["log_evidence"] + 1


def test_a_batch_is_drawn_with_its_live_points_and_joins_the_samples_when_merged(run_dir, make):
    """Before dynesty has merged it nobody knows its weights."""
    sampler = dynamic()
    sizes = []

    def samples_seen(results, niter, ncall, **named):
        sizes.append((named["nbatch"], len(sampler.saved_run["v"])))

    update = make(Patient, every=20)
    sampler.run_nested(**BATCHES, print_func=hooks.dynesty(update, sampler, progress=samples_seen))
    update.close()
    assert len({size for batch, size in sizes if batch == 1}) == 1
    spool = Spool(run_dir)
    used = [np.isfinite(spool.read(ref).arrays["log_weights"]).sum() for ref in spool.snapshots()]
    in_batch = next(size for batch, size in sizes if batch == 1)
    assert in_batch in used
    assert used[-1] == len(sampler.saved_run["v"]) > in_batch
    assert "remaining" not in spool.scalars()[-1].scalars


class TimeIsUpError(Exception):
    """As if the job's time were over."""


@pytest.mark.parametrize("stop_in", [0, 1])
def test_a_resumed_dynamic_run_shows_what_came_before(stop_in, tmp_path, make):
    """The posterior is the restored sampler's, and what was done over is hidden by the spool's epochs."""
    run_dir = tmp_path / "output" / "search"
    uninterrupted, sampler = dynamic(), dynamic()
    uninterrupted.run_nested(**BATCHES, print_progress=False)
    steps = []

    def stop(*_, nbatch=None, **__):
        steps.append(nbatch)
        if nbatch == stop_in and steps.count(stop_in) == 80:
            raise TimeIsUpError

    checkpoint = {"checkpoint_file": str(tmp_path / "run.save"), "checkpoint_every": 0}
    with pytest.raises(TimeIsUpError), make() as update:
        sampler.run_nested(**BATCHES, print_func=hooks.dynesty(update, sampler, progress=stop), **checkpoint)
    before = len(Spool(run_dir).scalars())
    restored = type(sampler).restore(checkpoint["checkpoint_file"])
    with make() as update:
        restored.run_nested(**BATCHES, resume=True, print_func=hooks.dynesty(update, restored, progress=False))
    spool = Spool(run_dir)
    snapshot = spool.read(spool.newest())
    count = restored.results.logl.size
    assert np.array_equal(restored.results.samples, uninterrupted.results.samples)
    assert np.array_equal(snapshot.arrays["samples"][:count], restored.results.samples)
    assert [snapshot.epoch, snapshot.iteration] == [1, restored.ncall]
    iterations = [line.iteration for line in spool.scalars()]
    assert iterations == sorted(iterations)
    assert len(iterations) > before > 1


def test_a_pool_makes_no_difference(make):
    """Its workers evaluate likelihoods, and never meet the hook."""
    with multiprocessing.pool.ThreadPool(2) as pool:
        alone, watched = (static(pool=pool, queue_size=2) for _ in range(2))
        alone.run_nested(print_progress=False)
        watched.run_nested(print_func=hooks.dynesty(make(), watched, progress=False))
    assert_same(watched, alone)


def test_a_run_that_never_calls_back_is_published_when_it_ends(run_dir, make):
    """`print_progress=False`, and a restored run that was done: dynesty calls no `print_func` then."""
    sampler = static()
    hook = hooks.dynesty(update := make(), sampler)
    sampler.run_nested(print_progress=False, print_func=hook)
    assert not update.stats.submitted
    update.close()
    spool, results = Spool(run_dir), sampler.results
    snapshot = spool.read(spool.newest())
    assert np.array_equal(snapshot.arrays["samples"][: results.logl.size], results.samples)
    assert snapshot.log_likelihood == results.logl.max()
    assert list(snapshot.parameters.values()) == results.samples[results.logl.argmax()].tolist()
    assert snapshot.scalars["log_evidence"] == results.logz[-1]
    assert snapshot.iteration == sampler.ncall


@pytest.mark.parametrize("parameters", [1, 2])
def test_a_likelihood_of_zero_is_no_best(parameters, run_dir, make, caplog):
    """Most of a prior can be impossible; dynesty's -1e300 would make the rest of the curve a straight line."""

    def possible_in_a_corner(point):
        return log_likelihood(point) if point[0] > 0.7 else -np.inf

    rng = np.random.default_rng(3)
    sampler = NestedSampler(possible_in_a_corner, prior_transform, parameters, nlive=20, sample="unif", rstate=rng)
    with make(every=1, retention="all") as update:
        sampler.run_nested(dlogz=1.0, print_func=hooks.dynesty(update, sampler, progress=False))
    assert min(line.log_likelihood for line in Spool(run_dir).scalars()) > -1e6
    assert not caplog.records


def test_a_run_that_never_began_has_nothing_to_publish(run_dir, make, caplog):
    """An error before the first iteration: nothing more is said than that."""
    with make() as update:
        hooks.dynesty(update, static())
    assert Spool(run_dir).newest() is None
    assert not caplog.records


@pytest.mark.parametrize(("progress", "shown"), [(True, "logz"), (False, "")])
def test_the_own_display_stays_or_goes(progress, shown, make, capsys):
    """Who adds a figure does not ask for the line of progress to go."""
    sampler = static(live=20)
    sampler.run_nested(maxiter=20, dlogz=100.0, print_func=hooks.dynesty(make(), sampler, progress=progress))
    error = capsys.readouterr().err
    assert (shown in error) if shown else error == ""
