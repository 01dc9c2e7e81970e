"""Reading files that a stranger may have planted: plain files of a bounded size, and nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np

from autoviz_render.spool.errors import UnreadableError

# O_NOFOLLOW and O_NONBLOCK: neither a link that leads out of the spool nor a FIFO that never ends
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_plain(path: Path, limit: int) -> memoryview:
    """The bytes of a file, read-only.

    limit: the most bytes that are allocated for it.
    Raises UnreadableError for what is no file or is larger, and OSError (FileNotFoundError where there is none).
    """
    with open(os.open(path, _FLAGS), "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(path, "is refused: it is not a file")
        if status.st_size > limit:
            raise UnreadableError(path, f"is refused: {status.st_size} bytes, more than the {limit} allowed")
        data = np.empty(status.st_size, np.uint8).data  # NumPy asks for huge pages: a third of the time of `bytes`
        length = 0
        while length < data.nbytes and (read := file.readinto(data[length:])):
            length += read
        return data[:length].toreadonly()
