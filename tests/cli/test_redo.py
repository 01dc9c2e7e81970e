"""`--redo`: the same bytes again, or what is missing."""

from __future__ import annotations

import shutil

import pytest

from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.spool.store import Spool

PLOTS = """
from autoviz_render.figures.panels import ImagePanel

def mine(snapshot):
    return [ImagePanel("mine", snapshot.arrays["image"])]
"""


@pytest.fixture
def drawn(run_dir, publish, command):
    """Draws the run's step 1 with some options; its files."""

    def draw(*options):
        publish(3)
        return command("--step", 1, *options, run_dir)[1]

    return draw


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--limits", "run", "--figure", "auto"),
        ("--panel", 1, "--width", "88mm"),
        ("--theme", "dark", "--figure", "run"),
    ],
)
def test_every_kind_of_file_is_drawn_again_to_the_same_bytes(drawn, command, tmp_path, options):
    """Years later, beside the paper, with nothing but the figure and the run's directory."""
    for file in drawn("--format", ",".join(FORMATS), *options):
        code, output, errors = command("--redo", file, "--out", tmp_path / "again")
        assert (code, errors) == (0, [])
        with open(output[0], "rb") as again, open(file, "rb") as before:
            assert again.read() == before.read()


def test_a_figure_that_is_as_it_would_be_drawn_is_named(drawn, command, tmp_path):
    """Without a folder for another one, nothing is written."""
    (file,) = drawn("--out", tmp_path / "figures")
    shutil.copy(file, tmp_path / "paper.png")
    before = (tmp_path / "paper.png").stat()
    code, output, _ = command("--redo", tmp_path / "paper.png", tmp_path)
    assert (code, output) == (0, [str(tmp_path / "paper.png")])
    assert (tmp_path / "paper.png").stat() == before


def test_a_figure_with_other_bytes_is_not_replaced(drawn, command, tmp_path):
    """It may stand in a paper; what is different is said, and where to have the new one."""
    (file,) = drawn()
    with open(file, "ab") as figure:
        figure.write(b"changed")
    code, output, errors = command("--redo", file)
    assert (code, output) == (1, [])
    assert errors[0].startswith(f"autoviz-render: {file}: is drawn with other bytes now: ")
    assert errors[0].endswith("give --out DIR to have the new file")


def test_what_is_missing_is_said(drawn, command, run_dir, tmp_path):
    """The run, the snapshot, another run of that name: each with what to do."""
    (file,) = drawn()
    shutil.copy(file, tmp_path / "paper.png")
    code, _, errors = command("--redo", tmp_path / "paper.png")
    assert code == 3
    assert errors[0].endswith("shows step 1 of run 'search', which is not beside it: name the run's directory, too")
    spool = Spool(run_dir)
    spool.snapshots()[1].path.unlink()
    code, _, errors = command("--redo", file)
    assert code == 3
    assert errors[0].endswith("does not keep step 1 of epoch 0 any more; near it are kept: 0, 2")
    shutil.copy(spool.snapshots()[0].path, spool.paths.snapshots / "e0000-000000000001.h5")
    code, _, errors = command("--redo", file)
    assert code != 0
    assert "has another step 1 than the figure shows" in errors[0] or "e0000-000000000001.h5" in errors[0]


def test_a_function_is_never_imported_as_a_file_says_so(run_dir, publish, command, tmp_path, monkeypatch):
    """A stranger's figure must not run code; the person names the function."""
    publish(1)
    (tmp_path / "plots_again.py").write_text(PLOTS)
    monkeypatch.chdir(tmp_path)
    (file,) = command("--figure", "plots_again:mine", run_dir)[1]
    code, _, errors = command("--redo", file)
    assert code == 2
    assert "was drawn by 'plots_again.mine', which is no figure that is installed here" in errors[0]
    assert command("--redo", file, "--figure", "plots_again:mine") == (0, [file], [])


def test_a_file_of_another_program_is_refused(command, tmp_path):
    """It has nothing to draw from."""
    (tmp_path / "other.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    code, _, errors = command("--redo", tmp_path / "other.png")
    assert code == 1
    assert "does not say what it was drawn from" in errors[0]
    assert command("--redo", tmp_path / "none.png")[0] == 1
