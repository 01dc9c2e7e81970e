"""The renderer as a child: it lives beside the search, and nothing that happens to it happens to the search."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from autoviz_render.cli.commands.status import run_status, status_lines
from autoviz_render.renderer.heartbeat import Heartbeat, read_heartbeat, write_heartbeat
from autoviz_render.renderer.live import liveness, process
from autoviz_render.renderer.live.process import MAX_RESTARTS, RendererProcess
from autoviz_render.renderer.work.subprocess_env import child_environment
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.publisher import Publisher
from autoviz_render.views.model.follow import look

SLEEPER = (sys.executable, "-c", "import sys; sys.stdin.read()")
DYING = (sys.executable, "-c", "raise SystemExit(7)")


@pytest.fixture
def child(run_dir):
    children = []

    def make(command=None) -> RendererProcess:
        children.append(RendererProcess(run_dir, command=command))
        return children[-1]

    yield make
    for each in children:
        each.stop(timeout=0)


@pytest.fixture
def clock(monkeypatch):
    """The clock that does not step, put forward by the test: `clock.now`."""
    clock = SimpleNamespace(now=time.monotonic())
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def no_pauses(monkeypatch):
    monkeypatch.setattr(process, "_FIRST_PAUSE", 0.0)


@pytest.fixture
def watched_briefly(monkeypatch):
    """A late child counts as hung at the second look."""
    monkeypatch.setattr(liveness, "_SILENCE", 0.0)


def suspend(pid) -> None:
    """Stop a child, and wait until it is: before, it may wait for a processor, and that is no hang."""
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)


def beat_of(run_dir, pid, interval=60.0) -> None:
    """The child of that number has just beaten, and promises the next beat within so many seconds."""
    folder = run_dir / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    write_heartbeat(folder / "renderer.json", Heartbeat(pid=pid), interval=interval)


def test_it_draws_beside_the_search_and_ends_with_it(run_dir, child, eventually):
    """The whole road: started, drawing, the last figure in place when stop returns."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": [1.0, 2.0]}, iteration=0)
    renderer = child()
    renderer.check()
    eventually((run_dir / "image" / "fit.png").exists, 60)
    publisher.publish({"x": [1.0, 3.0]}, iteration=1)
    publisher.close()
    assert renderer.stop(60)
    assert renderer.pid is None
    assert read_heartbeat(run_dir / "spool" / "renderer.json").last_drawn == "e0000-000000000001.h5"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions and groups of this kind")
def test_it_shares_the_samplers_session_and_not_its_interrupts(child):
    """Linux gives each session its share of the processors, idle class or not; Ctrl-C goes to a group of processes."""
    renderer = child(SLEEPER)
    renderer.start()
    assert os.getsid(renderer.pid) == os.getsid(0)
    assert os.getpgid(renderer.pid) == renderer.pid != os.getpgid(0)


