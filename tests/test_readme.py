"""Every block of the README is run, in order, in one folder, as its reader would."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autoviz_render.spool.store import Spool

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README.read_text(), re.DOTALL)
PYTHON = [block for language, block in BLOCKS if language == "python"]
SHELL = [line for language, block in BLOCKS if language == "sh" for line in block.splitlines()]
WATCH = "autoviz-render --watch output/search/"
BY_MAKE = {"make demo"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the reader is, after running the first example and saving the second."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "sampler.py").write_text(PYTHON[0])
    (folder / "my_figures.py").write_text(PYTHON[2])
    subprocess.run([sys.executable, "sampler.py"], cwd=folder, check=True, timeout=120)
    return folder


@pytest.fixture
def environment():
    """With the command on the path, as after installing."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def test_the_blocks_are_those_that_are_run_here():
    """A block that is added must be run too."""
    assert len(PYTHON) == 3
    assert {language for language, _ in BLOCKS} == {"python", "sh"}
    assert set(SHELL) >= BY_MAKE | {WATCH}


def test_the_ten_lines_leave_a_figure_of_the_best_point(folder):
    """The first thing that a reader tries."""
    assert len([line for line in PYTHON[0].splitlines() if line.strip()]) <= 10
    spool = Spool(folder / "output" / "search")
    snapshot = spool.read(spool.newest())
    assert spool.info().state == "finished"
    assert list(snapshot.parameters.values()) == pytest.approx([3.0, 4.0, 1.5], abs=0.3)
    assert (folder / "output" / "search" / "image" / "fit.png").exists()


def test_a_run_is_read_and_drawn_as_the_page_says(folder):
    """After the run, from Python."""
    (folder / "look.py").write_text(PYTHON[1])
    program = subprocess.run(
        [sys.executable, "look.py"], cwd=folder, check=True, capture_output=True, text=True, timeout=120
    )
    assert "(200,)" in program.stdout
    assert "drawn output/search/image/frames/" in program.stdout
    assert (folder / "best.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("line", [line for line in SHELL if line not in {*BY_MAKE, WATCH}])
def test_each_command_does_what_it_says(folder, environment, line):
    """Copied to a terminal, as it stands."""
    done = subprocess.run(line, check=False, shell=True, cwd=folder, env=environment, capture_output=True, text=True)  # noqa: S602
    assert (done.returncode, done.stderr) == (0, "")
    for printed in done.stdout.splitlines():
        assert "--status" in line or (folder / printed).exists()


def test_the_watch_draws_until_it_is_interrupted(folder, environment, eventually):
    """The command that the README is about."""
    figure = folder / "output" / "search" / "image" / "fit.png"
    figure.unlink(missing_ok=True)
    watch = subprocess.Popen(WATCH.split(), cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    with watch:
        eventually(figure.exists, 60)
        watch.send_signal(signal.SIGINT)
        assert watch.stdout.read().splitlines() == [str(figure)]
    assert watch.returncode == 0
