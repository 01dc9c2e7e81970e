"""Figures that hang, die, leak or are slow cost themselves, and neither the others nor the next snapshot."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import plots
import pytest

from autoviz_render.renderer.batch import render_cache
from autoviz_render.renderer.batch.selection import Selection, jobs
from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.renderer.live import live_run, renderer_lock, scheduler
from autoviz_render.renderer.live.live_run import LiveSettings
from autoviz_render.renderer.live.loop import LiveRenderer
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work import executor, pool
from autoviz_render.renderer.work.executor import Subprocess
from autoviz_render.renderer.work.job_runner import InProcess
from autoviz_render.renderer.work.jobs import Job, RenderResult
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the figures that misbehave use signals")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """Where the figures of `plots` leave their marks."""
    monkeypatch.setenv("PLOTS_FOLDER", str(tmp_path))
    return tmp_path


@pytest.fixture
def worker():
    worker = Subprocess(60.0)
    yield worker
    worker.close()


def figure(name: str) -> FigureSpec:
    return FigureSpec(name, target=f"plots:{name}", folder=str(Path(plots.__file__).parent))


def all_jobs(run_dir, *names: str) -> list[Job]:
    settings = RenderSettings([figure(name) for name in names])
    return [job for each in jobs(Spool(run_dir), Selection("all"), settings, None) for job in each]


def draw(executor, job: Job, eventually) -> RenderResult:
    results: list[RenderResult] = []
    executor.start(job)
    eventually(lambda: (result := executor.result()) is not None and (results.append(result) or True), 60)
    return results[0]


def test_a_worker_and_this_process_draw_the_same_bytes(run_dir, publish, worker, eventually):
    """Where a figure is drawn must not be seen on it."""
    publish(2)
    for job in all_jobs(run_dir, "plain"):
        files = [draw(executor, job, eventually).files[0].read_bytes() for executor in (InProcess(), worker)]
        assert files[0] == files[1]


def test_what_a_figure_prints_is_no_answer(run_dir, publish, worker, eventually, folder):
    """Plug-ins print; the line must not be taken for what became of the job."""
    publish(1)
    (job,) = all_jobs(run_dir, "says_which_process")
    assert draw(worker, job, eventually).status == "drawn"
    assert (folder / "0").read_text() == str(worker.pid)


@pytest.mark.parametrize(
    ("name", "told"),
    [("always_hangs", "took longer than 0.5 s"), ("dies", "ended its process by signal 9")],
)
def test_a_figure_that_takes_its_process_with_it_says_so(run_dir, publish, eventually, name, told):
    """Which figure, of which snapshot, and how."""
    publish(1)
    worker = Subprocess(0.5)
    try:
        (bad,), (good,) = all_jobs(run_dir, name), all_jobs(run_dir, "plain")
        result = draw(worker, bad, eventually)
        assert result.status == "abandoned"
        assert result.fault == f"figure {name!r} of e0000-000000000000.h5 {told}, and was abandoned"
        worker.timeout = 60.0
        assert draw(worker, good, eventually).status == "drawn"
    finally:
        worker.close()


@pytest.fixture
def drawn_by(run_dir, publish, worker, eventually, folder):
    """Has one figure drawn some times, and tells by which processes."""

    def draw_some(name: str, count: int) -> list[str]:
        publish(1)
        (job,) = all_jobs(run_dir, name)
        pids = []
        for _ in range(count):
            assert draw(worker, job, eventually).status == "drawn"
            pids.append((folder / "0").read_text())
        return pids

    return draw_some


def test_a_process_that_grows_is_renewed(drawn_by, monkeypatch):
    """Plots leak, over days; what they leak into ends with the process."""
    monkeypatch.setattr(executor, "_SETTLED", 1)
    monkeypatch.setattr(executor, "_GROWTH", 300_000_000)
    assert len(set(drawn_by("leaks", 4))) == 2


def test_a_process_is_renewed_after_so_many_figures(drawn_by, monkeypatch):
    """Whatever it is that it piles up."""
    monkeypatch.setattr(executor, "_RENEWED_AFTER", 2)
    pids = drawn_by("says_which_process", 5)
    assert [pids.index(pid) for pid in pids] == [0, 0, 2, 2, 4]


def test_a_worker_ends_with_whoever_started_it(worker, eventually):
    """The pipe's end is all that a killed parent leaves."""
    pid = worker.pid
    worker._child._process.stdin.close()
    assert worker._child._process.wait(60) == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def live(run_dir, *names: str, timeout: float = 60.0) -> LiveRenderer:
    watch = Watch(run_dir, poll=0.05)
    settings = LiveSettings(RenderSettings([figure(name) for name in names]), until_finished=True)
    return LiveRenderer(watch, settings, Subprocess(timeout))


