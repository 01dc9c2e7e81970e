"""A figure that is kept: built once for a structure, then changed from snapshot to snapshot.

A figure changed to show a snapshot has the same bytes as one built for it. Pyplot, the clock, file names and the user's
matplotlibrc have no part in it.

Each panel has a slot of the figure to itself. Its background (frame, ticks, numbers) is kept as pixels, and the
foreground is drawn over it; a panel that shows the same as before is not drawn at all.
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
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.text_cache import Label
from autoviz_render.renderer.plot.artists.texts import Failure
from autoviz_render.renderer.plot.canvas import Canvas
from autoviz_render.renderer.plot.formats import FORMATS, Format
from autoviz_render.renderer.plot.layout import Grid, GridSlot, Size
from autoviz_render.renderer.plot.panel_slot import PanelSlot
from autoviz_render.renderer.plot.text_metrics import fitted, text_width
from autoviz_render.renderer.plot.theme import LIGHT, Theme, fixed_style
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.text import in_one_line

log = logging.getLogger("autoviz_render.renderer")

_NAME = 0.6  # inches that a header leaves for the run's name at least

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
    """Draws snapshots with one recipe, keeping one Matplotlib figure between them."""

    def __init__(self, recipe: Recipe, *, dpi: float = 100.0, theme: Theme = LIGHT) -> None:
        """A figure that is built at the first snapshot.

        Args:
            recipe: What the figure shows, see `autoviz_render.figures.registry`.
            dpi: Dots an inch; 100 gives the 12-panel figure 1792x1343 pixels, 200 twice as many each way.
            theme: The colours of everything but the data.
        """
        self.recipe = recipe
        self.dpi = dpi
        self.theme = theme
        self._built: _BuiltFigure | None = None

    def draw(self, snapshot: Snapshot) -> Drawing:
        """The snapshot's figure. What a recipe or a panel raises is shown in the figure and listed in its `errors`."""
        with fixed_style(self.theme):
            errors: list[str] = []
            grid, arranged = self._panels(snapshot, errors)
            slots = [slot for slot, _ in arranged]
            if self._built is None or not self._built.fits(grid, slots):
                self._built = _BuiltFigure(grid, slots, self.dpi, self.theme)
            return self._built.draw([panel for _, panel in arranged], snapshot, errors)

    def _panels(self, snapshot: Snapshot, errors: list[str]) -> tuple[Grid, list[tuple[GridSlot, Panel]]]:
        try:
            grid, arranged = layout.arrange(self.recipe(snapshot))
        except (Exception, SystemExit) as error:
            errors.append(in_one_line(error))
            log.debug("the recipe failed", exc_info=True)
            return layout.arrange([Failure("This figure cannot be drawn", in_one_line(error))])
        if not arranged:
            return layout.arrange([TextPanel("Nothing to draw", "The figure has no panels.")])
        return grid, arranged


class _BuiltFigure:
    """One Matplotlib figure: a header line, and the slots of a grid."""

    def __init__(self, grid: Grid, slots: list[GridSlot], dpi: float, theme: Theme) -> None:
        self._grid, self._slots, self._theme, self._frame = grid, slots, theme, 0
        self._figure = Figure(figsize=grid.size, dpi=dpi)
        canvas: Any = FigureCanvasAgg(self._figure)  # Any: its methods are not annotated
        self._canvas = Canvas(canvas.get_renderer(), theme.paper)
        heights = [layout.HEADER, *[grid.size_of(GridSlot(0, 0)).height] * grid.rows]
        self._parts = GridSpec(grid.rows + 1, grid.columns, figure=self._figure, height_ratios=heights)
        header = self._area(slice(0, 1), slice(None), Size(grid.size.width, layout.HEADER))
        self._header = _Header(header, self._canvas)
        self._panel_slots = [
            PanelSlot(self._area(slice(row + 1, row + 1 + rows), slice(column, column + columns), size), self._canvas)
            for (row, column, rows, columns), size in zip(slots, map(grid.size_of, slots), strict=True)
        ]

    def _area(self, rows: slice, columns: slice, size: Size) -> Area:
        subfigure = self._figure.add_subfigure(self._parts[rows, columns], facecolor="none")
        return Area(subfigure, size, self._theme)

    def fits(self, grid: Grid, slots: list[GridSlot]) -> bool:
        return grid == self._grid and slots == self._slots

    def draw(self, panels: list[Panel], snapshot: Snapshot, errors: list[str]) -> Drawing:
        self._frame += 1
        self._figure._autoviz_frame = self._frame  # type: ignore[attr-defined]
        self._header.draw(snapshot)
        drawn = [slot.draw(panel.at(snapshot)) for slot, panel in zip(self._panel_slots, panels, strict=True)]
        errors += [error for error in drawn if error is not None]
        own: dict[str, Any] = {"_figure": self._figure, "_frame": self._frame, "_theme": self._theme}
        return Drawing(png.copied(self._canvas.pixels), float(self._figure.dpi), tuple(errors), **own)


class _Header:
    """The line above the panels: whose figure it is, and of which moment."""

    def __init__(self, area: Area, canvas: Canvas) -> None:
        self._canvas, self._width = canvas, area.size.width
        self._region = canvas.region(area.subfigure.bbox)
        style: dict[str, Any] = {"fontsize": layout.TITLE_SIZE, "va": "baseline"}
        self._run = Label(area, weight="bold", **style)
        self._moment = Label(area, ha="right", **style)

    def draw(self, snapshot: Snapshot) -> None:
        moment = _moment(snapshot, self._width - _NAME - 0.9)
        free = (self._width - 0.9 - text_width(moment, layout.TITLE_SIZE)) / 1.15  # a bold letter is wider
        line = 0.37 * layout.HEADER
        self._run.show(fitted(snapshot.run, free, layout.TITLE_SIZE), 0.34, line, mathtext=False)
        self._moment.show(moment, self._width - 0.2, line, mathtext=False)
        self._canvas.clear(self._region)
        self._run.draw(self._canvas.renderer)
        self._moment.draw(self._canvas.renderer)
        self._canvas.blit(self._region)


def _moment(snapshot: Snapshot, width: float) -> str:
    """The snapshot's moment in words that fit a width in inches: long ones, short ones, or no log likelihood."""
    count = f" {snapshot.iteration:,}"
    short = f"{snapshot.counts.rpartition(' ')[2]}{count}"
    likelihood = _grouped(snapshot.log_likelihood) if np.isfinite(snapshot.log_likelihood) else ""
    if likelihood:
        told = [f"{snapshot.counts}{count}   log likelihood {likelihood}", f"{short}   log L {likelihood}", short]
    else:
        told = [f"{snapshot.counts}{count}", short]
    fits = (each for each in told if text_width(each, layout.TITLE_SIZE) <= width)
    return next(
        fits, fitted(short[: -len(count)], width - text_width(count, layout.TITLE_SIZE), layout.TITLE_SIZE) + count
    )


def _grouped(value: float) -> str:
    return f"{value:,.2f}".replace("-", "\N{MINUS SIGN}") if abs(value) < 1e9 else plain_number(value)
