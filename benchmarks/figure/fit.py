"""Snapshots of the lens example at the size of a real fit, from a bad one to the truth."""

from __future__ import annotations

import numpy as np
from transport.search import Search, to_numpy

from autoviz_render.spool.snapshot import Snapshot


def snapshots(count: int = 16, size: str = "hst") -> list[Snapshot]:
    """Each nearer to the truth than the one before. "hst": 160x160 pixels, 15,380 of them not masked."""
    search = Search(size)
    truth = search.points.mean(axis=0)
    rng = np.random.default_rng(1)
    away = 0.2 * np.maximum(np.abs(truth), 0.05) * rng.normal(size=(count, truth.size))
    search.points = truth + away * np.geomspace(1.0, 0.005, count)[:, None]
    static = to_numpy(search.static)
    return [snapshot(to_numpy(search.arrays(number)), static, number) for number in range(count)]


def snapshot(arrays: dict[str, np.ndarray], static: dict[str, np.ndarray], number: int) -> Snapshot:
    likelihood = float(arrays.pop("log_likelihood"))
    return Snapshot(arrays, static, iteration=1237 * (number + 1), log_likelihood=likelihood, run="lens")
