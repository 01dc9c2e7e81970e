"""Zip files as they lie: their directory, and one member at a time, whatever a stranger may have put in them.

The directory is read whole, checked, and kept by the file's identity, so that a thousand looks cost one read. Members
are read by their place: stored ones as they are, deflated ones with a bound on what they become. Names that lead
elsewhere, links and folders count as not there.

Format: PKWARE's APPNOTE.TXT 6.3.10, with ZIP64 (4.3.14 to 4.3.16).
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock

from autoviz_render.spool.errors import UnreadableError

MAX_DIRECTORY_BYTES = 1 << 26
"""Of a zip's directory: half a million members."""

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = (1 << 16) - 1
_IN_ZIP64 = 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _UTF8 = 1, 1 << 11
_MOST_KEPT = 1 << 24  # bytes of directories, of all archives together
_PIECE = 1 << 20
_BOMB_BYTES, _BOMB_RATIO = 1 << 28, 200  # what becomes more than both is no array of ours


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip.

    Attributes:
        offset: Of its local header in the zip, in bytes.
        stored_size: What it takes in the zip, in bytes.
        size: What it has when read, in bytes.
        method: 0 if it is stored, 8 if it is deflated.
        crc: CRC-32 of what is read.
        is_encrypted: Whether a password is needed.
    """

    offset: int
    stored_size: int
    size: int
    method: int
    crc: int
    is_encrypted: bool


@dataclass(frozen=True)
class Archive:
    """A zip file as it was when it was looked at.

    Attributes:
        path: Of the zip.
        identity: Tells these bytes from those that it may have later.
        directory: The bytes of its central directory.
    """

    path: Path
    identity: tuple[int, int, int, int]
    directory: bytes = field(repr=False)

    @cached_property
    def members(self) -> Mapping[str, Member]:
        """By name, with `/` between folders. Raises UnreadableError."""
        return _members(self.directory, self.path)

    def may_hold(self, name: str) -> bool:
        """Whether some member may have that name, at the price of a search in bytes."""
        return name.encode() in self.directory

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        """What is directly in each folder; "" is the archive itself."""
        folders: dict[str, dict[str, None]] = {"": {}}
        for name in self.members:
            folder, _, last = name.rpartition("/")
            while last not in (inside := folders.setdefault(folder, {})):
                inside[last] = None
                if not folder:
                    break
                folder, _, last = folder.rpartition("/")
        return {folder: list(names) for folder, names in folders.items()}

    def is_folder(self, name: str) -> bool:
        """Whether there is something in a folder of that name; "" is the archive itself."""
        return name in self._folders

    def names(self, folder: str) -> list[str]:
        """What is directly in a folder. Raises FileNotFoundError if there is none."""
        if folder not in self._folders:
            raise _not_there(self.path / folder)
        return self._folders[folder]

    def member(self, name: str) -> Member:
        """A file. Raises FileNotFoundError if there is none."""
        if name not in self.members:
            raise _not_there(self.path / name)
        return self.members[name]

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a file, checked.

        Args:
            name: Of the file.
            limit: The most bytes that it may have.

        Raises:
            FileNotFoundError: There is none, or the archive was replaced.
            UnreadableError: It is larger, encrypted, damaged, or compressed as nothing of ours is.
            OSError: The disk is at fault.
        """
        member, path = self.member(name), self.path / name
        if member.is_encrypted or member.method not in (_STORED, _DEFLATED):
            what = "encrypted" if member.is_encrypted else f"compressed by method {member.method}"
            raise UnreadableError(path, f"is {what}, which is not read in an archive: unzip that first")
        if member.size > limit:
            raise UnreadableError(path, f"is refused: {member.size} bytes, more than the {limit} allowed")
        if member.size > max(_BOMB_BYTES, member.stored_size * _BOMB_RATIO):
            raise UnreadableError(path, f"is refused: {member.stored_size} bytes would become {member.size}")
        descriptor = os.open(self.path, _FLAGS)
        try:
            if _identity(os.fstat(descriptor)) != self.identity:
                raise _not_there(path)  # the archive was replaced
            data = _contents(descriptor, member)
        finally:
            os.close(descriptor)
        if data is None or len(data) != member.size or zlib.crc32(data) != member.crc:
            raise UnreadableError(path, "is damaged: its bytes in the archive do not match its checksum")
        return data


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_kept: dict[Path, Archive] = {}
_lock = Lock()


