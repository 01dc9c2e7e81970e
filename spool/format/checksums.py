"""Checksums of arrays as the footer has them, at memory's speed: see `footer` for what they are."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

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


class Checksums:
    """Those of several parts of one buffer in one pass: NumPy gives the GIL away once, not once a part.

    Beside a sampler in pure Python a thread that gave the GIL away waits 5 ms until it has it again.

    Args:
        parts: Where each begins, and how many bytes it has; in order, apart, and beginning at whole words.
    """

    def __init__(self, parts: Sequence[tuple[int, int]]) -> None:
        self._parts = tuple(parts)
        blocks = [length // _BLOCK_BYTES for _, length in parts]
        starts: list[int] = []
        for (start, _), count in zip(parts, blocks, strict=True):
            # also where the last block ends: the sum of what is behind it is not used
            starts += range(start, start + (count + 1 if count else 0) * _BLOCK_BYTES, _BLOCK_BYTES)
        self._starts = np.array(starts, np.intp) // _WORD.itemsize
        ends = list(accumulate(count + 1 if count else 0 for count in blocks))
        self._sums = [
            slice(end - count - 1, end - 1) if count else None for end, count in zip(ends, blocks, strict=True)
        ]

    def of(self, buffer: memoryview) -> list[int]:
        """The checksum of each part of a buffer of bytes; one word at least is behind the last."""
        checks = [0] * len(self._parts)
        if self._starts.size:
            last = int(self._starts[-1]) + 1
            sums = np.add.reduceat(np.frombuffer(buffer, _WORD, last), self._starts)
            checks = [0 if each is None else zlib.crc32(sums[each].data) for each in self._sums]
        for number, (start, length) in enumerate(self._parts):
            if left := length % _BLOCK_BYTES:
                checks[number] = zlib.crc32(buffer[start + length - left : start + length], checks[number])
        return checks
