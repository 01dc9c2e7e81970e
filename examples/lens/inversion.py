"""Linear inversion of an image with a Gaussian prior, and the Bayesian evidence of the result.

The model is d = B s + n, with noise n ~ N(0, C), C diagonal, and prior s ~ N(0, H^-1). Then

    F = B^T C^-1 B,   D = B^T C^-1 d,   s = (F + H)^-1 D

    ln E = -1/2 [ chi^2(s) + s^T H s + ln det(F + H) - ln det H + sum ln(2 pi sigma^2) ]

Sources: Warren and Dye (2003), ApJ 590, 673, for the inversion; Suyu et al. (2006), MNRAS 371, 983, equation 19, for
the evidence. Completing the square gives chi^2(s) + s^T H s = d^T C^-1 d - |z|^2 with L L^T = F + H and L z = D, so
that the evidence alone needs one triangular solve and neither s nor the model image.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from backend import Array, array_module


@dataclass(frozen=True)
class Inversion:
    """A linear model of the fitted pixels. Values are computed when asked for, once, and travel with a pickle.

    design: B, array[fitted pixel, coefficient].
    data, noise: array[fitted pixel].
    precision: H, array[coefficient, coefficient], symmetric and positive definite.
    log_det_precision: ln det H.
    """

    design: Array
    data: np.ndarray
    noise: np.ndarray
    precision: np.ndarray
    log_det_precision: float
    use_jax: bool

    @property
    def xp(self) -> Any:
        return array_module(self.use_jax)

    @cached_property
    def weighted_design(self) -> Array:
        """C^-1/2 B."""
        return self.design / self.noise[:, None]

    @cached_property
    def factor(self) -> Array:
        """L, lower triangular, with L L^T = F + H; NaN where there is none."""
        matrix = self.weighted_design.T @ self.weighted_design + self.precision
        if self.use_jax:
            return self.xp.linalg.cholesky(matrix)
        try:
            return np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            return np.full_like(matrix, np.nan)  # as JAX answers: the evidence turns it into -inf

    @cached_property
    def whitened_data(self) -> Array:
        """z, with L z = D."""
        projected = self.weighted_design.T @ (self.data / self.noise)
        return self._solve(self.factor, projected, lower=True)

    @cached_property
    def coefficients(self) -> Array:
        """s, the most probable coefficients: array[coefficient]."""
        return self._solve(self.factor.T, self.whitened_data, lower=False)

    @cached_property
    def log_evidence(self) -> Array:
        """ln E, in nats; -inf where the model gives NaN or F + H is not positive definite, never NaN."""
        xp = self.xp
        whitened = self.data / self.noise
        noise_term = float(np.sum(np.log(2.0 * np.pi * self.noise**2)))
        log_det = 2.0 * xp.sum(xp.log(xp.diagonal(self.factor)))
        misfit = float(whitened @ whitened) - xp.sum(self.whitened_data**2)
        value = -0.5 * (misfit + log_det - self.log_det_precision + noise_term)
        return xp.where(xp.isfinite(value), value, -xp.inf)

    def _solve(self, triangle: Array, right: Array, *, lower: bool) -> Array:
        if not self.use_jax:
            # NumPy has no triangular solve; a singular factor cannot occur, one of NaN stays NaN.
            return np.linalg.solve(triangle, right)
        from jax.scipy.linalg import solve_triangular

        return solve_triangular(triangle, right, lower=lower)
