"""The thread that takes the newest of what is handed over."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

from autoviz_render.spool.write.latest_only import LatestOnlyThread


class Taking:
    """A thread that notes what it takes, each item once the gate is open."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.began = threading.Event()
        self.gate = threading.Event()
        self.thread = LatestOnlyThread[int]("taking", self._run)
        self.thread.start()

    def _run(self, turns):
        for newest, _ in turns:
            if newest is not None:
                self.began.set()
                assert self.gate.wait(30)
                self.taken.append(newest)


def test_only_the_newest_of_what_waits_is_taken():
    """A slow disk costs the updates in between, not memory and not time."""
    taking = Taking()
    taking.thread.hand_over(0)
    assert taking.began.wait(30)
    for number in range(1, 10):
        taking.thread.hand_over(number)
    assert not taking.thread.flush(0.01)
    taking.gate.set()
    assert taking.thread.flush(30)
    assert (taking.taken, taking.thread.replaced) == ([0, 9], 8)
    assert taking.thread.close(30)


def test_what_was_handed_over_before_the_close_is_taken():
    """The last snapshot of a run matters most."""
    taking = Taking()
    taking.gate.set()
    taking.thread.hand_over(1)
    assert taking.thread.close(30)
    assert taking.taken == [1]
    assert taking.thread.flush(30), "nobody waits for a thread that has ended"
    assert taking.thread.close(30)


def test_a_thread_that_was_never_started_holds_nobody_up():
    """A batch system may refuse it."""
    thread = LatestOnlyThread[int]("never", list)
    thread.hand_over(1)
    assert thread.flush()
    assert thread.close()
    assert not thread.is_begun


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such timer")
def test_a_signal_handler_may_hand_over_anywhere():
    """A lock would be held by the very code that the handler interrupts: the program would wait for itself."""
    taking = Taking()
    taking.gate.set()
    handed = 0

    def hand_over(*_):
        nonlocal handed
        handed += 1
        taking.thread.hand_over(-handed)

    before = signal.signal(signal.SIGALRM, hand_over)
    signal.setitimer(signal.ITIMER_REAL, 1e-4, 1e-4)
    try:
        for number in range(50_000):
            taking.thread.hand_over(number)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert taking.thread.flush(30)
    assert taking.thread.close(30)
    assert handed > 10
    assert taking.taken[-1] in (49_999, -handed)
    assert taking.thread.replaced + len(taking.taken) == 50_000 + handed
