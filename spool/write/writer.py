"""The writing side of one spool: open it, write snapshots, say how the run ended.

Synchronous, and it raises what the disk raises: `Publisher` is the one that never does.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.epochs import AbandonedRanges, Epoch
from autoviz_render.spool.errors import SpoolError, TakenOverError, UnreadableError
from autoviz_render.spool.format.container import encode
from autoviz_render.spool.format.footer import MAX_FILE_BYTES
from autoviz_render.spool.format.schema import snapshot_datasets, static_datasets, unfit
from autoviz_render.spool.info import Producer, SpoolInfo, State, info_bytes, read_info
from autoviz_render.spool.paths import SpoolPaths, list_snapshots, snapshot_name
from autoviz_render.spool.retention import History, Kept, Retention
from autoviz_render.spool.scalars import (
    MAX_LINE_BYTES,
    Place,
    ScalarsLine,
    ScalarsReader,
    append_lines,
    line_text,
)
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.system.atomic import (
    make_folder,
    overwrite,
    remove_drafts,
    sync_file,
    sync_folder,
    write_into_spare,
    write_spare,
    write_whole,
)
from autoviz_render.spool.write.owner import Owner, holder
from autoviz_render.spool.write.room import FULL, Room
from autoviz_render.spool.write.statics import StaticFile
from autoviz_render.spool.write.thinning import THIN_ABOVE_BYTES, thin_lines

log = logging.getLogger("autoviz_render.spool")

Durability = Literal["rename", "fsync"]
DURABILITIES: tuple[Durability, ...] = ("rename", "fsync")

_NOT_BEGUN = -1
_IMPLAUSIBLE_EPOCH, _IMPLAUSIBLE_SEQUENCE = 10**8, 10**17  # a stranger's names: numbers after them would not fit in one
_MOST_EPOCHS = 4000  # that `spool.json` tells of: readers take no more than it can hold
_APPENDED_BYTES = 1 << 24  # of lines, at once
_SPARE_BYTES = 4096  # more than `spool.json` has now
_NO_FILES = (errno.ELOOP, errno.ENXIO)  # of opening what is no file: a link, a socket


class SpoolWriter:
    """Writes one epoch of one spool, and is the only one to do so.

    run_dir, name: of the spool, see `spool_paths`. If another process writes that spool, one of the next free name
        is taken at opening (`spool-2/`), and a warning says so: `paths` and `name` are final once it is open. If an
        earlier writer of this process does, it lets go: the cell of a notebook is run again.
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
        self._owner = Owner(run_dir, name)
        self._title = title or run_dir.name
        self._info = SpoolInfo(_run_name(self._title, name), figures, Producer.here(), epoch=_NOT_BEGUN)
        self._history = History(retention)
        self._room = Room(self._owner, self._history, lambda: AbandonedRanges(self._info.epochs), self._say_once)
        self._is_synced = durability == "fsync"
        self._resumed_from = resumed_from
        self._static = StaticFile({})
        self._static_bytes = 0
        self._first = 0
        self._scalars_size = -1
        self._thin_above = THIN_ABOVE_BYTES
        self._is_open = False
        self._said: set[str] = set()

    @property
    def paths(self) -> SpoolPaths:
        return self._owner.paths

    @property
    def name(self) -> str | None:
        return self._owner.name

    def begin(self, static: Mapping[str, Array]) -> None:
        """Open the spool. static: the arrays that never change, written once. Raises OSError."""
        arrays = self._fitting("static", static_datasets(static))
        self._static = StaticFile({path.removeprefix("arrays/"): value for path, value in arrays.items()})
        self._static_bytes = sum(value.nbytes for value in arrays.values())
        with self._owner.at_work(), contextlib.suppress(TakenOverError):  # the first write says so
            self._open()

    def write(self, snapshot: Snapshot, number: int, *, sync: bool = False) -> Path:
        """Write a snapshot under its place in the run. Raises OSError; then the next write opens anew.

        number: counts this writer's quick updates from 0; the epoch and the sequence are worked out here.
        sync: see that it survives a loss of power, whatever the durability.
        Raises TakenOverError if a later writer of this process has the spool.
        """
        with self._owner.at_work():
            try:
                return self._write_in_place(snapshot, number, sync)
            except FileNotFoundError:
                self._is_open = False  # a folder of the spool was cleared away: opening makes it anew
                return self._write_in_place(snapshot, number, sync)

    def _write_in_place(self, snapshot: Snapshot, number: int, sync: bool) -> Path:
        epoch, sequence = self._epoch(snapshot.iteration), self._first + number
        ref = SnapshotRef(epoch, sequence, self.paths.snapshots / snapshot_name(epoch, sequence))
        try:
            size = self._write(replace(snapshot, epoch=epoch, sequence=sequence), ref.path, sync or self._is_synced)
        except OSError:
            self._is_open = False
            raise
        self._history.add(Kept(ref, size, snapshot.iteration, snapshot.log_likelihood))
        return ref.path

    def _write(self, snapshot: Snapshot, final: Path, sync: bool) -> int:
        """Write the file of a snapshot, its static file before it; its size in bytes."""
        datasets = self._fitting("snapshot", snapshot_datasets(snapshot, self._static_digests()))
        if len(datasets["parameters/values"]) < len(snapshot.parameters):
            self._say_once("%s: parameters with very long names are left out of the snapshots", self.paths.directory)
        buffers = encode("snapshot", datasets)
        size = sum(memoryview(buffer).nbytes for buffer in buffers)
        if size > MAX_FILE_BYTES:
            raise ValueError(f"it has {size} bytes, more than the {MAX_FILE_BYTES} that a reader takes")
        write = partial(write_whole, final, buffers, tmp=self.paths.tmp, sync=sync)
        self._room.write(size, write, newer=snapshot.log_likelihood)
        return size

    def begin_epoch(self, resumed_from: int | None) -> None:
        """Begin a further epoch: the run was started anew in this process. Raises OSError."""
        with self._owner.at_work(), contextlib.suppress(TakenOverError):
            self._see_that_it_is_ours()
            begun = self._claimed(self._info.epoch + 1, time.time(), resumed_from)
            info = replace(self._info, epoch=begun.number, created=begun.created)
            info = replace(info, epochs=(*self._info.epochs[-_MOST_EPOCHS:], begun))
            self._write_info(info)
            self._info = info

    def append(self, lines: Sequence[tuple[int, ScalarsLine]]) -> None:
        """Append the scalars of quick updates, each with its number, all or none. Raises OSError.

        A writer that has let go drops them: `write` says so.
        """
        with self._owner.at_work(), contextlib.suppress(TakenOverError):
            _, first = lines[0]
            epoch = self._epoch(first.iteration)
            texts = (self._text(replace(line, epoch=epoch, sequence=self._first + number)) for number, line in lines)
            for some in _batches(texts, _APPENDED_BYTES):
                write = partial(
                    append_lines, self.paths.scalars, some, sync=self._is_synced, left_at=self._scalars_size
                )
                self._scalars_size = self._room.write(sum(map(len, some)), write)
                if self._scalars_size > self._thin_above:
                    self._thin_scalars(self._history.places(), AbandonedRanges(self._info.epochs))

    def thin(self) -> None:
        """Remove the snapshots that retention does not keep. Raises OSError; the rest is left for the next time."""
        with self._owner.at_work():
            surplus = self._history.surplus(AbandonedRanges(self._info.epochs))
            if surplus and self._owner.has_it():  # else another's
                self._history.remove(surplus)

    def finish(self, state: State) -> None:
        """Make what was published last survive a loss of power, and say how the run ended. Raises OSError."""
        with self._owner.at_work():
            try:
                self._finish(state)
            except TakenOverError:
                pass  # how the run ends is for the later one to say
            finally:
                self._owner.release()

    def _finish(self, state: State) -> None:
        self._see_that_it_is_ours()
        newest = self._history.newest
        with contextlib.suppress(OSError):
            self._static_digests()  # the arrays are in memory for the last time
        for path in (self.paths.scalars, *([] if newest is None else [newest.path])):
            if path.exists():
                sync_file(path)
        sync_folder(self.paths.snapshots)
        self._write_info(replace(self._info, state=state))

    # What readers take

    def _fitting(self, kind: str, datasets: Mapping[str, Array]) -> dict[str, Array]:
        """The datasets without those that a reader would refuse the file for; a warning names them."""
        reasons = unfit(kind, datasets)
        if reasons:
            path, reason = next(iter(reasons.items()))
            message = f"%s: %d array(s) or number(s) of a {kind} cannot be kept, %.100r among them: %s. The others are."
            self._say_once(message, self.paths.directory, len(reasons), path, reason)
        return {path: value for path, value in datasets.items() if path not in reasons}

    def _text(self, line: ScalarsLine) -> bytes:
        for less in (line, replace(line, parameters={}), replace(line, parameters={}, scalars={})):
            if len(text := line_text(less)) <= MAX_LINE_BYTES:
                break
        if less is not line:
            message = "%s: the names and numbers of a quick update have more than %d bytes: the line goes without them"
            self._say_once(message, self.paths.scalars, MAX_LINE_BYTES)
        return text

    def _say_once(self, message: str, *arguments: object) -> None:
        if message not in self._said:
            self._said.add(message)
            log.warning(message, *arguments)

    def _thin_scalars(self, keep: frozenset[Place], branches: AbandonedRanges) -> None:
        """Thin `scalars.jsonl`; if that fails, the file is as it was, and it is tried again when it has grown."""
        path = self.paths.scalars
        try:
            size = thin_lines(path, tmp=self.paths.tmp, keep=keep, branches=branches, sync=self._is_synced)
        except (OSError, UnreadableError) as error:
            self._say_once("%s: thinning it failed: %s", path, error)
            self._thin_above = max(self._scalars_size, THIN_ABOVE_BYTES) + THIN_ABOVE_BYTES // 8
        else:
            self._scalars_size, self._thin_above = size, max(THIN_ABOVE_BYTES, 2 * size)

    # Opening

    def _open(self) -> None:
        """Take the spool, make its folders, begin a new epoch, write `spool.json` and the static arrays.

        Called again after the directory vanished, it makes them anew in the same epoch. Raises OSError.
        """
        if (taken := self._owner.take()) is not None:
            self._info = replace(self._info, run=_run_name(self._title, self.name), epoch=_NOT_BEGUN)
            log.warning(
                "%s: %s writes it already; publishing to %s instead. Give each of several writers a name of its own.",
                taken.directory,
                holder(taken),
                self.paths.directory,
            )
        for folder in (self.paths.tmp, self.paths.snapshots, self.paths.static):
            make_folder(folder)
            if folder.is_symlink():
                raise OSError(errno.ELOOP, "is a link: what is written would go elsewhere", str(folder))
        if self._info.epoch == _NOT_BEGUN:
            self._sweep()
            self._begin_epoch()
        self._static_digests()
        self._write_info(self._info)
        self._is_open = True

    def _sweep(self) -> None:
        if drafts := remove_drafts(self.paths.tmp):
            names = ", ".join(path.name for path in drafts[:3]) + (", ..." if len(drafts) > 3 else "")
            message = "%s: removed %d unfinished file(s) that an earlier start left when it was killed (%s)"
            log.warning(message, self.paths.tmp, len(drafts), names)

    def _begin_epoch(self) -> None:
        """Go on after everything that is there: a new epoch, and sequence numbers never used before."""
        snapshots = list_snapshots(self.paths.snapshots)
        earlier: tuple[Epoch, ...] = ()
        try:
            earlier = read_info(self.paths.info).epochs
        except FileNotFoundError:
            pass  # the first start
        except SpoolError as error:
            log.warning("%s; writing it anew", error)
        lines = self._earlier_lines(
            frozenset((each.epoch, each.sequence) for each in snapshots), AbandonedRanges(earlier)
        )
        self._history.begin(snapshots, lines)
        places = {(each.epoch, each.sequence) for each in snapshots} | {each.place for each in lines}
        self._first = 1 + max((each for _, each in places if each < _IMPLAUSIBLE_SEQUENCE), default=-1)
        known = {epoch.number: epoch for epoch in earlier}
        for number in {epoch for epoch, _ in places if epoch < _IMPLAUSIBLE_EPOCH} - set(known):
            known[number] = Epoch(number, 0.0)  # spool.json was lost, and what it told of them
        epoch = self._claimed(1 + max(known, default=-1), self._info.created, self._resumed_from)
        latest = [known[each] for each in sorted(known)[-_MOST_EPOCHS:]]
        self._info = replace(self._info, epoch=epoch.number, epochs=(*latest, epoch))

    def _claimed(self, number: int, created: float, resumed_from: int | None) -> Epoch:
        """An epoch of that number, or of the next one that is nobody else's. Raises OSError."""
        while not self._room.write(1, partial(self._claim, number)):
            number += 1
        return Epoch(number, created, resumed_from)

    def _earlier_lines(self, keep: frozenset[Place], branches: AbandonedRanges) -> list[ScalarsLine]:
        """The scalars of earlier epochs; a file that is none is put aside, and costs them."""
        path = self.paths.scalars
        with contextlib.suppress(OSError):
            status = os.stat(path, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) and status.st_size > THIN_ABOVE_BYTES:
                self._thin_scalars(keep, branches)
        try:
            return ScalarsReader(path).lines()
        except (SpoolError, OSError) as error:
            if isinstance(error, OSError) and error.errno not in _NO_FILES:
                log.warning("%s; going on without the numbers of earlier starts", error)  # the disk's fault, not its
                return []
            make_folder(self.paths.bad)
            os.replace(path, self.paths.bad / f"scalars-{time.time_ns()}.jsonl")
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
        """Open what is not open, or was removed and perhaps begun anew by another writer.

        Raises TakenOverError, OSError.
        """
        self._owner.check()
        if not self._is_open or not self._owner.has_it():
            self._is_open = False
            self._open()

    def _static_digests(self) -> tuple[str, ...]:
        """Those of the static files, seen to be there. Raises OSError."""
        look = partial(self._static.see_that_it_is_there, self.paths.static, self.paths.tmp)
        return self._room.write(self._static_bytes, look)

    def _write_info(self, info: SpoolInfo) -> None:
        """Write `spool.json`; a spare file is ready for the next time, as the end must be told on a full disk too."""
        data = info_bytes(info)
        try:
            write_whole(self.paths.info, [data], tmp=self.paths.tmp, sync=True)
        except OSError as error:
            if error.errno not in FULL:
                raise
            self._write_info_without_room(info, data)
        with contextlib.suppress(OSError):
            if info.state == "running":
                write_spare(self._spare, len(data) + _SPARE_BYTES)
            else:
                self._spare.unlink(missing_ok=True)

    def _write_info_without_room(self, info: SpoolInfo, data: bytes) -> None:
        """Write `spool.json` on a disk that is full. Raises OSError."""
        with contextlib.suppress(OSError):
            write_into_spare(self.paths.info, data, spare=self._spare)
            return
        write = partial(write_whole, self.paths.info, [data], tmp=self.paths.tmp, sync=True)
        try:
            self._room.write(len(data), write)
        except OSError:
            if info.state == "running":
                raise  # it is tried again; the end is not
            overwrite(self.paths.info, data)

    @property
    def _spare(self) -> Path:
        return self.paths.tmp / "spool.json.spare"


def _batches(texts: Iterable[bytes], most: int) -> Iterator[list[bytes]]:
    """The lines in lists of so many bytes, and a line more at the most."""
    some: list[bytes] = []
    size = 0
    for text in texts:
        some.append(text)
        size += len(text)
        if size >= most:
            yield some
            some, size = [], 0
    if some:
        yield some


def _run_name(title: str, name: str | None) -> str:
    return title if name is None else f"{title}-{name}"
