"""What the arrays of a file are: a line of text in its footer, for readers that trust no HDF5 file of a stranger.

    {"format": "autoviz-render snapshot", "version": 1, "datasets": [["arrays/x", "<f8", [100, 100]], ...]}

Each dataset has its path, its type and its shape. The types are NumPy's names of booleans (`|b1`), integers, floats,
complex numbers and bytes of fixed length (`|S64`), with their byte order.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autoviz_render.spool.errors import LaterVersionError, UnreadableError
from autoviz_render.spool.format.names import LONGEST_PATH, check_name

FORMAT_VERSION = 1
FILE_FORMAT = "autoviz-render"
"""What the root attribute `format` of every file begins with."""

MAX_MANIFEST_BYTES = 1 << 21
_MAX_DIMENSIONS = 32
_MAX_SIZE = 1 << 46  # bytes: NumPy refuses more than its integers can count, even if a length is zero
_TYPES = re.compile(r"\|b1|\|[iu]1|[<>][iu][248]|[<>]f[248]|[<>]c(8|16)|\|S[1-9]\d{0,6}")


class ArrayEntry(NamedTuple):
    """One dataset of a file, but for where its bytes lie."""

    path: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def manifest_bytes(kind: str, entries: Iterable[ArrayEntry]) -> bytes:
    """The manifest of a file of that kind, "snapshot" or "static"."""
    listed = [[each.path, each.dtype.str, each.shape] for each in entries]
    return _json({"format": f"{FILE_FORMAT} {kind}", "version": FORMAT_VERSION, "datasets": listed})


def entry_length(entry: ArrayEntry) -> int:
    """By how many bytes, at most, a dataset makes a manifest longer."""
    return len(_json([entry.path, entry.dtype.str, entry.shape])) + 1


def _json(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def parse_manifest(manifest: bytes, path: Path, kind: str) -> tuple[ArrayEntry, ...]:
    """The datasets of a file, in order.

    Args:
        manifest: As it stands in the file.
        path: Names the file in errors.
        kind: Of the file that is expected: "snapshot" or "static".

    Raises:
        LaterVersionError: A later version of this package wrote it.
        UnreadableError: It is none, or names what no file of ours holds.
    """
    try:
        return _parsed(manifest, kind)
    except LaterVersionError as error:
        raise LaterVersionError(path, error.fault) from error
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise UnreadableError(path, f"is refused: {error}") from error


def later(version: int) -> str:
    """What a `LaterVersionError` says of a file of that version."""
    return f"has format version {version}, this program reads up to {FORMAT_VERSION}: install a newer one"


@lru_cache(maxsize=4)
def _parsed(manifest: bytes, kind: str) -> tuple[ArrayEntry, ...]:
    content = json.loads(manifest)
    if isinstance(content["version"], int) and content["version"] > FORMAT_VERSION:
        raise LaterVersionError("", later(content["version"]))
    if content["format"] != f"{FILE_FORMAT} {kind}":
        raise ValueError(f"it is {content['format']!r}, expected '{FILE_FORMAT} {kind}'")
    entries = tuple(checked_entry(*each) for each in content["datasets"])
    if len({each.path for each in entries}) < len(entries):
        raise ValueError("two of its arrays have one name")
    return entries


def checked_entry(path: str, dtype: str, shape: Sequence[int]) -> ArrayEntry:
    """The entry of an array that a file may hold.

    Raises:
        ValueError: A file may hold no such array, or none of that name.
        TypeError: One of these is of another type.
    """
    check_name(path, LONGEST_PATH)
    if not _TYPES.fullmatch(dtype):
        raise ValueError(f"{path!r} has the unsupported type {dtype!r}")
    if not isinstance(shape, list | tuple) or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"{path!r} has the impossible shape {shape!r:.100}")
    entry = ArrayEntry(path, np.dtype(dtype), tuple(shape))
    if len(shape) > _MAX_DIMENSIONS or math.prod(max(each, 1) for each in shape) * entry.dtype.itemsize > _MAX_SIZE:
        raise ValueError(f"{path!r} has the impossible shape {shape!r:.100}")
    return entry
