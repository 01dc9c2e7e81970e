"""One-dimensional priors: their inverse cumulative distribution and their log density, in JAX."""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class Uniform:
    """Constant between two bounds, zero outside."""

    lower: float
    upper: float

    def transform(self, unit: jax.Array) -> jax.Array:
        """The value with the cumulative probability `unit`."""
        return self.lower + (self.upper - self.lower) * unit

    def log_density(self, value: jax.Array) -> jax.Array:
        """In nats; -inf outside the bounds."""
        inside = (value >= self.lower) & (value <= self.upper)
        return jnp.where(inside, -math.log(self.upper - self.lower), -jnp.inf)


@dataclass(frozen=True)
class Gaussian:
    """Normal, unbounded."""

    mean: float
    sigma: float

    def transform(self, unit: jax.Array) -> jax.Array:
        """The value with the cumulative probability `unit`; infinite at 0 and 1."""
        return self.mean + self.sigma * jax.scipy.special.ndtri(unit)

    def log_density(self, value: jax.Array) -> jax.Array:
        """In nats."""
        return -0.5 * ((value - self.mean) / self.sigma) ** 2 - math.log(self.sigma * math.sqrt(2.0 * math.pi))


Prior = Uniform | Gaussian
