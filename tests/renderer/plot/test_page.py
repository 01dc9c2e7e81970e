"""Figures for papers: a width, text that can be read at it, and one panel alone."""

from __future__ import annotations

import re

import numpy as np
import pytest

from autoviz_render.figures import find_figure
from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.panels import (
    CornerPanel,
    HistogramPanel,
    ImagePanel,
    LinesPanel,
    Series,
    TablePanel,
    TextPanel,
)
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.layout import GridSlot
from autoviz_render.renderer.plot.page import SMALLEST_TEXT, Page, PageError, inches
from autoviz_render.spool.snapshot import Snapshot

COLUMN, FULL = 88 / 25.4, 180 / 25.4
"""Widths of a journal's column and of its page, in inches."""


def images(count):
    return [ImagePanel(f"Image {number}", np.eye(5)) for number in range(1, count + 1)]


def lines(title="Lines", **more):
    return LinesPanel(title, [Series(np.arange(9.0), np.arange(9.0) ** 2, label="data")], x_label="x", **more)


def texts_of(svg):
    """Each text of an SVG file, and its size in points as printed."""
    (width,), (units,) = re.findall(rb'<svg[^>]* width="([\d.]+)pt"', svg), re.findall(rb'viewBox="0 0 ([\d.]+) ', svg)
    scale = float(width) / float(units)
    found = re.findall(rb"<text [^>]*font(?:-size)?: (?:\w+ )*([\d.]+)px[^>]*>(.*?)</text>", svg, re.DOTALL)
    return [(text.decode(), float(size) * scale) for size, text in found]


@pytest.mark.parametrize("width", [COLUMN, FULL, 40 / 25.4, 20.0], ids="{:.1f}".format)
@pytest.mark.parametrize("name", ["imaging", "auto"])
def test_no_text_is_smaller_than_seven_points_at_any_width(lens_snapshot, name, width):
    """A figure that is scaled to a journal's column has letters of two points."""
    drawing = KeptFigure(find_figure(name), dpi=50, page=Page(width)).draw(lens_snapshot())
    sizes = [size for _, size in texts_of(drawing.encode("svg"))]
    assert len(sizes) > 30
    assert SMALLEST_TEXT - 0.01 <= min(sizes) <= max(sizes) < 1.5 * SMALLEST_TEXT


