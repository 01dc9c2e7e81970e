"""When the renderer looks: hints where there are any, a listing whatever happens."""

from __future__ import annotations

import errno
import itertools
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Container
from pathlib import Path

import pytest

from autoviz_render.renderer.live.file_events import Observed
from autoviz_render.renderer.live.rota import Rota
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.network_mounts import is_network_type

inotify_simple = pytest.importorskip("inotify_simple") if sys.platform == "linux" else None
linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


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


@linux
def test_a_thread_of_events_that_died_is_replaced(run_dir, publish, watch, caplog):
    """Such threads can die without a word (watchdog #663): what was missed is looked at."""
    publish(1)
    watch.spools()
    os.eventfd_write(watch._events._stop, 1)
    watch._events._thread.join()
    assert list(watch.due()) == [run_dir / "spool"]
    assert "the thread that hears file events died" in caplog.text
    publish(1)
    assert wait_seconds(watch) < 10


def test_a_file_system_without_events_is_polled(run_dir, publish, caplog, no_events, eventually):
    """Out of inotify watches, or a mount that has none: slower, not blind."""
    no_events(errno.ENOSPC)
    publish(1)
    watch = Watch(run_dir, poll=0.01)
    assert watch.spools() == [run_dir / "spool"]
    assert caplog.text.count("no file events for some runs") == 1
    for _ in range(3):
        eventually(lambda: list(watch.due()) == [run_dir / "spool"])  # within a share of the time
    watch.close()


def threads_and_descriptors() -> tuple[int, int]:
    return threading.active_count(), len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0


@pytest.fixture
def no_events(monkeypatch):
    """Have inotify fail beyond some watches."""

    def fail(number: int, most: int = 0) -> None:
        add, remove, watches = inotify_simple.INotify.add_watch, inotify_simple.INotify.rm_watch, set()

        def add_watch(self, folder, mask):
            watches.add(watch := add(self, folder, mask))
            if len(watches) > most:
                rm_watch(self, watch)
                raise OSError(number, os.strerror(number))
            return watch

        def rm_watch(self, watch):
            watches.discard(watch)
            remove(self, watch)

        monkeypatch.setattr(inotify_simple.INotify, "add_watch", add_watch)
        monkeypatch.setattr(inotify_simple.INotify, "rm_watch", rm_watch)

    return fail


@pytest.fixture(params=["descriptor", "instance", "thread"])
def broken_events(request, monkeypatch):
    """No descriptor, inotify instance or thread is left, as one of the calls tells."""

    def failing(*_, **__):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    def no_thread(*_):
        raise RuntimeError("can't start new thread")

    match request.param:
        case "descriptor":
            monkeypatch.setattr(os, "eventfd", failing)
        case "instance":
            monkeypatch.setattr(inotify_simple.INotify, "__init__", failing)
        case "thread":
            monkeypatch.setattr(threading.Thread, "start", no_thread)


@pytest.fixture
def three(tmp_path, publish):
    for name in ("a", "b", "c"):
        publish(1, into=tmp_path / name)


@linux
@pytest.mark.usefixtures("three", "broken_events")
def test_events_that_cannot_be_had_leave_nothing_behind(tmp_path, caplog, eventually):
    """Look in turn, say so once, and leak neither threads nor descriptors."""
    before = threads_and_descriptors()
    watch = Watch(tmp_path, poll=0.01)
    for _ in range(3):
        assert len(watch.spools()) == 3
        watch.wait()
    assert [record.getMessage().count("no file events for some runs") for record in caplog.records] == [1]
    watch.close()
    eventually(lambda: threads_and_descriptors() == before)


@linux
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
    assert done.stderr.count("no file events for some runs") == 1


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


def settled(watch: Watch, *, quiet: Container[Path] = ()) -> list[Path]:
    """Look at all that is due, as the renderer does; the spools."""
    found = []
    while watch.is_behind or watch.is_due:
        for spool in watch.due():
            found.append(spool)
            watch.settle(spool, is_quiet=spool in quiet)
    return found


