"""When the renderer looks: hints where there are any, a listing whatever happens."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from watchdog.observers.api import EventEmitter

from autoviz_render.renderer.live.watch import Watch
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


def threads_and_descriptors() -> tuple[int, int]:
    return threading.active_count(), len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0


@pytest.fixture(params=["constructor", "schedule", "start", "second emitter", "thread"])
def broken_observer(request, monkeypatch):
    """No inotify instance, watch, descriptor or thread is left, as one of watchdog's calls tells."""
    import watchdog.observers

    observer, calls = watchdog.observers.Observer, itertools.count()

    def failing(*_, **__):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    def failing_later(self, real=EventEmitter.start):
        if next(calls):
            failing()
        real(self)

    def no_thread(self):
        raise RuntimeError("can't start new thread")

    match request.param:
        case "constructor":
            monkeypatch.setattr(observer, "__init__", failing)
        case "schedule" | "start":
            monkeypatch.setattr(observer, request.param, failing)
        case "second emitter":
            monkeypatch.setattr(EventEmitter, "start", failing_later)
        case "thread":
            monkeypatch.setattr(EventEmitter, "start", no_thread)


@pytest.mark.usefixtures("broken_observer")
def test_an_observer_that_cannot_be_started_leaves_nothing_behind(tmp_path, publish, caplog, eventually):
    """Look every few seconds, say so once, and leak neither threads nor descriptors."""
    for name in ("a", "b", "c"):
        publish(1, into=tmp_path / name)
    before = threads_and_descriptors()
    watch = Watch(tmp_path, poll=0.01)
    for _ in range(3):
        assert len(watch.spools()) == 3
        watch.wait()
    assert [record.getMessage().count("looking every 0.01 s instead") for record in caplog.records] == [1]
    watch.close()
    eventually(lambda: threads_and_descriptors() == before)


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
def test_a_watch_draws_though_there_is_no_inotify_instance_left(tmp_path, publish):
    """A user has 128 of them, and desktop programs take them: here, in a user namespace of its own, there are none."""
    for name in ("a", "b"):
        publish(1, into=tmp_path / name)
    without = ["unshare", "-r", "sh", "-c", 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"', "sh"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*without, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no user namespaces here")
    command = [sys.executable, "-P", "-m", "autoviz_render.cli", "--watch", "--until-finished", str(tmp_path)]
    done = subprocess.run([*without, *command], check=False, capture_output=True, text=True, timeout=120)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stderr
    assert done.stderr.count("looking every 2 s instead") == 1


def test_a_run_removed_while_its_observer_starts_costs_no_events(tmp_path, publish, monkeypatch):
    """The others are observed from the next look on."""
    import watchdog.observers

    publish(1, into=tmp_path / "a")
    watch = Watch(tmp_path, poll=20.0)

    def removed(*_, **__):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    with monkeypatch.context() as patched:
        patched.setattr(watchdog.observers.Observer, "schedule", removed)
        watch.spools()
    watch.spools()
    publish(1, into=tmp_path / "a")
    assert wait_seconds(watch) < 10
    watch.close()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EACCES, errno.EIO, errno.ESTALE])
def test_runs_in_a_folder_that_cannot_be_read_for_now_are_not_gone(tmp_path, publish, monkeypatch, caplog, number):
    """Out of descriptors, or a disk that fails: they must not be reported as removed. It is said once."""
    for name in ("a", "deep/b", "deep/c"):
        publish(1, into=tmp_path / name)
    watch = Watch(tmp_path)
    before = watch.spools(all_of_them=True)
    real = os.scandir

    def failing(path):
        if path == tmp_path / "deep":
            raise OSError(number, os.strerror(number), str(path))
        return real(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", failing)
        shutil.rmtree(tmp_path / "a")
        for _ in range(3):
            assert watch.spools(all_of_them=True) == before[1:]
    assert [record.getMessage().count("deep: cannot be looked into") for record in caplog.records] == [1]
    shutil.rmtree(tmp_path / "deep" / "b")
    assert watch.spools(all_of_them=True) == before[2:]
    watch.close()


def test_of_many_runs_only_those_are_observed_in_which_something_is_expected(tmp_path, publish, eventually):
    """Each has a thread of its own, and with older watchdogs descriptors, too."""
    publish(1, into=tmp_path / "000")
    for number in range(1, 30):
        shutil.copytree(tmp_path / "000", tmp_path / f"{number:03d}")
    watch = Watch(tmp_path, poll=20.0)
    spools = watch.spools(all_of_them=True)
    watch.spools(set(spools[:-1]))
    assert [Path(each.watch.path) for each in watch._observer.emitters] == [spools[-1] / "snapshots"]
    publish(1, into=spools[-1].parent)
    assert wait_seconds(watch) < 10
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
