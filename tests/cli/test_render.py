"""`autoviz-render --all` and its options: which snapshots, by how many processes, and none twice."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import plots
import pytest
from PIL import Image

from autoviz_render.cli.progress import Progress
from autoviz_render.spool.scalars import ScalarsReader
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system import progress_line


@pytest.fixture
def misbehaving(monkeypatch, run_dir):
    """The figures of `plots` can be named."""
    monkeypatch.chdir(Path(plots.__file__).parent)
    monkeypatch.setattr(sys, "path", list(sys.path))
    run_dir.parent.mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("PLOTS_FOLDER", str(run_dir.parent))


def frames(run_dir: Path) -> list[Path]:
    return sorted((run_dir / "image" / "frames").glob("*.png"))


def test_what_is_drawn_already_is_not_drawn_again(run_dir, publish, command):
    """After an interrupted `--all`, or when the run went on, only what is missing is drawn."""
    publish(4)
    code, output, _ = command("--all", run_dir)
    assert (code, output) == (0, [str(path) for path in frames(run_dir)])
    assert len(output) == 4
    assert command("--all", run_dir)[:2] == (0, [])
    frames(run_dir)[2].unlink()
    assert command("--all", run_dir)[1] == [str(path) for path in frames(run_dir)[2:3]]
    assert len(command("--all", "--dpi", 50, run_dir)[1]) == 4
    assert len(command("--all", "--dpi", 50, "--redraw", run_dir)[1]) == 4


def test_several_processes_draw_what_one_does(run_dir, publish, command, tmp_path):
    """The same files, named in the same order."""
    publish(6)
    outputs = []
    for jobs in (1, 2):
        folder = tmp_path / str(jobs)
        code, output, _ = command("--all", "--jobs", jobs, "--out", folder, run_dir)
        assert code == 0
        outputs.append([(Path(path).name, Path(path).read_bytes()) for path in output])
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 6


def test_a_frame_that_hangs_is_reported_and_the_rest_drawn(run_dir, publish, command, misbehaving):
    """And it is tried again at the next call: it is not drawn."""
    publish(3)
    for drawn in (2, 0):
        arguments = ("--all", "--figure", "plots:hangs_at_the_second", "--frame-timeout", 3, run_dir)
        code, output, errors = command(*arguments)
        assert (code, len(output)) == (1, drawn)
        assert "e0000-000000000001.h5 took longer than 3 s, and was abandoned" in errors[-1]


def test_one_frame_that_hangs_is_abandoned_too(run_dir, publish, command, misbehaving):
    """With a timeout the figure has a process of its own."""
    publish(1)
    code, output, errors = command("--figure", "plots:always_hangs", "--frame-timeout", 1, run_dir)
    assert (code, output) == (1, [])
    assert "took longer than 1 s" in errors[-1]


def test_those_since_a_moment_can_be_asked_for(run_dir, publish, command):
    """ "What happened this night" is asked of a run of days."""
    publish(3)
    times = [line.time for line in ScalarsReader(Spool(run_dir).paths.scalars).lines()]
    assert len(command("--all", "--since", "1h", run_dir)[1]) == 3
    text = datetime.fromtimestamp((times[0] + times[1]) / 2).isoformat()  # noqa: DTZ006  local time, as people write it
    assert len(command("--all", "--redraw", "--since", text, run_dir)[1]) == 2
    assert command("--all", "--since", "2100-01-01", run_dir)[0] == 3


@pytest.mark.parametrize("text", ["soon", "3 weeks", "2026-13-01", "-1h", ""])
def test_what_is_no_time_is_wrong_usage(command, tmp_path, text):
    """In words that say how one is written."""
    code, _, errors = command("--all", f"--since={text}", tmp_path)
    assert code == 2
    assert "write 90min, 2h, 3d, or 2026-11-22T10:00" in errors[-1]


def test_a_dark_figure_is_dark(run_dir, publish, command):
    """For a control room, or a talk."""
    publish(1)
    for theme, is_dark in (("light", False), ("dark", True)):
        assert command("--theme", theme, run_dir)[0] == 0
        with Image.open(run_dir / "image" / "fit.png") as image:
            assert (np.asarray(image.convert("RGB"))[2, 2].sum() < 200) == is_dark


@pytest.mark.parametrize(
    "arguments",
    [
        ("--since", "1h"),
        ("--redraw",),
        ("--jobs", "0"),
        ("--jobs", "2", "--watch"),
        ("--figure", "auto,Auto", "--all"),
        ("--movie", "fit.gif", "--out", "there"),
        ("--movie", "fit.gif", "--format", "pdf"),
        ("--movie", "fit.avi"),
        ("--movie", "fit.mp4", "--best"),
        ("--movie", "fit.mp4", "--watch"),
        ("--movie", "fit.mp4", "--fps", "5", "--duration", "3"),
        ("--fps", "5"),
        ("--duration", "3"),
        ("--theme", "blue"),
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together_are_wrong_usage(command, arguments, run_dir, publish, misbehaving):
    """Said before anything is drawn."""
    publish(1)
    assert command(*arguments, run_dir)[:2] == (2, [])
    assert not (run_dir / "image").exists()


def test_a_movie_is_of_one_run(tmp_path, publish, command):
    """Several would overwrite each other."""
    for name in ("a", "b"):
        publish(1, into=tmp_path / name)
    code, _, errors = command("--movie", tmp_path / "fit.gif", tmp_path)
    assert code == 2
    assert "a movie is of one run, and there are 2" in errors[-1]


def test_a_movie_is_made_and_named(run_dir, publish, command, tmp_path):
    """The command's part in it; what is in a movie has tests of its own."""
    publish(3)
    movie = tmp_path / "fit.gif"
    assert command("--movie", movie, "--dpi", 20, run_dir)[:2] == (0, [str(movie)])
    with Image.open(movie) as image:
        assert getattr(image, "n_frames", 1) == 3


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch, capsys, caplog):
    """A log full of carriage returns is as bad as a terminal full of lines."""
    caplog.set_level("INFO")
    monkeypatch.setattr(progress_line, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(progress_line, "SECONDS_BETWEEN_REWRITES", 0.0)
    monkeypatch.setenv("COLUMNS", "60")
    with Progress("figures") as lines:
        lines.show(1, 4)
        lines.show(4, 4)
    assert [record.getMessage() for record in caplog.records] == ["1 of 4 figures, 0 s left"]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress("figures") as bar:
        bar.show(3, 4)
    said = capsys.readouterr().err
    assert re.sub(r"\x1b\[[0-9;]*m", "", said).startswith(f"\r\x1b[K{'━' * 25}╸{'━' * 8} 3 of 4 figures, 0 s left")
    assert said.endswith("\r\x1b[K")