def test_the_same_snapshot_is_not_tried_for_ever(run_dir, publish, caplog):
    """A figure that hangs at one snapshot costs one timeout."""
    publish(2)
    renderer = live(run_dir, "hangs_at_the_second", "plain", timeout=2.0)
    assert renderer.run() == 1
    beat = read_heartbeat(run_dir / "spool" / "renderer.json")
    assert beat.last_drawn == "e0000-000000000001.h5"
    abandoned = [record.getMessage() for record in caplog.records if "was abandoned" in record.getMessage()]
    assert len(abandoned) == 1
    assert (run_dir / "image" / "plain.png").exists()
    assert not (run_dir / "image" / "fit.png").exists()


@pytest.fixture
def publish_next(run_dir):
    """Publishes one more snapshot of a run that goes on."""
    with Publisher(run_dir) as publisher:
        count = itertools.count()

        def publish_next():
            publisher.publish({"x": [1.0, 2.0]}, iteration=next(count))
            assert publisher.flush(30)

        yield publish_next


def test_a_figure_that_always_hangs_is_disabled(run_dir, publish_next, caplog, eventually):
    """Else a run of days would spend them in timeouts."""
    renderer = live(run_dir, "always_hangs", "plain", timeout=2.0)
    try:
        for _ in range(5):
            publish_next()
            renderer.look()
            eventually(lambda: renderer.look() or not any(slot.run for slot in renderer._slots))
    finally:
        renderer.close()
    said = [record.getMessage() for record in caplog.records if "'always_hangs'" in record.getMessage()]
    assert sum("is not drawn any more" in line for line in said) == 1
    assert sum("was abandoned" in line for line in said) == live_run._MOST_TIMEOUTS
    assert (run_dir / "image" / "plain.png").exists()


def test_a_slow_figure_does_not_hold_up_the_first(run_dir, publish_next, folder, eventually):
    """A corner plot takes seconds; the picture that people look at must not wait for it."""
    drawn = []
    watch = Watch(run_dir, poll=0.05)
    settings = LiveSettings(RenderSettings([figure("plain"), figure("waits_for_a_file")]))
    renderer = LiveRenderer(watch, settings, Subprocess(60.0), drawn.append)
    try:
        for number in range(1, 4):
            publish_next()
            eventually(lambda number=number: renderer.look() or len(drawn) == number, 60)
        assert {path.name for result in drawn for path in result.files} == {"plain.png"}
        (folder / "gate").touch()
        slow = run_dir / "image" / "waits_for_a_file.png"
        eventually(lambda: renderer.look() or slow.exists(), 60)
    finally:
        renderer.close()


def test_frames_are_drawn_by_several_processes(run_dir, publish, folder):
    """And each process draws more than one."""
    publish(12)
    with pool.Pool(2) as two:
        done = list(two.draw(all_jobs(run_dir, "says_which_process")))
    assert sorted(number for number, _, _ in done) == list(range(12))
    assert all(job.snapshot == f"e0000-{number:012d}.h5" for number, job, _ in done)
    assert all(result.status == "drawn" for _, _, result in done)
    pids = [path.read_text() for path in folder.iterdir() if path.name.isdecimal()]
    assert len(set(pids)) == 2


def test_nothing_to_draw_is_done_at_once():
    """A second `--all` finds everything drawn."""
    with pool.Pool(0) as nobody:
        assert list(nobody.draw([])) == []


def test_a_frame_that_hangs_costs_itself(run_dir, publish):
    """The other frames are drawn, in their places."""
    publish(4)
    with pool.Pool(2, timeout=1.0) as two:
        statuses = {number: result.status for number, _, result in two.draw(all_jobs(run_dir, "hangs_at_the_second"))}
    assert statuses == {0: "drawn", 1: "abandoned", 2: "drawn", 3: "drawn"}


@pytest.mark.parametrize("change", ["file", "dpi", "theme", "snapshot", "removed", "torn"])
def test_what_is_drawn_already_is_known(run_dir, publish, change, monkeypatch):
    """And what is no longer as it was drawn is not taken for it."""
    publish(1)
    (job,) = all_jobs(run_dir, "plain")
    executor = InProcess()
    executor.start(job)
    (path,) = executor.result().files
    assert not render_cache.RenderCache(path.parent).has(job)
    render_cache.RenderCache(path.parent).add(job)
    assert render_cache.RenderCache(path.parent).has(job)
    if change == "file":
        path.write_bytes(b"something else")
    elif change == "snapshot":
        snapshot = Spool(run_dir).newest().path
        data = bytearray(snapshot.read_bytes())
        data[-8] ^= 1
        snapshot.write_bytes(data)
    elif change == "removed":
        path.unlink()
    elif change == "torn":
        book = path.parent / render_cache.NAME
        book.write_text(book.read_text()[:-20])
    else:
        plain = RenderSettings([figure("plain")])
        settings = {"dpi": replace(plain, dpi=50), "theme": replace(plain, theme="dark")}[change]
        (job,) = next(jobs(Spool(run_dir), Selection("all"), settings, None))
    assert not render_cache.RenderCache(path.parent).has(job)


def test_ctrl_c_is_left_to_the_one_who_asked(worker, run_dir, publish, eventually):
    """It reaches every process of the terminal; a traceback of the worker's would be noise."""
    publish(1)
    (job,) = all_jobs(run_dir, "plain")
    assert draw(worker, job, eventually).status == "drawn"
    pid = worker.pid
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert draw(worker, job, eventually).status == "drawn"
    assert worker.pid == pid


