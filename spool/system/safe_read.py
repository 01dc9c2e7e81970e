"""Reading files that a stranger may have planted: plain files of a bounded size, and nothing else."""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from io import FileIO
from pathlib import Path
from typing import Any

from autoviz_render.spool.errors import UnreadableError

# O_NOFOLLOW and O_NONBLOCK: neither a link that leads out of the spool nor a FIFO that never ends
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_plain(path: Path, limit: int) -> FileIO:
    """A file to read from, not buffered.

    limit: the most bytes that it may have.
    Raises UnreadableError for what is no file or is larger, and OSError (FileNotFoundError where there is none).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFE)
    except OSError as error:
        if error.errno == errno.ESTALE:  # removed on another host of a network file system
            raise FileNotFoundError(errno.ENOENT, error.strerror, str(path)) from error
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(path, "is refused: it is not a file")
        if status.st_size > limit:
            raise UnreadableError(path, f"is refused: {status.st_size} bytes, more than the {limit} allowed")
        return FileIO(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def append_plain(path: Path) -> FileIO:
    """A file to append to, not buffered, made if there is none.

    Raises UnreadableError for what is no file, and OSError: a link is not followed, and a pipe not waited for.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _SAFE, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableError(path, "is refused: it is not a file")
        return FileIO(descriptor, "ab")
    except BaseException:
        os.close(descriptor)
        raise


def read_plain(path: Path, limit: int) -> memoryview:
    """The bytes of a file, read-only. limit, raises: as for `open_plain`."""
    with open_plain(path, limit) as file:
        return read_all(file, os.fstat(file.fileno()).st_size)


def read_json(path: Path, limit: int) -> dict[str, Any]:
    """The object in a JSON file; every number in it is finite.

    limit: the most bytes that the file may have.
    Raises UnreadableError for whatever is no such file, and OSError (FileNotFoundError if there is none).
    """
    text = read_plain(path, limit).tobytes()
    try:
        content = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError, MemoryError) as error:  # no JSON, not even text, or brackets without end
        raise UnreadableError(path, f"is damaged: {str(error) or type(error).__name__:.200}") from error
    if not isinstance(content, dict):
        raise UnreadableError(path, f"is damaged: it holds a {type(content).__name__}, not an object")
    return content


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text:.20} is no finite number")
    return number


def read_all(file: FileIO, size: int) -> memoryview:
    """The bytes of a file of so many from here on, read-only; fewer where it is cut short meanwhile."""
    import numpy as np  # not above: the renderer's log is opened before anything that takes long to import

    # NumPy asks for huge pages: a third of the time of `bytes` for a large file
    data = np.empty(size, np.uint8).data
    length = 0
    while length < size and (read := file.readinto(data[length:])):
        length += read
    return data[:length].toreadonly()
