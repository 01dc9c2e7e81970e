"""Where everything stands on a figure, in inches: worked out once from what is on it, never from what was drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autoviz_render.figures.panels import Panel

HEADER = 0.43
"""Height of the line above the panels."""

TITLE_GAP = 0.09
"""Between a panel's axes and the line its title stands on."""

TITLE_SIZE = 13.5
LABEL_SIZE = 11.0
SMALL_SIZE = 9.5
MONO_SIZE = 10.5
"""Font sizes in points: at 100 dots an inch, and the figure shown at half its size, still read."""


@dataclass(frozen=True)
class Rectangle:
    """A part of a cell, from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def top(self) -> float:
        return self.bottom + self.height


@dataclass(frozen=True)
class Cell:
    """The room of one panel."""

    width: float
    height: float

    def fraction(self, part: Rectangle) -> tuple[float, float, float, float]:
        """A part of the cell as Matplotlib wants it: fractions of the cell."""
        return (
            part.left / self.width,
            part.bottom / self.height,
            part.width / self.width,
            part.height / self.height,
        )


@dataclass(frozen=True)
class Grid:
    """Rows and columns of equal cells under a header line.

    The 12-panel figure measures 17.92 by 13.43 inches: 1792x1343 pixels at 100 dots an inch, 3584x2686 at 200.
    Small grids have larger cells, so that a single panel is not a stamp.
    """

    rows: int
    columns: int

    @property
    def cell(self) -> Cell:
        scale = {1: 1.5, 2: 1.25}.get(max(self.rows, self.columns), 1.0)
        return Cell(scale * 17.92 / 4, scale * (13.43 - HEADER) / 3)

    def room(self, place: Place) -> Cell:
        """The room of a panel there."""
        return Cell(place.columns * self.cell.width, place.rows * self.cell.height)

    @property
    def size(self) -> tuple[float, float]:
        return self.columns * self.cell.width, HEADER + self.rows * self.cell.height


def grid_for(count: int) -> Grid:
    """The grid for so many panels: few empty cells, near to 4:3. Twelve have four columns and three rows."""

    def badness(columns: int) -> float:
        rows = math.ceil(count / columns)
        empty = rows * columns - count
        return 2 * empty / count + abs(math.log(columns / rows * 3 / 4))

    count = max(count, 1)
    columns = min(range(1, count + 1), key=badness)
    return Grid(math.ceil(count / columns), columns)


@dataclass(frozen=True)
class Place:
    """Where on the grid a panel stands, from the top left, and how many rows and columns it takes."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1


def arrange(panels: Sequence[Panel] | Sequence[Sequence[Panel]]) -> tuple[Grid, list[tuple[Place, Panel]]]:
    """A recipe's panels, each with its place: the rows as given, or a list laid out by `grid_for`.

    A panel that spans several rows or columns moves those behind it to the right and down.
    Raises TypeError where it is neither.
    """
    items = list(panels)
    if all(isinstance(item, Panel) for item in items):
        flat = [item for item in items if isinstance(item, Panel)]
        columns = grid_for(sum(math.prod(panel.span) for panel in flat)).columns
        columns = max([columns, *(panel.span[1] for panel in flat)])
        rows: list[list[Panel]] = [flat]
    else:
        rows = [list(row) if isinstance(row, Sequence) else [row] for row in items]  # type: ignore[list-item]
        for panel in (panel for row in rows for panel in row):
            if not isinstance(panel, Panel):
                raise TypeError(f"a recipe returns panels, or rows of panels, not {type(panel).__name__}")
        columns = 0  # as many as it takes
    placed = _place(rows, columns)
    places = [place for place, _ in placed] or [Place(0, 0)]
    grid = Grid(max(place.row + place.rows for place in places), max(place.column + place.columns for place in places))
    return grid, placed


def _place(rows: Sequence[Sequence[Panel]], columns: int) -> list[tuple[Place, Panel]]:
    """Each panel in the first free place of its row, or of a later one where the row has so many columns only."""
    taken: set[tuple[int, int]] = set()
    placed = []
    for number, panels in enumerate(rows):
        row, column = number, 0
        for panel in panels:
            high, wide = (max(1, int(each)) for each in panel.span)
            while True:
                if columns and column + wide > columns:
                    row, column = row + 1, 0
                cells = {(row + i, column + j) for i in range(high) for j in range(wide)}
                if not cells & taken:
                    break
                column += 1
            taken |= cells
            placed.append((Place(row, column, high, wide), panel))
    return placed


@dataclass(frozen=True)
class ImageRoom:
    """Where an image panel's parts stand: the image itself, its colour bar, the line of the title."""

    image: Rectangle
    bar: Rectangle
    title: float


def image_room(cell: Cell, aspect: float | None, *, x_label: bool, y_label: bool) -> ImageRoom:
    """The largest image of an aspect (height over width; None fills the room) that leaves room for its labels."""
    left, bottom, top, right = 0.31 + 0.2 * y_label, 0.31 + 0.2 * x_label, 0.33, 0.72
    width, height = cell.width - left - right, cell.height - bottom - top
    image_width, image_height = width, height
    if aspect is not None:
        image_width, image_height = min(width, height / aspect), min(height, width * aspect)
    x = left + (width - image_width) / 2
    y = bottom + (height - image_height) / 2
    return ImageRoom(
        Rectangle(x, y, image_width, image_height),
        Rectangle(x + image_width + 0.09, y, 0.13, image_height),
        y + image_height + TITLE_GAP,
    )


def lines_room(cell: Cell, *, x_label: bool, y_label: bool) -> Rectangle:
    """The axes of a panel of lines: as high as a square image beside it."""
    left, bottom = 0.36 + 0.24 * y_label, 0.36 + 0.24 * x_label
    top = image_room(cell, 1.0, x_label=False, y_label=False).title - TITLE_GAP
    return Rectangle(left, bottom, cell.width - left - 0.22, top - bottom)


def corner_room(cell: Cell) -> Rectangle:
    """The frames of a corner plot, under the title, with room for numbers and labels on two sides."""
    left, bottom = 0.62, 0.62
    return Rectangle(left, bottom, cell.width - left - 0.2, cell.height - bottom - 0.62)


def text_room(cell: Cell) -> Rectangle:
    """The body of a panel of text or of a table: its title stands as high as a square image's."""
    top = image_room(cell, 1.0, x_label=False, y_label=False).title - 0.14
    return Rectangle(0.34, 0.2, cell.width - 0.34 - 0.25, top - 0.2)


def characters(width: float, size: float) -> int:
    """How many characters of the bundled sans serif fit in a width, at a size in points: 0.62 em a letter."""
    return max(4, int(width * 72 / (0.62 * size)))


def lines_of_text(height: float, size: float, spacing: float = 1.35) -> int:
    """How many lines of text fit in a height."""
    return max(1, int(height * 72 / (spacing * size)))
