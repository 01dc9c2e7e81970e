"""The bytes of a sealed HDF5 file as named arrays: verified first, then described by HDF5, and never copied.

HDF5 is asked once for each layout: a file whose bytes outside the arrays are those of a file that HDF5 described
before is laid out as that one was.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from autoviz_render.spool.errors import LaterVersionError, SpoolError, UnreadableError, UnsealedError
from autoviz_render.spool.layout import FILE_FORMAT, FORMAT_VERSION
from autoviz_render.spool.seal import Body, check
from autoviz_render.spool.snapshot import Array

MAX_FILE_BYTES = 4 << 30
_MAX_DATASETS = 20_000
_MAX_DEPTH = 16
_STORED_KINDS = "biufcS"
_LAYOUTS_KEPT = 8
_HEADER_BYTES = 1 << 16  # the root's attributes are within them
_LAST_VERSION = 10_000  # a larger number in damaged bytes is damage


@dataclass(frozen=True)
class _Field:
    """One dataset of a file: where its bytes lie and what they mean."""

    path: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    size: int
    offset: int

    def view(self, data: memoryview) -> Array:
        if not self.size:
            return np.zeros(self.shape, self.dtype)
        return np.frombuffer(data, self.dtype, self.size, self.offset).reshape(self.shape)


_layouts: OrderedDict[tuple[str, Body], tuple[_Field, ...]] = OrderedDict()
_layouts_lock = threading.Lock()


def decode(data: bytes | memoryview, path: Path, kind: str) -> dict[str, Array]:
    """The datasets of a sealed file by path: read-only views of its bytes.

    Raises LaterVersionError where a later version wrote it, and UnreadableError where the seal is broken
    or the file holds what it may not: links, pickled objects, filters, anything stored elsewhere.
    """
    data = memoryview(data).toreadonly()
    try:
        body = check(data, path)
    except UnsealedError:
        _refuse_a_later_version(data[:_HEADER_BYTES].tobytes(), path)
        raise
    return {field.path: field.view(data) for field in _fields(data, body, path, kind)}


def _fields(data: memoryview, body: Body, path: Path, kind: str) -> tuple[_Field, ...]:
    key = (kind, body)
    with _layouts_lock:
        if key in _layouts:
            _layouts.move_to_end(key)
            return _layouts[key]
    fields = _described(data, path, kind)
    if [(field.offset, field.size * field.dtype.itemsize) for field in fields if field.size] == sorted(body.spans):
        # only then do the bytes outside the spans say everything that HDF5 looked at
        with _layouts_lock:
            _layouts[key] = fields
            while len(_layouts) > _LAYOUTS_KEPT:
                _layouts.popitem(last=False)
    return fields


def _described(data: memoryview, path: Path, kind: str) -> tuple[_Field, ...]:
    """The fields as HDF5 finds them, in the order of their offsets."""
    try:
        with h5py.File(io.BytesIO(data), "r", locking=False) as file:
            _check_header(file, path, kind)
            return tuple(sorted(_datasets(file, data.nbytes, path), key=lambda field: field.offset))
    except SpoolError:
        raise
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, AttributeError) as error:  # h5py, on nonsense
        raise UnreadableError(path, f"is not a snapshot: {error}") from error


def _refuse_a_later_version(start: bytes, path: Path) -> None:
    """A later version need not end its files as we do: look at the version before calling a file bad.

    Looked up in the raw bytes: HDF5 may crash or spin for ever on a damaged file (seen with one byte changed), so it
    never gets one. Source: HDF5 File Format Specification 3.0, section IV.A.2.m, the attribute message: the name, a
    datatype (the first byte of an integer's is 0x10), a dataspace, the value; each padded to 8 bytes in version 1 of
    the message, not in version 3.
    """
    for name, before_value in ((b"format_version\0\0", 16 + 8), (b"format_version\0\x10", 11 + 4)):
        place = start.find(name) + len(name) + before_value
        version = int.from_bytes(start[place : place + 8], "little")
        if name in start and place + 8 <= len(start) and FORMAT_VERSION < version < _LAST_VERSION:
            raise LaterVersionError(path, _later(version))


def _later(version: int) -> str:
    return f"has format version {version}, this program reads up to {FORMAT_VERSION}: install a newer one"


def _check_header(file: h5py.File, path: Path, kind: str) -> None:
    found, version = file.attrs.get("format"), file.attrs.get("format_version")
    if not isinstance(found, str) or not found.startswith(FILE_FORMAT) or not isinstance(version, np.integer):
        raise UnreadableError(path, "is an HDF5 file, but not a snapshot of autoviz-render")
    if version > FORMAT_VERSION:
        raise LaterVersionError(path, _later(int(version)))
    if found != f"{FILE_FORMAT} {kind}":
        raise UnreadableError(path, f"is {found!r}, expected '{FILE_FORMAT} {kind}'")


def _datasets(group: h5py.Group, file_size: int, path: Path, prefix: str = "", depth: int = 0) -> Iterator[_Field]:
    if depth > _MAX_DEPTH or len(group) > _MAX_DATASETS:
        raise UnreadableError(path, "is refused: its groups are nested too deep or hold too much")
    for name in group:
        if type(group.get(name, getlink=True)) is not h5py.HardLink:
            raise UnreadableError(path, f"is refused: {prefix + name!r} is a link to another place")
        item = group[name]
        if isinstance(item, h5py.Group):
            yield from _datasets(item, file_size, path, f"{prefix}{name}/", depth + 1)
        elif isinstance(item, h5py.Dataset):
            yield _field(item, prefix + name, file_size, path)
        else:
            raise UnreadableError(path, f"is refused: {prefix + name!r} is neither a group nor an array")


def _field(dataset: h5py.Dataset, name: str, file_size: int, path: Path) -> _Field:
    layout: Any = dataset.id.get_create_plist()
    if layout.get_layout() != h5py.h5d.CONTIGUOUS or layout.get_external_count():
        raise UnreadableError(path, f"is refused: {name!r} is not stored whole inside the file")
    dtype = np.dtype(dataset.dtype.str) if dataset.dtype.kind in _STORED_KINDS else None
    if dtype is None or dtype.itemsize == 0 or dataset.shape is None:
        raise UnreadableError(path, f"is refused: {name!r} has the unsupported type {dataset.dtype}")
    size = int(dataset.size)
    offset = dataset.id.get_offset() if size else 0
    if offset is None or offset + size * dtype.itemsize > file_size:
        raise UnreadableError(path, f"is damaged: {name!r} lies outside the file")
    return _Field(name, dtype, dataset.shape, size, offset)
