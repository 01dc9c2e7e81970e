"""The search that hands over: likelihoods of the lens example, and the arrays of one point."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "lens"))

Arrays = Mapping[str, Any]


class Search:
    """A search as far as it matters here, at points near the truth. Compiled when it has been made."""

    def __init__(self, size: str) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        from simulator import SIMULATIONS

        from autoviz_render.search.nss.fitness import Fitness

        self.analysis = SIMULATIONS[size].analysis()
        self.static = dict(self.analysis.static())
        lens = np.array(SIMULATIONS[size].lens, dtype=float)
        self.points = lens + 1e-3 * np.random.default_rng(0).normal(size=(16, lens.size))
        self.fitness, self.ready, self.turn = Fitness(self.analysis), jax.block_until_ready, 0
        self.evaluate()
        self.arrays()

    def evaluate(self, times: int = 1) -> None:
        for _ in range(times):
            self.turn += 1
            float(self.fitness(self.points[self.turn % len(self.points)]))

    def arrays(self, index: int = 0) -> Arrays:
        return self.ready(self.fitness.arrays(self.points[index % len(self.points)]))


def to_numpy(arrays: Arrays) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in arrays.items()}