def test_it_gets_no_device_no_rank_and_one_thread():
    """It must take neither the GPU's memory, nor an MPI rank that a launcher counts, nor the sampler's cores."""
    environment = child_environment(
        {
            "PATH": "/bin",
            "CUDA_VISIBLE_DEVICES": "0,1",
            "OMPI_COMM_WORLD_RANK": "3",
            "PMIX_RANK": "3",
            "PYTHONWARNINGS": "error",
            "OMP_NUM_THREADS": "64",
        }
    )
    assert environment["CUDA_VISIBLE_DEVICES"] == ""
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["PATH"] == "/bin"
    assert not {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PYTHONWARNINGS"} & set(environment)


def test_a_child_that_dies_is_replaced_and_then_given_up_with_one_warning(
    run_dir, child, caplog, eventually, no_pauses
):
    """A broken renderer costs one warning that names the log and the remedy, not a restart at every update."""
    renderer = child(DYING)
    with caplog.at_level(logging.INFO):
        eventually(lambda: (renderer.check(), renderer.has_given_up)[1])
        for _ in range(3):
            renderer.check()
    assert renderer.restarts == MAX_RESTARTS
    (warning,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "exit code 7" in warning.getMessage()
    assert f"autoviz-render {run_dir}" in warning.getMessage()


def test_what_a_child_said_last_is_told(child, caplog, eventually, no_pauses):
    """A person should not have to open a log to learn that a package is missing."""
    renderer = child((sys.executable, "-c", "print('of no use')\nraise SystemExit('Matplotlib is broken')"))
    eventually(lambda: (renderer.check(), renderer.has_given_up)[1])
    assert (
        "ended with exit code 1, and is not started again; the run goes on without figures: Matplotlib is broken."
        in (caplog.text)
    )


def test_restarts_come_at_growing_pauses(child, clock):
    """A cluster's file system may be away for a minute: do not spend all the restarts at once."""
    renderer = child(DYING)
    starts = []
    for _ in range(400):
        clock.now += 0.1
        before = renderer.pid
        if before is not None:
            os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)
        renderer.check()
        if renderer.pid is not None and renderer.pid != before:
            starts.append(clock.now)
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert len(starts) == MAX_RESTARTS + 1
    assert all(later > 1.5 * earlier for earlier, later in itertools.pairwise(pauses))


def test_restarts_are_forgiven_after_healthy_minutes(run_dir, child, clock, no_pauses):
    """Five mishaps in a fit of three weeks are no reason to end its figures."""
    renderer = child(SLEEPER)
    for _ in range(3 * MAX_RESTARTS):
        renderer.check()
        os.kill(renderer.pid, signal.SIGKILL)
        os.waitid(os.P_PID, renderer.pid, os.WEXITED | os.WNOWAIT)
        renderer.check()
        clock.now += liveness._HEALTHY_AFTER + 1
        beat_of(run_dir, renderer.pid)
        renderer.check()
        assert renderer.restarts == 0
    assert not renderer.has_given_up


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_child_is_noticed_at_the_next_update(child, how, no_pauses):
    """kill -9, the out-of-memory killer, a crash in a library."""
    renderer = child(SLEEPER)
    renderer.start()
    first = renderer.pid
    os.kill(first, how)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    renderer.check()
    assert renderer.pid not in (None, first)
    assert renderer.restarts == 1


def test_a_hung_child_is_killed_and_replaced(run_dir, child, no_pauses, watched_briefly):
    """It beat once, promised another, and was never heard of again: a stopped process, or a plot in a loop."""
    renderer = child(SLEEPER)
    renderer.start()
    first = renderer.pid
    suspend(first)
    beat_of(run_dir, first)
    for _ in range(3):
        assert renderer.look() is None
    assert renderer.pid == first, "a child that keeps its promise was replaced"
    beat_of(run_dir, first, interval=0)
    assert renderer.look() is not None, "it asks to look again soon"
    renderer.look()
    pids = [renderer.pid]
    renderer.start()
    pids.append(renderer.pid)
    assert pids[0] is None, "a look starts nothing"
    assert pids[1] not in (None, first)
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_a_search_that_was_suspended_with_its_renderer_lets_it_live(run_dir, child, clock):
    """A batch system stops a job for an hour, a laptop sleeps: both wake up, and the renderer beats a moment later."""
    renderer = child(SLEEPER)
    renderer.start()
    first = renderer.pid
    for _ in range(6):
        beat_of(run_dir, first, interval=20)
        assert renderer.look() is None
        clock.now += 3600
        for _ in range(5):  # the search runs again, the renderer has not had the processor yet
            clock.now += 1
            assert renderer.look() is not None
        beat_of(run_dir, first, interval=20)
        assert renderer.look() is None
    assert (renderer.pid, renderer.restarts) == (first, 0)


def test_a_clock_that_is_set_ends_no_child(run_dir, child, monkeypatch, watched_briefly):
    """A node that has just started sets its clock by hours when it first hears of the time."""
    renderer = child(SLEEPER)
    renderer.start()
    beat_of(run_dir, renderer.pid, interval=20)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 40_000)
    for _ in range(3):
        assert renderer.look() is None
    assert renderer.restarts == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who waits for a processor")
