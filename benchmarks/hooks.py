"""What the hooks of emcee, NumPyro and blackjax cost while no quick update is due: microseconds a call.

Each hook is called again and again with what its sampler gave, real states of small runs in five dimensions, at a
cadence that makes nothing due after the first. What is timed is the hook alone: the sampler does not step meanwhile,
and its arrays are there already. `python benchmarks/hooks.py`
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import blackjax
import emcee
import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpyro.infer import HMC, MCMC
from table import parse, report

from autoviz_render import QuickUpdate, hooks

DIMENSIONS = 5
ROUNDS, ROUNDS_QUICK = 2000, 100


def log_density(p: Any) -> Any:
    return -0.5 * (p**2).sum()


def quick_update(folder: str, name: str) -> QuickUpdate:
    return QuickUpdate(f"{folder}/{name}", renderer=None, every_seconds=1e6)


def of_emcee(update: QuickUpdate) -> Callable[[], object]:
    sampler = emcee.EnsembleSampler(32, DIMENSIONS, log_density)
    state = sampler.run_mcmc(np.random.default_rng(1).normal(size=(32, DIMENSIONS)), 10)
    return partial(hooks.emcee(update, sampler), state)


def of_numpyro(update: QuickUpdate) -> Callable[[], object]:
    def model() -> None:
        numpyro.sample("x", numpyro.distributions.Normal(0, 1).expand([DIMENSIONS]).to_event(1))

    mcmc = MCMC(HMC(model), num_warmup=10, num_samples=500, num_chains=2, chain_method="vectorized", progress_bar=False)
    mcmc.run(jax.random.key(0), extra_fields=("potential_energy",))
    return partial(hooks.numpyro(update), mcmc)


def of_nested(update: QuickUpdate) -> Callable[[], object]:
    sampler = blackjax.nss(lambda _: 0.0, log_density, num_inner_steps=5, num_delete=20)
    state = jax.jit(sampler.init)(jax.random.normal(jax.random.key(0), (400, DIMENSIONS)))
    state, info = jax.jit(sampler.step)(jax.random.key(1), state)
    return partial(hooks.blackjax(update), state, info)


def of_chain(update: QuickUpdate) -> Callable[[], object]:
    sampler = blackjax.nuts(log_density, step_size=0.5, inverse_mass_matrix=jnp.ones(DIMENSIONS))
    state, info = jax.jit(sampler.step)(jax.random.key(1), sampler.init(jnp.zeros(DIMENSIONS)))
    return partial(hooks.blackjax(update), state, info)


def of_none(update: QuickUpdate) -> Callable[[], object]:
    return partial(update, np.zeros(DIMENSIONS), -1.0)


CALLS = {
    "QuickUpdate itself": of_none,
    "emcee, 32 walkers": of_emcee,
    "NumPyro, a chunk of 2 x 500 draws": of_numpyro,
    "blackjax, NSS, 20 of 400 points": of_nested,
    "blackjax, NUTS": of_chain,
}


def main() -> None:
    options = parse(__doc__)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, make) in enumerate(CALLS.items()):
            with quick_update(folder, str(number)) as update:
                call = make(update)
                seconds = []
                for _ in range(ROUNDS_QUICK if options.quick else ROUNDS):
                    started = time.perf_counter()
                    call()
                    seconds.append(time.perf_counter() - started)
                rows.append(
                    {
                        "hook": name,
                        "median, us": round(1e6 * statistics.median(seconds), 1),
                        "mean, us": round(1e6 * statistics.mean(seconds[1:]), 1),
                    }
                )
    report(rows, "a hook's call, nothing due", options.json)


if __name__ == "__main__":
    main()
