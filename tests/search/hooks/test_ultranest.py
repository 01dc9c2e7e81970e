"""UltraNest's `viz_callback`: the posterior and the evidence of its tree, while it grows."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from pages import newest
from patient import Patient
from ultranest import ReactiveNestedSampler

from autoviz_render import hooks
from autoviz_render.search.statistics.weights import log_weights
from autoviz_render.spool.store import Spool
from autoviz_render.spool.weights import effective_sample_size

NAMES = ["a", "b"]
CENTRE = np.array([0.3, 0.6])
SMALL = {"min_num_live_points": 70, "cluster_num_live_points": 20, "min_ess": 50, "show_status": False}


def log_likelihood(points):
    return -0.5 * np.sum(((points[:, :2] - CENTRE) / 0.1) ** 2, axis=1)


def with_ratio(unit):
    return np.column_stack([unit, unit[:, 0] / (1 + unit[:, 1])])


@pytest.fixture(autouse=True)
def quiet():
    """UltraNest gives its logger a handler of its own, which would write past pytest."""
    logger = logging.getLogger("ultranest")
    yield
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def make_sampler(**settings):
    np.random.seed(5)  # noqa: NPY002  UltraNest draws from this one
    return ReactiveNestedSampler(NAMES, log_likelihood, vectorized=True, ndraw_min=40, **settings)


def test_the_posterior_so_far_grows_into_the_results(run_dir, make):
    """The weights are read off the tree as it stands: at the end they must be UltraNest's own."""
    sampler = make_sampler()
    sampler.run(**SMALL, viz_callback=hooks.ultranest(update := make(Patient), sampler, progress=False))
    update.close()
    spool, results = Spool(run_dir), sampler.results
    early, last = spool.read(spool.snapshots()[2]), spool.read(spool.newest())
    assert early.arrays["live_points"].shape == (70, 2)
    assert early.scalars["log_evidence"] + early.scalars["remaining"] == pytest.approx(results["logz"], abs=1.5)
    remaining = [line.scalars["remaining"] for line in spool.scalars() if "remaining" in line.scalars]
    assert remaining[0] > 1 > remaining[-2]
    assert list(last.parameters) == NAMES
    assert "live_points" not in last.arrays
    numbers = [last.scalars[name] for name in ("log_evidence", "log_evidence_error", "effective_sample_size")]
    assert numbers == [results["logz"], results["logzerr"], results["ess"]]
    weights = np.exp(last.arrays["log_weights"])
    mean = np.average(last.arrays["samples"], axis=0, weights=weights)
    assert mean == pytest.approx(results["posterior"]["mean"], abs=0.01)
    assert np.log(weights.sum()) == pytest.approx(results["logz"], abs=0.1)


def test_a_tree_that_is_widened_has_one_posterior(run_dir, make):
    """In its later passes UltraNest adds points below; those from the first pass still count, and weigh less."""
    sampler = make_sampler()
    update = make()
    passes = 0
    for _ in sampler.run_iter(
        **(SMALL | {"min_ess": 700, "max_num_improvement_loops": 2}),
        viz_callback=hooks.ultranest(update, sampler, progress=False),
    ):
        passes += 1
    update.close()
    spool, results = Spool(run_dir), sampler.results
    assert passes > 1
    last = spool.read(spool.newest())
    count = len(results["weighted_samples"]["logl"])
    assert np.isfinite(last.arrays["log_weights"]).sum() == min(count, 2000)
    total = np.logaddexp.reduce(last.arrays["log_weights"])
    assert total == pytest.approx(results["logz"], abs=0.1)
    evidence = [line.scalars["log_evidence"] for line in spool.scalars() if "log_evidence" in line.scalars]
    assert evidence[-3:] == pytest.approx([results["logz"]] * 3, abs=0.2)


def test_derived_parameters_are_drawn_too(run_dir, make):
    """They are what a paper is about, often."""
    sampler = make_sampler(transform=with_ratio, derived_param_names=["ratio"])
    hook = hooks.ultranest(update := make(), sampler, progress=False)
    sampler.run(**(SMALL | {"max_iters": 100}), viz_callback=hook)
    update.close()
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert list(snapshot.parameters) == ["a", "b", "ratio"]
    a, b, ratio = snapshot.arrays["samples"][:50].T
    np.testing.assert_allclose(ratio, a / (1 + b))


def test_a_resumed_run_goes_on_where_it_was(run_dir, tmp_path, make):
    """What UltraNest reads back it does not evaluate: nothing is published before it finds something new."""
    log_dir = tmp_path / "log"
    first = make_sampler(log_dir=log_dir, resume="overwrite")
    with make() as update:
        first.run(**SMALL, max_iters=200, viz_callback=hooks.ultranest(update, first, progress=False))
    before = Spool(run_dir).scalars()
    first.pointstore.close()
    again = make_sampler(log_dir=log_dir, resume=True)
    counts = []
    with make() as update:
        hook = hooks.ultranest(update, again, progress=lambda _, info, **__: counts.append(info["ncall"]))
        again.run(**SMALL, viz_callback=hook)
    again.pointstore.close()
    spool = Spool(run_dir)
    lines = spool.scalars()
    assert counts[0] == first.ncall
    assert [line.epoch for line in lines[-2:]] == [1, 1]
    assert lines[: len(before) - 1] == before[:-1]
    anew = [line for line in lines if line.epoch == 1]
    assert anew[0].iteration > first.ncall
    assert anew[0].log_likelihood >= before[-1].log_likelihood
    snapshot = spool.read(spool.newest())
    assert np.log(np.exp(snapshot.arrays["log_weights"]).sum()) == pytest.approx(again.results["logz"], abs=0.1)


