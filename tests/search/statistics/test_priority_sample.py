"""The points that stand for a run's posterior: right in the mean, bounded, and the same after a resumption."""

from __future__ import annotations

import numpy as np
import pytest
from toy_search import SETTINGS, SIGMA, Gaussian, search

from autoviz_render import NSS
from autoviz_render.figures.builtin.posterior import posterior_of
from autoviz_render.search.statistics.evidence import RunningEvidence
from autoviz_render.search.statistics.priority_sample import NestedPosterior, weighted_arrays
from autoviz_render.spool.store import Spool

LIVE, DELETE, STEPS = 50, 5, 60
OF_EACH = ("log_weights", "log_likelihoods", "log_likelihoods_birth", "live_counts")
SHAPES = {"samples": (2060, 2), "live_points": (60, 2)} | dict.fromkeys(OF_EACH, (2060,))


def shrinking(seed=0, steps=STEPS):
    """Dead points, step by step, and the live ones left: positions are array[point, 1], their own log likelihoods."""
    rng = np.random.default_rng(seed)
    levels = np.sort(rng.exponential(3.0, steps * DELETE + LIVE))
    dead = rng.permuted(levels[:-LIVE].reshape(steps, DELETE), axis=1)
    return dead, (levels[-LIVE:, None], levels[-LIVE:])


def kept(dead, most, *, at_once=False):
    samples = NestedPosterior(LIVE, DELETE, 1, most)
    for step in [dead.ravel()] if at_once else dead:
        samples.add(step[:, None], step)
    return samples


def weights(arrays):
    return np.exp(arrays["log_weights"])


def test_their_weights_sum_to_the_running_evidence():
    """Nothing is left out while there is room: the progress line and the figure tell one story."""
    dead, live = shrinking()
    running = RunningEvidence()
    for step in dead:
        running.add(step, live[1])
    arrays = kept(dead, 1000).arrays(*live)
    assert np.log(weights(arrays)[:-LIVE].sum()) == pytest.approx(running.log_evidence)
    assert np.log(weights(arrays).sum()) == pytest.approx(running.log_evidence + running.remaining)


def test_what_is_kept_stands_for_what_is_not():
    """The last dead points are no posterior: its bulk lies further out. As few, well chosen, have its variance."""
    kept_squares, last_squares, totals = [], [], []
    for seed in range(5):
        noise = np.random.default_rng(seed).gumbel(0, 1, 400 * DELETE)
        radius = np.sqrt(np.sort(64 * np.exp(-(np.arange(400 * DELETE) + noise) / LIVE)))[::-1]  # in two dimensions
        live = radius[-LIVE:, None] / 9, -0.5 * radius[-LIVE:] ** 2
        some, everything = (NestedPosterior(LIVE, DELETE, 1, most) for most in (100, 10_000))
        for samples in (some, everything):
            samples.add(radius[:, None], -0.5 * radius**2)
        one, other = some.arrays(*live), everything.arrays(*live)
        assert one["samples"].shape == (100 + LIVE, 1)
        kept_squares.append(np.average(one["samples"][:, 0] ** 2, weights=weights(one)))
        last_squares.append(np.mean(radius[-100:] ** 2))
        totals.append(weights(one).sum() / weights(other).sum())
    assert np.mean(kept_squares) == pytest.approx(2.0, abs=0.3)
    assert np.mean(last_squares) < 0.01
    assert np.mean(totals) == pytest.approx(1.0, abs=0.05)


def volumes(arrays):
    """The log prior volume at each point, by the live points there are, in the order of the contours."""
    known = np.flatnonzero(np.isfinite(arrays["log_weights"]))
    order = known[arrays["log_likelihoods"][known].argsort(kind="stable")]
    counts = arrays["live_counts"][order]
    return arrays["log_likelihoods"][order], np.cumsum(np.log(counts / (counts + 1)))


def test_the_live_points_of_all_points_are_those_of_the_run():
    """Whole numbers: as many as there were, one less within a step, and in the end one by one."""
    dead, live = shrinking(steps=4)
    arrays = kept(dead, 100).arrays(*live)
    order = arrays["log_likelihoods"][: 4 * DELETE].argsort()
    counts = arrays["live_counts"][: 4 * DELETE][order].tolist()
    assert counts == list(range(LIVE, LIVE - DELETE, -1)) * 4
    assert sorted(arrays["live_counts"][-LIVE:]) == list(range(1, LIVE + 1))
    assert arrays["log_likelihoods"][-LIVE:].tolist() == live[1].tolist()
    assert np.isneginf(arrays["log_likelihoods_birth"]).all(), "nobody said where they were born"


