"""The seal at the end of a file: what is where in it, and checksums of every byte: damage is reported, never drawn.

After the last byte of HDF5, where HDF5 does not look, stand, little-endian:

    directory  UTF-8 text that names and describes the arrays (module `directory`)
    table      for each array of the directory: offset u64, length u64, checksum of those bytes u32, zero u32
    footer     magic 8 bytes "AVRSEAL1", file size u64, rows of the table u32, length of the directory u32, CRC-32 u32

The footer's CRC-32 is of every byte before it that no row covers, in order. So each byte of the file is covered exactly
once, and a reader needs no HDF5 library: neither damage nor a stranger's file can mislead one.

An array's checksum is at memory's speed where a plain CRC-32 would cost as much as writing the file: its bytes are cut
into blocks of 4096, each block becomes one 64-bit number, the sum of its 512 words (little-endian, modulo 2**64), and
the checksum is the CRC-32 of these numbers followed by the bytes after the last whole block. CRC-32 is that of zlib,
PNG and Ethernet (ISO 3309). A change within one word, a block lost, moved or cleared is found, but for one in 2**32
where several blocks are touched; words exchanged *within* one block are not found.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from autoviz_render.spool.errors import LaterVersionError, UnreadableError, UnsealedError
from autoviz_render.spool.format.manifest import MAX_DIRECTORY_BYTES

Span = tuple[int, int, int]
"""Offset, length in bytes, and checksum of an array."""

_SPAN = struct.Struct("<QQII")
_FOOTER = struct.Struct("<8sQII")
_CRC = struct.Struct("<I")
_MAGIC = b"AVRSEAL1"
_HDF5 = b"\x89HDF\r\n\x1a\n"
TAIL = _FOOTER.size + _CRC.size
_SHORTEST_ENTRY = 14  # bytes of a directory for an array, as `["x","|b1",[]]`
_WORD = np.dtype("<u8")
_BLOCK_BYTES = 4096
_BLOCK_WORDS = _BLOCK_BYTES // _WORD.itemsize


def checksum(buffer: memoryview) -> int:
    """The checksum of the bytes of a contiguous buffer."""
    length = buffer.nbytes
    blocks = length // _BLOCK_BYTES
    if not blocks:
        return zlib.crc32(buffer)
    words = np.frombuffer(buffer, _WORD, blocks * _BLOCK_WORDS).reshape(blocks, _BLOCK_WORDS)
    check = zlib.crc32(np.add.reduce(words, axis=1).data)
    whole = blocks * _BLOCK_BYTES
    return zlib.crc32(np.frombuffer(buffer, np.uint8, length - whole, whole).data, check) if length > whole else check


def seal(directory: bytes, spans: Sequence[Span], body: int, rest: int) -> bytes:
    """The seal of a file.

    spans: of the arrays, in the order of the directory, which is that of their offsets; those without bytes are at 0.
    body: the length of the file so far. rest: the CRC-32 of all its bytes that are in no span.
    """
    size = body + len(directory) + len(spans) * _SPAN.size + TAIL
    numbers = [number for offset, length, check in spans for number in (offset, length, check, 0)]
    table = _layout(len(spans)).pack(*numbers, _MAGIC, size, len(spans), len(directory))
    return directory + table + _CRC.pack(zlib.crc32(table, zlib.crc32(directory, rest)))


@lru_cache(maxsize=64)
def _layout(spans: int) -> struct.Struct:
    return struct.Struct("<" + spans * _SPAN.format[1:] + _FOOTER.format[1:])


@dataclass(frozen=True)
class Sealed:
    """What a verified file holds. places: offset and length in bytes of each array of the directory."""

    directory: bytes
    places: tuple[tuple[int, int], ...]


def check_end(end: memoryview, size: int, path: Path) -> tuple[int, int]:
    """Where the directory and the table of a sealed file begin, by its last bytes alone.

    end: the last TAIL bytes, or more. size: of the whole file.
    Raises LaterVersionError where a later version sealed it, UnreadableError where nobody did.
    """
    if size < TAIL:
        raise UnreadableError(path, f"is cut short: it has {size} bytes")
    magic, sealed_size, rows, described = _FOOTER.unpack_from(end, end.nbytes - TAIL)
    if sealed_size != size or not re.fullmatch(rb"AVRSEAL[1-9]", magic):
        raise UnsealedError(path, "is cut short or was changed: the seal at its end is missing")
    if magic > _MAGIC:
        raise LaterVersionError(path, "was sealed by a later version of this program: install a newer one")
    if described > MAX_DIRECTORY_BYTES or rows * _SHORTEST_ENTRY > described:
        raise UnreadableError(path, f"is refused: {rows} arrays in a directory of {described} bytes")
    table = size - TAIL - rows * _SPAN.size
    if table < described:
        raise UnreadableError(path, "is damaged: its seal names more arrays than fit in the file")
    return table - described, table


def check(data: memoryview, path: Path) -> Sealed:
    """Verify every byte of a sealed file.

    Raises LaterVersionError where a later version sealed it, UnreadableError that says what is wrong otherwise.
    """
    if data[: len(_HDF5)] != _HDF5:
        raise UnreadableError(path, "is not a snapshot: it does not begin as an HDF5 file does")
    body, table = check_end(data, data.nbytes, path)
    places, position, rest = [], 0, 0
    for offset, length, expected, _ in _SPAN.iter_unpack(data[table : data.nbytes - TAIL]):
        if not (position <= offset <= offset + length <= body or (offset, length) == (0, 0)):
            raise UnreadableError(path, "is damaged: its seal does not fit the file")
        if length:
            if checksum(data[offset : offset + length]) != expected:
                raise UnreadableError(path, f"is damaged: the array at byte {offset} does not match its checksum")
            rest = zlib.crc32(data[position:offset], rest)
            position = offset + length
        places.append((offset, length))
    rest = zlib.crc32(data[position : data.nbytes - _CRC.size], rest)
    if _CRC.unpack_from(data, data.nbytes - _CRC.size)[0] != rest:
        raise UnreadableError(path, "is damaged: its description does not match its checksum")
    return Sealed(bytes(data[body:table]), tuple(places))