def open_archive(path: Path) -> Archive:
    """The directory of a zip, read anew only if the file changed.

    Raises:
        UnreadableError: It is no zip, or not a whole one: it may still be written.
        OSError: The disk is at fault.
    """
    status = os.stat(path)
    with _lock:
        kept = _kept.pop(path, None)
        if kept is not None and kept.identity == _identity(status):
            _kept[path] = kept  # the last one used is the last one forgotten
            return kept
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError(path, "is refused: it is not a file")
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(path, "is refused: it is not a file")
        archive = Archive(path, _identity(status), _directory(descriptor, status.st_size, path))
    finally:
        os.close(descriptor)
    with _lock:
        _kept[path] = archive
        total = sum(map(_weight, _kept.values()))
        while total > _MOST_KEPT and len(_kept) > 1:
            total -= _weight(_kept.pop(next(iter(_kept))))
    return archive


def _not_there(path: Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _weight(archive: Archive) -> int:
    return len(archive.directory) + 1000


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _pread(descriptor: int, size: int, offset: int) -> bytes:
    """Bytes of a file by their place; fewer at its end."""
    os.lseek(descriptor, offset, os.SEEK_SET)  # no pread on Windows; the descriptor is this call's own
    pieces: list[bytes] = []
    while size > 0 and (piece := os.read(descriptor, min(size, 1 << 30))):
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _directory(descriptor: int, size: int, path: Path) -> bytes:
    """The bytes of the central directory."""
    start = max(0, size - _LONGEST_COMMENT - _END.size - _LOCATOR.size)
    tail = _pread(descriptor, size - start, max(0, size - _PIECE // 256))  # as a rule there is no comment
    at = tail.rfind(b"PK\5\6")
    if at < 0:
        tail = _pread(descriptor, size - start, start)
        at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + _END.size:
        raise UnreadableError(path, "is no whole zip file: it is cut short, or still being written")
    *_, length, offset, _ = _END.unpack_from(tail, at)
    if at >= _LOCATOR.size and tail[at - _LOCATOR.size :][:4] == b"PK\6\7":
        place = _LOCATOR.unpack_from(tail, at - _LOCATOR.size)[2]
        end = _pread(descriptor, _END64.size, min(place, size))
        if len(end) == _END64.size and end[:4] == b"PK\6\6":
            *_, length, offset = _END64.unpack(end)
    if length > MAX_DIRECTORY_BYTES:
        raise UnreadableError(path, f"is passed over: its directory has {length} bytes, more than any run's")
    directory = _pread(descriptor, length, min(offset, size))
    if len(directory) < length:
        raise UnreadableError(path, "is damaged: its directory is not where it should be")
    return directory


def _members(directory: bytes, path: Path) -> dict[str, Member]:
    """The plain files of a central directory by name; of two of one name the last counts, as for other readers."""
    members: dict[str, Member] = {}
    position = 0
    while position < len(directory):
        if len(directory) < position + _ENTRY.size or directory[position : position + 4] != b"PK\1\2":
            raise UnreadableError(path, "is damaged: its directory cannot be read")
        entry = _ENTRY.unpack_from(directory, position)
        flags, method, crc, stored, size = entry[3], entry[4], *entry[7:10]
        name_length, extra_length, comment_length, mode, offset = *entry[10:13], entry[15] >> 16, entry[16]
        position += _ENTRY.size
        raw = directory[position : position + name_length]
        extra = directory[position + name_length :][:extra_length] if _IN_ZIP64 in (stored, size, offset) else b""
        position += name_length + extra_length + comment_length
        name = raw.decode("utf-8" if flags & _UTF8 else "cp437", errors="replace")
        if _is_plain(name, mode):
            size, stored, offset = _zip64(extra, (size, stored, offset))
            members[name] = Member(offset, stored, size, method, crc, bool(flags & _ENCRYPTED))
    return members


def _is_plain(name: str, mode: int) -> bool:
    """Whether it is a file below the archive, by a name that a file can have on every platform."""
    is_file = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
    return is_file and "\\" not in name and "\0" not in name and all(p not in ("", ".", "..") for p in name.split("/"))


def _zip64(extra: bytes, numbers: tuple[int, int, int]) -> tuple[int, int, int]:
    """Size, stored size and offset, those from the ZIP64 field that did not fit in 32 bits."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        length = min(length, len(extra) - 4)
        if kind == 1:
            words = (word for (word,) in struct.iter_unpack("<Q", extra[4 : 4 + length - length % 8]))
            a, b, c = (next(words, number) if number == _IN_ZIP64 else number for number in numbers)
            return a, b, c
        extra = extra[4 + length :]
    return numbers


def _contents(descriptor: int, member: Member) -> bytes | None:
    """What is read of a member; None if it is not where the directory says, or cannot be inflated to its size."""
    header = _pread(descriptor, _LOCAL.size, member.offset)
    if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
        return None
    name_length, extra_length = _LOCAL.unpack(header)[-2:]
    data = _pread(descriptor, member.stored_size, member.offset + _LOCAL.size + name_length + extra_length)
    if member.method == _STORED:
        return data
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, member.size + 1)
    except zlib.error:
        return None
