"""How all runs stand, by those who see that something happens to one."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from archiving import put_away
from removal import remove

from autoviz_render.renderer.heartbeat import Heartbeat, write_heartbeat
from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.plot.formats import SOFTWARE
from autoviz_render.renderer.work.job_runner import InProcess
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.views.model import collector as module
from autoviz_render.views.model.collector import Collector
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.follow import follow, look
from autoviz_render.views.model.reader import Place, RunReader
from autoviz_render.views.model.run_view import RunView


@pytest.fixture
def collector(tmp_path, monkeypatch) -> Collector:
    """One whose turns are the test's, which shows what changed at once."""
    monkeypatch.setattr(module, "_SHOWS_EVERY", 0.0)
    return Collector(Place(tmp_path))


def runs(feed: Feed) -> dict[str, RunView]:
    return {run.key: run for run in feed.overview.runs}


def test_what_is_told_is_shown(tmp_path, publish, collector):
    """Nothing else is read."""
    for name in "ba":
        publish(2, into=tmp_path / name)
    publish(1, into=tmp_path / "c")
    for name in "ba":
        collector.looked_at(tmp_path / name / "spool")
    collector.turn()
    assert list(runs(collector.feed)) == ["a", "b"]
    assert collector.feed.changed(0) == {"a", "b"}
    assert not collector.feed.overview.is_complete
    collector.turned(is_complete=True)
    collector.turn()
    assert collector.feed.overview.is_complete


def test_a_run_that_did_not_change_is_no_news(tmp_path, publish, collector):
    """Each run is looked at every few seconds."""
    publish(2, into=tmp_path / "a")
    collector.looked_at(tmp_path / "a" / "spool")
    collector.turn()
    version = collector.feed.version
    collector.looked_at(tmp_path / "a" / "spool")
    collector.turn()
    assert collector.feed.version == version


def test_a_change_is_seen_once_more_a_moment_later(tmp_path, publish, collector, monkeypatch):
    """What changes twice within the grain of a file's time looks as it did."""
    monkeypatch.setattr(module, "_LOOKS_AGAIN", 0.0)
    publish(1, into=tmp_path / "a")
    read = []
    monkeypatch.setattr(RunReader, "read", lambda self, read_=RunReader.read: (read.append(self), read_(self))[1])
    collector.looked_at(tmp_path / "a" / "spool")
    for _ in range(5):
        collector.turn()
    assert len(read) == 2


def test_runs_vanish_and_come_again(tmp_path, publish, collector):
    """Removed, and begun anew under their names."""
    publish(3, into=tmp_path / "a")
    collector.looked_at(tmp_path / "a" / "spool")
    collector.turn()
    shutil.rmtree(tmp_path / "a")
    collector.left(tmp_path / "a" / "spool")
    collector.turn()
    assert runs(collector.feed) == {}
    with pytest.raises(KeyError):
        collector.feed.detail("a")
    publish(1, into=tmp_path / "a")
    collector.looked_at(tmp_path / "a" / "spool")
    collector.turn()
    assert runs(collector.feed)["a"].updates == 1


def test_a_run_that_is_looked_at_no_more_is_shown_as_it_ended(tmp_path, publish, collector, monkeypatch):
    """A shared renderer lets go of it as soon as it is done: its page tells that it is finished."""
    publish(1, into=tmp_path / "a")
    collector.left(tmp_path / "a" / "spool")
    collector.turn()
    assert runs(collector.feed)["a"].state == "finished"
    monkeypatch.setattr(module, "_SHOWN_FOR", -1.0)
    collector.left(tmp_path / "a" / "spool")
    collector.turn()
    assert runs(collector.feed) == {}


def test_a_run_that_is_archived_stays_in_its_place(tmp_path, publish, collector):
    """Its folder is gone, and a zip is there: to a view it is the same run."""
    publish(2, into=tmp_path / "a")
    collector.looked_at(tmp_path / "a" / "spool")
    collector.turn()
    archive = put_away(tmp_path / "a")
    collector.left(tmp_path / "a" / "spool")
    collector.looked_at(archive / "spool")
    collector.turn()
    collector.turn()
    assert runs(collector.feed)["a"].spool == archive / "spool"
    assert collector.feed.detail("a").curves.steps == [0, 1]