def test_it_beats_while_a_figure_is_drawn(run_dir, publish_next, monkeypatch, folder, eventually):
    """A slow figure, or one that hangs, must not have the whole renderer taken for dead."""
    monkeypatch.setattr(renderer_lock, "_BEATS_EVERY", 0.1)
    monkeypatch.setattr(Subprocess, "heartbeat_interval", 1.0)
    publish_next()
    renderer = live(run_dir, "plain", "waits_for_a_file")
    thread = threading.Thread(target=renderer.run)
    thread.start()
    heartbeat = run_dir / "spool" / "renderer.json"
    try:
        eventually(lambda: (beat := read_heartbeat(heartbeat)) and beat.drawn == 1)
        first = read_heartbeat(heartbeat).beat
        eventually(lambda: read_heartbeat(heartbeat).beat > first + 1.5)
        assert read_heartbeat(heartbeat).activity == "drawing"
        assert not read_heartbeat(heartbeat).is_late()
        publish_next()
        eventually(lambda: read_heartbeat(heartbeat).drawn == 2, 10)  # beside the other, which still waits
    finally:
        (folder / "gate").touch()
        renderer.stop()
        thread.join(30)
    assert not thread.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a process with its parent")
def test_a_plot_that_never_lets_go_ends_with_its_supervisor(run_dir, publish, eventually, folder):
    """A regular expression that takes for ever holds the interpreter: it would not see the end of its input."""
    publish(1, state="running")
    program = (
        "import sys; from pathlib import Path; from autoviz_render.renderer.work.executor import Subprocess\n"
        "from autoviz_render.renderer.settings import FigureSpec\n"
        "from autoviz_render.renderer.work.jobs import Job\n"
        "worker = Subprocess(); print(worker.pid, flush=True)\n"
        "figure = FigureSpec('f', target='plots:never_lets_go', folder=sys.argv[1])\n"
        "worker.start(Job(Path(sys.argv[2]), figure, Path(sys.argv[3]), 'e0000-000000000000.h5'))\n"
        "sys.stdin.read()"
    )
    arguments = [Path(plots.__file__).parent, run_dir / "spool", run_dir / "image" / "fit"]
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as supervisor:
        pid = int(supervisor.stdout.readline())
        eventually((folder / "begun").exists)
        supervisor.kill()

    def is_gone() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    eventually(is_gone)


@pytest.mark.parametrize("plant", ["link", "folder", "pipe", "nonsense"])
def test_a_render_cache_that_is_none_costs_nothing_but_drawing_again(run_dir, publish, plant, tmp_path, caplog):
    """A stranger's folder: nothing is written through a link, and nobody waits at a pipe."""
    publish(1)
    (job,) = all_jobs(run_dir, "plain")
    executor = InProcess()
    executor.start(job)
    assert executor.result().status == "drawn"
    book, victim = job.path.parent / render_cache.NAME, tmp_path / "victim"
    victim.write_text("mine")
    {
        "link": lambda: book.symlink_to(victim),
        "folder": book.mkdir,
        "pipe": lambda: os.mkfifo(book),
        "nonsense": lambda: book.write_text("[" * 200_000),
    }[plant]()
    render_cache.RenderCache(job.path.parent).add(job)
    assert victim.read_text() == "mine"
    if plant != "nonsense":
        assert "what is drawn will be drawn again" in caplog.text
        assert not render_cache.RenderCache(job.path.parent).has(job)


def test_a_run_begun_anew_is_not_taken_for_the_one_before(run_dir, tmp_path):
    """The file system gives the numbers of removed files again, and names begin at 0 again."""
    executor, drawn = InProcess(), []
    for number in range(6):
        with Publisher(run_dir) as publisher:
            publisher.publish({"x": [1.0, 2.0]}, iteration=number)
        (job,) = next(jobs(Spool(run_dir), Selection(), RenderSettings([figure("plain")]), tmp_path / "out"))
        executor.start(job)
        drawn.append(executor.result().files[0].read_bytes())
        shutil.rmtree(run_dir)
    assert len(set(drawn)) == 6


def test_a_figure_that_hangs_delays_no_other_run(tmp_path, monkeypatch, eventually):
    """Forty searches share a renderer: one of them may have a recipe that waits for a dead server."""
    monkeypatch.setattr(scheduler, "SLOW", 0.5)
    for count, run in ((1, "sound"), (2, "hangs")):
        with Publisher(tmp_path / run) as publisher:
            for iteration in range(count):
                publisher.publish({"x": [1.0, 2.0]}, iteration=iteration)
                publisher.flush()
    renderer = live(tmp_path, "hangs_at_the_second", timeout=60.0)
    try:
        image = tmp_path / "sound" / "image"
        eventually(lambda: (renderer.look(), list(image.glob("*.png")))[1], 30)
        assert [slot.run.directory.parent.name for slot in renderer._slots if slot.is_for == "slow"] == ["hangs"]
    finally:
        renderer.close()
