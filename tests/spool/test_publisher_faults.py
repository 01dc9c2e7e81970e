"""The publisher on disks that fail: one system call broken at a time, a directory that goes, a place that never was."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from breaking import around_calls, check_whole, publish_some

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool

CODES = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS)


def count_calls(run_dir: Path) -> list[str]:
    names = []

    def count(number, name, call, arguments):
        names.append(name)
        return call()

    with around_calls(count):
        publish_some(run_dir, durability="fsync")
    return names


@pytest.mark.parametrize("lasting", [1, 7], ids=["once", "for a while"])
def test_any_system_call_may_fail(tmp_path, lasting, caplog):
    """One broken at a time, in turn all that a run of five quick updates makes: the sampler goes on, readers see only
    whole snapshots, no number is lost, and the next good moment publishes again."""
    names = count_calls(tmp_path / "whole")
    assert {"open", "close", "writev", "fsync", "replace", "mkdir", "unlink"} <= set(names)
    for broken in range(len(names)):
        run_dir = tmp_path / str(broken)

        def fail(number, name, call, arguments, broken=broken):
            if name == "fsync" and number not in range(broken, broken + lasting):
                return None  # what it would do is tried elsewhere, and takes long
            if number not in range(broken, broken + lasting):
                return call()
            if name == "close":
                call()  # the descriptor is gone all the same
            raise OSError(CODES[broken % len(CODES)], os.strerror(CODES[broken % len(CODES)]))

        with around_calls(fail):
            publisher = publish_some(run_dir, durability="fsync")
        stats = publisher.stats
        assert stats.written + stats.failed == stats.submitted == 5
        check_whole(Spool(run_dir))
        publish_some(run_dir, 1, first=5)
        spool = Spool(run_dir)
        assert spool.read(spool.newest()).iteration == 5
        check_whole(spool)
        iterations = [line.iteration for line in spool.scalars()]
        assert iterations == sorted(set(iterations)), f"call {broken}, {names[broken]}: {iterations}"
        if broken + lasting < len(names) // 2:  # a disk that is well again before the run ends loses no number
            assert iterations == [0, 1, 2, 3, 4, 5], f"call {broken}, {names[broken]}"
        assert list(spool.paths.tmp.glob(".*.draft")) == []
    messages = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(messages) > len(names) // 2, "failures must be said"
    assert len(messages) == len(set(messages)), "a cause was named twice in one run"


FULL_DISK = """
import sys, numpy as np
from pathlib import Path
from autoviz_render import Publisher, Retention, Spool

ballast = Path(sys.argv[1], "ballast")
ballast.write_bytes(bytes(400_000))
publisher = Publisher(Path(sys.argv[1], "run"), retention="all")
for number in range(10):
    publisher.publish({"x": np.full(20_000, number)}, iteration=number)
    assert publisher.flush(30)
assert 1 <= publisher.stats.written <= 4, publisher.stats
assert publisher.stats.failed == 10 - publisher.stats.written, publisher.stats
ballast.unlink()
publisher.publish({"x": np.full(20_000, 10)}, iteration=10)
publisher.close()
spool = Spool(publisher.run_dir)
for ref in spool.snapshots():
    snapshot = spool.read(ref)
    assert (snapshot.arrays["x"] == snapshot.iteration).all()
assert spool.newest().sequence == 10, spool.newest()
assert [line.iteration for line in spool.scalars()] == list(range(11))
assert not list(spool.paths.tmp.glob(".*.draft"))
print("well")
"""


def test_a_disk_that_is_really_full(tmp_path):
    """A file system of one megabyte, filled, and freed again."""
    place = tmp_path / "small"
    place.mkdir()
    mounting = f"mount -t tmpfs -o size=1m none {place} && exec {sys.executable} -P -c '{FULL_DISK}' {place}"
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", mounting]
    try:
        subprocess.run([*command[:3], "sh", "-c", f"mount -t tmpfs none {place}"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no small file system can be mounted here: {error}")
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.stdout == "well\n", ran.stderr
    assert ran.stderr.count("No space left on device") <= 3, "one warning a cause"


def test_a_write_that_stops_short_goes_on(run_dir, monkeypatch):
    """A write call may take fewer bytes than it was given; the rest must follow from the right place."""
    write = os.writev
    monkeypatch.setattr("os.writev", lambda descriptor, buffers: write(descriptor, [bytes(buffers[0])[:7]]))
    with Publisher(run_dir) as publisher:
        publisher.publish({"x": np.arange(300.0), "y": np.eye(3)}, iteration=0)
    np.testing.assert_array_equal(Spool(run_dir).read(Spool(run_dir).newest()).arrays["x"], np.arange(300.0))


def test_a_directory_that_vanishes_is_made_anew(run_dir, caplog):
    """Somebody cleans up in the middle of a run: the next quick update publishes again."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": np.zeros(3)}, iteration=0)
    assert publisher.flush(30)
    shutil.rmtree(run_dir)
    for iteration in (1, 2):
        publisher.publish({"x": np.zeros(3)}, iteration=iteration)
        assert publisher.flush(30)
    publisher.close()
    spool = Spool(run_dir)
    assert spool.read(spool.newest()).iteration == 2
    assert spool.info().epoch == 0


def test_a_run_directory_that_can_never_be_made_costs_one_warning(tmp_path, caplog):
    """A read-only or impossible place: the search goes on without figures."""
    (tmp_path / "file").write_text("in the way")
    with Publisher(tmp_path / "file" / "run") as publisher:
        for number in range(3):
            publisher.publish({"x": np.zeros(3)}, iteration=number)
            assert publisher.flush(30)
    assert publisher.stats.failed == 3
    whats = [record.getMessage().split(": ")[1] for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(whats) == len(set(whats)), "a cause was named twice"
