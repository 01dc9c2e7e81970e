"""One model, and the two things that are wanted of it: a number for the sampler, arrays for the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy.typing as npt

from autoviz_render.search.analysis import Analysis


class Fitness:
    """The compiled functions of an analysis, both derived from its `fit_from`.

    Parameters are array[parameter] in physical units.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self._one = jax.jit(self.log_likelihood)
        self._batch = jax.jit(jax.vmap(self.log_likelihood))
        self._arrays = jax.jit(analysis.fit_from)

    def log_likelihood(self, parameters: jax.Array) -> jax.Array:
        """The log likelihood of one point, in nats, for use inside other traced functions.

        -inf where the model gives NaN: a sampler takes that as "not here". What else `fit_from` computes is
        not needed for it, and XLA leaves it out.
        """
        value = jnp.asarray(self.analysis.fit_from(parameters)["log_likelihood"])
        return jnp.where(jnp.isnan(value), -jnp.inf, value)

    def __call__(self, parameters: npt.ArrayLike) -> jax.Array:
        """The log likelihood of one point, or of a batch: array[point, parameter] -> array[point]."""
        points = jnp.asarray(parameters)
        likelihood: jax.Array = self._one(points) if points.ndim == 1 else self._batch(points)
        return likelihood

    def arrays(self, parameters: npt.ArrayLike) -> Mapping[str, Any]:
        """The fit's pytree of arrays at one point; returns before the device has computed them."""
        arrays: Mapping[str, Any] = self._arrays(jnp.asarray(parameters))
        return arrays
