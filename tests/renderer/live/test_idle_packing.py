"""A watch packs runs that are over while it has nothing to draw, and only those that are ours to change."""

from __future__ import annotations

import os
import socket
import threading
import time

import numpy as np
import pytest

from autoviz_render.renderer.live.idle_packing import IdlePacking
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool


@pytest.fixture
def spool(tmp_path):
    with Publisher(tmp_path / "run") as publisher:
        for number in range(5):
            publisher.publish({"x": np.full(9, number)}, iteration=number)
            publisher.flush(30)
    return Spool(tmp_path / "run")


@pytest.fixture
def packing():
    packing = IdlePacking(fewest=3, rests_after=0.0)
    yield packing
    packing.close()


def wait_for(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def is_at_rest(packing: IdlePacking) -> bool:
    return packing._thread is None


def test_a_run_that_is_over_is_packed_once_and_the_thread_ends(spool, packing):
    """No thread is there for runs that need nothing."""
    packing.offer(spool.paths.directory)
    wait_for(lambda: is_at_rest(packing))
    assert os.listdir(spool.paths.snapshots) == []
    assert [snapshot.iteration for snapshot in spool] == list(range(5))
    packing.offer(spool.paths.directory)
    assert is_at_rest(packing)


def test_a_run_with_few_snapshots_is_left_as_it_is(spool):
    """One file in place of five saves nothing."""
    packing = IdlePacking(fewest=6, rests_after=0.0)
    packing.offer(spool.paths.directory)
    wait_for(lambda: is_at_rest(packing))
    assert len(os.listdir(spool.paths.snapshots)) == 5


def test_nothing_is_packed_while_a_figure_is_drawn(spool, packing):
    """Figures come first; what had begun goes on afterwards."""
    asked, is_drawing = threading.Event(), True

    def is_busy() -> bool:
        asked.set()
        return is_drawing

    packing.is_busy = is_busy
    packing.offer(spool.paths.directory)
    assert asked.wait(30)
    assert len(os.listdir(spool.paths.snapshots)) == 5
    is_drawing = False
    wait_for(lambda: is_at_rest(packing))
    assert os.listdir(spool.paths.snapshots) == []


def test_a_renderer_that_ends_leaves_no_half_of_a_pack(spool, packing):
    """It is asked while a figure is drawn, and must not wait for that."""
    asked = threading.Event()
    packing.is_busy = lambda: asked.set() or True
    packing.offer(spool.paths.directory)
    assert asked.wait(30)
    packing.close()
    assert is_at_rest(packing)
    assert len(os.listdir(spool.paths.snapshots)) == 5


def test_a_copy_of_a_run_of_another_host_is_not_changed(spool, packing, monkeypatch):
    """A mirror that is packed would be filled again by the next rsync."""
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    packing.offer(spool.paths.directory)
    wait_for(lambda: is_at_rest(packing))
    assert len(os.listdir(spool.paths.snapshots)) == 5
