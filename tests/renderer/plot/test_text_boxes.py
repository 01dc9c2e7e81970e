"""Where the texts of figures stand: none over another, all on the page, no number cut, no two ticks alike.

Of all built-in figures, with odd data: what no test of a single number foresees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text
from odd_snapshots import ODD

from autoviz_render.figures.panels import (
    HistogramPanel,
    ImagePanel,
    LinesPanel,
    Panel,
    ScatterPanel,
    Series,
    TablePanel,
)
from autoviz_render.figures.registry import Recipe, find_figure
from autoviz_render.renderer.plot.artists import colour_bar, coloured, corners, lines
from autoviz_render.renderer.plot.drawing import Drawing, KeptFigure
from autoviz_render.renderer.plot.page import SCREEN, Page
from autoviz_render.renderer.plot.theme import LIGHT, fixed_style
from autoviz_render.spool.snapshot import Snapshot

_SHRUNK = 0.12
"""Of a line's height: what a letter's box is larger than the letter."""

_CUT_NUMBER = re.compile(r"\d[.,]?…|…[.,]?\d")


def texts_of(figure: Drawing) -> list[Text]:
    """All texts of a figure that are seen."""
    return [each for each in figure._figure.findobj(Text) if each.get_visible() and each.get_text().strip()]


def faults(figure: Drawing) -> Iterator[str]:
    """What is wrong with the texts of a figure, in words."""
    texts = texts_of(figure)
    with fixed_style(LIGHT):
        boxes = np.array([each.get_window_extent().extents for each in texts]).reshape(-1, 4)
    width, height = figure._figure.bbox.size
    for text, (x0, y0, x1, y1) in zip(texts, boxes, strict=True):
        if min(x0, y0) < -0.5 or x1 > width + 0.5 or y1 > height + 0.5:
            yield f"{text.get_text()!r} reaches over the edge of the page"
        if _CUT_NUMBER.search(text.get_text()):
            yield f"{text.get_text()!r} is cut within a number"
    small = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) * _SHRUNK
    low, high = boxes[:, :2] + small[:, None], boxes[:, 2:] - small[:, None]
    over = np.all((low[:, None] < high[None]) & (low[None] < high[:, None]), axis=-1)
    for one, other in np.argwhere(np.triu(over, 1)):
        yield f"{texts[one].get_text()!r} stands over {texts[other].get_text()!r}"


@pytest.fixture(autouse=True)
def _ticks_differ(monkeypatch):
    """No axis and no colour bar has two ticks with one number, whatever is drawn in a test."""
    chosen = []

    def noting(choose):
        def note(*args, **options):
            ticks = choose(*args, **options)
            chosen.append(ticks.labels)
            return ticks

        return note

    for module, name in ((lines, "ticks_along"), (coloured, "ticks_along"), (corners, "ticks_along")):
        monkeypatch.setattr(module, name, noting(getattr(module, name)))
    monkeypatch.setattr(colour_bar, "_ticks", noting(colour_bar._ticks))
    yield
    assert [labels for labels in chosen if len(set(labels)) < len(labels)] == []


def drawn(recipe: Recipe | str, snapshot: Snapshot, page: Page = SCREEN) -> Drawing:
    dpi = 40 if page is SCREEN else 100  # a page's small letters need dots: Matplotlib rounds the boxes of formulae up
    figure = KeptFigure(find_figure(recipe) if isinstance(recipe, str) else recipe, dpi=dpi, page=page).draw(snapshot)
    assert figure.errors == ()
    return figure


@pytest.mark.parametrize(("figure", "name", "snapshot"), ODD, ids=[f"{figure}-{name}" for figure, name, _ in ODD])
def test_the_texts_of_a_figure_stand_apart(figure, name, snapshot):
    """A referee sees these first: numbers over one another, a multiplier cut off, 134...7."""
    assert list(faults(drawn(figure, snapshot))) == []


@pytest.mark.parametrize("width", [3.46, 7.2])
@pytest.mark.parametrize("figure", ["line", "posterior", "run", "imaging", "interferometer", "auto"])
def test_they_do_on_a_page_of_a_journal(figure, width):
    """One column or two, where every panel is small."""
    odd = [snapshot for each, _, snapshot in ODD if each == figure]
    for snapshot in odd[:2]:
        assert list(faults(drawn(figure, snapshot, Page(width=width)))) == []


def one(panel: Panel) -> Recipe:
    return lambda _: [panel, panel]


X = np.linspace(0.0, 1.0, 50)


@pytest.mark.parametrize("scale", [1.0, 1e5, 1e-7, 3e8])
@pytest.mark.parametrize("label", ["", "flux", r"$F_\nu$ (erg s$^{-1}$ cm$^{-2}$)", "a unit that is very long " * 9])
def test_a_multiplier_is_on_the_page_with_a_label_or_without(scale, label):
    """Effective samples above 1e4 once read as 1.5, since their multiplier had no label to stand beside."""
    series = [Series(1e9 + scale * X, 7 + scale * X)]
    figure = drawn(one(LinesPanel("A panel", series, x_label=label, y_label=label)), Snapshot(arrays={}))
    assert list(faults(figure)) == []
    assert any("1,000,000,000" in text.get_text() for text in texts_of(figure)) is (1e-6 < scale < 1e6)


def two_axes(x):
    right = Series(X, x[::-1], label="right", axis="right")
    return LinesPanel("Two axes", [Series(X, x), right], y_label="left " * 12, right_label="right " * 12)


def reversed_axes(x):
    strip: dict[str, Any] = {"residuals": [Series(x, 1e4 * x)], "residual_label": "residual (σ)"}
    limits = (x[-1], x[0])
    return LinesPanel("Reversed", [Series(x, x)], y_label="magnitude", x_limits=limits, y_limits=limits, **strip)


def many_lines(x):
    series = [Series(x, x, label=f"entry {i}" + " long" * i) for i in range(9)]
    return LinesPanel("Nine lines", series, residuals=[Series(x, x)])


def points(x):
    labels: dict[str, Any] = {"x_label": r"$\Delta\alpha\,\cos\delta$ (arcsec)", "unit": "Jy beam⁻¹ km s⁻¹"}
    return ScatterPanel("Very many points: 123,456 in all, and more words", x, x, x, **labels)


@pytest.mark.parametrize("page", [SCREEN, Page(width=3.46), Page(width=7.2)], ids=["screen", "column", "page"])
@pytest.mark.parametrize(
    "limits", [(-1.0, 1.0), (1e6, 1e6 + 3), (0.0, 1e-8), (2.45e6, 2.45e6 + 1e-3), (-1e5, 1e5), (0.99, 1.01)]
)
@pytest.mark.parametrize(
    "make", [two_axes, reversed_axes, many_lines, points, lambda x: HistogramPanel("Histogram", x, x_label="x")]
)
def test_any_panel_of_any_range_has_room_for_its_texts(make, limits, page):
    """Beside another, with labels, legends and strips, or without."""
    low, high = limits
    panel = make(low + (high - low) * X)
    assert list(faults(drawn(lambda _: [panel] * 3, Snapshot(arrays={}, run="a run"), page))) == []


@pytest.mark.parametrize("unit", ["", "e⁻ s⁻¹", "10⁻¹⁷ erg s⁻¹ cm⁻² Å⁻¹ arcsec⁻² in units that nobody knows"])
@pytest.mark.parametrize(("low", "high"), [(1000.0, 1000.4), (0.0, 1e-5), (-1e9, 1e9), (12345678.0, 12345679.0)])
@pytest.mark.parametrize("aspect", [0.05, 1.0, 20.0])
def test_a_colour_bar_has_ticks_that_differ_beside_any_image(low, high, unit, aspect):
    """Two ticks, both 1000., once; and a unit that ran over the title."""
    values = np.linspace(low, high, 400).reshape(20, 20)
    extent = (0.0, 1.0, 0.0, aspect)
    panel = ImagePanel("An image with a title: 123,456 pixels", values, extent=extent, unit=unit, low=low, high=high)
    figure = drawn(one(panel), Snapshot(arrays={}))
    assert list(faults(figure)) == []


def test_the_titles_of_a_row_stand_at_one_height():
    """Images of any shape, lines, tables: the eye follows the row."""
    shapes = [(10, 100), (100, 10), (30, 30)]
    panels: list[Panel] = [ImagePanel("Image", np.ones(shape)) for shape in shapes]
    panels += [ImagePanel("Labelled", np.ones((30, 30)), x_label="x", y_label="y", equal=False)]
    panels += [LinesPanel("Lines", [Series(X, X)]), TablePanel("Table", [("a", "1")])]
    figure = drawn(lambda _: [panels], Snapshot(arrays={}))
    titles = {panel.title for panel in panels}
    heights = {round(text.get_window_extent().y0) for text in texts_of(figure) if text.get_text() in titles}
    assert max(heights) - min(heights) <= 1


@pytest.mark.parametrize(
    "value", ["−0.00012", "2455892.54321 +0.00023 −0.00021", "not drawn: too many panels", "1" * 40]
)
def test_a_table_shows_its_values_whole(value):
    """A name may be cut, or stand in a line of its own; a value may be wrapped between its words."""
    name = "galaxies.lens.mass.a_parameter_of_quite_a_long_name_12"
    figure = drawn(one(TablePanel("Best fit", [(name, value), ("x", value)])), Snapshot(arrays={}))
    assert list(faults(figure)) == []
    shown = " ".join(text.get_text() for text in texts_of(figure))
    assert all(word in shown for word in value.split())
    assert "name_12" in shown


def test_names_in_latex_are_set_as_such_everywhere():
    """On axes, in titles of corner plots, in tables and legends; broken LaTeX shows its characters."""
    names = (r"$\theta_{\rm E}$", r"$\sigma_8$", r"$\frac{1}{")
    rng = np.random.default_rng(0)
    parameters = dict.fromkeys(names, 0.5)
    figure = drawn("posterior", Snapshot(arrays={"samples": rng.normal(size=(500, 3))}, parameters=parameters))
    for name in names:
        told = [text for text in texts_of(figure) if name in text.get_text()]
        assert len(told) >= 4
        assert {text.get_parse_math() for text in told} == {name != names[-1]}


@pytest.mark.parametrize("figure", ["line", "run", "imaging"])
def test_a_kept_figure_of_odd_data_equals_a_fresh_one(figure):
    """In a vector file, too, where texts once stood in the order in which more of them were needed."""
    odd = [snapshot for each, _, snapshot in ODD if each == figure][::3]
    kept = KeptFigure(find_figure(figure), dpi=40)
    for snapshot in odd:
        fresh = drawn(figure, snapshot)
        assert kept.draw(snapshot).encode("svg") == fresh.encode("svg")
