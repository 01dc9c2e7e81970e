"""Three places to draw, one contract."""

from __future__ import annotations

import logging
import os
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.search import backends
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.spool.store import Spool
from autoviz_render.spool.write.writer import SpoolWriter

PLACES = ("process", "thread", "inline")


def run(run_dir, renderer, arrays=lambda point: {"model": np.outer(point, point)}, figure="auto"):
    with QuickUpdate(run_dir, arrays=arrays, figure=figure, renderer=renderer, every=1) as update:
        for number in range(4):
            update([number, 1.0, 2.0], -10.0 + number)
    return Spool(run_dir)


@pytest.mark.parametrize("renderer", PLACES)
def test_the_last_figure_is_in_place_when_the_search_ends(tmp_path, renderer):
    """Whatever was skipped on the way, the final figure is of the final best."""
    spool = run(tmp_path, renderer)
    beat = read_heartbeat(spool.paths.heartbeat)
    assert beat.last_drawn == spool.newest().path.name
    assert beat.activity == "stopped"


def test_all_places_leave_the_same_spool_and_the_same_figure(tmp_path):
    """Where it is drawn must not change what is drawn."""
    figures, values = set(), []
    for renderer in (*PLACES, None):
        spool = run(tmp_path / str(renderer) / "search", renderer)
        values.append([line.log_likelihood for line in spool.scalars()])
        if renderer is not None:
            with Image.open(spool.paths.images / "fit.png") as image:  # its text names the snapshot, and that its time
                figures.add(image.tobytes())
        else:
            assert not spool.paths.images.exists()
    assert len(figures) == 1
    assert values == [[-10.0, -9.0, -8.0, -7.0]] * 4


def test_inline_draws_every_quick_update(tmp_path):
    """For debugging a recipe: nothing is skipped."""
    assert read_heartbeat(run(tmp_path, "inline").paths.heartbeat).drawn == 4


@pytest.mark.parametrize("renderer", PLACES)
def test_a_figure_that_is_not_there_does_not_end_the_search(tmp_path, renderer, caplog):
    """A plug-in that is missing costs the figures, not the fit."""
    spool = run(tmp_path, renderer, figure="not-installed")
    assert len(spool.scalars()) == 4
    assert spool.info().state == "finished"
    assert len({record.getMessage() for record in caplog.records}) == 1


@pytest.mark.parametrize("renderer", PLACES)
def test_a_second_run_in_the_same_place_is_drawn_to_its_end(tmp_path, renderer, monkeypatch):
    """The spool still says that the run is finished: no renderer may take the old run for the new one."""
    run(tmp_path, renderer)
    open_spool = SpoolWriter.begin

    def slowly(writer, static):
        assert not threading.Event().wait(0.5)
        open_spool(writer, static)

    monkeypatch.setattr(SpoolWriter, "begin", slowly)
    spool = run(tmp_path, renderer)
    assert spool.newest().epoch == 1
    assert read_heartbeat(spool.paths.heartbeat).last_drawn == spool.newest().path.name


def test_a_disk_that_hangs_does_not_hang_the_sampler(tmp_path, monkeypatch):
    """A FIFO where the heartbeat should be stands in for a network disk that no longer answers."""
    monkeypatch.setattr(backends, "_DISK_TIMEOUT", 0.5)
    heartbeat = tmp_path / "spool" / "renderer.json"
    heartbeat.parent.mkdir()
    os.mkfifo(heartbeat)
    update = QuickUpdate(tmp_path, arrays=lambda point: {"model": point}, renderer="process", every=1)
    for number in range(5):
        update([number, 1.0], -10.0 + number)
    assert update.stats.submitted == 5
    update.close()
    assert Spool(tmp_path).info().state == "finished"


def test_a_thread_that_cannot_draw_is_reported_once(tmp_path, caplog, monkeypatch):
    """Matplotlib may be broken on a compute node."""
    monkeypatch.setitem(sys.modules, "autoviz_render.renderer.live.loop", None)
    spool = run(tmp_path, "thread")
    assert len(spool.scalars()) == 4
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.mark.parametrize(("chosen", "drawn"), [("inline", True), ("NONE", False), ("", False)])
def test_the_environment_overrides_the_program(tmp_path, monkeypatch, chosen, drawn):
    """A batch system's nodes may have no processor to spare; or a person wants figures that a program did not."""
    monkeypatch.setenv("AUTOVIZ_RENDERER", chosen)
    run(tmp_path, None)
    assert (tmp_path / "image" / "fit.png").exists() == drawn


def test_an_environment_that_makes_no_sense_is_refused_at_once(tmp_path, monkeypatch):
    """Before the run begins, in words."""
    monkeypatch.setenv("AUTOVIZ_RENDERER", "gpu")
    with pytest.raises(ValueError, match="AUTOVIZ_RENDERER is 'gpu'; choose process, thread, inline or none"):
        run(tmp_path, "process")
