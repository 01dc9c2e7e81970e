"""No frame waits in a queue on its way to a browser, and none waits for a browser that does not answer."""

from __future__ import annotations

import itertools

from autoviz_render.views.notebook.frame_flow import FIRST_PATIENCE, LONGEST_PATIENCE, MOST_ON_THE_WAY, FrameFlow

SIZE = 1 << 20


def test_a_frame_is_sent_when_the_one_before_arrived():
    """jupyter_rfb's rule."""
    flow = FrameFlow()
    assert flow.next_at() == 0.0
    number = flow.sent(100.0, SIZE)
    assert flow.next_at() == 100.0 + FIRST_PATIENCE
    flow.acknowledged(number, 100.05)
    assert flow.next_at() == 0.0


def test_a_browser_that_does_not_answer_gets_ever_fewer_frames():
    """A busy kernel hears no answer, and shows frames all the same; a browser that is gone fills a server's memory."""
    flow, now, moments = FrameFlow(), 0.0, []
    while now < 3600:
        flow.sent(now, SIZE)
        moments.append(now)
        now = flow.next_at()
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    at_once = MOST_ON_THE_WAY // SIZE
    assert set(gaps[:at_once]) == {FIRST_PATIENCE}
    assert gaps[at_once : at_once + 4] == [2, 4, 8, 16]
    assert set(gaps[at_once + 4 :]) == {LONGEST_PATIENCE}
    flow.acknowledged(flow.number, now)
    assert flow.next_at() == 0.0


def test_an_answer_to_an_earlier_frame_is_none_to_the_last():
    """The newest one may still be on its way."""
    flow = FrameFlow()
    first = flow.sent(0.0, SIZE)
    flow.sent(1.0, SIZE)
    flow.acknowledged(first, 1.1)
    assert flow.next_at() > 1.1
    assert flow.unanswered == 1
    for nonsense in (None, "2", 2.5, {}, [], -1, 10**30):
        flow.acknowledged(nonsense, 1.2)
    assert flow.unanswered == 1


def test_a_slow_link_is_given_its_time():
    """Of frames that take five seconds each, none may queue behind another."""
    flow = FrameFlow()
    flow.acknowledged(flow.sent(0.0, SIZE), 5.0)
    flow.sent(5.0, SIZE)
    assert flow.next_at() >= 10.0


def test_a_kernel_that_was_busy_makes_no_link_slow():
    """The next cell's frames come as fast as the link is."""
    flow = FrameFlow()
    flow.acknowledged(flow.sent(0.0, SIZE), 0.02)
    flow.acknowledged(flow.sent(1.0, SIZE), 600.0)
    flow.sent(600.0, SIZE)
    assert flow.next_at() <= 600.5
