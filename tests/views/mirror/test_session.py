"""What is mirrored, and in which order, with another side that is a folder of this disk, or lies."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.info import Producer, info_bytes, read_info
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.store import Spool
from autoviz_render.views.mirror.address import Address
from autoviz_render.views.mirror.cache import Cache
from autoviz_render.views.mirror.export import run_state
from autoviz_render.views.mirror.session import Session
from autoviz_render.views.mirror.source import Change, Complete, Gone, MissingError, Piece, Source, SourceError


class Folder(Source):
    """Another side that is a folder here.

    Attributes:
        asked: What was read of it, in order.
        on_read: Called before each piece is given.
    """

    how = "autoviz-render"
    chunk = 1000

    def __init__(self, root: Path) -> None:
        self._root = root
        self.told: asyncio.Queue[Change | None] = asyncio.Queue()
        self.asked: list[str] = []
        self.on_read: Callable[[str, int], object] = lambda _name, _offset: None

    def tell(self, key: str = "search/spool") -> None:
        self.told.put_nowait(run_state(SpoolPaths(self._root / key), key))

    async def changes(self) -> AsyncIterator[Change]:
        while (change := await self.told.get()) is not None:
            yield change
        raise SourceError("the link broke")

    async def read(self, key: str, name: str, offset: int, length: int) -> Piece:
        if name not in self.asked:
            self.asked.append(name)
        self.on_read(name, offset)
        await asyncio.sleep(0)
        try:
            content = (self._root / key / name).read_bytes()
        except FileNotFoundError as error:
            raise MissingError(name) from error
        return Piece(len(content), content[offset : offset + length])

    def is_heard(self) -> bool:
        return True

    async def close(self) -> None:
        self.told.put_nowait(None)


class Mirrored:
    """A session and what it made.

    Attributes:
        run: The run's directory in the mirror.
    """

    def __init__(self, there: Path, tmp_path: Path, **settings: Any) -> None:
        self.there = there
        self.cache = Cache(Address("host", "/runs"), tmp_path / "cache", **settings)
        self.cache.open()
        self.session = Session(self.cache)
        self.source = Folder(there)
        self.run = self.cache.path / "search"

    async def until(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        """Mirror until a condition holds, then break the link."""
        link = asyncio.create_task(self.session.run(self.source))
        async with asyncio.timeout(seconds):
            while not condition():
                assert not link.done() or link.result()
                await asyncio.sleep(0.002)
        self.source.told.put_nowait(None)
        with contextlib.suppress(SourceError):
            await link

    def steps(self) -> list[int]:
        return [ref.sequence for ref in Spool(self.run).snapshots()]


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there"


@pytest.fixture
def mirroring(there: Path, tmp_path: Path) -> Callable[..., None]:
    """Runs a test's coroutine with a mirror of `there`."""

    def run(work: Callable[[Mirrored], Coroutine[Any, Any, None]], **settings: Any) -> None:
        async def main() -> None:
            mirrored = Mirrored(there, tmp_path, **settings)
            try:
                await work(mirrored)
            finally:
                mirrored.cache.close()

        asyncio.run(main())

    return run


def test_a_mirror_is_an_ordinary_spool(there, publish, mirroring):
    """Same names and bytes, and the snapshot appears last: whoever sees it finds all that belongs to it."""
    publish(3, into=there / "search")

    async def work(mirror: Mirrored) -> None:
        mirror.source.tell()
        await mirror.until((mirror.run / "spool" / "spool.json").exists)
        spool, original = Spool(mirror.run), Spool(there / "search")
        newest = spool.read_newest()
        assert newest.sequence == 2
        assert [line.sequence for line in newest.history] == [0, 1, 2]
        assert newest.static["data"].shape == (4, 4)
        assert spool.info() == original.info()
        for path in (mirror.run / "spool").rglob("*.*"):
            assert path.read_bytes() == (there / "search" / path.relative_to(mirror.run)).read_bytes()
        assert list((mirror.run / "spool" / "tmp").iterdir()) == []
        order = [name.partition("/")[0] for name in mirror.source.asked]
        assert order == ["snapshots", "static", "scalars.jsonl"]

    mirroring(work)


def test_what_was_superseded_is_never_asked_for(there, publish, mirroring):
    """A slow link shows the newest, not all, late."""
    publish(2, into=there / "search")

    async def work(mirror: Mirrored) -> None:
        mirror.source.tell()
        await mirror.until(lambda: mirror.steps() == [1])
        publish(3, into=there / "search", first=2)
        mirror.source.tell()
        await mirror.until(lambda: len(mirror.steps()) == 2)
        assert [name for name in mirror.source.asked if name.endswith("0.h5")] == []
        assert sum(name.startswith("static") for name in mirror.source.asked) == 1

    mirroring(work)


