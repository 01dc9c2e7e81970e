"""Lines and bands across, texts and arrows, reversed axes, dates and pictures, as they are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autoviz_render.figures.annotations import Annotation, Guide
from autoviz_render.figures.panels import Curve, HistogramPanel, ImagePanel, LinesPanel, Panel, ScatterPanel, Series
from autoviz_render.renderer.plot.artists.legend import LegendColumns
from autoviz_render.renderer.plot.axis_ticks import date_ticks
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.theme import LIGHT
from autoviz_render.spool.snapshot import Snapshot

X = np.linspace(0.0, 10.0, 11)
NOTHING = Snapshot(arrays={})
RED = "#ff0000"


def drawn(*panels: Panel, dpi: float = 40):
    drawing = KeptFigure(lambda _: list(panels), dpi=dpi).draw(NOTHING)
    assert drawing.errors == ()
    return drawing.pixels.astype(int)


def places(pixels, colour=(255, 0, 0)):
    """Where a colour is: the columns and rows from the upper left, as shares of the figure."""
    rows, columns = np.nonzero((np.abs(pixels - colour) < 90).all(axis=-1))
    assert rows.size, "the colour is not there"
    return columns / pixels.shape[1], rows / pixels.shape[0]


def kinds(guides=(), annotations=()):
    shared = {"guides": guides, "annotations": annotations}
    return [
        LinesPanel("a", [Series(X, X)], residuals=[Series(X, 0 * X)], **shared),
        HistogramPanel("a", X, bins=np.linspace(0, 10, 5), **shared),
        ImagePanel("a", np.zeros((10, 10)), colours="gray", **shared),
        ScatterPanel("a", X, X, X, view=(0, 10, 0, 10), **shared),
    ]


@pytest.mark.parametrize("kind", range(4))
def test_a_guide_stands_at_its_value_from_side_to_side(kind):
    """A line at the wrong value is worse than none."""
    upright = drawn(kinds([Guide(x=5.0, colour=RED, style="-", width=3)])[kind])
    columns, rows = places(upright)
    assert np.ptp(columns) < 0.02
    assert np.ptp(rows) > 0.5
    (flat,) = (places(drawn(kinds([Guide(y=0.1 if kind == 1 else 5.0, colour=RED, style="-", width=3)])[kind])),)
    assert np.ptp(flat[0]) > 0.5
    assert np.ptp(flat[1]) < 0.02


def test_a_band_lies_between_its_ends_and_both_axes_may_be_reversed_or_logarithmic():
    """Magnitudes grow downwards; frequencies span decades."""
    panel = LinesPanel("a", [Series(10**X, 10**X, style="")], x_log=True, y_log=True, x_limits=(1e10, 1.0))
    band = Guide(x=(1e7, 1e8), colour="#800000")

    def reds(*guides):
        pixels = drawn(LinesPanel(**{**vars(panel), "guides": guides}))
        return np.nonzero(((pixels[..., 0] - pixels[..., 1]) > 20).any(axis=0))[0] / pixels.shape[1]

    columns = reds(band)
    assert columns.max() < 0.4, "the axis is reversed: 10^8 is at the left"
    low, high = reds(Guide(x=1e8, colour="#800000", style="-")), reds(Guide(x=1e7, colour="#800000", style="-"))
    assert columns.min() == pytest.approx(low.mean(), abs=0.01)
    assert columns.max() == pytest.approx(high.mean(), abs=0.01)


def test_points_curves_and_guides_share_logarithmic_axes():
    """Masses span seven decades; what is not positive is left out, and counted with what has no place."""
    curve = Curve([1e9, 1e13, -1.0], [1e9, 1e13, 1.0], colour=RED, width=3)
    points = ScatterPanel("a", [1e8, 1e15, -1.0], [1e8, 1e15, 1.0], [1.0, 2.0, 3.0], x_log=True, y_log=True)
    pixels = drawn(replace(points, curves=[curve], guides=[Guide(x=1e11, colour="#00ff00", style="-", width=3)]))
    columns, _ = places(pixels)
    at, _ = places(pixels, (0, 255, 0))
    assert at.mean() == pytest.approx((columns.min() + columns.max()) / 2, abs=0.01)
    assert np.isnan(points.coloured_values()).sum() == 1
    (error,) = KeptFigure(lambda _: [replace(points, view=(0, 1, 1, 2))], dpi=20).draw(NOTHING).errors
    assert "a view of logarithmic axes is positive" in error


@pytest.mark.parametrize("kind", range(4))
def test_a_text_stays_on_its_panel_and_an_arrow_points_from_it(kind):
    """At the right edge a long text would run over the next panel."""
    top = 0.1 if kind == 1 else 9.9
    note = Annotation("a text of some length at the edge", 9.9, top, to=(1.0, top / 5), colour=RED)
    columns, rows = places(drawn(kinds((), [note])[kind], dpi=80))
    assert columns.min() < 0.35, "the arrow's head"
    assert columns.max() < 0.99
    assert rows.min() > 0.05


def test_what_stands_outside_the_view_is_not_shown():
    """Its text would hang over another panel."""
    far = [Annotation("a text", 1e9, 5.0, to=(1e10, 1.0), colour=RED)]
    pixels = drawn(kinds([Guide(x=-1e300, colour=RED)], far)[0])
    assert not (np.abs(pixels - (255, 0, 0)) < 90).all(axis=-1).any()


@pytest.mark.parametrize(
    ("guides", "annotations"),
    [([Guide(x=np.nan)], []), ([Guide(y=[1, 2, 3])], []), ([], [Annotation("a", np.inf, 1)])],
)
def test_what_has_no_place_says_so(guides, annotations):
    """In the panel's slot, in one line."""
    (error,) = KeptFigure(lambda _: kinds(guides, annotations)[:1], dpi=20).draw(NOTHING).errors
    assert "finite values" in error or "a band between two" in error


