"""Packs: many snapshots in one file, read as loose ones are; nothing is lost or double, whenever packing ends."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import breaking
import numpy as np
import pytest

from autoviz_render.spool.errors import LaterVersionError, UnreadableError
from autoviz_render.spool.packs import packing
from autoviz_render.spool.packs.pack_index import Member, index_bytes
from autoviz_render.spool.packs.packing import BusyError, RunningError, pack
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.writer_lock import WriterLock

TOOLS = Path(__file__).parent.parent / "tools"


def publish(run_dir: Path, count: int, first: int = 0, **more) -> Spool:
    with Publisher(run_dir, static={"data": np.arange(4.0)}, **more) as publisher:
        for number in range(first, first + count):
            arrays = {"x": np.full(700, number), "y": np.arange(float(number % 3))}
            publisher.publish(arrays, iteration=number, log_likelihood=-number)
            publisher.flush(30)
    return Spool(run_dir)


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    return publish(tmp_path_factory.mktemp("published") / "run", 12).paths.run_dir


@pytest.fixture
def run_dir(published, tmp_path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "run"))


@pytest.fixture
def short_run(tmp_path) -> Path:
    return publish(tmp_path / "short", 4).paths.run_dir


def loose(run_dir: Path) -> dict[str, bytes]:
    spool = run_dir / "spool"
    files = [path for folder in ("snapshots", "static") for path in (spool / folder).iterdir()]
    return {str(path.relative_to(spool)): path.read_bytes() for path in files}


def packs(run_dir: Path) -> list[Path]:
    return sorted((run_dir / "spool/packs").glob("*.zip"))


def test_a_packed_run_reads_as_it_did(run_dir):
    """Snapshots, static arrays, the best and the newest, also by a reader that listed them before."""
    before, refs = Spool(run_dir), Spool(run_dir).snapshots()
    expected = before[3].arrays
    done = pack(Spool(run_dir))
    assert (len(done.packs), done.snapshots, done.removed, done.faults) == (1, 12, 13, [])
    assert loose(run_dir) == {}
    after = Spool(run_dir)
    assert after.snapshots() == refs
    assert breaking.check_whole(after) == list(range(12))
    for spool in (before, after):
        found = spool.read(refs[3])
        assert all((found.arrays[name] == array).all() for name, array in expected.items())
    assert (after.best(), after.newest()) == (refs[0], refs[-1])
    assert "12 snapshots, newest e0000-000000000011.h5" in repr(after)


def test_unzip_restores_the_spool(run_dir):
    """Whoever does not have this program, or wants loose files, needs nothing of ours."""
    before = loose(run_dir)
    pack(Spool(run_dir))
    with zipfile.ZipFile(packs(run_dir)[0]) as archive:
        assert archive.testzip() is None
        archive.extractall(run_dir / "spool")
    assert loose(run_dir) == before
    assert breaking.check_whole(Spool(run_dir)) == list(range(12))
    done = pack(Spool(run_dir))
    assert (done.packs, done.removed) == ([], 13)  # what is packed already is only removed
    assert breaking.check_whole(Spool(run_dir)) == list(range(12))


def test_a_run_resumed_on_packs_goes_on_after_them(run_dir):
    """Numbers that a pack holds are used: two snapshots of one name would hide each other."""
    pack(Spool(run_dir))
    spool = publish(run_dir, 3, first=12)
    assert [(ref.epoch, ref.sequence) for ref in spool.snapshots()[-4:]] == [(0, 11), (1, 12), (1, 13), (1, 14)]
    assert breaking.check_whole(spool) == list(range(15))
    pack(spool)
    assert (len(packs(run_dir)), loose(run_dir)) == (2, {})
    assert breaking.check_whole(Spool(run_dir)) == list(range(15))


def test_a_lost_file_of_numbers_does_not_make_a_resumed_run_use_them_twice(run_dir):
    """The names in the packs alone tell how far the run was."""
    pack(Spool(run_dir))
    (run_dir / "spool/scalars.jsonl").unlink()
    (run_dir / "spool/spool.json").unlink()
    assert publish(run_dir, 1, first=12).newest().key == (1, 12)


def test_retention_leaves_packs_alone(run_dir):
    """They never change; the bounds of a resumed run are for what it publishes."""
    pack(Spool(run_dir))
    spool = publish(run_dir, 6, first=12, retention=Retention(max_snapshots=3))
    assert breaking.check_whole(spool)[:12] == list(range(12))
    assert len(os.listdir(run_dir / "spool/snapshots")) == 3


def test_a_run_that_goes_on_is_not_packed(tmp_path):
    """Its writer thins its snapshots, and a pack cannot be thinned."""
    with Publisher(tmp_path) as publisher:
        publisher.publish({"x": [1.0]}, iteration=0)
        publisher.flush(30)
        with pytest.raises(RunningError, match="goes on and is not packed"):
            pack(Spool(tmp_path))


def test_two_do_not_pack_at_once(run_dir):
    """The renderer and the command may both want to."""
    (run_dir / "spool/packs").mkdir()
    lock = WriterLock()
    assert lock.acquire(run_dir / "spool/packs/pack.lock")
    with pytest.raises(BusyError, match="is being packed by another process"):
        pack(Spool(run_dir))
    lock.release()
    assert pack(Spool(run_dir)).snapshots == 12


def test_a_damaged_snapshot_stays_loose_and_is_explained(run_dir):
    """Packed away it would be forgotten; its bytes may yet be repaired by copying them again."""
    path = run_dir / "spool/snapshots/e0000-000000000005.h5"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = pack(Spool(run_dir))
    assert (done.snapshots, len(done.faults)) == (11, 1)
    assert "e0000-000000000005.h5: is damaged" in done.faults[0]
    assert set(loose(run_dir)) == {"snapshots/e0000-000000000005.h5"}
    assert Spool(run_dir).unreadable() == [path]


def test_a_damaged_loose_file_does_not_hide_the_packed_one(run_dir):
    """`unzip` that was interrupted leaves a part of a file beside the pack."""
    pack(Spool(run_dir))
    (run_dir / "spool/snapshots/e0000-000000000005.h5").write_bytes(b"half of it")
    assert breaking.check_whole(Spool(run_dir)) == list(range(12))
    assert pack(Spool(run_dir)).packs == []  # it is left for whoever put it there
    assert set(loose(run_dir)) == {"snapshots/e0000-000000000005.h5"}


def test_large_runs_become_several_packs(run_dir, monkeypatch):
    """A pack of bounded size is copied, and written again, at a bounded cost."""
    monkeypatch.setattr(packing, "MOST_FILES", 5)
    done = pack(Spool(run_dir))
    assert len(done.packs) == 3
    assert breaking.check_whole(Spool(run_dir)) == list(range(12))


def test_a_pack_removed_or_extracted_while_it_is_read_is_looked_for(run_dir):
    """A name seen and gone is somebody at work, and the snapshot lies elsewhere by now."""
    spool = Spool(run_dir)
    pack(spool)
    refs = spool.snapshots()
    spool.read(refs[0])
    file = packs(run_dir)[0]
    with zipfile.ZipFile(file) as archive:
        archive.extractall(run_dir / "spool")
    file.rename(file.with_name("other.zip"))
    assert spool.read(refs[1]).iteration == 1
    file.with_name("other.zip").unlink()
    assert spool.read(refs[2]).iteration == 2
    (run_dir / "spool/snapshots/e0000-000000000003.h5").unlink()
    with pytest.raises(FileNotFoundError):
        spool.read(refs[3])


def test_a_flipped_or_missing_byte_of_a_pack_is_found(run_dir):
    """Either what is read is right, or it is refused in a line: nothing in between, and nothing else is raised."""
    spool = Spool(run_dir)
    pack(spool)
    refs, file = spool.snapshots(), packs(run_dir)[0]
    data = file.read_bytes()
    rng = np.random.default_rng(0)
    head = [(at, 1 << int(rng.integers(8))) for at in range(0, 1500, 5)]
    broken = [data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :] for at, bit in head]
    broken += [data[:length] for length in rng.integers(0, len(data), 100)]
    refused = 0
    for number, each in enumerate(broken):
        file.write_bytes(each)
        os.utime(file, ns=(number, number))
        reader = Spool(run_dir)
        for ref in refs[:3]:
            try:
                snapshot = reader.read(ref)
            except (UnreadableError, LaterVersionError, FileNotFoundError):
                refused += 1
            else:
                assert (snapshot.arrays["x"] == snapshot.iteration).all()
                assert snapshot.iteration == ref.sequence
    assert refused > 300
    file.write_bytes(data)
    assert breaking.check_whole(Spool(run_dir)) == list(range(12))


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([["snapshots/e0000-000000000000.h5", 0, 5, 0], ["x", 4, 5, 0]], "before the end of another"),
        ([["snapshots/e0000-000000000000.h5", 0, 1 << 40, 0]], "at 0"),
        ([["snapshots/e0000-000000000000.h5", -5, 9, 0]], "at -5"),
        ([["snapshots/e0000-000000000000.h5", 0, 1, 0], ["snapshots/e0000-000000000000.h5", 1, 1, 0]], "twice"),
        ([["snapshots/e0000-000000000000.h5", 0.5, 1, 0]], "no whole number"),
        ([[[], 0, 1, 0]], "is damaged"),
        ({"a": 1}, "is damaged"),
        (None, "is damaged"),
    ],
)
def test_a_strangers_index_is_refused_in_one_line(run_dir, rows, fault, caplog):
    """It is said once, and noted; the rest of the spool is read."""
    forge(run_dir, rows)
    spool = Spool(run_dir)
    assert len(spool.snapshots()) == len(spool.snapshots()) == 12
    (message,) = caplog.messages
    assert "forged.zip: is damaged" in message
    assert fault in message
    assert spool.unreadable() == [run_dir / "spool/packs/forged.zip"]


def test_names_in_a_pack_that_are_not_ours_are_passed_over(run_dir):
    """None can lead a reader out of the spool, as no path is made of it."""
    names = ["../../evil", "/etc/passwd", "snapshots/../spool.json", "spool.json", "snapshots/e0000-000000000099.h5 "]
    forge(run_dir, [[name, at, 1, 0] for at, name in enumerate(names)])
    assert len(Spool(run_dir).snapshots()) == 12


def test_a_later_version_is_refused_by_its_name(run_dir, caplog):
    """It is sound, but not for this reader."""
    content = index_bytes([("snapshots/e0000-000000000099.h5", Member(0, 1, 0))])
    forge(run_dir, content=content.replace(b'"version": 1', b'"version": 2'))
    assert len(Spool(run_dir).snapshots()) == 12
    assert "has format version 2" in caplog.text


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "no zip", "empty", "compressed"])
def test_what_is_no_pack_costs_a_line(run_dir, kind, caplog):
    """Whoever can write to the spool can put anything there, and a reader must neither follow it nor wait."""
    path = run_dir / "spool/packs/x.zip"
    path.parent.mkdir()
    if kind == "compressed":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("packs/x.index.json", "{}" * 100)
    elif kind == "link":
        path.symlink_to(run_dir / "spool/spool.json")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"" if kind == "empty" else b"no zip " * 20)
    assert breaking.check_whole(Spool(run_dir)) == list(range(12))
    assert str(path) in caplog.messages[0]


def forge(run_dir: Path, rows: object = None, *, content: bytes | None = None) -> None:
    index = {"format": "autoviz-render pack", "version": 1, "members": rows}
    folder = run_dir / "spool/packs"
    folder.mkdir()
    with zipfile.ZipFile(folder / "forged.zip", "w") as archive:
        archive.writestr("packs/forged.index.json", content or json.dumps(index))
        archive.writestr("snapshots/e0000-000000000000.h5", "no snapshot")


@pytest.mark.parametrize("call", ["open", "write", "writev", "fsync", "replace", "listdir", "unlink", "mkdir"])
def test_a_call_that_fails_loses_nothing_and_the_next_packing_finishes(short_run, call):
    """A full or failing disk, each system call of a kind in turn."""
    for number in range(1000):
        folder = short_run.with_name(f"{call}{number}")
        shutil.copytree(short_run, folder)
        count = iter(range(10**6))
        has_failed = []

        def fail(_, name, real, _arguments, at=number, count=count, has_failed=has_failed):
            if name == call and next(count) == at:
                has_failed.append(at)
                raise OSError(28, "No space left on device")
            return real()

        with breaking.around_calls(fail, lambda _: True), contextlib.suppress(OSError, UnreadableError):
            pack(Spool(folder))
        assert breaking.check_whole(Spool(folder)) == list(range(4))
        pack(Spool(folder))
        assert breaking.check_whole(Spool(folder)) == list(range(4))
        assert not loose(folder)
        shutil.rmtree(folder)
        if not has_failed:
            break


def test_a_process_killed_at_any_call_loses_nothing_and_doubles_nothing(short_run, tmp_path):
    """Before each system call, after it, in the middle of a write; then the next one finishes, and leaves no draft."""
    killed = tmp_path / "killed"
    killed.mkdir()
    program = [sys.executable, TOOLS / "killed_packers.py", short_run, killed]
    count = int(subprocess.run(program, check=True, capture_output=True, text=True).stdout)
    assert count > 60
    folders = sorted(killed.iterdir())
    assert len(folders) == count + 2  # and the two that came to the end
    for folder in folders:
        assert breaking.check_whole(Spool(folder)) == list(range(4)), folder
        pack(Spool(folder))
        assert breaking.check_whole(Spool(folder)) == list(range(4)), folder
        assert not loose(folder), folder
        names = set(os.listdir(folder / "spool/packs"))
        assert len([name for name in names if name.endswith(".zip")]) == 1, folder
        assert not [name for name in names if name.endswith(".draft")], folder
