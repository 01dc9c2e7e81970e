"""The program that hosts us must not notice: its files, its locks, its processes."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from autoviz_render.renderer.live import process
from autoviz_render.renderer.work.subprocess_env import NoInterpreterError, child_environment, interpreter
from autoviz_render.search import hooks
from autoviz_render.search.quick_update import QuickUpdate


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def pid_of(update: Any) -> int | None:
    """Of the renderer's process."""
    return update._updater.backend._process.pid


def test_the_users_files_are_never_refused_while_a_renderer_starts(tmp_path, monkeypatch):
    """emcee with an HDFBackend died in one run of six: a process that starts has copies of the locks of all open files.

    The renderer is killed again and again, so that there are many starts; the disk is local, so h5py takes locks.
    """
    monkeypatch.setattr(process, "_FIRST_PAUSE", 0.0)
    monkeypatch.setattr(process, "MAX_RESTARTS", 1000)
    starts = set()
    with QuickUpdate(tmp_path / "run", every=1) as update:
        for number in range(3000):
            update(np.ones(2), float(number))
            with h5py.File(tmp_path / "mine.h5", "a"):
                pass
            if (pid := pid_of(update)) is not None and pid not in starts and number % 60 == 59:
                starts.add(pid)
                os.kill(pid, signal.SIGKILL)
    assert len(starts) > 10


def test_no_thread_of_ours_starts_a_process(tmp_path, monkeypatch, eventually):
    """The search's own thread cannot be opening a file while it is in ours; any other may catch it at that."""
    monkeypatch.setattr(process, "_FIRST_PAUSE", 0.0)
    popen, threads = subprocess.Popen, []

    def start(*arguments, **named):
        threads.append(threading.current_thread())
        return popen(*arguments, **named)

    monkeypatch.setattr(subprocess, "Popen", start)
    update = QuickUpdate(tmp_path, every=1)
    assert len(threads) == 1, "the constructor starts it"
    for number in range(3):
        first = pid_of(update)
        os.kill(first, signal.SIGKILL)

        def is_replaced(number: int = number, first: int = first) -> bool:
            update(np.ones(2), float(number))
            return pid_of(update) not in (None, first)

        eventually(is_replaced)
    update.close()
    assert len(threads) >= 4
    assert set(threads) == {threading.main_thread()}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"executable": "/opt/fit/bin/analysis"}, "'/opt/fit/bin/analysis', which does not look like a Python"),
        ({"executable": "/usr/sbin/uwsgi"}, "does not look like a Python"),
        ({"executable": None}, "sys.executable is not set"),
        ({"executable": ""}, "sys.executable is not set"),
        ({"frozen": True}, "this program is frozen"),
    ],
)
def test_a_program_without_a_python_of_its_own_gets_one_warning_and_no_process(
    tmp_path, monkeypatch, caplog, changed, said
):
    """What starts such a program starts all of it once more: it did so 17 times."""
    for name, value in changed.items():
        monkeypatch.setattr(sys, name, value, raising=False)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    with QuickUpdate(tmp_path, every=1) as update:
        for number in range(10):
            update(np.ones(2), float(number))
    (warning,) = _warnings(caplog)
    assert said in warning
    assert f"To draw the run: autoviz-render {tmp_path}" in warning
    assert update.stats.failed == 0


@pytest.mark.parametrize("name", ["python", "python3.11", "python3.13t", "pythonw.exe", "PyPy3", "graalpy", "Python"])
def test_whatever_runs_python_is_known_by_its_name(monkeypatch, name):
    """Debian's, conda's, macOS's framework's, and those that compile as they go."""
    monkeypatch.setattr(sys, "executable", f"/opt/bin/{name}")
    assert interpreter() == f"/opt/bin/{name}"


def test_a_compiled_program_is_known(monkeypatch):
    """Nuitka's say so in their main module, and name a Python that is not there."""
    monkeypatch.setitem(sys.modules, "__main__", type(sys)("__main__"))
    monkeypatch.setattr(sys.modules["__main__"], "__compiled__", True, raising=False)
    with pytest.raises(NoInterpreterError, match="frozen"):
        interpreter()


ITSELF = """#!{python}
import logging, sys
from pathlib import Path

import numpy as np
from autoviz_render import QuickUpdate

logging.basicConfig(level=logging.WARNING)
with open({starts!r}, "a") as file:
    file.write("started\\n")
sys.executable = {program!r}
with QuickUpdate({run_dir!r} if len(sys.argv) == 1 else {run_dir!r} + "-again", every=1) as update:
    for number in range(100):
        update(np.ones(2), float(number))
"""


@pytest.mark.skipif(os.name == "nt", reason="starts a script by its first line")
def test_a_program_that_passes_for_a_python_is_started_once_more_and_not_again(tmp_path):
    """A wrapper may have any name. What it starts must start nothing, and is not tried five times."""
    program, starts = tmp_path / "python-of-my-fit", tmp_path / "starts"
    told = {"python": sys.executable, "starts": str(starts), "program": str(program), "run_dir": str(tmp_path / "run")}
    program.write_text(ITSELF.format(**told))
    program.chmod(0o755)
    done = subprocess.run([program], capture_output=True, text=True, timeout=120, check=True)
    assert 1 <= starts.read_text().count("started") <= 3
    assert done.stderr.count("To draw the run") == 1, done.stderr


def test_what_a_renderer_starts_by_mistake_starts_no_other():
    """Whatever ignores our arguments and runs the user's program finds this in its environment."""
    assert child_environment({"AUTOVIZ_RENDERER": "process"})["AUTOVIZ_RENDERER"] == "none"


FORKING = """
import os, sys, time
import numpy as np
from autoviz_render import QuickUpdate

update = QuickUpdate(sys.argv[1], every=1)
update(np.ones(2), 1.0)
child = os.fork()
if child == 0:
    sys.stdin.read()  # lives until the test lets it go
    os._exit(0)
print(update._updater.backend._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_renderer_ends_with_its_parent_though_workers_of_it_live(tmp_path, eventually):
    """A pool's process has copies of everything that was open, the pipe too by which a renderer knows its parent."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", FORKING, str(tmp_path / "run")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        pid = int(program.stdout.readline())

        def is_gone() -> bool:
            try:
                return (
                    Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z" if Path("/proc").exists() else not _is(pid)
                )
            except FileNotFoundError:
                return True

        eventually(is_gone, 60)
        program.stdin.close()


def _is(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_missing_extra_is_named():
    """`No module named 'jax'` does not tell what to type."""
    program = "import sys; sys.modules['jax'] = None; from autoviz_render import NSS"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "NSS needs jax, which is not installed: pip install 'autoviz-render[search]'" in done.stderr


RUNS = 100


@pytest.mark.torture
def test_emcee_with_a_file_of_its_own_is_never_harmed(tmp_path, busy_machine):
    """Its backend opens and closes an HDF5 file at every step: two runs of twelve died of it once."""
    import emcee

    def log_density(point):
        return -0.5 * float(np.sum(point**2))

    for number in range(RUNS):
        folder = tmp_path / str(number)
        folder.mkdir()
        backend = emcee.backends.HDFBackend(str(folder / "chain.h5"))
        start = np.random.default_rng(number).normal(size=(8, 2))
        with QuickUpdate(folder / "run", arrays=lambda point: {"model": np.outer(point, point)}, every=8) as update:
            hook = hooks.emcee(update, sampler := emcee.EnsembleSampler(8, 2, log_density, backend=backend))
            for state in sampler.sample(start, iterations=150):
                hook(state)
        assert backend.iteration == 150
