"""The frames of the protocol: each of a bounded size, and with a checksum. See the package for what they say."""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

from autoviz_render.spool.errors import AutovizError

VERSION = 1
MAGIC = b"\nautoviz-render mirror\n"
"""What the far end begins with, after whatever a shell there printed."""

MOST_READ = 1 << 20
"""Bytes that one READ may ask for."""

BEAT = 5.0
"""Seconds after which the near end says something though it has nothing to say."""

SILENCE = 30.0
"""Seconds of silence after which an end takes the other for gone."""

_HEADER = struct.Struct(">BIII")
_SIZE = struct.Struct(">Q")
_MOST_PAYLOAD = 8 << 20  # of RUNS: a `spool.json` of 1 MiB, escaped


class Kind(IntEnum):
    """What a frame is; the package says what each holds."""

    HELLO = 1
    WELCOME = 2
    RUNS = 3
    GONE = 4
    COMPLETE = 5
    READ = 6
    DATA = 7
    MISSING = 8
    PING = 9
    PONG = 10


class FrameError(AutovizError, ValueError):
    """What came is no frame: the other side is not what it should be, or something wrote in between."""


class Frame(NamedTuple):
    """One message.

    Attributes:
        kind: Which.
        request: Of what it is the answer, or that which asks.
        payload: As it came.
    """

    kind: Kind
    request: int
    payload: bytes

    @property
    def content(self) -> dict[str, Any]:
        """The object in it. Raises FrameError."""
        try:
            content = json.loads(self.payload)
        except (ValueError, RecursionError) as error:
            raise FrameError(f"a frame holds no JSON: {error!s:.100}") from error
        if not isinstance(content, dict):
            raise FrameError(f"a frame holds a {type(content).__name__}, not an object")
        return content

    @property
    def data(self) -> tuple[int, bytes]:
        """The size of a file, and the piece of it. Raises FrameError."""
        if len(self.payload) < _SIZE.size:
            raise FrameError("a frame of data is too short")
        return _SIZE.unpack_from(self.payload)[0], self.payload[_SIZE.size :]


def frame_bytes(kind: Kind, content: dict[str, Any] | None = None, request: int = 0) -> bytes:
    """A frame of JSON, as it is sent."""
    return _framed(kind, request, json.dumps(content or {}).encode())


def data_bytes(size: int, piece: bytes, request: int) -> bytes:
    """A frame of data, as it is sent."""
    return _framed(Kind.DATA, request, _SIZE.pack(size) + piece)


def _framed(kind: Kind, request: int, payload: bytes) -> bytes:
    return _HEADER.pack(kind, request, len(payload), zlib.crc32(payload)) + payload


class FrameParser:
    """Takes bytes as they come, and gives frames as they are whole."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are whole by now. Raises FrameError: nothing after that makes sense."""
        self._waiting += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        if len(self._waiting) < _HEADER.size:
            return None
        kind, request, length, crc = _HEADER.unpack_from(self._waiting)
        if not Kind.HELLO <= kind <= Kind.PONG or length > _MOST_PAYLOAD:
            raise FrameError(f"no frame begins with {bytes(self._waiting[: _HEADER.size])!r}")
        end = _HEADER.size + length
        if len(self._waiting) < end:
            return None
        payload = bytes(self._waiting[_HEADER.size : end])
        if zlib.crc32(payload) != crc:
            raise FrameError("a frame does not match its checksum")
        del self._waiting[:end]
        return Frame(Kind(kind), request, payload)


def read_frames(descriptor: int, take: Callable[[Frame], object]) -> None:
    """Take the frames that come until the other end closes. Raises FrameError, OSError."""
    parser = FrameParser()
    while data := os.read(descriptor, 1 << 16):
        for frame in parser.feed(data):
            take(frame)
