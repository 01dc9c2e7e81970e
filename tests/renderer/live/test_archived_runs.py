"""Runs that PyAutoFit puts into zips and takes out again while somebody watches."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from archiving import put_away, take_out

from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.work.job_runner import InProcess


@pytest.fixture
def watched(tmp_path):
    """Watches the folder; what is drawn is noted."""
    drawn: list[tuple[Path, str]] = []
    threads, renderers = [], []

    def start(path: Path = tmp_path, **settings) -> list[tuple[Path, str]]:
        def note(result) -> None:
            drawn.extend((file, result.snapshot) for file in result.files)

        renderer = LiveRenderer(Watch(path, poll=0.05), LiveSettings(**settings), InProcess(), note)
        renderers.append(renderer)
        threads.append(threading.Thread(target=renderer.run))
        threads[-1].start()
        return drawn

    yield start
    for renderer, thread in zip(renderers, threads, strict=True):
        renderer.stop()
        thread.join(30)


def test_a_run_that_is_archived_and_resumed_under_a_watch_goes_on(tmp_path, publish, watched, eventually, caplog):
    """Its folder goes, its zip comes, its folder comes back and is published to: drawn each time, and no error."""
    caplog.set_level(logging.WARNING)
    run = tmp_path / "output" / "run"
    publish(2, into=run)
    publish(1, into=run.parent / "other", state="failed")
    drawn = watched(run.parent)
    eventually(lambda: (run / "image" / "fit.png", "e0000-000000000001.h5") in drawn)
    archive = put_away(run)
    eventually(lambda: (run.parent / "run.figures" / "fit.png", "e0000-000000000001.h5") in drawn)
    take_out(archive)
    publish(1, into=run, first=2)
    eventually(lambda: (run / "image" / "fit.png", "e0001-000000000002.h5") in drawn)
    put_away(run)
    eventually(lambda: (run.parent / "run.figures" / "fit.png", "e0001-000000000002.h5") in drawn)
    assert not caplog.messages
    assert not run.exists()
    assert {file for file, _ in drawn if file.exists()} <= {
        run.parent / "run.figures" / "fit.png",
        run.parent / "other" / "image" / "fit.png",
    }


def test_a_run_that_is_watched_by_its_name_is_found_in_its_archive(tmp_path, publish, watched, eventually):
    """A person names the folder of the fit, which is gone when the fit has ended."""
    run = tmp_path / "run"
    publish(2, into=run)
    drawn = watched(run)
    eventually(lambda: len(drawn) == 1)
    put_away(run)
    eventually(lambda: (tmp_path / "run.figures" / "fit.png", "e0000-000000000001.h5") in drawn)


def test_with_out_the_figure_of_an_archived_run_stays_where_it_is(tmp_path, publish, watched, eventually):
    """One run has one figure, in its folder or in a zip."""
    run, out = tmp_path / "output" / "run", tmp_path / "out"
    publish(2, into=run)
    drawn = watched(run.parent, out=out)
    eventually(lambda: len(drawn) == 1)
    put_away(run)
    eventually(lambda: len(drawn) == 2)
    assert {file for file, _ in drawn} == {out / "run" / "fit.png"}
    assert [path.name for path in out.iterdir()] == ["run"]


def test_a_damaged_archive_costs_itself(tmp_path, publish, watched, eventually, caplog):
    """A line in the log; the others are drawn."""
    publish(1, into=tmp_path / "output" / "a")
    publish(1, into=tmp_path / "output" / "b")
    archive = put_away(tmp_path / "output" / "a")
    (tmp_path / "output" / "c.zip").write_bytes(archive.read_bytes()[:-9])
    drawn = watched(tmp_path / "output")
    eventually(lambda: len({file for file, _ in drawn}) == 2)
    assert [message for message in caplog.messages if "c.zip" not in message] == []
