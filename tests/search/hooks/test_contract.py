"""What every hook promises, tested once over all of them: a hook is one more adapter here."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from hook_contract import *  # noqa: F403  the promises
from hook_contract import IN_THEIR_OWN_ENVIRONMENT, Adapter, TimeIsUpError, log_likelihood, unchanged
from pages import ROOT

from autoviz_render.search import hooks


class Dynesty(Adapter):
    blocks = 1
    example = ("dynesty_line.py", "logz:", "--live", 30)

    def sampler(self):
        from dynesty import NestedSampler

        rng = np.random.default_rng(3)
        return NestedSampler(log_likelihood, unchanged, 2, nlive=40, sample="unif", rstate=rng)

    def bits(self, sampler):
        results, state = sampler.results, sampler.rstate.bit_generator.state["state"]
        return [results.samples, results.logl, results.logwt, results.logz, [str(part) for part in state.values()]]

    def run(self, update=None, *, is_broken=False):
        sampler = self.sampler()
        if update is None:
            sampler.run_nested(print_progress=False)
        else:
            hook = hooks.dynesty(update, sampler, progress=False)
            sampler.run_nested(print_func=hooks.dynesty(update, object(), progress=hook) if is_broken else hook)
        return self.bits(sampler)

    def in_two_pieces(self, make, folder):
        steps, sampler = [], self.sampler()
        checkpoint = {"checkpoint_file": str(folder / "run.save"), "checkpoint_every": 0}

        def stop(*step, **_):
            steps.append(step)
            if len(steps) == 80:
                raise TimeIsUpError

        with pytest.raises(TimeIsUpError), make() as update:
            sampler.run_nested(print_func=hooks.dynesty(update, sampler, progress=stop), **checkpoint)
        restored = type(sampler).restore(checkpoint["checkpoint_file"])
        with make() as update:
            restored.run_nested(resume=True, print_func=hooks.dynesty(update, restored, progress=False))
        return self.bits(restored)


class Ultranest(Adapter):
    every = 1
    example = ("ultranest_orbit.py", "logZ = ", "--live", 64)
    resumes_the_bits = resumes_the_posterior = False
    small: ClassVar = {"min_num_live_points": 70, "cluster_num_live_points": 20, "min_ess": 50, "show_status": False}

    def sampler(self, **settings):
        from ultranest import ReactiveNestedSampler

        np.random.seed(5)  # noqa: NPY002  UltraNest draws from this one
        return ReactiveNestedSampler(["a", "b"], log_likelihood, vectorized=True, ndraw_min=40, **settings)

    def bits(self, sampler):
        weighted: Any = sampler.results["weighted_samples"]
        state: Any = np.random.get_state()  # noqa: NPY002
        return [weighted["points"], weighted["weights"], sampler.results["logz"], sampler.results["samples"], state[1]]

    def run(self, update=None, *, is_broken=False):
        sampler = self.sampler()
        hook = None if update is None else hooks.ultranest(update, sampler, progress=False)
        hook = hooks.ultranest(update, object(), progress=hook) if is_broken else hook
        sampler.run(**self.small, viz_callback=hook)
        return self.bits(sampler)

    def in_two_pieces(self, make, folder):
        for settings in ({"max_iters": 200}, {}):
            sampler = self.sampler(log_dir=folder / "log", resume=True if not settings else "overwrite")
            with make() as update:
                hook = hooks.ultranest(update, sampler, progress=False)
                sampler.run(**self.small, **settings, viz_callback=hook)
            sampler.pointstore.close()
        return self.bits(sampler)


class Nautilus(Adapter):
    contours = frozenset({"log_likelihoods"})
    every = 1
    example = ("nautilus_microlensing.py", "log evidence", "--live", 60, "--samples", 50, "--networks", 0)
    settings: ClassVar = {"n_dim": 2, "n_live": 50, "n_networks": 0, "n_batch": 10, "n_points_min": 20, "seed": 4}
    until: ClassVar = {"n_eff": 150, "n_shell": 10, "f_live": 0.3}

    def sampler(self, **settings):
        from nautilus import Sampler

        return Sampler(unchanged, log_likelihood, **self.settings, **settings)

    def bits(self, sampler):
        state = [str(part) for part in sampler.rng.bit_generator.state["state"].values()]
        return [*sampler.points, *sampler.log_l, sampler.shell_n_sample, [sampler.log_z, sampler.n_like], state]

    def run(self, update=None, *, is_broken=False):
        sampler = self.sampler()
        del is_broken  # its hook cannot be given two samplers: see its own tests
        if update is None:
            sampler.run(**self.until)
        else:
            hooks.nautilus(update, sampler, **self.until)
        return self.bits(sampler)

    def in_two_pieces(self, make, folder):
        for settings in ({"n_like_max": 100}, {}):
            sampler = self.sampler(filepath=folder / "run.h5")
            with make() as update:
                hooks.nautilus(update, sampler, **self.until, **settings)
        return self.bits(sampler)


class Emcee(Adapter):
    contours = frozenset({"log_densities"})
    every = 400
    pages: ClassVar = {"wave": {"samples", "model"}}
    example = ("emcee_transit.py", "duration", "--steps", 20)
    example_arrays = frozenset({"samples", "model", "model_star"})
    start = np.random.default_rng(1).normal(size=(8, 2))
    steps = 120

    def sampler(self, backend=None):
        import emcee

        np.random.seed(5)  # noqa: NPY002  emcee takes its first random state from here
        return emcee.EnsembleSampler(8, 2, log_likelihood, backend=backend)

    def bits(self, sampler):
        return [sampler.get_chain(), sampler.get_log_prob(), sampler.random_state[1]]

    def run(self, update=None, *, is_broken=False):
        sampler = self.sampler()
        hook = None if update is None else hooks.emcee(update, sampler)
        for state in sampler.sample(self.start, iterations=self.steps):
            if is_broken:
                hook(None)
            if hook is not None:
                hook(state)
        return self.bits(sampler)

    def in_two_pieces(self, make, folder):
        import emcee

        for steps in (50, self.steps - 50):
            sampler = self.sampler(emcee.backends.HDFBackend(str(folder / "chain.h5")))
            start = sampler.get_last_sample() if sampler.iteration else self.start
            with make() as update:
                hooks.emcee(update, sampler).run_mcmc(start, steps)
        return self.bits(sampler)


class Blackjax(Adapter):
    every = 300
    pages: ClassVar = {
        "line": {"samples", "log_weights", "live_points", "model"},
        "nuts": {"samples", "model"},
        "smc": {"samples", "log_weights", "model"},
    }
    example = ("blackjax_rotation.py", "log evidence", "--live", 30)
    example_arrays = frozenset({"samples", "live_points", "model", "model_disk", "model_halo"})
    live, deleted, steps = 40, 8, 25

    def __init__(self):
        self._compiled: Any = None

    def algorithm(self):
        import blackjax
        import jax
        import jax.numpy as jnp

        def log_density(position):
            return -0.5 * (position["x"] ** 2 + jnp.sum(position["yz"] ** 2))

        def log_prior(position):
            return jnp.where(jnp.abs(position["x"]) < 5, 0.0, -jnp.inf) - 0.5 * jnp.sum(position["yz"] ** 2) / 9

        if self._compiled is None:
            sampler = blackjax.nss(log_prior, log_density, num_inner_steps=3, num_delete=self.deleted)
            self._compiled = jax.jit(sampler.init), jax.jit(sampler.step)
        return self._compiled

    def sample(self, hook, steps, state=None):
        import jax

        begin, step = self.algorithm()
        if state is None:
            keys = jax.random.split(jax.random.key(0))
            x = jax.random.uniform(keys[0], (self.live,), minval=-5, maxval=5)
            state = begin({"x": x, "yz": 3 * jax.random.normal(keys[1], (self.live, 2))})
        infos = []
        for number in steps:
            state, info = step(jax.random.key(number), state)
            hook(state, info)
            infos.append(info)
        return state, infos

    def bits(self, state, infos):
        import jax

        return jax.tree.leaves((state, infos))

    def run(self, update=None, *, is_broken=False):
        hook = (lambda *_: None) if update is None else hooks.blackjax(update)
        wrong = hooks.blackjax(update) if is_broken else None

        def both(state, info):
            if wrong is not None:
                wrong(None)
            hook(state, info)

        return self.bits(*self.sample(both, range(self.steps)))

    def in_two_pieces(self, make, folder):
        with make() as update:
            state, before = self.sample(hooks.blackjax(update), range(10))
        with make() as update:
            state, after = self.sample(hooks.blackjax(update, earlier=before), range(10, self.steps), state)
        return self.bits(state, before + after)


ADAPTERS = {
    "blackjax": Blackjax(),
    "dynesty": Dynesty(),
    "emcee": Emcee(),
    "nautilus": Nautilus(),
    "ultranest": Ultranest(),
}


@pytest.fixture(scope="module", params=ADAPTERS)
def name(request):
    return request.param


def test_every_hook_is_tested_here_and_has_its_page():
    """Or it would keep no promise, and nobody would find it."""
    assert sorted([*ADAPTERS, *IN_THEIR_OWN_ENVIRONMENT]) == sorted(hooks.__all__)
    table = (ROOT / "docs" / "samplers" / "README.md").read_text()
    assert all(f"]({name}.md)" in table for name in hooks.__all__)
