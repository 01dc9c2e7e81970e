"""The far end of a mirror, over pipes in this process."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from removal import remove

from autoviz_render.spool.packs.packing import pack
from autoviz_render.spool.store import Spool
from autoviz_render.views.mirror.export import Export
from autoviz_render.views.mirror.frames import MAGIC, Frame, FrameError, FrameParser, Kind, frame_bytes


class FarEnd:
    """An `Export` in a thread, and the near ends of its pipes."""

    def __init__(self) -> None:
        source, self.write = os.pipe()
        self.read, sink = os.pipe()
        self.faults: list[Exception] = []
        self.parser = FrameParser()
        self.waiting: list[Frame] = []

        def serve() -> None:
            try:
                Export(source, sink).run()
            except (FrameError, OSError) as error:
                self.faults.append(error)
            os.close(sink)

        self.thread = threading.Thread(target=serve)
        self.thread.start()
        assert os.read(self.read, len(MAGIC)) == MAGIC

    def send(self, kind: Kind, request: int = 0, **content: Any) -> None:
        os.write(self.write, frame_bytes(kind, content, request))

    def next(self) -> Frame | None:
        while not self.waiting:
            if not (data := os.read(self.read, 1 << 16)):
                return None
            self.waiting += self.parser.feed(data)
        return self.waiting.pop(0)

    def until(self, kind: Kind) -> tuple[list[dict[str, Any]], Frame]:
        """The runs told until a frame of a kind comes, and that one."""
        runs: list[dict[str, Any]] = []
        while (frame := self.next()) is not None and frame.kind is not kind:
            if frame.kind is Kind.RUNS:
                runs += frame.content["runs"]
        assert frame is not None
        return runs, frame

    def ask(self, key: str, name: str, offset: int = 0, length: int = 1 << 20) -> Frame:
        self.send(Kind.READ, 5, key=key, name=name, offset=offset, length=length)
        while (frame := self.next()) is not None and frame.request != 5:
            pass
        assert frame is not None
        return frame

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.write)
        self.thread.join(20)
        os.close(self.read)


@pytest.fixture
def far_end() -> Iterator[Callable[..., FarEnd]]:
    """Starts far ends that have been greeted, and ends them."""
    ends: list[FarEnd] = []

    def start(*paths: Path) -> FarEnd:
        ends.append(FarEnd())
        ends[-1].send(Kind.HELLO, version=1, paths=[str(path) for path in paths], poll=0.1)
        return ends[-1]

    yield start
    for each in ends:
        each.close()


def test_it_tells_each_run_and_gives_the_bytes_of_its_files(far_end, publish, tmp_path):
    """What a mirror needs to be an ordinary spool."""
    run = tmp_path / "a b" / "sear'ch"
    publish(3, into=run)
    end = far_end(tmp_path)
    runs, complete = end.until(Kind.COMPLETE)
    (state,) = runs
    assert complete.content == {"is_there": True}
    assert (state["key"], state["snapshots"], state["is_over"]) == ("a b/sear'ch/spool", 3, True)
    assert state["info"] == (run / "spool" / "spool.json").read_text()
    name = f"snapshots/{state['newest'][-1]}"
    content = (run / "spool" / name).read_bytes()
    assert end.ask(state["key"], name).data == (len(content), content)
    assert end.ask(state["key"], name, 7, 11).data == (len(content), content[7:18])
    assert end.ask(state["key"], name, len(content) + 5).data == (len(content), b"")


def test_a_new_snapshot_is_told_at_once_and_a_removed_run_is_gone(far_end, publish, tmp_path):
    """By the file system's events, not by a look every few seconds."""
    publish(1, into=tmp_path / "search", state="failed")
    end = far_end(tmp_path)
    end.until(Kind.COMPLETE)
    threading.Thread(target=publish, args=(1,), kwargs={"into": tmp_path / "search", "first": 1}).start()
    newest: list[str] = []
    while "e0001-000000000002.h5" not in newest and "e0001-000000000001.h5" not in newest:
        frame = end.next()
        assert frame is not None
        newest = frame.content["runs"][0]["newest"] if frame.kind is Kind.RUNS else newest
    remove(tmp_path / "search")
    _, gone = end.until(Kind.GONE)
    assert gone.content == {"key": "search/spool"}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("search/spool", "../../secret"),
        ("search/spool", "writer.lock"),
        ("search/spool", "snapshots/../../../secret"),
        ("search/spool", "/etc/passwd"),
        ("search/spool", "snapshots/e0000-000000000099.h5"),
        ("../search/spool", "spool.json"),
        ("elsewhere", "spool.json"),
    ],
)
def test_nothing_but_the_files_of_spools_is_read(far_end, publish, tmp_path, key, name):
    """Whoever has the near end is this user, but the program that speaks need not be ours."""
    publish(1, into=tmp_path / "runs" / "search")
    (tmp_path / "secret").write_text("secret")
    end = far_end(tmp_path / "runs")
    end.until(Kind.COMPLETE)
    assert end.ask(key, name).kind is Kind.MISSING


