"""The H alpha line and the two of [N II] beside it, fitted with dynesty: six parameters of one spectrum.

pip install dynesty
python examples/dynesty_line.py --output output/halpha
python examples/dynesty_line.py --output output/halpha --dynamic
"""

from __future__ import annotations

import argparse
from pathlib import Path

import dynesty
import numpy as np

from autoviz_render import QuickUpdate, hooks

LIGHT = 299792.458  # km/s
LINES = {"H alpha": 6562.8, "N II 6548": 6548.05, "N II 6583": 6583.45}  # Å, in air
NAMES = ("continuum", "slope", "velocity", "width", "flux", "ratio")
LOW, HIGH = np.array([0.0, -2, 900, 40, 0, 0]), np.array([4.0, 2, 1500, 250, 60, 1])

wavelength = np.arange(6540.0, 6640.0, 0.5)


def line(centre: float, flux: float, velocity: float, width: float) -> np.ndarray:
    """A Gaussian with this flux; velocity and width in km/s."""
    sigma = width / LIGHT * centre
    away = (wavelength - centre * (1 + velocity / LIGHT)) / sigma
    return flux / (sigma * np.sqrt(2 * np.pi)) * np.exp(-0.5 * away**2)


def model(p: np.ndarray) -> dict[str, np.ndarray]:
    """[N II] has a third of the flux at 6548 Å."""
    continuum, slope, velocity, width, flux, ratio = p
    base = continuum + slope * (wavelength - 6590) / 100
    shares = {"H alpha": 1.0, "N II 6548": ratio / 3, "N II 6583": ratio}
    parts = {name: line(centre, flux * shares[name], velocity, width) for name, centre in LINES.items()}
    return {"model": base + sum(parts.values()), "model_continuum": base} | {
        f"model_{name}": base + part for name, part in parts.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/halpha"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", type=int, default=250, help="live points")
    parser.add_argument("--dynamic", action="store_true", help="add batches of points near the peak of the posterior")
    options = parser.parse_args()

    rng, noise = np.random.default_rng(options.seed), 0.25
    data = model(np.array([1.5, 0.4, 1210, 110, 20, 0.45]))["model"] + rng.normal(0, noise, wavelength.size)
    static = {"x": wavelength, "data": data, "noise_map": np.full(wavelength.size, noise)}
    figures = {"figure": ["line", "posterior", "run"], "every_seconds": 5}
    update = QuickUpdate(options.output, arrays=model, static=static, parameter_names=NAMES, **figures)

    def log_likelihood(p: np.ndarray) -> float:
        return -0.5 * np.sum(((data - model(p)["model"]) / noise) ** 2)

    kind = dynesty.DynamicNestedSampler if options.dynamic else dynesty.NestedSampler
    settings = {"nlive": options.live, "bound": "single", "sample": "rwalk", "rstate": rng}
    sampler = kind(log_likelihood, lambda unit: LOW + (HIGH - LOW) * unit, len(NAMES), **settings)
    sampler.run_nested(print_func=hooks.dynesty(update, sampler))
    sampler.results.summary()


if __name__ == "__main__":
    main()
