"""The other side by sftp: the real server of OpenSSH over pipes, and one that lies."""

from __future__ import annotations

import asyncio
import shutil
import struct
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from removal import remove

from autoviz_render.spool.packs.packing import pack
from autoviz_render.spool.store import Spool
from autoviz_render.views.mirror.address import Address
from autoviz_render.views.mirror.sftp import Sftp
from autoviz_render.views.mirror.sftp_source import SftpSource
from autoviz_render.views.mirror.source import Change, Complete, Gone, MissingError, RunState, SourceError
from autoviz_render.views.mirror.ssh import Link

SERVER = shutil.which("sftp-server", path="/usr/lib/openssh:/usr/lib/ssh:/usr/libexec/openssh:/usr/libexec")
needs_server = pytest.mark.skipif(SERVER is None, reason="needs OpenSSH's sftp-server, not installed here")
HOST = Address("host", "/")


@asynccontextmanager
async def far_side(*paths: Path, command: list[str] | None = None) -> AsyncIterator[SftpSource]:
    link = await Link.begin(command or [SERVER or ""], HOST)
    source = await SftpSource.begin(link, "host", [str(path) for path in paths], 1.0)
    try:
        yield source
    finally:
        await source.close()


async def told(source: SftpSource, until: Callable[[Change], object], seconds: float = 30) -> list[Change]:
    changes: list[Change] = []
    async with asyncio.timeout(seconds):
        async for change in source.changes():
            changes.append(change)
            if until(change):
                break
    return changes


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@needs_server
def test_runs_are_found_and_their_files_read_loose_or_packed(tmp_path, publish):
    """What the far end of ours gives, this gives, too."""
    root = tmp_path / 'it\'s "far" é'
    publish(3, into=root / "loose", state="failed")
    publish(3, into=root / "deep" / "er" / "packed")
    packed = {path.name: path.read_bytes() for path in (root / "deep").rglob("snapshots/*.h5")}
    pack(Spool(root / "deep" / "er" / "packed"))
    (root / "loose" / "image").mkdir()
    (root / "astray").symlink_to(root)

    async def work() -> None:
        async with far_side(root) as source:
            changes = await told(source, lambda change: isinstance(change, Complete))
            states = {each.key: each for each in changes if isinstance(each, RunState)}
            assert sorted(each for each in states if not each.startswith("astray")) == [
                "deep/er/packed/spool",
                "loose/spool",
            ]
            state = states["deep/er/packed/spool"]
            assert (state.snapshots, state.is_over, list(state.newest)) == (3, True, sorted(packed))
            for name, content in packed.items():
                piece = await source.read(state.key, f"snapshots/{name}", 0, 1 << 15)
                assert (piece.size, piece.data) == (len(content), content)
            loose = (root / "loose" / "spool" / "scalars.jsonl").read_bytes()
            assert states["loose/spool"].scalars == len(loose)
            assert (await source.read("loose/spool", "scalars.jsonl", 5, 7)).data == loose[5:12]
            with pytest.raises(MissingError):
                await source.read("loose/spool", "snapshots/e0000-000000000009.h5", 0, 10)
            with pytest.raises(MissingError):
                await source.read("../elsewhere", "spool.json", 0, 10)

    run(work())


@needs_server
def test_news_are_seen_though_times_are_told_in_seconds(tmp_path, publish):
    """Two snapshots within one second, a new run beside it, and one that goes."""
    publish(1, into=tmp_path / "search", state="failed")

    async def work() -> None:
        async with far_side(tmp_path) as source:
            changes = source.changes()

            async def until(condition: Callable[[Change], object]) -> None:
                async with asyncio.timeout(30):
                    async for change in changes:
                        if condition(change):
                            return

            await until(lambda change: isinstance(change, Complete))
            for number in (1, 2):
                await asyncio.to_thread(publish, 1, into=tmp_path / "search", first=number)
                end = f"{number:012d}.h5"
                await until(lambda each: isinstance(each, RunState) and each.newest[-1].endswith(end))  # noqa: B023
            await asyncio.to_thread(publish, 1, into=tmp_path / "another")
            await until(lambda each: isinstance(each, RunState) and each.key == "another/spool")
            remove(tmp_path / "another")
            await until(lambda each: each == Gone("another/spool"))

    run(work())


@needs_server
def test_a_shell_that_prints_something_first_is_passed_over(tmp_path, publish):
    """OpenSSH's own client gives up on that ("Received message too long")."""
    publish(1, into=tmp_path / "search")

    async def work() -> None:
        async with far_side(tmp_path, command=["sh", "-c", f"echo Welcome to HPC; exec {SERVER}"]) as source:
            changes = await told(source, lambda change: isinstance(change, RunState))
            assert [each.key for each in changes if isinstance(each, RunState)] == ["search/spool"]

    run(work())


@needs_server
def test_the_first_path_that_exists_counts(tmp_path, publish):
    """As with the far end of ours."""
    publish(1, into=tmp_path / "my runs")

    async def work() -> None:
        async with far_side(tmp_path / "my%20runs", tmp_path / "my runs") as source:
            assert source.path == str(tmp_path / "my runs")
        async with far_side(tmp_path / "not%20yet", tmp_path / "not yet") as source:
            changes = await told(source, lambda change: isinstance(change, Complete))
            assert changes == [Complete(is_there=False)]

    run(work())


LIAR = """
import os, struct, sys
os.write(1, struct.pack(">IBI", 5, 2, 3))
while True:
    length = struct.unpack(">I", os.read(0, 4))[0]
    packet = os.read(0, length)
    if packet[0] != 1:
        os.write(1, eval(sys.argv[1])(packet[1:5]))
"""


@pytest.mark.parametrize(
    "answer",
    [
        "lambda number: struct.pack('>IB', 0xffffffff, 104) + number",
        "lambda number: struct.pack('>IB', 9, 104) + number + bytes(4)",
        "lambda number: struct.pack('>IB', 17, 104) + number + struct.pack('>III', 1, 9999999, 0)",
        "lambda number: struct.pack('>IB', 5, 99) + number",
        "lambda number: sys.exit()",
        "lambda number: b'no packet at all, but some text that a program printed'",
    ],
)
def test_an_answer_that_makes_no_sense_breaks_the_link_and_nothing_else(answer):
    """The server is not trusted."""

    async def work() -> None:
        sftp = await Sftp.begin(await Link.begin([sys.executable, "-c", LIAR, answer], HOST), "host")
        try:
            async with asyncio.timeout(10):
                with pytest.raises(SourceError):
                    await sftp.names(await sftp.realpath(b"."))
        finally:
            await sftp.close()

    run(work())


def test_no_server_at_all_is_said():
    """Not waited for."""

    async def work() -> None:
        for program in ("import sys; sys.exit('sftp is not allowed')", f"print('x' * {1 << 18})"):
            with pytest.raises(SourceError):
                await Sftp.begin(await Link.begin([sys.executable, "-c", program], HOST), "host")

    run(work())
    assert struct.calcsize(">IBI") == 9
