"""No frame waits in a queue on its way to a browser, and none waits for a browser that does not answer."""

from __future__ import annotations

import itertools

from autoviz_render.views.notebook.frame_flow import FIRST_PATIENCE, LONGEST_PATIENCE, FrameFlow


def test_a_frame_is_sent_when_the_one_before_arrived():
    """jupyter_rfb's rule."""
    flow = FrameFlow()
    assert flow.next_at() == 0.0
    number = flow.sent(100.0)
    assert flow.next_at() >= 100.0 + FIRST_PATIENCE
    flow.acknowledged(number, 100.05)
    assert flow.next_at() == 0.0


def test_a_browser_that_does_not_answer_gets_ever_fewer_frames():
    """A busy kernel hears no answer, and shows frames all the same; a browser that is gone fills a server's memory."""
    flow, now, moments = FrameFlow(), 0.0, []
    while now < 3600:
        flow.sent(now)
        moments.append(now)
        now = flow.next_at()
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert gaps[:5] == [1, 2, 4, 8, 16]
    assert set(gaps[5:]) == {LONGEST_PATIENCE}
    flow.acknowledged(flow.number, now)
    assert flow.next_at() == 0.0


def test_an_answer_to_an_earlier_frame_tells_nothing():
    """The newest one may still be on its way."""
    flow = FrameFlow()
    first = flow.sent(0.0)
    flow.sent(1.0)
    flow.acknowledged(first, 1.1)
    assert flow.next_at() > 1.1
    for nonsense in (None, "2", 2.5, {}, [], -1, 10**30):
        flow.acknowledged(nonsense, 1.2)
    assert flow.unanswered == 2


def test_a_slow_link_is_given_its_time():
    """A frame that takes five seconds must not have four behind it."""
    flow = FrameFlow()
    flow.acknowledged(flow.sent(0.0), 5.0)
    flow.sent(5.0)
    assert flow.next_at() >= 15.0
