"""The footer of a file: what is where in it, and checksums of every byte, so that damage is reported, never drawn.

A file begins with HDF5's part, where any HDF5 library finds the datasets that `schema` names. After its last byte,
where HDF5 does not look, stands the footer, all numbers little-endian:

    manifest   UTF-8 text that names and describes the arrays (module `manifest`)
    table      for each array of the manifest: offset u64, length u64, checksum of those bytes u32, zero u32
    trailer    magic 8 bytes "AVRSEAL1", file size u64, rows of the table u32, length of the manifest u32, CRC-32 u32

The trailer's CRC-32 is of every byte before it that no row covers, in order. So each byte of the file is covered
exactly once, and a reader needs no HDF5 library: neither damage nor a stranger's file can mislead one.

An array's checksum is at memory's speed; a plain CRC-32 would cost as much as writing the file. Its bytes are cut
into blocks of 4096, each block becomes one 64-bit number, the sum of its 512 words (little-endian, modulo 2**64), and
the checksum is the CRC-32 of these numbers followed by the bytes after the last whole block. CRC-32 is that of zlib,
PNG and Ethernet (ISO 3309). A change within one word, a block lost, moved or cleared is found, but for one in 2**32
if several blocks are touched; words exchanged *within* one block are not found.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Sequence
from io import FileIO
from pathlib import Path

import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.errors import LaterVersionError, NoFooterError, UnreadableError
from autoviz_render.spool.format.checksums import checksum
from autoviz_render.spool.format.manifest import FORMAT_VERSION, MAX_MANIFEST_BYTES, later, parse_manifest
from autoviz_render.spool.system.safe_read import open_plain, read_all

MAX_FILE_BYTES = 4 << 30

Span = tuple[int, int, int]
"""Offset, length in bytes, and checksum of an array."""

_SPAN = struct.Struct("<QQII")
_TRAILER = struct.Struct("<8sQII")
_CRC = struct.Struct("<I")
_MAGIC = b"AVRSEAL1"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TRAILER_BYTES = _TRAILER.size + _CRC.size
_HEADER_BYTES = 1 << 16  # of HDF5: the root's attributes are within them
_LAST_VERSION = 10_000  # a larger number in damaged bytes is damage
_SHORTEST_ENTRY = 14  # bytes of a manifest for an array, as `["x","|b1",[]]`


def footer_bytes(manifest: bytes, spans: Sequence[Span], body: int, rest: int) -> bytes:
    """The footer of a file.

    Args:
        manifest: As `manifest_bytes` gives it.
        spans: Of the arrays, in the order of the manifest, which is that of their offsets; those without bytes have
            the offset 0.
        body: The length of the file so far, in bytes.
        rest: The CRC-32 of all its bytes that are in no span.
    """
    size = body + len(manifest) + len(spans) * _SPAN.size + _TRAILER_BYTES
    numbers = [number for offset, length, check in spans for number in (offset, length, check, 0)]
    table = struct.pack(f"<{len(spans) * 'QQII'}8sQII", *numbers, _MAGIC, size, len(spans), len(manifest))
    return manifest + table + _CRC.pack(zlib.crc32(table, zlib.crc32(manifest, rest)))


def read_file(path: Path) -> memoryview:
    """The bytes of a file that has a footer: a large one without is refused before it takes any memory.

    Raises:
        UnreadableError: It is no such file.
        LaterVersionError: A later version of this package wrote it.
        OSError: The disk is at fault, or there is no file.
    """
    with open_plain(path, MAX_FILE_BYTES) as file:
        return read_part(file, 0, os.fstat(file.fileno()).st_size, path)


def read_part(file: FileIO, start: int, size: int, path: Path) -> memoryview:
    """The same of a file that is part of a larger one, from `start` on; what is raised is as of `read_file`."""
    file.seek(start + max(0, size - _TRAILER_BYTES))
    try:
        _find(memoryview(file.read(min(size, _TRAILER_BYTES))), size, path)
    except NoFooterError:
        file.seek(start)
        _refuse_a_later_version(file.read(min(size, _HEADER_BYTES)), path)
        raise
    file.seek(start)
    try:
        return read_all(file, size)
    except MemoryError as error:
        raise UnreadableError(path, f"is refused: its {size} bytes are more than there is memory") from error


def decode(data: bytes | memoryview, path: Path, kind: str) -> dict[str, Array]:
    """The arrays of a file by path, every byte verified: read-only views of its bytes. HDF5 is not asked.

    Args:
        data: The whole file.
        path: Names the file in errors.
        kind: Of the file that is expected: "snapshot" or "static".

    Raises:
        LaterVersionError: A later version of this package wrote it.
        UnreadableError: It is damaged, or its manifest names what no file of ours holds.
    """
    data = memoryview(data).toreadonly()
    try:
        manifest, places = _verified(data, path)
    except NoFooterError:
        _refuse_a_later_version(data[:_HEADER_BYTES].tobytes(), path)
        raise
    entries = parse_manifest(manifest, path, kind)
    if len(entries) != len(places):
        raise UnreadableError(path, "is damaged: its footer places other arrays than it names")
    arrays = {}
    for entry, (offset, length) in zip(entries, places, strict=True):
        if entry.nbytes != length:
            raise UnreadableError(path, f"is damaged: {entry.path!r} has {length} bytes, its shape {entry.nbytes}")
        if length:
            count = length // entry.dtype.itemsize
            arrays[entry.path] = np.frombuffer(data, entry.dtype, count, offset).reshape(entry.shape)
        else:
            arrays[entry.path] = np.zeros(entry.shape, entry.dtype)
    return arrays


def footer_digest(data: memoryview) -> str:
    """The SHA-256 of the footer of a whole file, in hexadecimal digits.

    The footer has a checksum of every byte, so this names the file's content, and takes a few microseconds.
    """
    body, _ = _find(data, data.nbytes, Path())
    return hashlib.sha256(data[body:]).hexdigest()


def _verified(data: memoryview, path: Path) -> tuple[bytes, list[tuple[int, int]]]:
    """The manifest, and offset and length in bytes of each of its arrays, once every byte of the file is verified."""
    if data[: len(_HDF5)] != _HDF5:
        raise UnreadableError(path, "is not a snapshot: it does not begin as an HDF5 file does")
    body, table = _find(data, data.nbytes, path)
    places, position, rest = [], 0, 0
    for offset, length, expected, _ in _SPAN.iter_unpack(data[table : data.nbytes - _TRAILER_BYTES]):
        if not (position <= offset <= offset + length <= body or (offset, length) == (0, 0)):
            raise UnreadableError(path, "is damaged: its footer does not fit the file")
        if length:
            if checksum(data[offset : offset + length]) != expected:
                raise UnreadableError(path, f"is damaged: the array at byte {offset} does not match its checksum")
            rest = zlib.crc32(data[position:offset], rest)
            position = offset + length
        places.append((offset, length))
    rest = zlib.crc32(data[position : data.nbytes - _CRC.size], rest)
    if _CRC.unpack_from(data, data.nbytes - _CRC.size)[0] != rest:
        raise UnreadableError(path, "is damaged: its description does not match its checksum")
    return bytes(data[body:table]), places


def _find(end: memoryview, size: int, path: Path) -> tuple[int, int]:
    """Where the manifest and the table of a file of that size begin, by its last bytes alone."""
    if size < _TRAILER_BYTES:
        raise UnreadableError(path, f"is cut short: it has {size} bytes")
    magic, told_size, rows, described = _TRAILER.unpack_from(end, end.nbytes - _TRAILER_BYTES)
    if told_size != size or not re.fullmatch(rb"AVRSEAL[1-9]", magic):
        raise NoFooterError(path, "is cut short or was changed: the footer at its end is missing")
    if magic > _MAGIC:
        raise LaterVersionError(path, "was written by a later version of this program: install a newer one")
    if described > MAX_MANIFEST_BYTES or rows * _SHORTEST_ENTRY > described:
        raise UnreadableError(path, f"is refused: {rows} arrays in a manifest of {described} bytes")
    table = size - _TRAILER_BYTES - rows * _SPAN.size
    if table < described:
        raise UnreadableError(path, "is damaged: its footer names more arrays than fit in the file")
    return table - described, table


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
