"""`--on-alarm`: whatever the command does, and whatever a spool is called, the drawing goes on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.views.alarms.command import AlarmCommand, facts_of
from autoviz_render.views.alarms.teller import AlarmNews
from autoviz_render.views.model.run_view import RunView

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are of a POSIX shell")

EVIL = "--exec=$(touch pwned)\n`touch pwned`;\x00\x1b[2J\u202e\ud800" + "x" * 10_000


def news(panel: str = "Source", *, is_over: bool = False, is_new: bool = True, run: str = "run") -> AlarmNews:
    view = RunView(run, Path("/r/run/spool"), Path("/r/run/image"), run)
    return AlarmNews(view, Alarm("zero", "every value is zero", "fit", panel, -1.5, None, 3, 12.5), is_over, is_new)


@pytest.fixture
def script(tmp_path):
    """A command that does something with its environment."""

    def write(text: str) -> list[str]:
        path = tmp_path / "notify"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return [str(path), "a word", "$HOME"]

    return write


def ran(command: list[str], *told: AlarmNews, **how: Any) -> AlarmCommand:
    running = AlarmCommand(command, **how)
    running.start()
    for each in told:
        running(each)
    running.close()
    return running


def test_it_is_run_once_for_each_new_alarm_with_its_words_as_they_were_typed(script, tmp_path):
    """No shell looks at them."""
    command = script(f'echo "$AUTOVIZ_ALARM_PANEL|$1|$2" >> {tmp_path}/out')
    ran(command, news("a"), news("b", is_over=True), news("c", is_new=False), news("d"))
    assert (tmp_path / "out").read_text().splitlines() == ["a|a word|$HOME", "d|a word|$HOME"]


def test_the_facts_are_in_its_environment(script, tmp_path, monkeypatch):
    """And no others of that name, which somebody may have left there."""
    monkeypatch.setenv("AUTOVIZ_ALARM_OLD", "x")
    ran(script(f"env | grep ^AUTOVIZ_ALARM_ | sort > {tmp_path}/out"), news())
    facts = dict(
        line.removeprefix("AUTOVIZ_ALARM_").split("=", 1) for line in (tmp_path / "out").read_text().splitlines()
    )
    assert facts == {
        "RULE": "zero",
        "MESSAGE": "Source: every value is zero",
        "FIGURE": "fit",
        "PANEL": "Source",
        "RUN": "run",
        "NAME": "run",
        "STATE": "running",
        "VALUE": "-1.5",
        "THRESHOLD": "",
        "STEP": "3",
        "SINCE": "12.5",
        "SPOOL": "/r/run/spool",
    }


def test_nothing_of_a_spool_is_a_command_or_an_option(script, tmp_path, monkeypatch):
    """A run's name may be anything: one printable line of a bounded length, that begins with no dash."""
    monkeypatch.chdir(tmp_path)
    facts = facts_of(news(EVIL, run=EVIL))
    for name in ("RUN", "NAME", "PANEL", "MESSAGE"):
        value = facts[f"AUTOVIZ_ALARM_{name}"]
        assert value.isprintable()
        assert len(value.encode()) < 6000
        assert not value.startswith("-")
    ran(script(f'printf "%s" "$AUTOVIZ_ALARM_PANEL" > {tmp_path}/out'), news(EVIL, run=EVIL))
    assert (tmp_path / "out").read_text() == facts["AUTOVIZ_ALARM_PANEL"]
    assert not (tmp_path / "pwned").exists()


def test_a_command_that_is_not_there_or_fails_costs_one_warning(script, tmp_path, caplog):
    """Whatever it wrote is told as far as a person reads."""
    ran([str(tmp_path / "nothing")], news(), news("b"))
    assert [record.getMessage() for record in caplog.records] == [
        f"--on-alarm: {tmp_path}/nothing cannot be run: No such file or directory"
    ]
    caplog.clear()
    command = script("printf 'no\\033[2J net' >&2; exit 3")
    ran(command, news(), news("b"))
    assert [record.getMessage() for record in caplog.records] == [
        f"--on-alarm: {command[0]} ended with exit code 3 (no\\x1b[2J net)"
    ]


def test_a_command_that_hangs_is_ended_with_all_that_it_started(script, tmp_path, caplog, eventually):
    """It takes no place from the next one for long."""
    command = script(f"sleep 1000 & echo $! > {tmp_path}/pid; wait")
    ran(command, news(), longest=0.5, last_moments=60.0)
    assert "takes too long and is ended" in caplog.text
    pid = int((tmp_path / "pid").read_text())
    eventually(lambda: not Path(f"/proc/{pid}").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text())


def test_at_the_end_it_is_not_waited_for_long(script, caplog):
    """Ctrl-C means now."""
    running = AlarmCommand(script("sleep 1000"), last_moments=0.2)
    running.start()
    for number in range(300):
        running(news(str(number)))  # the queue is bounded
    running.close()
    assert not running._thread.is_alive()
    assert "more alarms than the command keeps up with" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_it_has_no_terminal_and_no_descriptor_of_ours(script, tmp_path):
    """It cannot take what a person types, nor keep a lock of ours."""
    with (tmp_path / "held").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        command = script(f"ls -l /proc/self/fd > {tmp_path}/fds; cat > {tmp_path}/typed")
        ran(command, news())
    assert "held" not in (tmp_path / "fds").read_text()
    assert (tmp_path / "typed").read_text() == ""
