"""Reading what a stranger may have planted: plain files of a bounded size, and JSON that holds what it should."""

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
from autoviz_render.spool.system.archived import THROUGH_A_FILE, open_member

# O_NOFOLLOW and O_NONBLOCK: neither a link that leads out of the spool nor a FIFO that never ends
SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Flags for opening a file that a stranger may have planted."""

_LONGEST_TEXT = 1000


def open_plain(path: Path, limit: int) -> FileIO:
    """A file to read from, not buffered; of one in a zip, see `archived`, a copy.

    Args:
        path: Of the file.
        limit: The most bytes that it may have.

    Raises:
        UnreadableError: It is no file, or a larger one.
        OSError: The disk is at fault; FileNotFoundError if there is no file.
    """
    try:
        file = _opened(path, os.O_RDONLY, "rb")
    except THROUGH_A_FILE:
        return open_member(path, limit)  # raises it again if that file is no zip
    except OSError as error:
        if error.errno == errno.ESTALE:  # removed on another host of a network file system
            raise FileNotFoundError(errno.ENOENT, error.strerror, str(path)) from error
        raise
    if (size := os.fstat(file.fileno()).st_size) > limit:
        file.close()
        raise UnreadableError(path, f"is refused: {size} bytes, more than the {limit} allowed")
    return file


def append_plain(path: Path) -> FileIO:
    """A file to append to, not buffered, made if there is none; a link is not followed, and a pipe not waited for.

    Raises:
        UnreadableError: It is no file.
        OSError: The disk is at fault.
    """
    return _opened(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, "ab")


def _opened(path: Path, flags: int, mode: str) -> FileIO:
    descriptor = os.open(path, flags | SAFE, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableError(path, "is refused: it is not a file")
        return FileIO(descriptor, mode)
    except BaseException:
        os.close(descriptor)
        raise


def refuse_a_link(folder: Path) -> None:
    """Raises UnreadableError for a link: nobody is led out of a spool by what whoever made it put there."""
    if os.path.islink(folder):
        raise UnreadableError(folder, "is a link and is not followed: it may lead out of the run")


def read_plain(path: Path, limit: int) -> memoryview:
    """The bytes of a file, read-only; what is raised, and the limit, are as of `open_plain`."""
    with open_plain(path, limit) as file:
        return read_all(file, os.fstat(file.fileno()).st_size)


def read_json(path: Path, limit: int) -> dict[str, Any]:
    """The object in a JSON file; every number in it is finite.

    Args:
        path: Of the file.
        limit: The most bytes that it may have.

    Raises:
        UnreadableError: It is no such file.
        OSError: The disk is at fault; FileNotFoundError if there is no file.
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
    return finite_number(float(text))


def whole_number(value: Any) -> int:
    """A number of JSON that fits in 64 bits. Raises ValueError for anything else."""
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError(f"{value!r:.100} is no whole number of 64 bits")
    return value


def finite_number(value: Any) -> float:
    """A finite number of JSON. Raises ValueError for anything else."""
    if type(value) not in (int, float) or not math.isfinite(number := float(value)):
        raise ValueError(f"{value!r:.100} is no finite number")
    return number


def short_text(value: Any) -> str:
    """A text of JSON, cut short if it is very long, without halves of surrogate pairs. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.100} is no text")
    return value[:_LONGEST_TEXT].encode(errors="replace").decode()


def read_all(file: FileIO, size: int) -> memoryview:
    """The next bytes of a file, `size` of them, read-only; fewer if it is cut short meanwhile."""
    import numpy as np  # not above: the renderer's log is opened before anything that takes long to import

    # NumPy asks for huge pages: a third of the time of `bytes` for a large file
    data = np.empty(size, np.uint8).data
    length = 0
    while length < size and (read := file.readinto(data[length:])):
        length += read
    return data[:length].toreadonly()
