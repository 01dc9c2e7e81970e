"""One writer a folder: a lock of the operating system, which lets go when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
import weakref
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP}


class NoLocksError(OSError):
    """The file system has no locks, or the platform has none of this kind."""


class WriterLock:
    """At most one lock at a time, on a file that is made if it is missing."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        _locks.add(self)

    def acquire(self, path: Path) -> bool:
        """Take the lock of a file and let go of any other; False if somebody else has it.

        Raises:
            NoLocksError: There are none to take.
            OSError: The file cannot be made.
        """
        if self._is_of(path):
            return True
        self.release()
        if sys.platform == "win32":
            raise NoLocksError(errno.ENOSYS, "no advisory locks on this platform", str(path))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError as error:
            os.close(descriptor)
            if error.errno in _NO_LOCKS:
                raise NoLocksError(error.errno, error.strerror, str(path)) from error
            raise
        self._descriptor = descriptor
        return self._is_of(path) or self.acquire(path)  # the file may have been removed meanwhile

    def is_lost(self, path: Path) -> bool:
        """Whether the file that we hold is no longer the one of that name: removed, perhaps made anew by another."""
        return self._descriptor is not None and not self._is_of(path)

    def release(self) -> None:
        """Let go, at once: even if a forked child still has the file open."""
        try:
            if self._descriptor is not None and sys.platform != "win32":
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            self.leave()

    def leave(self) -> None:
        """Close the file without unlocking it: in a forked child the lock is the parent's."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)  # gone even if it fails

    def _is_of(self, path: Path) -> bool:
        """Whether the file that we hold is still the one of that name."""
        if self._descriptor is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.stat(path, follow_symlinks=False))
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ESTALE, errno.ENOTDIR):
                return False
            raise


_locks: weakref.WeakSet[WriterLock] = weakref.WeakSet()


def _leave_all() -> None:
    """A forked child would keep the lock of a parent that died."""
    for lock in list(_locks):
        lock.leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all)
