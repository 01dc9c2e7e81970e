"""The light of a variable star, fitted by a Metropolis walk in NumPy alone: figures for a sampler of your own.

python examples/any_sampler.py --output output/star
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from autoviz_render import QuickUpdate

NAMES = ("mean", "amplitude", "period", "phase", "harmonic")  # mag, mag, days, radians, of the amplitude
START, WIDTH = np.array([14.0, 0.3, 5.37, 1.0, 0.0]), np.array([0.008, 0.012, 0.004, 0.04, 0.04])
TRUTH = np.array([14.1, 0.4, 5.366, 0.7, 0.35])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/star"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=200_000)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)

    time = np.arange(0.0, 30.0, 0.15)  # days
    noise = np.full(time.size, 0.05)

    def model(p: np.ndarray) -> np.ndarray:
        mean, amplitude, period, phase, harmonic = p
        angle = 2 * np.pi * time / period + phase
        return mean + amplitude * (np.sin(angle) + harmonic * np.sin(2 * angle))

    data = model(TRUTH) + np.random.default_rng(6).normal(0, noise)

    def log_likelihood(p: np.ndarray) -> float:
        return -0.5 * float(np.sum(((data - model(p)) / noise) ** 2))

    update = QuickUpdate(
        options.output,
        arrays=lambda p: {"model": model(p)},
        static={"x": time, "data": data, "noise_map": noise},
        parameter_names=NAMES,
        figure=["line", "posterior", "run"],
        every_seconds=2,
    )
    chain = np.empty((options.steps, len(NAMES)))
    point, now, accepted = START, log_likelihood(START), 0
    for step in range(options.steps):
        trial = point + WIDTH * rng.normal(size=point.size) * 0.5
        if np.log(rng.random()) < (value := log_likelihood(trial)) - now:
            point, now, accepted = trial, value, accepted + 1
        chain[step] = point
        update(
            point,
            now,
            scalars=lambda: {"acceptance": accepted / (step + 1)},  # noqa: B023  called at once, or at the end
            samples=lambda: {"samples": chain[step // 2 : step + 1][:: 1 + step // 4000]},  # noqa: B023
        )
    for name, value, width in zip(NAMES, *(f(chain[options.steps // 2 :], 0) for f in (np.mean, np.std)), strict=True):
        print(f"{name:9s} {value:8.4f} +- {width:.4f}")


if __name__ == "__main__":
    main()
