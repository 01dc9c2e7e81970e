"""The page beside the figures follows the run, costs little, and harms nothing if it cannot be written."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import replace

import pytest
from page_values import draw, frame_of, run_view

from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import Curves, Overview, RendererView, RunDetail
from autoviz_render.views.page import run_pages
from autoviz_render.views.page.run_page import RunPage, is_up_to_date
from autoviz_render.views.page.run_pages import RunPages
from autoviz_render.views.page.scripts import value_of

SMALL = (160, 120)


class Runs:
    """Some runs, a feed of them, and the pages that follow it."""

    def __init__(self, folder, count):
        self.folder = folder
        self.details = 0
        self.views = {}
        self.feed = Feed(folder, self.detail)
        self.pages = RunPages(self.feed)
        for number in range(count):
            (folder / f"run{number}" / "image").mkdir(parents=True)
            draw(folder / f"run{number}" / "image" / "fit.png", number, SMALL)
            self.change(f"run{number}")

    def detail(self, key):
        self.details += 1
        view = self.views[key]
        curves = Curves([0, 1], [0, 10], [1000.0, 1001.0], {"log_likelihood": [float("-inf"), -1.5]})
        refs = [SnapshotRef(0, step, view.spool / "snapshots" / f"{step}.h5") for step in range(2)]
        return RunDetail(view, curves, {"radius": 1.6}, refs)

    def change(self, key, **told):
        self.views[key] = replace(run_view(self.folder / key, key), **told)
        runs = [self.views[each] for each in sorted(self.views)]
        self.feed.show(Overview(self.folder, time.time(), runs), [key])

    def remove(self, key):
        del self.views[key]
        self.feed.show(Overview(self.folder, time.time(), list(self.views.values())), [key])

    def draw(self, key, step, **told):
        draw(self.folder / key / "image" / "fit.png", step, SMALL)
        self.feed.tell_frame(frame_of(self.views[key], step))
        self.change(key, step=step, **told)

    def file(self, key, name="run.js"):
        return self.folder / key / "image" / "index_files" / name

    def told(self, key, name="run.js"):
        return value_of(self.file(key, name).read_bytes()) if self.file(key, name).exists() else None

    def shows(self, key, **about):
        told = self.told(key)
        return told is not None and all(told["run"].get(name) == value for name, value in about.items())


@pytest.fixture
def runs(tmp_path, sources, monkeypatch):
    """Two runs that this process draws."""
    monkeypatch.setattr(run_pages, "_EVERY", 0.05)
    monkeypatch.setattr(run_pages, "_SHARE", 0.5)
    made = Runs(tmp_path / "out", 2)
    made.pages.start()
    yield made
    made.pages.close()


def test_a_page_and_its_data_appear_beside_the_figures(runs, eventually):
    """A folder that is copied to a laptop explains itself."""
    runs.change("run0", step=1, log_likelihood=-1.5, scalars={"log_z": float("nan")})
    eventually(lambda: runs.shows("run0", step=1))
    told, detail = runs.told("run0"), runs.told("run0", "detail.js")
    assert told["run"]["scalars"] == [["log_z", "NaN"]]
    assert told["figures"][0]["file"] == "fit.png"
    assert told["renderer"]["state"] == "watching"
    assert told["detail"] == detail["digest"]
    assert detail["parameters"] == [["radius", 1.6]]
    assert detail["curves"]["values"] == [["log_likelihood", ["-Infinity", -1.5]]]
    assert detail["steps"] == [[0, 0], [0, 1]]
    assert told["next"] > told["now"]
    assert b'content="run"' in (runs.folder / "run0" / "image" / "index.html").read_bytes()


def test_the_steps_that_are_drawn_become_a_film(runs, eventually):
    """One sees how the run came to where it is."""
    for step in range(4):
        runs.draw("run0", step)
        eventually(lambda step=step: [step] in [frame[:1] for frame in film_of(runs, "run0")])
    assert [frame[0] for frame in film_of(runs, "run0")] == [0, 1, 2, 3]
    assert not film_of(runs, "run1")


def film_of(runs, key):
    detail = runs.told(key, "detail.js")
    return detail["films"][0]["frames"] if detail and detail["films"] else []


def test_a_picture_that_was_replaced_meanwhile_is_not_shown_as_an_earlier_step(runs, tmp_path):
    """A film whose step 3 shows step 4 would tell a story that was not so."""
    view, page = runs.views["run0"], RunPage(runs.views["run0"])
    status = view.figures[0].file.stat()
    draw(view.figures[0].file, 99)
    page.take_frame(view, frame_of(view, 3), (status.st_ino, status.st_size, status.st_mtime_ns))
    page.write(view, 0.0, None, runs.detail("run0"))
    assert not film_of(runs, "run0")


def test_only_what_changed_is_read_and_written(runs, eventually):
    """What a watch over ten thousand runs costs follows what changes."""
    eventually(lambda: runs.told("run0") and runs.told("run1"))
    details, before = runs.details, runs.file("run1").stat().st_ino
    beating = replace(runs.views["run1"].renderer, beat=123.0, state="drawing")
    runs.change("run1", renderer=beating)  # a sign of life alone is no change
    runs.change("run0", iteration=7)
    eventually(lambda: runs.shows("run0", iteration=7))
    assert runs.details == details + 1
    assert runs.file("run1").stat().st_ino == before


def test_the_last_word_is_written_at_the_end(runs):
    """The run ends, and with it the renderer: a page that says `running` for ever would be wrong."""
    runs.change("run0", state="finished", step=9)
    runs.pages.close()
    assert runs.shows("run0", state="finished", step=9)
    assert runs.told("run0")["next"] is None
    assert runs.told("run0")["renderer"]["state"] == "stopped"


def test_a_sign_of_life_is_written_though_nothing_happens(runs, eventually, monkeypatch):
    """A page from a disk can tell a search that is quiet from a renderer that is dead by nothing else."""
    monkeypatch.setattr(run_pages, "_SIGN_EVERY", 0.1)
    eventually(lambda: runs.told("run0"))
    now, details = runs.told("run0")["now"], runs.details
    runs.change("run1", state="finished")
    eventually(lambda: runs.told("run0")["now"] > now + 0.1)
    assert runs.details <= details + 2
    eventually(lambda: runs.told("run1")["next"] is None)


def test_a_run_that_another_renderer_draws_is_its_to_tell(runs, eventually):
    """Two would write over each other's page, with what each knows."""
    runs.file("run1").unlink(missing_ok=True)
    runs.change("run1", renderer=RendererView("watching", os.getpid() + 1, "elsewhere"), step=5)
    runs.change("run0", step=5)
    eventually(lambda: runs.shows("run0", step=5))
    runs.pages.close()
    assert not runs.shows("run1", step=5)


