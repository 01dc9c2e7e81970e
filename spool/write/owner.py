"""Whose a spool is: at most one writer has it, in the world and in this process."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from pathlib import Path

from autoviz_render.spool.errors import LaterVersionError, SpoolError, TakenOverError
from autoviz_render.spool.info import read_info
from autoviz_render.spool.paths import SpoolPaths, spool_paths
from autoviz_render.spool.system.atomic import make_folder
from autoviz_render.spool.system.writer_lock import NoLocksError, WriterLock

log = logging.getLogger("autoviz_render.spool")

_starts = itertools.count()
_owners: set[Owner] = set()
"""Those of this process that have asked for a spool and not let go."""


class Owner:
    """Holds one spool for one writer.

    If another process has it, one of the next free name is taken (`spool-2/`). If an earlier owner of this process has
    it, that one lets go, for good: the cell of a notebook is run again, and its first publisher still lives. Several on
    purpose cannot be told from that: each needs a name.

    Args:
        run_dir: See `spool_paths`.
        name: See `spool_paths`.

    Attributes:
        busy: Held while something is written: a later owner waits for it.
    """

    def __init__(self, run_dir: Path, name: str | None) -> None:
        self.name = name
        self._run_dir = run_dir
        self._asked_name = name
        self._lock = WriterLock()
        self._start = next(_starts)
        self.busy = threading.Lock()
        self._has_let_go = False

    @property
    def paths(self) -> SpoolPaths:
        """Where the spool lies."""
        return spool_paths(self._run_dir, self.name)

    def take(self) -> SpoolPaths | None:
        """Have the spool, or one of the next name that is free: then the one that another has is returned.

        Raises:
            TakenOverError: A later owner of this process has it.
            OSError: The disk is at fault.
        """
        _owners.add(self)
        make_folder(self.paths.directory)
        if self._is_ours():
            return None
        taken, name = self.paths, self.name
        try:
            for number in itertools.count(2):
                self.name = str(number) if self._asked_name is None else f"{self._asked_name}-{number}"
                make_folder(self.paths.directory)
                if self._is_ours():
                    break
        except OSError:
            self.name = name
            raise
        return taken

    def check(self) -> None:
        """Raises TakenOverError if a later owner of this process has the spool."""
        if self._has_let_go:
            fault = "a later publisher of this process has taken it over, and what the earlier one publishes is dropped"
            raise TakenOverError(self.paths.directory, f"{fault}; give each of several a name of its own")

    def has_it(self) -> bool:
        """Whether the spool is still the one that was taken: it may have been removed, and made anew by another."""
        return not self._has_let_go and not self._lock.is_lost(self.paths.writer_lock)

    def release(self) -> None:
        """Let others have the spool. Raises OSError."""
        _owners.discard(self)
        self._lock.release()

    def _is_ours(self) -> bool:
        self._displace()
        has_locks = True
        try:
            if not self._lock.acquire(self.paths.writer_lock):
                return False
        except NoLocksError as error:
            log.info("%s: writing without a lock: %s", self.paths.directory, error)
            has_locks = False
        try:
            info = read_info(self.paths.info)
        except LaterVersionError:
            self._lock.release()
            return False  # it would lose what this version does not know of
        except (SpoolError, OSError):
            return True
        if has_locks:
            return True
        is_far = not info.producer.is_near()  # whether it lives cannot be seen: a dead one must not block us
        return is_far or info.producer.pid == os.getpid() or info.is_over()

    def _displace(self) -> None:
        """Have earlier owners of this process let go of the spool. Raises TakenOverError if there is a later one."""
        here = os.path.realpath(self.paths.directory)
        for other in tuple(_owners):
            is_same = other._asked_name == self._asked_name and os.path.realpath(other.paths.directory) == here
            if other is self or not is_same:
                continue
            if other._start > self._start:
                self._has_let_go = True
                self.check()
            with other.busy:
                other._has_let_go = True
                other.release()


def holder(paths: SpoolPaths) -> str:
    """Who writes a spool, for a person."""
    try:
        producer = read_info(paths.info).producer
    except LaterVersionError:
        return "a later version of this program"
    except (SpoolError, OSError):
        return "another process"
    return f"process {producer.pid} on {producer.host} ({producer.program})"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_owners.clear)  # they are the parent's
