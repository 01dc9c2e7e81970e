"""`render`: the files of any snapshots, from Python as from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import plots
import pytest

from autoviz_render import FigureSpec, RenderResult, RenderSettings, Spool, render
from autoviz_render.renderer.batch import render as module
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.errors import NoSpoolError


@pytest.fixture
def misbehaving(monkeypatch, tmp_path):
    """Settings that draw a figure of `plots`."""
    monkeypatch.setenv("PLOTS_FOLDER", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = str(Path(plots.__file__).parent)
    return lambda name: RenderSettings((FigureSpec(name, f"plots:{name}", folder),))


@pytest.fixture
def pools(monkeypatch):
    """The pools that were made since."""
    made = []

    class Recorded(Pool):
        def __init__(self, *arguments, **settings):
            super().__init__(*arguments, **settings)
            made.append(self)

    monkeypatch.setattr(module, "Pool", Recorded)
    return made


def about(results: list[RenderResult]) -> list[tuple]:
    return [(result.status, result.snapshot, result.figure, [path.name for path in result.files]) for result in results]


def test_the_newest_is_drawn_and_its_result_says_what_it_is_about(run_dir, publish):
    """What run, which snapshot, which figure, which files."""
    publish(2)
    (result,) = render(run_dir, settings=RenderSettings(("run",), ("png", "pdf")))
    assert result == RenderResult(
        "drawn",
        (run_dir / "image" / "run.png", run_dir / "image" / "run.pdf"),
        spool=run_dir / "spool",
        snapshot="e0000-000000000001.h5",
        figure="run",
        iteration=10,
        log_likelihood=0.0,
        seconds=result.seconds,
        memory=result.memory,
        used=result.used,
        waited=result.waited,
        published=Spool(run_dir).read_newest().time,
    )
    assert all(path.is_file() for path in result.files)
    assert "seconds" not in repr(result)


def test_all_are_drawn_once_and_cached_from_then_on(run_dir, publish):
    """By Python or by the command: the render cache is the same."""
    publish(3)
    name = "e0000-00000000000{}".format
    files = [[f"fit-{name(number)}.png"] for number in range(3)]
    for status in ("drawn", "cached"):
        found = about(list(render([run_dir], which="all", jobs=2)))
        assert found == [(status, f"{name(number)}.h5", "auto", files[number]) for number in range(3)]
    assert [result.status for result in render(run_dir, which="all", redraw=True)] == ["drawn"] * 3
    assert [result.status for result in render(run_dir, which=1)] == ["drawn"]


def test_progress_is_told_of_what_is_due(run_dir, publish):
    """Not of what is cached."""
    publish(3)
    next(render(run_dir, which="all"))
    told = []
    list(render(run_dir, which="all", on_progress=lambda *how: told.append(how)))
    assert told == [(1, 2), (2, 2)]


def test_one_bad_run_costs_the_others_nothing(tmp_path, publish):
    """Its fault is a result, with the run that it is about."""
    for name in ("a", "b", "c", "d"):
        publish(0 if name == "d" else 1, into=tmp_path / name, figure="nothing" if name == "c" else "auto")
    (tmp_path / "b" / "spool" / "spool.json").write_text("{")
    results = list(render(tmp_path))
    assert [result.status for result in results] == ["drawn", "unreadable", "undrawable", "missing"]
    assert [result.spool for result in results] == [tmp_path / name / "spool" for name in "abcd"]
    assert [len(result.messages) for result in results] == [0, 1, 1, 1]
    assert results[3].fault == f"{tmp_path}/d/spool: holds no snapshot, and the run is over (finished)"


def test_a_panel_that_fails_is_drawn_as_its_error_and_told(run_dir, publish):
    """Status drawn, with a message."""
    publish(1)
    (result,) = render(run_dir, settings=RenderSettings(("imaging",)))
    assert result.status == "drawn"
    assert result.messages == result.errors
    assert result.errors[0].startswith("figure 'imaging': ")


def test_a_figure_that_hangs_is_abandoned_and_the_rest_drawn(run_dir, publish, misbehaving):
    """With the frame's own timeout."""
    publish(3)
    settings = misbehaving("hangs_at_the_second")
    results = list(render(run_dir, which="all", settings=settings, frame_timeout=1.0))
    assert [result.status for result in results] == ["drawn", "abandoned", "drawn"]
    assert results[1].snapshot == "e0000-000000000001.h5"


def test_nothing_is_drawn_before_it_is_asked_for_and_closing_ends_the_processes(run_dir, publish, pools):
    """A notebook's cell that is interrupted must not leave processes behind."""
    publish(3)
    results = render(run_dir, which="all", jobs=2)
    assert pools == []
    assert not (run_dir / "image").exists()
    next(results)
    (pool,) = pools
    processes = [worker.pid for worker in pool._workers]
    assert all(processes)
    results.close()
    assert pool._workers == []
    assert next(results, None) is None


def test_what_is_in_the_render_cache_survives_closing(run_dir, publish):
    """An interrupt must not cost what is drawn."""
    publish(3)
    results = render(run_dir, which="all")
    next(results)
    results.close()
    assert [result.status for result in render(run_dir, which="all")] == ["cached", "drawn", "drawn"]


def test_paths_that_cannot_work_are_refused_at_once(tmp_path):
    """Not when the first result is asked for."""
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for name in ("missing", "file"):
        with pytest.raises(ValueError, match=name):
            render(tmp_path / name)
    with pytest.raises(NoSpoolError):
        render(tmp_path / "empty")


def test_a_choice_that_there_is_not_is_refused_at_once(run_dir, publish):
    """A word mistyped must not pass for a run without snapshots."""
    publish(1)
    with pytest.raises(ValueError, match="^which is 'latest'"):
        render(run_dir, which="latest")  # type: ignore[arg-type]
    assert [result.status for result in render(run_dir, which=7)] == ["missing"]


def test_several_paths_have_folders_of_their_own_below_out(tmp_path, publish):
    """As text or as paths; the figures are called the same."""
    for name in ("a", "b"):
        publish(1, into=tmp_path / name)
    results = render([tmp_path / "a", str(tmp_path / "b")], out=tmp_path / "out")
    assert [result.files for result in results] == [(tmp_path / "out" / name / "fit.png",) for name in "ab"]


def test_the_snapshot_before_one_that_cannot_be_read_follows(run_dir, publish):
    """Something true is better than nothing."""
    publish(2)
    newest = Spool(run_dir).newest().path
    newest.write_bytes(newest.read_bytes()[:100])
    assert [result.status for result in render(run_dir)] == ["unreadable", "drawn"]
