"""Nested slice sampling: the right evidence, the promised files, and nothing compiled twice."""

from __future__ import annotations

import csv
import json
import logging
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from toy_search import SIGMA, WIDTH, Gaussian, search

from autoviz_render import NSS, Fitness
from autoviz_render.search.nss.progress import LINE, SearchProgress
from autoviz_render.search.statistics.evidence import RunningEvidence, weigh
from autoviz_render.spool.store import Spool
from autoviz_render.spool.weights import effective_sample_size


class TwoModes(Gaussian):
    """Two such Gaussians with one sixth and five sixths of the mass."""

    def fit_from(self, parameters):
        def log_density(centre):
            offset = parameters - jnp.array([centre, 0.0])
            return -0.5 * jnp.sum((offset / SIGMA) ** 2) - 2 * jnp.log(SIGMA * jnp.sqrt(2 * jnp.pi))

        return {
            "log_likelihood": jnp.logaddexp(log_density(-1.5) + jnp.log(1 / 6), log_density(1.5) + jnp.log(5 / 6)),
            "model": parameters,
        }


SETTINGS: dict[str, Any] = {"num_live": 200, "renderer": None, "every": 5000}
FURTHER: dict[str, Any] = {"remaining_evidence": 1e-9, "max_iterations": 80}
"""Beyond where a search ends by itself, and all alike: for another number of points much is compiled once more."""


def searches(analysis, folder, seeds):
    """Searches that differ in their seed, and share what was traced and compiled for the first. The first ends when the
    evidence is known."""
    first = NSS(analysis, folder / str(seeds[0]), seed=seeds[0], **SETTINGS)
    yield first
    for seed in seeds[1:]:
        other = NSS(analysis, folder / str(seed), seed=seed, **SETTINGS, **FURTHER)
        other._fitness, other._kernel = first._fitness, first._kernel
        yield other


@pytest.fixture(scope="module")
def gaussians(tmp_path_factory):
    """The run directory and the result of each seed."""
    folder = tmp_path_factory.mktemp("gaussian")
    return [(search.run_dir, search.run()) for search in searches(Gaussian(), folder, range(5))]


@pytest.fixture(scope="module")
def fitted(gaussians):
    return gaussians[0]


def assert_the_evidence_is_the_analytic_one(results):
    """Each within its error, and all together within theirs."""
    found = np.array([result.log_evidence for result in results])
    errors = np.array([result.log_evidence_error for result in results])
    assert ((errors > 0.02) & (errors < 0.3)).all()
    off = (found + 2 * np.log(WIDTH)) / errors
    assert (np.abs(off) < 3).all(), off
    assert abs(off.sum()) < 3 * np.sqrt(off.size), off


def test_the_log_evidence_is_the_analytic_one(gaussians):
    """The number that a nested sampler exists for, on a problem with a known answer."""
    assert_the_evidence_is_the_analytic_one([result for _, result in gaussians])


def test_the_log_evidence_of_two_modes_is_the_analytic_one(tmp_path):
    """And where a sampler may lose one."""
    assert_the_evidence_is_the_analytic_one([search.run() for search in searches(TwoModes(), tmp_path, range(5))])


def test_the_posterior_is_the_gaussian(fitted):
    """Weights that are wrong by a shell would still give a plausible evidence."""
    _, result = fitted
    np.testing.assert_allclose(result.mean(), 0.0, atol=0.1)
    np.testing.assert_allclose(result.standard_deviation(), SIGMA, rtol=0.12)
    assert np.exp(result.log_weights).sum() == pytest.approx(1.0)
    assert 100 < result.effective_sample_size < len(result.samples)


