"""A figure that is kept: built once for a structure, then changed from snapshot to snapshot.

A figure changed to show a snapshot has the same bytes as one built for it. Pyplot, the clock, file names and the user's
matplotlibrc have no part in it.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import GridSpec

from autoviz_render.renderer import encode, layout
from autoviz_render.renderer.artists import PanelArtists, build, error_artists, structure
from autoviz_render.renderer.figures import Recipe
from autoviz_render.renderer.layout import Cell, Grid
from autoviz_render.renderer.lettering import fitted, set_text, text_width
from autoviz_render.renderer.panels import Panel, TextPanel
from autoviz_render.renderer.ticks import plain_number
from autoviz_render.spool.snapshot import Snapshot

logger = logging.getLogger("autoviz_render.renderer")

Format = Literal["png", "pdf", "svg", "webp"]
FORMATS: tuple[Format, ...] = ("png", "pdf", "svg", "webp")

_STYLE: Any = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.monospace": ["DejaVu Sans Mono"],
    "mathtext.fontset": "dejavusans",
    "axes.linewidth": 0.8,
    "axes.labelsize": layout.LABEL_SIZE,
    "xtick.labelsize": layout.LABEL_SIZE,
    "ytick.labelsize": layout.LABEL_SIZE,
    "xtick.major.pad": 2.5,
    "ytick.major.pad": 2.5,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "svg.hashsalt": "autoviz-render",  # else the identifiers in an SVG are drawn by lot
}

_NOT_STYLE = (
    "backend",
    "interactive",
    "toolbar",
    "webagg.",
    "tk.",
    "docstring.",
    "figure.hooks",
    "timezone",
    "date.epoch",
)
_DEFAULTS: Any = {key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith(_NOT_STYLE)}


@dataclass(frozen=True, eq=False)
class DrawnFigure:
    """A snapshot's figure, drawn.

    pixels: array[row, column, 3], RGB from the top; they stay what they are when the drawing goes on.
    errors: a line for each panel that could not be drawn, and shows its error instead; for the whole figure where
        its recipe failed.
    """

    pixels: npt.NDArray[np.uint8]
    dpi: float
    errors: tuple[str, ...] = ()
    _figure: Figure = field(repr=False, kw_only=True)
    _frame: int = field(repr=False, kw_only=True)

    def save(self, format: Format) -> bytes:  # noqa: A002 - the word a user knows
        """The bytes of a file: the same for the same snapshot, recipe and dpi.

        Raises ValueError for an unknown format, and RuntimeError where a pdf or svg is asked of a figure that already
        shows a later snapshot.
        """
        if format == "png":
            return encode.png(self.pixels, self.dpi)
        if format == "webp":
            return encode.webp(self.pixels)
        if format not in FORMATS:
            raise ValueError(f"there is no way to write {format!r}; there are: {', '.join(FORMATS)}")
        if getattr(self._figure, "_autoviz_frame", None) != self._frame:
            raise RuntimeError(f"the figure shows a later snapshot: save its {format} before the next is drawn")
        nothing = {"pdf": ("Creator", "Producer", "CreationDate"), "svg": ("Creator", "Date")}[format]
        file = io.BytesIO()
        with _fixed_style():
            self._figure.savefig(file, format=format, dpi=self.dpi, metadata=dict.fromkeys(nothing))
        return file.getvalue()


class FigureDrawing:
    """Draws snapshots with one recipe, keeping one Matplotlib figure between them.

    recipe: what the figure shows, see `autoviz_render.renderer.figures`.
    dpi: dots an inch; 100 gives the 12-panel figure 1792x1343 pixels, 200 twice as many each way.
    """

    def __init__(self, recipe: Recipe, *, dpi: float = 100.0) -> None:
        self.recipe = recipe
        self.dpi = dpi
        self._sheet: _Sheet | None = None

    def draw(self, snapshot: Snapshot) -> DrawnFigure:
        """The snapshot's figure. What a recipe or a panel raises is shown in the figure and listed in its `errors`."""
        with _fixed_style():
            errors: list[str] = []
            grid, placed = self._panels(snapshot, errors)
            places = tuple((row, column) for row, column, _ in placed)
            if self._sheet is None or not self._sheet.fits(grid, places):
                self._sheet = _Sheet(grid, places, self.dpi)
            return self._sheet.draw([panel for _, _, panel in placed], snapshot, errors)

    def _panels(self, snapshot: Snapshot, errors: list[str]) -> tuple[Grid, list[tuple[int, int, Panel]]]:
        try:
            grid, placed = layout.arrange(self.recipe(snapshot))
        except Exception as error:
            errors.append(_message(error))
            logger.debug("the recipe failed", exc_info=True)
            return layout.arrange([_Failure("This figure cannot be drawn", _message(error))])
        return (grid, placed) if placed else layout.arrange([TextPanel("Nothing to draw", "The figure has no panels.")])


@dataclass(frozen=True, eq=False)
class _Failure(TextPanel):
    """What stands in the place of a panel that could not be drawn."""


