"""How the newest snapshot is chosen: the last that the spool lists, but for those that cannot be read.

A file that cannot be read may still be on its way from elsewhere. It is tried again until it has stayed as it is for a
while; then it is at fault, which is reported, and it is left alone until it changes. Meanwhile an older snapshot is
drawn, but never one that is older than what is drawn already.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.info import SpoolInfo
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool

TRIES_AGAIN = 2.0
"""Seconds until what could not be read or written is tried again."""

MOST_TRIES = 4
"""Of those, before a file that stays as it is counts as at fault."""

_RESTED_AFTER = 5.0  # seconds that a file must stay as it is before it is at fault
_ANOTHER_DISK = 30.0  # seconds until a disk that fails for long is tried again


@dataclass
class Refusal:
    """A snapshot that could not be read.

    Attributes:
        path: The file at fault: the snapshot, or one that belongs to it.
        stat: What that was like at the last try, see `_stat`.
        since: Since when it is like that, on the monotonic clock.
        fault: Why it cannot be read.
        tries: How often it could not be read, as it is.
        not_before: When to look at it again, on the monotonic clock.
        is_settled: Whether it is left alone until it changes.
    """

    path: Path
    stat: tuple[int, ...] | None
    since: float
    fault: str = ""
    tries: int = 0
    not_before: float = 0.0
    is_settled: bool = False

    def is_due(self, now: float) -> bool:
        """Whether to try again."""
        if now < self.not_before:
            return False
        if not self.is_settled or _stat(self.path) != self.stat:
            return True
        self.not_before = now + TRIES_AGAIN
        return False


class NewestSnapshot:
    """Chooses the newest of the snapshots of a spool.

    Args:
        spool: The spool, which is not listed before `look` is called.
        fail: Called with the reason if a file is at fault.
    """

    def __init__(self, spool: Spool, fail: Callable[[str], None]) -> None:
        self._spool = spool
        self._fail = fail
        self._refs: list[SnapshotRef] = []
        self._refused: dict[SnapshotRef, Refusal] = {}

    def look(self, info: SpoolInfo | None) -> None:
        """List the spool anew.

        Args:
            info: What the spool says of itself.

        Raises:
            SpoolError, OSError: It cannot be listed.
        """
        self._refs = self._spool.snapshots(info=info)
        if self._refused:
            listed = set(self._refs)
            self._refused = {ref: refusal for ref, refusal in self._refused.items() if ref in listed}

    @property
    def last(self) -> SnapshotRef | None:
        """The last that was listed, whether or not it can be read."""
        return self._refs[-1] if self._refs else None

    def rest(self) -> None:
        """Keep none of those that were listed, until the next look."""
        self._refs = []

    def after(self, drawn: SnapshotRef | None) -> SnapshotRef | None:
        """The newest that can be read, as far as is known, if it is newer than the one drawn."""
        now = time.monotonic()
        for ref in reversed(self._refs[self._index_after(drawn) :]):
            if ref not in self._refused or self._refused[ref].is_due(now):
                return ref
        return None

    def skipped(self, drawn: SnapshotRef | None, ref: SnapshotRef) -> int:
        """How many there are between the one drawn before and another."""
        return max(0, bisect_left(self._refs, ref) - self._index_after(drawn))

    def awaited(self, drawn: SnapshotRef | None = None) -> list[Refusal]:
        """Those newer than the one drawn that cannot be read yet."""
        newer = [refusal for ref, refusal in self._refused.items() if drawn is None or ref > drawn]
        return [refusal for refusal in newer if not refusal.is_settled]

    def accept(self, ref: SnapshotRef) -> None:
        """Take note of a snapshot that could be read."""
        self._refused.pop(ref, None)

    def refuse(self, ref: SnapshotRef, result: RenderResult) -> None:
        """Take note of a snapshot that could not be read."""
        now, path = time.monotonic(), Path(result.unreadable or ref.path)
        stat, refusal = _stat(path), self._refused.get(ref)
        if refusal is None or (refusal.path, refusal.stat) != (path, stat):
            refusal = self._refused[ref] = Refusal(path, stat, since=now)
        refusal.fault = result.fault
        refusal.tries += 1
        refusal.not_before = now + TRIES_AGAIN
        is_at_rest = refusal.tries >= MOST_TRIES and now - refusal.since >= _RESTED_AFTER
        refusal.is_settled = is_at_rest or result.status == "gone" or self._spool.notes.is_noted(path)
        if refusal.is_settled and result.fault:
            self._fail(result.fault)
            if result.status == "unreadable":
                self._spool.notes.write(path, result.fault)
        if refusal.is_settled and result.status == "unready" and stat is not None:  # the disk's fault, which passes
            refusal.stat, refusal.not_before = (), now + _ANOTHER_DISK  # though no file changes

    def _index_after(self, drawn: SnapshotRef | None) -> int:
        return 0 if drawn is None else bisect_right(self._refs, drawn)


def _stat(path: Path) -> tuple[int, ...] | None:
    """What tells a file as it is from the same file with other bytes; None if there is none."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
