"""The same lens, drawn in the other places, and watched by hand."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
from example_fit import COMMAND, fit

from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.spool.store import Spool


@pytest.mark.parametrize("renderer", ["thread", "inline"])
def test_it_is_drawn_in_the_search_process_where_that_is_asked_for(tmp_path, renderer):
    """The other two places, on the real model."""
    output = tmp_path / "run"
    subprocess.run(
        fit(output, "--renderer", renderer, "--max-iterations", "2"), capture_output=True, check=True, timeout=200
    )
    assert (output / "image" / "fit.png").exists()
    assert read_heartbeat(output / "spool" / "renderer.json").last_drawn == Spool(output).newest().path.name


def test_a_watch_by_hand_follows_a_fit_and_its_death_changes_nothing(tmp_path, eventually):
    """In two terminals: the watch is started before the run directory exists, and killed in the middle."""
    watched, alone = tmp_path / "watched", tmp_path / "alone"
    watch = subprocess.Popen(
        [*COMMAND, "--watch", str(watched)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    arguments = ("--renderer", "none", "--max-iterations", "12", "--seed", "3")
    with watch:
        search = subprocess.Popen(fit(watched, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        figure = watched / "image" / "fit.png"
        eventually(figure.exists, 120)
        first = figure.stat().st_mtime_ns
        eventually(lambda: figure.stat().st_mtime_ns > first, 120, "the figure follows the fit")
        assert search.poll() is None, "the fit was over before the watch was killed"
        watch.send_signal(signal.SIGKILL)
    assert search.wait(200) == 0
    assert Spool(watched).info().state == "finished"
    subprocess.run(fit(alone, *arguments), capture_output=True, check=True, timeout=200)
    assert (watched / "samples.csv").read_bytes() == (alone / "samples.csv").read_bytes()
    done = subprocess.run(
        [*COMMAND, "--all", "--out", str(tmp_path / "frames"), str(watched)], capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == len(os.listdir(watched / "spool" / "snapshots")) > 1
