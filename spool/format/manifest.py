"""What the arrays of a file are: a line of text in its seal, for readers that trust no HDF5 file of a stranger.

    {"format": "autoviz-render snapshot", "version": 1, "datasets": [["arrays/x", "<f8", [100, 100]], ...]}

Each dataset has its path, its type and its shape. The types are NumPy's names of booleans (`|b1`), integers, floats,
complex numbers and bytes of fixed length (`|S64`), with their byte order.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.spool.errors import LaterVersionError, UnreadableError
from autoviz_render.spool.names import check_path
from autoviz_render.spool.paths import FILE_FORMAT, FORMAT_VERSION

MAX_DIRECTORY_BYTES = 1 << 21
_MAX_DIMENSIONS = 32
_MAX_SIZE = 1 << 46  # bytes: NumPy refuses more than its integers can count, also where a length is zero
_TYPES = re.compile(r"\|b1|\|[iu]1|[<>][iu][248]|[<>]f[248]|[<>]c(8|16)|\|S[1-9]\d{0,6}")


@dataclass(frozen=True)
class ArrayEntry:
    """One dataset of a file, but for where its bytes lie."""

    path: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def directory_bytes(kind: str, datasets: Iterable[ArrayEntry]) -> bytes:
    """The directory of a file of that kind, "snapshot" or "static"."""
    listed = [[each.path, each.dtype.str, each.shape] for each in datasets]
    return _json({"format": f"{FILE_FORMAT} {kind}", "version": FORMAT_VERSION, "datasets": listed})


def entry_length(dataset: ArrayEntry) -> int:
    """By how many bytes, at most, a dataset makes a directory longer."""
    return len(_json([dataset.path, dataset.dtype.str, dataset.shape])) + 1


def _json(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def read_directory(directory: bytes, path: Path, kind: str) -> tuple[ArrayEntry, ...]:
    """The datasets of a file, in order.

    path: names the file in errors. Raises LaterVersionError and UnreadableError, as their names say.
    """
    try:
        return _read(directory, kind)
    except _LaterError as error:
        raise LaterVersionError(path, later(error.version)) from error
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise UnreadableError(path, f"is refused: {error}") from error


def later(version: int) -> str:
    return f"has format version {version}, this program reads up to {FORMAT_VERSION}: install a newer one"


class _LaterError(Exception):
    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


@lru_cache(maxsize=4)
def _read(directory: bytes, kind: str) -> tuple[ArrayEntry, ...]:
    content = json.loads(directory)
    if isinstance(content["version"], int) and content["version"] > FORMAT_VERSION:
        raise _LaterError(content["version"])
    if content["format"] != f"{FILE_FORMAT} {kind}":
        raise ValueError(f"it is {content['format']!r}, expected '{FILE_FORMAT} {kind}'")
    datasets = tuple(describe(*each) for each in content["datasets"])
    if len({each.path for each in datasets}) < len(datasets):
        raise ValueError("two of its arrays have one name")
    return datasets


def describe(path: str, dtype: str, shape: Sequence[int]) -> ArrayEntry:
    """The description of an array that a file may hold. Raises ValueError or TypeError for any other."""
    check_path(path)
    if not _TYPES.fullmatch(dtype):
        raise ValueError(f"{path!r} has the unsupported type {dtype!r}")
    if not isinstance(shape, list | tuple) or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"{path!r} has the impossible shape {shape!r:.100}")
    described = ArrayEntry(path, np.dtype(dtype), tuple(shape))
    if len(shape) > _MAX_DIMENSIONS or math.prod(max(each, 1) for each in shape) * described.dtype.itemsize > _MAX_SIZE:
        raise ValueError(f"{path!r} has the impossible shape {shape!r:.100}")
    return described
