"""Which figure is drawn next, of any number of runs."""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from pathlib import Path

import pytest

from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.renderer.live import loop
from autoviz_render.renderer.live.live_run import LiveRun, LiveSettings
from autoviz_render.renderer.live.loop import LiveRenderer
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.store import Spool


class Noting:
    """Draws nothing, and notes what it should have drawn; each job is done when `finish` says so."""

    heartbeat_interval = 20.0
    wait_timeout = 0.01
    at_work_since = math.inf

    def __init__(self) -> None:
        self.on_answer = lambda: None
        self.begun: list[Path] = []
        self._is_at_work = self._is_done = False

    def start(self, job) -> None:
        self.begun.append(job.spool)
        self._is_at_work, self._is_done = True, False

    def finish(self) -> None:
        self._is_done = True

    def result(self) -> RenderResult | None:
        return RenderResult("drawn") if self._is_at_work and self._is_done else None

    def another(self) -> Noting:
        return Noting()

    def close(self) -> None:
        pass


@pytest.fixture
def tree(tmp_path, publish):
    """Runs that began one after another, the last one in `00`, all of which might go on."""
    publish(1, into=tmp_path / "tree" / "00")
    info = json.loads((tmp_path / "tree" / "00" / "spool" / "spool.json").read_text())
    for number in range(20):
        run = tmp_path / "tree" / f"{number:02d}"
        if number:
            shutil.copytree(tmp_path / "tree" / "00", run)
        told = info | {"state": "running", "created": info["created"] - 100 * number}
        (run / "spool" / "spool.json").write_text(json.dumps(told))
    return tmp_path / "tree"


@pytest.fixture
def renderer(tree):
    renderer = LiveRenderer(Watch(tree, poll=0.02), LiveSettings(RenderSettings(dpi=20)), Noting())
    yield renderer
    renderer.close()


def add_snapshot(run: Path, number: int) -> None:
    newest = Spool(run).newest().path
    shutil.copy(newest, tree_draft := run / "spool" / "tmp" / "draft")
    os.replace(tree_draft, newest.with_name(f"e0000-{number:012d}.h5"))


def draw(renderer: LiveRenderer, count: int) -> list[str]:
    """The runs of which so many figures are begun, one after another."""
    executor = renderer._slots[0].executor
    assert isinstance(executor, Noting)
    for _ in range(count):
        executor.finish()
        renderer._turn()
    return [spool.parent.name for spool in executor.begun]


def test_the_backlog_is_drawn_newest_first(renderer):
    """Who starts a watch on a thousand runs wants to see today's."""
    renderer.look()
    assert draw(renderer, 4) == ["00", "01", "02", "03", "04"]


def test_a_run_that_publishes_comes_before_the_backlog(renderer, tree, eventually):
    """Somebody may be looking at it; the backlog has waited for long."""
    renderer.look()
    add_snapshot(tree / "15", 7)
    eventually(lambda: renderer._watch.wait(0.01) or renderer._watch.is_due)
    assert draw(renderer, 2) == ["00", "15", "01"]


def test_runs_that_publish_without_a_pause_do_not_stop_the_backlog(renderer, tree):
    """Of nine figures at least one is of the backlog."""
    renderer.look()
    for number in range(1, 30):
        add_snapshot(tree / "19", number)
        renderer._watch.is_due_again(tree / "19" / "spool")
        draw(renderer, 1)
    begun = draw(renderer, 0)
    assert begun.count("19") > 20
    assert {"00", "01", "02"} <= set(begun)


def test_what_a_frame_costs_does_not_grow_with_the_runs(renderer, tree, monkeypatch):
    """Of ten thousand that wait, choosing one must not look at all."""
    renderer.look()
    asked = []
    real = LiveRun.next
    monkeypatch.setattr(LiveRun, "next", lambda run, state: asked.append(run) or real(run, state))
    monkeypatch.setattr(renderer._watch, "due", lambda **_: [])
    draw(renderer, 5)
    assert len(asked) <= 5 * 4


def test_many_runs_beat_rarely_and_say_so(renderer, tree, monkeypatch):
    """Ten thousand files every two seconds would be a load; a beat later than promised means a renderer that hangs."""
    monkeypatch.setattr(loop, "_BEATS_A_SECOND", 0.5)
    monkeypatch.setattr(loop, "_FEW", 10)
    renderer.look()
    draw(renderer, 20)
    before = {each: read_heartbeat(each).clock for each in tree.glob("*/spool/renderer.json")}
    renderer._turn()
    assert {each: read_heartbeat(each).clock for each in before} == before
    assert len(before) == 20
    assert all(read_heartbeat(each).promise >= 2 * 20 / 0.5 for each in [*before][-3:])


def test_runs_that_are_over_and_drawn_keep_nothing(renderer, tree):
    """There may be very many: what was listed is listed again when there is something new."""
    for info in tree.glob("*/spool/spool.json"):
        info.write_text(json.dumps(json.loads(info.read_text()) | {"state": "finished"}))
    renderer.look()
    assert renderer.progress == (0, 20)
    draw(renderer, 21)
    assert renderer.progress == (20, 20)
    assert all(run._newest.last is None for run in renderer._runs.values())
    assert sum(run.lock.is_held for run in renderer._runs.values()) <= 16
    add_snapshot(tree / "03", 7)
    renderer.look()
    assert draw(renderer, 0)[-1] == "03"


def test_a_run_whose_path_is_no_longer_watched_is_let_go_of(tree):
    """A renderer that serves several searches: one that ended is no fault, and its spool is free for others."""
    watch = Watch([tree / "00" / "spool", tree / "01" / "spool"], poll=0.02)
    renderer = LiveRenderer(watch, LiveSettings(), Noting())
    try:
        renderer.look()
        watch.remove(tree / "00" / "spool")
        watch.add(tree / "02" / "spool")
        deadline = time.monotonic() + 10
        while set(renderer._runs) != {tree / "01" / "spool", tree / "02" / "spool"}:
            draw(renderer, 1)
            assert time.monotonic() < deadline
        assert read_heartbeat(tree / "00" / "spool" / "renderer.json").activity == "stopped"
    finally:
        renderer.close()
