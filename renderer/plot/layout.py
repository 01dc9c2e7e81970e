"""Where everything stands on a figure, in inches: worked out from what is on it, never from what was drawn.

A figure is a line of text above a grid of slots. A panel takes one slot or several; `coloured_parts`, `lines_part`,
`corner_part` and `text_part` place what is in it, counted from its lower left corner.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from autoviz_render.figures.panels import Panel

HEADER = 0.43
"""Height of the line above the panels."""

TITLE_GAP = 0.09
"""Between a panel's axes and the line its title stands on."""

TOP = 0.43
"""Between the upper edge of a panel and its axes: the titles of a row stand at one height."""

_THINNEST = 0.16
"""Inches of an image of one row of pixels: at their own aspect they would be a hair."""

_LOWEST_BAR = 1.1
"""Inches of a colour bar that has room for three numbers."""

TITLE_SIZE = 13.5
LABEL_SIZE = 11.0
SMALL_SIZE = 9.5
MONO_SIZE = 10.5
"""Font sizes in points, which can be read if a figure of 100 dots an inch is shown at half its size."""


TABLE_WIDTH = 3.3
"""Of a table within another panel, if it has room, in inches."""


class Rectangle(NamedTuple):
    """A part of a panel, from the panel's lower left corner."""

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


class Size(NamedTuple):
    """The size of a figure or of a panel."""

    width: float
    height: float


