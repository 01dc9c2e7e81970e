"""The newest of how all runs stand, for views in threads of their own."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import pytest

from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import FrameView, Overview, RunDetail, RunView

FRAME = FrameView("a", "fit", 3, Path("a.png"), 2.0, 1.0)


@pytest.fixture
def feed() -> Feed:
    details: dict[str, RunDetail] = {}
    return Feed(Path("output"), details.__getitem__)


def show(feed: Feed, *keys: str) -> None:
    feed.show(Overview(Path("output"), 0.0, tuple(RunView(key, Path(key), Path(key), key) for key in keys)), keys)


def test_a_view_is_told_what_changed_since_it_looked(feed):
    """Of ten thousand runs it draws those anew."""
    show(feed, "a", "b")
    seen = feed.version
    assert feed.changed(0) == {"a", "b"}
    assert feed.changed(seen) == frozenset()
    show(feed, "b")
    show(feed, "c")
    assert feed.changed(seen) == {"b", "c"}
    assert feed.changed(0) == {"a", "b", "c"}


def test_what_changed_is_forgotten_at_some_time(feed, monkeypatch):
    """Runs that came and went take no memory for ever; a view that slept so long draws all anew."""
    monkeypatch.setattr("autoviz_render.views.model.feed._MOST_REMEMBERED", 10)
    for number in range(100):
        show(feed, f"run{number}")
    assert len(feed.changed(0)) <= 11
    assert "run99" in feed.changed(0)
    assert feed.changed(98) == {"run98", "run99"}


def test_a_view_waits_for_a_change(feed):
    """It returns at once if there was one already, and at the end of its time if there is none."""
    assert feed.wait(0, 0.01) == 0
    threading.Timer(0.05, show, (feed, "a")).start()
    assert feed.wait(0, 30) == 1
    assert feed.wait(0, 30) == 1


def test_whoever_waits_goes_on_when_the_feed_is_closed(feed):
    """A view is closed at once."""
    threading.Timer(0.05, feed.close).start()
    began = time.monotonic()
    feed.wait(0, 30)
    assert time.monotonic() - began < 10
    assert feed.is_closed


def test_a_frame_is_told_to_all_until_they_have_enough(feed):
    """By the thread that draws."""
    first, second = [], []
    stop = feed.on_frame(first.append)
    feed.on_frame(second.append)
    feed.tell_frame(FRAME)
    stop()
    stop()
    feed.tell_frame(FRAME)
    assert (len(first), len(second)) == (1, 2)


def test_a_view_that_fails_costs_the_others_nothing(feed, caplog):
    """Nor the drawing: it is told no more."""
    told = []

    def fail(_: FrameView) -> None:
        told.append("failed")
        raise RuntimeError("a bug")

    feed.on_frame(fail)
    feed.on_frame(told.append)
    with caplog.at_level(logging.WARNING):
        feed.tell_frame(FRAME)
        feed.tell_frame(FRAME)
    assert told == ["failed", FRAME, FRAME]
    assert [record.getMessage() for record in caplog.records] == ["a view failed and is told no more of new figures"]


def test_there_is_no_detail_of_a_run_that_is_not_there(feed):
    """It may have vanished since it was listed."""
    with pytest.raises(KeyError):
        feed.detail("nobody")