@pytest.fixture
def many(tmp_path, publish):
    """The spools of thirty runs."""
    publish(1, into=tmp_path / "000")
    for number in range(1, 30):
        shutil.copytree(tmp_path / "000", tmp_path / f"{number:03d}")
    return sorted(tmp_path.glob("*/spool"))


@pytest.fixture
def tree_watch(tmp_path):
    watch = Watch(tmp_path, poll=20.0)
    yield watch
    watch.close()


def heard(watch: Watch) -> list[Path]:
    """The spools that events made due, after some did."""
    watch.wait()
    return settled(watch)


@linux
def test_any_number_of_runs_takes_one_thread_and_two_descriptors(many, tree_watch):
    """A thread a run was 10,005 of them."""
    before = threads_and_descriptors()
    assert sorted(settled(tree_watch)) == many
    threads, descriptors = threads_and_descriptors()
    assert (threads - before[0], descriptors - before[1]) == (1, 2)


def test_an_event_leads_to_a_look_at_its_spool_alone(many, tree_watch, publish):
    """What a look costs must not grow with the number of runs."""
    settled(tree_watch)
    publish(1, into=many[7].parent)
    assert set(heard(tree_watch)) == {many[7]}


@linux
def test_runs_that_are_over_take_no_watches_and_are_seen_in_their_turn(many, tree_watch, publish):
    """A user has some thousand watches for all programs. A run that goes on is found by its files, and heard again."""
    settled(tree_watch, quiet=many)
    assert {role for _, role, _ in tree_watch._events._watched.values()} == {"above"}
    publish(1, into=many[3].parent)
    tree_watch._quiet = Rota(1.0)
    for each in many:
        tree_watch._quiet.add(each)
    tree_watch.poll = 0.0
    seen = list(itertools.islice(tree_watch.due(), 1))
    assert seen == [many[3]]
    tree_watch.poll = 20.0
    tree_watch.settle(many[3], is_quiet=False)
    settled(tree_watch)
    publish(1, into=many[3].parent)
    assert many[3] in heard(tree_watch)


@pytest.mark.parametrize("how", ["begins", "moves in", "is extracted"])
def test_a_run_that_appears_is_found_by_its_event(many, tree_watch, publish, tmp_path, how):
    """Whole trees are searched rarely: a run that comes costs itself."""
    settled(tree_watch)
    tree_watch._next_walk = math.inf
    new = many[0].parent.parent / "deep" / "new"
    other = tmp_path.with_name("other")
    if how == "begins":
        publish(1, into=new)
    elif how == "moves in":
        publish(1, into=other / "new")
        other.rename(new.parent)
    else:
        shutil.copytree(many[0].parent, new)
    found = []
    deadline = time.monotonic() + 10
    while new / "spool" not in found and time.monotonic() < deadline:
        found += heard(tree_watch)
    assert set(found) <= {new / "spool"}
    publish(1, into=new)
    assert new / "spool" in heard(tree_watch)


@pytest.mark.parametrize("how", ["removed", "renamed"])
def test_a_run_that_goes_is_looked_at_at_once(many, tree_watch, how):
    """The others are not; under its new name it is another one."""
    settled(tree_watch)
    tree_watch._next_walk = math.inf
    run = many[5].parent
    if how == "removed":
        shutil.rmtree(run)
    else:
        run.rename(run.with_name("other"))
    found = set()
    deadline = time.monotonic() + 10
    expected = {many[5]} if how == "removed" else {many[5], run.with_name("other") / "spool"}
    while not found >= expected and time.monotonic() < deadline:
        found.update(heard(tree_watch))
    assert found == expected
    assert not tree_watch.is_there(many[5])


@linux
def test_out_of_watches_runs_are_polled_one_by_one(many, tmp_path, publish, no_events, caplog):
    """ENOSPC can come late: those that have events keep them, and it is said once."""
    no_events(errno.ENOSPC, most=20)
    watch = Watch(tmp_path, poll=0.01)
    assert sorted(settled(watch)) == many
    assert len(watch._heard) + len(watch._unheard) == 30
    assert 10 <= len(watch._heard) <= 20
    assert caplog.text.count("no file events for some runs") == 1
    unheard = next(iter(watch._unheard._visited))
    publish(1, into=unheard.parent)
    deadline = time.monotonic() + 10
    while unheard not in watch.due():
        watch.wait()
        assert time.monotonic() < deadline
    watch.close()


