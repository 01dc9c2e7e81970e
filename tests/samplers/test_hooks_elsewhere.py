"""What every hook promises, of samplers that need an environment of their own: see `tests/search/hooks`."""

from __future__ import annotations

import contextlib
import logging
import pickle
import random
from typing import Any, ClassVar

import numpy as np
import pytest
from hook_contract import *  # noqa: F403  the promises
from hook_contract import IN_THEIR_OWN_ENVIRONMENT, Adapter, TimeIsUpError, log_likelihood

from autoviz_render.search import hooks


def model():
    """A scalar, one that is moved on another scale, and a vector."""
    import pymc as pm

    with pm.Model() as made:
        tau = pm.HalfNormal("tau", 1.0)
        theta = pm.Normal("theta", 0.0, 1.0, shape=2)
        pm.Deterministic("sum", theta.sum() + tau)
    return made


NAMES = ["tau", "theta[0]", "theta[1]"]
TUNE, DRAWS = 40, 60
FIRST = 500


class Pymc(Adapter):
    contours = frozenset({"log_densities"})
    every = 20
    pages: ClassVar = {"line": {"samples", "chain", "model"}}
    example = ("pymc_black_holes.py", "slope", "--draws", 40, "--tune", 40)
    example_arrays = frozenset({"samples", "chain", "model"})
    resumes_the_bits = resumes_the_best = resumes_the_posterior = False

    def sample(self, callback=None, **settings):
        import pymc as pm

        quiet = {"progressbar": False, "compute_convergence_checks": False, "quiet": True}
        with model():
            chosen = {"draws": DRAWS, "tune": TUNE, "chains": 2, "cores": 1, "random_seed": 1} | settings
            trace = pm.sample(callback=callback, **chosen, **quiet)
        return [np.asarray(trace["posterior"][name]) for name in ("tau", "theta")]

    def run(self, update=None, *, is_broken=False):
        wrong = hooks.pymc(update, variables=("nothing",)) if is_broken else None
        hook = None if update is None else hooks.pymc(update)

        def both(trace, draw):
            if wrong is not None:
                wrong(trace, draw)
            if hook is not None:
                hook(trace, draw)

        return self.sample(both)

    def in_two_pieces(self, make, folder):
        with make() as update:
            self.sample(hooks.pymc(update), draws=20)
        with make() as update:
            return self.sample(hooks.pymc(update, evaluations=2 * (TUNE + 20)), random_seed=2)


class Nutpie(Adapter):
    contours = frozenset({"log_densities"})
    every = 1
    pages: ClassVar = {"line": {"samples", "chain", "model"}}
    example = ("nutpie_supernova.py", "rise", "--draws", 100, "--tune", 100)
    example_arrays = frozenset({"samples", "chain", "model"})
    resumes_the_bits = resumes_the_best = resumes_the_posterior = False

    def __init__(self):
        self._compiled = None

    def sampler(self, **settings):
        import nutpie

        self._compiled = self._compiled or nutpie.compile_pymc_model(model())
        chosen = {"tune": 200, "chains": 2, "cores": 2, "seed": 1} | settings
        return nutpie.sample(self._compiled, blocking=False, progress_bar=False, **chosen)

    def bits(self, trace):
        """The first draws: a run is ended when it was looked at often enough, wherever it is then."""
        return [np.asarray(trace["posterior"][name])[:, :FIRST] for name in ("tau", "theta")]

    def run(self, update=None, *, is_broken=False):
        sampler = self.sampler(draws=2_000_000)
        if is_broken:
            hooks.nutpie(update, variables=("nothing",))(sampler)
        hook = None if update is None else hooks.nutpie(update)
        looks = 0
        while looks < 3 or drawn(sampler) < FIRST or (hook and not is_broken and update.stats.submitted < 3):
            looks += 1
            if hook is not None:
                hook(sampler)
        return self.bits(sampler.abort())

    def in_two_pieces(self, make, folder):
        with make() as update:
            hooks.nutpie(update).wait(self.sampler(draws=FIRST))
        with make() as update:
            hook = hooks.nutpie(update, evaluations=2 * (200 + FIRST))
            return self.bits(hook.wait(self.sampler(draws=2 * FIRST, seed=4)))


