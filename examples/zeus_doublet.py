"""Two lines of oxygen in a spectrum that the instrument hardly separates, fitted with zeus.

pip install zeus-mcmc
python examples/zeus_doublet.py --output output/doublet
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import zeus

from autoviz_render import QuickUpdate, hooks

NAMES = ("redshift", "flux", "ratio", "width", "continuum")  # of both lines; of 3729 to 3726; km/s; flux an angstrom
LOW, HIGH = np.array([0.703, 0.0, 0.3, 20.0, 0.0]), np.array([0.7055, 60.0, 1.6, 200.0, 1.2])
TRUTH = np.array([0.7042, 28.0, 1.25, 95.0, 0.6])
LINES = np.array([3726.03, 3728.82])  # angstrom, at rest

wavelength = np.arange(6335.0, 6373.0, 0.5)
noise = np.full(wavelength.size, 0.35)


def model(p: np.ndarray) -> dict[str, np.ndarray]:
    """The flux density, and that of the continuum alone."""
    redshift, flux, ratio, width, continuum = p
    below = np.full(wavelength.size, continuum)
    fluxes = flux / (1 + ratio) * np.array([1, ratio])
    centres = LINES * (1 + redshift)
    sigmas = centres * width / 299792.458
    away = (wavelength[:, None] - centres) / sigmas
    lines = fluxes / sigmas / np.sqrt(2 * np.pi) * np.exp(-0.5 * away**2)
    return {"model": below + lines.sum(axis=1), "model_continuum": below}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/doublet"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=2000)
    options = parser.parse_args()

    data = model(TRUTH)["model"] + np.random.default_rng(0).normal(0, noise)

    def log_posterior(p: np.ndarray) -> float:
        if np.any(p < LOW) or np.any(p > HIGH):
            return -np.inf
        return -0.5 * float(np.sum(((data - model(p)["model"]) / noise) ** 2))

    static = {"x": wavelength, "data": data, "noise_map": noise}
    figures = {"figure": ["line", "posterior", "run"], "every_seconds": 2}
    update = QuickUpdate(options.output, arrays=model, static=static, parameter_names=NAMES, **figures)

    random.seed(options.seed)  # zeus draws from both
    np.random.seed(options.seed)  # noqa: NPY002
    sampler = zeus.EnsembleSampler(20, len(NAMES), log_posterior, verbose=False)
    start = LOW + (HIGH - LOW) * np.random.default_rng(options.seed).uniform(0.3, 0.7, (20, len(NAMES)))
    sampler.run_mcmc(start, options.steps, callbacks=hooks.zeus(update, sampler))
    low, median, high = np.percentile(sampler.get_chain(discard=0.5, flat=True), [16, 50, 84], 0)
    for name, *values in zip(NAMES, median, high - median, median - low, strict=True):
        print("{:9s} {:8.4f} +{:.4f} -{:.4f}".format(name, *values))


if __name__ == "__main__":
    main()