def test_some_points_leave_the_volumes_where_they_were():
    """A program that goes on with the points of a long run finds the evidence of the run."""
    dead, live = shrinking(steps=400)
    few, everything = (volumes(kept(dead, most).arrays(*live)) for most in (100, 10_000))
    of_all = dict(zip(*everything, strict=True))
    expected = np.array([of_all[level] for level in few[0]])
    np.testing.assert_allclose(few[1], expected, atol=1e-6)


def test_a_run_in_pieces_keeps_the_same_points():
    """After a resumption all dead points come at once: the figure must not change by it, in any bit."""
    dead, live = shrinking()
    one, other = (kept(dead, 40, at_once=at_once).arrays(*live) for at_once in (False, True))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_what_they_cost_does_not_grow_with_the_run():
    """A run of a month has millions of dead points."""
    samples = NestedPosterior(LIVE, DELETE, 1, 40)
    step = np.zeros(DELETE)
    for _ in range(2000):
        samples.add(step[:, None], step)
        assert samples._dead._points.shape[0] <= 80


def test_until_so_many_have_died_the_rest_weighs_nothing():
    """One shape at every step: the file's layout then repeats, and is written from a template."""
    dead, live = shrinking(steps=3)
    for steps in range(4):
        arrays = kept(dead[:steps], 40).arrays(*live)
        assert {name: array.shape for name, array in arrays.items()} == {
            "samples": (40 + LIVE, 1),
            "log_weights": (40 + LIVE,),
            "log_likelihoods": (40 + LIVE,),
            "log_likelihoods_birth": (40 + LIVE,),
            "live_counts": (40 + LIVE,),
            "live_points": (LIVE, 1),
        }
        assert np.isneginf(arrays["log_weights"]).sum() == 40 - steps * DELETE
        assert np.isfinite(arrays["samples"]).all()


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


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A search with the figure of its posterior, and nothing compiled for it before."""
    run_dir = tmp_path_factory.mktemp("shown") / "run"
    return run_dir, NSS(Gaussian(), run_dir, **(SETTINGS | {"figure": ["auto", "posterior"]})).run()


def last(run_dir):
    spool = Spool(run_dir)
    return spool.read(spool.newest())


def test_a_search_publishes_them_where_a_figure_shows_them(shown):
    """And nowhere else: they would be half of a small snapshot."""
    run_dir, result = shown
    spool = Spool(run_dir)
    first, *others = (spool.read(ref) for ref in spool.snapshots())
    assert "samples" not in first.arrays, "no point was alive yet"
    assert all({name: each.arrays[name].shape for name in SHAPES} == SHAPES for each in others)
    found = posterior_of(last(run_dir))
    np.testing.assert_allclose(found.intervals()[:, 1], 0.0, atol=0.5 * SIGMA)
    expected = np.average(result.samples, axis=0, weights=np.exp(result.log_weights))
    np.testing.assert_allclose(np.average(found.samples, axis=0, weights=found.weights), expected, atol=0.3 * SIGMA)


def test_they_change_no_sample_and_compile_nothing(shown, tmp_path):
    """Watching a fit must not change it."""
    _, result = shown
    plain = search(tmp_path, figure="auto").run()
    np.testing.assert_array_equal(plain.samples, result.samples)
    np.testing.assert_array_equal(plain.log_weights, result.log_weights)
    assert result.compilations_after_first_update == 0
    assert not set(SHAPES) & set(last(tmp_path).arrays)


def test_a_resumed_search_has_the_same_ones(shown, tmp_path):
    """They are not in the checkpoint, and need not be: the dead points are."""
    run_dir, _ = shown
    for steps in (17, None):
        search(tmp_path, figure=["auto", "posterior"], max_iterations=steps).run()
    one, other = last(run_dir), last(tmp_path)
    for name in SHAPES:
        np.testing.assert_array_equal(one.arrays[name], other.arrays[name])


def test_the_last_quick_update_has_the_last_numbers(shown):
    """The final figure of the posterior must be of the final samples, although the best point is an earlier one."""
    run_dir, result = shown
    snapshot = last(run_dir)
    assert snapshot.iteration == result.evaluations
    assert snapshot.scalars["remaining"] <= 0.05
    found = posterior_of(snapshot)
    assert found.given == min(2000, len(result.samples) - 60) + 60


def test_a_figure_without_a_name_is_refused_before_anything_is_computed(tmp_path):
    """At once, and in words."""
    with pytest.raises(ValueError, match="expected a name, as a spool holds no code"):
        NSS(search(tmp_path)._fitness.analysis, tmp_path, figure="module:function").run()