def test_another_programs_page_costs_one_warning_and_no_figure(runs, eventually, caplog):
    """A person's own report is in the folder."""
    foreign = Runs(runs.folder / "more", 3)
    for number in range(3):
        (foreign.folder / f"run{number}" / "image" / "index.html").write_text("mine")
    with caplog.at_level(logging.WARNING):
        foreign.pages.start()
        foreign.draw("run0", 1)
        eventually(lambda: "another program's page" in caplog.text)
        foreign.pages.close()
    assert len(caplog.records) == 1
    for number in range(3):
        assert (foreign.folder / f"run{number}" / "image" / "index.html").read_text() == "mine"
        assert not foreign.file(f"run{number}").parent.exists()


@pytest.fixture
def idle_runs(tmp_path, sources, monkeypatch):
    """Three runs whose pages are not begun yet."""
    monkeypatch.setattr(run_pages, "_LATER", 0.2)
    monkeypatch.setattr(run_pages, "_EVERY", 0.01)
    return Runs(tmp_path / "idle", 3)


@pytest.mark.parametrize("call", ["open", "writev", "replace"])
def test_a_disk_that_is_full_costs_one_warning_and_is_tried_again(idle_runs, monkeypatch, eventually, caplog, call):
    """Figures go on as long as they can; the page comes back with the room for it."""
    runs = idle_runs
    room = threading.Event()
    real = getattr(os, call)

    def full(*arguments, **named):
        of_page = threading.current_thread().name == "autoviz-pages"
        is_read = call == "open" and not arguments[1] & os.O_CREAT
        if of_page and not is_read and not room.is_set():
            raise OSError(28, "No space left on device")
        return real(*arguments, **named)

    monkeypatch.setattr(os, call, full)
    with caplog.at_level(logging.WARNING):
        runs.pages.start()
        eventually(lambda: "No space left" in caplog.text)
        room.set()
        eventually(lambda: all(runs.told(f"run{number}") for number in range(3)))
        runs.pages.close()
    assert len(caplog.records) == 1


