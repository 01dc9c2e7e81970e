"""The arrays that never change, on disks that lose them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool
from autoviz_render.spool.write import static_file

DATA = np.arange(2000.0)

FAULTS = {
    "cut short": lambda path: os.truncate(path, 100),
    "damaged": lambda path: path.write_bytes(path.read_bytes()[:-5] + b"other"),
    "removed": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "replaced": lambda path: (path.unlink(), path.write_bytes(b"x" * 20_000)),
    "a link": lambda path: (path.unlink(), path.symlink_to("/dev/null")),
    "a dangling link": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "with its folder": lambda path: shutil.rmtree(path.parent),
    "with what is in tmp": lambda path: (shutil.rmtree(path.parent), shutil.rmtree(path.parent.parent / "tmp")),
    "kept, as it was": Path.exists,
}


def the_file(run_dir: Path) -> Path:
    (path,) = (run_dir / "spool" / "static").iterdir()
    return path


def check_all(run_dir: Path, count: int) -> None:
    spool = Spool(run_dir)
    assert len(spool.snapshots()) == count
    for ref in spool.snapshots():
        np.testing.assert_array_equal(spool.read(ref).static["data"], DATA)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_static_file_that_is_not_as_it_was_is_written_again_at_the_next_start(run_dir, fault, caplog):
    """Trusted by its name, it made every snapshot of the run unreadable."""
    for number in range(2):
        with Publisher(run_dir, static={"data": DATA}) as publisher:
            publisher.publish({}, iteration=number)
        assert publisher.stats.written == 1
        if number == 0:
            FAULTS[fault](the_file(run_dir))
    check_all(run_dir, 2)
    assert not caplog.records


@pytest.mark.parametrize("fault", FAULTS)
def test_a_static_file_that_is_lost_during_a_run_is_written_again(run_dir, fault, caplog):
    """Scratch disks are cleared of what was not read for two weeks, and the arrays are in memory."""
    with Publisher(run_dir, static={"data": DATA}) as publisher:
        for number in range(3):
            publisher.publish({}, iteration=number)
            assert publisher.flush(30)
            check_all(run_dir, number + 1)
            if number < 2:
                FAULTS[fault](the_file(run_dir))
    assert publisher.stats.written == 3
    assert not caplog.records
    check_all(run_dir, 3)


def test_a_static_file_that_is_lost_before_the_end_is_there_at_the_end(run_dir):
    """Nobody can write it after that."""
    with Publisher(run_dir, static={"data": DATA}) as publisher:
        publisher.publish({}, iteration=0)
        assert publisher.flush(30)
        the_file(run_dir).unlink()
    check_all(run_dir, 1)


def test_a_static_file_is_looked_at_and_not_read_at_each_write(run_dir, monkeypatch):
    """A gigabyte of it may not be hashed every second."""
    read = []
    digest = static_file._digest
    monkeypatch.setattr(static_file, "_digest", lambda path: read.append(path) or digest(path))
    with Publisher(run_dir, static={"data": DATA}) as publisher:
        for number in range(5):
            publisher.publish({}, iteration=number)
            assert publisher.flush(30)
    assert len(read) == 1
    before = the_file(run_dir).stat()
    with Publisher(run_dir, static={"data": DATA}) as publisher:
        publisher.publish({}, iteration=5)
    assert len(read) == 2
    after = the_file(run_dir).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "it is whole, and left alone"


def test_a_static_file_that_cannot_be_written_again_costs_the_snapshots_that_need_it(run_dir, caplog):
    """They would be unreadable: they count as failed, and the next good moment publishes again."""
    with Publisher(run_dir, static={"data": DATA}) as publisher:
        publisher.publish({}, iteration=0)
        assert publisher.flush(30)
        path = the_file(run_dir)
        path.unlink()
        path.mkdir()
        publisher.publish({}, iteration=1)
        assert publisher.flush(30)
        path.rmdir()
        publisher.publish({}, iteration=2)
    assert (publisher.stats.written, publisher.stats.failed) == (2, 1)
    check_all(run_dir, 2)
    assert sum("writing a snapshot failed" in record.getMessage() for record in caplog.records) == 1