def test_a_flat_likelihood_is_published_when_it_ends(run_dir, make):
    """UltraNest has nothing to do then and calls no one back: samples and evidence are a result all the same."""
    np.random.seed(5)  # noqa: NPY002  as above
    sampler = ReactiveNestedSampler(NAMES, lambda points: np.zeros(len(points)), vectorized=True)
    update = make()
    sampler.run(**SMALL, viz_callback=hooks.ultranest(update, sampler, progress=False))
    assert not update.stats.submitted
    update.close()
    snapshot = newest(run_dir)
    assert snapshot.log_likelihood == 0.0
    assert snapshot.iteration == sampler.ncall
    assert np.isfinite(snapshot.arrays["log_weights"]).sum() == sampler.pointpile.nrows
    assert snapshot.scalars["log_evidence"] == sampler.results["logz"]


def test_of_a_run_that_was_done_the_end_is_published_again(run_dir, tmp_path, make):
    """UltraNest evaluates nothing then: a new figure of an old run needs its points all the same."""
    ends = []
    for resume in ("overwrite", True):
        sampler = make_sampler(log_dir=tmp_path / "log", resume=resume)
        with make() as update:
            hook = hooks.ultranest(update, sampler, progress=False)
            sampler.run(**SMALL, max_iters=200, max_num_improvement_loops=0, viz_callback=hook)
        sampler.pointstore.close()
        ends.append(newest(run_dir))
    first, again = ends
    assert again.epoch == 1
    assert again.log_likelihood == first.log_likelihood == sampler.results["maximum_likelihood"]["logl"]
    assert np.isfinite(again.arrays["log_weights"]).sum() > 70
    assert [line.iteration for line in Spool(run_dir).scalars()] == sorted(
        line.iteration for line in Spool(run_dir).scalars()
    )


@pytest.mark.parametrize("settings", [{}, {"max_iters": 3}], ids=["a run", "a short run"])
def test_the_best_in_the_end_is_that_of_the_results(settings, run_dir, make):
    """The last call is before the last points, among which the best often is."""
    sampler = make_sampler()
    with make() as update:
        sampler.run(**SMALL, **settings, viz_callback=hooks.ultranest(update, sampler, progress=False))
    best = sampler.results["maximum_likelihood"]
    assert newest(run_dir).log_likelihood == best["logl"]
    assert list(newest(run_dir).parameters.values()) == list(best["point"])
    assert newest(run_dir).iteration == sampler.ncall


def test_a_run_that_never_began_has_nothing_to_publish(run_dir, make, caplog):
    """An error before the first point, or another rank than the first, where UltraNest calls nobody back."""
    with make() as update:
        hooks.ultranest(update, make_sampler(), progress=False)
        sampler = make_sampler()
        sampler.mpi_rank = 1
        hooks.ultranest(update, sampler, progress=False)
        sampler.mpi_rank = 0
        sampler.run(**SMALL, max_iters=3, viz_callback=None)
    assert Spool(run_dir).newest() is None
    assert not [record for record in caplog.records if record.name.startswith("autoviz")]


def test_the_own_display_stays_or_goes(make, capsys):
    """Who adds a figure does not ask for the lines of parameters to go."""
    for progress, shown in [(True, True), (False, False)]:
        sampler = make_sampler()
        sampler.run(**SMALL, max_iters=20, viz_callback=hooks.ultranest(make(), sampler, progress=progress))
        assert ("Mono-modal" in capsys.readouterr().out) == shown


def test_the_weights_of_a_run_of_constant_width_are_the_known_ones():
    """n points alive, each death replaced: volumes shrink by exp(-1/n), until the last ones die one by one."""
    deaths = np.arange(20.0)
    births = np.concatenate([np.full(4, -np.inf), deaths[:16]])
    shuffled = np.random.default_rng(0).permutation(20)
    weights = log_weights(deaths[shuffled], births[shuffled])[np.argsort(shuffled)] - deaths
    volumes = np.exp(-np.concatenate([np.arange(17) / 4, 4 + np.cumsum([1 / 4, 1 / 3, 1 / 2, 1])[1:]]))
    np.testing.assert_allclose(np.exp(weights[:16]), volumes[:16] - volumes[1:17])
    assert np.exp(weights).sum() == pytest.approx(1 - np.exp(-4 - 1 / 4 - 1 / 3 - 1 / 2 - 1 + 1 / 4 - 1 / 4), abs=0.02)
    assert log_weights(np.zeros(0), np.zeros(0)).size == 0
    assert effective_sample_size(np.zeros(7)) == pytest.approx(7)
    assert effective_sample_size([-np.inf, 3.0]) == 1.0
    assert effective_sample_size([-np.inf]) == effective_sample_size([]) == 0.0
