"""Trees of arrays as vectors of parameters with names, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.spool.arrays import Floats


class Layout:
    """Where the leaves of a JAX pytree lie in a vector.

    tree: an example. batch: how many leading axes of every leaf count samples.

    names: `tau`, `theta[0]`, `theta[1]`, `disk.mass`, ...; none of a bare array. Dictionaries are in the order of their
    keys, as JAX has them.
    """

    def __init__(self, tree: Any, batch: int) -> None:
        import jax  # whoever has such a tree has loaded it

        paths, structure = jax.tree_util.tree_flatten_with_path(tree)
        self._leaves = jax.tree_util.tree_leaves
        self._tree = partial(jax.tree_util.tree_unflatten, structure)
        self._shapes = [np.shape(leaf)[batch:] for _, leaf in paths]
        self._ends = np.cumsum([math.prod(shape) for shape in self._shapes]).tolist()
        self.names: Sequence[str] = ()
        if any(path for path, _ in paths):
            named = zip(paths, self._shapes, strict=True)
            self.names = [name for (path, _), shape in named for name in _names(_joined(path), shape)]

    @property
    def size(self) -> int:
        """Of the vector."""
        return int(self._ends[-1]) if self._ends else 0

    def vector(self, tree: Any) -> Floats:
        """array[..., parameter], on the host, float64. Every leaf is copied once, and stays where it is."""
        leaves = [np.asarray(leaf) for leaf in self._leaves(tree)]
        flat = [
            leaf.reshape(*leaf.shape[: leaf.ndim - len(shape)], -1)
            for leaf, shape in zip(leaves, self._shapes, strict=True)
        ]
        joined = flat[0] if len(flat) == 1 else np.concatenate(flat, axis=-1)
        return np.array(joined, dtype=np.float64)

    def tree(self, vector: npt.ArrayLike) -> Any:
        """The tree of one vector, array[parameter]: NumPy arrays in the shapes of the example's leaves."""
        pieces = np.split(np.asarray(vector, dtype=np.float64), self._ends[:-1])
        shaped = [piece.reshape(shape)[()] for piece, shape in zip(pieces, self._shapes, strict=True)]
        return self._tree(shaped)


def _joined(path: Sequence[Any]) -> str:
    """`disk.mass` of the keys that lead to a leaf."""
    keys = [getattr(step, "key", getattr(step, "name", getattr(step, "idx", step))) for step in path]
    return ".".join(str(key) for key in keys)


def _names(name: str, shape: Sequence[int]) -> list[str]:
    return [f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(*shape)] if shape else [name]
