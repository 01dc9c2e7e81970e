"""From whatever a sampler holds to plain arrays that a file can hold."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.errors import WrongTypeError
from autoviz_render.spool.format.names import Names
from autoviz_render.spool.guard import MakesBlocks, shown, wrong
from autoviz_render.spool.write.arena import Arena, Arenas

_STORED_KINDS = "biufc"
_IMMUTABLE: set[type] = {int, float, bool, complex, type(None)}  # and the types of JAX, as they come
_DEEPEST = 50
_MOST = 100_000  # about as many as the manifest of a file can name


class _InArena(dict[str, Any]):
    """Leaves that lie in an arena, and keep it."""

    __slots__ = ("arena",)
    arena: Arena


def hand_over(arrays: Mapping[str, Any], guard: MakesBlocks, arenas: Arenas | None = None) -> dict[str, Any]:
    """A tree of the same leaves, safe from what the caller does next, at the least cost to the caller.

    JAX arrays are immutable and are kept by reference, to be converted elsewhere; anything else is copied. Named tuples
    and structured arrays become mappings of their fields.

    Args:
        arrays: By name; nested mappings are allowed.
        guard: A leaf that is no array costs itself, and so does a mapping that contains itself.
        arenas: Where there may be memory for the copies, which are good for as long as the tree itself then.

    Raises:
        TypeError: It is no mapping.
    """
    if type(arrays) is dict and _IMMUTABLE.issuperset(map(type, arrays.values())):
        return dict(arrays)
    if not isinstance(arrays, Mapping):
        raise WrongTypeError(wrong("arrays", arrays, "expected a mapping of names to arrays, as {'model': model}"))
    room = iter(range(_MOST))
    if arenas is None:
        return _copied(arrays, guard, (), room, np.array)
    arena = Arena(arenas)
    tree = _InArena(_copied(arrays, guard, (), room, arena.copy))
    tree.arena = arena
    return tree


def _copied(
    arrays: Mapping[Any, Any],
    guard: MakesBlocks,
    within: tuple[int, ...],
    room: Iterator[int],
    copy: Callable[[Any], Any],
) -> dict[str, Any]:
    """within: the mappings that this one is in. room: counts the leaves and mappings that may still come."""
    copies: dict[str, Any] = {}
    path = (*within, id(arrays))
    with guard("reading the arrays"):
        for key, value in arrays.items():
            with guard("array", of=key):
                copies[key] = _copy(value, guard, path, room, copy)
    return copies


def _copy(
    value: Any, guard: MakesBlocks, path: tuple[int, ...], room: Iterator[int], copy: Callable[[Any], Any]
) -> Any:
    if next(room, None) is None:
        raise ValueError(f"there are more than {_MOST} arrays")
    if hasattr(value, "_asdict"):
        value = value._asdict()  # a named tuple: the mapping that it stands for
    if not isinstance(value, Mapping):
        value = hand_over_one(value, copy)
        if (fields := getattr(getattr(value, "dtype", None), "names", None)) is None:
            return value
        value = {field: value[field] for field in fields}
    if id(value) in path or len(path) > _DEEPEST:
        raise ValueError(f"it contains itself, or is nested more than {_DEEPEST} deep")
    return _copied(value, guard, path, room, copy)


def hand_over_one(leaf: Any, copy: Callable[[Any], Any] = np.array) -> Any:
    """One leaf, safe from what the caller does next; Python's own numbers are. A masked array keeps its mask."""
    if type(leaf) in _IMMUTABLE:
        return leaf
    # by the name of its module: asking JAX itself would import it
    if type(leaf).__module__.partition(".")[0] in ("jax", "jaxlib"):
        _IMMUTABLE.add(type(leaf))
        return leaf
    return np.ma.array(leaf, copy=True) if _is_masked(leaf) else copy(leaf)


def _is_masked(leaf: Any) -> bool:
    """Whether it is a masked array, or a list of some. NumPy loads its module of them when it is first used."""
    if "numpy.ma" not in sys.modules:
        return False
    if isinstance(leaf, list | tuple):
        return any(isinstance(each, np.ma.MaskedArray) for each in leaf)
    return isinstance(leaf, np.ma.MaskedArray)


def flatten(tree: Mapping[Any, Any], guard: MakesBlocks) -> dict[str, Any]:
    """The leaves of a tree by name, `group/name` for nested ones; None is no leaf, and a bad name costs itself."""
    leaves: dict[str, Any] = {}
    _walk(tree, "", leaves, Names(), guard)
    return leaves


def _walk(tree: Mapping[Any, Any], prefix: str, leaves: dict[str, Any], names: Names, guard: MakesBlocks) -> None:
    """Not a function within `flatten`: one that calls itself refers to itself, and kept the arrays until Python looked
    for such circles."""
    for key, value in tree.items():
        with guard("array", of=f"{prefix}{key}" if type(key) is str else key):
            if isinstance(value, Mapping):
                _walk(value, f"{prefix}{key}/", leaves, names, guard)
            elif value is not None:
                leaves[names.add(f"{prefix}{key}")] = value


def to_numpy(leaf: Any) -> Array:
    """A leaf as an array that HDF5 can hold: waits for the device if it is still being computed.

    Narrow floats that HDF5 lacks (bfloat16, float8) become float32, longer ones float64. Masked values become NaN, and
    for that integers and booleans float64.

    Raises:
        TypeError: It holds objects, text or dates. JAX raises what it likes for an array that was donated.
    """
    value = _unmasked(leaf) if _is_masked(leaf) else np.asarray(leaf)
    if value.dtype.kind == "V" and value.dtype.name.startswith(("bfloat", "float")):
        return value.astype(np.float32)
    if value.dtype.kind not in _STORED_KINDS:
        raise WrongTypeError(f"its type is {value.dtype}; expected numbers")
    if value.dtype in (np.longdouble, np.clongdouble) and value.dtype.itemsize > np.dtype("c16").itemsize // 2:
        return value.astype(np.complex128 if value.dtype.kind == "c" else np.float64)
    return value


def _unmasked(leaf: Any) -> Array:
    value: Any = np.ma.asarray(leaf)
    if not np.ma.is_masked(value):
        return np.asarray(value.data)
    return np.asarray(np.ma.filled(value.astype(np.float64) if value.dtype.kind in "biu" else value, np.nan))


def to_float(value: Any) -> float:
    """A scalar of any library as a float; masked it is NaN.

    Raises:
        WrongTypeError: It is no number, or several, or a text.
    """
    try:
        return float((_unmasked(value) if _is_masked(value) else np.asarray(value)).item())
    except (TypeError, ValueError):
        given = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value  # as it was copied
        raise WrongTypeError(f"it is {shown(given)} ({type(given).__name__}); expected a number") from None
