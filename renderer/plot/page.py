"""What a figure is drawn on: a screen, or a page of a given width, on which its text can be read in print."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from autoviz_render.figures.comparison.titles import named_panel
from autoviz_render.figures.errors import PageError
from autoviz_render.figures.panels import ColouredPanel, CornerPanel, Panel, PanelsOf, TablePanel, TextPanel
from autoviz_render.figures.shared_axes import with_shared_axes
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.layout import Grid, GridSlot, Size

__all__ = ["SCREEN", "Page", "PageError", "Sheet", "inches"]

SMALLEST_TEXT = 7.0
"""Points, on a page. Journals ask for 5 (Nature), 6 (MNRAS, A&A) or 7 points (Science) at least."""

_SCALE = SMALLEST_TEXT / layout.SMALL_SIZE
"""From a screen's inches and points to a page's: a title then has 10 points, numbers have 8."""

_NARROWEST = 2.3
_NARROWEST_LINES = 3.1
"""Width of a slot beside others, in a screen's inches: four images stand on a page of 180 mm, two in a column of 88 mm;
panels of lines, with labels and a legend, three and one."""

_LEAST = Size(1.6, 1.3)
"""Of any slot, in a screen's inches: 30 mm x 24 mm of a page."""

_WORDS = (TablePanel, TextPanel)

_LINES_SHAPE = 0.75
"""Height over width of a wide panel that is no image, if nobody gave a height."""


@dataclass(frozen=True)
class Sheet:
    """A figure laid out.

    Attributes:
        grid: Its slots, in a screen's inches.
        arranged: Each panel and its slot.
        scale: What a screen's inches, and points, are multiplied by.
        subject: What all panels are of, for the line above them; "" if they are of several things.
    """

    grid: Grid
    arranged: list[tuple[GridSlot, Panel]]
    scale: float = 1.0
    subject: str = ""


@dataclass(frozen=True)
class Page:
    """How large a figure is, and which of its panels it shows.

    On a page text has 7 to 10 points, whatever the width: a narrow page has fewer columns of panels, not smaller text.

    Attributes:
        width: In inches; None is the size for a screen.
        height: In inches; None is as high as the panels need.
        panel: The title of the only panel that is shown, or its number from 1; None shows all.
    """

    width: float | None = None
    height: float | None = None
    panel: str | int | None = None

    def sheet(self, panels: Sequence[Panel] | Sequence[Sequence[Panel]]) -> Sheet:
        """A recipe's panels, as they stand on the page.

        Raises:
            TypeError: The items are neither panels nor rows of panels.
            PageError: There is no such panel, or they do not fit.
        """
        subject = panels.subject if isinstance(panels, PanelsOf) else ""
        grid, arranged = layout.arrange(panels)
        slots = [slot for slot, _ in arranged]
        arranged = list(zip(slots, with_shared_axes([panel for _, panel in arranged]), strict=True))
        apart = [each for _, panel in arranged for each in _apart(panel, keep=self.width is None)]
        if self.panel is not None and arranged:
            apart = [replace(named_panel(self.panel, apart), span=(1, 1))]
            grid, arranged = layout.arrange(apart)
        if self.width is None or not arranged:
            return Sheet(grid, arranged, subject=subject)
        filled = self._filled(grid, arranged)
        if len(apart) > len(arranged) or not _fits(filled, arranged):
            grid, arranged = _reflowed(apart, self.width / _SCALE)
            filled = self._filled(grid, arranged)
        if not _fits(filled, arranged):
            raise PageError(
                f"the figure's panels ({len(arranged)}) do not fit on a page of {self._size()} with text of "
                f"{SMALLEST_TEXT:g} points; make it larger, leave out the height, or choose one panel"
            )
        return Sheet(filled, arranged, _SCALE, subject)

    def takes(self, panels: Sequence[Sequence[Panel]]) -> bool:
        """Whether rows of panels have room as they stand, without being laid out anew. Raises TypeError."""
        grid, arranged = layout.arrange(panels)
        return self.width is None or _fits(self._filled(grid, arranged), arranged)

    def _filled(self, grid: Grid, arranged: list[tuple[GridSlot, Panel]]) -> Grid:
        """The grid at the page's size; above a panel alone there is no line, as papers have captions."""
        header = 0.0 if self.panel is not None else layout.HEADER
        width = (self.width or 0.0) / _SCALE / grid.columns
        heights = [0.0] * grid.rows
        for slot, panel in arranged:
            for row in range(slot.row, slot.row + slot.rows):
                heights[row] = max(heights[row], _height(panel, slot, width))
        if self.height is not None:
            wider = (self.height / _SCALE - header) / sum(heights)
            heights = [wider * height for height in heights]
        return replace(grid, width=width, heights=tuple(heights), header=header)

    def _size(self) -> str:
        return " x ".join(f"{25.4 * each:.0f} mm" for each in (self.width, self.height) if each is not None)


