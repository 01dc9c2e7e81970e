"""What live figures may cost: nothing is held back on an idle machine, and little is taken on a busy one."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
from autoviz_render.renderer.live.pace import SHARE, Pace
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.work.job_runner import InProcess
from autoviz_render.spool.publisher import Publisher


@pytest.fixture
def clock(monkeypatch):
    """The clock that does not step, put forward by the test: `clock.now`."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


def share_taken(pace, clock, seconds, used, waited) -> float:
    """Of one processor, by frames of so many seconds, drawn as soon as each may be, over some time."""
    end, taken = clock.now + seconds, 0.0
    while clock.now < end:
        clock.now += max(pace.delay(), used)
        pace.add(used, waited)
        taken += used
    return taken / seconds


@pytest.mark.parametrize("used", [0.05, 1.0, 20.0])
def test_on_a_busy_machine_frames_take_a_small_share(clock, used):
    """Slow figures come rarely, fast ones often; the search beside them feels the same."""
    assert share_taken(Pace(), clock, 36_000, used, 10 * used) == pytest.approx(SHARE, rel=0.15)


def test_on_an_idle_machine_nothing_is_held_back(clock):
    """The processor would do nothing else."""
    assert share_taken(Pace(), clock, 600, 0.5, 0.01) == pytest.approx(1.0)


def test_the_first_figures_come_at_once(clock):
    """Whoever starts a fit looks at it then."""
    pace = Pace()
    for _ in range(10):
        assert pace.delay() == 0
        pace.add(0.2, 2.0)


def test_what_was_taken_while_nobody_wanted_it_is_not_owed(clock):
    """A machine that becomes busy after an hour of drawing at will still gets its next figure."""
    pace = Pace()
    for _ in range(100):
        pace.add(1.0, 0.0)
    pace.add(1.0, 5.0)
    assert pace.delay() == 0


def test_figures_are_held_back_but_never_the_first_or_the_last(run_dir):
    """The run that ends has the figure of its last snapshot, whatever was spent before."""
    publisher = Publisher(run_dir)
    pace = Pace()
    drawn = []
    settings = LiveSettings(until_finished=True)
    renderer = LiveRenderer(Watch(run_dir, poll=0.02), settings, InProcess(), lambda _: drawn.append(1), pace)
    pace.add(1000.0, 10_000.0)
    for number in range(4):
        publisher.publish({"x": [number, 1.0]}, iteration=number)
        assert publisher.flush(30)
        renderer.look()
    assert len(drawn) == 1, "the first is drawn, and no other while the share is used up"
    publisher.close()
    assert renderer.run() == 0
    assert len(drawn) == 2
