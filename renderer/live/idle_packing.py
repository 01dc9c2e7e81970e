"""Packing runs that are over while there is nothing to draw, so that thousands of runs do not fill a file quota."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from autoviz_render.spool.errors import AutovizError, SpoolError
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.renderer")

FEWEST = 64
"""Loose snapshots of a run that make packing worth it."""

RESTS_AFTER = 60.0
"""Seconds that a run is over before it is packed: it may be resumed, moved or zipped at once."""

_LOOKS_AGAIN = 0.2  # seconds, while something is being drawn
_SHARE = 100  # of the time, at most one part in 100 is spent looking at runs that need no packing
_LONGEST_PAUSE = 5.0  # seconds


class _ClosedError(AutovizError, RuntimeError):
    """The renderer ends: what is half packed is left as it was."""


class IdlePacking:
    """Packs runs that are over, one after another, in a thread of its own that waits while a figure is drawn.

    Only runs of this user that were published on this host: a copy of somebody's run is not ours to change. The thread
    is there as long as there is a run that may be packed.

    Args:
        fewest: See `FEWEST`.
        rests_after: See `RESTS_AFTER`.

    Attributes:
        is_busy: Tells whether something is being drawn.
    """

    def __init__(self, fewest: int = FEWEST, rests_after: float = RESTS_AFTER) -> None:
        self.is_busy: Callable[[], bool] = lambda: False
        self._fewest = fewest
        self._rests_after = rests_after
        self._due: dict[Path, float] = {}  # in the order of the moments
        self._done: set[Path] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def offer(self, directory: Path) -> None:
        """A run is over and drawn; it is packed once."""
        with self._lock:
            if directory in self._done or directory in self._due or self._closed.is_set():
                return
            self._due[directory] = time.monotonic() + self._rests_after
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="autoviz-render packing", daemon=True)
                self._thread.start()

    def withdraw(self, directory: Path) -> None:
        """A run goes on, or is gone."""
        with self._lock:
            self._due.pop(directory, None)
            self._done.discard(directory)

    def close(self) -> None:
        """Leave; a pack that is not whole is not made."""
        self._closed.set()
        thread = self._thread
        if thread is not None:
            thread.join(_LONGEST_PAUSE)

    def _work(self) -> None:
        while (directory := self._next()) is not None:
            began = time.monotonic()
            made = self._pack(directory)
            self._closed.wait(0.0 if made else min(_SHARE * (time.monotonic() - began), _LONGEST_PAUSE))

    def _next(self) -> Path | None:
        """The run that is due next, once it is; None if there is none, and the thread ends."""
        while True:
            with self._lock:
                directory, moment = next(iter(self._due.items()), (None, 0.0))
                wait = moment - time.monotonic()
                if directory is None or self._closed.is_set():
                    self._thread = None
                    return None
                if wait <= 0:
                    del self._due[directory]
                    self._done.add(directory)
                    return directory
            self._closed.wait(wait)

    def _pack(self, directory: Path) -> bool:
        """Pack a run if it is ours; whether anything was packed."""
        from autoviz_render.spool.packs.packing import pack  # not above: a search's own renderer never packs

        try:
            self._pause()
            spool = Spool(directory)
            if not _is_ours(spool):
                return False
            done = pack(spool, fewest=self._fewest, pause=self._pause)
        except _ClosedError:
            return False
        except (SpoolError, OSError) as error:  # read-only, full, or being packed by another: nothing is lost
            log.debug("%s: not packed: %s", directory, error)
            return False
        for fault in done.faults:
            log.error("%s", fault)
        if done.packs:
            log.info("%s: packed %d snapshots in %d file(s)", directory, done.snapshots, len(done.packs))
        return bool(done.removed)

    def _pause(self) -> None:
        """Wait while something is drawn. Raises _ClosedError."""
        while not self._closed.is_set() and self.is_busy():
            self._closed.wait(_LOOKS_AGAIN)
        if self._closed.is_set():
            raise _ClosedError


def _is_ours(spool: Spool) -> bool:
    if spool.info().producer.host != socket.gethostname():
        return False
    return not hasattr(os, "geteuid") or os.stat(spool.paths.directory).st_uid == os.geteuid()