def _apart(panel: Panel, *, keep: bool) -> Iterator[Panel]:
    """A panel and those that stand within it: on a page there is no room for them there; on a screen it keeps them."""
    insets = panel.insets if isinstance(panel, CornerPanel) else ()
    yield panel if keep or not insets else replace(panel, insets=())  # type: ignore[call-arg]  # a corner plot
    yield from insets


def _reflowed(panels: Sequence[Panel], width: float) -> tuple[Grid, list[tuple[GridSlot, Panel]]]:
    """Panels in their order, in as many columns as have room on a page; words at the end, as wide as they need."""
    words = [panel for panel in panels if isinstance(panel, _WORDS)]
    others = [panel for panel in panels if not isinstance(panel, _WORDS)]
    narrowest = max((_narrowest(panel) / panel.span[1] for panel in others or words), default=_NARROWEST)
    narrowest = max(narrowest, _NARROWEST)
    columns = max(1, int(width / narrowest + 1e-6))
    wide = [min(columns, math.ceil(_narrowest(panel) * columns / width - 1e-6)) for panel in words]
    spans = [panel.span for panel in others] + [(1, each) for each in wide]
    return layout.in_columns([*others, *words], spans, columns)


def _narrowest(panel: Panel) -> float:
    """The least width of a panel beside others, in which its texts have room."""
    if isinstance(panel, TablePanel):
        needed = layout.width_of(max(_lengths(panel), default=0), layout.MONO_SIZE) + 0.6
        return min(max(_NARROWEST, needed), _NARROWEST_LINES)
    is_image = isinstance(panel, ColouredPanel) and not (panel.x_label or panel.y_label)
    return _NARROWEST if is_image else _NARROWEST_LINES


def _lengths(panel: TablePanel) -> list[int]:
    return [len(str(name)) + len(str(value)) + 2 for name, value in panel.rows]


def _height(panel: Panel, slot: GridSlot, width: float) -> float:
    """The height of a row for a panel in columns of a width: images and corner plots are square."""
    square = layout.square_slot(width).height
    if isinstance(panel, CornerPanel):
        return layout.square_corner(slot.columns * width).height / slot.rows
    if isinstance(panel, ColouredPanel):
        return square
    if isinstance(panel, TablePanel):
        most = layout.characters(slot.columns * width - 0.6, layout.MONO_SIZE)
        lines = sum(1 + (each > most) for each in _lengths(panel))  # a long row takes two
        return min(square, max(_LEAST.height, layout.table_height(lines)))
    return min(square, max(_LINES_SHAPE * width, _NARROWEST_LINES))


def _fits(grid: Grid, arranged: list[tuple[GridSlot, Panel]]) -> bool:
    """Whether each panel has its least size; one that stands alone in its row may be narrower than beside others."""
    for slot, panel in arranged:
        width, height = grid.size_of(slot)
        least = _LEAST.width if slot.columns == grid.columns else _narrowest(panel)
        if width < least - 1e-6 or height < _LEAST.height - 1e-6:
            return False
    return True


def inches(length: float | str) -> float:
    """A length in inches, of a number of them or a text: 3.46, "88mm", "8.8 cm", "3.46in", "250pt".

    Raises:
        ValueError: It is no length.
    """
    if not isinstance(length, str):
        return float(length)
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(mm|cm|in|inch|inches|pt|)\s*", length, re.IGNORECASE)
    if found is None:
        raise ValueError(f"{length!r} is no length")
    return float(found[1]) / _IN_AN_INCH[found[2].lower()]


_IN_AN_INCH = {"mm": 25.4, "cm": 2.54, "in": 1.0, "inch": 1.0, "inches": 1.0, "": 1.0, "pt": 72.0}


SCREEN = Page()
