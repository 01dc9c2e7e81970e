"""Strangers' code in a worker: it can spoil its own figure, and nothing after it, beside it or above it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import plots
import pytest

from autoviz_render.renderer.batch.selection import Selection, jobs
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work.executor import Subprocess
from autoviz_render.renderer.work.jobs import Job, RenderResult
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.store import Spool

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the figures that misbehave fork, and use signals")

STARTS = ["forks", "forks_away", "starts_a_program", "starts_a_session", "starts_by_multiprocessing"]
AWAY = {"forks_away", "starts_a_session"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """Where the figures of `plots` leave their marks."""
    monkeypatch.setenv("PLOTS_FOLDER", str(tmp_path))
    return tmp_path


@pytest.fixture
def pool():
    with Pool(timeout=60.0) as pool:
        yield pool


def job(run_dir: Path, name: str, sequence: int = 0) -> Job:
    figure = FigureSpec(name, target=f"plots:{name}", folder=str(Path(plots.__file__).parent))
    ((job,),) = jobs(Spool(run_dir), Selection(sequence), RenderSettings([figure]), None)
    return job


def drawn(pool: Pool, *some: Job) -> list[RenderResult]:
    return [result for _, _, result in pool.draw(some)]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        pass
    if Path("/proc/self").exists():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which processes left their group")
def test_what_a_figure_starts_ends_with_its_worker(run_dir, publish, folder, eventually, name):
    """Else a run of days leaves thousands of processes, which a cluster bills."""
    publish(1)
    with Pool(timeout=60.0) as pool:
        assert [result.status for result in drawn(pool, job(run_dir, name))] == ["drawn"]
        eventually((folder / "left").exists)
        pid = int((folder / "left").read_text())
        assert not is_gone(pid)
    eventually(lambda: is_gone(pid), 5)


PROGRAM = """
import os, sys
from pathlib import Path
from autoviz_render.renderer.work.executor import Subprocess
from autoviz_render.renderer.settings import FigureSpec
from autoviz_render.renderer.work.jobs import Job
worker = Subprocess()
if "fork" in sys.argv and not os.fork():
    sys.stdin.read()
    os._exit(0)
