"""A figure's file says where it comes from, wherever it is copied, and the same in the same bytes."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from autoviz_render.renderer.batch.render import render
from autoviz_render.renderer.draw import draw
from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.renderer.provenance import Provenance, read_provenance
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool

NAMES = [
    "search",
    "run (a) \\ b",
    "</metadata><script>",
    "é\N{RIGHT-TO-LEFT OVERRIDE}\N{SNOWMAN}  x",
    "n" * 5000,
    "a\0b\n",
]


@pytest.fixture
def spool(tmp_path):
    def published(title="search"):
        with Publisher(tmp_path / "run", static={"data": np.eye(4)}, title=title, figure=["auto", "run"]) as publisher:
            for step in range(3):
                publisher.publish(
                    {"model": np.full((4, 4), step + np.eye(4))}, iteration=10 * step, log_likelihood=-1.0
                )
                publisher.flush()
        return Spool(tmp_path / "run")

    return published


@pytest.mark.parametrize("title", NAMES)
@pytest.mark.parametrize("kind", FORMATS)
def test_every_kind_of_file_says_where_it_comes_from(spool, tmp_path, kind, title):
    """A figure in a paper's folder is worth little if nobody knows of which run it is, whatever the run is called."""
    snapshot = spool(title)[1]
    path = tmp_path / f"figure.{kind}"
    draw(snapshot, "auto", RenderSettings(dpi=50, panel=1, theme="dark")).save(path)
    told = read_provenance(path)
    assert (told.run, told.epoch, told.step, told.iteration) == (snapshot.run[:100], 0, 1, 10)
    assert (told.snapshot, told.static) == (snapshot.digest, snapshot.static_digests)
    assert len(told.snapshot) == 64
    assert (told.figure, dict(told.settings)) == ("auto", {"dpi": 50, "theme": "dark", "panel": 1})
    assert path.stat().st_size < 200_000


def test_the_text_of_a_png_is_read_by_others(spool, tmp_path):
    """Any program that shows a picture's properties shows it."""
    draw(spool()[-1], "auto", RenderSettings(dpi=20)).save(tmp_path / "figure.png")
    with Image.open(tmp_path / "figure.png") as image:
        assert json.loads(image.info["Provenance"])["step"] == 2


def test_a_digest_names_what_is_in_the_file(spool, tmp_path):
    """Of two runs with the same step, the figure tells which one it shows."""
    first = spool()
    one, two = first[0].digest, first[1].digest
    shutil.copytree(tmp_path / "run", tmp_path / "moved")
    assert Spool(tmp_path / "moved")[0].digest == one != two
    assert Snapshot(arrays={}).digest == ""


def test_a_figure_drawn_live_in_a_process_and_here_has_the_same_bytes(spool):
    """What a file says has no date, no path and no host in it."""
    snapshots = spool()
    (drawn,) = [each for each in render(snapshots.paths.run_dir) if each.figure == "auto"]
    assert drawn.files[0].read_bytes() == draw(snapshots[-1], "auto").encode("png")
    text = drawn.files[0].read_bytes()
    assert str(snapshots.paths.run_dir.parent).encode() not in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[" * 100_000,
        '{"run": 1}',
        json.dumps(vars(Provenance("r", 0, 0, 0, "", (), "f")) | {"epoch": 1e300}),
        json.dumps(vars(Provenance("r", 0, 0, 0, "", (), "f")) | {"settings": 3}),
    ],
)
def test_what_a_stranger_wrote_there_is_refused(text):
    """A file from elsewhere says anything."""
    with pytest.raises(ValueError, match="no provenance"):
        Provenance.from_text(text)


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", b"RIFF", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\xff" * 99]
)
def test_a_file_that_does_not_say_so_is_named(tmp_path, content):
    """With the reason: another program made it."""
    (tmp_path / "figure.png").write_bytes(content)
    with pytest.raises(UnreadableError, match=r"figure\.png: does not say what it was drawn from"):
        read_provenance(tmp_path / "figure.png")


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="needs pdfinfo, of Debian's poppler-utils")
def test_the_keywords_of_a_pdf_are_read_by_others(spool, tmp_path):
    """A journal's or a library's tools show them."""
    draw(spool("run (a)")[-1], "auto").save(tmp_path / "figure.pdf")
    shown = subprocess.run(["pdfinfo", tmp_path / "figure.pdf"], capture_output=True, text=True, check=True).stdout
    keywords = next(line for line in shown.splitlines() if line.startswith("Keywords:"))
    assert json.loads(keywords.partition(":")[2])["run"] == "run (a)"
