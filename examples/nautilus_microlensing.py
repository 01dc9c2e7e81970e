"""The light curve of a microlensed star, fitted with Nautilus: a bent and narrow posterior, as its light is blended.

pip install nautilus-sampler
python examples/nautilus_microlensing.py --output output/microlensing
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from nautilus import Prior, Sampler
from scipy.stats import loguniform

from autoviz_render import QuickUpdate, hooks


def magnification(time: np.ndarray, p: dict[str, float]) -> np.ndarray:
    """The magnification of a point source by a point lens in straight motion."""
    apart = np.hypot(p["impact"], (time - p["peak"]) / p["duration"])
    return (apart**2 + 2) / (apart * np.sqrt(apart**2 + 4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/microlensing"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", type=int, default=500, help="live points")
    parser.add_argument("--samples", type=int, default=2000, help="smallest effective sample size")
    parser.add_argument("--networks", type=int, default=1, help="that learn the likelihood; 0: ellipsoids alone")
    options = parser.parse_args()

    rng, noise = np.random.default_rng(options.seed), 0.05
    time = np.sort(rng.uniform(-80, 80, 150))
    truth = {"peak": 3.0, "duration": 21.0, "impact": 0.35}  # days, days, Einstein radii
    data = 0.7 * magnification(time, truth) + 0.3 + rng.normal(0, noise, time.size)

    def model(p: dict[str, float]) -> dict[str, np.ndarray]:
        """The light curve with the best flux of the source, and of what is blended with it."""
        shape = np.column_stack([magnification(time, p), np.ones(time.size)])
        fluxes, *_ = np.linalg.lstsq(shape, data)
        return {"model": shape @ fluxes, "model_blend": shape[:, 1] * fluxes[1]}

    prior = Prior()
    prior.add_parameter("peak", dist=(-10, 10))
    prior.add_parameter("duration", dist=loguniform(5, 80))
    prior.add_parameter("impact", dist=(0.02, 1.5))

    update = QuickUpdate(
        options.output,
        arrays=lambda p: model(dict(zip(prior.keys, p, strict=True))),
        static={"x": time, "data": data, "noise_map": np.full(time.size, noise)},
        figure=["line", "posterior", "run"],
        every_seconds=5,
    )
    sampler = Sampler(
        prior,
        lambda p: -0.5 * np.sum(((data - model(p)["model"]) / noise) ** 2),
        n_live=options.live,
        n_networks=options.networks,
        seed=options.seed,
    )
    hooks.nautilus(update, sampler, n_eff=options.samples, verbose=True)
    print(f"log evidence {sampler.log_z:.2f}, {sampler.n_eff:.0f} effective samples, {sampler.n_like} evaluations")


if __name__ == "__main__":
    main()
