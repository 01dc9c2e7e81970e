"""The ringing of a black hole after a merger, in a detector's noise, fitted with bilby. Started again, it resumes.

pip install bilby
python examples/bilby_ringdown.py --output output/ringdown
"""

from __future__ import annotations

import argparse
from pathlib import Path

import bilby
import numpy as np

from autoviz_render import QuickUpdate, hooks

time = np.arange(0, 40, 0.25)  # ms
noise = np.full(time.size, 0.4)  # 1e-21 of strain


def strain(time, amplitude, frequency, damping, phase):
    """Of one mode: amplitude in 1e-21, frequency in Hz, damping time in ms."""
    return amplitude * np.exp(-time / damping) * np.cos(2e-3 * np.pi * frequency * time + phase)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("output/ringdown"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", type=int, default=300)
    options = parser.parse_args()

    data = strain(time, 1.2, 251.0, 9.0, 0.7) + np.random.default_rng(0).normal(0, noise)
    likelihood = bilby.core.likelihood.GaussianLikelihood(time, data, strain, sigma=noise)
    priors = bilby.core.prior.PriorDict(
        {
            "amplitude": bilby.core.prior.Uniform(0, 5),
            "frequency": bilby.core.prior.Uniform(150, 350),
            "damping": bilby.core.prior.Uniform(1, 30),
            "phase": bilby.core.prior.Uniform(0, 2 * np.pi, boundary="periodic"),
        }
    )

    def arrays(point: np.ndarray) -> dict[str, np.ndarray]:
        return {"model": strain(time, *point)}

    static = {"x": time, "data": data, "noise_map": noise}
    figures = {"figure": ["line", "posterior", "run"], "every_seconds": 2}
    update = QuickUpdate(options.output, arrays=arrays, static=static, **figures)
    hook = hooks.bilby(update, likelihood, priors)

    bilby.core.utils.random.seed(options.seed)
    result = bilby.run_sampler(
        hook.likelihood,
        priors,
        sampler="dynesty",
        print_func=hook.print_func,
        nlive=options.live,
        sample="rwalk",
        outdir=str(options.output / "bilby"),
        label="ringdown",
        print_method="interval-60",
    )
    hook(result)
    print(f"log evidence {result.log_evidence:.2f} +- {result.log_evidence_err:.2f}")
    for name in priors:
        low, median, high = np.percentile(result.posterior[name], [16, 50, 84])
        print(f"{name:10s} {median:8.2f} +{high - median:.2f} -{median - low:.2f}")


if __name__ == "__main__":
    main()