def test_a_child_that_gets_no_processor_time_is_not_hung(run_dir, child, monkeypatch, watched_briefly):
    """Another one would not get any either, and would have to begin from the start."""
    renderer = child(SLEEPER)
    renderer.start()
    waited = itertools.count(100.0, 50.0)
    monkeypatch.setattr(liveness, "processor_wait", lambda _: next(waited))
    beat_of(run_dir, renderer.pid, interval=0)
    for _ in range(10):
        renderer.look()
    assert renderer.restarts == 0
    assert renderer.pid is not None


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_what_draws_for_a_hung_child_goes_with_it(run_dir, child, no_pauses, eventually, watched_briefly):
    """A plot in a loop that never lets go of the interpreter would not even see that it is alone."""
    told = run_dir.parent / "told"
    told.parent.mkdir()
    program = (
        "import subprocess as s, sys; open(sys.argv[1], 'w').write(f'{s.Popen(sys.argv[2:]).pid}.'); sys.stdin.read()"
    )
    renderer = child((sys.executable, "-c", program, str(told), *SLEEPER[:2], "while True: pass"))
    renderer.start()
    eventually(lambda: told.exists() and told.read_text().endswith("."))
    drawing = int(told.read_text()[:-1])
    beat_of(run_dir, renderer.pid, interval=0)
    renderer.look()
    renderer.look()

    def is_gone() -> bool:
        try:
            return Path(f"/proc/{drawing}/stat").read_text().split()[2] == "Z"
        except FileNotFoundError:
            return True

    eventually(is_gone)


def test_a_child_that_never_beats_is_hung_too(child, clock, no_pauses, watched_briefly):
    """Stuck on an import from a dead disk."""
    renderer = child(SLEEPER)
    renderer.start()
    first = renderer.pid
    clock.now += 1000
    renderer.look()
    renderer.check()
    assert renderer.pid not in (None, first)


def test_a_child_that_died_at_the_end_is_started_once_more(run_dir, child, caplog):
    """The last figure is the one that people keep: a crash just before the end must not cost it."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": [1.0, 2.0]}, iteration=0)
    publisher.close()
    renderer = child()
    renderer.start()
    os.kill(renderer.pid, signal.SIGKILL)
    renderer.check()
    assert renderer.stop(60)
    assert (run_dir / "image" / "fit.png").exists()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_child_that_cannot_be_started_at_the_end_costs_one_warning(run_dir, publish, child, caplog):
    """The run was too short for the restarts to be used up: that must not make it silent."""
    publish(1)
    assert not child(("/does/not/exist",)).stop(60)
    assert [record.levelno for record in caplog.records if record.levelno >= logging.WARNING] == [logging.WARNING]


def test_a_child_that_fails_at_the_end_costs_one_warning(run_dir, publish, child, caplog):
    """No figure and no word would leave the person waiting for one."""
    publish(1, figure="not-installed-here")
    renderer = child()
    assert not renderer.stop(60)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "no figure is named 'not-installed-here'; there are: auto, " in warning
    assert f"autoviz-render {run_dir}" in warning


def test_a_figure_that_is_not_there_costs_one_start_and_one_warning(run_dir, child, caplog, eventually, no_pauses):
    """No restart would find it, and the warning says what there is instead of where to look."""
    publisher = Publisher(run_dir, figure="lines")
    publisher.publish({"x": [1.0, 2.0]}, iteration=0)
    renderer = child()
    eventually(lambda: (renderer.check(), renderer.has_given_up)[1], 60)
    assert renderer.restarts == 0
    publisher.close()
    assert not renderer.stop(60)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "no figure is named 'lines'; there are: auto, history, imaging" in warning


def test_a_missing_executable_is_no_exception(child, caplog, no_pauses):
    """The promise: nothing is raised into the sampler."""
    renderer = child(("/does/not/exist",))
    for _ in range(MAX_RESTARTS + 2):
        renderer.check()
    assert renderer.has_given_up
    assert "could not be started" in caplog.text


def test_another_renderer_at_work_is_as_good_as_ones_own(run_dir, child, eventually, caplog):
    """A person watches already: no second renderer, no warning, and our own once theirs has left."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": [1.0, 2.0]}, iteration=0)
    watcher = subprocess.Popen([sys.executable, "-P", "-m", "autoviz_render.cli", "--watch", str(run_dir), "--quiet"])
    heartbeat = run_dir / "spool" / "renderer.json"
    eventually(lambda: (beat := read_heartbeat(heartbeat)) and beat.drawn == 1, 60)
    renderer = child()
    renderer.start()
    eventually(lambda: (renderer.check(), renderer.pid)[1] is None, 60)
    for _ in range(3):
        renderer.check()
        assert renderer.pid is None
    assert renderer.restarts == 0
    watcher.terminate()
    watcher.wait(60)
    eventually(lambda: (renderer.check(), renderer.pid)[1] is not None)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    publisher.close()


