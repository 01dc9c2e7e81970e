"""Steps drawn on demand."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from served import png

from autoviz_render.renderer.batch.limited_job import LimitedJob
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work.job_runner import JobRunner
from autoviz_render.renderer.work.jobs import Job, RenderResult
from autoviz_render.spool.publisher import Publisher
from autoviz_render.views.server.drawing import BusyError, Drawer, Moment, Wanted
from autoviz_render.views.server.known_runs import id_of
from autoviz_render.views.server.network.connection import Bounds


class FakeProcess:
    """An executor that writes a picture of the snapshot's number, as soon as it may."""

    may_draw = threading.Event()
    jobs: ClassVar[list] = []
    wait_timeout = math.inf

    def __init__(self, timeout, on_answer):
        self.on_answer = on_answer
        self._job = None

    def start(self, job):
        self._job = job
        FakeProcess.jobs.append(job)
        threading.Thread(target=lambda: (FakeProcess.may_draw.wait(30), self.on_answer())).start()

    def result(self):
        if not FakeProcess.may_draw.is_set():
            return None
        path = Path(f"{self._job.path}.png")
        path.write_bytes(png(int(self._job.snapshot[6:18]) + 1000 * (self._job.settings.theme == "dark")))
        return RenderResult(files=(path,))

    def close(self):
        pass


@pytest.fixture
def quick(monkeypatch):
    """Has the server draw by `FakeProcess`; returns it."""
    FakeProcess.may_draw = threading.Event()
    FakeProcess.may_draw.set()
    FakeProcess.jobs = []
    monkeypatch.setattr("autoviz_render.views.server.drawing.Subprocess", FakeProcess)
    yield FakeProcess
    FakeProcess.may_draw.set()


@pytest.fixture
def run(served, publish, lens):
    """The run with five snapshots."""
    publish(5, into=served.path / "lens")
    return served


def test_any_kept_step_is_drawn(run, quick, lens):
    """By its epoch and number, by its number, or the newest."""
    with run.client() as client:
        for step, number in (("0-2", 2), ("2", 2), ("newest", 4)):
            told = client.get("api/draw", params={"run": lens, "step": step}).json()
            assert (told["step"], told["figure"], told["theme"]) == (f"0-{number}", "auto", "light")
            assert client.get(told["frame"]).content == png(number)
        dark = client.get("api/draw", params={"run": lens, "step": "2", "theme": "dark"}).json()
        assert client.get(dark["frame"]).content == png(1002)


def test_a_step_is_drawn_once_however_many_look(run, quick, lens):
    """Also while it is drawn."""
    quick.may_draw.clear()
    words = {"run": lens, "step": "0-1"}

    def ask(_: int) -> str:
        with run.client() as client:
            return client.get("api/draw", params=words).json()["frame"]

    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(ask, range(8))
        quick.may_draw.set()
        assert len(set(answers)) == 1
    with run.client() as client:
        client.get("api/draw", params=words)
    assert len(quick.jobs) == 1


def test_a_comparison_has_the_limits_of_one_snapshot(run, quick, lens):
    """Two steps, or two runs, with the same colours for the same values."""
    with run.client() as client:
        answer = client.get("api/draw", params={"run": lens, "step": "0-1", "limits": f"{lens}:0-3"})
        assert answer.status_code == 200
    (job,) = quick.jobs
    assert isinstance(job, LimitedJob)
    assert (job.snapshot, job.like_snapshot) == ("e0000-000000000001.h5", "e0000-000000000003.h5")
    assert LimitedJob.from_line(job.to_line()).like_spool == str(run.path / "lens" / "spool")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"step": "x"}, 400),
        ({"step": "-1"}, 400),
        ({"step": "1" * 99}, 400),
        ({"step": "../../0"}, 400),
        ({"theme": "blue"}, 400),
        ({"limits": "x"}, 400),
        ({"limits": "0000000000000000:1"}, 404),
        ({"run": "0000000000000000"}, 404),
        ({"run": ""}, 404),
        ({"step": "7-2"}, 410),
        ({"step": "0-99"}, 410),
        ({"step": "99"}, 404),
        ({"figure": "os:system"}, 404),
        ({"figure": "corner"}, 404),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(run, quick, lens, words, status):
    """And no function is imported that a visitor names."""
    with run.client() as client:
        answer = client.get("api/draw", params={"run": lens, "step": "1"} | words)
        assert answer.status_code == status
        assert set(answer.json()) == {"error"}
    assert quick.jobs == []


def test_a_step_that_retention_removed_is_gone(run, quick, lens):
    """Even if a page still lists it."""
    (run.path / "lens" / "spool" / "snapshots" / "e0000-000000000001.h5").unlink()
    with run.client() as client:
        assert client.get("api/draw", params={"run": lens, "step": "0-1"}).status_code == 410


