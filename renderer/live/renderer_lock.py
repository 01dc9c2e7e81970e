"""One renderer a folder of figures: the lock, and the heartbeat that says who holds it."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from autoviz_render.renderer.heartbeat import IDLE_INTERVAL, Activity, Heartbeat, read_heartbeat, write_heartbeat
from autoviz_render.renderer.work.resources import descriptor_limit
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths

log = logging.getLogger("autoviz_render.renderer")

_BEATS_EVERY = 2.0  # seconds
_SHARE = 4  # of the descriptors, one in 4 may be a lock
_locked: weakref.WeakSet[RendererLock] = weakref.WeakSet()


class HeldError(SpoolError):
    """Another renderer already draws this spool, or into this folder."""


class RendererLock:
    """The right to draw one spool live into one folder, and the heartbeat that says so. It is taken at once.

    The lock and the heartbeat of the run's own figures are in its spool. Those of another folder are in that folder:
    whoever draws there is in nobody's way, and says nothing of the renderer of the run.

    A spool that cannot be written to is held without a lock and without a heartbeat: nobody else could leave one there
    either. On a file system without locks, and for runs beyond a share of this process's descriptors, the heartbeat
    alone tells others.

    Args:
        paths: Of the spool.
        folder: For the figures; None is the run's own.

    Attributes:
        is_held: Whether it is ours, for now.
        heartbeat: What the next beat will say.
        least_interval: Seconds that each beat promises at least: of many runs each beats rarely.

    Raises:
        HeldError: Another renderer has it.
    """

    def __init__(self, paths: SpoolPaths, folder: Path | None = None) -> None:
        self._folder = folder
        self._subject = folder or paths.directory
        self._beat_path = paths.heartbeat if folder is None else folder / ".renderer.json"
        if folder is not None:
            with contextlib.suppress(OSError):  # then there is no lock, and the figures' own error says why
                folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(paths.lock if folder is None else folder / ".renderer.lock", thread_local=False)
        self._can_write = True
        self._beat_at = 0.0
        self.is_held = False
        self.heartbeat = Heartbeat()
        self.least_interval = 0.0
        self.take()

    @property
    def is_of_run(self) -> bool:
        """Whether it is that of the run's own figures."""
        return self._folder is None

    def take(self) -> None:
        """Hold the spool, if it was let go of.

        Raises:
            HeldError: Another renderer has it by now.
        """
        if self.is_held:
            return
        try:
            if len(_locked) >= descriptor_limit() // _SHARE:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            self._lock.acquire(timeout=0)
            _locked.add(self)
        except Timeout:
            raise self._held(read_heartbeat(self._beat_path)) from None
        except (OSError, NotImplementedError) as error:  # a file system without locks, or somebody else's run
            beat = read_heartbeat(self._beat_path)
            if beat is not None and beat.is_fresh():
                raise self._held(beat) from error
            is_one_of_many = isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
            level = logging.DEBUG if is_one_of_many else logging.INFO
            log.log(level, "%s: drawing without a lock: %s", self._subject, error)
            self._can_write = not isinstance(error, PermissionError)
        self.is_held = True

    def note(self, **changes: Any) -> None:
        """Change what the next beat will say, and have it come soon."""
        self.heartbeat = replace(self.heartbeat, **changes)
        self._beat_at = 0.0

    def beat(self, activity: Activity, interval: float = IDLE_INTERVAL) -> None:
        """Show a sign of life, at most every few seconds if nothing happened; none of a spool that is let go of.

        Args:
            activity: What the renderer does.
            interval: Seconds within which the next sign will come.
        """
        now = time.monotonic()
        if self.is_held and (activity != self.heartbeat.activity or now >= self._beat_at):
            self._beat_at = now + _BEATS_EVERY
            self.heartbeat = replace(self.heartbeat, activity=activity)
            if self._can_write:
                with contextlib.suppress(OSError):  # a disk that fails is not our death: the next beat tries again
                    interval = max(interval, self.least_interval) if interval else 0.0
                    self.heartbeat = write_heartbeat(self._beat_path, self.heartbeat, interval)

    def release(self) -> None:
        """Let go of it, until it is taken again."""
        if self.heartbeat.beat and self.is_held:  # else there is nothing to tell, and what another told is left
            self.beat("stopped", 0.0)
            if self._folder is not None:  # where nobody looks for a sign of life
                with contextlib.suppress(OSError):
                    self._beat_path.unlink()
        self._lock.release()
        _locked.discard(self)
        self.is_held = False

    def _held(self, beat: Heartbeat | None) -> HeldError:
        holder = "another renderer"
        if beat is not None:
            since = time.strftime("%H:%M:%S", time.localtime(beat.started))
            holder = f"process {beat.pid} on {beat.host}, since {since}"
        told = "is already being drawn" if self._folder is None else "is a folder that figures are already drawn to"
        other = "--out DIR draws it elsewhere, too" if self._folder is None else "name another one by --out DIR"
        return HeldError(self._subject, f"{told} by {holder}; {other}")