def test_the_result_is_on_disk(fitted):
    """`samples.csv` and `result.json` are what other programs read."""
    run_dir, result = fitted
    content = json.loads((run_dir / "result.json").read_text())
    for key in ("log_evidence", "log_evidence_error", "effective_sample_size", "evaluations", "wall_time"):
        assert content[key] == pytest.approx(getattr(result, key))
    assert content["quick_updates"] == len(Spool(run_dir).scalars()) > 2
    assert content["compilations"] > 0
    with (run_dir / "samples.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(result.samples)
    assert float(rows[7]["x"]) == result.samples[7, 0]
    assert list(rows[0]) == ["x", "y", "log_likelihood", "log_likelihood_birth", "log_weight"]


def test_nothing_is_compiled_after_the_first_update(fitted):
    """Counted, not timed: a compilation in the middle of a run can cost minutes."""
    _, result = fitted
    assert result.compilations_after_first_update == 0


def test_the_last_snapshot_is_the_best_point(fitted):
    """What is shown in the end is the best fit that the samples hold."""
    run_dir, result = fitted
    snapshot = Spool(run_dir).read(Spool(run_dir).newest())
    assert snapshot.log_likelihood == pytest.approx(result.log_likelihood.max())
    np.testing.assert_allclose(list(snapshot.parameters.values()), result.best(), rtol=1e-6)
    np.testing.assert_allclose(snapshot.arrays["model"], np.outer(result.best(), result.best()), rtol=1e-4, atol=1e-7)
    assert "log_likelihood" not in snapshot.arrays
    assert snapshot.static["data"].shape == (2, 2)
    assert {"log_evidence", "remaining", "effective_sample_size", "rate"} <= set(snapshot.scalars)


def test_the_same_seed_gives_the_same_bits_with_and_without_figures(fitted, tmp_path):
    """Watching a fit must not change it."""
    _, plain = fitted
    drawn = NSS(Gaussian(), tmp_path, num_live=200, renderer="inline", every=3000, seed=0).run()
    assert (tmp_path / "image" / "fit.png").exists()
    assert drawn.quick_updates > plain.quick_updates
    np.testing.assert_array_equal(drawn.samples, plain.samples)
    assert drawn.log_evidence == plain.log_evidence


def test_a_model_that_refuses_points_is_sampled_around_them(tmp_path):
    """NaN is what a failed decomposition gives; nested sampling needs a number that is worse than any."""

    class Refusing(Gaussian):
        def fit_from(self, parameters):
            fit = super().fit_from(parameters)
            return fit | {"log_likelihood": jnp.where(parameters[0] < 0, jnp.nan, fit["log_likelihood"])}

    result = NSS(Refusing(), tmp_path, seed=1, **SETTINGS, **FURTHER).run()
    assert result.best()[0] >= 0
    assert abs(result.log_evidence - (-2 * np.log(WIDTH) - np.log(2))) < 4 * result.log_evidence_error


def test_the_number_and_the_arrays_come_from_one_model():
    """A figure of another likelihood than the one that is sampled would mislead."""
    fitness = Fitness(Gaussian())
    point = np.array([0.3, -0.2])
    assert float(fitness(point)) == float(fitness.arrays(point)["log_likelihood"])
    assert fitness(np.stack([point, point])).shape == (2,)


def test_evaluations_are_counted_as_the_model_is_called(tmp_path):
    """The count that every comparison of samplers is made in."""
    calls = []

    class Counted(Gaussian):
        def fit_from(self, parameters):
            jax.debug.callback(lambda: calls.append(1))
            return super().fit_from(parameters)

    result = NSS(Counted(), tmp_path, num_live=10, num_delete=1, max_iterations=5, renderer=None, seed=1).run()
    jax.effects_barrier()
    called_for_figures = result.quick_updates + 2  # once more at each compilation of the initial points
    assert result.evaluations <= len(calls) <= result.evaluations + called_for_figures


def test_the_running_evidence_meets_the_final_one(fitted):
    """The progress line must not tell another story than the result."""
    _, result = fitted
    running = RunningEvidence()
    dead, live = result.log_likelihood[:-200], result.log_likelihood[-200:]
    for step in dead.reshape(-1, 20):
        running.add(step, live)
    assert running.log_evidence == pytest.approx(result.log_evidence, abs=4 * result.log_evidence_error)
    assert running.effective_sample_size == pytest.approx(result.effective_sample_size, rel=0.3)


def test_effective_sample_size_of_known_weights():
    """Equal weights count in full, one heavy sample counts as one."""
    assert effective_sample_size(np.full(7, -3.0)) == pytest.approx(7)
    assert effective_sample_size(np.array([0.0, -800.0])) == pytest.approx(1)
    assert effective_sample_size(np.full(3, -np.inf)) == 0.0


def test_points_of_one_likelihood_share_the_prior_volume(fitted):
    """A flat likelihood: the evidence is that likelihood, whatever the number of points."""
    count = len(fitted[1].samples)  # so many as nothing is compiled for anew
    evidence = weigh(np.full(count, -4.0), np.full(count, np.nan), seed=0)
    assert evidence.log_evidence == pytest.approx(-4.0, abs=0.02)


PROGRESS = {
    "evaluations": 123456,
    "log_evidence": -12.345,
    "remaining": 0.5,
    "effective_sample_size": 321.0,
    "rate": 9876.0,
}


def test_progress_is_one_line_on_a_terminal_and_a_log_elsewhere(capsys, caplog, monkeypatch):
    """A log file full of carriage returns is as bad as a terminal full of lines."""
    monkeypatch.setenv("COLUMNS", "60")

    class Terminal:
        text = ""

        def isatty(self):
            return True

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    terminal = Terminal()
    with SearchProgress(terminal) as line:  # type: ignore[arg-type]
        line.show(PROGRESS)
    assert terminal.text.startswith("\r\x1b[K123,456 evaluations | log Z -12.35 | remaining 0.5 | ESS 32\r")
    assert terminal.text.endswith("\n")
    with caplog.at_level(logging.INFO), SearchProgress() as line:
        for _ in range(10):
            line.show(PROGRESS)
    assert [record.getMessage() for record in caplog.records] == [LINE.format(**PROGRESS)] * 2
    assert capsys.readouterr().err == ""


def test_chunks_of_any_size_draw_the_same_points(tmp_path):
    """The chunk bounds the device's memory; it must not be another experiment."""
    results = [search(tmp_path / str(chunk), chunk_size=chunk).run() for chunk in (1, 4)]
    for result in results[1:]:
        np.testing.assert_array_equal(result.samples, results[0].samples)
        assert result.evaluations == results[0].evaluations


class Inverting(Gaussian):
    """A likelihood with a matrix decomposition in it, as fits with linear inversions have."""

    def fit_from(self, parameters):
        matrix = jnp.eye(30) * (1 + jnp.sum(parameters**2))
        factor = jnp.linalg.cholesky(matrix)
        solved = jax.scipy.linalg.cho_solve((factor, True), jnp.ones(30))
        fit = super().fit_from(parameters)
        return fit | {"log_likelihood": fit["log_likelihood"] + 1e-9 * jnp.sum(solved)}


def test_decompositions_in_the_likelihood_do_not_deadlock_the_search(tmp_path):
    """Batches of them inside XLA's thread pool did, on two cores, at the first step."""
    result = NSS(Inverting(), tmp_path, num_live=40, max_iterations=30, renderer=None, seed=2).run()
    assert result.iterations == 30


def test_an_impossible_number_of_points_is_refused(tmp_path):
    """At once, and in words."""
    with pytest.raises(ValueError, match="num_delete is 10 .*less than num_live, which is 10"):
        NSS(Gaussian(), tmp_path, num_live=10, num_delete=10)
