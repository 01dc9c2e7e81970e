"""What the arrays of a file are: a line of text in its seal, for readers that trust no HDF5 file of a stranger.

    {"format": "autoviz-render snapshot", "version": 1, "datasets": [["arrays/x", "<f8", [100, 100]], ...]}

Each dataset has its path, its type and its shape. The types are NumPy's names of booleans (`|b1`), integers, floats,
complex numbers and bytes of fixed length (`|S64`), with their byte order.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.spool.errors import LaterVersionError, UnreadableError
from autoviz_render.spool.layout import FILE_FORMAT, FORMAT_VERSION

_MAX_BYTES = 1 << 24
_MAX_SIZE = 1 << 40  # elements: NumPy refuses more than its integers can count, also where a length is zero
_TYPES = re.compile(r"\|b1|\|[iu]1|[<>][iu][248]|[<>]f[248]|[<>]c(8|16)|\|S[1-9]\d{0,6}")


@dataclass(frozen=True)
class Described:
    """One dataset of a file, but for where its bytes lie."""

    path: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def directory_bytes(kind: str, datasets: Iterable[Described]) -> bytes:
    """The directory of a file of that kind, "snapshot" or "static"."""
    listed = [[each.path, each.dtype.str, each.shape] for each in datasets]
    content = {"format": f"{FILE_FORMAT} {kind}", "version": FORMAT_VERSION, "datasets": listed}
    return json.dumps(content, separators=(",", ":")).encode()


def read_directory(directory: bytes, path: Path, kind: str) -> tuple[Described, ...]:
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


@lru_cache(maxsize=16)
def _read(directory: bytes, kind: str) -> tuple[Described, ...]:
    if len(directory) > _MAX_BYTES:
        raise ValueError(f"its directory has {len(directory)} bytes, more than the {_MAX_BYTES} allowed")
    content = json.loads(directory)
    if isinstance(content["version"], int) and content["version"] > FORMAT_VERSION:
        raise _LaterError(content["version"])
    if content["format"] != f"{FILE_FORMAT} {kind}":
        raise ValueError(f"it is {content['format']!r}, expected '{FILE_FORMAT} {kind}'")
    datasets = tuple(_described(*each) for each in content["datasets"])
    if len({each.path for each in datasets}) < len(datasets):
        raise ValueError("two of its arrays have one name")
    return datasets


def _described(path: str, dtype: str, shape: list[int]) -> Described:
    if not isinstance(path, str) or any(part in ("", ".", "..") for part in path.split("/")) or "\0" in path:
        raise ValueError(f"{path!r} cannot name an array")
    if not _TYPES.fullmatch(dtype):
        raise ValueError(f"{path!r} has the unsupported type {dtype!r}")
    is_possible = len(shape) <= 32 and all(type(length) is int and length >= 0 for length in shape)
    if not is_possible or math.prod(max(length, 1) for length in shape) >= _MAX_SIZE:
        raise ValueError(f"{path!r} has the impossible shape {shape}")
    return Described(path, np.dtype(dtype), tuple(shape))
