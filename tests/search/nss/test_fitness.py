"""One model, compiled once: what the sampler gets and what the figures get are the same numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import toy_search

from autoviz_render import Analysis, Fitness
from autoviz_render.search.nss import compilation_cache
from autoviz_render.search.nss.compilations import compilations
from autoviz_render.search.nss.kernel import Kernel
from autoviz_render.search.nss.machine import compiled_for

LENS = Path(__file__).parents[3] / "examples" / "lens"


class Inversion(Analysis):
    """A linear inversion with more arrays than the number needs: what XLA would round in another way."""

    parameter_names = ("a", "b", "c")
    design = np.random.default_rng(0).normal(size=(120, 15))
    data = np.random.default_rng(1).normal(size=120)

    def prior_transform(self, unit):
        return 0.5 + unit

    def log_prior(self, parameters):
        return jnp.where(jnp.all((parameters > 0.5) & (parameters < 1.5)), 0.0, -jnp.inf)

    def fit_from(self, parameters):
        design = jnp.asarray(self.design) * jnp.sin(parameters[0] * jnp.arange(15) + parameters[1])
        matrix = design.T @ design + parameters[2] * jnp.eye(15)
        solution = jax.scipy.linalg.cho_solve((jnp.linalg.cholesky(matrix), True), design.T @ self.data)
        residuals = self.data - design @ solution
        return {
            "log_likelihood": -0.5 * jnp.sum(residuals**2) - 0.5 * jnp.linalg.slogdet(matrix)[1],
            "residuals": residuals,
            "solution": solution,
            "squares": residuals**2,
        }


@pytest.mark.parametrize("analysis", [toy_search.Gaussian, Inversion])
def test_numbers_and_arrays_agree_to_the_last_bit(analysis):
    """A point alone, in a batch, inside the sampler, and beside the figure's arrays."""
    fitness = Fitness(analysis())
    fitness.prepare()
    kernel = Kernel(fitness, num_live=60, num_delete=6, num_inner_steps=5, chunk_size=1)  # those of `toy_search`
    state = kernel.begin(kernel.prior_draws(jax.random.key(0)))
    for iteration in range(4):
        points, sampled = state.particles.position, np.asarray(state.particles.loglikelihood)
        arrays = [fitness.arrays(point)["log_likelihood"] for point in points]
        np.testing.assert_array_equal(np.asarray(arrays), sampled)
        np.testing.assert_array_equal(np.asarray(fitness(points)), sampled)
        np.testing.assert_array_equal([fitness(point) for point in points], sampled)
        state, _, _ = kernel.step(jax.random.key(1), np.uint32(iteration), state)


def test_the_arrays_are_compiled_beside_what_the_search_does_first():
    """The first quick update must not wait for a compilation; and nothing is compiled twice."""
    fitness = Fitness(Inversion())
    before = compilations()
    fitness.prepare()
    fitness.prepare()
    fitness._ahead.join()
    compiled = compilations()
    assert compiled - before <= 1, "found in the cache, or compiled"
    for number in range(3):
        fitness.arrays(np.full(3, 0.6 + 0.1 * number))
        fitness.arrays([0.6, 0.7, 0.8 + 0.1 * number])
    assert compilations() == compiled


def test_a_model_that_cannot_be_traced_says_so_where_it_is_asked(caplog):
    """Not in a thread that nobody listens to."""

    class Broken(toy_search.Gaussian):
        def fit_from(self, parameters):
            raise KeyError("no such galaxy")

    fitness = Fitness(Broken())
    fitness.prepare()
    with pytest.raises(KeyError, match="no such galaxy"):
        fitness.arrays([0.0, 0.0])
    assert threading.active_count() < 50


CACHED = """
import sys
import jax, toy_search
result = toy_search.search(sys.argv[1], max_iterations=3).run()
print(jax.config.values["jax_compilation_cache_dir"])
print(result.compilations)
"""


