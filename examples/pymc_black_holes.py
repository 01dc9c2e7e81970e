"""The masses of black holes and the velocities of the stars around them, with the scatter between, fitted with PyMC.

pip install pymc
python examples/pymc_black_holes.py --output output/black_holes
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pymc as pm

from autoviz_render import QuickUpdate, hooks

dispersion = np.sort(np.random.default_rng(3).uniform(-0.5, 0.3, 32))  # log10 of it over 200 km/s
noise = np.random.default_rng(4).uniform(0.08, 0.3, dispersion.size)  # dex


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/black_holes"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--tune", type=int, default=1000)
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    mass = 8.5 + 4.4 * dispersion + rng.normal(0, 0.3, dispersion.size) + rng.normal(0, noise)  # log10, solar masses

    with pm.Model() as relation:
        slope = pm.Normal("slope", 4.0, 3.0)
        at_200 = pm.Normal("at_200", 8.0, 2.0)  # log10 of the mass at 200 km/s
        scatter = pm.HalfNormal("scatter", 0.5)  # dex
        spread = pm.math.sqrt(scatter**2 + noise**2)
        pm.StudentT("mass", nu=4, mu=at_200 + slope * dispersion, sigma=spread, observed=mass)

    def arrays(point: np.ndarray) -> dict[str, np.ndarray]:
        values = hook.variables(point)
        return {"model": values["at_200"] + values["slope"] * dispersion}

    static = {"x": dispersion, "data": mass, "noise_map": noise}
    figures = {"figure": ["line", "posterior", "run"], "every_seconds": 2}
    update = QuickUpdate(options.output, arrays=arrays, static=static, **figures)
    hook = hooks.pymc(update, chains=2)

    with relation:
        settings = {"tune": options.tune, "chains": 2, "cores": 2, "random_seed": options.seed}
        trace = pm.sample(options.draws, callback=hook, **settings)
    for name in ("slope", "at_200", "scatter"):
        low, median, high = np.percentile(trace["posterior"][name], [16, 50, 84])
        print(f"{name:8s} {median:6.3f} +{high - median:.3f} -{median - low:.3f}")


if __name__ == "__main__":
    main()