def test_a_run_begun_anew_is_drawn_anew(run, publish, quick, lens, tmp_path):
    """Its snapshots have the same names."""
    words = {"run": lens, "step": "0-1"}
    with run.client() as client:
        client.get("api/draw", params=words)
        snapshot = run.path / "lens" / "spool" / "snapshots" / "e0000-000000000001.h5"
        content = snapshot.read_bytes()
        snapshot.unlink()
        (tmp_path / "other").write_bytes(content + b" ")
        (tmp_path / "other").rename(snapshot)
        client.get("api/draw", params=words)
    assert len(quick.jobs) == 2


@pytest.fixture
def drawer(tmp_path, quick):
    """A drawer of few places, which may not draw yet."""
    quick.may_draw.clear()
    made = Drawer(tmp_path, bounds=Bounds(draws=4, draws_each=3, renders=5, renders_a_second=0.0))
    yield made
    quick.may_draw.set()
    made.close()


def _wanted(number: int) -> Wanted:
    moment = Moment(Path("/run/spool"), f"e0000-{number:012d}.h5", (0, 0, number))
    return Wanted(moment, FigureSpec("auto"), RenderSettings())


def test_what_visitors_can_have_drawn_is_bounded(drawer, quick):
    """One who asks for everything at once holds up nobody else, and all together no more than a few."""
    for number in range(3):
        drawer.draw(_wanted(number), "eager")
    with pytest.raises(BusyError) as caught:
        drawer.draw(_wanted(3), "eager")
    assert caught.value.is_visitor
    shared = drawer.draw(_wanted(2), "modest")
    last = drawer.draw(_wanted(3), "modest")
    with pytest.raises(BusyError) as caught:
        drawer.draw(_wanted(4), "third")
    assert not caught.value.is_visitor
    quick.may_draw.set()
    assert last.result(10).picture == png(3)
    assert shared.result(10).picture == png(2)


def test_one_visitor_may_not_draw_without_end(drawer, quick):
    """Pictures that others asked for are not counted."""
    quick.may_draw.set()
    for number in range(5):
        drawer.draw(_wanted(number), "eager").result(10)
        drawer.leave(_wanted(number), "eager")
    with pytest.raises(BusyError):
        drawer.draw(_wanted(9), "eager")
    assert drawer.draw(_wanted(9), "modest").result(10).picture == png(9)


def test_what_nobody_waits_for_any_more_is_not_drawn(drawer, quick, eventually):
    """Who moves a slider leaves most steps behind."""
    drawer.draw(_wanted(0), "a")
    eventually(lambda: quick.jobs)
    left = drawer.draw(_wanted(1), "a")
    kept = drawer.draw(_wanted(2), "a")
    drawer.leave(_wanted(1), "a")
    quick.may_draw.set()
    assert kept.result(10).picture == png(2)
    with pytest.raises(BusyError):
        left.result(10)
    assert [job.snapshot for job in quick.jobs] == ["e0000-000000000000.h5", "e0000-000000000002.h5"]


def test_a_limited_figure_has_the_colours_of_the_other_snapshot(tmp_path):
    """The same value, the same colour; and as the other snapshot alone has them, if it is that one."""
    publisher = Publisher(tmp_path / "run", figure="auto")
    base = np.arange(64.0).reshape(8, 8)
    for number, scale in enumerate((1.0, 10.0)):
        publisher.publish({"image": base * scale}, iteration=number)
        publisher.flush(10)
    publisher.close("finished")
    spool = tmp_path / "run" / "spool"
    figure = FigureSpec("auto")
    first, second = "e0000-000000000000.h5", "e0000-000000000001.h5"
    job = LimitedJob(spool, figure, tmp_path / "a", first, False, str(spool), first)
    pictures = {}
    for name, snapshot, like in (("own", first, first), ("other", first, second), ("like", second, second)):
        made = replace(job, path=tmp_path / name, snapshot=snapshot, like_snapshot=like)
        result = made.do(lambda _: RenderResult(), lambda _: None)
        assert (result.status, result.errors) == ("drawn", ())
        pictures[name] = result.files[0].read_bytes()
    assert len(set(pictures.values())) == 3
    alone = JobRunner().draw(Job(spool, figure, tmp_path / "alone", first))
    with Image.open(alone.files[0]) as drawn, Image.open(tmp_path / "own.png") as limited:
        assert drawn.tobytes() == limited.tobytes()
    gone = replace(job, snapshot="e0000-000000000009.h5").do(lambda _: RenderResult(), lambda _: None)
    assert gone.status == "gone"


def test_the_id_of_a_run_says_nothing_of_its_name():
    """It goes into addresses, which servers on the way write to their logs."""
    assert id_of("a/b") != id_of("a/c")
    assert len(id_of("\udcff/../x\r\n")) == 16