class GridSlot(NamedTuple):
    """Where a panel stands on the grid, from the top left, and how many rows and columns it takes."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1


SLOT = Size(17.92 / 4, (13.43 - HEADER) / 3)
"""One of twelve panels: together they fill 17.92x13.43 inches."""


@dataclass(frozen=True)
class Grid:
    """How many slots there are, and how large they are: a figure of few panels has larger ones, unless it is told.

    Attributes:
        width: Of one column; None has it follow from their number.
        heights: Of each row, with a width.
        header: Height of the line above the panels; 0 for none.
    """

    rows: int
    columns: int
    width: float | None = None
    heights: tuple[float, ...] = ()
    header: float = HEADER

    def size_of(self, slot: GridSlot) -> Size:
        if self.width is not None:
            return Size(slot.columns * self.width, sum(self.heights[slot.row : slot.row + slot.rows]))
        scale = {1: 1.5, 2: 1.25}.get(max(self.rows, self.columns), 1.0)
        return Size(slot.columns * (scale * SLOT.width), slot.rows * (scale * SLOT.height))

    @property
    def size(self) -> Size:
        """Of the whole figure."""
        width, height = self.size_of(GridSlot(0, 0, self.rows, self.columns))
        return Size(width, self.header + height)


def grid_for(count: int) -> Grid:
    """The grid for a number of panels: few empty slots, near to 4:3. Twelve have four columns and three rows."""

    def badness(columns: int) -> float:
        rows = math.ceil(count / columns)
        empty = rows * columns - count
        return 2 * empty / count + abs(math.log(columns / rows * 3 / 4))

    count = max(count, 1)
    columns = min(range(1, count + 1), key=badness)
    return Grid(math.ceil(count / columns), columns)


def arrange(panels: Sequence[Panel] | Sequence[Sequence[Panel]]) -> tuple[Grid, list[tuple[GridSlot, Panel]]]:
    """A recipe's panels with their slots: the rows as given, or a list laid out by `grid_for`.

    A panel that spans several rows or columns moves those behind it to the right and down.

    Raises:
        TypeError: The items are neither panels nor rows of panels.
    """
    items: list[Any] = list(panels)
    is_flat = all(isinstance(item, Panel) for item in items)
    rows = [items] if is_flat else [list(item) if isinstance(item, Sequence) else [item] for item in items]
    everything = [panel for row in rows for panel in row]
    for panel in everything:
        if not isinstance(panel, Panel):
            raise TypeError(f"a recipe returns panels, or rows of panels, not {type(panel).__name__}")
    columns = 0  # as many as it takes
    if is_flat:
        columns = grid_for(sum(math.prod(panel.span) for panel in everything)).columns
        columns = max([columns, *(panel.span[1] for panel in everything)])
    slots = list(_slots(rows, columns)) or [GridSlot(0, 0)]
    return _grid_of(slots), list(zip(slots, everything, strict=False))


def in_columns(
    panels: Sequence[Panel], spans: Sequence[tuple[int, int]], columns: int
) -> tuple[Grid, list[tuple[GridSlot, Panel]]]:
    """Panels in their order, in so many columns; one that spans more is shrunk in proportion."""
    shrunk = [replace(panel, span=_shrunk(span, columns)) for panel, span in zip(panels, spans, strict=True)]
    slots = list(_slots([shrunk], columns))
    grid = _grid_of(slots)
    return replace(grid, columns=columns if grid.rows > 1 else grid.columns), list(zip(slots, panels, strict=True))


def _shrunk(span: tuple[int, int], most: int) -> tuple[int, int]:
    rows, columns = span
    return span if columns <= most else (max(1, round(rows * most / columns)), most)


def _grid_of(slots: Sequence[GridSlot]) -> Grid:
    return Grid(max(slot.row + slot.rows for slot in slots), max(slot.column + slot.columns for slot in slots))


def _slots(rows: Sequence[Sequence[Panel]], columns: int) -> Iterator[GridSlot]:
    """For each panel the first free slot of its row, or of a later row if the grid has only so many columns."""
    taken: set[tuple[int, int]] = set()
    for number, panels in enumerate(rows):
        row, column = number, 0
        for panel in panels:
            high, wide = (max(1, int(each)) for each in panel.span)
            while True:
                if columns and column + wide > columns:
                    row, column = row + 1, 0
                wanted = {(row + i, column + j) for i in range(high) for j in range(wide)}
                if not wanted & taken:
                    break
                column += 1
            taken |= wanted
            yield GridSlot(row, column, high, wide)


class ColouredParts(NamedTuple):
    """Where the parts of a panel with a colour bar stand: the image itself, the bar, the line of the title."""

    image: Rectangle
    bar: Rectangle
    title: float


def coloured_parts(size: Size, aspect: float | None, *, x_label: bool, y_label: bool) -> ColouredParts:
    """The largest image of an aspect (height over width; None fills the panel) that leaves room for its labels.

    It is never thinner than a line of text is high, and the bar of a low image is higher than the image.
    """
    left, bottom, right = 0.31 + 0.22 * y_label, 0.31 + 0.22 * x_label, 0.72
    free = Rectangle(left, bottom, size.width - left - right, size.height - bottom - TOP)
    width, height = free.width, free.height
    if aspect is not None:
        width, height = min(free.width, free.height / aspect), min(free.height, free.width * aspect)
        width, height = max(width, min(_THINNEST, free.width)), max(height, min(_THINNEST, free.height))
    image = Rectangle(left + (free.width - width) / 2, free.top - height, width, height)
    bar = max(height, min(_LOWEST_BAR, free.height))
    return ColouredParts(image, Rectangle(image.right + 0.09, image.top - bar, 0.13, bar), image.top + TITLE_GAP)


def lines_part(size: Size, *, right: bool = False) -> Rectangle:
    """The axes of a panel of lines, with room for numbers and labels on two sides, or three."""
    left, bottom = 0.6, 0.6
    return Rectangle(left, bottom, size.width - left - (0.6 if right else 0.22), size.height - TOP - bottom)


def corner_part(size: Size) -> Rectangle:
    """The frames of a corner plot, under the title, with room for numbers and labels on two sides."""
    left, bottom = 0.62, 0.62
    return Rectangle(left, bottom, size.width - left - 0.2, size.height - bottom - 0.85)


def square_corner(width: float) -> Size:
    """A corner plot of a width, as high as square frames need."""
    size = Size(width, width)
    return Size(width, 2 * width - corner_part(size).height - (width - corner_part(size).width))


def inset_parts(free: Rectangle, lines: Sequence[int | None]) -> list[Rectangle]:
    """Where insets stand in what is free: tables beside the others if it is wide, otherwise above them.

    Tables stand one under another if they have room, and otherwise beside each other, where they are narrow.

    Args:
        free: The part they share.
        lines: For each the lines of a table, or None for what takes what is left.
    """
    heights = [table_height(count) for count in lines if count is not None]
    others = len(lines) - len(heights)
    for_tables = free
    if others and heights:
        is_narrow = free.width < 2 * TABLE_WIDTH and sum(heights) <= 0.7 * free.height
        if free.width > 1.6 * free.height and sum(heights) <= free.height:
            for_tables = free._replace(width=free.width / 2)
        else:
            height = sum(heights) if is_narrow else min(max(heights), 0.64 * free.height)
            for_tables = Rectangle(free.left, free.top - height, free.width, height)
    is_stacked = for_tables.width < len(heights) * TABLE_WIDTH and sum(heights) <= for_tables.height + 1e-9
    tables = iter(_stacked(for_tables, heights) if is_stacked else _side_by_side(for_tables, len(heights)))
    rest = iter(_side_by_side(_rest(free, for_tables) if heights else free, others))
    return [next(rest) if count is None else next(tables) for count in lines]


def _rest(free: Rectangle, taken: Rectangle) -> Rectangle:
    """What is left at the right of what is taken, or else below it."""
    if taken.width < free.width:
        return free._replace(left=taken.right, width=free.width - taken.width)
    return free._replace(height=free.height - taken.height)


def _stacked(part: Rectangle, heights: Sequence[float]) -> list[Rectangle]:
    tops = [part.top - sum(heights[:number]) for number in range(len(heights))]
    return [part._replace(bottom=top - height, height=height) for top, height in zip(tops, heights, strict=True)]


def _side_by_side(part: Rectangle, count: int) -> list[Rectangle]:
    width = part.width / max(count, 1)
    return [part._replace(left=part.left + number * width, width=width) for number in range(count)]


def text_part(size: Size) -> Rectangle:
    """The body of a panel of text or of a table."""
    top = size.height - TOP + TITLE_GAP - 0.14
    return Rectangle(0.34, 0.2, size.width - 0.34 - 0.25, top - 0.2)


def title_size(size: Size) -> float:
    """The font size of a panel's title: in a small slot of a page as that of its labels, so that less is cut."""
    return TITLE_SIZE if size.width >= 4 else LABEL_SIZE


def square_slot(width: float) -> Size:
    """A slot of a width, as high as a square image in it needs."""
    free = coloured_parts(Size(width, 2 * width), 1.0, x_label=False, y_label=False).image.width
    return Size(width, max(0.0, free) + 0.31 + TOP)


def table_height(rows: int) -> float:
    """How high a panel is that shows so many rows of a table, with its title."""
    return TOP + 0.3 + rows * 1.47 * MONO_SIZE / 72


def characters(width: float, size: float) -> int:
    """How many characters of the bundled sans serif fit in a width, at a size in points: 0.62 em a letter."""
    return max(4, int(width * 72 / (0.62 * size)))


def width_of(count: int, size: float) -> float:
    """How long so many characters are at most, in inches: what `characters` says, turned round."""
    return count * 0.62 * size / 72


def lines_of_text(height: float, size: float, spacing: float = 1.35) -> int:
    """How many lines of text fit in a height."""
    return max(1, int(height * 72 / (spacing * size)))
