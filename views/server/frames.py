"""Pictures by the digest of their bytes: an address that never shows anything else."""

from __future__ import annotations

import hashlib
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.system.archived import status_of
from autoviz_render.spool.system.safe_read import read_plain

MOST_BYTES = 1 << 26
"""Of frames that are kept."""

_LARGEST = 1 << 25  # bytes of a figure that is shown
_MOST_KNOWN = 20_000  # files of which the digest is remembered

TYPES = {"png": "image/png", "webp": "image/webp", "svg": "image/svg+xml"}
"""Of pictures that a browser shows, by the suffixes of their names."""


@dataclass(frozen=True)
class Frame:
    """A picture.

    Attributes:
        digest: SHA-256 of its bytes, in hexadecimal digits.
        suffix: Of its kind: "png", "webp" or "svg".
        size: In bytes.
        width, height: In pixels; 0 if that is not known.
    """

    digest: str
    suffix: str
    size: int
    width: int = 0
    height: int = 0

    @property
    def address(self) -> str:
        """Where it is, relative to the base."""
        return f"frames/{self.digest}.{self.suffix}"

    def facts(self) -> dict[str, object]:
        """What is told of it."""
        return {"frame": self.address, "size": self.size, "width": self.width, "height": self.height}


class Frames:
    """The pictures that were asked for or announced last, in bounded memory. For the server's thread alone."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def add(self, frame: Frame, content: bytes) -> None:
        """Keep a picture; others that were not asked for lately are dropped."""
        self._size += len(content) - len(self._bytes.pop(frame.digest, b""))
        self._bytes[frame.digest] = content
        while self._size > self._most_bytes and len(self._bytes) > 1:
            self._size -= len(self._bytes.popitem(last=False)[1])

    def get(self, digest: str) -> bytes | None:
        """The picture's bytes; None if it is not here any more."""
        if digest in self._bytes:
            self._bytes.move_to_end(digest)
        return self._bytes.get(digest)

    def __contains__(self, digest: str) -> bool:
        return digest in self._bytes


Stamp = tuple[int, int, int]
"""Tells a file from the one that replaced it."""


def stamp_of(path: Path) -> Stamp:
    """The stamp of a file. Raises OSError."""
    status = status_of(path, follow_symlinks=False)
    return status.st_ino, status.st_mtime_ns, status.st_size


def read_picture(path: Path) -> tuple[Frame, bytes]:
    """A figure's file, read once.

    Raises:
        UnreadableError: It is no picture: a link, a pipe, or any other file that somebody called so.
        OSError: The disk is at fault.
    """
    content = read_plain(path, _LARGEST).tobytes()
    return frame_of(content, path), content


def frame_of(content: bytes, path: Path) -> Frame:
    """What there is to say of a picture's bytes. Raises UnreadableError: they are none."""
    digest, size = hashlib.sha256(content).hexdigest(), len(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) > 24:
        return Frame(digest, "png", size, *struct.unpack(">II", content[16:24]))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Frame(digest, "webp", size)
    if path.suffix == ".svg" and b"<svg" in content[:1000]:
        return Frame(digest, "svg", size)
    raise UnreadableError(path, "is refused: it is no picture that a browser shows")
