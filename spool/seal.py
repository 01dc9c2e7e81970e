"""The seal at the end of a file: a checksum of every byte, so that damage is reported, never drawn.

After the last byte of HDF5, where HDF5 does not look, stand a table of spans and a footer, little-endian:

    table    for each array: offset u64, length u64, CRC-32 of those bytes u32, zero u32
    footer   magic 8 bytes "AVRSEAL1", file size u64, number of spans u32, zero u32, CRC-32 u32

The footer's CRC-32 is of every byte before it that no span covers, in order. So each byte of the file
is covered exactly once, a reader can check the file before any HDF5 library sees it, and one array
can be checked alone. CRC-32 is that of zlib, PNG and Ethernet (ISO 3309).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from autoviz_render.spool.errors import UnreadableError, UnsealedError

_SPAN = struct.Struct("<QQII")
_FOOTER = struct.Struct("<8sQII")
_CRC = struct.Struct("<I")
_MAGIC = b"AVRSEAL1"
_TAIL = _FOOTER.size + _CRC.size

Piece = tuple[bytes | bytearray | memoryview, bool]


def seal(pieces: Sequence[Piece]) -> bytes:
    """The seal of a file that is these pieces end to end: (buffer, whether it is a span of its own)."""
    offset, rest, table = 0, 0, bytearray()
    spans = 0
    for buffer, alone in pieces:
        length = memoryview(buffer).nbytes
        if alone:
            table += _SPAN.pack(offset, length, zlib.crc32(buffer), 0)
            spans += 1
        else:
            rest = zlib.crc32(buffer, rest)
        offset += length
    table += _FOOTER.pack(_MAGIC, offset + len(table) + _TAIL, spans, 0)
    return bytes(table) + _CRC.pack(zlib.crc32(table, rest))


def check(data: bytes, path: Path) -> None:
    """Verify every byte of a sealed file. Raises UnreadableError that says what is wrong with it."""
    if len(data) < _TAIL or not data.startswith(b"\x89HDF\r\n\x1a\n"):
        raise UnreadableError(path, "is not a snapshot: it does not begin as an HDF5 file does")
    magic, size, spans, _ = _FOOTER.unpack_from(data, len(data) - _TAIL)
    if magic != _MAGIC or size != len(data):
        raise UnsealedError(path, "is cut short or was changed: the seal at its end is missing")
    table = len(data) - _TAIL - spans * _SPAN.size
    if table < 0:
        raise UnreadableError(path, "is damaged: its seal names more arrays than fit in the file")
    view = memoryview(data)
    position, rest = 0, 0
    for number in range(spans):
        offset, length, expected, _ = _SPAN.unpack_from(data, table + number * _SPAN.size)
        if not position <= offset <= offset + length <= table:
            raise UnreadableError(path, "is damaged: its seal does not fit the file")
        rest = zlib.crc32(view[position:offset], rest)
        if zlib.crc32(view[offset : offset + length]) != expected:
            raise UnreadableError(path, f"is damaged: the array at byte {offset} does not match its checksum")
        position = offset + length
    rest = zlib.crc32(view[position : -_CRC.size], rest)
    if _CRC.unpack_from(data, len(data) - _CRC.size)[0] != rest:
        raise UnreadableError(path, "is damaged: its description does not match its checksum")
