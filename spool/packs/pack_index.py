"""The index of a pack: its first member, JSON that says where the other members are.

One read at the head of the file finds all of them, and the index never changes, as the pack does not. Offsets count
from the end of the index, so that they do not depend on its length.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import FileIO
from pathlib import Path
from typing import Any

from autoviz_render.spool.errors import LaterVersionError, UnreadableError
from autoviz_render.spool.format.footer import MAX_FILE_BYTES
from autoviz_render.spool.format.manifest import FORMAT_VERSION, later
from autoviz_render.spool.paths import snapshot_ref
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.system.safe_read import whole_number

MOST_INDEX_BYTES = 1 << 22
MOST_MEMBERS = 50_000

_FORMAT = "autoviz-render pack"
_SUFFIX = ".index.json"
_HEADER = struct.Struct("<4s5H3I2H")  # APPNOTE.TXT of ZIP, 4.3.7: the local file header
_MAGIC = b"PK\x03\x04"
_TEXT_IS_UTF8 = 0x800  # the only flag of a plain stored member
_HEAD_BYTES = 1 << 16  # the first read: of a thousand members, all
_OURS = re.compile(r"snapshots/e[0-9]{4,9}-[0-9]{12,18}\.h5|static/[0-9a-f]{64}\.h5")


@dataclass(frozen=True)
class Member:
    """A file in a pack.

    Attributes:
        offset: Of its first byte, from the end of the index.
        size: Bytes.
        crc: CRC-32 of its bytes.
    """

    offset: int
    size: int
    crc: int


@dataclass(frozen=True, eq=False)
class PackIndex:
    """What is in a pack.

    Attributes:
        start: The end of the index in the file.
        members: By their names in the spool, `snapshots/e0000-000000000012.h5`; those of other names are left out.
        folder: The spool's directory.
    """

    start: int
    members: Mapping[str, Member]
    folder: Path

    @cached_property
    def refs(self) -> Sequence[SnapshotRef]:
        """The snapshots, by the paths that they would have as loose files."""
        snapshots = self.folder / "snapshots"
        names = (name.removeprefix("snapshots/") for name in self.members)
        return [ref for name in names if (ref := snapshot_ref(snapshots, name)) is not None]


def index_bytes(members: Iterable[tuple[str, Member]]) -> bytes:
    """The index of a pack, in the order of the offsets."""
    rows = [[name, member.offset, member.size, member.crc] for name, member in members]
    return json.dumps({"format": _FORMAT, "version": FORMAT_VERSION, "members": rows}).encode()


def index_name(pack: str, content: bytes) -> tuple[str, str]:
    """The names of a pack and of its index, from what the pack begins with and the content of the index."""
    stem = f"{pack}-{hashlib.sha256(content).hexdigest()[:16]}"
    return f"{stem}.zip", f"packs/{stem}{_SUFFIX}"


def read_index(file: FileIO, path: Path) -> PackIndex:
    """The index of a pack.

    Args:
        file: The pack, at its beginning.
        path: Its path, in a spool's `packs/`.

    Raises:
        UnreadableError: It is no pack of ours, or damaged.
        LaterVersionError: A later version of this package wrote it.
        OSError: The disk is at fault.
    """
    head = file.read(_HEAD_BYTES)
    if len(head) < _HEADER.size or not head.startswith(_MAGIC):
        raise UnreadableError(path, "is no pack: it does not begin as a ZIP file does")
    _, _, flags, method, _, _, crc, stored, size, name_length, extra = _HEADER.unpack_from(head)
    begin = _HEADER.size + name_length + extra
    name = head[_HEADER.size : _HEADER.size + name_length]
    if not name.endswith(_SUFFIX.encode()) or method or flags & ~_TEXT_IS_UTF8 or stored != size:
        raise UnreadableError(path, "is no pack: its first member is not an index")
    if size > MOST_INDEX_BYTES:
        raise UnreadableError(path, f"is refused: an index of {size} bytes, more than the {MOST_INDEX_BYTES} allowed")
    content = head[begin : begin + size]
    while len(content) < size and (more := file.read(size - len(content))):
        content += more
    if len(content) < size or zlib.crc32(content) != crc:
        raise UnreadableError(path, "is damaged: its index does not match its checksum")
    return PackIndex(begin + size, _members(content, path), path.parent.parent)


def _members(content: bytes, path: Path) -> dict[str, Member]:
    try:
        index = json.loads(content)
        if index["format"] != _FORMAT:
            raise ValueError(f"format is {index['format']!r:.100}")
        if whole_number(index["version"]) > FORMAT_VERSION:
            raise LaterVersionError(path, later(index["version"]))
        return _checked(index["members"])
    except LaterVersionError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise UnreadableError(path, f"is damaged: its index says {error!r:.200}") from error


def _checked(rows: Any) -> dict[str, Member]:
    """The members, if none overlaps another. Raises ValueError, TypeError."""
    members: dict[str, Member] = {}
    end = 0
    if len(rows) > MOST_MEMBERS:
        raise ValueError(f"{len(rows)} members, more than the {MOST_MEMBERS} allowed")
    for name, *numbers in rows:
        offset, size, crc = map(whole_number, numbers)
        if offset < end or not 0 <= size <= MAX_FILE_BYTES:
            raise ValueError(f"{name!r:.100} is of {size} bytes at {offset}, before the end of another")
        end = offset + size
        if name in members:
            raise ValueError(f"{name!r:.100} twice")
        if isinstance(name, str) and _OURS.fullmatch(name):
            members[name] = Member(offset, size, crc)
    return members
