"""One renderer a spool: the lock, and who holds it."""

from __future__ import annotations

import contextlib
import logging
import time
from pathlib import Path

from filelock import FileLock, Timeout

from autoviz_render.renderer.heartbeat import Heartbeat, read_heartbeat, write_heartbeat
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.layout import SpoolPaths

log = logging.getLogger("autoviz_render.renderer")


class HeldError(SpoolError):
    """Another renderer already draws this spool."""


class Holding:
    """The right to draw one spool live, and the heartbeat that says so.

    Raises HeldError where another renderer has it. A spool that cannot be written to is held without a lock
    and without a heartbeat: nobody else could leave one there either.
    """

    def __init__(self, paths: SpoolPaths) -> None:
        self._path = paths.heartbeat
        self._lock = FileLock(paths.lock, thread_local=False)
        self._can_write = True
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise HeldError(paths.directory, f"is already being drawn by {_holder(paths.heartbeat)}") from None
        except (OSError, NotImplementedError) as error:  # a file system without locks, or somebody else's run
            beat = read_heartbeat(paths.heartbeat)
            if beat is not None and beat.is_fresh():
                raise HeldError(paths.directory, f"is already being drawn by {_holder(paths.heartbeat)}") from error
            log.info("%s: drawing without a lock: %s", paths.directory, error)
            self._can_write = not isinstance(error, PermissionError)
        self.beat = Heartbeat()

    def write(self, beat: Heartbeat, promise: float) -> None:
        """Show a beat that promises the next within `promise` seconds; a disk that fails is not our death."""
        self.beat = beat
        if self._can_write:
            with contextlib.suppress(OSError):  # the next beat tries again
                self.beat = write_heartbeat(self._path, beat, promise)

    def release(self) -> None:
        self._lock.release()


def _holder(heartbeat: Path) -> str:
    beat = read_heartbeat(heartbeat)
    if beat is None:
        return "another renderer"
    since = time.strftime("%H:%M:%S", time.localtime(beat.started))
    return f"process {beat.pid} on {beat.host}, since {since}"
