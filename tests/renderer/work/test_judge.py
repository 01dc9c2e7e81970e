"""What fails in judging a figure costs one warning, never the figure."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.alarms_file import read_alarms
from autoviz_render.renderer.batch.render import render
from autoviz_render.renderer.batch.selection import Selection, jobs
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.work import judge as module
from autoviz_render.renderer.work.job_runner import JobRunner
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.renderer.work.judge import CourseLines, Judge
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


@pytest.fixture
def spoiled(run_dir):
    """A run whose image is all zero."""
    with Publisher(run_dir, figure="auto", static={}) as publisher:
        rng = np.random.default_rng(1)
        for number in range(2):
            arrays = {"model": np.zeros((30, 30)), "other": rng.random((30, 30))}
            publisher.publish(arrays, iteration=number, log_likelihood=-10.0 + number)
            assert publisher.flush(30)
    return run_dir


def drawn(run_dir) -> RenderResult:
    job, *_ = next(iter(jobs(Spool(run_dir), Selection(), RenderSettings(), None)))
    return JobRunner().draw(job)


def test_a_figure_says_what_is_wrong_with_it(spoiled):
    """And its panels are told from those of other runs."""
    result = drawn(spoiled)
    assert result.status == "drawn"
    assert [(each.rule, each.figure, each.panel) for each in result.alarms_at_end] == [("zero", "auto", "model")]
    assert {"other"} <= result.panels.keys()
    assert RenderResult.from_line(result.to_line()).alarms == result.alarms


@pytest.mark.parametrize("text", ["[zero", "[nothing]\na = 1\n", "[chi_squared]\nmargin = 'wide'\n", "\x00"])
def test_rules_that_cannot_be_read_cost_one_warning(spoiled, caplog, text):
    """The figures are drawn, and judged by the default rules."""
    (spoiled / "alarms.toml").write_text(text)
    result = drawn(spoiled)
    assert (result.status, len(result.warnings)) == ("drawn", 1)
    assert result.warnings[0].startswith(str(spoiled / "alarms.toml"))
    assert [each.rule for each in result.alarms] == ["zero"]


def test_a_warning_is_given_once_whatever_is_drawn(spoiled, caplog):
    """Of ten thousand runs below one file of rules, too."""
    (spoiled / "alarms.toml").write_text("[nothing]\n")
    caplog.set_level(logging.WARNING)
    assert {result.status for _ in range(2) for result in render(spoiled, which="all", redraw=True)} == {"drawn"}
    assert sum(str(spoiled / "alarms.toml") in record.getMessage() for record in caplog.records) == 1
    assert [each.rule for each in read_alarms(spoiled / "spool" / "alarms.json").alarms] == ["zero"]


def test_a_rule_that_fails_costs_no_figure(spoiled, monkeypatch):
    """A stranger's panel may be of any kind, and hold anything."""
    monkeypatch.setattr(module, "panel_alarms", lambda *_, **__: 1 / 0)
    result = drawn(spoiled)
    assert (result.status, result.alarms, result.errors) == ("drawn", (), ())
    assert result.warnings == ("figure 'auto': no alarms, as they failed: ZeroDivisionError: division by zero",)


def test_a_course_that_fails_costs_no_figure(spoiled, monkeypatch):
    """Nor does one that cannot be read."""
    monkeypatch.setattr(module, "course_alarms", lambda *_: 1 / 0)
    assert [line[:16] for line in drawn(spoiled).warnings] == ["no alarms of the"]
    (spoiled / "spool" / "scalars.jsonl").unlink()
    (spoiled / "spool" / "scalars.jsonl").mkdir()
    assert drawn(spoiled).status == "drawn"


def test_what_the_figure_says_does_not_depend_on_whether_its_run_goes_on(spoiled, monkeypatch):
    """Live and later rendering have the same bytes; what is told elsewhere has no such bound."""

    def alarms(*_, is_running=False):
        return [
            Alarm("zero", "m", "auto", "model"),
            *([] if is_running else [Alarm("structured", "m", "auto", "other")]),
        ]

    monkeypatch.setattr(module, "panel_alarms", alarms)
    judge = Judge(spoiled, "auto")
    assert [remark.name for remark in judge([], Spool(spoiled).read_newest())] == ["model"]
    assert [[each.rule for each in some] for some in (judge.alarms, judge.at_end)] == [["zero"], ["zero", "structured"]]


def test_the_lines_of_a_long_course_are_thinned_but_for_the_best(tmp_path, monkeypatch):
    """A run of a year has a million quick updates."""
    monkeypatch.setattr(module, "_MOST_LINES", 40)
    with Publisher(tmp_path / "run", static={}) as publisher:
        for number in range(60):
            publisher.publish({"a": [1.0]}, iteration=number, log_likelihood=5.0 if number == 7 else -float(number))
            assert publisher.flush(30)
    lines = CourseLines(tmp_path / "run" / "spool" / "scalars.jsonl").read(())
    assert len(lines) < 45
    assert max(line.log_likelihood for line in lines) == 5.0
    assert lines[-1].iteration == 59