REVERSED = {"extent": (10, 0, 0, 10)}, {"view": (10, 0, 0, 10)}, {"extent": (0, 10, 10, 0)}, {"view": (0, 10, 10, 0)}


@pytest.mark.parametrize("reversed_by", REVERSED)
def test_a_reversed_image_is_turned_as_matplotlib_turns_it(reversed_by):
    """Right ascension grows to the left: a pixel stands where its coordinates say."""
    values = np.zeros((10, 10))
    values[:2, :2] = 1.0
    x0, x1, y0, y1 = reversed_by.get("extent", (0, 10, 0, 10))
    place = {"x": x0 + (x1 - x0) / 10, "y": y0 + (y1 - y0) / 10}
    settings = {"colours": "gray", "low": -1.0, "high": 1.0, "extent": (0, 10, 0, 10), **reversed_by}
    pixels = drawn(ImagePanel("a", values, **settings), dpi=80)
    grey = (pixels == pixels[len(pixels) // 2, pixels.shape[1] // 3]).all(axis=-1)
    rows, columns = (np.flatnonzero(grey.sum(axis=axis) > 0.5 * len(pixels)) for axis in (1, 0))
    white = (pixels[rows[0] : rows[-1], columns[0] : columns[-1]] > 250).all(axis=-1)
    y, x = (np.nonzero(white)[axis].mean() / white.shape[axis] for axis in (0, 1))
    shown = reversed_by.get("view", settings["extent"])
    assert x == pytest.approx((place["x"] - shown[0]) / (shown[1] - shown[0]), abs=0.05)
    assert 1 - y == pytest.approx((place["y"] - shown[2]) / (shown[3] - shown[2]), abs=0.05)


def test_a_picture_keeps_its_colours_and_lies_on_the_paper_where_it_is_clear():
    """Colours of a map would be other ones."""
    picture = np.zeros((4, 4, 4))
    picture[:, :2] = (0.2, 0.4, 0.6, 1.0)
    pixels = drawn(ImagePanel("a", picture))
    assert {(51, 102, 153), (255, 255, 255)} <= {tuple(each) for each in pixels.reshape(-1, 3).tolist()}


DAY = 86400.0
START = 1709164800.0  # 2024-02-29


@pytest.mark.parametrize(
    ("length", "labels", "left_out"),
    [
        (0.9 * DAY, "12:00", "2024"),
        (40 * DAY, "Mar", "2024"),
        (400 * DAY, "2025", ""),
        (40 * 365 * DAY, "2035", ""),
        (90.0, "00:01", "2024-Feb-29"),
    ],
)
def test_dates_read_as_dates(length, labels, left_out):
    """1.709e9 is no date."""
    ticks, common = date_ticks(START, START + length, 6.0)
    assert labels in ticks.labels
    assert common == left_out
    assert len(ticks.positions) >= 3
    assert all(START <= each <= START + length for each in ticks.positions)


@pytest.mark.parametrize(("low", "high"), [(-1e15, 1e15), (0.0, 1e-7), (1e300, 1.1e300), (-62e9, 250e9)])
def test_what_no_calendar_holds_is_plain_seconds(low, high):
    """A wrong unit must not cost the panel."""
    ticks, common = date_ticks(low, high, 6.0)
    assert common == f"s since 1970 {ticks.common}".strip()
    assert ticks.positions


@pytest.mark.parametrize("count", [8, 20, 200])
@pytest.mark.parametrize("length", [2, 40])
def test_a_legend_of_many_entries_leaves_the_axes_their_room(count, length):
    """Eight components once stood over the title and took most of the panel."""
    labels = [f"{number:0{length}}" for number in range(count)]
    columns = LegendColumns.fitting(labels, 4.0, 1.1)
    assert columns.height <= 1.1
    shown = columns.shown([(None, label) for label in labels])
    assert len(shown) <= columns.columns * columns.rows
    if len(shown) < count:
        assert shown[-1][1] == f"and {count - len(shown) + 1} more"


def test_colours_that_are_used_up_come_again_in_another_style():
    """The seventh line would else look like the first."""
    count = len(LIGHT.lines)
    same = drawn(LinesPanel("a", [Series(X, X * 0, style="")] * count + [Series(X, X)]))
    dashed = drawn(LinesPanel("a", [Series(X, X * 0, style="")] * count + [Series(X, X, style="--")]))
    np.testing.assert_array_equal(same, dashed)


def test_a_kept_figure_equals_a_fresh_one(kept_equals_fresh):
    """Guides, texts and dates of one frame must leave no trace in the next."""
    dates = np.datetime64("2024-02-20") + np.arange(11)

    def recipe(snapshot):
        at = float(snapshot.iteration)
        lines = LinesPanel(
            "a",
            [Series(dates, X + at, band=[X, X + at], error=[X / 5, X / 9], x_error=3600 * X)],
            y_limits=(20 + at, -5),
            x_limits=(dates[0], dates[10]) if at else None,
            guides=[Guide(x=dates[3 + snapshot.iteration], label="then"), Guide(y=(at, at + 2))],
            annotations=[Annotation("then", dates[3], at, to=(dates[8], 1.0))] * 2,
            note="One.\nTwo." if snapshot.iteration else "",
        )
        image = ImagePanel("b", np.eye(5) * at, view=(5, at / 2, 0, 5), annotations=[Annotation("c", 4, at)])
        picture = ImagePanel("c", np.full((5, 5, 3), at / 9) if at else np.eye(5))
        return [lines, image, picture]

    kept_equals_fresh(recipe, [Snapshot(arrays={}, iteration=number) for number in (0, 3, 1, 2)])