@pytest.mark.parametrize("height", [None, 1.7], ids=["as needed", "given"])
@pytest.mark.parametrize("width", [COLUMN, FULL])
def test_a_page_has_the_size_that_was_asked_for(width, height):
    """To the dot and to a thousandth of a point: a journal's system measures it."""
    drawing = KeptFigure(lambda _: [lines(span=(2, 3))], dpi=300, page=Page(width, height)).draw(Snapshot(arrays={}))
    rows, columns, _ = drawing.pixels.shape
    assert columns == int(300 * width)
    assert height is None or rows == int(300 * height)
    (box,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", drawing.encode("pdf"))
    assert float(box[0]) == pytest.approx(72 * width, abs=1e-3)
    assert height is None or float(box[1]) == pytest.approx(72 * height, abs=1e-3)
    (svg,) = re.findall(rb'<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"', drawing.encode("svg"))
    assert tuple(map(float, svg)) == pytest.approx(tuple(map(float, box)), abs=1e-2)


@pytest.mark.parametrize(
    ("panels", "width", "columns"),
    [
        (images(12), FULL, 4),
        (images(12), COLUMN, 2),
        (images(12), 1.2, 1),
        (images(2), FULL, 2),
        ([*images(6), lines(), lines()], FULL, 3),
        ([*images(6), lines(), lines()], COLUMN, 1),
        ([*images(6), TablePanel("Table", [("a", "1.5")])], FULL, 4),
        ([*images(6), TablePanel("Table", [("a long name of a parameter", "1.500 +0.100 -0.200")])], FULL, 4),
        ([[lines(span=(1, 3))], [lines(), lines(), TextPanel("Text", "")]], FULL, 3),
    ],
)
def test_a_narrow_page_has_fewer_columns(panels, width, columns):
    """Instead of smaller text; and a figure with few panels keeps the rows that its recipe gave."""
    sheet = Page(width).sheet(panels)
    assert sheet.grid.columns == columns
    assert sheet.scale * sheet.grid.size.width == pytest.approx(width)
    assert len({(row, column) for (row, column, _, _), _ in sheet.arranged}) == len(sheet.arranged)


def test_a_panel_that_spans_more_columns_than_there_are_is_shrunk_in_proportion():
    """A corner plot stays a square, and what stood beside it comes below."""
    corner = CornerPanel("Corner", np.eye(4), list("abcd"), span=(4, 4))
    sheet = Page(FULL).sheet([[corner, lines()], [lines()], [lines()], [lines()]])
    assert [slot for slot, _ in sheet.arranged[:2]] == [GridSlot(0, 0, 3, 3), GridSlot(3, 0)]


def test_what_stands_within_a_corner_plot_stands_beside_it_on_a_page():
    """There is no room for it there; and each can be had alone, by its title or the number that it has on the page."""
    insets = [TablePanel("Numbers", [("a", "1.5")]), lines("Course")]
    corner = CornerPanel("Corner", np.eye(4), list("abcd"), insets=insets, span=(3, 3))
    titles = [[panel.title for _, panel in Page(width).sheet([corner]).arranged] for width in (None, COLUMN)]
    assert titles == [["Corner"], ["Corner", "Course", "Numbers"]]
    for page in (Page(COLUMN), Page(COLUMN, panel="corner"), Page(FULL, panel=1)):
        (slot, panel), *_ = (sheet := page.sheet([corner])).arranged
        assert isinstance(panel, CornerPanel)
        assert not panel.insets
        width, height = sheet.grid.size_of(slot)
        assert height == pytest.approx(width, rel=0.2)
    chosen: list[tuple[str | int, str]] = [("Course", "Course"), (3, "Course"), (2, "Numbers")]
    for name, title in chosen:
        assert Page(panel=name).sheet([corner]).arranged[0][1].title == title
    ((_, whole),) = Page(panel=1).sheet([corner]).arranged
    assert isinstance(whole, CornerPanel)
    assert whole.insets is insets


def test_tables_stand_at_the_end_as_wide_as_they_need():
    """One among the images would have them stand in fewer columns, or leave a hole."""
    wide = TablePanel("Wide", [("a long name of a parameter", "1.500 +0.100 -0.200")], span=(3, 1))
    slim = TablePanel("Slim", [("a", "1.5")])
    sheet = Page(FULL).sheet([[*images(4), wide], [*images(4), slim]])
    found = {panel.title: slot for slot, panel in sheet.arranged}
    assert (found["Wide"], found["Slim"]) == (GridSlot(2, 0, 1, 2), GridSlot(2, 2, 1, 1))
    assert sheet.grid.heights[2] < sheet.grid.heights[1], "it has two rows"


@pytest.mark.parametrize(
    "name",
    ["Chi squared: 3 in 14", "chi SQUARED:  3 in 14", "chi squared", "in 14", "2", 2],
)
def test_a_panel_is_chosen_by_its_title_a_part_of_it_or_its_number(name):
    """Titles count things that change: nobody should have to type the numbers."""
    (panel,) = (panel for _, panel in Page(panel=name).sheet([*images(1), lines("Chi squared: 3 in 14")]).arranged)
    assert panel.title == "Chi squared: 3 in 14"


def test_a_title_that_counts_what_is_beyond_is_the_same_title():
    """In some frames of a movie it does."""
    panels = [lines("Samples, 1,312 beyond"), lines("Samples of another"), lines("Another")]
    assert Page(panel="samples").sheet(panels).arranged[0][1].title == "Samples, 1,312 beyond"


def test_a_title_that_is_a_number_is_a_title_first():
    """Arrays may be named so."""
    panels = [lines("2"), lines("1")]
    assert [Page(panel=name).sheet(panels).arranged[0][1].title for name in ("2", 2, "1", 1)] == ["2", "1", "1", "2"]


@pytest.mark.parametrize("name", ["Source plane", "Image", "0", "4", 0, -1, 9, "", "\x1b[2J"])
def test_what_is_no_panel_or_may_be_several_raises_and_lists_them(name):
    """The message is where a person looks for the right title."""
    with pytest.raises(
        PageError, match=r"choose one by its title or number: 1 'Image 1', 2 'Image 2', 3 'Lines'$"
    ) as raised:
        KeptFigure(lambda _: [*images(2), lines()], page=Page(panel=name)).draw(Snapshot(arrays={}))
    assert str(raised.value).isprintable()


def test_panels_that_do_not_fit_on_the_page_are_told_and_not_squeezed():
    """Letters of seven points over one another say nothing."""
    with pytest.raises(PageError, match=r"panels \(12\) do not fit on a page of 88 mm x 60 mm with text of 7 points; "):
        Page(COLUMN, 60 / 25.4).sheet(images(12))
    assert Page(FULL, 50 / 25.4).sheet(images(4)).grid.rows == 1, "two rows of two would not fit"


def test_a_panel_that_spans_many_columns_is_shrunk_on_the_narrowest_page():
    """Its columns would have no width to speak of, and its rows no height."""
    for height in (None, 4.0):
        sheet = Page(1.2, height).sheet([[lines(span=(1, 7)), *images(1)], [TextPanel("Text", "")]])
        assert sheet.grid.columns == 1
        assert sheet.scale * sheet.grid.size.height == pytest.approx(height or sheet.scale * sheet.grid.size.height)


def test_a_panel_alone_fills_the_page():
    """In a paper it has a caption: there is no line above it. On a screen there is, whose figure it is."""
    for panel in (*images(1), lines(), HistogramPanel("Histogram", np.arange(9.0))):
        for page in (Page(COLUMN, panel=1), Page(COLUMN, 3.0, panel=1)):
            sheet = page.sheet([*images(0), panel, *images(3)])
            assert [slot for slot, _ in sheet.arranged] == [GridSlot(0, 0)]
            assert sheet.grid.header == 0
            assert sheet.grid.size == sheet.grid.size_of(GridSlot(0, 0))
    assert Page(panel=1).sheet(images(3)).grid.header > 0


def test_a_figure_of_a_page_is_the_same_kept_and_fresh(lens_snapshot):
    """Live and later rendering give the same bytes at any size, in all formats."""
    snapshots = [lens_snapshot(), lens_snapshot(seed=1, amplitude=0.3), lens_snapshot(lens_light=None)]
    for page in (Page(COLUMN), Page(FULL, 6.5), Page(COLUMN, panel="source plane"), Page(panel="data")):
        kept = KeptFigure(imaging, dpi=60, page=page)
        for snapshot in snapshots:
            drawing, fresh = kept.draw(snapshot), KeptFigure(imaging, dpi=60, page=page).draw(snapshot)
            for kind in ("png", "svg", "pdf") if snapshot is snapshots[-1] else ("png",):
                assert drawing.encode(kind) == fresh.encode(kind)


def test_a_recipe_that_fails_says_why_on_a_page_too(lens_snapshot):
    """And the panel that was asked for is not to blame."""
    drawing = KeptFigure(imaging, dpi=60, page=Page(COLUMN, panel="Data")).draw(lens_snapshot(data=None))
    assert drawing.errors[0].startswith("MissingArraysError: the imaging figure needs data")
    assert drawing.pixels.shape[1] == int(60 * COLUMN)


@pytest.mark.parametrize(
    ("length", "expected"),
    [(3.5, 3.5), ("3.5", 3.5), ("88mm", COLUMN), (" 8.8 cm ", COLUMN), ("18CM", FULL), ("3.5in", 3.5), ("252pt", 3.5)],
)
def test_a_length_has_a_unit_or_is_in_inches(length, expected):
    """Journals say millimetres, Matplotlib inches, LaTeX points."""
    assert inches(length) == pytest.approx(expected)


@pytest.mark.parametrize("length", ["", "wide", "8,8cm", "-3in", "3 in 4", "1e2mm", "88 m", None, []])
def test_what_is_no_length_raises(length):
    """It would be guessed otherwise."""
    with pytest.raises((ValueError, TypeError)):
        inches(length)
