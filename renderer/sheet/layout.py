"""How many runs stand on a page of a contact sheet, and how large the panels are: the same for every run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autoviz_render.figures.panels import Panel
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.layout import Grid, GridSlot
from autoviz_render.renderer.plot.page import SMALLEST_TEXT, Page, Sheet

_SCALE = SMALLEST_TEXT / layout.SMALL_SIZE
"""From a screen's inches and points to those of a sheet, whose text is as small as that of a page in print."""

_SLOT = 2.9
_NARROWEST = 2.3
"""Width of a panel in a screen's inches: on a screen, and at least, in print: four images stand on a page of 180 mm."""

_WIDE = 9
"""Panels side by side on a screen: 1,920 pixels at 100 dots an inch."""

_HIGH = 15.0
"""Inches of a page on a screen at most."""

_COLUMN = 240 / 25.4
"""Inches: the height of a journal's column, of a page that is narrower than A4's √2 allows for."""

LABEL = 0.235
HEADING = 0.32
"""Inches of the line with a run's name, and of that over a page."""

_MARGIN = 0.06
"""Inches around cells."""


@dataclass(frozen=True)
class CellPage(Page):
    """What the panels of one run are drawn on, in place of a figure's page; texts have the size they have in print.

    Attributes:
        columns, rows: Of panels.
        slot: The width of one, in a screen's inches.
    """

    columns: int = 1
    rows: int = 1
    slot: float = _SLOT

    def sheet(self, panels: Sequence[Panel] | Sequence[Sequence[Panel]]) -> Sheet:
        """As many panels as there are slots, in their order; one alone, as an error is, fills them all."""
        flat: list[Panel] = list(panels)  # type: ignore[arg-type]  # as `ChosenPanels` gives them
        slots = [GridSlot(*divmod(number, self.columns)) for number in range(len(flat))]
        if len(flat) == 1:
            slots = [GridSlot(0, 0, self.rows, self.columns)]
        height = layout.square_slot(self.slot).height
        grid = Grid(self.rows, self.columns, self.slot, (height,) * self.rows, header=0.0)
        return Sheet(grid, list(zip(slots, flat, strict=True)), _SCALE)

    @property
    def scale(self) -> float:
        """What a screen's inches are multiplied by."""
        return _SCALE


@dataclass(frozen=True)
class SheetLayout:
    """A page of a sheet, in pixels.

    Attributes:
        dpi: Dots an inch.
        cell: What a run's panels are drawn on.
        across, down: Of runs on a page.
        width, height: Of the panels of a run.
        label: The height of the line over them.
        heading: The height of the line over the page; 0 for none.
        margin: Between runs.
    """

    dpi: float
    cell: CellPage
    across: int
    down: int
    width: int
    height: int
    label: int
    heading: int
    margin: int

    @property
    def runs(self) -> int:
        """On a page."""
        return self.across * self.down

    def page_size(self, count: int) -> tuple[int, int]:
        """Width and height of a page with so many runs: all but the last are full."""
        down = math.ceil(max(count, 1) / self.across)
        return (
            self.across * (self.width + self.margin) + self.margin,
            self.heading + down * (self.label + self.height + self.margin) + self.margin,
        )

    def strip_size(self, count: int) -> tuple[int, int]:
        """Width and height of the panels of so many runs, side by side without anything between them."""
        across = min(self.across, max(count, 1))
        return across * self.width, math.ceil(max(count, 1) / across) * self.height

    def strip_place(self, number: int, count: int) -> tuple[int, int]:
        """Left and top of a run's panels there."""
        row, column = divmod(number, min(self.across, max(count, 1)))
        return column * self.width, row * self.height

    def place(self, number: int) -> tuple[int, int]:
        """Left and top of a run's cell on its page."""
        row, column = divmod(number, self.across)
        left = self.margin + column * (self.width + self.margin)
        return left, self.heading + row * (self.label + self.height + self.margin)


def sheet_layout(
    panels: int, runs: int, dpi: float, width: float | None = None, height: float | None = None
) -> SheetLayout:
    """The layout of the pages of a sheet.

    Args:
        panels: Of a run.
        runs: How many there are: a sheet of few is smaller.
        dpi: Dots an inch.
        width, height: Of a page that is to be printed, in inches; None is for a screen, or as high as √2 its width, and
            240 mm at least.
    """
    margin = round(_MARGIN * dpi)
    if width is None:
        columns = min(panels, _WIDE)
        across = min(max(1, _WIDE // columns), max(runs, 1))
    else:
        total = max(1, int(width / _SCALE / _NARROWEST + 1e-6))
        columns = min(panels, total)
        across = max(1, total // columns)
    columns = math.ceil(panels / math.ceil(panels / columns))  # four panels in two rows of two, not three and one
    slot = _SLOT if width is None else (width - (across + 1) * _MARGIN) / across / columns / _SCALE
    cell = CellPage(columns=columns, rows=math.ceil(panels / columns), slot=slot)
    pixels_wide, pixels_high = (round(side * dpi * _SCALE) for side in cell.sheet([]).grid.size)
    label, heading = round(LABEL * dpi), round(HEADING * dpi)
    high = _HIGH if width is None else height or max(math.sqrt(2) * width, _COLUMN)
    down = int((high * dpi - heading - margin) / (label + pixels_high + margin))
    down = min(max(1, down), math.ceil(max(runs, 1) / across))
    return SheetLayout(dpi, cell, across, down, pixels_wide, pixels_high, label, heading, margin)
