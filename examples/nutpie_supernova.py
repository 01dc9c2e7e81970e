"""The light of a supernova that rises and fades, fitted with nutpie.

pip install nutpie pymc numba
python examples/nutpie_supernova.py --output output/supernova
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import nutpie
import pymc as pm

from autoviz_render import QuickUpdate, hooks

time = np.sort(np.random.default_rng(2).uniform(-25, 90, 70))  # days
noise = np.full(time.size, 6.0)  # microjansky


def flux(exp, amplitude, peak, rise, fall):
    """Of Bazin et al. (2009), A&A 499, 653; NumPy's and PyMC's `exp` will do."""
    return amplitude * exp(-(time - peak) / fall) / (1 + exp(-(time - peak) / rise))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/supernova"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--tune", type=int, default=1000)
    options = parser.parse_args()

    data = flux(np.exp, 160.0, 3.0, 4.5, 24.0) + np.random.default_rng(0).normal(0, noise)

    with pm.Model() as light_curve:
        amplitude = pm.HalfNormal("amplitude", 300.0)
        peak = pm.Normal("peak", 0.0, 10.0)
        rise = pm.LogNormal("rise", 1.5, 0.5)
        fall = pm.LogNormal("fall", 3.0, 0.5)
        pm.Normal("flux", flux(pm.math.exp, amplitude, peak, rise, fall), noise, observed=data)

    def arrays(point: np.ndarray) -> dict[str, np.ndarray]:
        return {"model": flux(np.exp, **hook.variables(point))}

    static = {"x": time, "data": data, "noise_map": noise}
    figures = {"figure": ["line", "posterior", "run"], "every_seconds": 1}
    update = QuickUpdate(options.output, arrays=arrays, static=static, **figures)
    hook = hooks.nutpie(update)

    compiled = nutpie.compile_pymc_model(light_curve)
    settings = {"draws": options.draws, "tune": options.tune, "chains": 4, "seed": options.seed}
    trace = hook.wait(nutpie.sample(compiled, blocking=False, **settings))
    for name in ("amplitude", "peak", "rise", "fall"):
        low, median, high = np.percentile(trace["posterior"][name], [16, 50, 84])
        print(f"{name:10s} {median:7.2f} +{high - median:.2f} -{median - low:.2f}")


if __name__ == "__main__":
    main()