def test_a_link_in_a_spool_is_not_followed(far_end, publish, tmp_path):
    """A stranger's spool must not have this user's other files sent."""
    publish(1, into=tmp_path / "runs" / "search")
    (tmp_path / "secret").write_text("secret")
    link = tmp_path / "runs" / "search" / "spool" / "snapshots" / "e0000-000000000007.h5"
    link.symlink_to(tmp_path / "secret")
    end = far_end(tmp_path / "runs")
    end.until(Kind.COMPLETE)
    assert end.ask("search/spool", f"snapshots/{link.name}").kind is Kind.MISSING


def test_a_packed_snapshot_is_read_as_if_it_were_loose(far_end, publish, tmp_path):
    """A run that is over may be packed while it is mirrored."""
    publish(3, into=tmp_path / "search")
    loose = {path.name: path.read_bytes() for path in (tmp_path / "search" / "spool").glob("s*/*.h5")}
    pack(Spool(tmp_path / "search"))
    end = far_end(tmp_path)
    runs, _ = end.until(Kind.COMPLETE)
    assert runs[0]["snapshots"] == 3
    for name, content in loose.items():
        folder = "snapshots" if name.startswith("e") else "static"
        assert end.ask("search/spool", f"{folder}/{name}").data[1] == content


def test_an_open_file_outlives_its_removal(far_end, publish, tmp_path):
    """Retention removes snapshots while a slow link still carries them."""
    publish(2, into=tmp_path / "search")
    end = far_end(tmp_path)
    end.until(Kind.COMPLETE)
    path = tmp_path / "search" / "spool" / "snapshots" / "e0000-000000000000.h5"
    content, name = path.read_bytes(), f"snapshots/{path.name}"
    assert end.ask("search/spool", name, 0, 100).data[1] == content[:100]
    path.unlink()
    assert end.ask("search/spool", name, 100).data[1] == content[100:]


def test_the_first_path_that_exists_counts(far_end, publish, tmp_path):
    """A name with a per cent sign, or a blank written as in a URL."""
    publish(1, into=tmp_path / "my runs" / "search")
    end = far_end(tmp_path / "my%20runs", tmp_path / "my runs")
    assert end.until(Kind.WELCOME)[1].content["path"] == str(tmp_path / "my runs")


def test_a_path_that_is_not_there_yet_is_waited_for(far_end, publish, tmp_path):
    """The batch job has not begun."""
    end = far_end(tmp_path / "later")
    _, complete = end.until(Kind.COMPLETE)
    assert complete.content == {"is_there": False}
    publish(1, into=tmp_path / "later" / "search")
    frame = end.next()
    assert frame is not None
    assert frame.content["runs"][0]["key"] == "search/spool"


def test_nothing_is_written_there(far_end, publish, tmp_path):
    """It may be somebody else's, and it is not ours to fill."""
    publish(2, into=tmp_path / "search")
    (tmp_path / "search" / "spool" / "packs").mkdir()
    (tmp_path / "search" / "spool" / "packs" / "bad.zip").write_bytes(b"nonsense")

    def everything() -> list[Path]:
        return sorted(tmp_path.rglob("*"))

    before = everything()
    end = far_end(tmp_path)
    end.until(Kind.COMPLETE)
    end.ask("search/spool", "static/" + "0" * 64 + ".h5")
    assert everything() == before
