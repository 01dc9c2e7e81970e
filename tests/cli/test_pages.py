"""`--width`, `--height` and `--panel`: figures for papers, from the command, live and in movies."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from movie_reader import read_movie
from PIL import Image

from autoviz_render import RenderSettings, Spool, draw, render
from autoviz_render.renderer.live.live_run import LiveSettings
from autoviz_render.renderer.live.loop import LiveRenderer
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.work.job_runner import InProcess
from autoviz_render.spool.publisher import Publisher


def drawn(line):
    with Image.open(line) as image:
        return image.size


def test_a_width_is_drawn_at_print_resolution(run_dir, publish, command):
    """And the file says how wide it is on paper."""
    publish(1)
    code, output, errors = command("--width", "88mm", "--format", "png,pdf", "--quiet", run_dir)
    assert (code, errors) == (0, [])
    png, pdf = map(Path, output)
    with Image.open(png) as image:
        assert image.size[0] == int(300 * 88 / 25.4)
        assert image.info["dpi"][0] == 300.0 or abs(image.info["dpi"][0] - 300) < 0.02
    assert re.findall(rb"/MediaBox \[ 0 0 (249.4\d*) ", pdf.read_bytes())


def test_a_panel_alone_stands_beside_the_figure(run_dir, publish, command):
    """The figure, which may be live, is not replaced by a part of it."""
    publish(1)
    command(run_dir)
    before = (run_dir / "image" / "fit.png").read_bytes()
    code, output, _ = command("--panel", "IMAGE", "--width", "88mm", "--height", "5cm", "--dpi", "100", run_dir)
    assert (code, output) == (0, [str(run_dir / "image" / "fit-image.png")])
    assert drawn(output[0]) == (346, 196)
    assert (run_dir / "image" / "fit.png").read_bytes() == before


def test_a_panel_that_is_not_there_is_told_with_those_that_are(run_dir, publish, command):
    """And nothing is written in its place."""
    publish(1)
    code, output, errors = command("--panel", "Source plane", run_dir)
    assert (code, output) == (1, [])
    assert len(errors) == 1
    assert "panel is 'Source plane'; choose one by its title or number: 1 '" in errors[0]
    assert "'data'" in errors[0]
    assert list((run_dir / "image").glob("*")) == []


def test_what_cannot_be_a_page_is_wrong_usage(run_dir, publish, command):
    """Told before anything is drawn."""
    publish(1)
    for wrong, word in [
        (["--width", "88"], "--width is '88'"),
        (["--width", "88mm", "--height", "tall"], "--height is 'tall'"),
        (["--height", "88mm"], "--height is "),
    ]:
        code, output, errors = command(*wrong, run_dir)
        assert (code, output) == (2, [])
        assert word in errors[-1]


def test_figures_of_another_size_or_panel_are_drawn_again(run_dir, publish, command):
    """What is kept is what was asked for, to the last bit."""
    publish(2)
    out = run_dir.parent / "frames"
    for number, how in enumerate(
        [[], ["--width", "88mm"], ["--width", "90mm"], ["--width", "90mm", "--height", "3in"]]
    ):
        how += ["--dpi", "50", "--out", out, run_dir]
        assert len(command("--all", *how)[1]) == 2, number
        assert command("--all", *how)[:2] == (0, [])
    assert [len(command("--all", "--panel", name, "--out", out, run_dir)[1]) for name in ("data", "data", "image")] == [
        2,
        0,
        2,
    ]


def test_a_live_page_has_the_bytes_of_a_later_one_and_of_one_in_a_notebook(run_dir, publish):
    """By whatever way it is drawn."""
    publish(2)
    settings = RenderSettings(width="88mm", dpi=80, panel="image", formats=("png", "svg", "pdf"))
    renderer = LiveRenderer(Watch(run_dir), LiveSettings(settings, until_finished=True), InProcess())
    assert renderer.run() == 0
    files = [run_dir / "image" / f"fit-image.{kind}" for kind in settings.formats]
    live = [file.read_bytes() for file in files]
    (result,) = render(run_dir, settings=settings)
    assert list(result.files) == files
    assert [file.read_bytes() for file in files] == live
    spool = Spool(run_dir)
    drawing = draw(spool.read(spool.newest()), settings=settings)
    assert [drawing.encode(kind) for kind in settings.formats] == live


def test_a_live_panel_may_come_later(run_dir):
    """Early snapshots have fewer arrays: the renderer says so once, and draws the panel when it is there."""
    settings = LiveSettings(RenderSettings(panel="late", dpi=40), until_finished=True)
    with Publisher(run_dir, retention="all") as publisher:
        publisher.publish({"early": np.eye(4)}, iteration=0)
        publisher.flush()
        renderer = LiveRenderer(Watch(run_dir), settings, InProcess())
        renderer.look()
        assert not (run_dir / "image" / "fit-late.png").exists()
        publisher.publish({"early": np.eye(4), "late": np.eye(5)}, iteration=1)
        publisher.flush()
        renderer.look()
    renderer.close()
    assert (run_dir / "image" / "fit-late.png").exists()


def test_a_movie_of_a_panel_that_came_later(run_dir, command):
    """Early snapshots have fewer arrays: they are left out, and said to be."""
    with Publisher(run_dir, retention="all") as publisher:
        for number in range(4):
            arrays = {"early": np.eye(4)} | ({"late": np.eye(5) * number} if number > 1 else {})
            publisher.publish(arrays, iteration=number)
            publisher.flush()
    movie = run_dir.parent / "late.gif"
    code, _, errors = command("--movie", movie, "--panel", "late", "--dpi", "40", run_dir)
    assert (code, len(read_movie(movie))) == (1, 2)
    assert [line for line in errors if "left out" in line] == [
        "autoviz-render: figure 'auto': snapshots that do not have the panel are left out"
    ]
    code, output, errors = command("--movie", movie, "--panel", "never", run_dir)
    assert (code, output) == (2, [])
    assert "panel is 'never'; choose one by its title or number: 1 'early', 2 'late'" in errors[-1]


def test_a_movie_of_one_panel(run_dir, publish, command):
    """At the width of a page of a talk, say."""
    publish(3)
    movie = run_dir.parent / "image.gif"
    code, output, _ = command("--movie", movie, "--panel", "image", "--width", "88mm", "--dpi", "60", run_dir)
    assert (code, output) == (0, [str(movie)])
    frames = [frame.pixels for frame in read_movie(movie)]
    assert len(frames) == 3
    assert frames[0].shape[1] == int(60 * 88 / 25.4)
