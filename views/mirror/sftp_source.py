"""The other side, if there is only sftp: it tells nothing by itself, so it is looked at in turn.

What that costs there is bounded: of the time a fifth at most goes into looks at what is known, and a twentieth into the
search for new runs. Runs in zips are not seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.packs.pack_index import MOST_INDEX_BYTES, PackIndex, read_index
from autoviz_render.spool.paths import snapshot_ref
from autoviz_render.views.mirror.sftp import CHUNK, Attributes, Sftp
from autoviz_render.views.mirror.source import (
    MOST_NEWEST,
    MOST_RUNS,
    Change,
    Complete,
    Gone,
    MissingError,
    Piece,
    RunState,
    Source,
    SourceError,
    checked_key,
)
from autoviz_render.views.mirror.ssh import Link

_T = TypeVar("_T")

_EVERY = 0.4  # seconds between two looks at runs that go on
_SHARE_OF_LOOKS = 1 / 5  # of the time
_SHARE_OF_SEARCH = 1 / 20
_SEARCHES_EVERY = 5.0  # seconds, at least
_PEEKS_EVERY = 1.5  # seconds, at least, between two looks for runs beside those that are known
_MOST_PLACES = 200  # folders that are looked at for these
_HOT_FOR = 3.0  # seconds after a change: times there are told in whole seconds, so one may hide the next
_OVER_EVERY = 16  # looks at runs that go on, for one at those that are over
_SIDE_BY_SIDE = 16  # questions of the search
_MOST_FOLDERS = 200_000
_MOST_OPEN = 12
_MOST_INFO = 1 << 20
_GRAIN = 1.5  # seconds: how exact a clock is known from times in whole seconds
_HEAD = 1 << 16  # bytes of a pack, which hold the index of a thousand members

Signature = tuple[Attributes | None, ...]


@dataclass
class _Known:
    """A run that was found.

    Attributes:
        key: See `RunState`.
        path: Of its spool there.
        signature: What its files were like at the last look.
        hot_until: Until when it is listed though nothing seems to have changed, on the monotonic clock.
        state: As it was told.
        packs: The indices of its packs, by name and attributes.
        looked: When it was listed last, on the monotonic clock.
    """

    key: str
    path: bytes
    signature: Signature = ()
    hot_until: float = 0.0
    state: RunState | None = None
    packs: dict[tuple[bytes, Attributes], PackIndex | None] = field(default_factory=dict)
    looked: float = 0.0


class SftpSource(Source):
    """The other side, by sftp. Made by `begin`."""

    how = "sftp"
    chunk = CHUNK

    def __init__(self, sftp: Sftp, root: bytes) -> None:
        self._sftp, self._root = sftp, root
        self._runs: dict[str, _Known] = {}
        self._open: OrderedDict[tuple[str, str], tuple[bytes, int, int]] = OrderedDict()
        self._places: dict[bytes, None] = {}  # above run directories
        self._seen: set[bytes] = set()  # spools and run directories, which are not searched again
        self._heard = time.monotonic()
        self.path = os.fsdecode(root)

    @staticmethod
    async def begin(link: Link, host: str, paths: Sequence[str], poll: float) -> SftpSource:
        """Greet the other side. Raises SourceError. What the arguments are `HelperSource.begin` says."""
        del poll  # it is looked at more often than anybody asks for
        sftp = await Sftp.begin(link, host)
        try:
            return SftpSource(sftp, await _root_of(sftp, paths))
        except BaseException:
            await sftp.close()
            raise

    async def close(self) -> None:
        await self._sftp.close()

    def is_heard(self) -> bool:
        return time.monotonic() - self._heard < 2 * _SEARCHES_EVERY

    # Changes

    async def changes(self) -> AsyncIterator[Change]:
        looks, next_search, next_peek, is_first = 0, 0.0, 0.0, True
        while True:
            began = time.monotonic()
            if began >= next_search:
                for gone in await self._search():
                    yield Gone(gone)
                next_search = _after(began, _SEARCHES_EVERY)
                next_peek = time.monotonic() + _PEEKS_EVERY
            elif began >= next_peek:
                await self._peek()
                next_peek = _after(began, _PEEKS_EVERY)
            began = time.monotonic()
            due = [each for each in self._runs.values() if not looks % _OVER_EVERY or not _is_over(each)]
            for number in range(0, len(due), _SIDE_BY_SIDE):
                for state in await _all(self._look_at(each) for each in due[number : number + _SIDE_BY_SIDE]):
                    if state is not None:
                        yield state
            self._heard = time.monotonic()
            looks += 1
            if is_first:
                is_first = False
                yield Complete(is_there=await self._is_there())
            await asyncio.sleep(max(_EVERY, (time.monotonic() - began) * (1 / _SHARE_OF_LOOKS - 1)))

    async def _is_there(self) -> bool:
        with contextlib.suppress(MissingError):
            return (await self._sftp.stat(self._root)).is_folder
        return False

    async def _search(self) -> list[str]:
        """Find the runs that there are; the keys of those that are gone."""
        self._places.clear()
        found = await self._walk([b""])
        if not found and self._runs and not await self._is_there():
            return []  # the disk is away: unreadable is not gone
        gone = [key for key in self._runs if key not in found]
        for key in gone:
            del self._runs[key]
        self._know(found)
        return gone

    async def _peek(self) -> None:
        """Find runs that began beside those that are known: a search of all may take long."""
        places = [b"", *self._places][:_MOST_PLACES]
        new: list[bytes] = []
        for place, names in zip(places, await _all(self._names(each) for each in places), strict=True):
            new += [_below(place, name) for name, each in names or () if each.is_folder]
        self._know(await self._walk([each for each in new if each not in self._seen]))

    def _know(self, found: dict[str, bytes]) -> None:
        for key, path in found.items():
            self._runs.setdefault(key, _Known(key, path))
            run = path.removeprefix(self._root).strip(b"/").rpartition(b"/")[0]
            self._places.setdefault(run.rpartition(b"/")[0])

    async def _walk(self, folders: list[bytes]) -> dict[str, bytes]:
        """The spools at and under some folders, by their keys. A run that is just being made is found the next time."""
        found: dict[str, bytes] = {}
        passed = 0
        while folders and passed < _MOST_FOLDERS and len(found) < MOST_RUNS:
            some, folders = folders[-_SIDE_BY_SIDE:], folders[:-_SIDE_BY_SIDE]
            passed += len(some)
            for folder, names in zip(some, await _all(self._names(each) for each in some), strict=True):
                if any(name == b"spool.json" and not each.is_folder for name, each in names or ()):
                    self._seen.update((folder, folder.rpartition(b"/")[0]))
                    with contextlib.suppress(ValueError):
                        found[checked_key(os.fsdecode(folder) or ".")] = self._path(folder)
                    continue
                for name, each in names or ():
                    below = _below(folder, name)
                    if each.is_folder or (each.is_link and not folder and await self._leads_to_folder(below)):
                        folders.append(below)
        return found

    async def _names(self, folder: bytes) -> list[tuple[bytes, Attributes]] | None:
        with contextlib.suppress(MissingError):
            return await self._sftp.names(self._path(folder))
        return None

    async def _leads_to_folder(self, link: bytes) -> bool:
        with contextlib.suppress(MissingError):
            return (await self._sftp.stat(self._path(link))).is_folder
        return False

    def _path(self, below: bytes) -> bytes:
        return self._root + b"/" + below if below else self._root

    async def _attributes(self, path: bytes) -> Attributes | None:
        with contextlib.suppress(MissingError):
            return await self._sftp.stat(path)
        return None

    async def _look_at(self, known: _Known) -> RunState | None:
        """How a run stands, if that is new."""
        names = (b"spool.json", b"scalars.jsonl", b"snapshots", b"packs")
        signature = tuple(await _all(self._attributes(known.path + b"/" + name) for name in names))
        if signature != known.signature:
            known.signature, known.hot_until = signature, time.monotonic() + _HOT_FOR
        elif time.monotonic() > known.hot_until:
            return None
        with contextlib.suppress(MissingError, ValueError):
            state = await self._state(known, signature)
            if state != known.state:
                known.state = state
                known.hot_until = time.monotonic() + _HOT_FOR
                return state
        return None

    async def _state(self, known: _Known, signature: Signature) -> RunState:
        info = (await self._whole(known.path + b"/spool.json", _MOST_INFO)).decode()
        content = json.loads(info)
        is_over = not isinstance(content, dict) or content.get("state") != "running"  # before the listing
        loose = await self._listed(known)
        packed = await self._packed(known) if signature[3] is not None else []
        ordered = sorted(dict.fromkeys([*packed, *loose]), key=lambda name: snapshot_ref(Path(), name) or 0)
        return RunState(
            key=known.key,
            info=info,
            is_over=is_over,
            newest=tuple(ordered[-MOST_NEWEST:]),
            snapshots=len(ordered),
            scalars=signature[1].size if signature[1] is not None else 0,
        )

    async def _listed(self, known: _Known) -> list[str]:
        """The loose snapshots; what is new among them tells the clock there, to a second."""
        try:
            names = await self._sftp.names(known.path + b"/snapshots")
        except MissingError:
            return []
        before, known.looked = known.looked, time.monotonic()
        told = set(known.state.newest) if known.state is not None else None
        found = []
        for name, attributes in names:
            text = os.fsdecode(name)
            if snapshot_ref(Path(), text) is not None:
                found.append(text)
                is_new = told is not None and text not in told and text > max(told, default="")
                if is_new and known.looked - before < 2 * _EVERY:
                    ahead = attributes.modified + 0.5 - (time.time() - (known.looked - before) / 2)
                    self.clock_ahead = ahead if abs(ahead) > _GRAIN else 0.0
        return found

    async def _packed(self, known: _Known) -> list[str]:
        with contextlib.suppress(MissingError):
            for pack in await self._sftp.names(known.path + b"/packs"):
                name, attributes = pack
                is_one = name.endswith(b".zip") and not name.startswith(b".") and attributes.is_file
                if is_one and pack not in known.packs:
                    known.packs[pack] = await self._index(known.path + b"/packs/" + name)
        return [ref.path.name for index in known.packs.values() if index is not None for ref in index.refs]

    async def _index(self, path: bytes) -> PackIndex | None:
        """The index of a pack, at its beginning; None if it is none."""
        for length in (_HEAD, MOST_INDEX_BYTES + _HEAD):
            with contextlib.suppress(SpoolError, MissingError):
                head = await self._whole(path, length)
                return read_index(io.BytesIO(head), Path(os.fsdecode(path)))  # type: ignore[arg-type]
        return None

    async def _whole(self, path: bytes, most: int) -> bytes:
        """The beginning of a file. Raises MissingError, SourceError."""
        handle = await self._sftp.open(path)
        try:
            data = b""
            while len(data) < most and (more := await self._sftp.read(handle, len(data), CHUNK)):
                data += more
            return data[:most]
        finally:
            self._sftp.close_handle(handle)

    # Pieces of files

    async def read(self, key: str, name: str, offset: int, length: int) -> Piece:
        handle, start, size = await self._opened(key, name, anew=offset == 0 or name == "scalars.jsonl")
        length = max(0, min(length, size - offset))
        data = await self._sftp.read(handle, start + offset, length) if length else b""
        self._heard = time.monotonic()
        if len(data) > length:
            raise SourceError("more of a file came than was asked for")
        if offset + len(data) >= size or name == "scalars.jsonl":
            self._let_go(key, name, handle)
        return Piece(size, data)

    async def _opened(self, key: str, name: str, *, anew: bool) -> tuple[bytes, int, int]:
        """A file that stays open, as retention may remove it meanwhile: where it begins in that, and its size."""
        if not anew and (key, name) in self._open:
            self._open.move_to_end((key, name))
            return self._open[key, name]
        if (known := self._runs.get(key)) is None:
            raise MissingError(f"{key} is there no more")
        found = await self._locate(known, name)
        if name != "scalars.jsonl":
            self._open[key, name] = found
            while len(self._open) > _MOST_OPEN:
                self._sftp.close_handle(self._open.popitem(last=False)[1][0])
        return found

    def _let_go(self, key: str, name: str, handle: bytes) -> None:
        if self._open.get((key, name), (b"",))[0] == handle:
            del self._open[key, name]
            self._sftp.close_handle(handle)
        elif name == "scalars.jsonl":
            self._sftp.close_handle(handle)

    async def _locate(self, known: _Known, name: str) -> tuple[bytes, int, int]:
        try:
            handle = await self._sftp.open(known.path + b"/" + name.encode())
            return handle, 0, await self._sftp.size(handle)
        except MissingError:
            for (pack, _), index in known.packs.items():
                if index is not None and (member := index.members.get(name)) is not None:
                    handle = await self._sftp.open(known.path + b"/packs/" + pack)
                    return handle, index.start + member.offset, member.size
            raise


def _below(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder else name


def _after(began: float, least: float) -> float:
    """When to search again, on the monotonic clock: it has its share of the time."""
    now = time.monotonic()
    return now + max(least, (now - began) * (1 / _SHARE_OF_SEARCH - 1))


def _is_over(known: _Known) -> bool:
    return known.state is not None and known.state.is_over and time.monotonic() > known.hot_until


async def _root_of(sftp: Sftp, paths: Sequence[str]) -> bytes:
    """The absolute path there: the first that exists, else the first."""
    resolved = []
    for path in paths:
        told = os.fsencode(path)
        if told.startswith(b"~/") or told == b"~":
            told = told[2:] or b"."  # a session begins at home
        with contextlib.suppress(MissingError):
            resolved.append(await sftp.realpath(told))
            await sftp.stat(resolved[-1])
            return resolved[-1]
    return resolved[0] if resolved else os.fsencode(paths[0])


async def _all(work: Iterable[Awaitable[_T]]) -> list[_T]:
    return list(await asyncio.gather(*work))
