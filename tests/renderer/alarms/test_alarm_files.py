"""`spool/alarms.json`: what stands, since when, and a stranger's file."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from autoviz_render.renderer.alarms import standing
from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.alarms_file import MOST_ALARMS, Found, bounded, read_alarms, write_alarms
from autoviz_render.renderer.alarms.standing import StandingAlarms
from autoviz_render.spool.paths import SpoolPaths, snapshot_name
from autoviz_render.spool.snapshot import SnapshotRef

ZERO = Alarm("zero", "every value is zero", "fit", "Source plane")
CHI = Alarm("chi_squared", "chi squared is 3 times its expectation", "fit", "Chi squared", 3.0, 1.25)
FELL = Alarm("fell_at_resume", "the log likelihood fell by 5", value=5.0, threshold=1.0)


@pytest.fixture
def paths(tmp_path) -> SpoolPaths:
    (tmp_path / "spool").mkdir()
    return SpoolPaths(tmp_path / "spool")


def ref(paths: SpoolPaths, sequence: int) -> SnapshotRef:
    return SnapshotRef(0, sequence, paths.snapshots / snapshot_name(0, sequence))


def made(paths: SpoolPaths, *kept: str) -> StandingAlarms:
    return StandingAlarms(paths, lambda name, _: name in kept)


def test_what_is_written_is_read(paths):
    """Numbers, their absence, and whose panel it is."""
    found = Found(
        {"fit": snapshot_name(0, 7)}, (replace(ZERO, step=7, since=1.5), CHI), {("fit", "Source plane"): "ab"}
    )
    write_alarms(paths.alarms, found)
    assert read_alarms(paths.alarms) == found


def test_no_numbers_and_no_texts_without_end_are_told(paths):
    """A panel's title may have a million characters, and chi squared may be infinite."""
    many = [replace(CHI, panel="\ud800" + "x" * 10**6, value=float("inf"), rule=str(n)) for n in range(500)]
    told = bounded(many)
    assert len(told) == MOST_ALARMS
    assert (told[0].value, told[0].threshold) == (None, 1.25)
    panels = {("fit", f"{n}" + "y" * 1000): "d" * 1000 for n in range(1000)}
    write_alarms(paths.alarms, Found({"fit": "a"}, told, panels))
    assert len(read_alarms(paths.alarms).alarms) == MOST_ALARMS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format": "autoviz-render alarms", "version": 1}',
        '{"format": "autoviz-render alarms", "version": 2, "figures": {}, "alarms": [], "panels": []}',
        '{"format": "autoviz-render alarms", "version": 1, "figures": {}, "alarms": [1], "panels": []}',
        '{"format": "autoviz-render alarms", "version": 1, "figures": {}, "alarms": 5, "panels": []}',
        '{"format": "autoviz-render alarms", "version": 1, "figures": [], "alarms": [], "panels": []}',
        '{"format": "autoviz-render alarms", "version": 1, "figures": {"a": 1}, "alarms": [], "panels": []}',
        '{"format": "autoviz-render alarms", "version": 1, "figures": {}, "alarms": [], "panels": [["a"]]}',
        '{"format": "autoviz-render alarms", "version": 1, "figures": {}, "alarms": '
        '[{"rule": "a", "message": "b", "figure": "c", "panel": null}], "panels": []}',
        "x" * (1 << 19),
    ],
)
def test_a_strangers_file_is_none(paths, text):
    """Whatever it holds, a view goes on without it."""
    paths.alarms.write_text(text)
    assert read_alarms(paths.alarms) is None


def test_a_link_in_its_place_is_not_followed(paths, tmp_path):
    """Neither read through, nor written through."""
    other = tmp_path / "other"
    write_alarms(other, Found({}, (ZERO,)))
    before = other.read_bytes()
    paths.alarms.symlink_to(other)
    assert read_alarms(paths.alarms) is None
    write_alarms(paths.alarms, Found({}, (CHI,)))
    assert other.read_bytes() == before
    assert not paths.alarms.is_symlink()