figure = FigureSpec("f", sys.argv[4], sys.argv[1])
worker.start(Job(Path(sys.argv[2]), figure, Path(sys.argv[3]), "e0000-000000000000.h5"))
print(worker.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def supervisor(run_dir, publish):
    """Another process that has a figure drawn: itself, and its worker's number."""
    publish(1, state="running")
    started = []

    def start(name: str, *more: str) -> tuple[subprocess.Popen[bytes], int]:
        paths = [Path(plots.__file__).parent, run_dir / "spool", run_dir / "image" / "fit"]
        command = [sys.executable, "-c", PROGRAM, *map(str, paths), f"plots:{name}", *more]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0))
        return started[-1], int(started[-1].stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("name", [name for name in STARTS if name not in AWAY])
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's kernel ends a group by itself")
def test_what_a_figure_starts_ends_with_the_renderer(supervisor, folder, eventually, name):
    """Which is killed by its group when it hangs, and has no time to end anything."""
    process, _ = supervisor(name)
    eventually((folder / "left").exists, 60)
    pid = int((folder / "left").read_text())
    os.killpg(process.pid, signal.SIGKILL)
    eventually(lambda: is_gone(pid), 5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's kernel ends a group by itself")
def test_a_worker_that_is_stopped_ends_with_the_renderer(supervisor, folder, eventually):
    """A stopped process does not see the end of its input."""
    process, pid = supervisor("never_lets_go")
    eventually((folder / "begun").exists, 60)
    os.kill(pid, signal.SIGSTOP)
    process.kill()
    eventually(lambda: is_gone(pid), 5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux's kernel ends a group by itself")
def test_a_worker_ends_with_the_renderer_though_forked_processes_of_it_live(supervisor, folder, eventually):
    """They have copies of everything that was open, the pipes too by which a worker knows its parent."""
    process, pid = supervisor("never_lets_go", "fork")
    eventually((folder / "begun").exists, 60)
    process.kill()
    eventually(lambda: is_gone(pid), 5)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("leaves", "ended its process with exit code 0, and was abandoned"),
        ("forks_and_dies", "ended its process with exit code 0, and was abandoned"),
        ("aborts", "ended its process by signal 6, and was abandoned"),
        ("closes_all", "ended its process"),
        ("raises_what_is_no_exception", "KeyboardInterrupt"),
    ],
)
def test_a_figure_that_ends_its_process_costs_itself(run_dir, publish, pool, name, told):
    """At once, and not when its time is over; the next figure has another process."""
    publish(1)
    lost, good = drawn(pool, job(run_dir, name), job(run_dir, "plain"))
    assert (lost.status, good.status) == ("abandoned", "drawn")
    assert told in lost.fault
    assert "e0000-000000000000.h5" in lost.fault


@pytest.mark.parametrize("name", ["writes_everywhere", "closes_low", "forks_and_comes_back_twice"])
def test_no_answer_comes_from_a_figures_code(run_dir, publish, pool, name):
    """What it writes to descriptors that it does not know is no result, nor a traceback of the renderer's."""
    publish(2)
    some = [job(run_dir, name), job(run_dir, "plain"), job(run_dir, name, 1), job(run_dir, "plain", 1)]
    results = drawn(pool, *some)
    assert [result.files for result in results[1::2]] == [(path,) for each in some[1::2] for _, path in each.files()]
    assert {result.status for result in results[::2]} <= {"drawn", "abandoned"}


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b"nonsense", b'{"status": "drawn"}', b"[" * 100_000, b"\xff", b'"drawn"']
)
def test_what_is_no_result_is_the_workers_death(run_dir, publish, pool, line):
    """Whoever has the mark may still say what cannot be understood."""
    publish(1)
    worker = Subprocess(60.0)
    try:
        worker.start(job(run_dir, "plain"))
        worker._is_ready = True
        worker._answers.put(b"1 sound " + line)
        result = worker.result()
        assert result.status == "abandoned"
        assert "spoiled what its process answers" in result.fault
        assert worker.pid is None
    finally:
        worker.close()


def test_what_one_figure_changes_is_not_the_next_ones(run_dir, publish, pool, folder):
    """Folder, umask, environment, warnings, streams, signals, timers, locale, rcParams, depth of recursion."""
    publish(3)
    names = ["tells_what_it_finds", "changes_everything", "tells_what_it_finds"]
    results = drawn(pool, *(job(run_dir, name, number) for number, name in enumerate(names)))
    assert [(result.status, result.errors) for result in results] == [("drawn", ())] * 3
    before, after = ((folder / f"found-{number}").read_text() for number in (0, 2))
    assert before == after
    assert os.stat(results[2].files[0]).st_mode & 0o600 == 0o600


def test_paths_are_those_of_whoever_asked(run_dir, publish, monkeypatch):
    """A figure that changes the folder must not have its files, nor the next one's, elsewhere."""
    publish(1)
    monkeypatch.chdir(run_dir)
    names = "changes_everything", "plain"
    with Pool(timeout=60.0) as here:
        results = drawn(here, *(job(Path(), name) for name in names))
    files = [Path("image", f"{name}-e0000-000000000000.png") for name in names]
    assert [result.files for result in results] == [(file,) for file in files]
    assert all(file.exists() for file in files)


@pytest.mark.skipif(sys.platform != "linux", reason="macOS has no such bound")
def test_a_figure_has_a_bounded_memory(run_dir, publish, pool, folder):
    """One that asks for more gets an error, and not the machine on its knees."""
    publish(1)
    drawn(pool, job(run_dir, "tells_its_memory"))
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < int((folder / "memory").read_text()) <= max(4 << 30, machine // 2)