class _Sheet:
    """One Matplotlib figure: a header line, and a cell for each panel."""

    def __init__(self, grid: Grid, places: Sequence[tuple[int, int]], dpi: float) -> None:
        self._grid, self._places, self._frame = grid, tuple(places), 0
        width, height = grid.size
        self._figure = Figure(figsize=(width, height), dpi=dpi)
        self._canvas: Any = FigureCanvasAgg(self._figure)  # Any: its methods are not annotated
        line = 1 - 0.63 * layout.HEADER / height
        self._run = self._figure.text(0.34 / width, line, "", fontsize=layout.TITLE_SIZE, weight="bold")
        self._where = self._figure.text(1 - 0.2 / width, line, "", fontsize=layout.TITLE_SIZE, ha="right")
        cells = GridSpec(
            grid.rows + 1,
            grid.columns,
            figure=self._figure,
            height_ratios=[layout.HEADER, *[grid.cell.height] * grid.rows],
        )
        self._cells = [
            _CellDrawing(self._figure.add_subfigure(cells[row + 1, column], facecolor="none"), grid.cell)
            for row, column in places
        ]

    def fits(self, grid: Grid, places: Sequence[tuple[int, int]]) -> bool:
        return grid == self._grid and tuple(places) == self._places

    def draw(self, panels: Sequence[Panel], snapshot: Snapshot, errors: list[str]) -> DrawnFigure:
        self._frame += 1
        self._figure._autoviz_frame = self._frame  # type: ignore[attr-defined]
        self._write_header(snapshot)
        for cell, panel in zip(self._cells, panels, strict=True):
            error = cell.show(panel, snapshot)
            if error is not None:
                errors.append(error)
        try:
            self._canvas.draw()
        except Exception:
            failed = [cell.find_failure(self._canvas.get_renderer()) for cell in self._cells]
            if not any(failed):
                raise
            errors += [error for error in failed if error is not None]
            self._canvas.draw()
        pixels = np.asarray(self._canvas.buffer_rgba())[..., :3].copy()
        dpi = float(self._figure.dpi)
        return DrawnFigure(pixels, dpi, tuple(errors), _figure=self._figure, _frame=self._frame)

    def _write_header(self, snapshot: Snapshot) -> None:
        where = f"iteration {snapshot.iteration:,}"
        if np.isfinite(snapshot.log_likelihood):
            where += f"   log likelihood {_grouped(snapshot.log_likelihood)}"
        width, _ = self._grid.size
        left_over = (width - 0.9 - text_width(where, layout.TITLE_SIZE)) / 1.15  # a bold letter is wider
        set_text(self._run, fitted(snapshot.run, left_over, layout.TITLE_SIZE), mathtext=False)
        set_text(self._where, where, mathtext=False)


class _CellDrawing:
    """The artists of one place on the sheet, rebuilt when a panel of another structure comes to stand there."""

    def __init__(self, subfigure: SubFigure, cell: Cell) -> None:
        self._subfigure, self._cell = subfigure, cell
        self._structure: Hashable = None
        self._artists: PanelArtists | None = None
        self._shown: tuple[Panel, Snapshot] | None = None
        self._reported = ""

    def show(self, panel: Panel, snapshot: Snapshot) -> str | None:
        """Makes the cell show a panel; the panel's error where it cannot, and then the cell shows that."""
        self._shown = (panel, snapshot)
        if isinstance(panel, _Failure):
            self._show_failure(panel)
            return None
        try:
            wanted = structure(panel)
            if self._artists is None or wanted != self._structure:
                self._subfigure.clear()
                self._artists = build(panel, self._subfigure, self._cell)
                self._structure = wanted
            self._artists.update(panel, snapshot)
        except Exception as error:  # noqa: BLE001 - a panel that fails is shown failing, and the others are drawn
            return self._fail(panel, error)
        return None

    def find_failure(self, renderer: Any) -> str | None:
        """The error that drawing the cell's artists raises, shown in the cell from now on; None if there is none."""
        if self._shown is None:
            return None
        try:
            self._subfigure.draw(renderer)
        except Exception as error:  # noqa: BLE001 - as in show
            return self._fail(self._shown[0], error)
        return None

    def _fail(self, panel: Panel, error: Exception) -> str:
        title = str(getattr(panel, "title", type(panel).__name__))
        message = f"{title}: {_message(error)}"
        if message != self._reported:  # not at every frame
            logger.warning("a panel could not be drawn: %s", message, exc_info=error)
            self._reported = message
        self._show_failure(_Failure(title, _message(error)))
        return message

    def _show_failure(self, failure: _Failure) -> None:
        self._subfigure.clear()
        self._artists = None
        assert self._shown is not None  # noqa: S101 - set by show, which comes first
        error_artists(self._subfigure, self._cell).update(failure, self._shown[1])


@contextmanager
def _fixed_style() -> Iterator[None]:
    """Matplotlib's own defaults and this module's style, whatever the user's matplotlibrc says."""
    with mpl.rc_context(_DEFAULTS | _STYLE):
        yield


def _grouped(value: float) -> str:
    return f"{value:,.2f}".replace("-", "\N{MINUS SIGN}") if abs(value) < 1e9 else plain_number(value)


def _message(error: Exception) -> str:
    """An error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
