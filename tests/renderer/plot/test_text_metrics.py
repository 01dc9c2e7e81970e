"""Text of a stranger's on a figure: cut before it is measured, and nothing but letters."""

from __future__ import annotations

from xml.dom import minidom

import numpy as np
import pytest

from autoviz_render.figures.builtin.auto import auto
from autoviz_render.figures.builtin.run import MOST_PANELS, run
from autoviz_render.figures.panels import CustomPanel, TablePanel, TextPanel
from autoviz_render.renderer.plot import text_metrics
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.text_metrics import drawable, fitted, is_mathtext
from autoviz_render.spool.snapshot import Snapshot

ORDERS = "\x00\x08\x1b[2J\x7f\x9b\u202e\u2066\u200f\ud800\ufffe"


@pytest.fixture
def measured(monkeypatch):
    """Letters that were measured."""
    letters: list[str] = []
    advance = text_metrics._advance
    monkeypatch.setattr(text_metrics, "_advance", lambda char: letters.append(char) or advance(char))
    return letters


def test_a_long_title_is_cut_before_it_is_measured(measured):
    """To measure a name of a megabyte, cut by a letter, and again, took days."""
    short = fitted("x" * 300, 4.0, 13.5)
    few = len(measured)
    assert fitted("x" * 1_000_000, 4.0, 13.5) == short
    assert short.startswith("xxx")
    assert "…" in short
    assert len(measured) < 20 * few


def test_a_cut_text_is_the_same_however_much_was_there():
    """Its head and its tail; so a kept figure and a golden one stay what they are."""
    text = "".join(chr(ord("a") + number % 26) for number in range(5000))
    for width in (0.2, 1.0, 3.0, 17.0):
        head, tail = fitted(text[:200] + text[-200:], width, 11.0).split("…")
        assert fitted(text, width, 11.0) == f"{head}…{tail}"


@pytest.mark.parametrize(
    "text", ["$" + "x_" * 100_000 + "$", "$" + "{" * 240 + "}" * 240 + "$", "$a$\x1b", "$\u202e$", "$" * 1001, "$\\$"]
)
def test_mathtext_that_cannot_be_drawn_soon_is_no_mathtext(text):
    """It is shown as it is written, and costs nobody a figure."""
    assert not is_mathtext(text) or len(text) <= text_metrics._MOST_MATHTEXT
    panels = [TextPanel(text, text), TablePanel(text, [(text, text)])]
    assert KeptFigure(lambda _: panels, dpi=40).draw(snapshot(run=text)).errors == ()


def snapshot(**fields) -> Snapshot:
    return Snapshot(**{"arrays": {}, "static": {}, "iteration": 1, "run": "toy", **fields})


def test_orders_are_boxes():
    """A sign that turns the direction of what follows makes one run's name another's."""
    boxes = "".join(char if char in "[2J" else "□" for char in ORDERS)
    assert drawable(f"a{ORDERS}b") == f"a{boxes}b"
    assert drawable("a\nb\N{NO-BREAK SPACE}c") == "a\nb\N{NO-BREAK SPACE}c"


@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_vector_file_is_xml_whatever_is_written_on_it():
    """Also what a figure of somebody's own writes, for Matplotlib puts it into a comment."""

    def by_hand(axes, shown):
        axes.text(0.5, 0.5, shown.run.replace("\ud800", ""))

    given = snapshot(run=ORDERS + "--><&>", arrays={ORDERS.replace("\ud800", ""): np.eye(5)})
    drawn = KeptFigure(lambda each: [*auto(each), CustomPanel(each.run, by_hand)], dpi=40).draw(given)
    svg = drawn.encode("svg")
    minidom.parseString(svg)  # noqa: S318  of our own making
    assert b"\x1b" not in svg
    assert drawn.encode("pdf").startswith(b"%PDF")


def test_a_million_numbers_make_no_more_panels_than_are_shown(monkeypatch):
    """A stranger's run may have as many scalars as a line of text holds."""
    made = []
    monkeypatch.setattr("autoviz_render.figures.builtin.run.thin", lambda x, y: made.append(1) or (x, y))
    panels = run(snapshot(scalars={f"s{number}": 1.0 for number in range(5000)}))
    assert len(panels) == MOST_PANELS
    assert len(made) <= 2 * MOST_PANELS


@pytest.mark.parametrize("shape", [(0,), (0, 5), (1, 100_000), (100_000, 1), (4, 100_000), (100_000, 4), (1,) * 20])
def test_arrays_of_any_shape_are_drawn(shape):
    """Whatever a run publishes, something is shown of it."""
    assert KeptFigure(auto, dpi=40).draw(snapshot(arrays={"x": np.ones(shape)})).errors == ()
