"""Where things stand, before anything is drawn."""

from __future__ import annotations

import pytest

from autoviz_render.figures.panels import TextPanel
from autoviz_render.renderer.plot.layout import Cell, Grid, Place, arrange, grid_for, image_room, lines_room, text_room
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
    """A short row leaves its last cells empty."""
    a, b, c = (TextPanel(name, "") for name in "abc")
    grid, placed = arrange([[a, b], [c]])
    assert grid == Grid(2, 2)
    assert placed == [(Place(0, 0), a), (Place(0, 1), b), (Place(1, 0), c)]
    assert arrange([a, b, c])[1] == [(Place(0, 0), a), (Place(0, 1), b), (Place(0, 2), c)]
    assert arrange([])[1] == []


def test_a_panel_may_take_several_cells():
    """A corner plot in one cell would be a stamp; what stands beside it closes up round it."""
    large, b, c, d = (TextPanel(name, "", span=(2, 2) if name == "large" else (1, 1)) for name in ("large", *"bcd"))
    grid, placed = arrange([[large, b], [c], [d]])
    assert grid == Grid(3, 3)
    assert [place for place, _ in placed] == [Place(0, 0, 2, 2), Place(0, 2), Place(1, 2), Place(2, 0)]
    grid, placed = arrange([large, b, c, d])
    assert len({place for place, _ in placed}) == 4
    assert grid == Grid(2, 4)


def test_what_is_no_panel_is_refused():
    """A recipe that returns arrays has mistaken its contract, and is told so."""
    with pytest.raises(TypeError, match="a recipe returns panels, or rows of panels, not int"):
        arrange([[1, 2]])


@pytest.mark.parametrize("aspect", [0.05, 0.5, 1.0, 2.0, 20.0, None])
@pytest.mark.parametrize("labels", [True, False])
def test_nothing_stands_outside_its_cell(aspect, labels):
    """Parts of neighbours would overlap."""
    cell = Cell(4.48, 4.33)
    room = image_room(cell, aspect, x_label=labels, y_label=labels)
    for part in (room.image, room.bar, lines_room(cell, x_label=labels, y_label=labels), text_room(cell)):
        assert part.left >= 0
        assert part.bottom >= 0
        assert part.left + part.width <= cell.width
        assert part.bottom + part.height <= cell.height
    assert room.bar.left > room.image.left + room.image.width
    if aspect is not None:
        assert room.image.height / room.image.width == pytest.approx(aspect)


def test_a_long_text_loses_its_middle():
    """The end of an array's name tells it from its neighbours."""
    assert cut("group/subgroup/image", 11) == "group…image"
    assert cut("short", 11) == "short"
