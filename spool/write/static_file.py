"""The arrays that never change: a file of their own, which is written again when it is not as it was."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.format.container import encode
from autoviz_render.spool.format.footer import MAX_FILE_BYTES
from autoviz_render.spool.system.atomic import sync_file, sync_folder, write_whole
from autoviz_render.spool.system.safe_read import open_plain

_Status = tuple[int, int, int, int]


class StaticFile:
    """The static file of one writer. Every snapshot is unreadable without it, and scratch disks lose files.

    Args:
        datasets: By path, which fit in a file; they stay in memory, so that the file can be written anew.
    """

    def __init__(self, datasets: Mapping[str, Array]) -> None:
        self._datasets = datasets
        self._digest = ""
        self._status: _Status | None = None

    @property
    def nbytes(self) -> int:
        """How many bytes the arrays have."""
        return sum(value.nbytes for value in self._datasets.values())

    def ensure(self, folder: Path, tmp: Path) -> tuple[str, ...]:
        """The digests of the static files, which are whole and in place.

        It costs a look at the status of the file, if that is the same as the last time: its content is verified if it
        is not. Its time of access is left alone: where disks are cleared by it, touching files to keep them is often
        forbidden.

        Raises:
            OSError: The disk is at fault.
        """
        if not self._datasets:
            return ()
        if self._status is None or _status(folder / f"{self._digest}.h5") != self._status:
            self._write(folder, tmp)
        return (self._digest,)

    def _write(self, folder: Path, tmp: Path) -> None:
        data = b"".join(encode("static", self._datasets))
        self._digest = hashlib.sha256(data).hexdigest()
        path = folder / f"{self._digest}.h5"
        if _digest(path) == self._digest:
            sync_file(path)  # an earlier start may have been killed before it was
            sync_folder(folder)
        else:
            write_whole(path, [data], tmp=tmp, sync=True)
        self._status = _status(path)


def _digest(path: Path) -> str:
    try:
        with open_plain(path, MAX_FILE_BYTES) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, UnreadableError):
        return ""  # not there, no plain file, or on a disk that fails: it is to be written


def _status(path: Path) -> _Status | None:
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
