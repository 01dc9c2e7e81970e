"""From whatever a sampler holds to plain arrays that a file can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autoviz_render.spool.snapshot import Array

_STORED_KINDS = "biufc"


def hand_over(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The leaves by name, safe from what the caller does next, at the least cost to the caller.

    Nested mappings and named tuples are flattened to names with slashes. JAX arrays are immutable and are
    kept by reference, to be converted elsewhere; anything else is copied. Raises TypeError or ValueError
    for what is no mapping of arrays.
    """
    if not isinstance(arrays, Mapping):
        raise TypeError(f"arrays must be a mapping of names to arrays, not {type(arrays).__name__}")
    leaves: dict[str, Any] = {}
    for name, leaf in _leaves(arrays, ""):
        if name in leaves:
            raise ValueError(f"two arrays are both named {name!r}")
        leaves[name] = hand_over_one(leaf)
    return leaves


def hand_over_one(leaf: Any) -> Any:
    """One leaf, safe from what the caller does next; Python's own numbers are."""
    return leaf if _is_jax(leaf) or leaf is None or isinstance(leaf, int | float) else np.array(leaf)


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


def _leaves(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if any(part in ("", ".", "..") for part in name.split("/")) or "\0" in name:
            raise ValueError(f"{name!r} cannot name an array")
        if hasattr(value, "_asdict"):
            value = value._asdict()  # noqa: PLW2901  a named tuple: read on as the mapping it stands for
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{name}/")
        elif value is not None:
            yield name, value


def _is_jax(leaf: Any) -> bool:
    # by the name of its module: asking JAX itself would import it
    return type(leaf).__module__.partition(".")[0] in ("jax", "jaxlib")
