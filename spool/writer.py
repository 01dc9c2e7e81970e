"""The writing side of one spool: open it, write snapshots, say how the run ended.

Synchronous, and it raises what the disk raises: `Publisher` is the one that never does.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from autoviz_render.spool.atomic import make_folder, remove_drafts, sync_file, sync_folder, write_whole
from autoviz_render.spool.content import snapshot_datasets, static_datasets
from autoviz_render.spool.decode import MAX_FILE_BYTES
from autoviz_render.spool.encode import encode
from autoviz_render.spool.epochs import Branches, Epoch
from autoviz_render.spool.errors import LaterVersionError, SpoolError
from autoviz_render.spool.info import Producer, SpoolInfo, State, info_bytes, read_info
from autoviz_render.spool.layout import SpoolPaths, list_snapshots, snapshot_name, spool_paths
from autoviz_render.spool.lock import NoLocksError, WriterLock
from autoviz_render.spool.retention import History, Kept, Retention
from autoviz_render.spool.scalars import ScalarsLine, ScalarsReader, append_lines
from autoviz_render.spool.snapshot import Array, Snapshot, SnapshotRef

log = logging.getLogger("autoviz_render.spool")

Durability = Literal["rename", "fsync"]
DURABILITIES: tuple[Durability, ...] = ("rename", "fsync")

_NOT_BEGUN = -1
_IMPLAUSIBLE_EPOCH, _IMPLAUSIBLE_SEQUENCE = 10**8, 10**17  # a stranger's names: numbers after them would not fit in one


class SpoolWriter:
    """Writes one epoch of one spool, and is the only one to do so.

    run_dir, name: of the spool, see `spool_paths`. Where another process writes that spool, one of the next free name
        is taken at opening (`spool-2/`), and a warning says so: `paths` and `name` are final once it is open.
    title: what readers call the run; by default it is the directory's name.
    durability: "rename" survives the death of the process, "fsync" a loss of power too.
    resumed_from: the iteration from which an interrupted run goes on; None: the one before its first quick update.
    """

    def __init__(
        self,
        run_dir: Path,
        name: str | None = None,
        *,
        figures: tuple[str, ...],
        retention: Retention,
        durability: Durability = "rename",
        resumed_from: int | None = None,
        title: str | None = None,
    ) -> None:
        self.run_dir = run_dir
        self.name = name
        self._title = title or run_dir.name
        self._asked_name = name
        self._info = SpoolInfo(_run_name(self._title, name), figures, Producer.here(), epoch=_NOT_BEGUN)
        self._history = History(retention)
        self._is_synced = durability == "fsync"
        self._resumed_from = resumed_from
        self._static: Mapping[str, Array] = {}
        self._digests: tuple[str, ...] = ()
        self._first = 0
        self._scalars_size = -1
        self._lock = WriterLock()
        self._is_open = False

    @property
    def paths(self) -> SpoolPaths:
        return spool_paths(self.run_dir, self.name)

    def begin(self, static: Mapping[str, Array]) -> None:
        """Open the spool. static: the arrays that never change, written once. Raises OSError."""
        self._static = static
        self._open()

    def write(self, snapshot: Snapshot, number: int, *, sync: bool = False) -> Path:
        """Write a snapshot under its place in the run. Raises OSError; then the next write opens anew.

        number: counts this writer's quick updates from 0; the epoch and the sequence are worked out here.
        sync: see that it survives a loss of power, whatever the durability.
        """
        epoch, sequence = self._epoch(snapshot.iteration), self._first + number
        final = self.paths.snapshots / snapshot_name(epoch, sequence)
        datasets = snapshot_datasets(replace(snapshot, epoch=epoch, sequence=sequence), self._digests)
        buffers = encode("snapshot", datasets)
        size = sum(memoryview(buffer).nbytes for buffer in buffers)
        if size > MAX_FILE_BYTES:
            raise ValueError(f"it has {size} bytes, more than the {MAX_FILE_BYTES} that a reader takes")
        try:
            write_whole(final, buffers, tmp=self.paths.tmp, sync=sync or self._is_synced)
        except OSError:
            self._is_open = False
            raise
        ref = SnapshotRef(epoch, sequence, final)
        self._history.add(Kept(ref, size, snapshot.iteration, snapshot.log_likelihood))
        return final

    def begin_epoch(self, resumed_from: int | None) -> None:
        """Begin a further epoch: the run was started anew in this process. Raises OSError."""
        self._see_that_it_is_ours()
        number = self._info.epoch + 1
        while not self._claim(number):
            number += 1
        begun = Epoch(number, time.time(), resumed_from)
        info = replace(self._info, epoch=number, created=begun.created, epochs=(*self._info.epochs, begun))
        self._write_info(info)
        self._info = info

    def append(self, lines: Sequence[tuple[int, ScalarsLine]]) -> None:
        """Append the scalars of quick updates, each with its number, all or none. Raises OSError."""
        _, first = lines[0]
        epoch = self._epoch(first.iteration)
        placed = [replace(line, epoch=epoch, sequence=self._first + number) for number, line in lines]
        self._scalars_size = append_lines(self.paths.scalars, placed, sync=self._is_synced, left_at=self._scalars_size)

    def thin(self) -> None:
        """Remove the snapshots that retention does not keep. Raises OSError; the rest is left for the next time."""
        surplus = self._history.surplus(Branches(self._info.epochs))
        if surplus and not self._lock.is_lost(self.paths.writer_lock):  # else they are another's
            self._history.remove(surplus)

    def finish(self, state: State) -> None:
        """Make what was published last survive a loss of power, and say how the run ended. Raises OSError."""
        try:
            self._see_that_it_is_ours()
            newest = self._history.newest
            for path in (self.paths.scalars, *([] if newest is None else [newest.path])):
                if path.exists():
                    sync_file(path)
            sync_folder(self.paths.snapshots)
            self._write_info(replace(self._info, state=state))
        finally:
            self._lock.release()

    # Opening

    def _open(self) -> None:
        """Take the spool, make its folders, begin a new epoch, write `spool.json` and the static arrays.

        Called again after the directory vanished, it makes them anew in the same epoch. Raises OSError.
        """
        self._take()
        for folder in (self.paths.tmp, self.paths.snapshots, self.paths.static):
            make_folder(folder)
            if folder.is_symlink():
                raise OSError(errno.ELOOP, "is a link: what is written would go elsewhere", str(folder))
        if self._info.epoch == _NOT_BEGUN:
            self._sweep()
            self._begin_epoch()
        self._digests = self._write_static()
        self._write_info(self._info)
        self._is_open = True

    def _take(self) -> None:
        """Be the one writer of the spool, or of one of the next name that is free."""
        make_folder(self.paths.directory)
        if self._is_ours():
            return
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
        self._info = replace(self._info, run=_run_name(self._title, self.name), epoch=_NOT_BEGUN)
        log.warning(
            "%s: %s writes it already; publishing to %s instead. Give each of several writers a name of its own.",
            taken.directory,
            _holder(taken),
            self.paths.directory,
        )

    def _is_ours(self) -> bool:
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
        here = Producer.here()
        is_elsewhere = info.producer.host != here.host  # whether it lives cannot be seen: a dead one must not block us
        return is_elsewhere or info.producer.pid == here.pid or info.is_over()

    def _sweep(self) -> None:
        if drafts := remove_drafts(self.paths.tmp):
            names = ", ".join(path.name for path in drafts[:3]) + (", ..." if len(drafts) > 3 else "")
            message = "%s: removed %d unfinished file(s) that an earlier start left when it was killed (%s)"
            log.warning(message, self.paths.tmp, len(drafts), names)

    def _begin_epoch(self) -> None:
        """Go on after everything that is there: a new epoch, and sequence numbers never used before."""
        snapshots, lines = list_snapshots(self.paths.snapshots), self._earlier_lines()
        earlier: tuple[Epoch, ...] = ()
        try:
            earlier = read_info(self.paths.info).epochs
        except FileNotFoundError:
            pass  # the first start
        except SpoolError as error:
            log.warning("%s; writing it anew", error)
        places = {(each.epoch, each.sequence) for each in snapshots} | {(each.epoch, each.sequence) for each in lines}
        self._first = 1 + max((each for _, each in places if each < _IMPLAUSIBLE_SEQUENCE), default=-1)
        known = {epoch.number: epoch for epoch in earlier}
        for number in {epoch for epoch, _ in places if epoch < _IMPLAUSIBLE_EPOCH} - set(known):
            known[number] = Epoch(number, 0.0)  # spool.json was lost, and what it told of them
        number = 1 + max(known, default=-1)
        while not self._claim(number):
            number += 1
        epoch = Epoch(number, self._info.created, self._resumed_from)
        self._info = replace(self._info, epoch=number, epochs=(*(known[each] for each in sorted(known)), epoch))
        self._history.begin(snapshots, lines)

    def _earlier_lines(self) -> list[ScalarsLine]:
        """The scalars of earlier epochs; a file that is none is put aside, and costs them."""
        try:
            return ScalarsReader(self.paths.scalars).lines()
        except (SpoolError, OSError) as error:
            make_folder(self.paths.bad)
            os.replace(self.paths.scalars, self.paths.bad / f"scalars-{time.time_ns()}.jsonl")
            log.warning("%s; moved to %s", error, self.paths.bad)
            return []

    def _claim(self, epoch: int) -> bool:
        """Whether the epoch is ours: without locks, of two writers that start together one makes the file."""
        try:
            os.close(os.open(self.paths.tmp / f"e{epoch:04d}.claim", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            return False
        return True

    def _epoch(self, iteration: int) -> int:
        """The epoch in which a quick update is published, opened if need be. Raises OSError."""
        self._see_that_it_is_ours()
        *earlier, epoch = self._info.epochs
        if earlier and epoch.resumed_from is None:
            # it takes up the run where it publishes first: what was published from there on is done over
            info = replace(self._info, epochs=(*earlier, replace(epoch, resumed_from=iteration - 1)))
            self._write_info(info)
            self._info = info
        return self._info.epoch

    def _see_that_it_is_ours(self) -> None:
        """Open what is not open, or was removed and perhaps begun anew by another writer. Raises OSError."""
        if not self._is_open or self._lock.is_lost(self.paths.writer_lock):
            self._is_open = False
            self._open()

    def _write_static(self) -> tuple[str, ...]:
        if not self._static:
            return ()
        data = b"".join(encode("static", static_datasets(self._static)))
        digest = hashlib.sha256(data).hexdigest()
        path = self.paths.static / f"{digest}.h5"
        if path.exists():
            sync_file(path)  # an earlier start may have been killed before it was
            sync_folder(path.parent)
        else:
            write_whole(path, [data], tmp=self.paths.tmp, sync=True)
        return (digest,)

    def _write_info(self, info: SpoolInfo) -> None:
        write_whole(self.paths.info, [info_bytes(info)], tmp=self.paths.tmp, sync=True)


def _run_name(title: str, name: str | None) -> str:
    return title if name is None else f"{title}-{name}"


def _holder(paths: SpoolPaths) -> str:
    try:
        producer = read_info(paths.info).producer
    except LaterVersionError:
        return "a later version of this program"
    except (SpoolError, OSError):
        return "another process"
    return f"process {producer.pid} on {producer.host} ({producer.program})"