def test_a_link_that_breaks_in_the_middle_of_a_file_is_gone_on_with_there(there, publish, mirroring):
    """A large snapshot over a link that breaks every minute must arrive some day."""
    publish(1, into=there / "search")
    offsets: list[int] = []

    async def work(mirror: Mirrored) -> None:
        def breaks(name: str, offset: int) -> None:
            if name.startswith("snapshots") and offset >= 2000:
                raise SourceError("the link broke")

        mirror.source.on_read = breaks
        mirror.source.tell()
        with pytest.raises(SourceError):
            await mirror.session.run(mirror.source)
        assert mirror.steps() == []
        mirror.source = Folder(there)
        mirror.source.on_read = lambda name, offset: offsets.append(offset) if name.startswith("snap") else None
        mirror.source.tell()
        await mirror.until(lambda: mirror.steps() == [0])

    mirroring(work)
    assert min(offsets) == 2000


def test_a_large_file_gives_way_to_a_newer_one_but_not_for_ever(there, publish, mirroring):
    """Superseded while it is on its way: it is left off at its beginning, and the next one comes whole."""
    for number in range(3):
        publish(1, into=there / "search", first=number, resumed_from=10 * number - 10)
    names = sorted(path.name for path in (there / "search" / "spool" / "snapshots").iterdir())

    async def work(mirror: Mirrored) -> None:
        state = run_state(SpoolPaths(there / "search" / "spool"), "search/spool")
        mirror.source.chunk = 100

        def supersede(name: str, offset: int) -> None:
            if offset == 100 and name != f"snapshots/{names[2]}":
                newer = names[: names.index(name.partition("/")[2]) + 2]
                mirror.source.told.put_nowait(replace(state, newest=tuple(newer), scalars=0))

        mirror.source.on_read = lambda name, offset: supersede(name, offset) if name.startswith("snap") else None
        mirror.source.told.put_nowait(replace(state, newest=(names[0],), scalars=0))
        held = mirror.run / "spool" / "snapshots"
        await mirror.until((held / names[2]).exists)
        assert not (held / names[0]).exists()
        assert (held / names[1]).exists()

    mirroring(work)


def test_a_damaged_snapshot_is_not_taken_and_an_older_one_is(there, publish, mirroring):
    """Bytes are verified before a name is given."""
    publish(2, into=there / "search")
    path = there / "search" / "spool" / "snapshots" / "e0000-000000000001.h5"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    async def work(mirror: Mirrored) -> None:
        mirror.source.tell()
        await mirror.until(lambda: mirror.steps() == [0])

    mirroring(work)


def test_a_static_file_that_is_not_what_it_is_called_keeps_its_snapshot_away(there, publish, mirroring):
    """It would be drawn on another's data."""
    publish(1, into=there / "search")
    static = next((there / "search" / "spool" / "static").iterdir())
    static.write_bytes(next((there / "search" / "spool" / "snapshots").iterdir()).read_bytes())

    async def work(mirror: Mirrored) -> None:
        mirror.source.tell()
        await mirror.until((mirror.run / "spool" / "spool.json").exists)
        assert mirror.steps() == []
        assert list((mirror.run / "spool" / "static").iterdir()) == []

    mirroring(work)


def test_scalars_are_appended_and_begun_anew_if_they_were_thinned(there, publish, mirroring):
    """Each line crosses the link once, but the file may be another one by now."""
    publish(3, into=there / "search")
    lines = there / "search" / "spool" / "scalars.jsonl"

    async def work(mirror: Mirrored) -> None:
        mirror.source.tell()
        await mirror.until((mirror.run / "spool" / "spool.json").exists)
        copy = mirror.run / "spool" / "scalars.jsonl"
        assert copy.read_bytes() == lines.read_bytes()
        publish(2, into=there / "search", first=3)
        mirror.source.tell()
        await mirror.until(lambda: copy.read_bytes() == lines.read_bytes())
        kept = lines.read_bytes().splitlines(keepends=True)[::2]
        lines.write_bytes(b"".join(kept))
        mirror.source.tell()
        await mirror.until(lambda: copy.read_bytes() == b"".join(kept))
        lines.write_bytes(b"".join(reversed(kept)) + kept[0] + kept[0][:20])
        mirror.source.tell()
        await mirror.until(lambda: copy.read_bytes() == b"".join(reversed(kept)) + kept[0])

    mirroring(work)


def test_a_run_that_was_begun_anew_is_begun_anew_here(there, publish, mirroring, tmp_path):
    """Somebody removed the output and ran it again: what is left of the first one is no newer snapshot."""
    publish(5, into=there / "search")

    async def work(mirror: Mirrored) -> None:
        mirror.source.tell()
        await mirror.until(lambda: mirror.steps() == [4])
        (there / "search").rename(tmp_path / "before")
        publish(1, into=there / "search")
        mirror.source.tell()
        await mirror.until(lambda: mirror.steps() == [0])

    mirroring(work)


def test_a_run_that_is_gone_there_is_gone_here_but_not_if_all_is(there, publish, mirroring):
    """A disk that is away must not empty the mirror."""
    publish(1, into=there / "search")

    async def work(mirror: Mirrored) -> None:
        mirror.source.tell()
        await mirror.until(lambda: mirror.steps() == [0])
        mirror.source = Folder(there)
        mirror.source.told.put_nowait(Complete(is_there=False))
        await mirror.until(mirror.source.told.empty)
        assert mirror.steps() == [0]
        (mirror.run / "image").mkdir()
        mirror.source.told.put_nowait(Gone("search/spool"))
        await mirror.until(lambda: not (mirror.run / "spool").exists())
        assert (mirror.run / "image").exists()

    mirroring(work)


