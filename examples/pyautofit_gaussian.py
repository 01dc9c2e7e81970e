"""PyAutoFit: a 1-D Gaussian fitted by an analysis of your own. Only one line is not PyAutoFit's.

python examples/pyautofit_gaussian.py --output output
autoviz-render --watch output/
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import autofit as af
import numpy as np
from autonerves import conf

from autoviz_render import live

X = np.arange(100)
TRUTH = af.ex.Gaussian(centre=50.0, normalization=25.0, sigma=10.0)


def arrays(gaussian: Any) -> Mapping[str, Any]:
    """What the figure shows of an instance of the model."""
    return {"model": gaussian.model_data_from(xvalues=X)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("output"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live-points", type=int, default=50)
    options = parser.parse_args()
    conf.instance.output_path = options.output

    data = TRUTH.model_data_from(xvalues=X) + np.random.default_rng(options.seed).normal(0, 0.1, X.size)
    noise_map = np.full(X.size, 0.1)
    model = af.Model(af.ex.Gaussian)
    model.centre = af.UniformPrior(0.0, 100.0)
    model.normalization = af.UniformPrior(0.0, 50.0)
    model.sigma = af.UniformPrior(1.0, 30.0)

    analysis = af.ex.Analysis(data=data, noise_map=noise_map)
    static = {"x": X.astype(float), "data": data, "noise_map": noise_map}
    analysis = live(analysis, arrays=arrays, static=static, figure=["line", "run"])

    search = af.DynestyStatic(
        path_prefix="gaussian",
        name="fit",
        nlive=options.live_points,
        seed=options.seed,
        iterations_per_quick_update=200,
    )
    result = search.fit(model=model, analysis=analysis)
    print(result.max_log_likelihood_instance.centre, search.paths.output_path)


if __name__ == "__main__":
    main()
