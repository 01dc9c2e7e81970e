"""Nautilus, run in its own pieces: the same bits, with figures between its batches."""

from __future__ import annotations

import multiprocessing.pool
import sys

import numpy as np
import pytest
from nautilus import Prior, Sampler
from patient import Patient
from scipy.stats import norm

from autoviz_render import hooks
from autoviz_render.spool.store import Spool

CENTRE = np.array([0.3, 0.6])
RUN = {"n_eff": 150, "n_shell": 10, "f_live": 0.3}


def log_likelihood(point):
    return -0.5 * np.sum(((point - CENTRE) / 0.15) ** 2, axis=-1)


def of_dictionary(point):
    return log_likelihood(np.stack([point["a"], point["b"]], axis=-1))


def unchanged(unit):
    return unit


def as_dictionary(unit):
    return {"a": unit[..., 0], "b": unit[..., 1]}


def prior_of_names():
    prior = Prior()
    prior.add_parameter("a", dist=(0, 1))
    prior.add_parameter("fixed", dist=2.0)
    prior.add_parameter("b", dist=norm(0.6, 0.3))
    prior.add_parameter("tied", dist="a")
    return prior


def make_sampler(prior=unchanged, likelihood=log_likelihood, **settings):
    """Ellipsoids alone, as networks take seconds to learn."""
    settings = {"n_dim": 2, "n_live": 50, "n_networks": 0, "n_batch": 10, "n_points_min": 20, "seed": 4} | settings
    return Sampler(prior, likelihood, **settings)


def bits(sampler):
    """All that must not depend on the hook, the state of the random numbers among it."""
    state = sampler.rng.bit_generator.state["state"]
    arrays = [*sampler.points, *sampler.log_l, sampler.shell_n_sample, np.array([sampler.log_z, sampler.n_like])]
    return [*arrays, np.array([*state.values()], dtype=object)]


def assert_same(sampler, other):
    assert len(sampler.points) == len(other.points) > 1
    assert all(np.array_equal(one, two) for one, two in zip(bits(sampler), bits(other), strict=True))


@pytest.fixture(scope="module")
def alone():
    """A run without the hook."""
    sampler = make_sampler()
    assert sampler.run(**RUN)
    return sampler


