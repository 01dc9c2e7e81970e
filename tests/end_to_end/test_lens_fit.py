"""The whole road: a lens is fitted, drawn live by another process, and drawn again."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from pathlib import Path

import pytest
from example_fit import COMMAND, fit

from autoviz_render.renderer.live.heartbeat import read_heartbeat
from autoviz_render.spool.store import Spool


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What `make demo` runs, on the lens in coarse pixels, and all that it printed."""
    output = tmp_path_factory.mktemp("demo") / "run"
    done = subprocess.run(
        fit(output, "--renderer", "process", "--seed", "1", size="tiny"),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
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