def drawn(sampler):
    """How many draws after the tuning the shortest chain has."""
    return int(sampler.inspect()["posterior"]["tau"].notnull().sum("draw").min())


class Zeus(Adapter):
    contours = frozenset({"log_densities"})
    every = 200
    pages: ClassVar = {"wave": {"samples", "model"}}
    example = ("zeus_doublet.py", "ratio", "--steps", 20)
    example_arrays = frozenset({"samples", "model", "model_continuum"})
    resumes_the_bits = resumes_the_posterior = False  # zeus tunes itself anew
    start = np.random.default_rng(1).normal(0.5, 0.1, size=(8, 2))

    def sampler(self):
        import zeus

        random.seed(5)  # zeus draws from both
        np.random.seed(5)  # noqa: NPY002
        handlers = list(logging.root.handlers)
        sampler = zeus.EnsembleSampler(8, 2, log_likelihood, verbose=False)
        logging.root.handlers[:] = handlers  # zeus removes them, pytest's too
        return sampler

    def bits(self, sampler):
        state: Any = np.random.get_state()  # noqa: NPY002
        return [sampler.get_chain(), sampler.get_log_prob(), state[1], random.getstate()[1]]

    def run(self, update=None, *, is_broken=False):
        sampler = self.sampler()
        callbacks: list[Any] = [] if update is None else [hooks.zeus(update, sampler)]
        if is_broken:
            wrong = hooks.zeus(update, sampler)
            callbacks.append(lambda *step: wrong(None, *step[1:]))
        sampler.run_mcmc(self.start, 120, progress=False, callbacks=callbacks or None)
        return self.bits(sampler)

    def in_two_pieces(self, make, folder):
        sampler = self.sampler()
        with make() as update:
            sampler.run_mcmc(self.start, 50, progress=False, callbacks=hooks.zeus(update, sampler))
        with make() as update:
            sampler.run_mcmc(None, 70, progress=False, callbacks=hooks.zeus(update, sampler))
        return self.bits(sampler)


class Bilby(Adapter):
    contours = frozenset({"log_likelihoods"})
    example = ("bilby_ringdown.py", "log evidence", "--live", 30)
    resumes_the_bits = resumes_the_posterior = False

    def sample(self, folder, likelihood, **settings):
        import bilby

        bilby.core.utils.random.seed(7)
        chosen = {"nlive": 25, "sample": "unif", "rstate": np.random.default_rng(3), "print_method": "interval-60"}
        files = {"outdir": str(folder), "label": "run", "save": False, "check_point_plot": False}
        return bilby.run_sampler(likelihood, self.priors(), sampler="dynesty", **files, **(chosen | settings))

    def priors(self):
        import bilby

        return bilby.core.prior.PriorDict({name: bilby.core.prior.Uniform(0, 1) for name in "ab"})

    def likelihood(self):
        import bilby

        class Gaussian(bilby.Likelihood):
            def __init__(self):
                super().__init__()

            def log_likelihood(self, parameters=None):
                return float(log_likelihood(np.array([parameters["a"], parameters["b"]])))

        return Gaussian()

    def bits(self, result):
        return [result.nested_samples.to_numpy(), result.posterior.to_numpy(), [result.log_evidence]]

    def run(self, update=None, *, is_broken=False):
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            if update is None:
                return self.bits(self.sample(folder, self.likelihood(), resume=False))
            hook = hooks.bilby(update, self.likelihood(), self.priors(), progress=False)
            if is_broken:
                hook.print_func(object(), 1, 1)
            result = self.sample(folder, hook.likelihood, resume=False, print_func=hook.print_func)
            hook(result)
        return self.bits(result)

    def in_two_pieces(self, make, folder):
        steps = []

        def stop(*step, **_):
            steps.append(step)
            if len(steps) == 80:
                raise TimeIsUpError

        often = {"n_check_point": 20, "check_point_delta_t": 0}
        with pytest.raises(TimeIsUpError), make() as update:  # noqa: PT012  the update sees it, too
            hook = hooks.bilby(update, self.likelihood(), self.priors(), progress=stop)
            self.sample(folder, hook.likelihood, print_func=hook.print_func, **often)
        assert (folder / "run_resume.pickle").exists()
        with make() as update:
            hook = hooks.bilby(update, self.likelihood(), self.priors(), progress=False)
            result = self.sample(folder, hook.likelihood, print_func=hook.print_func, resume=True)
            hook(result)
        return self.bits(result)