@pytest.mark.parametrize(
    ("settings", "run"),
    [
        pytest.param(
            {"prior": prior_of_names(), "likelihood": of_dictionary, "n_dim": None, "vectorized": True},
            {"discard_exploration": True},
            id="vectorized, named, exploration discarded",
        ),
        pytest.param(
            {"n_networks": 1, "neural_network_kwargs": {"hidden_layer_sizes": (4,)}}, {"f_live": 0.9}, id="net"
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer:Warning")  # of the network, which is far too small
def test_a_run_is_the_same_to_the_last_bit(settings, run, make):
    """Whoever adds a figure to an analysis must get the numbers of the paper."""
    alone, watched = make_sampler(**settings), make_sampler(**settings)
    assert hooks.nautilus(update := make(), watched, **(RUN | run)) is True
    assert alone.run(**(RUN | run))
    assert update.stats.submitted > 10
    assert_same(watched, alone)


def test_a_pool_makes_no_difference(make, alone):
    """Its workers evaluate likelihoods, and never meet the hook."""
    with multiprocessing.pool.ThreadPool(2) as pool:
        hooks.nautilus(make(), watched := make_sampler(pool=(pool, None)), **RUN)
    assert_same(watched, alone)


def test_it_stops_where_the_run_would(make, alone):
    """At so many evaluations, or seconds; and goes on when it is called again, as `run` does."""
    watched = make_sampler()
    assert hooks.nautilus(update := make(), watched, n_like_max=45, **RUN) is False
    assert watched.n_like == 50
    assert hooks.nautilus(update, watched, timeout=0.0, **RUN) is False
    assert watched.n_like == 50
    assert hooks.nautilus(update, watched, **RUN) is True
    assert_same(watched, alone)
    count = watched.n_like
    assert hooks.nautilus(update, watched, **RUN) is True
    assert watched.n_like == count


def test_the_last_snapshot_has_the_posterior_of_the_run(run_dir, make):
    """What is drawn in the end is what `posterior()` says, and what is drawn before has the live points."""
    sampler = make_sampler()
    hooks.nautilus(update := make(Patient), sampler, discard_exploration=True, **RUN)
    update.close()
    spool = Spool(run_dir)
    early, last = spool.read(spool.snapshots()[7]), spool.read(spool.newest())
    points, log_weights, _ = sampler.posterior()
    assert len(points) < 2000
    assert np.array_equal(last.arrays["samples"][: len(points)], points)
    weights = last.arrays["log_weights"]
    np.testing.assert_allclose(weights[: len(points)] - np.logaddexp.reduce(weights), log_weights)
    assert np.all(np.isneginf(weights[len(points) :]))
    assert "live_points" not in last.arrays
    assert last.scalars["log_evidence"] == sampler.log_z == pytest.approx(np.logaddexp.reduce(weights))
    assert last.scalars["effective_sample_size"] == sampler.n_eff
    assert last.iteration == sampler.n_like
    assert last.log_likelihood == max(shell.max() for shell in sampler.log_l)
    assert log_likelihood(np.array([*last.parameters.values()])) == last.log_likelihood
    assert early.arrays["live_points"].shape == (50, 2)
    shares = [line.scalars["live_fraction"] for line in spool.scalars()]
    assert shares[0] == 1.0 > shares[-1] > 0.0


def test_a_discarded_exploration_is_shown_until_something_came_after_it(run_dir, make, caplog):
    """For one batch no point counts: that is neither a warning nor a figure without a posterior."""
    with make(Patient, retention="all") as update:
        sampler = make_sampler()
        hooks.nautilus(update, sampler, discard_exploration=True, **RUN)
    spool = Spool(run_dir)
    weights = [spool.read(ref).arrays["log_weights"] for ref in spool.snapshots()]
    assert all(np.isfinite(each).any() for each in weights)
    counts = [int(np.isfinite(each).sum()) for each in weights]
    fell = int(np.argmin(np.diff(counts)))
    assert counts[fell] == sampler.shell_end_exp.sum() > counts[fell + 1] == 10, "the first batch that counts"
    assert np.logaddexp.reduce(weights[fell]) == pytest.approx(sampler.log_z, abs=0.5)
    assert not caplog.records


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        pytest.param({"prior": prior_of_names(), "likelihood": of_dictionary, "n_dim": None}, ["a", "b"], id="Prior"),
        pytest.param(
            {"prior": prior_of_names(), "likelihood": of_dictionary, "n_dim": None, "vectorized": True},
            ["a", "b"],
            id="Prior, vectorized",
        ),
        pytest.param({"prior": as_dictionary, "likelihood": of_dictionary, "pass_dict": True}, ["p0", "p1"], id="dict"),
        pytest.param(
            {"prior": as_dictionary, "likelihood": of_dictionary, "pass_dict": True, "vectorized": True},
            ["p0", "p1"],
            id="dict, vectorized",
        ),
    ],
)
def test_parameters_are_in_the_units_of_the_prior(settings, names, run_dir, make):
    """Nautilus keeps points of the unit cube; those who look at a figure do not."""
    sampler = make_sampler(**settings)
    hooks.nautilus(update := make(every=100), sampler, n_like_max=50)
    update.close()
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert list(snapshot.parameters) == names
    assert log_likelihood(np.array([*snapshot.parameters.values()])) == pytest.approx(snapshot.log_likelihood)
    if names == ["a", "b"]:
        assert np.array_equal(snapshot.arrays["samples"][:50], sampler.posterior(return_as_dict=False)[0])


def test_a_prior_that_breaks_leaves_the_run_as_it_was(make, alone, caplog, monkeypatch):
    """A figure is never worth a run."""
    module = sys.modules["autoviz_render.search.hooks._nautilus"]  # its package has the function of that name
    monkeypatch.setattr(module, "_physical", lambda *_: 1 / 0)
    with make() as update:
        hooks.nautilus(update, watched := make_sampler(), **RUN)
    assert_same(watched, alone)
    assert 1 <= len([record for record in caplog.records if record.levelname == "WARNING"]) < 3


def test_what_the_likelihood_raises_is_raised(make):
    """The promise is about figures: a model that fails is for its author to see."""

    def fails(point):
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        hooks.nautilus(make(), make_sampler(likelihood=fails), **RUN)


def test_a_resumed_run_shows_what_came_before(run_dir, tmp_path, make, alone):
    """Nautilus writes its file after each batch: what the restarted sampler knows is drawn at once."""
    with make() as update:
        hooks.nautilus(update, make_sampler(filepath=tmp_path / "run.h5"), n_like_max=100, **RUN)
    before = Spool(run_dir).scalars()
    again = make_sampler(filepath=tmp_path / "run.h5")
    with make() as update:
        assert hooks.nautilus(update, again, **RUN)
    assert_same(again, alone)
    spool = Spool(run_dir)
    lines = spool.scalars()
    first = next(line for line in lines if line.epoch == 1)
    assert [first.iteration, first.log_likelihood] == [before[-1].iteration, before[-1].log_likelihood]
    assert [line for line in lines if line.epoch == 0] == [line for line in before if line.iteration < 100]
    snapshot = spool.read(spool.newest())
    assert np.isfinite(snapshot.arrays["log_weights"]).sum() == sum(again.shell_n)


def test_the_table_is_printed_as_the_sampler_prints_it(make, capsys):
    """Who runs it with `verbose=True` watches that table, too: one header, and one last line."""
    short = {"n_like_max": 60, "verbose": True}
    make_sampler().run(**short)
    theirs = capsys.readouterr().out.splitlines()
    watched = make_sampler()
    hooks.nautilus(make(), watched, **short)
    ours = capsys.readouterr().out
    assert ours.count("N_eff") == 1
    assert ours.splitlines()[0] in theirs
    assert ours.splitlines()[-1].split("\r")[-1] == theirs[-1].split("\r")[-1]
    assert ours.endswith("\n")
    hooks.nautilus(make(), watched, n_like_max=70)
    assert capsys.readouterr().out == ""
