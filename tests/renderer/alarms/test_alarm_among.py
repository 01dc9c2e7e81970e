"""One run among others: the same source, no progress; and the disk that all of them fill."""

from __future__ import annotations

import math

import pytest

from autoviz_render.renderer.alarms.among import Progress, disk_alarm, identical, progress_of, stalled
from autoviz_render.renderer.alarms.rules import PanelRule, Rules, StalledRule
from autoviz_render.spool.snapshot import ScalarsLine


def digests(number, **changed):
    return {"": f"n{number}", "Model image": f"m{number}", "Source plane": f"s{number}", **changed}


def test_a_source_that_is_another_runs_is_told_of_both():
    """A file that was read twice makes two papers wrong."""
    runs = {"a": digests(1), "b": digests(2), "c": digests(3, **{"Source plane": "s1"})}
    found = identical(runs, Rules(), {"a": "first", "c": "third"})
    assert {run: [(each.rule, each.panel) for each in alarms] for run, alarms in found.items()} == {
        "a": [("identical", "Source plane")],
        "c": [("identical", "Source plane")],
    }
    assert "third" in found["a"][0].message


def test_copies_of_a_run_and_what_all_runs_share_are_no_alarm():
    """A run that was copied to another disk, and a panel that never depends on the fit."""
    assert not identical({"a": digests(1), "copy of a": digests(1)}, Rules())
    assert not identical({str(number): digests(number, Shared="x") for number in range(9)}, Rules())
    assert not identical({"a": {}, "b": digests(1)}, Rules())
    same = {"a": digests(1), "b": digests(2, **{"Source plane": "s1"})}
    assert not identical(same, Rules(identical=PanelRule(excepted=("Source",))))
    assert identical(same, {"a": Rules(identical=PanelRule(enabled=False))}).keys() == {"b"}


def line(time, best, **scalars):
    return ScalarsLine(0, int(time), int(time), time, best, scalars=scalars)


def test_progress_is_more_than_the_best_fit():
    """A nested sampler finds its best fit long before its evidence."""
    assert progress_of([line(0, -9.0), line(100, -5.0), line(500, -5.0)], 600).seconds == 500
    gains = [line(time, -5.0, log_evidence=-100 + time / 10, remaining=1.0) for time in range(0, 600, 100)]
    assert progress_of(gains, 600).seconds == 100
    falls = [line(time, -5.0, remaining=100.0 / (1 + time)) for time in range(0, 600, 100)]
    assert progress_of(falls, 600).seconds < 600
    assert progress_of([], 600).seconds is None
    assert progress_of([line(0, math.nan)], 600).seconds == 600


@pytest.mark.parametrize(
    ("others", "is_told"),
    [
        ([60, 3600, 7200], True),
        ([60, 90_000, 90_000], False),  # it is not alone
        ([60], False),  # of two runs one is always ahead
        ([], False),
    ],
)
def test_a_run_that_gets_no_further_while_others_do_is_told(others, is_told):
    """If none gets further, the machine or the disk is to blame."""
    runs = {"slow": Progress(90_000.0)} | {str(number): Progress(each) for number, each in enumerate(others)}
    assert ("slow" in stalled(runs, Rules())) is is_told
    assert not stalled(runs, Rules(stalled=StalledRule(hours=30)))
    assert not stalled({**runs, "slow": Progress(90_000.0, is_running=False)}, Rules()).keys() & {"slow"}


def test_a_disk_that_is_full_soon_is_told():
    """A full disk costs the snapshots of a night."""
    total = 1e12
    steady = [(60.0 * minute, 5e10 - 1e9 * minute) for minute in range(20)]
    assert disk_alarm(steady, total, Rules()).value == pytest.approx(31 / 60, rel=0.1)
    assert disk_alarm([(0.0, 9e9)], total, Rules()).rule == "disk"
    assert disk_alarm([(0.0, 11e9)], total, Rules()) is None
    assert disk_alarm([(0.0, 9e9)], 1e10, Rules()) is None
    assert disk_alarm([], total, Rules()) is None
    burst = [(60.0 * minute, 5e10 if minute < 5 else 2e10) for minute in range(20)]
    assert disk_alarm(burst, total, Rules()) is None
    assert disk_alarm(steady[:5], total, Rules()) is None  # too short to know
