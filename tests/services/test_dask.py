"""A real Dask scheduler and its workers: they draw, they are killed, they are not what they should be."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from autoviz_render import Spool, render

pytest.importorskip("distributed", reason="distributed is not installed: pip install 'autoviz-render[cluster]'")


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder: Path, ended: contextlib.ExitStack) -> None:
        self.folder, self.file, self._ended = folder, folder / "scheduler.json", ended
        self.scheduler = self._start("scheduler", "--port", "0", "--host", "127.0.0.1")
        self.workers: list[subprocess.Popen[bytes]] = []

    def worker(self, python: str = sys.executable, **environment: str) -> None:
        options = ("--nthreads", "1", "--local-directory", str(self.folder), "--no-nanny")
        self.workers.append(self._start("worker", *options, python=python, **environment))

    def _start(self, what: str, *options: str, python: str = sys.executable, **environment: str) -> subprocess.Popen:
        command = [python, "-P", "-m", "dask", what, "--scheduler-file", str(self.file), "--no-dashboard", *options]
        with (self.folder / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment)
        self._ended.callback(process.wait)
        self._ended.callback(process.kill)
        return process

    def __call__(self, *arguments: object) -> subprocess.Popen[str]:
        """The command, with this scheduler."""
        command = [sys.executable, "-m", "autoviz_render.cli", "--dask", str(self.file), *map(str, arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def cluster(tmp_path):
    with contextlib.ExitStack() as ended:
        made = Cluster(tmp_path, ended)
        deadline = time.monotonic() + 60
        while not (made.file.exists() and made.file.read_text().endswith("}")):
            assert time.monotonic() < deadline, "no scheduler"
            time.sleep(0.05)
        yield made


def test_workers_that_come_late_draw_everything_and_a_second_run_draws_nothing(cluster, run_dir, publish):
    """Whoever starts first waits."""
    publish(40)
    first = cluster("--all", run_dir)
    assert first.stderr is not None
    assert "has no workers yet" in first.stderr.readline()
    cluster.worker()
    cluster.worker()
    output, errors = first.communicate(timeout=120)
    assert first.returncode == 0, errors
    assert len(set(output.split())) == 40
    assert [result.status for result in render(run_dir, which="all")] == ["cached"] * 40


def test_a_worker_that_is_killed_costs_its_slice_once(cluster, run_dir, publish, eventually):
    """The other one draws it again."""
    publish(60)
    cluster.worker()
    cluster.worker()
    drawing = cluster("--all", "--dpi", 300, run_dir)
    eventually(lambda: list((run_dir / "image" / "frames").glob("*.png")), 60)
    cluster.workers[0].kill()
    output, errors = drawing.communicate(timeout=120)
    assert drawing.returncode == 0, errors
    assert Counter(output.split()).total() == 60


def test_a_scheduler_that_is_gone_ends_it_in_one_line(cluster, run_dir, publish, eventually):
    """What is drawn stays."""
    publish(200)
    cluster.worker()
    drawing = cluster("--all", "--dpi", 300, run_dir)
    assert drawing.stdout is not None
    drawing.stdout.readline()
    cluster.scheduler.kill()
    output, errors = drawing.communicate(timeout=120)
    lines = [line for line in errors.splitlines() if " left" not in line and "no workers yet" not in line]
    assert drawing.returncode == 1
    assert lines == [
        "autoviz-render: no figures are drawn any more: the Dask scheduler is gone; what is drawn stays, and the same "
        "again draws the rest"
    ]
    assert len(output.split()) < 200


def test_a_worker_without_this_package_is_told_in_one_line(cluster, run_dir, publish, tmp_path, eventually):
    """Not by a traceback of pickle."""
    publish(3)
    blocked = tmp_path / "blocked" / "autoviz_render"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ModuleNotFoundError('No module', name='autoviz_render')\n")
    cluster.worker(PYTHONPATH=str(blocked.parent))
    eventually(lambda: "Registered" in (tmp_path / "worker.log").read_text())  # Dask ends one that has tasks at once
    drawing = cluster("--all", run_dir)
    _, errors = drawing.communicate(timeout=120)
    lines = [line for line in errors.splitlines() if " left" not in line and "no workers yet" not in line]
    assert drawing.returncode == 1
    assert lines == [
        f"autoviz-render: {run_dir}: a worker did not draw its figures: autoviz-render is not installed there: install "
        "it where the workers run"
    ]


def test_what_is_no_scheduler_is_told_in_one_line(tmp_path, run_dir, publish):
    """With what to do."""
    publish(1)
    (tmp_path / "old.json").write_text(json.dumps({"address": "tcp://127.0.0.1:1"}))
    for where, told in (("nofile", "is neither an address"), (tmp_path / "old.json", "no Dask scheduler answers")):
        command = [sys.executable, "-m", "autoviz_render.cli", "--dask", str(where), str(run_dir)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        (line,) = done.stderr.splitlines()
        assert (done.returncode, done.stdout) == (1, "")
        assert line.startswith(f"autoviz-render: {where}: {told}")
    assert Spool(run_dir).newest() is not None