def test_a_spool_that_cannot_be_read_is_a_line_in_the_table(tmp_path, publish, collector):
    """And costs the others nothing."""
    for name in "ab":
        publish(1, into=tmp_path / name)
    (tmp_path / "a" / "spool" / "spool.json").write_text("{")
    for name in "ab":
        collector.looked_at(tmp_path / name / "spool")
    collector.turn()
    assert "spool.json" in runs(collector.feed)["a"].reason
    assert not runs(collector.feed)["b"].reason


def test_what_fails_in_the_model_costs_no_drawing(tmp_path, collector, monkeypatch, caplog):
    """A bug of ours is one warning."""
    monkeypatch.setattr(module, "RunReader", lambda *_: 1 / 0)
    collector.looked_at(tmp_path)
    collector.turn()
    assert "could not be told" in caplog.text


def drawn(run_dir: Path, number: int = 0) -> RenderResult:
    return RenderResult(
        files=(run_dir / "image" / "fit.png",),
        spool=run_dir / "spool",
        snapshot=f"e0000-{number:012d}.h5",
        figure="auto",
        published=12.0,
    )


def test_a_frame_is_told_at_once_and_known_afterwards(tmp_path, publish, collector):
    """Before anything is read: a view shows the picture, and its table follows."""
    publish(3, into=tmp_path / "a")
    told = []
    collector.feed.on_frame(told.append)
    collector.drawn(drawn(tmp_path / "a", 2))
    assert [(each.key, each.figure, each.step, each.published) for each in told] == [("a", "auto", 2, 12.0)]
    (tmp_path / "a" / "image").mkdir()
    (tmp_path / "a" / "image" / "fit.png").write_bytes(SOFTWARE.encode())
    collector.looked_at(tmp_path / "a" / "spool", Heartbeat(activity="watching"))
    collector.turn()
    assert [each.step for each in runs(collector.feed)["a"].figures] == [2]
    assert runs(collector.feed)["a"].renderer.state == "watching"


def make_old(spool: Path, seconds: float) -> None:
    """Have what a run published be some time ago, as its lines say."""
    from autoviz_render.spool.scalars import ScalarsReader, line_text

    lines = ScalarsReader(spool / "scalars.jsonl").lines()
    data = b"".join(line_text(type(each)(**(vars(each) | {"time": each.time - seconds}))) for each in lines)
    (spool / "scalars.jsonl").write_bytes(data)


@pytest.fixture
def ten_runs(tmp_path) -> Iterator[list[Path]]:
    """Runs that go on, and have published some updates a moment ago."""
    publishers = [Publisher(tmp_path / f"run{number}") for number in range(10)]
    for publisher in publishers:
        for number in range(4):
            publisher.publish({"x": [1.0, 2.0]}, iteration=number)
        assert publisher.flush(30)
    yield [tmp_path / f"run{number}" / "spool" for number in range(10)]
    for publisher in publishers:
        publisher.close()


def test_a_run_that_is_silent_among_others_is_named(ten_runs, collector, monkeypatch):
    """And not any more as soon as it publishes, or all are silent."""
    make_old(ten_runs[3], 3600.0)
    for spool in ten_runs:
        collector.looked_at(spool)
    collector.turn()
    monkeypatch.setattr(module, "_JUDGES_EVERY", 0.0)
    collector._judges_at = 0.0
    collector.turn()
    assert [key for key, run in runs(collector.feed).items() if run.is_silent] == ["run3"]
    assert "no quick update for" in runs(collector.feed)["run3"].reason
    for spool in ten_runs[:3] + ten_runs[4:]:
        make_old(spool, 3600.0)
        collector.looked_at(spool)
    collector.turn()
    collector._judges_at = 0.0
    collector.turn()
    assert not any(run.is_silent for run in runs(collector.feed).values())


