"""Variables of a probabilistic program, each an array, as vectors of parameters with names, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.spool.arrays import Floats


class Variables:
    """Some variables, in an order.

    Args:
        shapes: Of each variable by name, in that order.

    Attributes:
        names: `mu`, `theta[0]`, `theta[1]`, ... of each number of a vector.
        size: The length of a vector.
    """

    def __init__(self, shapes: Mapping[str, Sequence[int]]) -> None:
        self._shapes = {name: tuple(map(int, shape)) for name, shape in shapes.items()}
        self.names = [each for name, shape in self._shapes.items() for each in entry_names(name, shape)]
        self.size = len(self.names)

    def ravel(self, values: Mapping[str, Any], batch: int = 0) -> Floats:
        """array[..., parameter], float64, a copy.

        Args:
            values: By name, of these variables and perhaps others.
            batch: How many leading axes of every variable count draws.
        """
        flat = [np.asarray(values[name], dtype=np.float64) for name in self._shapes]
        return np.concatenate([each.reshape(*each.shape[:batch], -1) for each in flat], axis=-1)

    def unravel(self, point: npt.ArrayLike) -> dict[str, Any]:
        """The variables by name, in their shapes, of one vector, array[parameter]."""
        ends = np.cumsum([math.prod(shape) for shape in self._shapes.values()])[:-1]
        pieces = np.split(np.asarray(point, dtype=np.float64), ends)
        named = zip(self._shapes.items(), pieces, strict=True)
        return {name: piece.reshape(shape)[()] for (name, shape), piece in named}


def entry_names(name: str, shape: Sequence[int]) -> list[str]:
    """`theta[0,0]`, `theta[0,1]`, ... of each entry of an array; `mu` of a number."""
    return [f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(*shape)] if shape else [name]


def free_names(value_names: Iterable[str]) -> list[str]:
    """The variables whose values a sampler of PyMC moves: `sigma` for `sigma_log__`, which is how it calls the
    unconstrained values of `sigma`.

    Args:
        value_names: Of the values that are moved.

    Source: `get_untransformed_name` of pymc/util.py.
    """
    return [name if not _is_transformed(name) else "_".join(name.split("_")[:-3]) for name in value_names]


def _is_transformed(name: str) -> bool:
    return name.endswith("__") and name.count("_") >= 3
