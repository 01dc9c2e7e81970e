"""How many likelihoods are computed side by side is chosen once for a run, and told by its checkpoint."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import toy_search
from toy_search import search

from autoviz_render import NSS
from autoviz_render.search.nss import chunk_size, nss
from autoviz_render.search.nss.checkpoint import Checkpoint
from autoviz_render.search.nss.compilations import compilations

SETTINGS: dict[str, Any] = {"num_live": 40, "num_delete": 4, "renderer": None}
FEW, MORE = 5, 17  # steps; those of `test_resume`
SMALL = toy_search.Gaussian()


class Large(toy_search.Gaussian):
    """An image: each operation has all cores at work."""

    def fit_from(self, parameters):
        x = jnp.linspace(-1, 1, 200)
        image = jnp.exp(-((x[:, None] - parameters[0]) ** 2) - (x - parameters[1]) ** 2)
        return {"log_likelihood": -jnp.sum((image - 0.3) ** 2), "model": image}


class Decomposing(toy_search.Gaussian):
    """Batches of LAPACK's inside XLA's thread pool can deadlock."""

    def fit_from(self, parameters):
        factor = jnp.linalg.cholesky(jnp.eye(3) * (1 + jnp.sum(parameters**2)))
        return super().fit_from(parameters) | {"log_likelihood": -jnp.sum(factor)}


class Calling(toy_search.Gaussian):
    """A likelihood of another language, or one that counts its calls."""

    def fit_from(self, parameters):
        jax.debug.callback(lambda: None)
        return super().fit_from(parameters)


@pytest.fixture
def timed(monkeypatch):
    """What batches gain, told instead of measured: these tests are about what follows from it."""
    told = {"alone": 1e-3, "together": 1e-3}

    def fastest(call, positions, seconds):
        del call, positions, seconds
        order.append(1)
        return told["alone"] if len(order) % 2 else told["together"]

    order: list[int] = []
    monkeypatch.setattr(chunk_size, "_fastest", fastest)
    return told


def chosen(analysis, tmp_path, **changes) -> int:
    made = NSS(analysis, tmp_path, **(SETTINGS | changes))
    made._fitness.prepare()
    return chunk_size.choose(made._kernel, made._kernel.prior_draws(jax.random.key(0)))[0]


@pytest.mark.parametrize(("together", "size"), [(0.9e-3, 1), (0.5e-3, 1), (0.2e-3, 4)])
def test_batches_are_chosen_if_they_clearly_gain(tmp_path, timed, together, size):
    """A gain that is small alone is lost to waiting for the slowest chain."""
    timed["together"] = together
    assert chosen(Large(), tmp_path) == size


def test_a_tiny_likelihood_is_computed_in_batches_without_compiling_it_twice(tmp_path, timed):
    """Nothing is measured but the live points, which are computed anyhow."""
    timed["alone"] = 1e-6 * SETTINGS["num_live"]
    made = NSS(SMALL, tmp_path, **SETTINGS)
    made._fitness.prepare()
    made._fitness._wait()
    kernel = made._kernel
    kernel.begin  # noqa: B018  compiled by that
    positions = kernel.prior_draws(jax.random.key(0))
    before = compilations()
    assert chunk_size.choose(kernel, positions)[0] == SETTINGS["num_delete"]
    assert compilations() == before


@pytest.mark.parametrize("analysis", [Decomposing, Calling])
def test_what_calls_other_code_is_never_batched(tmp_path, timed, analysis):
    """However much faster that looks: it would deadlock, or gain nothing."""
    timed["alone"] = 0.0
    assert chosen(analysis(), tmp_path) == 1


def test_a_batch_that_takes_much_memory_is_made_smaller(tmp_path, timed, monkeypatch):
    """500 images of intermediate results would not fit."""
    timed["alone"] = 0.0
    one = 200 * 200 * 4
    monkeypatch.setattr(chunk_size, "_MOST_BYTES", 3 * one)
    assert chosen(Large(), tmp_path) in (1, 2, 3)
    monkeypatch.setattr(chunk_size, "_MOST_BYTES", one)
    assert chosen(Large(), tmp_path) == 1


def test_the_choice_is_in_the_checkpoint_and_in_the_result_and_is_not_made_again(tmp_path, monkeypatch):
    """Batches round in another way: measuring again could end in other bits than without an interruption."""
    monkeypatch.setattr(chunk_size, "_SHORT", 1.0)
    assert search(tmp_path, max_iterations=FEW).run().chunk_size == 6
    saved = Checkpoint(tmp_path).load()
    assert chunk_size.told_by(saved.identity) == 6

    def fails(*_):
        raise AssertionError("measured again")

    monkeypatch.setattr("autoviz_render.search.nss.nss.choose", fails)
    assert search(tmp_path, max_iterations=MORE).run().chunk_size == 6
    assert json.loads((tmp_path / "result.json").read_text())["chunk_size"] == 6


def test_another_chunk_size_than_the_checkpoint_tells_is_taken_with_a_warning(tmp_path, caplog):
    """What a person says wins, and the person knows what it costs."""
    search(tmp_path, max_iterations=FEW, chunk_size=1).run()
    result = search(tmp_path, max_iterations=MORE, chunk_size=4).run()
    assert (result.chunk_size, result.iterations) == (4, MORE)
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "chunk_size was 1, now 4" in record.getMessage()


def test_looking_ahead_changes_nothing(tmp_path, monkeypatch):
    """Short steps begin before the one before was looked at; long ones do not, so that an end never waits for one."""
    results = []
    for seconds in (0.0, 100.0):
        monkeypatch.setattr(nss, "_SHORT_STEP", seconds)
        results.append(search(tmp_path / str(seconds), chunk_size=1).run())
    np.testing.assert_array_equal(results[1].samples, results[0].samples)
    assert results[1].evaluations == results[0].evaluations


def test_no_step_is_begun_beyond_the_last(tmp_path, monkeypatch):
    """A person who allows one more step may mean it: a likelihood can have costs of its own."""
    monkeypatch.setattr(nss, "_SHORT_STEP", 100.0)
    made, asked = search(tmp_path, max_iterations=FEW, chunk_size=1), []
    steps = nss._Steps(made._kernel, jax.random.key(0), FEW)
    monkeypatch.setattr(steps, "_step", lambda _, iteration, state: asked.append(int(iteration)) or (state,))
    run: Any = SimpleNamespace(iterations=0, state=None)
    for iteration in range(FEW):
        run.iterations = iteration
        steps.after(run)
    assert asked == [*range(1, FEW + 1)]
