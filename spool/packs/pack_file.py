"""Writing one pack: an index, then the members, uncompressed; it appears whole, verified and durable, or not at all."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.format.footer import read_file
from autoviz_render.spool.packs.pack_index import Member, PackIndex, index_bytes, index_name, read_index
from autoviz_render.spool.system.atomic import draft_of, sync_folder, write_all
from autoviz_render.spool.system.safe_read import open_plain, read_all


class ChangedError(UnreadableError):
    """A file changed while it was packed: it stays as it is, and the pack is not made."""


@dataclass(frozen=True)
class Loose:
    """A file to be packed, as it was when it was verified.

    Attributes:
        path: Of the file.
        size: Bytes.
        crc: CRC-32 of them.
    """

    path: Path
    size: int
    crc: int

    @property
    def name(self) -> str:
        """Its name in the spool, and in the pack."""
        return f"{self.path.parent.name}/{self.path.name}"

    def read(self) -> memoryview:
        """Its bytes. Raises ChangedError if they are others by now, UnreadableError, OSError."""
        data = read_file(self.path)
        if (len(data), zlib.crc32(data)) != (self.size, self.crc):
            raise ChangedError(self.path, "changed while it was being packed; it is left as it is")
        return data


def write_pack(folder: Path, files: Sequence[Loose], pause: Callable[[], object] = lambda: None) -> Path:
    """Write a pack and read it back before it gets its name; then it is durable.

    Args:
        folder: The spool's `packs/`, which is there.
        files: In the order in which they will lie in it.
        pause: Called before each file.

    Returns:
        The pack. Two that pack the same files at once give it the same name, and the same content.

    Raises:
        UnreadableError: A file changed, or the disk does not give back what was written.
        OSError: The disk is at fault; FileNotFoundError if one of the files was removed.
    """
    infos = [zipfile.ZipInfo.from_file(file.path, file.name, strict_timestamps=False) for file in files]
    content = index_bytes(_placed(files, infos))
    first = next((file for file in files if file.name.startswith("snapshots/")), files[0])
    pack_name, name = index_name(first.path.stem[:40], content)
    final = folder / pack_name
    with draft_of(final, tmp=folder) as (draft, descriptor):
        with io.BufferedWriter(_Draft(descriptor)) as out, zipfile.ZipFile(out, "w") as archive:
            archive.writestr(name, content)
            for file, info in zip(files, infos, strict=True):
                pause()
                archive.writestr(info, file.read())
        os.fsync(descriptor)
        _verify(draft, files, pause)
    sync_folder(folder)
    return final


def _placed(files: Sequence[Loose], infos: Sequence[zipfile.ZipInfo]) -> list[tuple[str, Member]]:
    """Where each file will be, from the end of the index."""
    placed, offset = [], 0
    for file, info in zip(files, infos, strict=True):
        info.CRC = file.crc
        offset += len(info.FileHeader(zip64=file.size * 1.05 > zipfile.ZIP64_LIMIT))  # as `ZipFile.open` has it
        placed.append((file.name, Member(offset, file.size, file.crc)))
        offset += file.size
    return placed


def _verify(draft: Path, files: Sequence[Loose], pause: Callable[[], object]) -> None:
    """Read a pack back, as any ZIP program would and by its index. Raises UnreadableError, OSError."""
    with open_plain(draft, 1 << 62) as file:
        index = read_index(file, draft)
        for each in files:
            pause()
            member = index.members.get(each.name)
            if member is None or (len(data := read_member(file, index, member)), zlib.crc32(data)) != (
                each.size,
                each.crc,
            ):
                raise UnreadableError(draft, f"does not give back {each.name} as it was written: is the disk sound?")
    with zipfile.ZipFile(draft) as archive:
        if len(archive.infolist()) != len(files) + 1:
            raise UnreadableError(draft, "does not give back its own directory: is the disk sound?")


def read_member(file: FileIO, index: PackIndex, member: Member) -> memoryview:
    """The bytes of a member, whatever they are. Raises OSError."""
    file.seek(index.start + member.offset)
    return read_all(file, member.size)


class _Draft(io.RawIOBase):
    """A file to write and to seek in, over a descriptor that stays open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def write(self, data: Any) -> int:
        write_all(self._descriptor, [memoryview(data).cast("B")])
        return memoryview(data).nbytes
