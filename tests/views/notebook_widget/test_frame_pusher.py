"""The thread behind the widget, with a browser that is a list."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import Curves, FigureView, FrameView, Overview, RunDetail, RunView
from autoviz_render.views.notebook.frame_pusher import FramePusher
from autoviz_render.views.notebook.widget_state import run_id


def png(colour):
    made = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(made, "PNG")
    return made.getvalue()


class Runs:
    """Runs whose figures are drawn by the test."""

    def __init__(self, folder: Path, keys: list[str]) -> None:
        self.views = {
            key: RunView(key, folder / key / "spool", folder / key / "image", key, started=float(number), step=0)
            for number, key in enumerate(keys)
        }
        self.feed = Feed(folder, self.detail)
        for view in self.views.values():
            view.figures_folder.mkdir(parents=True)

    def detail(self, key: str) -> RunDetail:
        return RunDetail(self.views[key], Curves([0, 1], [0, 1], [0.0, 1.0], {"log_likelihood": [-2.0, -1.0]}))

    def draw(self, key: str, step: int, *, is_told: bool = True) -> bytes:
        view, file = self.views[key], self.views[key].figures_folder / "fit.png"
        data = png((step % 256, step // 256, 7))
        file.write_bytes(data)
        figure = FigureView("fit", file, 1000.0 + step, len(data), step)
        self.views[key] = replace(view, step=step, updates=step, figures=(figure,))
        self.feed.show(Overview(file.parents[2], time.time(), tuple(self.views.values())), [key])
        if is_told:
            self.feed.tell_frame(FrameView(key, "fit", step, file, 1000.0 + step, 1000.0))
        return data


class Browser:
    """What was pushed."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict]] = []
        self.came = threading.Condition()

    def __call__(self, name: str, value: dict) -> None:
        with self.came:
            self.told.append((name, value))
            self.came.notify_all()

    def of(self, name: str) -> list[dict]:
        return [value for told, value in self.told if told == name]


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path, ["a", "b"])


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def pusher(runs, browser):
    made = FramePusher(lambda: runs.feed, browser)
    yield made
    made.close()


def test_a_thousand_frames_leave_none_in_a_queue(runs, browser, pusher, eventually):
    """At most one is on its way; the last one arrives."""
    runs.draw("b", 0)
    pusher.start()
    most = 0
    for step in range(1, 1001):
        runs.draw("b", step)
        frames = browser.of("frame")
        most = max(most, len(frames) - sum(each["acknowledged"] for each in frames if "acknowledged" in each))
        if frames and "acknowledged" not in frames[-1]:
            frames[-1]["acknowledged"] = 1
            pusher.hear({"kind": "ack", "number": frames[-1]["number"], "is_free": True})

    def newest_came() -> bool:
        frames = browser.of("frame")
        pusher.hear({"kind": "ack", "number": frames[-1]["number"]})
        return frames[-1]["step"] == 1000

    eventually(newest_came)
    assert most <= 2
    assert browser.of("frame")[-1]["data"] == png((1000 % 256, 1000 // 256, 7))


def test_without_an_answer_the_newest_comes_all_the_same(runs, browser, pusher, eventually):
    """A kernel that runs a cell hears none before the cell ends."""
    runs.draw("b", 1)
    pusher.start()
    eventually(lambda: browser.of("frame"))
    for step in range(2, 30):
        runs.draw("b", step)
    assert len(browser.of("frame")) == 1
    eventually(lambda: browser.of("frame")[-1]["step"] == 29, 10)
    assert len(browser.of("frame")) == 2


def test_a_frame_is_pushed_when_it_is_told(runs, browser, pusher, eventually):
    """The overview may follow later."""
    runs.draw("b", 1)
    pusher.start()
    eventually(lambda: browser.of("frame"))
    pusher.hear({"kind": "ack", "number": 1})
    began = time.monotonic()
    runs.draw("b", 2)
    eventually(lambda: browser.of("frame")[-1]["step"] == 2)
    assert time.monotonic() - began < 5


def test_a_run_can_be_chosen(runs, browser, pusher, eventually):
    """Its figure comes, and its curve."""
    runs.draw("a", 5)
    runs.draw("b", 6)
    pusher.start()
    eventually(lambda: browser.of("frame"))
    assert browser.of("frame")[-1]["id"] == run_id("b")
    pusher.hear({"kind": "ack", "number": 1})
    pusher.hear({"kind": "choose", "id": run_id("a")})
    eventually(lambda: browser.of("frame")[-1]["id"] == run_id("a"))
    eventually(lambda: browser.of("curve")[-1]["id"] == run_id("a"))
    pusher.hear({"kind": "choose", "id": "no such run"})
    eventually(lambda: browser.of("state")[-1]["id"] == run_id("b"))


@pytest.mark.parametrize(
    "message", [{}, {"kind": 3}, {"kind": "choose", "id": ["a"]}, {"kind": "ack", "number": {}}, {"kind": "figure"}]
)
def test_nonsense_from_a_browser_changes_nothing(runs, browser, pusher, eventually, message):
    """A page can send anything."""
    runs.draw("b", 1)
    pusher.hear(message)
    pusher.start()
    eventually(lambda: browser.of("frame"))
    assert pusher.is_alive


def test_a_figure_that_is_a_link_out_of_the_run_is_not_sent(runs, browser, pusher, tmp_path, eventually):
    """A stranger's folder may hold links to what is yours."""
    runs.draw("b", 1)
    file = runs.views["b"].figures[0].file
    secret = tmp_path / "secret.png"
    secret.write_bytes(png("red"))
    file.unlink()
    file.symlink_to(secret)
    pusher.start()
    eventually(lambda: browser.of("state"))
    eventually(lambda: browser.of("curve"))
    assert not browser.of("frame")
    file.unlink()
    runs.draw("b", 2)
    eventually(lambda: browser.of("frame"))


def test_it_stops_at_once(runs, pusher, eventually):
    """A cell that is run again must not leave a thread each."""
    pusher.start()
    eventually(lambda: pusher.overview is not None)
    began = time.monotonic()
    pusher.close()
    assert not pusher.is_alive
    assert time.monotonic() - began < 2
    assert runs.feed.is_closed


def test_a_browser_that_fails_costs_one_warning(runs, caplog, eventually):
    """The front end's connection may break at any time."""

    def broken(*_):
        raise RuntimeError("no comm")

    made = FramePusher(lambda: runs.feed, broken)
    runs.draw("b", 1)
    made.start()
    eventually(lambda: not made.is_alive)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
