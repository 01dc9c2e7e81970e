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

    A subclass names the parameters and defines the first three methods.

    Attributes:
        parameter_names: In the order of every `parameters`, array[parameter].
    """

    parameter_names: tuple[str, ...]

    @abstractmethod
    def prior_transform(self, unit: jax.Array) -> jax.Array:
        """The parameters at a point of the unit cube.

        Args:
            unit: array[parameter], between 0 and 1.

        Returns:
            array[parameter], in physical units.
        """

    @abstractmethod
    def log_prior(self, parameters: jax.Array) -> jax.Array:
        """The log prior density of one point.

        Args:
            parameters: array[parameter], in physical units.

        Returns:
            A scalar in nats; -inf outside the prior's support.
        """

    @abstractmethod
    def fit_from(self, parameters: jax.Array) -> Mapping[str, Any]:
        """The fit at one point.

        Args:
            parameters: array[parameter], in physical units.

        Returns:
            A pytree of the arrays that a figure needs, and `log_likelihood`, a scalar in nats, which is -inf or NaN if
            the model refuses the point. Its structure and shapes must not depend on the parameters, so that it compiles
            once.
        """

    def static(self) -> Mapping[str, npt.ArrayLike]:
        """The arrays that a figure needs and that never change: data, noise map, mask. None by default."""
        return {}
