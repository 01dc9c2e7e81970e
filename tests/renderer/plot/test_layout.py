"""Where things stand, before anything is drawn."""

from __future__ import annotations

import pytest

from autoviz_render.figures.panels import TextPanel
from autoviz_render.renderer.plot.layout import (
    Grid,
    GridSlot,
    Size,
    arrange,
    coloured_parts,
    grid_for,
    lines_part,
    text_part,
)
from autoviz_render.spool.text import cut


@pytest.mark.parametrize(
    ("count", "rows", "columns"),
    [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 2), (6, 2, 3), (9, 3, 3), (10, 3, 4), (12, 3, 4), (16, 4, 4)],
)
def test_the_grid_follows_from_the_number_of_panels(count, rows, columns):
    """Nobody should have to choose it."""
    assert grid_for(count) == Grid(rows, columns)


def test_every_number_of_panels_fits_its_grid():
    """And no row stays empty."""
    for count in range(1, 100):
        grid = grid_for(count)
        assert (grid.rows - 1) * grid.columns < count <= grid.rows * grid.columns


def test_twelve_panels_have_the_live_size():
    """1792x1343 pixels at 100 dots an inch; twice as many at 200."""
    width, height = grid_for(12).size
    assert (round(100 * width), round(100 * height)) == (1792, 1343)


def test_a_recipe_may_give_its_rows():
    """A short row leaves its last slots empty."""
    a, b, c = (TextPanel(name, "") for name in "abc")
    grid, arranged = arrange([[a, b], [c]])
    assert grid == Grid(2, 2)
    assert arranged == [(GridSlot(0, 0), a), (GridSlot(0, 1), b), (GridSlot(1, 0), c)]
    assert arrange([a, b, c])[1] == [(GridSlot(0, 0), a), (GridSlot(0, 1), b), (GridSlot(0, 2), c)]
    assert arrange([])[1] == []


def test_a_panel_may_take_several_slots():
    """A corner plot in one slot would be too small to read; what stands beside it closes up round it."""
    large, b, c, d = (TextPanel(name, "", span=(2, 2) if name == "large" else (1, 1)) for name in ("large", *"bcd"))
    grid, arranged = arrange([[large, b], [c], [d]])
    assert grid == Grid(3, 3)
    assert [slot for slot, _ in arranged] == [GridSlot(0, 0, 2, 2), GridSlot(0, 2), GridSlot(1, 2), GridSlot(2, 0)]
    grid, arranged = arrange([large, b, c, d])
    assert len({slot for slot, _ in arranged}) == 4
    assert grid == Grid(2, 4)


def test_what_is_no_panel_is_refused():
    """A recipe that returns arrays has mistaken its contract, and is told so."""
    with pytest.raises(TypeError, match="a recipe returns panels, or rows of panels, not int"):
        arrange([[1, 2]])  # type: ignore[arg-type]


@pytest.mark.parametrize("aspect", [0.05, 0.5, 1.0, 2.0, 20.0, None])
@pytest.mark.parametrize("labels", [True, False])
def test_nothing_stands_outside_its_cell(aspect, labels):
    """Parts of neighbours would overlap."""
    size = Size(4.48, 4.33)
    parts = coloured_parts(size, aspect, x_label=labels, y_label=labels)
    lines = [lines_part(size, right=right) for right in (False, True)]
    for part in (parts.image, parts.bar, *lines, text_part(size)):
        assert part.left >= 0
        assert part.bottom >= 0
        assert part.left + part.width <= size.width
        assert part.bottom + part.height <= size.height
    assert parts.bar.left > parts.image.left + parts.image.width
    if aspect is not None:
        assert parts.image.height / parts.image.width == pytest.approx(aspect)


def test_a_long_text_loses_its_middle():
    """The end of an array's name tells it from its neighbours."""
    assert cut("group/subgroup/image", 11) == "group…image"
    assert cut("short", 11) == "short"
