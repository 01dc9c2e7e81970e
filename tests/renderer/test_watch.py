"""When the renderer looks: hints where there are any, a listing whatever happens."""

from __future__ import annotations

import os
import shutil
import time

import pytest

from autoviz_render.renderer.watch import Watch
from autoviz_render.spool.store import Spool


@pytest.fixture
def watch(run_dir):
    watch = Watch(run_dir, poll=20.0)
    yield watch
    watch.close()


def wait_seconds(watch: Watch) -> float:
    started = time.monotonic()
    watch.wait()
    return time.monotonic() - started


def test_a_published_snapshot_wakes_the_watch(run_dir, publish, watch):
    """The hint: long before the next look is due."""
    publish(1, state="failed")
    assert watch.spools() == [run_dir / "spool"]
    publish(1)
    assert wait_seconds(watch) < 10


def test_a_quiet_spool_is_looked_at_every_poll(run_dir, publish):
    """Events do not come from other hosts: the listing is the truth."""
    publish(1)
    watch = Watch(run_dir, poll=0.05)
    watch.spools()
    assert 0.04 < wait_seconds(watch) < 10
    watch.close()


def test_a_run_that_begins_later_is_found(run_dir, publish):
    """A watch may be started before the run directory exists."""
    watch = Watch(run_dir, poll=0.01)
    assert watch.spools() == []
    publish(1)
    watch.wait()
    assert watch.spools() == [run_dir / "spool"]
    watch.close()


def test_a_folder_made_anew_under_its_old_name_is_observed_again(run_dir, publish, watch):
    """Somebody removes the output and starts over: the old observer sees a folder that is gone."""
    publish(1)
    watch.spools()
    shutil.rmtree(run_dir)
    publish(1)
    watch.spools()
    watch.wake()
    watch.wait()  # takes whatever hint is left of the removal
    publish(1)
    assert wait_seconds(watch) < 10


def test_an_observer_that_died_is_replaced(run_dir, publish, watch, caplog):
    """Observer threads can die without a word (watchdog #663)."""
    publish(1)
    watch.spools()
    watch._observer.stop()
    watch._observer.join()
    watch.spools()
    assert "the observer of" in caplog.text
    publish(1)
    assert wait_seconds(watch) < 10


def test_a_file_system_without_events_is_polled(run_dir, publish, caplog, monkeypatch):
    """Out of inotify watches, or a mount that has none: slower, not blind."""
    import watchdog.observers

    def no_space(*_, **__):
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(watchdog.observers.Observer, "start", no_space)
    publish(1)
    watch = Watch(run_dir, poll=0.01)
    assert watch.spools() == [run_dir / "spool"]
    assert "looking every 0.01 s instead" in caplog.text
    watch.wait()
    watch.close()


def test_a_stop_from_a_signal_handler_is_immediate(watch):
    """Stopping must not take a poll."""
    watch.wake()
    assert wait_seconds(watch) < 10


def test_one_event_a_snapshot(run_dir, publish, watch):
    """The rename from tmp/ is one event to every kind of watcher: no wake-up is for nothing."""
    publish(1)
    watch.spools()
    refs = Spool(run_dir).snapshots()
    os.replace(refs[0].path, run_dir / "spool" / "tmp" / "x")
    watch.wake()
    watch.wait()
    os.replace(run_dir / "spool" / "tmp" / "x", refs[0].path)
    assert wait_seconds(watch) < 10
