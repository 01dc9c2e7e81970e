"""Which snapshots a run keeps: the first, the newest, the best, and an evenly thinned history in between."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np

from autoviz_render.spool.epochs import AbandonedRanges
from autoviz_render.spool.errors import WrongTypeError, WrongValueError, checks_construction
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.snapshot import ScalarsLine, SnapshotRef, UpdateKey, goodness


@checks_construction
@dataclass(frozen=True)
class Retention:
    """The bounds within which a run keeps its snapshots.

    Whatever the bounds, the first, the newest and the best snapshot are kept, and `scalars.jsonl` keeps the numbers of
    every quick update, until it has 32 MiB: then, of the older ones, every second, fourth and so on. On a disk that is
    full, snapshots in between are removed to write the newest, unless keep is "all".

    Attributes:
        max_snapshots: Files; None is no bound.
        max_bytes: Of all snapshots together; None is no bound.
        keep: "all" removes nothing.

    Raises:
        ValueError: A bound is not positive.
    """

    max_snapshots: int | None = 1000
    max_bytes: int | None = 2_000_000_000
    keep: Literal["thinned", "all"] = "thinned"

    def __post_init__(self) -> None:
        if self.keep not in ("thinned", "all"):
            raise WrongValueError(wrong("keep", self.keep, "expected 'thinned' or 'all'"))
        bounds: dict[str, Any] = {"max_snapshots": self.max_snapshots, "max_bytes": self.max_bytes}
        for name, bound in bounds.items():
            expected = "expected a positive number, or None for no bound"
            if bound is not None and (isinstance(bound, bool) or not isinstance(bound, Real)):
                raise WrongTypeError(wrong(name, bound, expected))
            if bound is not None and not float(bound) > 0:
                raise WrongValueError(wrong(name, bound, expected))

    def is_exceeded(self, snapshots: int, size: int) -> bool:
        """Whether so many snapshots of so many bytes together are too many."""
        bounds = ((self.max_snapshots, snapshots), (self.max_bytes, size))
        return self.keep == "thinned" and any(bound is not None and given > bound for bound, given in bounds)


@dataclass(frozen=True, eq=False)
class Kept:
    """A snapshot on disk.

    Attributes:
        size: Bytes.
        iteration: None if it is not known.
        log_likelihood: NaN if it is not known.
    """

    ref: SnapshotRef
    size: int
    iteration: int | None = None
    log_likelihood: float = math.nan


class History:
    """The snapshots that a writer has on disk, of all epochs, and the removal of those that are too many.

    Attributes:
        abandoned: Tells which of them are abandoned.
    """

    def __init__(self, retention: Retention) -> None:
        self.abandoned = AbandonedRanges(())
        self._retention = retention
        self._kept: list[Kept] = []
        self._packed: frozenset[UpdateKey] = frozenset()

    @property
    def newest(self) -> SnapshotRef | None:
        """The snapshot that was written last."""
        return self._kept[-1].ref if self._kept else None

    def begin(self, refs: Iterable[SnapshotRef], lines: Iterable[ScalarsLine]) -> None:
        """Begin with what earlier epochs left: the snapshots, and the numbers of theirs.

        Those without a file of their own are in packs, which never change: they are not for us to remove.
        """
        by_key = {line.key: (line.iteration, line.log_likelihood) for line in lines}
        self._kept, packed = [], set[UpdateKey]()
        for ref in refs:
            packed.add(ref.key)
            with contextlib.suppress(OSError):  # packed or gone, or on a disk that fails: not ours to remove
                size = ref.path.stat(follow_symlinks=False).st_size
                self._kept.append(Kept(ref, size, *by_key.get(ref.key, (None, math.nan))))
                packed.discard(ref.key)
        self._packed = frozenset(packed)

    def add(self, kept: Kept) -> None:
        """Have one more, the newest."""
        self._kept.append(kept)

    def surplus(self) -> list[Kept]:
        """Those that are too many, see `surplus`."""
        return surplus(self._kept, self._retention, self.abandoned)

    def keys(self) -> frozenset[UpdateKey]:
        """Which quick updates have snapshots."""
        return self._packed.union(each.ref.key for each in self._kept)

    def to_make_room(self, needed: int, free: int, newer: float | None = None) -> list[Kept]:
        """What to remove from a full disk so that something can be written, as little as will do.

        It is chosen as `surplus` does. For a newer snapshot also the first may go, and the newest so far, if there is
        nothing else; the best goes only for one as good. Nothing is removed if all that would not be enough.

        Args:
            needed: Bytes.
            free: Bytes that the disk has anyway.
            newer: The log likelihood of the snapshot to be written; None if it is something else.
        """
        if self._retention.keep == "all" or not self._kept:
            return []
        size = sum(each.size for each in self._kept)
        bounds = Retention(max_snapshots=max(len(self._kept) - 1, 1), max_bytes=max(size - needed, 1))
        removed = surplus(self._kept, bounds, self.abandoned)
        known = [each for each in self._kept if not self.abandoned.is_abandoned(each.ref.epoch, each.iteration)]
        best = max(known, key=_goodness, default=None)
        for each in () if newer is None else (self._kept[0], self._kept[-1]):
            is_better = each is best and _goodness(each) > goodness(each.ref, newer or 0.0)
            if not is_better and sum(gone.size for gone in removed) < needed and each not in removed:
                removed.append(each)
        return removed if sum(each.size for each in removed) + free >= needed else []

    def remove(self, surplus: Sequence[Kept]) -> None:
        """Remove snapshots from the disk. Raises OSError in the end; what could not be removed is still counted."""
        gone: set[Kept] = set()
        fault: OSError | None = None
        for kept in surplus:
            try:
                kept.ref.path.unlink(missing_ok=True)
                gone.add(kept)
            except OSError as error:
                fault = fault or error
        self._kept = [kept for kept in self._kept if kept not in gone]
        if fault is not None:
            raise fault


def surplus(kept: Sequence[Kept], retention: Retention, abandoned: AbandonedRanges) -> list[Kept]:
    """The snapshots to remove, in that order, so that the rest is within the bounds.

    Abandoned snapshots go first, the oldest before the others. Then, again and again, the one whose removal leaves the
    smallest gap between its neighbours' sequence numbers, the oldest of equals: so most gaps of a long history are
    within a factor of two of each other, and those beside the best snapshot and the newest within four.

    Args:
        kept: In the order of publishing.
        retention: The bounds.
        abandoned: Tells which of them are abandoned.
    """
    count, size = len(kept), sum(each.size for each in kept)
    removed: list[Kept] = []
    order = _in_order_of_removal(kept, abandoned)
    while retention.is_exceeded(count - len(removed), size) and (each := next(order, None)) is not None:
        removed.append(each)
        size -= each.size
    return removed


def _in_order_of_removal(kept: Sequence[Kept], abandoned: AbandonedRanges) -> Iterator[Kept]:
    is_abandoned = [abandoned.is_abandoned(each.ref.epoch, each.iteration) for each in kept]
    yield from itertools.compress(kept, is_abandoned)
    history = [each for each, is_gone in zip(kept, is_abandoned, strict=True) if not is_gone]
    best = max(range(len(history)), key=lambda at: _goodness(history[at]), default=-1)
    left = np.arange(len(history))
    sequences = np.array([each.ref.sequence for each in history], dtype=np.float64)
    while left.size > 2:
        gaps = sequences[left[2:]] - sequences[left[:-2]]
        gaps[left[1:-1] == best] = np.inf
        at = 1 + int(gaps.argmin())
        if np.isinf(gaps[at - 1]):
            return
        yield history[left[at]]
        left = np.delete(left, at)


def _goodness(kept: Kept) -> tuple[float, SnapshotRef]:
    return goodness(kept.ref, kept.log_likelihood)
