"""Packing a run that is over: few files in place of a thousand; the loose ones go when their pack is durable.

Killed at any moment, each snapshot is whole in one place or in two, which readers take for one; the next start removes
the drafts, and the loose files that are packed already.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.format.footer import read_file
from autoviz_render.spool.packs.pack_file import Loose, write_pack
from autoviz_render.spool.packs.pack_files import Pack
from autoviz_render.spool.packs.pack_index import PackIndex
from autoviz_render.spool.paths import list_snapshots
from autoviz_render.spool.store import Spool, as_snapshot, as_static
from autoviz_render.spool.system.atomic import make_folder, remove_drafts, sync_file, sync_folder
from autoviz_render.spool.system.safe_read import refuse_a_link
from autoviz_render.spool.system.writer_lock import NoLocksError, WriterLock

log = logging.getLogger("autoviz_render.spool")

MOST_BYTES = 1 << 30
"""Of a pack, unless one file alone has more: to copy it, or to try again, stays cheap."""

MOST_FILES = 10_000
"""In a pack."""

_STATIC_NAME = re.compile(r"[0-9a-f]{64}\.h5")


class RunningError(SpoolError):
    """The run goes on: its writer still thins its snapshots."""


class BusyError(SpoolError):
    """Another process packs the spool."""


@dataclass
class Packed:
    """What packing did.

    Attributes:
        packs: The files made.
        snapshots: How many are in them.
        removed: Loose files removed, those too that had been packed before.
        faults: Why files stayed loose.
    """

    packs: list[Path] = field(default_factory=list)
    snapshots: int = 0
    removed: int = 0
    faults: list[str] = field(default_factory=list)


def pack(
    spool: Spool,
    *,
    fewest: int = 1,
    pause: Callable[[], object] = lambda: None,
    on_progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> Packed:
    """Pack the loose snapshots and static files of a run that is over.

    What cannot be read stays loose, with a note in `bad/`.

    Args:
        spool: Of the run.
        fewest: Snapshots that it takes; if fewer are loose, nothing is packed.
        pause: Called before each file is read or written; what it raises ends the packing, and nothing is lost.
        on_progress: Called with how many snapshots are packed, and of how many.

    Raises:
        RunningError: The run goes on.
        BusyError: Another process packs it.
        SpoolError: There is no spool, or its `packs/` is a link.
        OSError: The disk is at fault.
    """
    if not spool.info().is_over():
        raise RunningError(spool.paths.directory, "goes on and is not packed before it is over")
    if not (loose := list_snapshots(spool.paths.snapshots)) or len(loose) < fewest:
        return Packed()
    with _alone(spool):
        return _Packing(spool, pause, on_progress).run()


@contextlib.contextmanager
def _alone(spool: Spool) -> Iterator[None]:
    """The right to pack: without locks two may at once, which makes equal packs. Raises BusyError, OSError."""
    folder, lock = spool.paths.packs, WriterLock()
    refuse_a_link(folder)
    make_folder(folder)
    try:
        if not lock.acquire(folder / "pack.lock"):
            raise BusyError(spool.paths.directory, "is being packed by another process")
    except NoLocksError as error:
        log.info("%s: packing without a lock: %s", folder, error)
    try:
        if drafts := remove_drafts(folder):
            log.info("%s: removed %d unfinished pack(s) that a killed process left", folder, len(drafts))
        yield
    finally:
        lock.release()


class _Packing:
    """One packing of one spool, which holds the lock."""

    def __init__(self, spool: Spool, pause: Callable[[], object], on_progress: Callable[[int, int], object]) -> None:
        self._spool, self._paths = spool, spool.paths
        self._pause, self._on_progress = pause, on_progress
        self._done = Packed()
        self._total = 0
        self._left: set[Path] = set()

    def run(self) -> Packed:
        """Pack all there is. Raises SpoolError, OSError."""
        self._finish_earlier()
        snapshots = [ref.path for ref in list_snapshots(self._paths.snapshots) if ref.path not in self._left]
        files = [*self._static(), *snapshots] if snapshots else []
        self._total = len(snapshots)
        some: list[Loose] = []
        for path in files:
            self._pause()
            if path in self._left or (file := self._verified(path)) is None:
                continue
            if some and (len(some) >= MOST_FILES or sum(each.size for each in some) + file.size > MOST_BYTES):
                self._write(some)
                some = []
            some.append(file)
        if some and self._total:
            self._write(some)
        self._sync()
        return self._done

    def _finish_earlier(self) -> None:
        """Remove loose files that are packed: a packing was killed, or a resumed run wrote its static file again.

        If the bytes differ, readers take the loose file, and it is left alone.
        """
        found = self._spool.files.look()
        held = {name for _, index in found for name in index.members}
        loose = [*self._static(), *(ref.path for ref in list_snapshots(self._paths.snapshots))]
        self._left = {path for path in loose if f"{path.parent.name}/{path.name}" in held}
        if not self._left:
            return
        sync_folder(self._paths.packs)  # it may have been killed before it was
        for each, index in found:
            equal = [path for path in self._left if self._is_equal(path, each, index)]
            if equal:
                sync_file(each.path)
            for path in equal:
                self._left.discard(path)
                self._remove(path)

    def _is_equal(self, path: Path, each: Pack, index: PackIndex) -> bool:
        name = f"{path.parent.name}/{path.name}"
        if (member := index.members.get(name)) is None:
            return False
        self._pause()
        with contextlib.suppress(SpoolError, FileNotFoundError):
            return each.read(member, name) == read_file(path)
        return False

    def _static(self) -> list[Path]:
        folder = self._paths.static
        refuse_a_link(folder)
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return []
        return [folder / name for name in sorted(names) if _STATIC_NAME.fullmatch(name)]

    def _verified(self, path: Path) -> Loose | None:
        """A file as it is to be packed; None if it cannot be read, which is noted, or is gone."""
        parse = as_snapshot if path.parent == self._paths.snapshots else partial(as_static, path.stem)
        try:
            parse(data := read_file(path), path)
        except FileNotFoundError:
            return None
        except SpoolError as error:
            self._done.faults.append(f"{error}; it stays as it is")
            self._spool.notes.write(path, str(error))
            return None
        return Loose(path, len(data), zlib.crc32(data))

    def _write(self, files: Sequence[Loose]) -> None:
        """Make a pack of some files, and remove them. Raises UnreadableError, OSError."""
        self._done.packs.append(write_pack(self._paths.packs, files, self._pause))
        for file in files:
            self._remove(file.path)
        self._done.snapshots += sum(file.path.parent == self._paths.snapshots for file in files)
        self._on_progress(self._done.snapshots, self._total)

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._done.removed += 1

    def _sync(self) -> None:
        """Have the removal survive a loss of power: it is no fault if it does not, only more to do next time."""
        for folder in (self._paths.snapshots, self._paths.static):
            with contextlib.suppress(OSError):
                sync_folder(folder)
