"""The whole road: a lens is fitted, drawn live by another process, watched by hand, and drawn again."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from example_fit import COMMAND, fit

from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.spool.store import Spool


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What `make demo` runs, on the lens in coarse pixels, and all that it printed."""
    output = tmp_path_factory.mktemp("demo") / "run"
    command = fit(output, "--renderer", "process", "--seed", "1", size="tiny")
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return output, done.stdout


def test_the_fit_recovers_the_simulated_einstein_radius(demo):
    """The number that a strong lens is measured by, within its own error."""
    output, printed = demo
    radius = json.loads((output / "result.json").read_text())["parameters"]["einstein_radius"]
    simulated = float(re.search(r"einstein_radius .* simulated +([\d.]+)", printed)[1])
    assert 0 < radius["standard_deviation"] < 0.02
    assert abs(radius["mean"] - simulated) < 2 * radius["standard_deviation"]


def test_every_quick_update_was_drawn_or_skipped_for_a_newer_one(demo):
    """Published, drawn and coalesced add up, and the last one was drawn."""
    output, printed = demo
    published, drawn, coalesced = map(
        int, re.search(r"(\d+) published, (\d+) drawn, (\d+) coalesced", printed).groups()
    )
    assert published == drawn + coalesced == len(Spool(output).scalars())
    assert drawn >= 3
    beat = read_heartbeat(output / "spool" / "renderer.json")
    assert beat.last_drawn == Spool(output).newest().path.name
    assert beat.last_error is None


def test_the_result_is_complete(demo):
    """Other programs read these."""
    output, _ = demo
    result = json.loads((output / "result.json").read_text())
    assert result["compilations_after_first_update"] == 0
    assert result["quick_updates"] == len(Spool(output).scalars())
    assert result["effective_sample_size"] > 100
    with (output / "samples.csv").open() as file:
        assert sum(1 for _ in csv.reader(file)) > result["effective_sample_size"]


def test_the_commands_that_were_printed_work(demo, tmp_path):
    """The reader copies them: every snapshot kept is drawn again, the last one to the bytes of the live figure."""
    output, printed = demo
    command = re.search(r"render again: +(.*)", printed)[1].split()
    assert command[1:] == ["--all", "--out", str(output / "frames"), str(output)]
    frames = subprocess.run([*COMMAND, *command[1:]], capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(frames) == len(Spool(output).snapshots())
    assert Path(frames[-1]).read_bytes() == (output / "image" / "fit.png").read_bytes()
    assert f"--watch {output}" in printed


@pytest.mark.parametrize(
    ("renderer", "iterations"), [pytest.param("thread", 5, marks=pytest.mark.torture), ("inline", 2)]
)
def test_it_is_drawn_in_the_search_process_if_that_is_asked_for(tmp_path, renderer, iterations):
    """The other two places, on the real model."""
    command = fit(tmp_path, "--renderer", renderer, "--max-iterations", str(iterations), size="tiny")
    subprocess.run(command, capture_output=True, check=True, timeout=200)
    assert (tmp_path / "image" / "fit.png").exists()
    assert read_heartbeat(tmp_path / "spool" / "renderer.json").last_drawn == Spool(tmp_path).newest().path.name


def test_a_watch_by_hand_follows_a_fit_and_its_death_changes_nothing(tmp_path, demo, eventually):
    """In two terminals: the watch is started before the run directory exists, and killed in the middle. The samples are
    to the bit those of a fit that nobody watched by hand, and that had a renderer of its own."""
    watched = tmp_path / "watched"
    watch = subprocess.Popen(
        [*COMMAND, "--watch", str(watched)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    command = fit(watched, "--renderer", "none", "--seed", "1", size="tiny")
    with watch:
        search = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        figure = watched / "image" / "fit.png"
        try:
            eventually(figure.exists, 120)
            first = figure.stat().st_mtime_ns
            eventually(lambda: figure.stat().st_mtime_ns > first, 120, "the figure follows the fit")
            assert search.poll() is None, "the fit was over before the watch was killed"
        finally:
            watch.send_signal(signal.SIGKILL)
    assert search.wait(200) == 0
    assert Spool(watched).info().state == "finished"
    assert (watched / "samples.csv").read_bytes() == (demo[0] / "samples.csv").read_bytes()
    done = subprocess.run(
        [*COMMAND, "--all", "--out", str(tmp_path / "frames"), str(watched)], capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == len(os.listdir(watched / "spool" / "snapshots")) > 1
