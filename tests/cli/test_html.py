"""`--html`: one page over all runs, of figures that are up to date, and a folder that explains itself."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest

from autoviz_render.cli.commands.html import is_stale
from autoviz_render.spool.publisher import Publisher
from autoviz_render.views.model.run_view import FigureView, RendererView, RunView
from autoviz_render.views.page.scripts import value_of


def publish_runs(folder, count=2):
    for number in range(count):
        with Publisher(folder / f"lens #{number}") as publisher:
            publisher.publish({"image": [[1.0, 2.0], [3.0, 4.0]]}, iteration=number, log_likelihood=-1.0)


def read(folder, name):
    return value_of((folder / "index_files" / name).read_bytes())


def test_what_is_not_drawn_is_drawn_and_shown_on_one_page(command, tmp_path):
    """The last line of standard output is what a person opens."""
    publish_runs(tmp_path / "output")
    code, out, _ = command("--html", tmp_path / "output")
    assert (code, out[-1]) == (0, str(tmp_path / "output" / "index.html"))
    assert len(out) == 3
    row = read(tmp_path / "output", "runs-000.js")["rows"][0]
    assert "lens%20%230/image/" in row
    assert "lens%20%230/image/fit.png" in row
    assert (tmp_path / "output" / "lens #0" / "image" / "index.html").exists()


def test_a_second_time_nothing_is_drawn_again(command, tmp_path):
    """A page over ten thousand runs of last year is a matter of reading."""
    publish_runs(tmp_path / "output")
    command("--html", tmp_path / "output")
    code, out, _ = command("--html", tmp_path / "output")
    assert (code, out) == (0, [str(tmp_path / "output" / "index.html")])


def test_all_steps_that_are_drawn_are_in_the_film(command, tmp_path, run_dir, publish):
    """`--all` draws them, and the page has a slider over them."""
    publish(4)
    code, *_ = command("--all", "--html", run_dir)
    assert code == 0
    detail = read(run_dir / "image", "detail.js")
    assert [frame[0] for frame in detail["films"][0]["frames"]] == [0, 1, 2, 3]
    assert detail["drawn"][0] == ["auto", 0, 0, "frames/fit-e0000-000000000000.png"]


def test_figures_in_another_folder_are_linked_there(command, tmp_path):
    """On a read-only disk both go where a person may write."""
    publish_runs(tmp_path / "output")
    code, out, _ = command("--html", "--out", tmp_path / "here", tmp_path / "output")
    assert (code, out[-1]) == (0, str(tmp_path / "here" / "index.html"))
    assert "lens%20%230/fit.png" in read(tmp_path / "here", "runs-000.js")["rows"][0]
    assert not (tmp_path / "output" / "lens #0" / "image").exists()


def test_one_run_whose_figures_go_beside_the_page_has_its_own_page_there(command, tmp_path, run_dir, publish):
    """Both would be `index.html`: of one run, its own says more."""
    publish()
    code, out, _ = command("--html", "--out", tmp_path / "here", run_dir)
    assert (code, out[-1]) == (0, str(tmp_path / "here" / "index.html"))
    assert b'content="run"' in (tmp_path / "here" / "index.html").read_bytes()
    assert read(tmp_path / "here", "run.js")["figures"][0]["file"] == "fit.png"


def test_another_programs_page_is_kept_and_said(command, tmp_path):
    """It is an error of one line with the file's name."""
    publish_runs(tmp_path / "output", 1)
    (tmp_path / "output" / "index.html").write_text("mine")
    code, _, err = command("--html", tmp_path / "output")
    assert code == 1
    assert "index.html: is another program's page" in err[-1]
    assert (tmp_path / "output" / "index.html").read_text() == "mine"


@pytest.mark.parametrize("others", [["b"], ["--status"], ["--movie", "a.mp4"]])
def test_what_does_not_go_together_is_said(command, others):
    """Each in a line, with the option's name."""
    code, _, err = command("--html", "a", *others)
    assert code == 2
    assert "--html" in err[-1]


def test_nothing_to_show_is_nothing_to_draw(command, tmp_path):
    """As without a page."""
    assert command("--html", tmp_path)[0] == 3
    assert not os.listdir(tmp_path)


def test_while_it_watches_both_pages_follow(command, tmp_path, run_dir, publish):
    """What they say last is how the run ended."""
    publish()
    code, out, err = command("--watch", "--until-finished", "--html", "--quiet", run_dir)
    assert (code, err) == (0, [])
    assert out == [str(run_dir / "image" / "fit.png")]
    run = read(run_dir / "image", "run.js")
    assert (run["run"]["state"], run["next"], run["renderer"]["state"]) == ("finished", None, "stopped")
    assert read(run_dir, "index.js")["runs"] == 1


def test_a_watch_writes_no_page_if_it_is_told_not_to(command, run_dir, publish, monkeypatch):
    """`AUTOVIZ_PAGE=0`: a quota of files, or another program that lists the folder."""
    monkeypatch.setenv("AUTOVIZ_PAGE", "0")
    publish()
    command("--watch", "--until-finished", run_dir)
    assert os.listdir(run_dir / "image") == ["fit.png"]


def test_a_figure_is_drawn_again_only_if_a_newer_snapshot_came(tmp_path):
    """And not if a renderer is at work, which will draw it."""
    now = time.time()
    figure = FigureView("auto", tmp_path / "fit.png", now, 100)
    view = RunView("a", tmp_path, tmp_path, "a", step=3, figure_names=("auto",), figures=(figure,), updated=now - 1)
    assert not is_stale(view)
    assert is_stale(replace(view, updated=now + 1))
    assert is_stale(replace(view, figures=()))
    assert not is_stale(replace(view, figures=(), step=None))
    at_work = RendererView("watching")
    assert not is_stale(replace(view, figures=(), renderer=at_work))
