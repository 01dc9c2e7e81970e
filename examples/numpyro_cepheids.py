"""The period-luminosity relation of Cepheids, some of them misidentified: a regression with outliers, by NumPyro.

pip install numpyro
python examples/numpyro_cepheids.py --output output/cepheids
"""

from __future__ import annotations

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS

from autoviz_render import QuickUpdate, hooks

CHUNKS = 20


def simulate(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """log10 of the period in days less one, the absolute magnitude, and its error, of stars in the order of period."""
    x = np.sort(rng.uniform(-0.6, 0.8, 60))
    error = rng.uniform(0.04, 0.12, x.size)
    magnitude = -5.9 - 3.3 * x + rng.normal(0, np.hypot(0.1, error))
    return {"x": x, "data": magnitude + np.where(rng.random(x.size) < 0.08, 0.6, 0.0), "noise_map": error}


def model(x: jax.Array, data: jax.Array, noise_map: jax.Array) -> None:
    """A line, and a scatter whose tails are free parameters, so that outliers weigh little."""
    slope = numpyro.sample("slope", dist.Normal(-3, 2))
    zero_point = numpyro.sample("zero point", dist.Normal(-6, 2))
    scatter = numpyro.sample("scatter", dist.HalfNormal(0.5))
    tails = numpyro.sample("tails", dist.Gamma(2.0, 0.5))
    mean = slope * x + zero_point
    numpyro.sample("magnitude", dist.StudentT(tails, mean, jnp.hypot(scatter, noise_map)), obs=data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/cepheids"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chains", type=int, default=2)
    parser.add_argument("--draws", type=int, default=10_000, help="draws of each chain")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    stars = simulate(np.random.default_rng(7))

    def arrays(point: np.ndarray) -> dict[str, np.ndarray]:
        sites = hook.sites(point)
        noise = np.hypot(sites["scatter"], stars["noise_map"])
        return {"model": sites["slope"] * stars["x"] + sites["zero point"], "noise_map": noise}

    update = QuickUpdate(
        options.output, arrays=arrays, static=stars, figure=["line", "posterior", "run"], every_seconds=2
    )
    hook = hooks.numpyro(update)

    draws = {"num_warmup": min(500, options.draws), "num_samples": options.draws // CHUNKS}
    mcmc = MCMC(NUTS(model), num_chains=options.chains, chain_method="vectorized", **draws)
    key = jax.random.key(options.seed)
    for _ in range(CHUNKS):
        mcmc.run(key, **stars, extra_fields=("potential_energy",))
        hook(mcmc)
        mcmc.post_warmup_state, key = mcmc.last_state, mcmc.last_state.rng_key
    for name, values in mcmc.get_samples().items():  # of the last chunk
        print(f"{name:11s} {np.mean(values):7.3f} +- {np.std(values):.3f}")


if __name__ == "__main__":
    main()
