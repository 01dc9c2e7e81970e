"""The same lens, drawn in the other places, and watched by hand."""

from __future__ import annotations

import os
import signal
import subprocess
from functools import cache
from pathlib import Path

import pytest
from example_fit import COMMAND, fit

from autoviz_render.renderer.live.heartbeat import read_heartbeat
from autoviz_render.spool.store import Spool

ITERATIONS = {"thread": 8, "inline": 2}


def arguments(renderer: str, iterations: int) -> tuple[str, ...]:
    return ("--renderer", renderer, "--max-iterations", str(iterations), "--seed", "3")


@pytest.fixture(scope="module")
def drawn_in(tmp_path_factory):
    """The output folder of a fit that was drawn in its own process: run when it is first asked for."""

    @cache
    def drawn_in(renderer: str) -> Path:
        output = tmp_path_factory.mktemp(renderer) / "run"
        subprocess.run(
            fit(output, *arguments(renderer, ITERATIONS[renderer])), capture_output=True, check=True, timeout=200
        )
        return output

    return drawn_in


@pytest.mark.parametrize("renderer", ITERATIONS)
def test_it_is_drawn_in_the_search_process_where_that_is_asked_for(drawn_in, renderer):
    """The other two places, on the real model."""
    output = drawn_in(renderer)
    assert (output / "image" / "fit.png").exists()
    assert read_heartbeat(output / "spool" / "renderer.json").last_drawn == Spool(output).newest().path.name


def test_a_watch_by_hand_follows_a_fit_and_its_death_changes_nothing(tmp_path, drawn_in, eventually):
    """In two terminals: the watch is started before the run directory exists, and killed in the middle. The samples are
    to the bit those of a fit that nobody watched, and that was drawn by a thread of its own."""
    watched = tmp_path / "watched"
    watch = subprocess.Popen(
        [*COMMAND, "--watch", str(watched)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    command = fit(watched, *arguments("none", ITERATIONS["thread"]))
    with watch:
        search = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        figure = watched / "image" / "fit.png"
        eventually(figure.exists, 120)
        first = figure.stat().st_mtime_ns
        eventually(lambda: figure.stat().st_mtime_ns > first, 120, "the figure follows the fit")
        assert search.poll() is None, "the fit was over before the watch was killed"
        watch.send_signal(signal.SIGKILL)
    assert search.wait(200) == 0
    assert Spool(watched).info().state == "finished"
    assert (watched / "samples.csv").read_bytes() == (drawn_in("thread") / "samples.csv").read_bytes()
    done = subprocess.run(
        [*COMMAND, "--all", "--out", str(tmp_path / "frames"), str(watched)], capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == len(os.listdir(watched / "spool" / "snapshots")) > 1
