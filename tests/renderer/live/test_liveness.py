"""Alive, late or hung: what the beats of a child tell, on a clock that the test puts forward."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace

import pytest

from autoviz_render.renderer.heartbeat import Heartbeat, write_heartbeat
from autoviz_render.renderer.live import liveness
from autoviz_render.renderer.live.liveness import LOOK_EVERY, Liveness


@pytest.fixture
def clock(monkeypatch):
    """The clock that does not step, put forward by the test: `clock.now`."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def beat(tmp_path):
    """A beat of this process, now."""
    return lambda interval=20.0: write_heartbeat(tmp_path / "renderer.json", Heartbeat(), interval)


def judged(child: Liveness, clock, beat, seconds: float) -> str | None:
    """What comes of looking at a child every second for some seconds, or until it counts as hung."""
    end = clock.now + seconds
    while clock.now < end:
        clock.now += LOOK_EVERY
        if (fault := child.judge(beat)) is not None:
            return fault
    return None


def test_a_child_that_beats_in_time_is_alive(clock, beat):
    """However long it takes to draw: the beat said so."""
    child = Liveness(os.getpid())
    assert judged(child, clock, beat(interval=120.0), 119.0) is None
    assert (child.is_late, child.has_beaten) == (False, True)


def test_a_late_child_is_watched_and_then_hung(clock, beat):
    """The message says for how long it was silent."""
    child = Liveness(os.getpid())
    last = beat()
    assert judged(child, clock, last, 20.0 + liveness._SILENCE) is None
    assert child.is_late
    assert judged(child, clock, last, 3.0) == "hangs: no sign of life for 31 s"


def test_a_late_child_that_beats_again_is_forgiven(clock, beat):
    """A busy disk, a suspended job."""
    child = Liveness(os.getpid())
    assert judged(child, clock, beat(), 25.0) is None
    assert child.is_late
    assert judged(child, clock, beat(), 20.0) is None
    assert not child.is_late


def test_a_child_that_never_beats_is_hung_at_its_start(clock):
    """It has long to import, on a slow disk; but not for ever."""
    child = Liveness(os.getpid())
    assert judged(child, clock, None, liveness._START_TIMEOUT) is None
    assert judged(child, clock, None, 2 * liveness._SILENCE) == "hangs at its start"


def test_another_ones_beat_says_nothing_of_the_child(beat):
    """The file may be left by an earlier renderer, or be written by one that somebody started by hand."""
    assert Liveness(os.getpid()).is_of_child(beat())
    assert not Liveness(os.getpid() + 1).is_of_child(beat())
    assert not Liveness(os.getpid()).is_of_child(None)


def test_minutes_of_health_are_told(clock, beat):
    """Restarts before them are forgiven."""
    child = Liveness(os.getpid())
    child.judge(beat())
    assert not child.is_healthy
    clock.now += liveness._HEALTHY_AFTER + 1
    child.judge(beat())
    assert child.is_healthy
