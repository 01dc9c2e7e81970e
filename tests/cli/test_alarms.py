"""Spoiled runs are named, wherever a person looks: by the command that draws, `--status`, and `--watch`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import numpy as np
import pytest

from autoviz_render.spool.publisher import Publisher

EVIL = "</script><img src=x onerror=alert(1)>\x1b[2J\u202e$(touch pwned)\n--exec"


class Run:
    """A run that publishes an image of noise, or a spoiled one."""

    def __init__(self, run_dir, **settings) -> None:
        self.publisher = Publisher(run_dir, figure="auto", static={}, **settings)
        self._rng = np.random.default_rng(abs(hash(run_dir.name)) % 2**32)
        self._step = 0

    def publish(self, **arrays) -> None:
        given = {"model": self._rng.random((20, 20)), "source": self._rng.random((20, 20))} | arrays
        self.publisher.publish(given, iteration=self._step, log_likelihood=-10.0 + self._step)
        assert self.publisher.flush(30)
        self._step += 1


def finished(run_dir, **arrays) -> None:
    run = Run(run_dir)
    run.publish(**arrays)
    run.publisher.close()


@pytest.fixture
def spoiled(tmp_path):
    """Two good runs, and three that are not."""
    finished(tmp_path / "good")
    finished(tmp_path / "good too")
    finished(tmp_path / "zero", source=np.zeros((20, 20)))
    finished(tmp_path / "nan", model=np.full((20, 20), np.nan))
    finished(tmp_path / "same", source=np.full((20, 20), 3.0))
    return tmp_path


EXPECTED = {"zero": [("zero", "source")], "nan": [("not_finite", "model")], "same": [("constant", "source")]}


def of_status(command, path) -> dict:
    code, output, _ = command("--status", "--json", path)
    assert code == 0
    told = [json.loads(line) for line in output]
    return {
        each["spool"].split("/")[-2]: [(alarm["rule"], alarm["panel"]) for alarm in each["alarms"]]
        for each in told
        if each["alarms"]
    }


def test_whoever_draws_the_newest_is_told_and_so_is_every_view_afterwards(spoiled, command):
    """That is how a night's runs are looked through."""
    assert of_status(command, spoiled) == {}
    code, _, errors = command(spoiled)
    assert code == 0
    assert [line.split(": ", 1)[1] for line in errors] == [
        f"{spoiled}/nan: alarm: model: no value is finite",
        f"{spoiled}/same: alarm: source: every value is 3",
        f"{spoiled}/zero: alarm: source: every value is zero",
    ]
    assert of_status(command, spoiled) == EXPECTED
    _, output, _ = command("--status", spoiled)
    assert [line for line in output if "alarm" in line] == [
        "  alarm: model: no value is finite",
        "  alarm: source: every value is 3",
        "  alarm: source: every value is zero",
    ]
    _, output, _ = command("--json", spoiled / "zero", spoiled / "good")
    told = {line["file"].split("/")[-3]: line.get("alarms", []) for line in map(json.loads, output)}
    assert [each["rule"] for each in told["zero"]] == ["zero"]
    assert told["good"] == []


def test_a_watch_tells_of_each_and_runs_the_command_once(spoiled, command, tmp_path):
    """Not again when the watch is started again."""
    script = tmp_path / "notify.py"
    told = tmp_path / "told"
    script.write_text(
        f"import os\nwith open({str(told)!r}, 'a') as file:\n"
        "    print(*(os.environ['AUTOVIZ_ALARM_' + name] for name in ('RUN', 'RULE', 'PANEL')), file=file)\n"
    )
    watch = ("--watch", "--until-finished", "--on-alarm", f"{sys.executable} -S {script}", spoiled)
    for _ in range(2):
        code, _, errors = command(*watch)
        assert code == 0
        alarms = sorted(line.split("  ", 1)[1] for line in errors if "alarm: " in line)
        assert alarms == [
            f"{spoiled}/nan: alarm: model: no value is finite",
            f"{spoiled}/same: alarm: source: every value is 3",
            f"{spoiled}/zero: alarm: source: every value is zero",
        ]
    assert sorted(told.read_text().splitlines()) == ["nan not_finite model", "same constant source", "zero zero source"]
    assert of_status(command, spoiled) == EXPECTED


def test_an_alarm_is_over_when_the_fit_recovers(run_dir, command, monkeypatch):
    """And a watcher of another program is told both."""
    from autoviz_render.renderer.live.live_run import LiveRun

    run = Run(run_dir)
    run.publish(source=np.zeros((20, 20)))
    take = LiveRun.take
    left: list[Callable[[], None]] = [run.publish, run.publisher.close]

    def taken(self, *given):
        take(self, *given)
        if left:
            left.pop(0)()

    monkeypatch.setattr(LiveRun, "take", taken)
    monkeypatch.setattr("autoviz_render.views.model.collector._SHOWS_EVERY", 0.0)
    code, output, _ = command("--watch", "--until-finished", "--poll", "0.05", "--json", run_dir)
    told = [json.loads(line) for line in output]
    assert code == 0
    assert [(each["alarm"], each["rule"], each["panel"], each["step"]) for each in told if "alarm" in each][-1:] in (
        [("over", "zero", "source", 0)],
        [],  # the look between the two frames came too late on a busy machine
    )
    assert of_status(command, run_dir) == {}


def test_a_panel_of_another_run_is_named_by_both(tmp_path, command):
    """A pipeline wrote one run's source to the next."""
    rng = np.random.default_rng(5)
    shared = rng.random((20, 20))
    for number in range(4):
        finished(tmp_path / f"run{number}", **({"source": shared} if number in (1, 2) else {}))
    command(tmp_path)
    assert of_status(command, tmp_path) == {
        "run1": [("identical", "source")],
        "run2": [("identical", "source")],
    }


def test_the_words_of_strangers_forge_no_line(tmp_path, command, monkeypatch):
    """A run's name and a panel's title may be anything."""
    monkeypatch.chdir(tmp_path)
    run = Run(tmp_path / "run", name=None, title=EVIL)
    run.publish(**{"a" + EVIL.replace("/", "").replace("\n", ""): np.zeros((20, 20))})
    run.publisher.close()
    for arguments in (["run"], ["--status", "run"], ["--watch", "--until-finished", "run"]):
        _, output, errors = command(*arguments)
        assert all(line.isprintable() for line in [*output, *errors])
    assert "alarm: a" in " ".join(command("--status", "run")[1])
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("words", ["", "  ", "'open", '""'])
def test_a_command_that_is_none_is_wrong_usage(tmp_path, command, words):
    """Before anything is watched."""
    code, _, errors = command("--watch", "--on-alarm", words, tmp_path)
    assert code == 2
    assert "is no command" in errors[-1]


def test_a_command_goes_with_a_watch(tmp_path, command):
    """Otherwise it would be run for what is known already."""
    assert command("--on-alarm", "true", tmp_path)[0] == 2
