"""From whatever a sampler holds to plain arrays that a file can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autoviz_render.spool.names import Names
from autoviz_render.spool.snapshot import Array

_STORED_KINDS = "biufc"
_IMMUTABLE: set[type] = {int, float, bool, complex, type(None)}  # and the types of JAX, as they come


Guard = Callable[..., bool]
"""Calls a function with arguments, and reports what it raises: see `Attempts`."""


def hand_over(arrays: Mapping[str, Any], guard: Guard) -> dict[str, Any]:
    """A tree of the same leaves, safe from what the caller does next, at the least cost to the caller.

    JAX arrays are immutable and are kept by reference, to be converted elsewhere; anything else is copied. A leaf that
    is no array costs itself. Raises TypeError where it is no mapping.
    """
    if type(arrays) is dict and _IMMUTABLE.issuperset(map(type, arrays.values())):
        return dict(arrays)
    if not isinstance(arrays, Mapping):
        raise TypeError(f"arrays must be a mapping of names to arrays, not {type(arrays).__name__}")
    return _copied(arrays, guard)


def _copied(arrays: Mapping[Any, Any], guard: Guard) -> dict[str, Any]:
    copies: dict[str, Any] = {}

    def copy(key: Any, value: Any) -> None:
        if hasattr(value, "_asdict"):
            value = value._asdict()  # a named tuple: the mapping that it stands for
        copies[key] = _copied(value, guard) if isinstance(value, Mapping) else hand_over_one(value)

    for key, value in arrays.items():
        guard(f"array {key!r}", copy, key, value)
    return copies


def hand_over_one(leaf: Any) -> Any:
    """One leaf, safe from what the caller does next; Python's own numbers are."""
    if type(leaf) in _IMMUTABLE:
        return leaf
    # by the name of its module: asking JAX itself would import it
    if type(leaf).__module__.partition(".")[0] in ("jax", "jaxlib"):
        _IMMUTABLE.add(type(leaf))
        return leaf
    return np.array(leaf)


def flatten(tree: Mapping[Any, Any], guard: Guard) -> dict[str, Any]:
    """The leaves of a tree by name, `group/name` for nested ones; None is no leaf, and a bad name costs itself."""
    leaves: dict[str, Any] = {}
    names = Names()

    def add(name: str, leaf: Any) -> None:
        leaves[names.add(name)] = leaf

    for name, leaf in _leaves(tree, ""):
        guard(f"array {name!r}", add, name, leaf)
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


def _leaves(tree: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}/")
        elif value is not None:
            yield f"{prefix}{key}", value
