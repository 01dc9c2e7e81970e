"""The alarms of a figure: in the line above the panels, and as marks at these."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autoviz_render.figures.panels import ImagePanel, Panel, TextPanel
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.header.remark import SIGN, Remark, badges
from autoviz_render.renderer.plot.page import Page
from autoviz_render.renderer.plot.theme import THEMES
from autoviz_render.spool.snapshot import Snapshot

DPI = 40
EVIL = "\x1b[2J\u202e\x00" + "x" * 10_000 + "\n</script>$\\frac{"


def panels(snapshot: Snapshot) -> list[Panel]:
    k = snapshot.iteration
    images = [ImagePanel(f"Panel {n}: {k}", np.arange(64.0).reshape(8, 8) * (n + k)) for n in range(1, 4)]
    return [*images, TextPanel("Words", f"{k}")]


def remarks_of(*numbers: int) -> Any:
    return lambda given, _: [Remark((given[n].title,), "all zero", f"Panel {n}") for n in numbers]


def snapshot(iteration: int = 1, run: str = "run") -> Snapshot:
    return Snapshot(arrays={}, iteration=iteration, run=run, log_likelihood=-1234.5)


@pytest.mark.parametrize("file_format", ["png", "pdf", "svg"])
def test_a_kept_figure_with_alarms_equals_a_fresh_one(file_format):
    """Marks come and go, at one panel and another, whether or not the panel changes."""
    kept = KeptFigure(panels, dpi=DPI)
    seen: set[bytes] = set()
    several = [(1, ()), (1, (2,)), (1, ()), (1, (0, 2)), (2, (0, 2)), (2, (1,)), (3, (0, 1, 2, 3)), (3, ())]
    for iteration, marked in several if file_format == "png" else several[:4]:
        fresh = KeptFigure(panels, dpi=DPI).draw(snapshot(iteration), remarks_of(*marked)).encode(file_format)
        assert kept.draw(snapshot(iteration), remarks_of(*marked)).encode(file_format) == fresh
        seen.add(fresh)
    assert len(seen) == (7 if file_format == "png" else 3)


def test_a_figure_without_alarm_has_the_bytes_that_it_had():
    """Nobody's figures change as there are alarms now."""
    judged = KeptFigure(panels, dpi=DPI).draw(snapshot(), remarks_of()).pixels
    assert np.array_equal(judged, KeptFigure(panels, dpi=DPI).draw(snapshot()).pixels)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", [Page(), Page(width=3.46), Page(width=7.1)], ids=["screen", "88mm", "180mm"])
def test_the_alarm_is_seen_in_the_line_and_at_the_panel(theme, page):
    """In the colour of errors, on a screen and in print; nothing else of the figure changes."""
    red = np.array([int(THEMES[theme].error[n : n + 2], 16) for n in (1, 3, 5)])
    figure = KeptFigure(panels, dpi=80, theme=THEMES[theme], page=page)
    plain = figure.draw(snapshot()).pixels.astype(int)
    told = figure.draw(snapshot(), remarks_of(0)).pixels.astype(int)
    changed = (plain != told).any(axis=2)
    line = round(0.43 * told.shape[1] / (figure.page.sheet(panels(snapshot())).grid.size.width))
    is_red = (abs(told - red) < 3).all(axis=2)
    assert (is_red & changed)[:line].sum() > 10
    rows, columns = np.nonzero(changed[line:])
    assert 0 < columns.max() < told.shape[1] * (0.99 if page.width == 3.46 else 0.6)
    assert is_red[line + rows.max(), columns.min() : columns.max()].all()  # the frame's lower edge


def test_no_text_of_a_stranger_breaks_the_line():
    """A title of ten thousand characters with escapes, in a run with such a name."""
    remark = Remark(("Panel 1: 1",), "all zero", EVIL)
    for width in (None, 3.46):
        drawing = KeptFigure(panels, dpi=DPI, page=Page(width=width)).draw(snapshot(run=EVIL), lambda *_: [remark] * 50)
        assert drawing.errors == ()
        assert drawing.encode("svg").count(EVIL.encode()) == 0


def test_the_line_says_less_where_there_is_less_room():
    """But always that there is something."""
    told = badges([Remark((), "all zero", "Source"), Remark((), "no values", "Model"), Remark((), "off")])
    assert told[0] == f"{SIGN} Source: all zero, Model: no values, off"
    assert told[1:] == [f"{SIGN} Source: all zero, and 2 more", f"{SIGN} 3 alarms", f"{SIGN} 3"]
    assert badges([]) == []


def test_a_panel_alone_on_a_page_has_no_line_and_no_mark():
    """It is for a paper."""
    page = Page(width=3.46, panel=1)
    one, other = (KeptFigure(panels, dpi=DPI, page=page).draw(snapshot(), remarks_of(*each)) for each in ((), (0,)))
    assert np.array_equal(one.pixels, other.pixels)
