"""The radial velocity of a star with one planet, fitted with UltraNest: the figure follows the best period.

pip install ultranest
python examples/ultranest_orbit.py --output output/orbit
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from ultranest import ReactiveNestedSampler

from autoviz_render import QuickUpdate, hooks

NAMES = ["period", "amplitude", "phase", "systemic", "jitter"]  # days, m/s, turns, m/s, m/s
LOW, HIGH = np.array([8.0, 0, 0, -50, 0.1]), np.array([16.0, 100, 1, 50, 20])


def velocity(p: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """The velocity of a circular orbit, in m/s; p is array[..., parameter]."""
    _, amplitude, phase, systemic, _ = (p[..., index, None] for index in range(len(NAMES)))
    return systemic + amplitude * np.sin(2 * np.pi * (turns + phase))


def prior(unit: np.ndarray) -> np.ndarray:
    return LOW + (HIGH - LOW) * unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/orbit"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", type=int, default=400, help="smallest number of live points")
    options = parser.parse_args()

    np.random.seed(options.seed)  # noqa: NPY002  UltraNest draws from this one
    rng = np.random.default_rng(options.seed)
    time, error = np.sort(rng.uniform(0, 90, 60)), rng.uniform(3, 6, 60)
    truth = np.array([11.7, 28, 0.3, 4, 3])
    data = velocity(truth, time / truth[0]) + rng.normal(0, np.hypot(error, truth[-1]))

    def log_likelihood(points: np.ndarray) -> np.ndarray:
        variance = error**2 + points[:, -1:] ** 2
        away = data - velocity(points, time / points[:, :1])
        return -0.5 * np.sum(away**2 / variance + np.log(2 * np.pi * variance), axis=1)

    def folded(p: np.ndarray) -> dict[str, np.ndarray]:
        """What the figure shows: the orbit at the best period so far, and the noise with the jitter."""
        turns = (time / p[0]) % 1
        return {"x": turns, "model": velocity(p, time / p[0]), "noise_map": np.hypot(error, p[-1])}

    figures = {"figure": ["line", "posterior", "run"], "every_seconds": 5}
    update = QuickUpdate(options.output, arrays=folded, static={"data": data}, **figures)

    wrapped = [name == "phase" for name in NAMES]
    sampler = ReactiveNestedSampler(NAMES, log_likelihood, prior, vectorized=True, wrapped_params=wrapped)
    sampler.run(min_num_live_points=options.live, viz_callback=hooks.ultranest(update, sampler))
    sampler.print_results()


if __name__ == "__main__":
    main()
