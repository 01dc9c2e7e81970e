"""What only several runs tell of one, or time does."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from autoviz_render.renderer.alarms.rules import Rules
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.scalars import append_lines, line_text
from autoviz_render.spool.snapshot import ScalarsLine
from autoviz_render.views.model.among import AmongRuns, Disks
from autoviz_render.views.model.course import Course
from autoviz_render.views.model.follow import read_runs
from autoviz_render.views.model.reader import Place, RunReader
from autoviz_render.views.model.reasons import Facts


@pytest.fixture
def going_on(tmp_path):
    """Runs that go on, of which each has published some times, in hours."""
    publishers = []

    def make(name, hours, likelihoods, monkeypatch):
        publisher = Publisher(tmp_path / name, static={})
        publishers.append(publisher)
        now = time.time()
        for hour, likelihood in zip(hours, likelihoods, strict=True):
            monkeypatch.setattr(time, "time", lambda hour=hour: now - 3600 * hour)
            publisher.publish({"a": [1.0]}, iteration=int(1000 - 10 * hour), log_likelihood=likelihood)
            assert publisher.flush(30)
            monkeypatch.undo()
        return tmp_path / name / "spool"

    yield make
    for publisher in publishers:
        publisher.close()


def test_a_run_that_makes_no_progress_while_others_do_is_named(tmp_path, going_on, monkeypatch):
    """Of its own it cannot be told from one that is done."""
    hours = [30, 25, 20, 15, 10, 5, 0]
    spools = [
        going_on(f"good{n}", hours, [-100.0, -80.0, -60.0, -50.0, -40.0, -30.0, -20.0], monkeypatch) for n in range(3)
    ]
    spools.append(going_on("stalled", hours, [-100.0, -80.0, -80.0, -80.0, -80.0, -80.0, -80.0], monkeypatch))
    found = {
        reader.view.key: [each.rule for each in reader.view.alarms] for reader in read_runs(spools, Place(tmp_path))
    }
    assert found == {"good0": [], "good1": [], "good2": [], "stalled": ["stalled"]}


def test_of_a_long_course_few_updates_are_kept(tmp_path):
    """Evenly over the time, whatever there are."""
    with Publisher(tmp_path / "run", static={}):
        pass
    now, path = time.time(), tmp_path / "run" / "spool" / "scalars.jsonl"
    lines = [
        ScalarsLine(0, n, n, now + 60 * n, -1000.0 / (n + 1), {"r": 1.0}, {"log_evidence": -5.0}) for n in range(9000)
    ]
    append_lines(path, [line_text(line) for line in lines])
    course = Course(path)
    course.read(())
    sparse = course.sparse()
    assert 20 < len(sparse) < 60
    assert sparse[-1] == lines[-1]
    assert max(np.diff([line.time for line in sparse])) < 2 * 60 * 9000 / 20


def test_a_search_that_is_silent_is_named(tmp_path, going_on, monkeypatch):
    """Alone after some minutes, among others sooner."""
    spool = going_on("run", [0.0], [-1.0], monkeypatch)
    reader = RunReader(spool, Place(tmp_path))
    reader.read()
    among, facts = AmongRuns(), Facts(silent=1000.0, interval=5.0, longest=6.0)
    (alarm,) = among.alarms({"run": reader}, {"run": facts}, 50.0)["run"]
    assert (alarm.rule, alarm.value, alarm.since) == ("silent", 1000.0, 50.0)
    assert among.alarms({"run": reader}, {"run": replace(facts, silent=100.0)}, 60.0) == {}
    reader.view = replace(reader.view, is_silent=True)
    (alarm,) = among.alarms({"run": reader}, {"run": replace(facts, silent=100.0)}, 70.0)["run"]
    assert (alarm.message[-22:], alarm.since) == (", while others publish", 70.0)
    (tmp_path / "alarms.toml").write_text("[silent]\nenabled = false\n")
    assert among.alarms({"run": reader}, {"run": facts}, 80.0) == {}


def test_a_disk_that_fills_is_named_by_the_runs_on_it(tmp_path, monkeypatch):
    """Before a checkpoint cannot be written any more."""
    disk = SimpleNamespace(f_blocks=10**6, f_frsize=4096, f_bavail=5)
    monkeypatch.setattr(os, "statvfs", lambda _: disk, raising=False)
    alarm = Disks().alarm(tmp_path, Rules())
    assert alarm is not None
    assert alarm.rule == "disk"
    disk.f_bavail = 9 * 10**5
    assert Disks().alarm(tmp_path, Rules()) is None
    clock = iter(range(0, 100_000, 60))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    disks, found = Disks(), None
    for _ in range(60):
        disk.f_bavail -= 10**4
        found = disks.alarm(tmp_path, Rules()) or found
    assert found is not None
    assert "full in" in found.message
    assert disks.alarm(tmp_path / "nothing", Rules()) is None
