"""Several writers to one run directory: each has a spool of its own, meant or not."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from autoviz_render.spool.paths import find_spools
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.process_alive import started_at
from autoviz_render.spool.system.writer_lock import WriterLock

OTHER = """
import sys, numpy as np
from autoviz_render import Publisher
if "without locks" in sys.argv:
    import errno, fcntl
    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, "no locks")
    fcntl.flock = refuse
with Publisher(sys.argv[1], name=sys.argv[2] or None) as publisher:
    publisher.publish({"x": np.full(3, float(sys.argv[3]))}, iteration=0)
    publisher.flush()
    print(publisher.paths.directory.name, flush=True)
    sys.stdin.read()
"""


def other(run_dir, value, *more, name="") -> subprocess.Popen:
    """Another process that publishes one snapshot of that value, says to which spool, and goes on until it is told."""
    command = [sys.executable, "-P", "-c", OTHER, str(run_dir), name, str(value), *more]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@contextlib.contextmanager
def ended(*others: subprocess.Popen):
    """Have processes end well."""
    try:
        yield
    finally:
        for each in others:
            each.stdin.close()
            each.stdout.close()
            assert each.wait(60) == 0


def values(spool: Spool) -> list[float]:
    return [float(spool.read(ref).arrays["x"][0]) for ref in spool.snapshots(abandoned=True)]


@pytest.mark.parametrize("name", [None, "chain"])
def test_a_second_process_says_so_and_takes_a_spool_of_its_own(run_dir, name, caplog):
    """The same job submitted twice: neither may lose a snapshot, and the person must be told."""
    first = other(run_dir, 7.0, name=name or "")
    with ended(first):
        taken = first.stdout.readline().strip()
        with Publisher(run_dir, name=name) as publisher:
            publisher.publish({"x": np.full(3, 8.0)}, iteration=0)
    assert taken == ("spool" if name is None else "spool-chain")
    assert publisher.paths.directory.name == ("spool-2" if name is None else "spool-chain-2")
    assert values(Spool(run_dir / taken)) == [7.0]
    assert values(Spool(publisher.paths.directory)) == [8.0]
    assert f"process {first.pid} on " in caplog.text
    assert f"writes it already; publishing to {publisher.paths.directory} instead" in caplog.text
    assert Spool(publisher.paths.directory).info().run == f"search-{publisher.name}"


def test_many_writers_that_start_together_lose_nothing(run_dir):
    """A forgotten name under MPI."""
    others = [other(run_dir, number) for number in range(3)]
    with ended(*others):
        taken = {each.stdout.readline().strip() for each in others}
    assert taken == {"spool", "spool-2", "spool-3"}
    assert sorted(value for name in taken for value in values(Spool(run_dir / name))) == [0, 1, 2]
    assert len(find_spools(run_dir)) == 3


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
from autoviz_render.spool.system.writer_lock import WriterLock
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
    content = json.loads(info.read_text()) | {"state": "running"}
    content["producer"] |= {"pid": os.getppid(), "started": started_at(os.getppid())}
    info.write_text(json.dumps(content))
    publish(1)
    assert [path.name for path in find_spools(run_dir)] == ["spool", "spool-2"]


def test_without_locks_two_that_start_together_take_different_epochs(run_dir):
    """The last line of defence: no file of one replaces one of the other."""
    others = [other(run_dir, number, "without locks") for number in range(3)]
    with ended(*others):
        taken = {each.stdout.readline().strip() for each in others}
    assert sorted(value for name in taken for value in values(Spool(run_dir / name))) == [0, 1, 2]


def test_a_directory_that_another_took_over_is_left_to_it(run_dir, caplog):
    """Removed and begun anew by another process, in the middle of a run: neither may write over the other's files."""
    first = Publisher(run_dir)
    first.publish({"x": np.full(2, 100)}, iteration=0)
    assert first.flush(30)
    shutil.rmtree(run_dir)
    second = other(run_dir, 200)
    with ended(second):
        assert second.stdout.readline().strip() == "spool"
        first.publish({"x": np.full(2, 101)}, iteration=1)
        first.close()
        assert Spool(run_dir).info().state == "running", "the other's"
    assert values(Spool(run_dir)) == [200]
    assert values(Spool(run_dir / "spool-2")) == [101]
    assert "writes it already" in caplog.text