def test_a_child_that_will_not_leave_is_made_to(run_dir, child, caplog):
    """Ask, wait, insist: a finished search must end."""
    stubborn = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(60)"
    renderer = child((sys.executable, "-c", stubborn))
    renderer.start()
    assert not renderer.stop(timeout=0.1)
    assert renderer.pid is None
    assert f"autoviz-render {run_dir}" in caplog.text


def test_a_last_figure_that_takes_long_is_finished_without_the_search(run_dir, child, caplog, eventually):
    """A chain of searches must not wait for the figures of each; the figure comes all the same."""
    publisher = Publisher(run_dir)
    publisher.publish({"x": [1.0, 2.0]}, iteration=0)
    publisher.close()
    renderer = child()
    renderer.start()
    eventually((run_dir / "spool" / "renderer.json").exists, 60)
    assert not renderer.stop(timeout=0, insist=False) or (run_dir / "image" / "fit.png").exists()
    assert renderer.pid is None
    eventually((run_dir / "image" / "fit.png").exists, 60)


@pytest.mark.parametrize("insist", [True, False])
def test_a_child_that_hangs_at_the_end_is_ended_in_any_case(run_dir, child, caplog, insist):
    """What gives no sign of life does not become a process that nobody knows of."""
    renderer = child(SLEEPER)
    renderer.start()
    pid = renderer.pid
    suspend(pid)
    beat_of(run_dir, pid, interval=0)
    assert not renderer.stop(timeout=0.1, insist=insist)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert "did not finish within 0.1 s and was stopped" in caplog.text


def test_a_renderer_has_its_worker_import_before_itself():
    """On a busy machine the first figure waits for what is imported before the worker is started."""
    program = "import sys, autoviz_render.views.__main__; print({'numpy', 'watchdog', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("broken", [("lines", None), ("auto", DYING)], ids=("figure", "renderer"))
def test_the_status_of_a_run_says_why_it_has_no_figures(run_dir, child, eventually, no_pauses, broken):
    """Whoever looks from another terminal did not see the warning."""
    figure, command = broken
    publisher = Publisher(run_dir, figure=figure)
    publisher.publish({"x": [1.0, 2.0]}, iteration=0)
    renderer = child(command)
    eventually(lambda: (renderer.check(), renderer.has_given_up)[1], 60)
    overview = look(run_dir, [run_dir / "spool"]).overview
    line = " ".join(status_lines([(SpoolPaths(run_dir / "spool"), run_status(overview.runs[0], overview.now))], 2000))
    assert "no figures: " in line
    assert ("no figure is named 'lines'" if figure == "lines" else "ended with exit code 7") in line
    publisher.close()
