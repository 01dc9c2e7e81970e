"""The writing side of one spool: open it, write snapshots, say how the run ended.

Synchronous, and it raises what the disk raises: `Publisher` is the one that never does.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.epochs import AbandonedRanges, Epoch
from autoviz_render.spool.errors import SpoolError, TakenOverError
from autoviz_render.spool.format.container import Encoder
from autoviz_render.spool.format.descriptions import Descriptions
from autoviz_render.spool.format.footer import MAX_FILE_BYTES
from autoviz_render.spool.format.schema import snapshot_datasets, static_datasets, unfit
from autoviz_render.spool.guard import WarnOnce
from autoviz_render.spool.info import Producer, SpoolInfo, State, read_info
from autoviz_render.spool.packs.pack_files import PackFiles
from autoviz_render.spool.paths import SpoolPaths, snapshot_name
from autoviz_render.spool.retention import History, Kept, Retention
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot, SnapshotRef
from autoviz_render.spool.system.atomic import make_folder, remove_drafts, sync_file, sync_folder, write_whole
from autoviz_render.spool.write.disk_space import DiskSpace
from autoviz_render.spool.write.info_file import write_info
from autoviz_render.spool.write.owner import Owner, holder
from autoviz_render.spool.write.scalars_file import ScalarsFile
from autoviz_render.spool.write.static_file import StaticFile

log = logging.getLogger("autoviz_render.spool")

Durability = Literal["rename", "fsync"]
DURABILITIES: tuple[Durability, ...] = ("rename", "fsync")

_IMPLAUSIBLE_EPOCH, _IMPLAUSIBLE_SEQUENCE = 10**8, 10**17  # a stranger's names: numbers after them would not fit in one
_MOST_EPOCHS = 4000  # that `spool.json` tells of: readers take no more than it can hold


class SpoolWriter:
    """Writes one epoch of one spool, and is the only one to do so.

    If another process writes that spool, one of the next free name is taken at opening (`spool-2/`), and a warning says
    so: `paths` and `name` are final once it is open. If an earlier writer of this process does, it lets go: the cell of
    a notebook is run again.

    Args:
        run_dir: See `spool_paths`.
        name: See `spool_paths`.
        figures: Names of the figures to draw, the first one first.
        retention: The bounds within which snapshots are kept.
        durability: "rename" survives the death of the process, "fsync" a loss of power too.
        resumed_from: The iteration from which an interrupted run goes on; None: the one before its first quick update.
        title: What readers call the run; by default it is the directory's name.
        descriptions: What the run says of its arrays and parameters.
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
        descriptions: Descriptions | None = None,
    ) -> None:
        self._title = title or run_dir.name
        described = vars(descriptions or Descriptions())
        self._info = SpoolInfo(_run_name(self._title, name), figures, Producer.here(), **described)
        self._is_synced = durability == "fsync"
        self._resumed_from = resumed_from
        self._owner = Owner(run_dir, name)
        self._history = History(retention)
        self._warn = WarnOnce(log)
        self._space = DiskSpace(self._owner, self._history, self._warn)
        self._scalars = ScalarsFile(self._owner, self._space, self._warn, sync=self._is_synced)
        self._static = StaticFile({})
        self._encoder = Encoder()
        self._first = 0
        self._is_open = False

    @property
    def paths(self) -> SpoolPaths:
        """Where the spool lies."""
        return self._owner.paths

    @property
    def name(self) -> str | None:
        """The spool's name among several of a run directory."""
        return self._owner.name

    def begin(self, static: Mapping[str, Array]) -> None:
        """Open the spool.

        Args:
            static: The arrays that never change, by name; they are written once.

        Raises:
            OSError: The disk is at fault.
        """
        self._static = StaticFile(self._fitting("static", static_datasets(static)))
        with self._owner.busy, contextlib.suppress(TakenOverError):  # the first write says so
            self._open()

    def write(self, snapshot: Snapshot, number: int, *, sync: bool = False) -> Path:
        """Write a snapshot under its place in the run; if that fails, the next write opens the spool anew.

        Args:
            snapshot: Its epoch and sequence are worked out here.
            number: Counts this writer's quick updates from 0.
            sync: See that it survives a loss of power, whatever the durability.

        Raises:
            OSError: The disk is at fault.
            TakenOverError: A later writer of this process has the spool.
        """
        with self._owner.busy:
            try:
                return self._write(snapshot, number, sync or self._is_synced)
            except FileNotFoundError:  # a folder of the spool was cleared away: opening makes it anew
                return self._write(snapshot, number, sync or self._is_synced)

    def _write(self, snapshot: Snapshot, number: int, sync: bool) -> Path:
        try:
            epoch, sequence = self._epoch(snapshot.iteration), self._first + number
            ref = SnapshotRef(epoch, sequence, self.paths.snapshots / snapshot_name(epoch, sequence))
            buffers = self._encoded(replace(snapshot, epoch=epoch, sequence=sequence))
            size = sum(memoryview(buffer).nbytes for buffer in buffers)
            if size > MAX_FILE_BYTES:
                raise ValueError(f"it has {size} bytes, more than the {MAX_FILE_BYTES} that a reader takes")
            write = partial(write_whole, ref.path, buffers, tmp=self.paths.tmp, sync=sync)
            self._space.write(size, write, newer=snapshot.log_likelihood)
        except OSError:
            self._is_open = False
            raise
        self._history.add(Kept(ref, size, snapshot.iteration, snapshot.log_likelihood))
        return ref.path

    def _encoded(self, snapshot: Snapshot) -> list[bytes | memoryview]:
        """The file of a snapshot, once its static file is in place."""
        datasets = self._fitting("snapshot", snapshot_datasets(snapshot, self._static_digests()))
        if len(datasets["parameters/values"]) < len(snapshot.parameters):
            self._warn("%s: parameters with very long names are left out of the snapshots", self.paths.directory)
        return self._encoder.encode("snapshot", datasets)

    def begin_epoch(self, resumed_from: int | None) -> None:
        """Begin a further epoch: the run was started anew in this process. Raises OSError."""
        with self._owner.busy, contextlib.suppress(TakenOverError):
            self._see_that_it_is_ours()
            begun = self._claimed(self._info.epoch + 1, time.time(), resumed_from)
            epochs = (*self._info.epochs[-_MOST_EPOCHS:], begun)
            self._change(replace(self._info, epoch=begun.number, created=begun.created, epochs=epochs))

    def append(self, lines: Sequence[tuple[int, ScalarsLine]]) -> None:
        """Append the scalars of quick updates, all or none. A writer that has let go drops them: `write` says so.

        Args:
            lines: Each with the number of its quick update.

        Raises:
            OSError: The disk is at fault.
        """
        with self._owner.busy, contextlib.suppress(TakenOverError):
            epoch = self._epoch(lines[0][1].iteration)
            placed = (replace(line, epoch=epoch, sequence=self._first + number) for number, line in lines)
            self._scalars.append(placed, self._history.keys, self._history.abandoned)

    def thin(self) -> None:
        """Remove the snapshots that retention does not keep. Raises OSError; the rest is left for the next time."""
        with self._owner.busy:
            surplus = self._history.surplus()
            if surplus and self._owner.has_it():  # else another's
                self._history.remove(surplus)

    def finish(self, state: State) -> None:
        """Make what was published last survive a loss of power, and say how the run ended. Raises OSError."""
        with self._owner.busy:
            try:
                self._see_that_it_is_ours()
                with contextlib.suppress(OSError):
                    self._static_digests()  # the arrays are in memory for the last time
                newest = self._history.newest
                for path in (self.paths.scalars, *([] if newest is None else [newest.path])):
                    if path.exists():
                        sync_file(path)
                sync_folder(self.paths.snapshots)
                write_info(replace(self._info, state=state), self.paths, self._space)
            except TakenOverError:
                pass  # how the run ends is for the later one to say
            finally:
                self._encoder = Encoder()  # a notebook may keep the publisher: the memory of its last file goes
                self._owner.release()

    def _fitting(self, kind: str, datasets: Mapping[str, Array]) -> dict[str, Array]:
        """The datasets without those that a reader would refuse the file for; a warning names them."""
        reasons = unfit(kind, datasets)
        if reasons:
            path, reason = next(iter(reasons.items()))
            message = f"%s: %d array(s) or number(s) of a {kind} cannot be kept, %.100r among them: %s. The others are."
            self._warn(message, self.paths.directory, len(reasons), path, reason)
        return {path: value for path, value in datasets.items() if path not in reasons}

    # Opening

    def _open(self) -> None:
        """Take the spool, make its folders, begin a new epoch, write `spool.json` and the static arrays.

        Called again after the directory vanished, it makes them anew in the same epoch. Raises OSError.
        """
        if (taken := self._owner.take()) is not None:
            self._info = replace(self._info, run=_run_name(self._title, self.name), epochs=())
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
        if not self._info.epochs:
            self._sweep()
            self._begin_epoch()
        self._static_digests()
        write_info(self._info, self.paths, self._space)
        self._is_open = True

    def _sweep(self) -> None:
        if drafts := remove_drafts(self.paths.tmp):
            names = ", ".join(path.name for path in drafts[:3]) + (", ..." if len(drafts) > 3 else "")
            message = "%s: removed %d unfinished file(s) that an earlier start left when it was killed (%s)"
            log.warning(message, self.paths.tmp, len(drafts), names)

    def _begin_epoch(self) -> None:
        """Go on after everything that is there: a new epoch, and sequence numbers never used before."""
        snapshots = PackFiles(self.paths, partial(log.warning, "%s")).snapshots()
        earlier: tuple[Epoch, ...] = ()
        try:
            earlier = read_info(self.paths.info).epochs
        except FileNotFoundError:
            pass  # the first start
        except SpoolError as error:
            log.warning("%s; writing it anew", error)
        kept = frozenset(each.key for each in snapshots)
        lines = self._scalars.earlier_lines(kept, AbandonedRanges(earlier))
        self._history.begin(snapshots, lines)
        keys = kept.union(each.key for each in lines)
        self._first = 1 + max((each for _, each in keys if each < _IMPLAUSIBLE_SEQUENCE), default=-1)
        known = {epoch.number: epoch for epoch in earlier}
        for number in {epoch for epoch, _ in keys if epoch < _IMPLAUSIBLE_EPOCH} - set(known):
            known[number] = Epoch(number, 0.0)  # spool.json was lost, and what it told of them
        epoch = self._claimed(1 + max(known, default=-1), self._info.created, self._resumed_from)
        latest = [known[each] for each in sorted(known)[-_MOST_EPOCHS:]]
        self._info = replace(self._info, epoch=epoch.number, epochs=(*latest, epoch))
        self._history.abandoned = AbandonedRanges(self._info.epochs)

    def _claimed(self, number: int, created: float, resumed_from: int | None) -> Epoch:
        """An epoch of that number, or of the next one that is nobody else's.

        Without locks, of two writers that start together one makes the file of an epoch. Raises OSError.
        """
        while True:
            claim = self.paths.tmp / f"e{number:04d}.claim"
            try:
                self._space.write(1, partial(claim.touch, exist_ok=False))
                return Epoch(number, created, resumed_from)
            except FileExistsError:
                number += 1

    def _epoch(self, iteration: int) -> int:
        """The epoch in which a quick update is published, opened if need be. Raises OSError."""
        self._see_that_it_is_ours()
        *earlier, epoch = self._info.epochs
        if earlier and epoch.resumed_from is None:
            # it resumes at what it publishes first: what was published from there on is done over
            self._change(replace(self._info, epochs=(*earlier, replace(epoch, resumed_from=iteration - 1))))
        return self._info.epoch

    def _change(self, info: SpoolInfo) -> None:
        """Write `spool.json`, and go by it if that succeeds. Raises OSError."""
        write_info(info, self.paths, self._space)
        self._info = info
        self._history.abandoned = AbandonedRanges(info.epochs)

    def _see_that_it_is_ours(self) -> None:
        """Open what is not open, or was removed and perhaps begun anew by another writer.

        Raises TakenOverError, OSError.
        """
        self._owner.check()
        if not self._is_open or not self._owner.has_it():
            self._is_open = False
            self._open()
        elif not os.path.lexists(self.paths.info):  # scratch disks are cleared file by file
            write_info(self._info, self.paths, self._space)

    def _static_digests(self) -> tuple[str, ...]:
        """Those of the static files, seen to be there. Raises OSError."""
        return self._space.write(self._static.nbytes, partial(self._static.ensure, self.paths.static, self.paths.tmp))


def _run_name(title: str, name: str | None) -> str:
    return title if name is None else f"{title}-{name}"