@pytest.mark.parametrize("has_published", [True, False])
@pytest.mark.parametrize("locks", ["locks", "none"])
def test_a_cell_that_is_run_again_takes_its_spool_over(run_dir, has_published, locks, monkeypatch, caplog):
    """The object of the first time still lives. The figure that the person looks at must go on."""

    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, "no locks")

    if locks == "none":
        monkeypatch.setattr(fcntl, "flock", refuse)
    first = Publisher(run_dir)
    if has_published:
        first.publish({"x": np.full(2, 1.0)}, iteration=0)
        assert first.flush(30)
    second = Publisher(run_dir)
    second.publish({"x": np.full(2, 2.0)}, iteration=0)
    assert second.flush(30)
    assert second.paths.directory == run_dir / "spool"
    for number in range(3):
        first.publish({"x": np.full(2, 3.0)}, iteration=number)
        assert first.flush(30)
    first.close()
    spool = Spool(run_dir)
    assert spool.info().state == "running", "the second's"
    second.publish({"x": np.full(2, 4.0)}, iteration=1)
    second.close()
    assert spool.info().state == "finished"
    assert values(spool) == [1.0, 2.0, 4.0] if has_published else [2.0, 4.0]
    assert [line.iteration for line in spool.scalars()] == [0, 1]
    assert (first.stats.written, first.stats.failed) == (int(has_published), 3)
    assert find_spools(run_dir) == [run_dir / "spool"]
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1, warnings
    assert "a later publisher of this process has taken it over" in warnings[0]


def test_a_spool_is_taken_over_by_whatever_path_it_is_named(run_dir, tmp_path, publish):
    """A link, or another working directory."""
    first = Publisher(run_dir)
    assert first.opened.wait(30)
    (tmp_path / "link").symlink_to(run_dir)
    publish(1, into=tmp_path / "link")
    assert find_spools(run_dir) == [run_dir / "spool"]
    first.close()
    assert Spool(run_dir).info().state == "finished"


def test_a_directory_that_was_cleared_is_taken_over_too(run_dir, publish):
    """`shutil.rmtree` in the cell that is run again: the first one's lock is of a file that is gone."""
    first = Publisher(run_dir)
    assert first.opened.wait(30)
    shutil.rmtree(run_dir)
    publish(1)
    first.publish({"x": np.ones(2)}, iteration=5)
    first.close()
    assert first.stats.failed == 1
    assert find_spools(run_dir) == [run_dir / "spool"]
    assert [line.iteration for line in Spool(run_dir).scalars()] == [0]


def test_the_spool_beside_another_process_is_taken_over_too(run_dir, publish):
    """The cell is run again while another process has `spool/`: figures go on where they were."""
    elsewhere = other(run_dir, 7)
    with ended(elsewhere):
        assert elsewhere.stdout.readline().strip() == "spool"
        first = Publisher(run_dir)
        assert first.opened.wait(30)
        publish(2)
        first.close()
    assert find_spools(run_dir) == [run_dir / "spool", run_dir / "spool-2"]
    assert len(Spool(run_dir / "spool-2").snapshots()) == 2


def test_a_forked_child_that_publishes_anew_takes_nothing_over(run_dir):
    """It has a copy of its parent's objects, and the parent goes on."""
    program = """
import os, sys, numpy as np
from autoviz_render import Publisher
def publish(publisher, value):
    publisher.publish({"x": np.full(3, value)}, iteration=0)
    assert publisher.flush(30)
    print(publisher.paths.directory.name, flush=True)
parent = Publisher(sys.argv[1])
publish(parent, 1.0)
if os.fork() == 0:
    child = Publisher(sys.argv[1])
    publish(child, 2.0)
    child.close()
    os._exit(0)
os.wait()
publish(parent, 3.0)
parent.close()
"""
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program, str(run_dir)], capture_output=True, text=True, check=True, timeout=120
    )
    assert ran.stdout.split() == ["spool", "spool-2", "spool"]
    assert values(Spool(run_dir)) == [1.0, 3.0]


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
