"""The writing side of one spool: open it, write snapshots, say how the run ended.

Synchronous, and it raises what the disk raises: `Publisher` is the one that never does.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autoviz_render.spool.atomic import remove_drafts, sync_folder, write_whole
from autoviz_render.spool.content import snapshot_datasets, static_datasets
from autoviz_render.spool.encode import encode
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.info import Producer, SpoolInfo, State, info_bytes, read_info
from autoviz_render.spool.layout import SpoolPaths, list_snapshots, snapshot_name
from autoviz_render.spool.scalars import ScalarsLine, append_lines, read_lines
from autoviz_render.spool.snapshot import Array, Snapshot, SnapshotRef

log = logging.getLogger("autoviz_render.spool")

_NOT_BEGUN = -1


class SpoolWriter:
    """Writes one epoch of one spool.

    static: the arrays that never change, written once when the spool is opened.
    """

    def __init__(
        self,
        paths: SpoolPaths,
        *,
        run: str,
        figures: tuple[str, ...],
        static: Mapping[str, Array] | None = None,
    ) -> None:
        self.paths = paths
        self._info = SpoolInfo(run, figures, Producer.here(), epoch=_NOT_BEGUN)
        self._static = static or {}
        self._digests: tuple[str, ...] = ()
        self._first = 0
        self._newest: Path | None = None
        self._is_open = False

    def open(self) -> None:
        """Make the folders, begin a new epoch, write `spool.json` and the static arrays.

        Called again after the directory vanished, it makes them anew in the same epoch. Raises OSError.
        """
        for folder in (self.paths.tmp, self.paths.snapshots, self.paths.static):
            folder.mkdir(parents=True, exist_ok=True)
        if self._info.epoch == _NOT_BEGUN:
            if drafts := remove_drafts(self.paths.tmp):
                log.info("%s: removed %d unfinished file(s) of an earlier start", self.paths.tmp, len(drafts))
            self._begin_epoch()
        self._digests = self._write_static()
        self._write_info(self._info)
        self._is_open = True

    def write(self, snapshot: Snapshot, number: int, *, sync: bool = False) -> Path:
        """Write a snapshot under its place in the run. Raises OSError; then the next write opens anew.

        number: counts this writer's quick updates from 0; the epoch and the sequence are worked out here.
        """
        epoch, sequence = self._place(number)
        final = self.paths.snapshots / snapshot_name(epoch, sequence)
        datasets = snapshot_datasets(replace(snapshot, epoch=epoch, sequence=sequence), self._digests)
        try:
            write_whole(final, encode("snapshot", datasets), tmp=self.paths.tmp, sync=sync)
        except OSError:
            self._is_open = False
            raise
        self._newest = final
        return final

    def append(self, lines: Sequence[tuple[int, ScalarsLine]]) -> None:
        """Append the scalars of quick updates, each with its number, all or none. Raises OSError."""
        placed = []
        for number, line in lines:
            epoch, sequence = self._place(number)
            placed.append(replace(line, epoch=epoch, sequence=sequence))
        append_lines(self.paths.scalars, placed)

    def finish(self, state: State) -> None:
        """Make the last snapshot survive a loss of power, and say how the run ended. Raises OSError."""
        self._place(0)
        if self._newest is not None and self._newest.exists():
            descriptor = os.open(self._newest, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            sync_folder(self.paths.snapshots)
        self._write_info(replace(self._info, state=state))

    def _place(self, number: int) -> tuple[int, int]:
        if not self._is_open:
            self.open()
        return self._info.epoch, self._first + number

    def _begin_epoch(self) -> None:
        """Go on after everything that is there: a new epoch, and sequence numbers never used before."""
        epochs, sequences = [-1], [-1]
        earlier: list[SnapshotRef | ScalarsLine] = [*list_snapshots(self.paths.snapshots)]
        for place in (*earlier, *read_lines(self.paths.scalars)):
            epochs.append(place.epoch)
            sequences.append(place.sequence)
        try:
            epochs.append(read_info(self.paths.info).epoch)
        except FileNotFoundError:
            pass  # the first start
        except SpoolError as error:
            log.warning("%s; writing it anew", error)
        self._first = max(sequences) + 1
        epoch = max(epochs) + 1
        while not self._claim(epoch):
            epoch += 1
        self._info = replace(self._info, epoch=epoch)

    def _claim(self, epoch: int) -> bool:
        """Whether the epoch is ours: of two writers that start together, one makes the file."""
        try:
            os.close(os.open(self.paths.tmp / f"e{epoch:04d}.claim", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            return False
        return True

    def _write_static(self) -> tuple[str, ...]:
        if not self._static:
            return ()
        data = b"".join(encode("static", static_datasets(self._static)))
        digest = hashlib.sha256(data).hexdigest()
        path = self.paths.static / f"{digest}.h5"
        if not path.exists():
            write_whole(path, [data], tmp=self.paths.tmp, sync=True)
        return (digest,)

    def _write_info(self, info: SpoolInfo) -> None:
        write_whole(self.paths.info, [info_bytes(info)], tmp=self.paths.tmp, sync=True)
