"""Pytrees of arrays as vectors of parameters with names, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.search.hooks.variables import entry_names
from autoviz_render.spool.arrays import Floats


class Raveler:
    """Ravels the leaves of JAX pytrees into vectors, as `jax.flatten_util` does, but on the host and in batches.

    Args:
        tree: An example.
        batch: How many leading axes of every leaf count samples.

    Attributes:
        names: `tau`, `theta[0]`, `theta[1]`, `disk.mass`, ..., of each number of a vector; none of a bare array.
            Dictionaries are in the order of their keys, as JAX has them.
        size: The length of a vector.
    """

    def __init__(self, tree: Any, batch: int) -> None:
        import jax  # whoever has such a tree has loaded it

        paths, self._structure = jax.tree_util.tree_flatten_with_path(tree)
        self._jax = jax.tree_util
        self._shapes = [np.shape(leaf)[batch:] for _, leaf in paths]
        self._ends = np.cumsum([0, *map(math.prod, self._shapes)])[1:]
        self.size = int(sum(map(math.prod, self._shapes)))
        self.names: Sequence[str] = ()
        if any(path for path, _ in paths):
            named = zip(paths, self._shapes, strict=True)
            self.names = [name for (path, _), shape in named for name in entry_names(_joined(path), shape)]

    def ravel(self, tree: Any) -> Floats:
        """A copy on the host: array[..., parameter], float64."""
        leaves = zip(self._jax.tree_leaves(tree), self._shapes, strict=True)
        flat = [np.asarray(leaf).reshape(*np.shape(leaf)[: np.ndim(leaf) - len(shape)], -1) for leaf, shape in leaves]
        joined = flat[0] if len(flat) == 1 else np.concatenate(flat, axis=-1)
        return np.array(joined, dtype=np.float64)

    def unravel(self, vector: npt.ArrayLike) -> Any:
        """The tree of one vector, array[parameter]: NumPy arrays in the shapes of the example's leaves."""
        pieces = np.split(np.asarray(vector, dtype=np.float64), self._ends[:-1])
        shaped = [piece.reshape(shape)[()] for piece, shape in zip(pieces, self._shapes, strict=True)]
        return self._jax.tree_unflatten(self._structure, shaped)


def _joined(path: Sequence[Any]) -> str:
    """`disk.mass` of the keys that lead to a leaf."""
    keys = [getattr(step, "key", getattr(step, "name", getattr(step, "idx", step))) for step in path]
    return ".".join(str(key) for key in keys)
