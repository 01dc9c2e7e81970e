"""One renderer a spool: the lock, and who holds it."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
import weakref
from pathlib import Path

from filelock import FileLock, Timeout

from autoviz_render.renderer.descriptors import limit
from autoviz_render.renderer.live.heartbeat import Heartbeat, read_heartbeat, write_heartbeat
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths

log = logging.getLogger("autoviz_render.renderer")


_SHARE = 4  # of the descriptors that there are, one in so many may be a lock
_locked: weakref.WeakSet[RendererLock] = weakref.WeakSet()


class HeldError(SpoolError):
    """Another renderer already draws this spool."""


class RendererLock:
    """The right to draw one spool live, and the heartbeat that says so. It is taken at once.

    A spool that cannot be written to is held without a lock and without a heartbeat: nobody else could leave one there
    either. On a file system without locks, and for runs beyond a share of this process's descriptors, the heartbeat
    alone tells others.
    """

    def __init__(self, paths: SpoolPaths) -> None:
        self._paths = paths
        self._lock = FileLock(paths.lock, thread_local=False)
        self._can_write = True
        self.is_held = False
        self.beat = Heartbeat()
        self.take()

    def take(self) -> None:
        """Hold the spool, if it was let go of. Raises HeldError if another renderer has it by now."""
        if self.is_held:
            return
        try:
            if len(_locked) >= limit() // _SHARE:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            self._lock.acquire(timeout=0)
            _locked.add(self)
        except Timeout:
            raise self._held() from None
        except (OSError, NotImplementedError) as error:  # a file system without locks, or somebody else's run
            beat = read_heartbeat(self._paths.heartbeat)
            if beat is not None and beat.is_fresh():
                raise self._held() from error
            is_one_of_many = isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
            level = logging.DEBUG if is_one_of_many else logging.INFO
            log.log(level, "%s: drawing without a lock: %s", self._paths.directory, error)
            self._can_write = not isinstance(error, PermissionError)
        self.is_held = True

    def write(self, beat: Heartbeat, interval: float) -> None:
        """Show a beat that promises the next within `interval` seconds; a disk that fails is not our death."""
        self.beat = beat
        if self._can_write and self.is_held:
            with contextlib.suppress(OSError):  # the next beat tries again
                self.beat = write_heartbeat(self._paths.heartbeat, beat, interval)

    def release(self) -> None:
        """Let go of it, until it is taken again."""
        self._lock.release()
        _locked.discard(self)
        self.is_held = False

    def _held(self) -> HeldError:
        return HeldError(self._paths.directory, f"is already being drawn by {_holder(self._paths.heartbeat)}")


def _holder(heartbeat: Path) -> str:
    beat = read_heartbeat(heartbeat)
    if beat is None:
        return "another renderer"
    since = time.strftime("%H:%M:%S", time.localtime(beat.started))
    return f"process {beat.pid} on {beat.host}, since {since}"
