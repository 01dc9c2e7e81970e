"""The part of the SFTP protocol, version 3, that a reader needs; spoken with the server that `ssh -s HOST sftp` starts.

Own code, as the libraries that there are bring an own ssh: without the user's configuration, agent and connections.
Source: draft-ietf-secsh-filexfer-02.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import stat
import struct
from typing import NamedTuple

from autoviz_render.spool.text import printable
from autoviz_render.views.mirror.source import MissingError, SourceError
from autoviz_render.views.mirror.ssh import Link

CHUNK = 1 << 15
"""Bytes that every server reads at once."""

_INIT, _VERSION = 1, 2
_OPEN, _CLOSE, _READ, _FSTAT, _OPENDIR, _READDIR, _REALPATH, _STAT = 3, 4, 5, 8, 11, 12, 16, 17
_STATUS, _HANDLE, _DATA, _NAME, _ATTRS = 101, 102, 103, 104, 105
_EOF = 1  # of the codes of a status

_FOR_READING = 1
_MOST_PACKET = 1 << 18  # bytes, as OpenSSH has it
_MOST_BANNER = 1 << 17
_GREETING = b"\x02\x00\x00\x00\x03"
_STARTS_WITHIN = 60.0  # seconds
_ANSWERS_WITHIN = 30.0


class Attributes(NamedTuple):
    """What is known of a file there.

    Attributes:
        size: Bytes.
        mode: As `os.stat` has it; 0 if it was not told.
        modified: In whole seconds since 1970, by the clock there.
    """

    size: int
    mode: int
    modified: int

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)


class StatusError(MissingError):
    """The server refuses: there is no such file, or it is not this user's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Reader:
    """Takes a packet apart. What does not fit raises SourceError."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        return int(struct.unpack(">I", self._take(4))[0])

    def large_number(self) -> int:
        return int(struct.unpack(">Q", self._take(8))[0])

    def text(self) -> bytes:
        return self._take(self.number())

    def attributes(self) -> Attributes:
        flags = self.number()
        size = self.large_number() if flags & 1 else 0
        if flags & 2:
            self._take(8)  # user and group
        mode = self.number() if flags & 4 else 0
        modified = struct.unpack(">II", self._take(8))[1] if flags & 8 else 0
        if flags & 0x80000000:
            for _ in range(self.number()):
                self.text(), self.text()
        return Attributes(size, mode, modified)

    def _take(self, length: int) -> bytes:
        piece = self._data[self._at : self._at + length]
        if len(piece) < length:
            raise SourceError("the sftp server's answer is cut short")
        self._at += length
        return piece


class Sftp:
    """A session with an sftp server. Made by `begin`."""

    def __init__(self, link: Link, host: str) -> None:
        self._link, self._host = link, host
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[tuple[int, _Reader]]] = {}
        self._fault: str | None = None
        self._hearing: asyncio.Task[None] | None = None

    @staticmethod
    async def begin(link: Link, host: str) -> Sftp:
        """Greet the server. Raises SourceError."""
        sftp = Sftp(link, host)
        try:
            await asyncio.wait_for(sftp._greet(), _STARTS_WITHIN)
        except TimeoutError as error:
            await link.end()
            raise SourceError(f"{host}: its sftp server does not answer") from error
        except (EOFError, SourceError) as error:
            raise SourceError(await link.why()) from error
        except BaseException:
            await link.end()
            raise
        sftp._hearing = asyncio.create_task(sftp._hear())
        return sftp

    async def close(self) -> None:
        """End the session, and its child."""
        if self._hearing is not None:
            self._hearing.cancel()
        self._break("the mirror was closed")
        await self._link.end()

    async def realpath(self, path: bytes) -> bytes:
        """The absolute path. Raises MissingError, SourceError, as do those below."""
        _, answer = await self._ask(_REALPATH, _text(path), _NAME)
        answer.number()
        return answer.text()

    async def stat(self, path: bytes) -> Attributes:
        """What is known of a file; links are followed."""
        return (await self._ask(_STAT, _text(path), _ATTRS))[1].attributes()

    async def names(self, path: bytes) -> list[tuple[bytes, Attributes]]:
        """What is in a folder."""
        handle = (await self._ask(_OPENDIR, _text(path), _HANDLE))[1].text()
        found: list[tuple[bytes, Attributes]] = []
        try:
            while True:
                _, answer = await self._ask(_READDIR, _text(handle), _NAME)
                for _ in range(answer.number()):
                    name, _, attributes = answer.text(), answer.text(), answer.attributes()
                    if name not in (b"", b".", b"..") and b"/" not in name:
                        found.append((name, attributes))
        except StatusError as error:
            if error.code != _EOF:
                raise
        finally:
            self.close_handle(handle)
        return found

    async def open(self, path: bytes) -> bytes:
        """A handle to read a file by."""
        arguments = _text(path) + struct.pack(">II", _FOR_READING, 0)
        return (await self._ask(_OPEN, arguments, _HANDLE))[1].text()

    async def size(self, handle: bytes) -> int:
        """Bytes of an open file."""
        return (await self._ask(_FSTAT, _text(handle), _ATTRS))[1].attributes().size

    async def read(self, handle: bytes, offset: int, length: int) -> bytes:
        """A piece of an open file, perhaps a shorter one; empty at its end."""
        try:
            _, answer = await self._ask(_READ, _text(handle) + struct.pack(">QI", offset, length), _DATA)
        except StatusError as error:
            if error.code == _EOF:
                return b""
            raise
        return answer.text()

    def close_handle(self, handle: bytes) -> None:
        """Let go of a handle; nobody waits for the answer."""
        if self._fault is None:
            self._link.send_soon(_packet(_CLOSE, next(self._numbers), _text(handle)))

    async def _greet(self) -> None:
        await self._link.send(struct.pack(">IBI", 5, _INIT, 3))
        seen = b""
        while (place := seen.find(_GREETING)) < 4:  # a shell may have printed something first
            if len(seen) > _MOST_BANNER:
                raise SourceError("no sftp server answers")
            if not (data := await self._link.reader.read(1 << 12)):
                raise EOFError
            seen += data
        (length,) = struct.unpack(">I", seen[place - 4 : place])
        rest = length - len(seen) + place
        if rest > _MOST_PACKET:
            raise SourceError("no sftp server answers")
        if rest > 0:
            try:
                await self._link.reader.readexactly(rest)
            except asyncio.IncompleteReadError as error:
                raise EOFError from error

    async def _ask(self, kind: int, arguments: bytes, expected: int) -> tuple[int, _Reader]:
        if self._fault is not None:
            raise SourceError(self._fault)
        number = next(self._numbers) & 0xFFFFFFFF
        future: asyncio.Future[tuple[int, _Reader]] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        try:
            await self._link.send(_packet(kind, number, arguments))
            got, answer = await asyncio.wait_for(future, _ANSWERS_WITHIN)
        except TimeoutError as error:
            self._break(f"nothing was heard for {_ANSWERS_WITHIN:.0f} s")
            raise SourceError(f"{self._host}: nothing was heard for {_ANSWERS_WITHIN:.0f} s") from error
        finally:
            self._asked.pop(number, None)
        if got == _STATUS:
            code = answer.number()
            with contextlib.suppress(SourceError):
                raise StatusError(code, printable(answer.text().decode(errors="replace"), 200))
            raise StatusError(code, "no reason is given")
        if got != expected:
            raise SourceError(f"{self._host}: its sftp server answers out of turn")
        return got, answer

    async def _hear(self) -> None:
        reader = self._link.reader
        try:
            while True:
                (length,) = struct.unpack(">I", await reader.readexactly(4))
                if not 5 <= length <= _MOST_PACKET + 1024:
                    raise SourceError("what came makes no sense")
                packet = _Reader((data := await reader.readexactly(length))[1:])
                future = self._asked.get(packet.number())
                if future is not None and not future.done():
                    future.set_result((data[0], packet))
        except (EOFError, OSError) as error:
            self._break(str(error) if isinstance(error, SourceError) else "the link broke")

    def _break(self, why: str) -> None:
        self._fault = self._fault or f"{self._host}: {why}"
        for future in self._asked.values():
            if not future.done():
                future.set_exception(SourceError(self._fault))


def _text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def _packet(kind: int, number: int, arguments: bytes) -> bytes:
    return struct.pack(">IBI", 5 + len(arguments), kind, number) + arguments
