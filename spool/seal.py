"""The seal at the end of a file: checksums of every byte, so that damage is reported, never drawn.

After the last byte of HDF5, where HDF5 does not look, stand a table of spans and a footer, little-endian:

    table    for each array: offset u64, length u64, checksum of those bytes u32, zero u32
    footer   magic 8 bytes "AVRSEAL1", file size u64, number of spans u32, zero u32, CRC-32 u32

The footer's CRC-32 is of every byte before it that no span covers, in order. So each byte of the file is covered
exactly once, a reader can check the file before any HDF5 library sees it, and one array can be checked alone.

A span's checksum is at memory's speed where a plain CRC-32 would cost as much as writing the file: the span is cut into
blocks of 4096 bytes, each block becomes one 64-bit number, the sum of its 512 words (little-endian, modulo 2**64), and
the checksum is the CRC-32 of these numbers followed by the bytes after the last whole block. CRC-32 is that of zlib,
PNG and Ethernet (ISO 3309). Any change within one word, any block lost, moved or cleared is found for certain;
a random change of a block is missed once in 2**32; words exchanged *within* one block are not found.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from autoviz_render.spool.errors import UnreadableError, UnsealedError

Span = tuple[int, int, int]
"""Offset, length in bytes, and checksum of an array."""

_SPAN = struct.Struct("<QQII")
_FOOTER = struct.Struct("<8sQII")
_CRC = struct.Struct("<I")
_MAGIC = b"AVRSEAL1"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_TAIL = _FOOTER.size + _CRC.size
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


def seal(spans: Sequence[Span], body: int, rest: int) -> bytes:
    """The seal of a file: of its arrays by offset, its length so far, and the CRC-32 of all its other bytes."""
    size = body + len(spans) * _SPAN.size + _TAIL
    numbers = [number for offset, length, check in spans for number in (offset, length, check, 0)]
    table = _layout(len(spans)).pack(*numbers, _MAGIC, size, len(spans), 0)
    return table + _CRC.pack(zlib.crc32(table, rest))


@lru_cache(maxsize=64)
def _layout(spans: int) -> struct.Struct:
    return struct.Struct("<" + spans * _SPAN.format[1:] + _FOOTER.format[1:])


@dataclass(frozen=True)
class Body:
    """What a verified file is but for the values of its arrays.

    spans: offset and length in bytes of each array. between: the bytes of no array, end to end, without the seal.
    """

    spans: tuple[tuple[int, int], ...]
    between: bytes


def check(data: memoryview, path: Path) -> Body:
    """Verify every byte of a sealed file. Raises UnreadableError that says what is wrong with it."""
    if data.nbytes < _TAIL or data[: len(_HDF5)] != _HDF5:
        raise UnreadableError(path, "is not a snapshot: it does not begin as an HDF5 file does")
    magic, size, count, _ = _FOOTER.unpack_from(data, data.nbytes - _TAIL)
    if magic != _MAGIC or size != data.nbytes:
        raise UnsealedError(path, "is cut short or was changed: the seal at its end is missing")
    table = data.nbytes - _TAIL - count * _SPAN.size
    if table < 0:
        raise UnreadableError(path, "is damaged: its seal names more arrays than fit in the file")
    spans, between, position = [], [], 0
    for offset, length, expected, _ in _SPAN.iter_unpack(data[table : data.nbytes - _TAIL]):
        if not position <= offset <= offset + length <= table:
            raise UnreadableError(path, "is damaged: its seal does not fit the file")
        if checksum(data[offset : offset + length]) != expected:
            raise UnreadableError(path, f"is damaged: the array at byte {offset} does not match its checksum")
        between.append(data[position:offset])
        spans.append((offset, length))
        position = offset + length
    between.append(data[position:table])
    body = Body(tuple(spans), b"".join(between))
    expected = _CRC.unpack_from(data, data.nbytes - _CRC.size)[0]
    if zlib.crc32(data[table : data.nbytes - _CRC.size], zlib.crc32(body.between)) != expected:
        raise UnreadableError(path, "is damaged: its description does not match its checksum")
    return body
