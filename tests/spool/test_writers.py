"""Several writers to one run directory: each has a spool of its own, meant or not."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from autoviz_render.spool import lock, writer
from autoviz_render.spool.layout import find_spools
from autoviz_render.spool.lock import WriterLock
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool

OTHER = """
import sys, numpy as np
from autoviz_render import Publisher
with Publisher(sys.argv[1], name=sys.argv[2] or None) as publisher:
    publisher.publish({"x": np.full(3, 7.0)}, iteration=0)
    publisher.flush()
    print(publisher.paths.directory.name, flush=True)
    sys.stdin.read()
"""


def values(spool: Spool) -> list[float]:
    return [float(spool.read(ref).arrays["x"][0]) for ref in spool.snapshots(abandoned=True)]


@pytest.mark.parametrize("name", [None, "chain"])
def test_a_second_process_says_so_and_takes_a_spool_of_its_own(run_dir, name, caplog):
    """The same job submitted twice: neither may lose a snapshot, and the person must be told."""
    command = [sys.executable, "-P", "-c", OTHER, str(run_dir), name or ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        taken = other.stdout.readline().decode().strip()
        with Publisher(run_dir, name=name) as publisher:
            publisher.publish({"x": np.full(3, 8.0)}, iteration=0)
        other.stdin.close()
    assert taken == ("spool" if name is None else "spool-chain")
    assert publisher.paths.directory.name == ("spool-2" if name is None else "spool-chain-2")
    assert values(Spool(run_dir / taken)) == [7.0]
    assert values(Spool(publisher.paths.directory)) == [8.0]
    assert f"process {other.pid} on " in caplog.text
    assert f"writes it already; publishing to {publisher.paths.directory} instead" in caplog.text
    assert Spool(publisher.paths.directory).info().run == f"search-{publisher.name}"


def test_many_writers_that_start_together_lose_nothing(run_dir):
    """A forgotten name under MPI."""
    publishers = [Publisher(run_dir) for _ in range(5)]
    for number, publisher in enumerate(publishers):
        publisher.publish({"x": np.full(2, number)}, iteration=0)
    for publisher in publishers:
        publisher.close()
    found = [value for directory in find_spools(run_dir) for value in values(Spool(directory))]
    assert sorted(found) == [0, 1, 2, 3, 4]
    assert len(find_spools(run_dir)) == 5


def test_ranks_and_chains_publish_side_by_side(run_dir, publish):
    """Each under its own name, in one run directory, with figures of their own."""
    for name in ("0", "1", "2"):
        publish(1, name=name)
    assert [path.name for path in find_spools(run_dir)] == ["spool-0", "spool-1", "spool-2"]
    assert Spool(run_dir / "spool-1").paths.images == run_dir / "image" / "1"


def test_the_spool_is_free_again_when_its_writer_is_done(run_dir, publish):
    """A resumed run must find its own spool, not be given another."""
    publish(1)
    publish(1, first=1)
    assert len(find_spools(run_dir)) == 1
    assert len(Spool(run_dir).snapshots()) == 2


FORKING = """
import os, sys, warnings
from pathlib import Path
from autoviz_render.spool.lock import WriterLock
lock = WriterLock()
assert lock.acquire(Path(sys.argv[1]))
if os.fork():
    print("forked", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_child_does_not_keep_the_lock_of_a_dead_parent(tmp_path, eventually):
    """Worker processes outlive a killed search, and its resumed start must find the spool free."""
    path = tmp_path / "lock"
    command = [sys.executable, "-P", "-c", FORKING, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"forked\n"
        assert not WriterLock().acquire(path), "the parent holds it"
        parent.kill()
        parent.wait()
        eventually(lambda: WriterLock().acquire(path))
        parent.stdin.close()  # only now does the child end


def test_a_lock_whose_file_was_removed_is_taken_anew(tmp_path):
    """Somebody cleared the directory under a running search: two must not both believe that they hold it."""
    path = tmp_path / "lock"
    first, second = WriterLock(), WriterLock()
    assert first.acquire(path)
    path.unlink()
    assert second.acquire(path)
    assert not first.acquire(path)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_without_locks_a_writer_that_lives_on_this_host_is_respected(run_dir, publish, monkeypatch, code):
    """Some network file systems have no locks: then `spool.json` tells who writes."""

    def refuse(descriptor, operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    publish(1)
    publish(1, first=1)
    assert len(find_spools(run_dir)) == 1, "a finished writer blocks nobody"
    info = run_dir / "spool" / "spool.json"
    info.write_text(info.read_text().replace('"finished"', '"running"').replace(f"{os.getpid()}", f"{os.getppid()}"))
    publish(1)
    assert [path.name for path in find_spools(run_dir)] == ["spool", "spool-2"]


def test_without_locks_two_that_start_together_take_different_epochs(run_dir, monkeypatch):
    """The last line of defence: no file of one replaces one of the other."""

    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    publishers = [Publisher(run_dir) for _ in range(4)]
    for number, publisher in enumerate(publishers):
        publisher.publish({"x": np.full(2, number)}, iteration=0)
    for publisher in publishers:
        publisher.close()
    assert sorted(values(Spool(run_dir))) == [0, 1, 2, 3]
    assert writer.list_snapshots(run_dir / "spool" / "snapshots")


def test_a_directory_that_another_took_over_is_left_to_it(run_dir, caplog):
    """Removed and begun anew by another process, in the middle of a run: neither may write over the other's files."""
    first = Publisher(run_dir)
    first.publish({"x": np.full(2, 100)}, iteration=0)
    assert first.flush(30)
    shutil.rmtree(run_dir)
    second = Publisher(run_dir)
    for number in range(3):
        second.publish({"x": np.full(2, 200 + number)}, iteration=number)
        assert second.flush(30)
    first.publish({"x": np.full(2, 101)}, iteration=1)
    first.close()
    assert Spool(run_dir).info().state == "running", "the other's"
    second.close()
    assert values(Spool(run_dir)) == [200, 201, 202]
    assert values(Spool(run_dir / "spool-2")) == [101]
    assert "writes it already" in caplog.text


def test_a_spool_of_a_later_version_is_left_alone(run_dir, publish, caplog):
    """This version would lose what it does not know of."""
    publish(1)
    info = run_dir / "spool" / "spool.json"
    info.write_text(info.read_text().replace('"version": 1', '"version": 2'))
    before = info.read_bytes()
    publish(1)
    assert info.read_bytes() == before
    assert len(Spool(run_dir / "spool-2").snapshots()) == 1
    assert "a later version of this program writes it already" in caplog.text
