"""Memory for the copies of a quick update's arrays, used again for the next: fresh memory costs several times the copy,
as the kernel gives and clears it page by page in the sampler's own thread.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array

_LARGEST = 64 << 20
"""Bytes of an arena: larger copies take fresh memory, and give it back."""

_KEPT = 1  # arena that nobody uses: of the others one is written, and one waits
_ALIGNMENT = 64  # of NumPy's own arrays, for the sake of vector instructions
_PLAIN_KINDS = "biufc"


class Arenas:
    """The arenas of one publisher.

    There is no lock, as a signal handler may publish too: see `LatestOnlyThread`.

    Attributes:
        needed: Bytes that the copies of the last quick update took.
        free: Memory that no arena uses.
    """

    def __init__(self) -> None:
        self.needed = 0
        self.free: deque[Array] = deque(maxlen=_KEPT)

    def memory(self) -> Array:
        """Memory for one quick update, if it is as large as the last."""
        try:
            memory = self.free.pop()
        except IndexError:
            memory = np.empty(0, np.uint8)
        return memory if memory.size >= self.needed else np.empty(self.needed, np.uint8)


class Arena:
    """Where the arrays of one quick update are copied to. Its memory is used again once it is no more.

    Args:
        arenas: Those of the publisher.
    """

    def __init__(self, arenas: Arenas) -> None:
        self._arenas = arenas
        self._memory = arenas.memory()
        self._taken = 0

    def __del__(self) -> None:
        self._arenas.needed = min(self._taken, _LARGEST)
        if self._memory.size:
            self._arenas.free.append(self._memory)

    def copy(self, value: Any) -> Array:
        """A copy, for as long as the arena lives if it is a plain array."""
        if type(value) is not np.ndarray or value.dtype.kind not in _PLAIN_KINDS or not value.flags.c_contiguous:
            return np.array(value)
        place = self._taken
        self._taken += -(-value.nbytes // _ALIGNMENT) * _ALIGNMENT
        if self._taken > self._memory.size:
            return np.array(value)
        copy: Array = np.ndarray(value.shape, value.dtype, self._memory.data, place)
        copy[...] = value
        return copy
