"""When a run will be done, from its files to what a person reads."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoviz_render import Publisher
from autoviz_render.spool.info import read_info
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.scalars import append_lines, line_text
from autoviz_render.spool.snapshot import ScalarsLine
from autoviz_render.views.model import thinned_lines
from autoviz_render.views.model.course import Course
from autoviz_render.views.model.run_view import EndView, RunView
from autoviz_render.views.page.run_data import run_value
from autoviz_render.views.terminal.columns import left_of

TARGET = 12_000.0
UPDATES = 60


@pytest.fixture
def run(run_dir, monkeypatch):
    """A run that goes on: sixty quick updates, a minute and a hundred counts apart, half of what it is to count."""
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 1800))
    publisher = Publisher(run_dir, figure="run")
    publisher.publish({}, iteration=0, scalars={"count_target": TARGET})
    publisher.flush()
    began = time.time() - 60 * UPDATES
    lines = [
        ScalarsLine(0, number, 100 * number, began + 60 * number, scalars={"count_target": TARGET})
        for number in range(1, UPDATES + 1)
    ]
    append_lines(SpoolPaths(run_dir / "spool").scalars, [line_text(line) for line in lines])
    yield run_dir
    publisher.close()


def test_the_status_tells_the_time_left_and_what_the_walltime_leaves(run, command):
    """Whoever sees in time that a job will not be done asks for more, or has a checkpoint written."""
    code, (line,), _ = command("--status", "--json", run)
    told = json.loads(line)
    assert code == 0
    assert told["end"]["seconds_left"] == pytest.approx(3600, rel=0.1)
    assert told["end"]["low"] < told["end"]["seconds_left"] < told["end"]["high"]
    assert told["end"]["iterations_left"] == pytest.approx(TARGET / 2, rel=0.05)
    assert told["walltime"]["seconds_left"] == pytest.approx(1800, abs=60)
    assert told["walltime"]["share"] == pytest.approx(0.75, abs=0.05)
    text = " ".join(command("--status", run)[1])
    assert "time left about 1 h" in text
    assert "about 75 % of it" in text


def test_a_run_that_is_over_has_no_time_left(run_dir, publish, command):
    """It is not to be waited for."""
    publish(30)
    told = json.loads(command("--status", "--json", run_dir)[1][0])
    assert told["end"] is None
    assert told["walltime"] is None


@pytest.mark.parametrize("told", ["", "soon", "-5", "1e9", "9" * 30, "\u0664", "17.5", "0x10"])
def test_a_walltime_that_is_none_is_none(run_dir, monkeypatch, told):
    """The environment is anybody's, and a search must not fail for it."""
    monkeypatch.setenv("SLURM_JOB_END_TIME", told)
    Publisher(run_dir).close()
    assert read_info(SpoolPaths(run_dir / "spool").info).producer.walltime is None


def test_spools_without_a_walltime_are_read(run_dir, publish):
    """Every released version wrote none."""
    publish(1)
    path = SpoolPaths(run_dir / "spool").info
    content = json.loads(path.read_text())
    del content["producer"]["walltime"]
    path.write_text(json.dumps(content))
    assert read_info(path).producer.walltime is None


def test_little_is_kept_of_many_quick_updates(tmp_path):
    """A page shows ten thousand runs, and a run may have a hundred thousand lines."""
    path = tmp_path / "scalars.jsonl"
    lines = [
        ScalarsLine(0, number, number, 1000.0 + number, scalars={"count_target": 10_000.0, "other": 1.0})
        for number in range(5000)
    ]
    append_lines(path, [line_text(line) for line in lines])
    course = Course(path)
    course.read(())
    of, told = course.end()
    assert of == lines[-1]
    assert told.iterations_left == pytest.approx(5001, rel=0.02)
    kept = course._thinned._columns
    assert max(len(column) for column in kept) <= 128
    assert course._thinned._names == ["count_target"]


def test_it_is_worked_out_again_only_when_there_is_more(tmp_path, monkeypatch):
    """An estimate takes a millisecond or two, and a watcher has very many runs."""
    calls = []
    estimate = vars(thinned_lines)["estimate"]
    monkeypatch.setattr(thinned_lines, "estimate", lambda lines: calls.append(len(lines)) or estimate(lines))
    path = tmp_path / "scalars.jsonl"
    line = ScalarsLine(0, 0, 0, 1000.0, scalars={"count_target": 1e6})
    course = Course(path)
    for number in range(200):
        append_lines(path, [line_text(replace(line, sequence=number, iteration=number, time=1000.0 + number))])
        course.read(())
        course.end()
    assert 20 < len(calls) < 150


def test_what_ends_a_run_is_cut_for_a_page():
    """Its words may have a stranger's name in them."""
    end = EndView(2.0, 1.0, 3.0, 0.0, 5.0, "x" * 100_000)
    run = RunView("a", Path("a"), Path("a"), "a", end=end)
    told: dict[str, Any] = {}
    told.update(run_value(run))
    assert len(told["end"]["criterion"]) < 2000
    assert left_of(run, 0.0) == "10 s"
    assert left_of(run, 5.0) == ""
