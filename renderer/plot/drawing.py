"""A figure that is kept: built once for a structure, then changed from snapshot to snapshot.

A figure changed to show a snapshot has the same bytes as one built for it. Pyplot, the clock, file names and the user's
matplotlibrc have no part in it.

Each panel has a rectangle of the page to itself. What of it stays from frame to frame (frame, ticks, numbers) is kept
as pixels, and what changed is drawn over it; a panel that shows the same as before is not drawn at all.
"""

from __future__ import annotations

import io
import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from autoviz_render.figures.numbers import plain_number
from autoviz_render.figures.panels import Panel, TextPanel
from autoviz_render.figures.registry import Recipe
from autoviz_render.renderer.plot import layout, png
from autoviz_render.renderer.plot.artists.stamps import Label
from autoviz_render.renderer.plot.canvas import Canvas
from autoviz_render.renderer.plot.formats import FORMATS, Format
from autoviz_render.renderer.plot.layout import Cell, Grid, Place
from autoviz_render.renderer.plot.panel_slot import Failure, PanelSlot
from autoviz_render.renderer.plot.text_metrics import fitted, text_width
from autoviz_render.renderer.plot.theme import LIGHT, Theme, fixed_style
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.text import in_one_line

log = logging.getLogger("autoviz_render.renderer")

_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
"""Characters that XML 1.0 has no way to write, in UTF-8: Matplotlib puts each text in a comment, as it is."""


@dataclass(frozen=True, eq=False, repr=False)
class Drawing:
    """A snapshot's figure, drawn.

    Attributes:
        pixels: array[row, column, 3], uint8, RGB from the top; they stay as they are when the next snapshot is drawn.
        dpi: dots an inch.
        errors: one line for each panel that could not be drawn and shows its error instead; one for the whole figure
            if its recipe failed.
    """

    pixels: Pixels
    dpi: float
    errors: tuple[str, ...] = ()
    _figure: Figure = field(kw_only=True)
    _frame: int = field(kw_only=True)
    _theme: Theme = field(kw_only=True)

    def __repr__(self) -> str:
        height, width, _ = self.pixels.shape
        return f"Drawing({width}x{height} pixels, dpi={self.dpi:g}, errors={self.errors!r})"

    def _repr_png_(self) -> bytes:
        """What a notebook shows."""
        return self.encode("png")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the figure to a file whose suffix says the format; an existing file is replaced whole.

        Args:
            path: Ends in ".png", ".pdf", ".svg" or ".webp".

        Raises:
            ValueError: No format has this suffix.
            RuntimeError: As `encode` raises it.
            OSError: The file cannot be written.
        """
        final = Path(path)
        format_named: Any = final.suffix.lower().removeprefix(".")
        write_whole(final, [self.encode(format_named)], tmp=final.parent)

    def encode(self, format: Format) -> bytes:  # noqa: A002 - the word a user knows
        """The bytes of a file: the same for the same snapshot, recipe, dpi and theme.

        Args:
            format: "png", "pdf", "svg" or "webp".

        Raises:
            ValueError: There is no such format.
            RuntimeError: A pdf or svg is asked of a kept figure that already shows a later snapshot.
        """
        if format == "png":
            return png.png(self.pixels, self.dpi)
        if format == "webp":
            return png.webp(self.pixels)
        if format not in FORMATS:
            raise ValueError(f"there is no way to write {format!r}; there are: {', '.join(FORMATS)}")
        if getattr(self._figure, "_autoviz_frame", None) != self._frame:
            raise RuntimeError(f"the figure shows a later snapshot: save its {format} before the next is drawn")
        nothing = {"pdf": ("Creator", "Producer", "CreationDate"), "svg": ("Creator", "Date")}[format]
        file = io.BytesIO()
        with fixed_style(self._theme):
            self._figure.savefig(file, format=format, dpi=self.dpi, metadata=dict.fromkeys(nothing))
        return _NO_XML.sub(b"?", file.getvalue()) if format == "svg" else file.getvalue()


class KeptFigure:
    """Draws snapshots with one recipe, keeping one Matplotlib figure between them.

    recipe: what the figure shows, see `autoviz_render.figures.registry`.
    dpi: dots an inch; 100 gives the 12-panel figure 1792x1343 pixels, 200 twice as many each way.
    theme: its colours, but for the data's.
    """

    def __init__(self, recipe: Recipe, *, dpi: float = 100.0, theme: Theme = LIGHT) -> None:
        self.recipe = recipe
        self.dpi = dpi
        self.theme = theme
        self._sheet: _Sheet | None = None

    def draw(self, snapshot: Snapshot) -> Drawing:
        """The snapshot's figure. What a recipe or a panel raises is shown in the figure and listed in its `errors`."""
        with fixed_style(self.theme):
            errors: list[str] = []
            grid, placed = self._panels(snapshot, errors)
            places = tuple(place for place, _ in placed)
            if self._sheet is None or not self._sheet.fits(grid, places):
                self._sheet = _Sheet(grid, places, self.dpi, self.theme)
            return self._sheet.draw([panel for _, panel in placed], snapshot, errors)

    def _panels(self, snapshot: Snapshot, errors: list[str]) -> tuple[Grid, list[tuple[Place, Panel]]]:
        try:
            grid, placed = layout.arrange(self.recipe(snapshot))
        except (Exception, SystemExit) as error:
            errors.append(in_one_line(error))
            log.debug("the recipe failed", exc_info=True)
            return layout.arrange([Failure("This figure cannot be drawn", in_one_line(error))])
        return (grid, placed) if placed else layout.arrange([TextPanel("Nothing to draw", "The figure has no panels.")])


