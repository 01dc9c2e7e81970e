"""Room on a disk that is full, made of a run's history: the newest, the best and the end of a run are worth more."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from typing import TypeVar

from autoviz_render.spool.guard import WarnOnce
from autoviz_render.spool.retention import History
from autoviz_render.spool.write.owner import Owner

T = TypeVar("T")

FULL = (errno.ENOSPC, errno.EDQUOT)
"""The faults that room may mend; of bytes, or of files."""

_TRIES = 4


class DiskSpace:
    """Makes room for what one writer writes.

    Args:
        owner: Of that writer's spool.
        history: Its snapshots, of which some may go.
        warn: Reports that they do.
    """

    def __init__(self, owner: Owner, history: History, warn: WarnOnce) -> None:
        self._owner = owner
        self._history = history
        self._warn = warn

    def write(self, needed: int, write: Callable[[], T], *, newer: float | None = None) -> T:
        """What a call that writes returns; on a full disk snapshots are removed, and it is called again.

        Args:
            needed: Bytes.
            write: The call.
            newer: As `History.to_make_room` has it.

        Raises:
            OSError: The disk is at fault, or still full.
        """
        for attempt in range(_TRIES):
            try:
                return write()
            except OSError as error:
                if error.errno not in FULL or not self._is_made(needed << attempt, newer):
                    raise
        return write()

    def _is_made(self, needed: int, newer: float | None) -> bool:
        """Remove snapshots; False if there are none to remove. Raises OSError."""
        directory = self._owner.paths.directory
        removed = self._history.to_make_room(needed, shutil.disk_usage(directory).free, newer)
        if not removed or not self._owner.has_it():
            return False
        self._history.remove(removed)
        message = "%s: the disk is full: snapshots of the history are removed to write the newest and keep the best"
        self._warn(message, directory)
        return True
