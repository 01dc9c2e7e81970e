"""Which snapshot is drawn: the newest that can be read, and never an older one than before."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from autoviz_render.renderer.live import newest_snapshot
from autoviz_render.renderer.live.newest_snapshot import NewestSnapshot
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.store import Spool


@pytest.fixture
def clock(monkeypatch):
    """The clock that does not step, put forward by the test: `clock.now`."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def faults():
    return []


@pytest.fixture
def newest(run_dir, publish, faults):
    """Of three snapshots, and the references to them."""
    publish(3)
    spool = Spool(run_dir)
    newest = NewestSnapshot(spool, faults.append)
    newest.look(spool.info())
    return newest, spool.snapshots()


def test_the_last_listed_is_drawn_once(newest):
    """And the others are skipped."""
    newest, refs = newest
    assert newest.after(None) == refs[2]
    assert newest.skipped(None, refs[2]) == 2
    assert newest.after(refs[2]) is None


@pytest.mark.parametrize("status", ["gone", "unreadable", "unready"])
def test_one_that_cannot_be_read_is_passed_over_for_a_while(newest, clock, faults, status):
    """The one before it is drawn meanwhile, but only if it is newer than what is drawn."""
    newest, refs = newest
    newest.refuse(refs[2], RenderResult(status, fault="" if status == "gone" else "a reason"))
    assert newest.after(None) == refs[1]
    assert newest.after(refs[1]) is None
    clock.now += newest_snapshot.TRIES_AGAIN
    assert newest.after(refs[1]) == (None if status == "gone" else refs[2])
    assert faults == []


def test_a_file_that_stays_unreadable_is_at_fault_and_left_alone_until_it_changes(newest, clock, faults, run_dir):
    """It may have been on its way from elsewhere: only then is it noted, and said once."""
    newest, refs = newest
    refs[2].path.write_bytes(b"short")
    while newest.awaited() or not faults:
        newest.refuse(refs[2], RenderResult("unreadable", fault="a reason"))
        clock.now += newest_snapshot.TRIES_AGAIN
    assert faults == ["a reason"]
    assert Spool(run_dir).unreadable() == [refs[2].path]
    assert newest.after(refs[1]) is None
    refs[2].path.write_bytes(b"mended")
    clock.now += newest_snapshot.TRIES_AGAIN
    assert newest.after(refs[1]) == refs[2]
    newest.accept(refs[2])
    assert newest.after(refs[2]) is None


def test_what_was_removed_is_forgotten(newest, run_dir):
    """Retention is at work: nothing is awaited that is not there."""
    newest, refs = newest
    newest.refuse(refs[2], RenderResult("unready", fault="a reason"))
    assert len(newest.awaited(refs[1])) == 1
    refs[2].path.unlink()
    newest.look(Spool(run_dir).info())
    assert newest.awaited() == []
