"""From whatever a sampler holds to plain arrays that a file can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autoviz_render.spool.snapshot import Array

_STORED_KINDS = "biufc"
_IMMUTABLE: set[type] = {int, float, bool, complex, type(None)}  # and the types of JAX, as they come


def hand_over(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """A tree of the same leaves, safe from what the caller does next, at the least cost to the caller.

    JAX arrays are immutable and are kept by reference, to be converted elsewhere; anything else is copied. Raises
    TypeError where it is no mapping, and what NumPy raises for a leaf that is no array.
    """
    if type(arrays) is dict and _IMMUTABLE.issuperset(map(type, arrays.values())):
        return dict(arrays)
    if not isinstance(arrays, Mapping):
        raise TypeError(f"arrays must be a mapping of names to arrays, not {type(arrays).__name__}")
    return {key: _handed_over(value) for key, value in arrays.items()}


def hand_over_one(leaf: Any) -> Any:
    """One leaf, safe from what the caller does next; Python's own numbers are."""
    if type(leaf) in _IMMUTABLE:
        return leaf
    # by the name of its module: asking JAX itself would import it
    if type(leaf).__module__.partition(".")[0] in ("jax", "jaxlib"):
        _IMMUTABLE.add(type(leaf))
        return leaf
    return np.array(leaf)


def flatten(tree: Mapping[Any, Any]) -> dict[str, Any]:
    """The leaves of a tree by name, `group/name` for nested ones; None is no leaf.

    Raises ValueError where a name could not be one in a file.
    """
    leaves: dict[str, Any] = {}
    for name, leaf in _leaves(tree, ""):
        if name in leaves:
            raise ValueError(f"two arrays are both named {name!r}")
        leaves[name] = leaf
    return leaves


def to_numpy(leaf: Any) -> Array:
    """A leaf as an array that HDF5 can hold: waits for the device where it is still being computed.

    Narrow floats that HDF5 lacks (bfloat16, float8) become float32, longer ones float64. Raises TypeError
    for objects, text and dates, and whatever JAX raises for an array that was donated.
    """
    value = np.asarray(leaf)
    if value.dtype.kind == "V" and value.dtype.name.startswith(("bfloat", "float")):
        return value.astype(np.float32)
    if value.dtype.kind not in _STORED_KINDS:
        raise TypeError(f"its type is {value.dtype}: publish numbers")
    if value.dtype in (np.longdouble, np.clongdouble) and value.dtype.itemsize > np.dtype("c16").itemsize // 2:
        return value.astype(np.complex128 if value.dtype.kind == "c" else np.float64)
    return value


def to_float(value: Any) -> float:
    """A scalar of any library as a float. Raises TypeError or ValueError where it is not one number."""
    return float(np.asarray(value).item())


def _handed_over(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        value = value._asdict()  # a named tuple: the mapping that it stands for
    if isinstance(value, Mapping):
        return {key: _handed_over(below) for key, below in value.items()}
    return hand_over_one(value)


def _leaves(tree: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if any(part in ("", ".", "..") for part in name.split("/")) or "\0" in name:
            raise ValueError(f"{name!r} cannot name an array")
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{name}/")
        elif value is not None:
            yield name, value
