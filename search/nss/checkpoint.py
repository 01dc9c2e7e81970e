"""The resumable state of a nested sampling run: what a checkpoint costs does not grow with the run.

    checkpoint/
      segment-000000.h5 ...   points that died between two checkpoints; immutable; each has the digest of the one before
        head-0.h5, head-1.h5    two generations of the rest: live points, counts, number of segments, the last's digest
      lock                    held by the process that runs here

A segment is written before the head that counts it, and a head replaces the older of the two, so that a process that is
killed at any instant leaves one that is whole. Each file ends with a footer, as snapshots do (`spool.format.footer`):
damage is found, and nothing in them is code.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.errors import AutovizError, SpoolError
from autoviz_render.spool.format.container import encode
from autoviz_render.spool.format.footer import decode, read_file
from autoviz_render.spool.format.schema import arrays_from
from autoviz_render.spool.guard import Guard
from autoviz_render.spool.system.atomic import make_folder, remove_drafts, write_whole
from autoviz_render.spool.system.writer_lock import NoLocksError, WriterLock
from autoviz_render.spool.write.latest_only import LatestOnlyThread, Turn

log = logging.getLogger("autoviz_render.search")

Points = Mapping[str, Array]
"""Points by the names of what is known of them: array[point, ...] each."""

_CLOSE_TIMEOUT = 60.0
"""How long the end of a run waits for a disk that does not answer, in seconds."""

_NO_DIGEST = "0" * 64
_LOCK = "lock"


class CheckpointError(AutovizError, ValueError):
    """A run cannot resume from a checkpoint; the message says why, and what to do."""


@dataclass(frozen=True)
class Saved:
    """The state of a run at one moment, but for its dead points.

    Attributes:
        leaves: The arrays of the sampler's state, in order.
        numbers: Whatever else there is to carry over, by name.
        identity: What must be the same for a run to resume from here; strings, numbers and lists by name.
    """

    leaves: Sequence[Any]
    numbers: Mapping[str, float]
    identity: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Written:
    """What is on disk.

    Attributes:
        generation: Of the newest head.
        segments: How many there are.
        digest: Of the last of them.
        deaths: How many of the groups of points that died in this process are in them.
    """

    generation: int = -1
    segments: int = 0
    digest: str = _NO_DIGEST
    deaths: int = 0


class Checkpoint:
    """The checkpoint of one run directory, and the dead points of the run.

    A thread writes; the sampler's never waits for the disk. A disk that fails costs a warning a cause, and what was not
    written is kept in memory for the next time.

    Args:
        run_dir: The checkpoint is its folder `checkpoint`.
    """

    def __init__(self, run_dir: Path) -> None:
        self.folder = run_dir / "checkpoint"
        self._guard = Guard(log, self.folder)
        self._lock = WriterLock()
        self._unstarted = deque([None])  # taken by the one that starts the thread, even if a signal handler saves then
        self._thread = LatestOnlyThread[tuple[Saved, int]]("autoviz-render checkpoint", self._run)
        self._written = _Written()
        self._deaths = 0
        self._dead: deque[tuple[int, Points]] = deque()  # what may not be in a segment yet, counted from 1

    def claim(self) -> None:
        """Be the one process that runs in this directory; without locks (some file systems have none), one of several.

        Raises:
            CheckpointError: Another process runs here.
        """
        try:
            make_folder(self.folder)
            is_ours = self._lock.acquire(self.folder / _LOCK)
        except OSError as error:
            level = logging.INFO if isinstance(error, NoLocksError) else logging.WARNING
            log.log(level, "%s: going on without a lock: %s", self.folder, error)
            return
        if not is_ours:
            raise CheckpointError(f"{self.folder}: another process runs here. Take another run directory.")

    # Loading

    def load(self) -> Saved | None:
        """The newest state that is whole; None if there is no checkpoint.

        Raises:
            CheckpointError: There is one, of which nothing is whole.
        """
        with contextlib.suppress(FileNotFoundError):
            remove_drafts(self.folder)
        paths = [path for number in (0, 1) if (path := self._head_path(number)).exists()]
        heads, faults = [], []
        for path in paths:
            try:
                heads.append(_read_head(path))
            except (SpoolError, OSError) as error:
                faults.append(str(error))
        digests = self._digests(max((written.segments for _, written in heads), default=0), faults)
        for saved, written in sorted(heads, key=lambda head: -head[1].generation):
            if written.segments < len(digests) and digests[written.segments] == written.digest:
                if faults:
                    log.warning("%s; going on from the checkpoint before", "; ".join(faults))
                self._written = written
                return saved
        if paths:
            fault = "; ".join(faults) or "no head fits the segments"
            raise CheckpointError(f"{self.folder}: cannot be resumed: {fault}. Remove it, or start with resume=False.")
        return None

    def _digests(self, count: int, faults: list[str]) -> list[str]:
        """The digest of each segment, behind that of none, as far as they are whole and follow one another."""
        digests = [_NO_DIGEST]
        for number in range(count):
            try:
                data = read_file(self._segment_path(number))
                if _text(decode(data, self._segment_path(number), "segment")["previous"]) != digests[-1]:
                    faults.append(f"{self._segment_path(number)}: does not follow the segment before")
                    break
            except (SpoolError, OSError) as error:
                faults.append(str(error))
                break
            digests.append(hashlib.sha256(data).hexdigest())
        return digests

    def dead(self) -> Points:
        """All the dead points of the run, in the order of their death."""
        dead, written = list(self._dead), self._written  # in this order: the thread changes them in the other
        parts = [self._segment(number) for number in range(written.segments)]
        parts += [points for number, points in dead if number > written.deaths]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}

    def _segment(self, number: int) -> Points:
        path = self._segment_path(number)
        return arrays_from(decode(read_file(path), path, "segment"))

    # Saving

    def died(self, points: Points) -> None:
        """Take points as dead."""
        self._dead.append((self._deaths + 1, points))
        self._deaths += 1  # afterwards: a signal handler that saves in between counts only what is there

    def save(self, saved: Saved) -> None:
        """Have the state written, with the points that died until now, in place of one that waits for the disk."""
        self._thread.hand_over((saved, self._deaths))
        try:
            self._unstarted.pop()
        except IndexError:
            return
        with self._guard("starting the thread that writes checkpoints") as guarded:
            self._thread.start()
        if guarded.failed:
            self._unstarted.append(None)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was saved is written, or has failed; False after `timeout` seconds."""
        return self._thread.flush(timeout)

    def close(self, timeout: float | None = _CLOSE_TIMEOUT) -> None:
        """Write what waits, and stop; after `timeout` seconds the disk is left to itself, with a warning."""
        if self._thread.close(timeout):
            self._lock.release()
        else:  # nobody else may write here before that thread has done so
            log.warning("%s: the last checkpoint is not written: the disk does not answer", self.folder)

    def clear(self) -> None:
        """Remove what is saved, the heads first: what is left at any instant is either whole or no checkpoint."""
        with self._guard("removing a checkpoint"):
            self._clear()

    def remove(self) -> None:
        """Remove it all, when nothing is being written."""
        with self._guard("removing a checkpoint"):
            self._clear()
            (self.folder / _LOCK).unlink(missing_ok=True)  # while it is ours: nobody else can have taken it
            self._lock.release()
            with contextlib.suppress(FileNotFoundError):
                self.folder.rmdir()

    def _clear(self) -> None:
        heads = [self._head_path(number) for number in (0, 1)]
        for path in [*heads, *self.folder.glob("segment-*.h5")]:
            path.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            remove_drafts(self.folder)

    def _run(self, turns: Iterator[Turn[tuple[Saved, int]]]) -> None:
        for newest, _ in turns:
            if newest is not None:
                with self._guard("writing a checkpoint"):
                    self._write(*newest)

    def _write(self, saved: Saved, deaths: int) -> None:
        make_folder(self.folder)
        after = replace(self._written, generation=self._written.generation + 1, deaths=deaths)
        if dead := [points for number, points in list(self._dead) if number <= deaths]:
            arrays = {f"arrays/{name}": np.concatenate([each[name] for each in dead]) for name in dead[0]}
            data = b"".join(encode("segment", {"previous": _bytes(after.digest), **arrays}))
            write_whole(self._segment_path(after.segments), [data], tmp=self.folder, sync=True)
            after = replace(after, segments=after.segments + 1, digest=hashlib.sha256(data).hexdigest())
        head = encode("head", _head_datasets(saved, after))
        write_whole(self._head_path(after.generation % 2), head, tmp=self.folder, sync=True)
        self._written = after  # before they are removed: see `dead`
        for _ in dead:
            self._dead.popleft()

    def _segment_path(self, number: int) -> Path:
        return self.folder / f"segment-{number:06d}.h5"

    def _head_path(self, number: int) -> Path:
        return self.folder / f"head-{number}.h5"


def _head_datasets(saved: Saved, written: _Written) -> dict[str, Array]:
    about = {"numbers": dict(saved.numbers), "identity": dict(saved.identity)}
    return {
        "generation": np.asarray(written.generation, np.int64),
        "segments": np.asarray(written.segments, np.int64),
        "digest": _bytes(written.digest),
        "about": _bytes(json.dumps(about)),
        **{f"state/{number:04d}": np.asarray(leaf) for number, leaf in enumerate(saved.leaves)},
    }


def _read_head(path: Path) -> tuple[Saved, _Written]:
    """Raises SpoolError and OSError."""
    datasets = decode(read_file(path), path, "head")
    about = json.loads(_text(datasets["about"]))
    leaves = [datasets[name] for name in sorted(datasets) if name.startswith("state/")]
    generation, segments = int(datasets["generation"].item()), int(datasets["segments"].item())
    return Saved(leaves, about["numbers"], about["identity"]), _Written(generation, segments, _text(datasets["digest"]))


def _bytes(text: str) -> Array:
    return np.frombuffer(text.encode(), np.uint8)


def _text(value: Array) -> str:
    return value.tobytes().decode()
