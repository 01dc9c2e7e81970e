"""`--sheet`: the same panels of many runs on a few pages."""

from __future__ import annotations

import json
import math
import os

import numpy as np
import pytest
from PIL import Image

from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool
from autoviz_render.views.page.scripts import value_of

HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e $(rm -rf) =cmd()"


def publish(folder, key, level=0.0, name=None, figure="auto", **scalars):
    """A run whose image is all of one value, but for two pixels."""
    image = np.full((12, 12), float(level))
    image[0, :2] = 0, 1
    noise = {"data": image, "noise_map": np.ones((12, 12)), "model_image": np.zeros((12, 12))}
    with Publisher(folder / key, figure=figure, name=None) as publisher:
        publisher.publish(noise | {"zoom": image[:6]}, iteration=1, log_likelihood=level, scalars=scalars)
    return folder / key


@pytest.fixture
def output(tmp_path):
    for number, level in enumerate([3.0, 1.0, 2.0]):
        publish(tmp_path / "output", f"lens_{number}", level, redshift=math.nan if number == 1 else number)
    return tmp_path / "output"


def cells(file):
    """The pixels of a page."""
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))


def test_the_panels_of_all_runs_are_on_one_page(command, output):
    """That is what a sheet is for: thirty folders at a glance."""
    code, out, err = command("--sheet", "data,zoom", output)
    assert (code, out, err) == (0, [str(output / "sheet-001.png")], [])
    assert cells(output / "sheet-001.png").std() > 10


def test_the_same_runs_give_the_same_bytes_by_any_number_of_processes(command, output, tmp_path):
    """A sheet in a paper's repository does not change by itself."""
    for jobs, folder in ((1, "a"), (2, "b")):
        code, *_ = command(
            "--sheet", "data", "--sort=-chi2", "--format", "png,pdf", "--jobs", jobs, "--out", tmp_path / folder, output
        )
        assert code == 0
    for name in ("sheet-001.png", "sheet.pdf"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_run_that_cannot_be_read_or_drawn_costs_a_cell_and_a_line(command, output, tmp_path):
    """One bad run of two thousand must not cost the sheet."""
    for file in Spool(output / "lens_1").paths.snapshots.iterdir():
        file.write_bytes(b"damaged" * 100)
    (output / "lens_2" / "spool" / "spool.json").write_text("{")
    os.makedirs(output / "empty")
    Publisher(output / "empty").close("finished")
    code, out, err = command("--sheet", "data", output)
    assert code == 1
    assert out == [str(output / "sheet-001.png")]
    assert sum("lens_1" in line for line in err) == 1
    assert sum("lens_2" in line for line in err) == 1
    assert not any("empty" in line for line in err)  # that is no fault


def test_a_panel_that_hangs_or_kills_its_process_costs_one_cell(command, output, tmp_path, monkeypatch):
    """Strangers' figures do both; the others of its page are drawn."""
    (tmp_path / "mine.py").write_text(
        "import os\nfrom autoviz_render import ImagePanel\n"
        "def figure(snapshot):\n"
        "    if snapshot.log_likelihood == 1.0:\n        os._exit(3)\n"
        "    return [ImagePanel('Mine', snapshot.arrays['data'])]\n"
    )
    monkeypatch.chdir(tmp_path)
    code, out, err = command("--sheet", "mine", "--figure", "mine:figure", output)
    assert code == 1
    assert out == [str(output / "sheet-001.png")]
    assert len(err) == 1
    assert "lens_1" in err[0]
    assert "was abandoned" in err[0]


def test_a_panel_that_no_run_has_is_told_with_those_that_there_are(command, output):
    """A typing error must not cost the time of two thousand runs."""
    code, out, err = command("--sheet", "data,soruce", output)
    assert (code, out) == (2, [])
    assert err == [f"autoviz-render: sheet: no panel is called 'soruce'; there are: {', '.join(sorted_titles(err))}"]
    assert not (output / "sheet-001.png").exists()


def sorted_titles(err):
    return err[0].partition("there are: ")[2].split(", ")


def test_only_runs_that_fulfil_a_condition_are_shown(command, output):
    """And a condition that none fulfils is told."""
    code, *_ = command("--sheet", "data", "--where", "redshift >= 2", output)
    assert code == 0
    one = cells(output / "sheet-001.png").shape
    command("--sheet", "data", output)
    assert one[1] < cells(output / "sheet-001.png").shape[1]
    code, out, err = command("--sheet", "data", "--where", "redshift > 5", output)
    assert (code, out, err) == (3, [], ["autoviz-render: of 3 runs none is such that redshift > 5"])
    code, out, err = command("--sheet", "data", "--where", "color > 5", output)
    assert (code, out) == (2, [])
    assert "no run has 'color'" in err[0]


def test_a_shorter_sheet_removes_the_pages_of_a_longer_one_and_nothing_else(command, output):
    """A page of last week among those of today would be believed."""
    for name in ("sheet-002.png", "sheet-003.png"):
        (output / name).write_bytes(b"\x89PNG\r\n\x1a\n autoviz-render" if "2" in name else b"mine")
    code, *_ = command("--sheet", "data", output)
    assert code == 0
    assert not (output / "sheet-002.png").exists()
    assert (output / "sheet-003.png").read_bytes() == b"mine"
    (output / "sheet-001.png").write_bytes(b"mine, too")
    code, _, err = command("--sheet", "data", output)
    assert code == 1
    assert "another program wrote it" in err[0]
    assert (output / "sheet-001.png").read_bytes() == b"mine, too"


def test_marks_choose_runs_wherever_the_sheet_goes(command, output, tmp_path):
    """They are beside the runs, where the page of a server writes them, or beside the sheet."""
    (output / "marks.csv").write_text("run,mark\nlens_1,bad\n")
    out = tmp_path / "elsewhere"
    code, *_ = command("--sheet", "data", "--where", "mark == 'bad'", "--format", "html", "--out", out, output)
    assert code == 0
    value = value_of((out / "sheet_files" / "sheet.js").read_bytes())
    assert [row[0] for row in value["rows"]] == ["lens_1"]
    assert value["rows"][0][4] == "bad"
    (out / "marks.csv").write_text("run,mark\nlens_1,good\n")
    code, *_ = command("--sheet", "data", "--where", "mark == 'bad'", "--out", out, output)
    assert code == 3


def test_hostile_names_do_no_harm(command, tmp_path):
    """Neither in a terminal nor in the name of a file."""
    folder = tmp_path / "output"
    publish(folder, "run \x1b[31m\u202e")
    code, out, err = command("--sheet", "data", folder)
    assert (code, err) == (0, [])
    assert out == [str(folder / "sheet-001.png")]
    code, out, err = command("--sheet", HOSTILE, folder)
    assert code == 2
    assert all(line.isprintable() for line in err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--all",),
        ("--panel", "1"),
        ("--format", "svg"),
        ("--redraw",),
        ("--status",),
        ("--preview",),
        ("--limits", "run"),
    ],
)
def test_what_does_nothing_beside_a_sheet_is_refused(command, output, arguments):
    """A person who types it expects something of it."""
    code, out, _ = command("--sheet", "data", *arguments, output)
    assert (code, out) == (2, [])


def test_a_sheet_is_told_as_json_and_in_print_size(command, output):
    """Another program reads where it is; a journal's column is 88 mm."""
    code, out, _ = command("--sheet", "data,zoom,noise", "--width", "88mm", "--json", "--theme", "dark", output)
    assert code == 0
    file = json.loads(out[0])["file"]
    assert abs(cells(file).shape[1] - 88 / 25.4 * 300) <= 3
