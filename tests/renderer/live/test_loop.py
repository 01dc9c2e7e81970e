"""The loop of a live renderer, in this process and in a child."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import filelock
import pytest
from removal import remove

from autoviz_render.renderer.batch.selection import Selection, jobs
from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.renderer.live import live_run, newest_snapshot, renderer_lock
from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.work.job_runner import InProcess
from autoviz_render.renderer.work.subprocess_env import child_environment
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


@pytest.fixture
def renderer(run_dir):
    renderer = LiveRenderer(Watch(run_dir, poll=0.02), LiveSettings(until_finished=True), InProcess())
    yield renderer
    renderer.close()


@pytest.fixture
def start_child(run_dir):
    """The renderer's own process on this run's spool, with a pipe to its standard input."""
    children = []

    def start(*command: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", *(command or ("autoviz_render.renderer", str(run_dir / "spool")))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(os.environ),
        )
        children.append(child)
        return child

    yield start
    for child in children:
        with child:  # closes the pipes, and waits
            child.kill()


def drawn_again(spool: Spool, selection: Selection, folder: Path) -> list[Path]:
    """The files of the snapshots that are selected, drawn in this process."""
    executor, files = InProcess(), []
    for each in jobs(spool, selection, RenderSettings(), folder):
        for job in each:
            executor.start(job)
            files += executor.result().files
    return files


def test_the_newest_is_drawn_and_the_rest_skipped(run_dir, publish, renderer):
    """Coalescing: a renderer that comes late, or is slow, shows what is true now."""
    publish(5)
    assert renderer.run() == 0
    beat = read_heartbeat(run_dir / "spool" / "renderer.json")
    assert (beat.activity, beat.drawn, beat.coalesced, beat.last_drawn) == ("stopped", 1, 4, "e0000-000000000004.h5")
    assert (run_dir / "image" / "fit.png").read_bytes().startswith(b"\x89PNG")


def test_the_last_snapshot_of_a_finished_run_is_drawn_before_leaving(run_dir, renderer):
    """The final figure is the one that people keep."""
    drawn = []
    renderer._on_drawn = drawn.append
    publisher = Publisher(run_dir)
    thread = threading.Thread(target=renderer.run)
    thread.start()
    for number in range(20):
        publisher.publish({"x": [number, 1.0]}, iteration=number)
    publisher.close()
    thread.join(60)
    assert not thread.is_alive()
    newest = Spool(run_dir).newest()
    assert Spool(run_dir).read(newest).iteration == 19
    assert read_heartbeat(run_dir / "spool" / "renderer.json").last_drawn == newest.path.name


def test_live_and_later_rendering_give_the_same_bytes(run_dir, tmp_path):
    """A figure shown during the run must be the one that is made for the paper."""
    publisher = Publisher(run_dir)
    renderer = LiveRenderer(Watch(run_dir, poll=0.02), LiveSettings(), InProcess())
    live = []
    for number in range(3):
        publisher.publish({"x": [number, 1.0], "image": [[number, 2.0], [3.0, 4.0]]}, iteration=number)
        assert publisher.flush(30)
        renderer.look()
        live.append((run_dir / "image" / "fit.png").read_bytes())
    renderer.close()
    publisher.close()
    for kept in (True, False):
        later = []
        spool = Spool(run_dir)
        for ref in spool.snapshots():
            selection = Selection("all") if kept else Selection(ref.sequence)
            files = drawn_again(spool, selection, tmp_path / str(kept))
            later = [path.read_bytes() for path in files] if kept else [*later, files[0].read_bytes()]
        assert later == live
    assert len(set(live)) == 3


def test_an_older_snapshot_is_never_drawn_after_a_newer(run_dir, publish, renderer, tmp_path):
    """A mirror may deliver late: what is shown must not go back in time."""
    publish(3)
    refs = Spool(run_dir).snapshots()
    late = tmp_path / refs[1].path.name
    os.replace(refs[1].path, late)
    renderer.look()
    os.replace(late, refs[1].path)
    renderer.look()
    assert read_heartbeat(run_dir / "spool" / "renderer.json").drawn == 1


@pytest.fixture
def impatient(monkeypatch):
    """What cannot be read is at fault after moments, not seconds."""
    monkeypatch.setattr(newest_snapshot, "TRIES_AGAIN", 0.01)
    monkeypatch.setattr(newest_snapshot, "_RESTED_AFTER", 0.05)


def listed(run_dir: Path) -> list[str]:
    return sorted(path.name for path in (run_dir / "spool" / "snapshots").iterdir())


@pytest.mark.usefixtures("impatient")
def test_a_snapshot_that_cannot_be_read_costs_itself(run_dir, publish, renderer, caplog):
    """The one before it is drawn, the damaged one stays where it is, and is explained once."""
    publish(3)
    newest = Spool(run_dir).newest()
    newest.path.write_bytes(content := newest.path.read_bytes()[:-100])
    names = listed(run_dir)
    assert renderer.run() == 1
    beat = read_heartbeat(run_dir / "spool" / "renderer.json")
    assert beat.last_drawn == "e0000-000000000001.h5"
    assert "cut short" in beat.last_error
    assert [record.levelname for record in caplog.records if "cut short" in record.message] == ["ERROR"]
    assert (listed(run_dir), newest.path.read_bytes()) == (names, content)
    assert [path.name for path in (run_dir / "spool" / "bad").iterdir()] == [f"{newest.path.name}.reason.txt"]


@pytest.fixture
def tries(monkeypatch):
    """Tries to draw, of which there are many in a short time."""
    monkeypatch.setattr(newest_snapshot, "TRIES_AGAIN", 0.01)
    monkeypatch.setattr(newest_snapshot, "_RESTED_AFTER", math.inf)
    take, made = live_run.LiveRun.take, []
    monkeypatch.setattr(live_run.LiveRun, "take", lambda *given: (made.append(given), take(*given)))
    return made


def test_a_snapshot_that_is_still_being_copied_is_waited_for(run_dir, publish, caplog, tries, eventually):
    """`tar x` or `scp` into a watched run: what is there is drawn meanwhile, and nothing is moved, noted or said."""
    publish(3)
    renderer = LiveRenderer(Watch(run_dir, poll=0.02), LiveSettings(until_finished=True), InProcess())
    newest = Spool(run_dir).newest().path
    content = newest.read_bytes()
    newest.write_bytes(b"")
    for start in range(0, len(content), 1500):
        done = len(tries) + 2
        eventually(lambda done=done: renderer.look() or len(tries) >= done)
        with newest.open("ab") as file:
            file.write(content[start : start + 1500])
    assert read_heartbeat(run_dir / "spool" / "renderer.json").last_drawn == "e0000-000000000001.h5"
    assert not (run_dir / "spool" / "bad").exists()
    assert renderer.run() == 0
    assert caplog.records == []
    assert read_heartbeat(run_dir / "spool" / "renderer.json").last_drawn == newest.name
    assert len(listed(run_dir)) == 3


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["snapshots", "static"])
def test_a_file_that_is_mended_is_drawn_after_all(run_dir, publish, eventually, kind):
    """Whoever copies once more, the note notwithstanding, wants to see it."""
    publish(1)
    (path,) = (run_dir / "spool" / kind).iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    renderer = LiveRenderer(Watch(run_dir, poll=0.02), LiveSettings(), InProcess())
    try:
        eventually(lambda: renderer.look() or Spool(run_dir).unreadable() == [path])
        path.write_bytes(content)
        eventually(lambda: renderer.look() or (run_dir / "image" / "fit.png").exists())
        assert Spool(run_dir).unreadable() == []
    finally:
        renderer.close()


def test_what_was_noted_before_is_not_waited_for_again(run_dir, publish, renderer, monkeypatch):
    """A renderer that is started again need not find out anew."""
    monkeypatch.setattr(newest_snapshot, "_RESTED_AFTER", math.inf)
    publish(2)
    spool = Spool(run_dir)
    newest = spool.newest()
    newest.path.write_bytes(b"")
    spool.notes.write(newest.path, "a reason")
    assert renderer.run() == 1
    assert "is cut short" in read_heartbeat(spool.paths.heartbeat).last_error


def test_what_cannot_be_read_at_the_last_look_is_said(run_dir, publish, caplog):
    """The search has ended, and so will its renderer: better a word too many than a figure that silently lacks."""
    publish(2, state="running")
    newest = Spool(run_dir).newest()
    newest.path.write_bytes(b"")
    renderer = LiveRenderer(Watch(run_dir, poll=0.02), LiveSettings(), InProcess())
    renderer.finish()
    assert renderer.run() == 1
    beat = read_heartbeat(run_dir / "spool" / "renderer.json")
    assert (beat.last_drawn, beat.activity) == ("e0000-000000000000.h5", "stopped")
    assert "is cut short" in beat.last_error
    assert not (run_dir / "spool" / "bad").exists()


@pytest.mark.usefixtures("impatient")
def test_a_disk_that_fails_for_long_is_tried_again(run_dir, publish, monkeypatch, eventually):
    """No file changes when a network file system comes back."""
    monkeypatch.setattr(newest_snapshot, "_ANOTHER_DISK", 0.01)
    publish(1)
    renderer = LiveRenderer(Watch(run_dir, poll=0.02), LiveSettings(), InProcess())

    def failing(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    try:
        with monkeypatch.context() as patched:
            patched.setattr(Spool, "read", failing)
            eventually(lambda: renderer.look() or "Input/output" in str(renderer._runs[run_dir / "spool"].faults))
        assert not (run_dir / "spool" / "bad").exists()
        eventually(lambda: renderer.look() or (run_dir / "image" / "fit.png").exists())
    finally:
        renderer.close()


@pytest.fixture
def tree(tmp_path, publish):
    """Finished runs, more than are held at once."""
    publish(1, into=tmp_path / "tree" / "00")
    for number in range(1, 24):
        shutil.copytree(tmp_path / "tree" / "00", tmp_path / "tree" / f"{number:02d}")
    return tmp_path / "tree"


def held(renderer: LiveRenderer) -> int:
    return sum(each.lock.is_held for each in renderer._runs.values())


WITH_FEW_DESCRIPTORS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
from autoviz_render.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_finished_runs_need_no_descriptors(tree, publish, eventually):
    """A thousand of them, and a live one, are drawn by a process that may open few files."""
    publish(1, into=tree / "live", state="running")
    command = ["--watch", "--until-finished", "--quiet", "--dpi", "20", str(tree)]
    with subprocess.Popen(
        [sys.executable, "-P", "-c", WITH_FEW_DESCRIPTORS, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            eventually(lambda: len(list(tree.glob("*/image/fit.png"))) == 25, 120)
            publish(1, into=tree / "live", first=1)
            output, errors = child.communicate(timeout=120)
        finally:
            child.kill()
    assert (child.returncode, errors) == (0, "")
    assert len(set(output.splitlines())) == 25


def test_few_finished_runs_are_held_and_others_again_when_something_appears(tree, publish):
    """A lock is a descriptor; what is let go of says that it is, and is no longer written to."""
    renderer = LiveRenderer(Watch(tree, poll=0.02), LiveSettings(RenderSettings(dpi=20)), InProcess())
    try:
        renderer.look()
        assert held(renderer) <= 16
        runs = {name: renderer._runs[tree / name / "spool"] for name in ("00", "23")}
        beat = read_heartbeat(tree / "00" / "spool" / "renderer.json")
        assert (runs["00"].lock.is_held, beat.activity, beat.drawn) == (False, "stopped", 1)
        assert runs["23"].lock.is_held
        copied = tree / "00" / "spool" / "snapshots" / "e0000-000000000005.h5"
        shutil.copy(Spool(tree / "00").newest().path, copied)
        renderer.look()
        beat = read_heartbeat(tree / "00" / "spool" / "renderer.json")
        assert (beat.last_drawn, beat.drawn) == (copied.name, 2)
        assert held(renderer) <= 16
    finally:
        renderer.close()


def test_a_run_that_another_renderer_took_meanwhile_is_left_to_it(tree, publish, caplog):
    """Two renderers on one figure would only waste a processor."""
    renderer = LiveRenderer(Watch(tree, poll=0.02), LiveSettings(RenderSettings(dpi=20)), InProcess())
    other = LiveRenderer(Watch(tree / "00", poll=0.02), LiveSettings(RenderSettings(dpi=20)), InProcess())
    try:
        renderer.look()
        other.look()
        shutil.copy(Spool(tree / "00").newest().path, tree / "00" / "spool" / "snapshots" / "e0000-000000000005.h5")
        renderer.look()
        assert f"is already being drawn by process {os.getpid()}" in caplog.text
        assert read_heartbeat(tree / "00" / "spool" / "renderer.json").activity != "stopped"
        other.close()
        renderer.look()
        assert read_heartbeat(tree / "00" / "spool" / "renderer.json").last_drawn == "e0000-000000000005.h5"
    finally:
        renderer.close()


def test_beyond_a_share_of_the_descriptors_runs_are_drawn_without_locks(tree, monkeypatch):
    """That many are running at once: the heartbeat alone tells others, and nothing fails."""
    for info in tree.glob("*/spool/spool.json"):
        content = json.loads(info.read_text())
        content["producer"]["host"] = "elsewhere"
        info.write_text(json.dumps(content | {"state": "running"}))
    monkeypatch.setattr(renderer_lock, "descriptor_limit", lambda: 20)
    renderer = LiveRenderer(Watch(tree, poll=0.02), LiveSettings(RenderSettings(dpi=20)), InProcess())
    try:
        renderer.look()
        assert held(renderer) == 24
        assert sum(each.lock._lock.is_locked for each in renderer._runs.values()) == 5
        assert all(read_heartbeat(each).drawn == 1 for each in tree.glob("*/spool/renderer.json"))
    finally:
        renderer.close()


def test_a_run_that_cannot_be_listed_is_not_waited_for_without_end(tmp_path, publish, monkeypatch, caplog):
    """Its snapshots are private, or on a disk that fails; the others are drawn, and `--until-finished` ends."""
    for name in ("a", "private", "c"):
        publish(1, into=tmp_path / name)
    real = os.listdir

    def failing(path):
        if path == tmp_path / "private" / "spool" / "snapshots":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    monkeypatch.setattr(os, "listdir", failing)
    assert LiveRenderer(Watch(tmp_path, poll=0.02), LiveSettings(until_finished=True), InProcess()).run() == 1
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"{tmp_path}/private/spool/snapshots: cannot be read: Permission denied"]
    assert [path.parent.parent.name for path in sorted(tmp_path.glob("*/image/fit.png"))] == ["a", "c"]


def test_out_of_descriptors_is_not_removed(run_dir, publish, renderer, monkeypatch, caplog):
    """A listing that fails says nothing about what there is."""
    publish(1, state="running")
    renderer.look()

    def failing(*_):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patched:
        for call in ("scandir", "listdir", "open"):
            patched.setattr(os, call, failing)
        for _ in range(6):
            renderer._watch._next_walk = 0.0
            renderer.look()
    assert "removed" not in caplog.text
    publish(1, first=1)
    renderer.run()
    assert read_heartbeat(run_dir / "spool" / "renderer.json").last_drawn == "e0001-000000000001.h5"


def test_a_snapshot_that_retention_removed_is_no_fault(run_dir, publish, renderer, monkeypatch, caplog):
    """Listed, and gone before it was opened: the normal life of a spool."""
    publish(2)
    listed = Spool(run_dir).snapshots()
    listed[1].path.unlink()
    monkeypatch.setattr(Spool, "snapshots", lambda *_, **__: listed)
    assert renderer.run() == 0
    assert read_heartbeat(run_dir / "spool" / "renderer.json").last_drawn == listed[0].path.name
    assert caplog.records == []


def test_a_figure_that_cannot_be_written_is_tried_again(run_dir, publish, renderer, caplog, eventually):
    """The disk was full for a while; the figure must not stay stale when it no longer is."""
    publish(1)
    (run_dir / "image").write_text("in the way")
    renderer.look()
    renderer.look()
    assert sum("cannot be written" in record.message for record in caplog.records) == 1
    (run_dir / "image").unlink()
    eventually(renderer.look)
    assert (run_dir / "image" / "fit.png").exists()


def test_a_figure_nobody_knows_here_is_said_in_a_line(run_dir, publish, renderer, caplog):
    """The plug-in may be installed on the sampler's machine alone."""
    publish(1, figure="not-installed-here")
    assert renderer.run() == 1
    assert "no figure is named 'not-installed-here'; there are: auto" in caplog.text