def test_a_renderer_that_dies_is_seen_though_no_file_changes(ten_runs, collector, monkeypatch):
    """Its sign of life does not come."""
    write_heartbeat(ten_runs[0] / "renderer.json", Heartbeat(activity="watching"), 0.2)
    collector.looked_at(ten_runs[0])
    collector.turn()
    assert runs(collector.feed)["run0"].renderer.state == "watching"
    deadline = time.monotonic() + 30
    while runs(collector.feed)["run0"].renderer.state != "late":
        assert time.monotonic() < deadline
        collector._judges_at = 0.0
        collector.turn()
    assert runs(collector.feed)["run0"].reason == "its renderer is late"


def test_a_clock_that_is_set_back_makes_no_age_negative(tmp_path, ten_runs, collector, monkeypatch):
    """All runs were published in the future then."""
    for spool in ten_runs:
        collector.looked_at(spool)
    collector.turn()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600.0)
    collector._judges_at = 0.0
    collector.turn()
    overview = collector.feed.overview
    assert all(overview.now >= run.updated for run in overview.runs)
    assert all(overview.now >= run.started for run in overview.runs)


def test_a_live_renderer_feeds_it(tmp_path, publish, collector):
    """What it looks at, draws, and loses is shown, with no second watch."""
    for name in "ab":
        publish(2, into=tmp_path / name, state="finished")
    frames = []
    collector.feed.on_frame(frames.append)
    renderer = LiveRenderer(Watch(tmp_path), LiveSettings(until_finished=True), InProcess(), listener=collector)
    with closing(collector.feed):
        collector.start()
        assert renderer.run() == 0
        collector.flush(30)
        assert {(each.key, each.step) for each in frames} == {("a", 1), ("b", 1)}
        shown = runs(collector.feed)
        assert {key: run.renderer.state for key, run in shown.items()} == {"a": "stopped", "b": "stopped"}
        assert [each.step for run in shown.values() for each in run.figures] == [1, 1]
        assert collector.feed.overview.is_complete


def test_a_run_is_followed_in_another_process(tmp_path, publish, eventually):
    """A notebook somewhere else, by what changes on the disk."""
    frames = []
    with closing(follow(tmp_path, poll=0.1)) as feed:
        feed.on_frame(frames.append)
        assert feed.wait(0, 30)
        with Publisher(tmp_path / "a") as publisher:
            publisher.publish({"x": [1.0, 2.0]}, iteration=5)
            eventually(lambda: "a" in runs(feed) and runs(feed)["a"].updates == 1)
            for number in range(2):
                publisher.publish({"x": [1.0, 2.0]}, iteration=6 + number)
                assert publisher.flush(30)
                image = tmp_path / "a" / "image"
                image.mkdir(exist_ok=True)
                write_whole(image / "fit.png", [SOFTWARE.encode(), bytes(number)], tmp=image)
                beat = Heartbeat(activity="watching", last_drawn=f"e0000-{number + 1:012d}.h5")
                write_heartbeat(tmp_path / "a" / "spool" / "renderer.json", beat, 100.0)
                eventually(lambda number=number: len(frames) == number + 1)
        eventually(lambda: runs(feed)["a"].state == "finished")
        assert [(each.key, each.figure, each.step, each.file) for each in frames] == [
            ("a", "auto", step, image / "fit.png") for step in (1, 2)
        ]
        remove(tmp_path / "a")
        eventually(lambda: not runs(feed))


def test_a_feed_that_is_closed_leaves_no_thread(tmp_path, eventually):
    """Opened and closed a hundred times in a notebook."""
    before = threading.active_count()
    feeds = [follow(tmp_path) for _ in range(3)]
    for feed in feeds:
        feed.close()
    eventually(lambda: threading.active_count() <= before)


def test_a_look_is_a_feed_that_stays_as_it_is(tmp_path, publish):
    """`--html` without `--watch`."""
    for name in "ba":
        publish(2, into=tmp_path / name)
    feed = look(tmp_path, [tmp_path / name / "spool" for name in "ba"])
    assert list(runs(feed)) == ["a", "b"]
    assert feed.overview.is_complete
    assert feed.changed(0) == {"a", "b"}
    assert feed.detail("b").parameters == {"radius": 2.5}
    assert json.dumps(feed.detail("b").curves.steps) == "[0, 1]"