def test_a_folder_that_is_made_anew_has_a_page_again(runs, eventually, monkeypatch):
    """Somebody removed `image/`; the renderer makes it again."""
    monkeypatch.setattr(run_pages, "_LATER", 0.1)
    eventually(lambda: runs.told("run0"))
    image = runs.folder / "run0" / "image"
    image.rename(runs.folder / "away")
    image.mkdir()
    draw(image / "fit.png", 5)
    runs.change("run0", step=5)
    eventually(lambda: runs.shows("run0", step=5))
    assert (image / "index.html").exists()


def test_a_run_that_is_gone_is_forgotten(runs, eventually):
    """Its folder must not be made again by a page."""
    eventually(lambda: runs.told("run0"))
    (runs.folder / "run0").rename(runs.folder / "away")
    runs.remove("run0")
    runs.change("run1", step=3)
    eventually(lambda: runs.shows("run1", step=3))
    runs.pages.close()
    assert not (runs.folder / "run0").exists()


def test_a_linked_image_folder_has_no_page(tmp_path, sources, caplog, eventually):
    """Through it whoever made the run would have us write anywhere."""
    runs = Runs(tmp_path / "out", 1)
    image = runs.folder / "run0" / "image"
    image.rename(tmp_path / "elsewhere")
    image.symlink_to(tmp_path / "elsewhere")
    with caplog.at_level(logging.WARNING):
        runs.pages.start()
        runs.change("run0", step=1)
        eventually(lambda: "is a link" in caplog.text)
        runs.pages.close()
    assert os.listdir(tmp_path / "elsewhere") == ["fit.png"]


def test_hostile_names_are_text_and_links_lead_to_files(runs, eventually):
    """A run's name is a stranger's, and a folder's bytes need be no text."""
    hostile = "</script><img src=x onerror=alert(1)>\u202e\u2028\x00\x1b[31m" + "x" * 10_000
    runs.change("run0", run=hostile, warning=hostile, scalars={hostile: 1.0})
    eventually(lambda: runs.shows("run0", iteration=None) and runs.told("run0")["run"]["warning"])
    for name in ("run.js", "detail.js"):
        script = runs.file("run0", name).read_bytes()
        assert script.isascii()
        assert b"<" not in script
        assert len(script) < 20_000
    page = (runs.folder / "run0" / "image" / "index.html").read_text()
    assert "<img" not in page
    assert "\u202e" not in page


def test_a_page_written_once_has_a_film_of_the_steps_that_lie_there(tmp_path, sources):
    """`--all` drew every step: the film is there without a renderer."""
    runs = Runs(tmp_path / "out", 1)
    image = runs.folder / "run0" / "image"
    for step in range(0, 8, 2):
        draw(image / f"fit-e0000-{step:012d}.png", step)
    draw(image / "other-e0000-000000000001.png")
    runs.change("run0", renderer=RendererView(), state="finished")
    view = runs.views["run0"]
    assert not is_up_to_date(view)
    RunPage(view).write_once(runs.detail("run0"))
    assert is_up_to_date(view)
    assert [frame[0] for frame in film_of(runs, "run0")] == [0, 2, 4, 6]
    drawn = runs.told("run0", "detail.js")["drawn"]
    assert drawn == [["fit", 0, step, f"fit-e0000-{step:012d}.png"] for step in range(0, 8, 2)]
    assert not is_up_to_date(replace(view, warning="new"))


def test_closing_is_prompt_with_a_backlog(tmp_path, sources):
    """Ctrl-C on a thousand runs whose pages are still to come."""
    runs = Runs(tmp_path / "out", 40)
    runs.pages = RunPages(runs.feed, last=0.2)
    slow = runs.detail
    runs.feed._read_detail = lambda key: (time.sleep(0.05), slow(key))[1]
    runs.pages.start()
    began = time.monotonic()
    runs.pages.close()
    assert time.monotonic() - began < 2.0


def test_json_of_the_data_is_small(runs, eventually):
    """It is loaded again each second, perhaps over a slow link."""
    eventually(lambda: runs.told("run0"))
    assert runs.file("run0").stat().st_size < 2000
    assert json.dumps(runs.told("run0"))
