"""What a search needs to know of a model: its priors, and the fit at one point."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jax
    import numpy.typing as npt


class Analysis(ABC):
    """A model and its data, written in JAX so that a search can trace and compile it.

    Subclasses name the parameters and define the three methods; `parameters` is always
    array[parameter] in physical units, in the order of `parameter_names`.
    """

    parameter_names: tuple[str, ...]

    @abstractmethod
    def prior_transform(self, unit: jax.Array) -> jax.Array:
        """The physical parameters of a point of the unit cube: array[parameter] -> array[parameter]."""

    @abstractmethod
    def log_prior(self, parameters: jax.Array) -> jax.Array:
        """The log prior density of one point, in nats; -inf outside the prior's support."""

    @abstractmethod
    def fit_from(self, parameters: jax.Array) -> Mapping[str, Any]:
        """The fit at one point: a pytree of the arrays a figure needs.

        It holds `log_likelihood`, a scalar in nats (-inf or NaN where the model refuses the point), and
        keeps one structure and one set of shapes whatever the parameters, so that it compiles once.
        """

    def static(self) -> Mapping[str, npt.ArrayLike]:
        """The arrays that a figure needs and that never change: data, noise map, mask. None by default."""
        return {}