def test_a_network_file_system_is_polled_at_once(many, tmp_path, monkeypatch):
    """Events come from this host alone."""
    monkeypatch.setattr("autoviz_render.renderer.live.watch.is_on_network", lambda _: True)
    watch = Watch(tmp_path, poll=20.0)
    settled(watch)
    assert (len(watch._unheard), len(watch._heard)) == (30, 0)
    watch.close()


@pytest.mark.parametrize(
    ("name", "is_network"),
    [("ext4", False), ("nfs4", True), ("lustre", True), ("fuse.sshfs", True), ("overlay", False), ("9p", True)],
)
def test_the_type_of_a_file_system_tells_whether_other_hosts_change_it(name, is_network):
    """The mount says it at once; silence would not."""
    assert is_network_type(name) == is_network


def test_paths_come_and_go(tmp_path, publish, many):
    """One renderer serves several searches, which begin and end."""
    watch = Watch([many[0], many[1]], poll=20.0)
    assert sorted(settled(watch)) == many[:2]
    watch.add(many[2])
    watch.remove(many[0])
    assert heard(watch) == [many[2]]
    assert watch.taken_away() == [many[0]]
    assert watch.taken_away() == []
    publish(1, into=many[0].parent)
    publish(1, into=many[1].parent)
    assert set(heard(watch)) == {many[1]}
    watch.close()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_what_a_link_leads_to_is_found_once(tmp_path, publish):
    """A run on another disk, and the same run by its own path."""
    publish(1, into=tmp_path / "tree" / "a")
    publish(1, into=tmp_path / "disk" / "b")
    (tmp_path / "tree" / "b").symlink_to(tmp_path / "disk" / "b")
    (tmp_path / "tree" / "c").symlink_to(tmp_path / "tree" / "a")
    watch = Watch(tmp_path / "tree", poll=20.0)
    assert sorted(settled(watch)) == [tmp_path / "tree" / name / "spool" for name in "ab"]
    publish(1, into=tmp_path / "disk" / "d")
    (tmp_path / "tree" / "d").symlink_to(tmp_path / "disk" / "d")
    assert heard(watch) == [tmp_path / "tree" / "d" / "spool"]
    watch.close()


def test_turns_take_their_share_of_the_time(tmp_path):
    """Ten thousand runs in which nothing happens must not keep a processor busy."""
    rota, visits, clock = Rota(0.01, lambda: clock[0]), 0, [0.0]
    for number in range(100):
        rota.add(tmp_path / str(number))
    for _ in rota.visits(0.0):
        clock[0] += 0.004
        visits += 1
    assert visits == 5  # for a fiftieth of a second in a row
    assert list(rota.visits(0.0)) == []
    assert 1.9 < rota._not_before - time.monotonic() <= 2.0


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


@pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")  # of watchdog, beside busy processes
def test_where_the_system_watches_trees_an_event_names_its_spool_too(many, tmp_path, publish, monkeypatch):
    """macOS and Windows have one stream for a whole tree, which watchdog reads."""
    monkeypatch.setattr("autoviz_render.renderer.live.watch.file_events", Observed)
    watch = Watch(tmp_path, poll=20.0)
    try:
        assert sorted(settled(watch)) == many
        assert (len(watch._heard), len(watch._unheard)) == (30, 0)
        watch._next_walk = math.inf
        publish(1, into=many[4].parent)
        assert set(heard(watch)) == {many[4]}
        new, found, deadline = tmp_path / "new", [], time.monotonic() + 10
        publish(1, into=new)
        while new / "spool" not in found and time.monotonic() < deadline:
            found += heard(watch)
        assert new / "spool" in found
    finally:
        watch.close()
