"""The bytes of a sealed file as named arrays: verified first, and never copied. HDF5 is not asked."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.errors import LaterVersionError, UnreadableError, UnsealedError
from autoviz_render.spool.format.footer import TAIL, check, check_end
from autoviz_render.spool.format.manifest import later, read_directory
from autoviz_render.spool.paths import FORMAT_VERSION
from autoviz_render.spool.system.safe_read import open_plain, read_all

MAX_FILE_BYTES = 4 << 30
_HEADER_BYTES = 1 << 16  # the root's attributes are within them
_LAST_VERSION = 10_000  # a larger number in damaged bytes is damage


def read_sealed(path: Path) -> memoryview:
    """The bytes of a file that has a seal: a large one without is refused before it takes any memory.

    Raises UnreadableError and LaterVersionError, and OSError where the disk is at fault or there is no file.
    """
    with open_plain(path, MAX_FILE_BYTES) as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - TAIL))
        try:
            check_end(memoryview(file.read(TAIL)), size, path)
        except UnsealedError:
            file.seek(0)
            _refuse_a_later_version(file.read(_HEADER_BYTES), path)
            raise
        file.seek(0)
        try:
            return read_all(file, size)
        except MemoryError as error:
            raise UnreadableError(path, f"is refused: its {size} bytes are more than there is memory") from error


def decode(data: bytes | memoryview, path: Path, kind: str) -> dict[str, Array]:
    """The datasets of a sealed file by path: read-only views of its bytes.

    Raises LaterVersionError where a later version wrote it, and UnreadableError where the seal is broken or names what
    no file of ours holds.
    """
    data = memoryview(data).toreadonly()
    try:
        sealed = check(data, path)
    except UnsealedError:
        _refuse_a_later_version(data[:_HEADER_BYTES].tobytes(), path)
        raise
    datasets = read_directory(sealed.directory, path, kind)
    arrays = {}
    if len(datasets) != len(sealed.places):
        raise UnreadableError(path, "is damaged: its seal places other arrays than it names")
    for each, (offset, length) in zip(datasets, sealed.places, strict=True):
        if each.nbytes != length:
            raise UnreadableError(path, f"is damaged: {each.path!r} has {length} bytes, its shape {each.nbytes}")
        if length:
            count = length // each.dtype.itemsize
            arrays[each.path] = np.frombuffer(data, each.dtype, count, offset).reshape(each.shape)
        else:
            arrays[each.path] = np.zeros(each.shape, each.dtype)
    return arrays


def _refuse_a_later_version(start: bytes, path: Path) -> None:
    """A later version need not end its files as we do: look at the version before calling a file bad.

    Looked up in the raw bytes, as HDF5 may crash or spin for ever on a damaged file (seen with one byte changed).
    Source: HDF5 File Format Specification 3.0, section IV.A.2.m, the attribute message: the name, a datatype (the first
    byte of an integer's is 0x10), a dataspace, the value; each padded to 8 bytes in version 1 of the message, not in
    version 3.
    """
    for name, before_value in ((b"format_version\0\0", 16 + 8), (b"format_version\0\x10", 11 + 4)):
        place = start.find(name) + len(name) + before_value
        version = int.from_bytes(start[place : place + 8], "little")
        if name in start and place + 8 <= len(start) and FORMAT_VERSION < version < _LAST_VERSION:
            raise LaterVersionError(path, later(version))
