"""The packs of one spool: what is in them, and reading it. A loose file of the same name comes first.

A snapshot is packed first and then removed from `snapshots/`. So whoever lists `snapshots/` first and `packs/` then
misses none, and whoever does not find a listed one looks into the packs once more.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import FileIO
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from autoviz_render.spool.errors import SpoolError, UnreadableError
from autoviz_render.spool.format.footer import MAX_FILE_BYTES, read_file, read_part
from autoviz_render.spool.packs.pack_index import Member, PackIndex, read_index
from autoviz_render.spool.paths import SpoolPaths, list_snapshots
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.system.archived import is_file, names_in, status_of
from autoviz_render.spool.system.safe_read import open_plain, read_all, refuse_a_link

_T = TypeVar("_T")

_MOST_PACK_BYTES = 1 << 50
_SMALL_BYTES = 1 << 20  # a member that is read without a look at its footer first: `decode` will see
_MOST_KEPT = 64  # indices in memory, of all spools of a process
_IN_ORDER = attrgetter("epoch", "sequence")


@dataclass(frozen=True)
class Pack:
    """A pack as it was seen: it never changes, so what has another number or size is another file.

    Attributes:
        path: Of the file.
        identity: What tells the file from another one of that name.
    """

    path: Path
    identity: tuple[int, ...]

    @property
    def index(self) -> PackIndex:
        """What is in it; what is raised is as of `read_index`, and FileNotFoundError if it is gone."""
        return _index(self)

    def read(self, member: Member, name: str) -> memoryview:
        """The bytes of a member, which has a footer.

        Args:
            member: Where it is.
            name: Names it in errors.

        Raises:
            FileNotFoundError: The pack is gone, or another one has its name.
            UnreadableError: The member is at fault.
            LaterVersionError: A later version of this package wrote it.
            OSError: The disk is at fault.
        """
        start = self.index.start + member.offset
        with open_plain(self.path, _MOST_PACK_BYTES) as file:
            status = os.fstat(file.fileno())
            # of a pack that is in a zip itself the open file is a copy: then only the path tells
            is_it = _identity(status) == self.identity or self._is_in_place()
            if not is_it:
                raise FileNotFoundError(self.path)
            if start + member.size > status.st_size:
                raise UnreadableError(self.path, f"is cut short before the end of {name}")
            if member.size <= _SMALL_BYTES:
                file.seek(start)
                return read_all(file, member.size)
            return read_part(file, start, member.size, self.path)

    def _is_in_place(self) -> bool:
        return _identity(status_of(self.path, follow_symlinks=False)) == self.identity


@lru_cache(maxsize=_MOST_KEPT)
def _index(pack: Pack) -> PackIndex:
    with open_plain(pack.path, _MOST_PACK_BYTES) as file:
        return read_index(file, pack.path)


class PackFiles:
    """The files of one spool that never change, loose or in packs.

    Args:
        paths: Of the spool.
        on_fault: Called with each pack that cannot be read, whenever the packs are listed.
    """

    def __init__(self, paths: SpoolPaths, on_fault: Callable[[SpoolError], object] = lambda _: None) -> None:
        self._paths = paths
        self._on_fault = on_fault
        self._packs: list[Pack] = []
        self._loose: frozenset[str] | None = None

    def snapshots(self) -> list[SnapshotRef]:
        """Every snapshot there is, loose or packed, once, in the order of publishing.

        Raises:
            UnreadableError: A folder is a link.
            OSError: A folder cannot be listed.
        """
        refuse_a_link(self._paths.snapshots)
        loose = list_snapshots(self._paths.snapshots)  # first: what is packed meanwhile is then seen there
        packed = self.packed()
        if not packed:
            return loose
        self._loose = frozenset(ref.path.name for ref in loose)
        by_name = {ref.path.name: ref for ref in packed} | {ref.path.name: ref for ref in loose}
        return sorted(by_name.values(), key=_IN_ORDER)

    def packed(self) -> list[SnapshotRef]:
        """The snapshots that are in packs, perhaps in several; not sorted. Raises as `snapshots` does."""
        return [ref for _, index in self.look() for ref in index.refs]

    def count(self) -> int:
        """How many packs there were when they were listed last."""
        return len(self._packs)

    def look(self) -> list[tuple[Pack, PackIndex]]:
        """List the packs; those that cannot be read are told and left out. Raises as `snapshots` does."""
        refuse_a_link(self._paths.packs)
        self._packs = list(self._listed())
        found: list[tuple[Pack, PackIndex]] = []
        for pack in self._packs:
            try:
                found.append((pack, pack.index))
            except FileNotFoundError:
                continue  # removed meanwhile, by whoever extracted it
            except SpoolError as error:
                self._on_fault(error)
            except OSError as error:  # one pack's fault must not hide the others
                self._on_fault(UnreadableError(pack.path, f"cannot be read: {error.strerror or error}"))
        return found

    def read(self, path: Path, parse: Callable[[memoryview, Path], _T]) -> _T:
        """What is made of the bytes of a snapshot or a static file, wherever they are.

        Args:
            path: Of the file if it were loose.
            parse: Called with the bytes and a path for messages. Another copy takes the place of one that it refuses.

        Raises:
            FileNotFoundError: It is in no pack either.
            UnreadableError, LaterVersionError: It is at fault: so is each copy, the message is about the first.
            OSError: The disk is at fault.
        """
        if self._loose is not None and path.name not in self._loose:  # when it was listed: a look at it saved
            for pack in self._packs:
                for _, member, name in _place(pack, path):
                    with contextlib.suppress(FileNotFoundError, UnreadableError):
                        return parse(pack.read(member, name), pack.path)
        fault: UnreadableError | None = None
        try:
            return parse(read_file(path), path)
        except FileNotFoundError:
            pass
        except UnreadableError as error:
            fault = error
        for pack, member, name in self._places(path):
            with contextlib.suppress(FileNotFoundError):
                try:
                    return parse(pack.read(member, name), pack.path)
                except UnreadableError as error:
                    fault = fault or UnreadableError(error.path, f"{error.fault} ({name} in it)")
        if fault is not None:
            raise fault
        return parse(read_file(path), path)  # the pack may have been extracted meanwhile, and removed

    def holder(self, path: Path) -> Path:
        """The file that holds a snapshot: its own, or a pack. Raises FileNotFoundError if there is none, OSError."""
        if not (os.path.lexists(path) or is_file(path)):
            for pack, _, _ in self._places(path):
                if is_file(pack.path):
                    return pack.path
        return path

    def end(self, path: Path, length: int) -> tuple[int, bytes]:
        """The size of a snapshot, and its last bytes, wherever they are. Raises UnreadableError, OSError."""
        with contextlib.suppress(FileNotFoundError), open_plain(path, MAX_FILE_BYTES) as file:
            return _end(file, 0, os.fstat(file.fileno()).st_size, length)
        for pack, member, _ in self._places(path):
            with contextlib.suppress(FileNotFoundError), open_plain(pack.path, _MOST_PACK_BYTES) as file:
                return _end(file, pack.index.start + member.offset, member.size, length)
        raise FileNotFoundError(path)

    def _places(self, path: Path) -> Iterator[tuple[Pack, Member, str]]:
        """Where a file is in packs: in those that are known, then in those that there are now."""
        known = tuple(self._packs)
        for pack in known:
            yield from _place(pack, path)
        for pack, _ in self.look():
            if pack not in known:
                yield from _place(pack, path)

    def _listed(self) -> Iterator[Pack]:
        try:
            names = names_in(self._paths.packs)
        except (FileNotFoundError, NotADirectoryError):
            return  # as a rule there are none
        for name in sorted(names):
            if name.endswith(".zip") and not name.startswith("."):
                path = self._paths.packs / name
                with contextlib.suppress(FileNotFoundError):
                    yield Pack(path, _identity(status_of(path, follow_symlinks=False)))


def _place(pack: Pack, path: Path) -> Iterator[tuple[Pack, Member, str]]:
    """Where a file is in a pack, if it is; a pack that cannot be read was told when it was listed."""
    name = f"{path.parent.name}/{path.name}"
    with contextlib.suppress(SpoolError, OSError):
        if (member := pack.index.members.get(name)) is not None:
            yield pack, member, name


def _end(file: FileIO, start: int, size: int, length: int) -> tuple[int, bytes]:
    file.seek(start + max(0, size - length))
    return size, file.read(min(size, length))


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
