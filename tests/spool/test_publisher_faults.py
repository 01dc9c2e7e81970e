"""The publisher on disks that fail: one system call broken at a time, a directory that goes, a place that never was."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import threading

import numpy as np
import pytest

from autoviz_render.spool import atomic
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


@pytest.mark.parametrize("call", ["writev", "replace", "open", "fsync"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_failed_publish_leaves_nothing_half_written_to_read(run_dir, monkeypatch, caplog, call, code):
    """A full disk must not show the renderer half a snapshot, nor stop the next one."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": np.zeros(100)}, iteration=0)
    assert publisher.flush(30)
    real = getattr(os, call)

    def fail(*arguments, **keywords):
        if threading.current_thread().name == "autoviz-render publisher":
            raise OSError(code, os.strerror(code))
        return real(*arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, call, fail)
        for number in (1, 2):
            publisher.publish({"x": np.ones(100)}, iteration=number)
            assert publisher.flush(30)
    written_meanwhile = publisher.stats.written - 1  # fsync is not called for every snapshot
    spool = Spool(run_dir)
    assert [spool.read(ref).iteration for ref in spool.snapshots()] == [0, 1, 2][: 1 + written_meanwhile]
    publisher.publish({"x": np.full(100, 3.0)}, iteration=3)
    publisher.close()
    assert spool.read(spool.newest()).iteration == 3
    assert list(spool.paths.tmp.glob(".*")) == []
    if call != "fsync":
        assert publisher.stats.failed == 2
        assert sum("writing a snapshot failed" in record.message for record in caplog.records) == 1


def test_a_write_that_stops_short_goes_on(run_dir, monkeypatch):
    """A write call may take fewer bytes than it was given; the rest must follow from the right place."""
    write = os.writev
    monkeypatch.setattr(atomic.os, "writev", lambda descriptor, buffers: write(descriptor, [bytes(buffers[0])[:7]]))
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
