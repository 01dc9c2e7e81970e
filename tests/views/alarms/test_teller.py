"""Which alarms are told as new, and which are over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.views.alarms.teller import AlarmNews, AlarmTeller
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import Overview, RunView


class Shown:
    """A feed, and what a teller tells of it."""

    def __init__(self) -> None:
        self.feed = Feed(Path("/r"), lambda _: None)
        self.told: list[tuple[str, str, bool]] = []
        self.news: list[AlarmNews] = []
        self.teller = AlarmTeller(self.feed, [self.take])

    def take(self, news: AlarmNews) -> None:
        self.news.append(news)
        self.told.append((news.run.key, news.alarm.rule, news.is_over))

    def show(self, *, is_readable: bool = True, **runs: list[Alarm]) -> list[tuple[str, str, bool]]:
        views = [
            RunView(key, Path("/r") / key / "spool", Path("/r"), key, alarms=tuple(alarms), is_readable=is_readable)
            for key, alarms in sorted(runs.items())
        ]
        before = {run.key for run in self.feed.overview.runs}
        self.feed.show(Overview(Path("/r"), 0.0, tuple(views)), before | runs.keys())
        self.told.clear()
        self.teller.look()
        return sorted(self.told)


@pytest.fixture
def shown() -> Shown:
    return Shown()


def alarm(rule: str, **facts) -> Alarm:
    return Alarm(rule, "words", "fit", "Source", **facts)


def test_each_alarm_is_told_once_and_once_more_when_it_is_over(shown):
    """Its numbers change with every snapshot: that is no news."""
    assert shown.show(a=[alarm("zero")], b=[]) == [("a", "zero", False)]
    assert shown.show(a=[alarm("zero", value=2.0)], b=[]) == []
    assert shown.show(a=[alarm("constant")], b=[alarm("zero")]) == [
        ("a", "constant", False),
        ("a", "zero", True),
        ("b", "zero", False),
    ]
    assert shown.show(a=[], b=[]) == [("a", "constant", True), ("b", "zero", True)]
    assert shown.show(a=[alarm("zero")], b=[]) == [("a", "zero", False)]


def test_a_run_that_is_away_for_a_moment_is_not_well(shown):
    """Its disk does not answer; and one that is gone has nothing to tell."""
    shown.show(a=[alarm("zero")])
    assert shown.show(a=[], is_readable=False) == []
    assert shown.show(a=[alarm("zero")]) == []
    assert shown.show() == []


def test_an_alarm_of_before_the_watch_is_not_new(shown):
    """`alarms.json` told it already: a command is not run again as the watcher was started again."""
    shown.show(a=[alarm("zero", since=time.time() - 3600), alarm("constant", since=time.time() + 1), alarm("silent")])
    assert {news.alarm.rule: news.is_new for news in shown.news} == {"zero": False, "constant": True, "silent": True}


def test_what_is_new_at_the_end_is_told_before_it_ends(shown, eventually):
    """The last figure of a run is often the one that is wrong."""
    shown.teller.start()
    shown.feed.show(
        Overview(Path("/r"), 0.0, (RunView("a", Path("/r"), Path("/r"), "a", alarms=(alarm("zero"),)),)), ["a"]
    )
    shown.teller.close()
    assert shown.told == [("a", "zero", False)]


def test_a_listener_that_fails_ends_nothing(shown, eventually, caplog):
    """A full disk under standard output, say."""
    shown.teller._tell = [lambda _: 1 / 0]
    shown.teller.start()
    shown.show(a=[])
    views = (RunView("a", Path("/r"), Path("/r"), "a", alarms=(alarm("zero"),)),)
    shown.feed.show(Overview(Path("/r"), 0.0, views), ["a"])
    eventually(lambda: "an alarm could not be told" in caplog.text)
    assert shown.teller._thread.is_alive()