class Numpyro(Adapter):
    contours = frozenset({"log_densities"})
    every = 1
    pages: ClassVar = {"line": {"samples", "model"}}
    example = ("numpyro_cepheids.py", "slope", "--draws", 60, "--chains", 1)
    example_arrays = frozenset({"samples", "model"})
    resumes_the_posterior = False  # its draws are in no checkpoint

    def __init__(self):
        self._chunked: Any = None

    def mcmc(self, draws):
        import numpyro
        import numpyro.distributions as dist
        from numpyro.infer import HMC, MCMC

        def model():
            numpyro.sample("tau", dist.HalfNormal(1.0))
            numpyro.sample("theta", dist.Normal(0, 1).expand([2]).to_event(1))

        kernel = HMC(model, num_steps=3, trajectory_length=None)
        chains = {"num_chains": 2, "chain_method": "vectorized"}
        return MCMC(kernel, num_warmup=30, num_samples=draws, **chains)  # with its bar, or each `run` compiles anew

    def begun(self):
        """One whose chunks are compiled already, if it is not the first."""
        self._chunked = self._chunked or self.mcmc(40)
        self._chunked.post_warmup_state = None
        return self._chunked

    def chunks(self, mcmc, hook, count, draws, key=None):
        """The recipe of the page."""
        import jax

        key = jax.random.split(jax.random.key(3), 2) if key is None else key
        for _ in range(count):
            mcmc.run(key, extra_fields=("potential_energy",))
            hook(mcmc)
            draws.append(mcmc.get_samples(group_by_chain=True))
            mcmc.post_warmup_state, key = mcmc.last_state, mcmc.last_state.rng_key

    def bits(self, draws):
        return [np.concatenate([np.asarray(chunk[name]) for chunk in draws], axis=1) for name in ("tau", "theta")]

    def run(self, update=None, *, is_broken=False):
        draws: list[Any] = []
        wrong = hooks.numpyro(update, sites=("nothing",)) if is_broken else None
        hook = None if update is None else hooks.numpyro(update)

        def both(mcmc):
            if wrong is not None:
                wrong(mcmc)
            if hook is not None:
                hook(mcmc)

        if update is None:
            self.chunks(self.mcmc(120), both, 1, draws)
        else:
            self.chunks(self.begun(), both, 3, draws)
        return self.bits(draws)

    def in_two_pieces(self, make, folder):
        draws: list[Any] = []
        mcmc = self.begun()
        with make() as update:
            self.chunks(mcmc, hooks.numpyro(update), 2, draws)
        state = mcmc.last_state
        with contextlib.suppress(TypeError):  # the oldest JAX that is allowed cannot pickle keys
            state = pickle.loads(pickle.dumps(state))
        mcmc.post_warmup_state = state
        with make() as update:
            self.chunks(mcmc, hooks.numpyro(update), 1, draws, state.rng_key)
        return self.bits(draws)


# NumPyro's last: PyMC forks, which is no good after JAX has threads.
ADAPTERS = {"bilby": Bilby(), "nutpie": Nutpie(), "pymc": Pymc(), "zeus": Zeus(), "numpyro": Numpyro()}


# One process for each sampler: they import their own compilers, and share a run between tests.
@pytest.fixture(scope="module", params=[pytest.param(each, marks=pytest.mark.xdist_group(each)) for each in ADAPTERS])
def name(request):
    return request.param


def test_every_hook_of_this_environment_is_tested():
    """Or it would keep no promise."""
    assert tuple(sorted(ADAPTERS)) == IN_THEIR_OWN_ENVIRONMENT
