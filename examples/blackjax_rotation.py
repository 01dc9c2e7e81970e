"""The rotation curve of a galaxy, its disk and its dark halo, by nested sampling with blackjax.

pip install blackjax
python examples/blackjax_rotation.py --output output/rotation
"""

from __future__ import annotations

import argparse
from pathlib import Path

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from blackjax.ns.utils import uniform_prior

from autoviz_render import QuickUpdate, hooks

BOUNDS = {
    "disk": (0.0, 250.0),
    "length": (0.5, 6.0),
    "halo": (50.0, 350.0),
    "core": (0.3, 15.0),
}  # km/s, kpc, km/s, kpc
TRUTH = {"disk": 120.0, "length": 2.2, "halo": 165.0, "core": 3.5}

radius = np.linspace(0.4, 24.0, 45)  # kpc
noise = np.full(radius.size, 5.0)  # km/s


def model(p: dict) -> dict:
    """Speeds in km/s: of a Kuzmin disk with this peak, of an isothermal halo with a core, and of both."""
    y = radius / p["length"]
    disk = p["disk"] * y * (3 / (1 + y**2)) ** 0.75 / jnp.sqrt(2)
    halo = p["halo"] * jnp.sqrt(1 - p["core"] / radius * jnp.arctan(radius / p["core"]))
    return {"model": jnp.hypot(disk, halo), "model_disk": disk, "model_halo": halo}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/rotation"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", type=int, default=400, help="live points")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    data = np.asarray(model(TRUTH)["model"]) + np.random.default_rng(0).normal(0, noise)

    def log_likelihood(p: dict) -> jax.Array:
        return -0.5 * jnp.sum(((data - model(p)["model"]) / noise) ** 2)

    key = jax.random.key(options.seed)
    particles, log_prior = uniform_prior(key, options.live, BOUNDS)
    sampler = blackjax.nss(log_prior, log_likelihood, num_inner_steps=10, num_delete=options.live // 10)
    step, state = jax.jit(sampler.step), jax.jit(sampler.init)(particles)

    arrays = jax.jit(model)
    update = QuickUpdate(
        options.output,
        arrays=lambda point: arrays(hook.position(point)),
        static={"x": radius, "data": data, "noise_map": noise},
        figure=["line", "posterior", "run"],
        every_seconds=2,
    )
    hook = hooks.blackjax(update)

    while state.integrator.logZ_live - state.integrator.logZ > -3:
        key, used = jax.random.split(key)
        state, info = step(used, state)
        hook(state, info)
    print(f"log evidence {np.logaddexp(state.integrator.logZ, state.integrator.logZ_live):.2f}")


if __name__ == "__main__":
    main()