def test_an_alarm_keeps_since_when_it_stands_and_is_gone_when_the_fit_recovers(paths, monkeypatch):
    """Also after the renderer was started again."""
    clock = iter(range(100, 1000))
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))
    first = made(paths)
    first.take("fit", ref(paths, 3), [ZERO], [ZERO], {})
    first.write()
    first.take("fit", ref(paths, 4), [replace(ZERO, message="every value is still zero"), CHI], [], {})
    first.write()
    began = [(each.rule, each.step) for each in first.alarms]
    assert began == [("zero", 3), ("chi_squared", 4)]
    second = made(paths)
    second.take("fit", ref(paths, 5), [CHI], [], {})
    second.write()
    (left,) = read_alarms(paths.alarms).alarms
    assert (left.rule, left.step, left.since) == ("chi_squared", 4, first.alarms[1].since)
    second.take("fit", ref(paths, 6), [], [], {})
    second.write()
    assert read_alarms(paths.alarms) == Found({"fit": snapshot_name(0, 6)})


def test_alarms_of_the_run_are_those_of_its_newest_snapshot(paths):
    """A slow second figure of an earlier one must not bring them back."""
    both = made(paths)
    both.take("fit", ref(paths, 8), [], [], {})
    both.take("run", ref(paths, 5), [FELL], [FELL], {})
    assert both.alarms == ()
    both.take("run", ref(paths, 9), [FELL], [FELL], {})
    assert [each.rule for each in both.alarms] == ["fell_at_resume"]


def test_a_run_that_is_over_is_judged_by_what_counts_then(paths):
    """A search that goes on may still get better."""
    found = made(paths)
    found.take("fit", ref(paths, 1), [], [CHI], {})
    assert found.alarms == ()
    assert found.see_end(is_over=True)
    assert [each.rule for each in found.alarms] == ["chi_squared"]
    assert not found.see_end(is_over=True)


def test_figures_that_are_not_drawn_yet_keep_what_was_said(paths):
    """A renderer that is started again must not tell that all is well before it looked."""
    earlier = made(paths)
    earlier.take("fit", ref(paths, 1), [ZERO], [ZERO], {"Source plane": "ab"})
    earlier.take("old", ref(paths, 1), [replace(CHI, figure="old")], [], {})
    earlier.write()
    later = made(paths, "fit", "run")
    later.write()
    later.take("run", ref(paths, 2), [], [], {})
    later.write()
    found = read_alarms(paths.alarms)
    assert [each.rule for each in found.alarms] == ["zero"]
    assert found.panels == {("fit", "Source plane"): "ab"}


def test_the_file_is_written_when_the_set_changes_not_with_every_number(paths, monkeypatch):
    """A renderer draws many times a second."""
    written: list[Path] = []
    monkeypatch.setattr(standing, "write_alarms", lambda path, _: written.append(path))
    found = made(paths)
    for number in range(5):
        found.take("fit", ref(paths, number), [replace(CHI, value=float(number))], [], {"a": str(number)})
        found.write()
    assert len(written) == 1
    found.write(at_once=True)
    found.write(at_once=True)
    assert len(written) == 2
    found.take("fit", ref(paths, 9), [], [], {})
    found.write()
    assert len(written) == 3


def test_the_file_is_plain_json_that_names_its_format(paths):
    """Other programs read it, too."""
    write_alarms(paths.alarms, Found({"fit": "e0000-000000000001.h5"}, (CHI,)))
    content = json.loads(paths.alarms.read_text())
    assert (content["format"], content["version"]) == ("autoviz-render alarms", 1)
    assert content["alarms"][0] == {
        "rule": "chi_squared",
        "message": CHI.message,
        "figure": "fit",
        "panel": "Chi squared",
        "value": 3.0,
        "threshold": 1.25,
        "step": None,
        "since": None,
    }