def test_a_second_renderer_says_who_holds_the_spool_and_leaves(run_dir, publish, renderer, start_child, eventually):
    """Two renderers on one figure would only waste a processor; the first must not be disturbed."""
    publish(1)
    renderer.look()
    second = start_child("autoviz_render.cli", "--watch", str(run_dir))
    _, errors = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"is already being drawn by process {os.getpid()} on" in errors.decode()
    assert len(errors.decode().strip().splitlines()) == 1
    assert read_heartbeat(run_dir / "spool" / "renderer.json").pid == os.getpid()


def test_without_locks_the_heartbeat_tells_who_draws(run_dir, publish, renderer, monkeypatch, caplog):
    """Some network file systems have no locks; two renderers on one figure are avoided all the same."""

    def no_locks(*_, **__):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", no_locks)
    publish(1)
    renderer.look()
    second = LiveRenderer(Watch(run_dir), LiveSettings(), InProcess())
    assert second.run() == 1
    assert second.is_held_elsewhere
    assert read_heartbeat(run_dir / "spool" / "renderer.json").drawn == 1


def test_a_renderer_whose_figures_are_looked_at_stays_beside_another(run_dir, publish, renderer, eventually):
    """`--serve` shows a run that its own search draws, and goes on with it if the search's renderer is gone."""
    publish(1)
    renderer.look()
    told: list[str] = []

    class Told:
        def looked_at(self, spool, beat):
            told.append("another's" if beat is None else "ours")

        def drawn(self, result):
            told.append(result.snapshot)

        def left(self, spool): ...
        def turned(self, *, is_complete): ...

    second = LiveRenderer(Watch(run_dir, 0.05), LiveSettings(), InProcess(), listener=Told(), is_looked_at=True)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(second.run()))
    thread.start()
    eventually(lambda: told.count("another's") > 1)
    assert thread.is_alive()
    assert not any(each.endswith(".h5") for each in told)
    renderer.close()
    publish(2)
    eventually(lambda: any(each.endswith(".h5") for each in told), what="it goes on with the run")
    second.stop()
    thread.join(30)
    assert codes == [0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_watch_cleanly(run_dir, publish, start_child, eventually, number):
    """Ctrl-C, or a batch system: no traceback, the lock let go, the heartbeat says stopped."""
    Publisher(run_dir).publish({"x": [1.0, 2.0]}, iteration=0)
    child = start_child("autoviz_render.cli", "--watch", str(run_dir), "--quiet")
    eventually((run_dir / "image" / "fit.png").exists, 60)
    child.send_signal(number)
    output, errors = child.communicate(timeout=60)
    assert (child.returncode, errors) == (0, b"")
    assert output.decode().splitlines() == [str(run_dir / "image" / "fit.png")]
    assert read_heartbeat(run_dir / "spool" / "renderer.json").activity == "stopped"


def test_the_end_of_the_parent_ends_the_child_after_a_last_look(run_dir, start_child, eventually):
    """A killed search closes the pipe without a word: the newest is drawn once more, and nobody is left behind."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": [1.0, 2.0]}, iteration=0)
    publisher.flush()
    child = start_child()
    heartbeat = run_dir / "spool" / "renderer.json"
    eventually(lambda: (beat := read_heartbeat(heartbeat)) and beat.drawn == 1, 60)
    publisher.publish({"x": [1.0, 3.0]}, iteration=1)
    publisher.flush()
    child.stdin.close()
    assert child.wait(60) == 0
    assert read_heartbeat(heartbeat).last_drawn == "e0000-000000000001.h5"
    publisher.close()


def test_a_watch_by_hand_outlives_nothing_but_its_run(run_dir, publish, start_child):
    """--until-finished ends with the run, also where the producer died without a word."""
    publish(2)
    info = run_dir / "spool" / "spool.json"
    content = json.loads(info.read_text()) | {"state": "running"}
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    content["producer"]["pid"] = dead.pid
    info.write_text(json.dumps(content))
    child = start_child("autoviz_render.cli", "--watch", "--until-finished", str(run_dir))
    child.communicate(timeout=60)
    assert child.returncode == 0
    assert (run_dir / "image" / "fit.png").exists()


def test_drafts_of_a_killed_renderer_are_swept(run_dir, publish, renderer):
    """image/ is where people look: no half-written files may pile up in it."""
    publish(1)
    (run_dir / "image").mkdir()
    draft = run_dir / "image" / ".fit.png.999999999.0.draft"
    draft.write_bytes(b"half")
    renderer.run()
    assert sorted(path.name for path in (run_dir / "image").iterdir()) == ["fit.png"]


def test_a_run_that_is_removed_and_begun_anew_is_drawn_from_its_start(run_dir, publish, eventually):
    """`rm -rf output` and once more: the watch must not wait until the new run is as long as the old one was."""
    renderer = LiveRenderer(Watch(run_dir, poll=0.02), LiveSettings(), InProcess())
    publish(5)
    renderer.look()
    shutil.rmtree(run_dir)
    renderer.look()
    publish(1)
    renderer.look()
    beat = read_heartbeat(run_dir / "spool" / "renderer.json")
    renderer.close()
    assert beat.last_drawn == "e0000-000000000000.h5"
    assert (run_dir / "image" / "fit.png").exists()


def test_a_new_start_with_another_figure_is_drawn_with_it(run_dir, publish):
    """The watch lives longer than one start of the run."""
    renderer = LiveRenderer(Watch(run_dir, poll=0.02), LiveSettings(), InProcess())
    publish(1, figure="not-installed-here")
    renderer.look()
    publish(1, figure="auto")
    renderer.look()
    renderer.close()
    assert (run_dir / "image" / "fit.png").exists()


def test_figures_of_several_runs_in_one_folder_are_kept_apart(tmp_path, publish):
    """They all are called fit.png."""
    for name in ("a", "b"):
        publish(1, into=tmp_path / "runs" / name)
    settings = LiveSettings(out=tmp_path / "out")
    renderer = LiveRenderer(Watch(tmp_path / "runs"), settings, InProcess())
    renderer.look()
    renderer.close()
    assert all((tmp_path / "out" / name / "fit.png").exists() for name in ("a", "b"))


def test_the_heartbeat_promises_its_next_beat(run_dir, publish, renderer):
    """Whoever watches the watcher must know when silence means trouble."""
    publish(1)
    renderer.look()
    beat = read_heartbeat(run_dir / "spool" / "renderer.json")
    assert beat.is_fresh()
    assert not beat.is_late()
    assert replace(beat, clock=beat.clock - beat.promise).is_late()


def test_a_tree_of_runs_is_drawn_run_by_run(tmp_path, publish):
    """One watch over output/ serves all the fits below it, those too that begin later."""
    runs = [tmp_path / "output" / name for name in ("a", "b")]
    renderer = LiveRenderer(Watch(tmp_path / "output", poll=0.02), LiveSettings(), InProcess())
    publish(1, into=runs[0])
    renderer.look()
    publish(1, into=runs[1])
    renderer._watch.wait()
    renderer.look()
    renderer.close()
    assert all((run / "image" / "fit.png").exists() for run in runs)


def test_a_watch_until_finished_ends_where_nothing_can_be_written(run_dir, publish, renderer, monkeypatch):
    """A full disk for good: some tries after the end of the run, and an exit code that says so."""
    monkeypatch.setattr(newest_snapshot, "TRIES_AGAIN", 0.01)
    publish(1)
    (run_dir / "image").write_text("in the way")
    assert renderer.run() == 1


def test_a_watch_until_finished_ends_with_a_run_that_is_removed(run_dir, publish, renderer, eventually):
    """Nobody will finish it any more."""
    publish(1, state="running")
    thread = threading.Thread(target=renderer.run)
    thread.start()
    eventually((run_dir / "image" / "fit.png").exists)
    remove(run_dir)
    thread.join(30)
    assert not thread.is_alive()


def test_one_unknown_figure_does_not_cost_the_others(run_dir, publish, renderer, caplog):
    """Here is no plug-in, there is the default."""
    publish(1, figure=["not-installed-here", "auto"])
    assert renderer.run() == 1
    assert "no figure is named 'not-installed-here'" in caplog.text
    assert (run_dir / "image" / "auto.png").exists()


def test_a_static_file_that_comes_late_is_waited_for(run_dir, publish, renderer, monkeypatch, eventually):
    """A mirrored directory: the snapshot came first."""
    monkeypatch.setattr(newest_snapshot, "TRIES_AGAIN", 0.01)
    publish(1)
    (static,) = (run_dir / "spool" / "static").iterdir()
    away = run_dir / static.name
    os.replace(static, away)
    renderer.look()
    assert not (run_dir / "image" / "fit.png").exists()
    os.replace(away, static)
    eventually(renderer.look)
    assert (run_dir / "image" / "fit.png").exists()


def test_a_look_is_due_when_something_is_to_be_tried_again(run_dir, publish):
    """Not only when the next poll is: a deadline of a second is not one of a minute."""
    publish(1)
    (run_dir / "image").write_text("in the way")
    renderer = LiveRenderer(Watch(run_dir, poll=60.0), LiveSettings(), InProcess())
    try:
        renderer.look()
        assert 0 < renderer._wait_timeout() <= newest_snapshot.TRIES_AGAIN
    finally:
        renderer.close()
