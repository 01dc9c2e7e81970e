"""Vector files: text that stays text, fonts that journals take, a title, and everything that is on the figure."""

from __future__ import annotations

import re
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest

from autoviz_render import draw
from autoviz_render.figures.panels import LinesPanel, Series, TextPanel
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.page import Page
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.spool.snapshot import Snapshot

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["lens", "", "Ω 中 ) \\ (", "a</title>&b", "\x1b[2Jé\x00\udc80", "x" * 1000]


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314  our own


def panels(snapshot):
    return [LinesPanel("Words  apart, $\\theta$", [Series(np.arange(3.0), np.arange(3.0), label="a <line> & more")])]


def content_of(pdf):
    """The streams of a PDF file, as they were before they were compressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return b"\n".join(zlib.decompress(each) if each.startswith(b"x") else each for each in streams)


@pytest.mark.parametrize("page", [Page(), Page(3.5)], ids=["screen", "page"])
def test_the_text_of_an_svg_is_text(page):
    """A person edits a label, a reader searches for it; elsewhere letters of the same widths stand in for ours."""
    svg = KeptFigure(panels, page=page).draw(Snapshot(arrays={}, run="run")).encode("svg")
    root = parsed(svg)
    texts = ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert {"run", "a <line> & more", "0.5"} <= set(texts)
    assert not root.findall(f".//{SVG}defs/{SVG}g/{SVG}path"), "no letters as shapes"
    styles = [str(each.get("style")) for each in root.iter(f"{SVG}text") if each.text and each.text.strip()]
    assert all("'DejaVu Sans', 'Bitstream Vera Sans', Verdana, sans-serif" in style for style in styles)


def test_several_spaces_in_a_text_of_an_svg_stay_so_many():
    """The words of the header would run into one another: of several spaces a browser shows one."""
    svg = KeptFigure(lambda _: [TextPanel("a", "b")]).draw(Snapshot(arrays={}, log_likelihood=-5.0)).encode("svg")
    texts = ["".join(each.itertext()) for each in parsed(svg).iter(f"{SVG}text")]
    (moment,) = (text for text in texts if "log likelihood" in text)
    assert "\xa0\xa0\xa0log likelihood" in moment
    assert "  " not in moment


def test_the_fonts_of_a_pdf_are_embedded_as_true_type():
    """Journals refuse Matplotlib's default, type 3."""
    pdf = KeptFigure(panels).draw(Snapshot(arrays={})).encode("pdf")
    assert b"/CIDFontType2" in pdf
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf


@pytest.mark.parametrize("run", NAMES, ids=ascii)
def test_a_vector_file_has_a_title_and_is_whole_whatever_the_run_is_called(run):
    """Named in the window of whoever reads it; what cannot be seen, or would end the title, is escaped."""
    drawing = draw(Snapshot(arrays={}, run=run), panels)
    root = parsed(drawing.encode("svg"))
    title = str(root.findtext(f"{SVG}title"))
    assert title.endswith("panels")
    assert title.startswith(run[:4]) or not run.isprintable()
    assert title.isprintable()
    assert len(title) < 300
    (told,) = re.findall(rb"/Title (\(.*?[^\\]\))", drawing.encode("pdf"), re.DOTALL)
    assert told.startswith(b"(\xfe\xff" if not title.isascii() else b"(" + title[:4].encode())
    assert drawing.encode("pdf") == draw(Snapshot(arrays={}, run=run), panels).encode("pdf")
    assert b"CreationDate" not in drawing.encode("pdf")


def test_nothing_is_left_out_of_a_pdf_that_is_scaled():
    """What lies beyond a page is not written: measured on the page before it was scaled, not after."""
    x = np.linspace(0, 1, 300)
    page, figure = Page(3.5, panel=1), [LinesPanel("Lines", [Series(x, np.sin(40 * x))])]
    small = KeptFigure(lambda _: figure, page=page).draw(Snapshot(arrays={})).encode("pdf")
    large = KeptFigure(lambda _: figure).draw(Snapshot(arrays={})).encode("pdf")
    count = [len(re.findall(rb" l\n| l ", content_of(each))) for each in (small, large)]
    assert count[0] > 200
    assert abs(count[0] - count[1]) < 40


def test_the_title_names_the_figure_that_was_drawn():
    """A function's own name, if it is one."""
    snapshot = Snapshot(arrays={}, run="lens")
    for figure, name in (("auto", "auto"), (panels, "panels")):
        assert f"<title>lens: {name}</title>".encode() in draw(snapshot, figure, RenderSettings(width="88mm")).encode(
            "svg"
        )
