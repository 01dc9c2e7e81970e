"""The transit of a planet in the light of its star, fitted with emcee. Started again, it resumes.

pip install emcee
python examples/emcee_transit.py --output output/transit
"""

from __future__ import annotations

import argparse
from pathlib import Path

import emcee
import numpy as np

from autoviz_render import QuickUpdate, hooks

NAMES = ("middle", "depth", "duration", "ingress", "slope")  # h, parts per thousand, h, h, parts per thousand an hour
LOW, HIGH = np.array([-1.0, 0.0, 1.0, 0.05, -1.0]), np.array([1.0, 30.0, 5.0, 1.5, 1.0])
TRUTH = np.array([0.12, 11.0, 2.6, 0.35, 0.15])

time = np.arange(-3.0, 3.0, 2 / 60)  # h, a point every two minutes
noise = np.full(time.size, 1.2)


def model(p: np.ndarray) -> dict[str, np.ndarray]:
    """The flux above its mean out of transit, parts per thousand: a trapezium on a sloping line."""
    middle, depth, duration, ingress, slope = p
    star = slope * time
    hidden = np.clip((duration / 2 - np.abs(time - middle)) / ingress + 0.5, 0.0, 1.0)
    return {"model": star - depth * hidden, "model_star": star}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/transit"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=8000)
    options = parser.parse_args()

    data = model(TRUTH)["model"] + np.random.default_rng(0).normal(0, noise)

    def log_posterior(p: np.ndarray) -> float:
        if np.any(p < LOW) or np.any(p > HIGH):
            return -np.inf
        return -0.5 * float(np.sum(((data - model(p)["model"]) / noise) ** 2))

    static = {"x": time, "data": data, "noise_map": noise}
    figures = {"figure": ["line", "posterior", "run"], "every_seconds": 2}
    update = QuickUpdate(options.output, arrays=model, static=static, parameter_names=NAMES, **figures)

    options.output.mkdir(parents=True, exist_ok=True)
    backend = emcee.backends.HDFBackend(str(options.output / "chain.h5"))
    np.random.seed(options.seed)  # noqa: NPY002  emcee takes its first random state from here
    sampler = emcee.EnsembleSampler(32, len(NAMES), log_posterior, backend=backend)
    start = LOW + (HIGH - LOW) * np.random.default_rng(options.seed).uniform(0.3, 0.7, (32, len(NAMES)))
    begin = sampler.get_last_sample() if sampler.iteration else start

    hooks.emcee(update, sampler).run_mcmc(begin, options.steps, progress=True)
    low, median, high = np.percentile(sampler.get_chain(discard=sampler.iteration // 2, flat=True), [16, 50, 84], 0)
    for name, *values in zip(NAMES, median, high - median, median - low, strict=True):
        print("{:9s} {:7.3f} +{:.3f} -{:.3f}".format(name, *values))


if __name__ == "__main__":
    main()