def test_a_process_that_died_there_is_dead_here(there, publish, mirroring):
    """Its number means nothing on this host: what the other side knows is all there is."""
    publish(1, into=there / "search")
    info = read_info(there / "search" / "spool" / "spool.json")
    far = replace(info, state="running", producer=Producer("login7", 4242, "fit.py", "another boot", 7))
    (there / "search" / "spool" / "spool.json").write_bytes(info_bytes(far))

    async def work(mirror: Mirrored) -> None:
        state = run_state(SpoolPaths(there / "search" / "spool"), "search/spool")
        copy = mirror.run / "spool" / "spool.json"
        mirror.source.told.put_nowait(state)
        await mirror.until(copy.exists)
        assert copy.read_text() == state.info
        assert not Spool(mirror.run).info().is_over()
        mirror.source.told.put_nowait(replace(state, is_over=True))
        await mirror.until(lambda: Spool(mirror.run).info().is_over())
        told = Spool(mirror.run).info()
        assert (told.state, told.producer.host, told.producer.pid) == ("running", "login7", 4242)

    mirroring(work)


def test_the_end_is_told_after_the_last_snapshot(there, publish, mirroring):
    """Whoever waits for the end would leave before the last figure."""
    publish(2, into=there / "search")

    async def work(mirror: Mirrored) -> None:
        seen: list[bool] = []
        mirror.source.on_read = lambda _name, _offset: seen.append((mirror.run / "spool" / "spool.json").exists())
        mirror.source.tell()
        await mirror.until((mirror.run / "spool" / "spool.json").exists)
        assert not any(seen)
        assert mirror.steps() == [1]

    mirroring(work)


def test_old_snapshots_go_and_the_newest_stays(there, publish, mirroring):
    """The disk here is bounded, however long the run."""

    async def work(mirror: Mirrored) -> None:
        for number in range(4):
            publish(1, into=there / "search", first=number, resumed_from=10 * number - 10)
            mirror.source.tell()
            await mirror.until(lambda: mirror.steps()[-1:] == [number])  # noqa: B023  called at once
        assert mirror.steps() == [3]
        assert len(list((mirror.run / "spool" / "static").iterdir())) == 1
        assert Spool(mirror.run).read_newest().static["data"].shape == (4, 4)

    mirroring(work, most_bytes=1)


def test_a_full_disk_here_is_said_and_tried_again(there, publish, mirroring, monkeypatch):
    """And costs neither the link nor the other runs."""
    publish(1, into=there / "search")
    publish(1, into=there / "other")
    told: list[str] = []
    monkeypatch.setattr("autoviz_render.views.mirror.session._FULL_FOR", 0.05)

    async def work(mirror: Mirrored) -> None:
        mirror.session = Session(mirror.cache, told.append)
        check, tries = mirror.cache.check_room, []

        def full(size: int, most: int) -> None:
            tries.append(size)
            if len(tries) < 3:
                raise OSError(28, "No space left on device")
            check(size, most)

        monkeypatch.setattr(mirror.cache, "check_room", full)
        mirror.source.tell("search/spool")
        mirror.source.tell("other/spool")
        await mirror.until(lambda: mirror.steps() == [0])

    mirroring(work)
    assert told[0] == "the disk here is full"
    assert told[-1] == ""


def test_an_older_snapshot_can_be_asked_for(there, publish, mirroring):
    """By whoever moves a slider to a step that was superseded before it came."""
    publish(3, into=there / "search")

    async def work(mirror: Mirrored) -> None:
        fetched: list[bool] = []

        async def ask() -> None:
            fetch = mirror.session.fetch
            fetched.append(await fetch("search/spool", "e0000-000000000000.h5"))
            fetched.append(await fetch("search/spool", "e0000-000000000009.h5"))

        mirror.source.tell()
        tasks = []

        def is_done() -> bool:
            if mirror.steps() and not tasks:
                tasks.append(asyncio.ensure_future(ask()))
            return len(fetched) == 2

        await mirror.until(is_done)
        assert fetched == [True, False]
        assert mirror.steps() == [0, 2]
        assert Spool(mirror.run)[0].sequence == 0

    mirroring(work)


def test_a_spool_json_that_is_none_costs_its_run_alone(there, publish, mirroring):
    """The other side is not trusted: what it says is verified here, too."""
    publish(1, into=there / "search")

    async def work(mirror: Mirrored) -> None:
        state = run_state(SpoolPaths(there / "search" / "spool"), "search/spool")
        wrong = json.loads(state.info) | {"figures": ["../../x"]}
        mirror.source.told.put_nowait(replace(state, key="bad/spool", info=json.dumps(wrong)))
        mirror.source.tell()
        await mirror.until(lambda: mirror.steps() == [0])
        with pytest.raises(UnreadableError):
            read_info(there / "search" / "spool" / "scalars.jsonl")
        assert not (mirror.cache.path / "bad" / "spool" / "spool.json").exists()

    mirroring(work)