def test_a_repeated_fit_compiles_nothing(tmp_path, monkeypatch):
    """In the user's cache folder, unless another was chosen for JAX."""
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.delenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(Path(toy_search.__file__).parent))
    told = []
    for run in ("one", "two"):
        done = subprocess.run(
            [sys.executable, "-c", CACHED, str(tmp_path / run)], check=True, capture_output=True, text=True
        )
        told.append(done.stdout.split())
    (folder, compiled), (_, compiled_again) = told
    assert Path(folder).parent == tmp_path / "cache" / "autoviz-render"
    assert f"jax-{jax.__version__}-" in Path(folder).name
    assert Path(folder).name.split("-")[-3:-1] == ["cpu", "cpu"]
    assert int(compiled) > 3
    assert int(compiled_again) == 0


def test_a_cache_that_was_chosen_already_is_left(monkeypatch):
    """A cluster's administrators may have set one for all."""
    chosen = jax.config.values["jax_compilation_cache_dir"]
    assert chosen, "set for the tests"
    compilation_cache.use_compilation_cache()
    assert jax.config.values["jax_compilation_cache_dir"] == chosen


def test_the_cache_is_bounded_by_what_was_not_used_for_the_longest_time(tmp_path):
    """Of all versions together: a home directory has a quota, and nobody looks there."""
    for number, folder in enumerate(("jax-1-cpu", "shared-jax-2-cpu", "shared-jax-2-cpu", "fonts")):
        path = tmp_path / folder / f"{number}-cache"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(100))
        os.utime(path, (number, number))
    compilation_cache.sweep(tmp_path, 200)
    assert sorted(path.name for path in tmp_path.glob("*/*")) == ["1-cache", "2-cache", "3-cache"]
    compilation_cache.sweep(tmp_path, 200)
    assert len(list(tmp_path.glob("*/*"))) == 3


def test_files_that_vanish_or_stay_do_not_stop_the_sweep(tmp_path, monkeypatch):
    """Another search sweeps the same folder, on a file system where files of others cannot be removed."""
    (tmp_path / "jax-1").mkdir()
    for number in range(3):
        (tmp_path / "jax-1" / f"{number}-cache").write_bytes(bytes(100))
    unlink = Path.unlink

    def fails_for_one(path, *arguments, **keywords):
        if path.name == "1-cache":
            raise PermissionError(path)
        unlink(path, *arguments, **keywords)

    monkeypatch.setattr(Path, "unlink", fails_for_one)
    (tmp_path / "jax-1" / "gone").symlink_to("nowhere")
    compilation_cache.sweep(tmp_path, 0)
    assert [path.name for path in (tmp_path / "jax-1").iterdir() if path.exists()] == ["1-cache"]


def test_the_cache_tells_processors_apart(monkeypatch):
    """Clusters share home directories: code for one processor may crash another."""
    one = compiled_for()
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "model name : another\nflags : few\n")
    assert compiled_for() != one


BITS = """
import json
from fit import SAMPLER, SIMULATIONS  # before NumPy and JAX, which it sets up
import jax, numpy as np
from autoviz_render.search.nss.fitness import Fitness
from autoviz_render.search.nss.kernel import Kernel

fitness = Fitness(SIMULATIONS["small"].analysis())
sizes = {name: SAMPLER["small"][name] for name in ("num_live", "num_delete", "num_inner_steps")}
kernel = Kernel(fitness, **sizes, chunk_size=1)
state = kernel.begin(kernel.prior_draws(jax.random.key(0)))
state, _, _ = kernel.step(jax.random.key(1), np.uint32(1), state)
differing = [
    float(fitness.arrays(point)["log_likelihood"]) - float(sampled)
    for point, sampled in zip(state.particles.position, state.particles.loglikelihood)
]
print(json.dumps(differing))
"""


@pytest.mark.torture
def test_they_agree_for_the_lens_too(monkeypatch):
    """The real model, with its decompositions, in double precision, in the very program that the example compiles."""
    monkeypatch.setenv("PYTHONPATH", str(LENS))
    done = subprocess.run([sys.executable, "-c", BITS], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == [0.0] * 64