class _Sheet:
    """One Matplotlib figure: a header line, and a cell for each panel."""

    def __init__(self, grid: Grid, places: tuple[Place, ...], dpi: float, theme: Theme) -> None:
        self._grid, self._places, self._theme, self._frame = grid, places, theme, 0
        self._figure = Figure(figsize=grid.size, dpi=dpi)
        canvas: Any = FigureCanvasAgg(self._figure)  # Any: its methods are not annotated
        self._page = Canvas(canvas.get_renderer(), theme.paper)
        heights = [layout.HEADER, *[grid.cell.height] * grid.rows]
        cells = GridSpec(grid.rows + 1, grid.columns, figure=self._figure, height_ratios=heights)
        self._header = _Header(self._figure.add_subfigure(cells[0, :], facecolor="none"), grid.size[0])
        self._cells = []
        for place in places:
            rows = slice(place.row + 1, place.row + 1 + place.rows)
            part = cells[rows, place.column : place.column + place.columns]
            subfigure = self._figure.add_subfigure(part, facecolor="none")
            self._cells.append(PanelSlot(subfigure, grid.room(place), theme))

    def fits(self, grid: Grid, places: tuple[Place, ...]) -> bool:
        return grid == self._grid and places == self._places

    def draw(self, panels: list[Panel], snapshot: Snapshot, errors: list[str]) -> Drawing:
        self._frame += 1
        self._figure._autoviz_frame = self._frame  # type: ignore[attr-defined]
        self._header.draw(snapshot, self._page)
        for cell, panel in zip(self._cells, panels, strict=True):
            error = cell.draw(panel, snapshot, self._page)
            if error is not None:
                errors.append(error)
        return Drawing(
            png.copied(self._page.pixels),
            float(self._figure.dpi),
            tuple(errors),
            _figure=self._figure,
            _frame=self._frame,
            _theme=self._theme,
        )


class _Header:
    """The line above the panels: whose figure it is, and of which moment."""

    def __init__(self, subfigure: Any, width: float) -> None:
        self._subfigure, self._width = subfigure, width
        cell = Cell(width, layout.HEADER)
        style: dict[str, Any] = {"fontsize": layout.TITLE_SIZE, "va": "baseline"}
        self._run = Label(subfigure, cell, weight="bold", **style)
        self._where = Label(subfigure, cell, ha="right", **style)

    def draw(self, snapshot: Snapshot, page: Canvas) -> None:
        where = f"iteration {snapshot.iteration:,}"
        if np.isfinite(snapshot.log_likelihood):
            where += f"   log likelihood {_grouped(snapshot.log_likelihood)}"
        left_over = (self._width - 0.9 - text_width(where, layout.TITLE_SIZE)) / 1.15  # a bold letter is wider
        line = 0.37 * layout.HEADER
        self._run.show(fitted(snapshot.run, left_over, layout.TITLE_SIZE), 0.34, line, mathtext=False)
        self._where.show(where, self._width - 0.2, line, mathtext=False)
        region = page.region(self._subfigure.bbox)
        page.clear(region)
        for label in (self._run, self._where):
            label.draw(page.renderer)
        page.show(region)


def _grouped(value: float) -> str:
    return f"{value:,.2f}".replace("-", "\N{MINUS SIGN}") if abs(value) < 1e9 else plain_number(value)
