"""The best fit of any model to data with noise, by Gauss and Newton's steps from the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any

_WITHIN = 25.0
"""By how much chi squared is higher than the least, at most, in the best fit of a sampler with ten parameters."""


def best_fit(
    model: Callable[[Array], Array], truth: Array, data: Array, noise: Array, rng: np.random.Generator
) -> Array:
    """Parameters within the posterior: those of the highest likelihood, and a sampler's distance from them.

    Args:
        model: Takes parameters and gives what the data should be, array[point].
        truth: array[parameter], with which the data were made.
        data, noise: array[point]; the standard deviations are infinite for what is masked.
    """
    found = np.array(truth, dtype=float)
    for _ in range(2):
        jacobian = _jacobian(model, found) / noise[:, None]
        left = (data - model(found)) / noise
        curvature = jacobian.T @ jacobian + 1e-9 * np.eye(truth.size)
        step = np.linalg.solve(curvature, jacobian.T @ left)
        tried = found + step
        if not np.isfinite(model(tried)).all() or np.sum(((data - model(tried)) / noise) ** 2) > np.sum(left**2):
            break
        found = tried
    spread = np.linalg.cholesky(np.linalg.inv(curvature)) @ rng.standard_normal(truth.size) * rng.uniform(0, 1)
    least = _chi_squared(model, found, data, noise)
    while _chi_squared(model, found + spread, data, noise) > least + _WITHIN:  # far from where it is a Gaussian
        spread /= 2
    return found + spread


def _chi_squared(model: Callable[[Array], Array], at: Array, data: Array, noise: Array) -> float:
    return float(np.sum(((data - model(at)) / noise) ** 2))


def _jacobian(model: Callable[[Array], Array], at: Array) -> Array:
    middle = model(at)
    columns = []
    for number, value in enumerate(at):
        step = 1e-5 * max(abs(value), 0.1)
        moved = at.copy()
        moved[number] += step
        columns.append((model(moved) - middle) / step)
    return np.stack(columns, axis=1)
