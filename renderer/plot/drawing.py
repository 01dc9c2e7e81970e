"""A figure that is kept: built once for a structure, then changed from snapshot to snapshot.

A figure changed to show a snapshot has the same bytes as one built for it. Pyplot, the clock, file names and the user's
matplotlibrc have no part in it.

Each panel has a slot of the figure to itself. Its background (frame, ticks, numbers) is kept as pixels, and the
foreground is drawn over it; a panel that shows the same as before is not drawn at all.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from autoviz_render.figures.panels import Panel, TextPanel
from autoviz_render.figures.registry import Recipe
from autoviz_render.renderer import recipes
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.texts import Failure
from autoviz_render.renderer.plot.canvas import Canvas
from autoviz_render.renderer.plot.formats import ERROR_PAGE, FORMATS, SOFTWARE, Format
from autoviz_render.renderer.plot.header.heading import Heading
from autoviz_render.renderer.plot.header.line import Header
from autoviz_render.renderer.plot.header.mark import PanelMark
from autoviz_render.renderer.plot.header.remark import Remark, RemarksOf, no_remarks
from autoviz_render.renderer.plot.layout import GridSlot, Size
from autoviz_render.renderer.plot.page import SCREEN, Page, PageError, Sheet
from autoviz_render.renderer.plot.panel_slot import PanelSlot
from autoviz_render.renderer.plot.theme import LIGHT, Theme, fixed_style
from autoviz_render.renderer.provenance import Provenance, provenance_of
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.text import printable

log = logging.getLogger("autoviz_render.renderer")


@dataclass(frozen=True, eq=False, repr=False)
class Drawing:
    """A snapshot's figure, drawn.

    Attributes:
        pixels: array[row, column, 3], uint8, RGB from the top; they stay as they are when the next snapshot is drawn.
        dpi: dots an inch.
        errors: one line for each panel that could not be drawn and shows its error instead; one for the whole figure
            if its recipe failed.
        is_error_page: whether there is nothing on it but errors.
    """

    pixels: Pixels
    dpi: float
    errors: tuple[str, ...] = ()
    is_error_page: bool = field(default=False, kw_only=True)
    _figure: Figure = field(kw_only=True)
    _frame: int = field(kw_only=True)
    _theme: Theme = field(kw_only=True)
    _scale: float = field(kw_only=True)
    _title: str = field(kw_only=True)
    _provenance: Provenance = field(kw_only=True)

    def __repr__(self) -> str:
        height, width, _ = self.pixels.shape
        return f"Drawing({width}x{height} pixels, dpi={self.dpi:g}, errors={self.errors!r})"

    def _repr_png_(self) -> bytes:
        return self.encode("png")

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, bytes], dict[str, dict[str, int]]]:
        """What a notebook shows, as wide as 100 dots an inch would be: more of them make it sharper, not larger."""
        return {"image/png": self.encode("png")}, {"image/png": {"width": round(100 * self.pixels.shape[1] / self.dpi)}}

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
        software = ERROR_PAGE if self.is_error_page else SOFTWARE
        if format == "png":
            return png.png(self.pixels, self.dpi, software, self._provenance.to_text())
        if format == "webp":
            return png.webp(self.pixels, software, self._provenance.to_text())
        if format not in FORMATS:
            raise ValueError(f"there is no way to write {format!r}; there are: {', '.join(FORMATS)}")
        if getattr(self._figure, "_autoviz_frame", None) != self._frame:
            raise RuntimeError(f"the figure shows a later snapshot: save its {format} before the next is drawn")
        from autoviz_render.renderer.plot import vector  # with fontTools: 10 MB that a worker of PNGs does without

        write = {"pdf": vector.pdf, "svg": vector.svg}[format]
        with fixed_style(self._theme):
            return write(self._figure, self._scale, self._title, software, self._provenance.to_text())


class KeptFigure:
    """Draws snapshots with one recipe, keeping one Matplotlib figure between them."""

    def __init__(
        self,
        recipe: Recipe,
        *,
        dpi: float = 100.0,
        theme: Theme = LIGHT,
        page: Page = SCREEN,
        name: str = "",
        settings: Mapping[str, Any] = MappingProxyType({}),
        warns: bool = True,
    ) -> None:
        """A figure that is built at the first snapshot.

        Args:
            recipe: What the figure shows, see `autoviz_render.figures.registry`.
            dpi: Dots an inch; 100 gives the 12-panel figure 1792x1343 pixels, 200 twice as many each way.
            theme: The colours of everything but the data.
            page: How large it is, and which of its panels it shows.
            name: Of the figure, for the title of a pdf, and for what a file says of where it comes from.
            settings: How it is drawn, for the same: see `RenderSettings.record`.
            warns: Whether a panel that cannot be drawn is a warning; its error is in the drawing's `errors` anyway.
        """
        self._warns = warns
        self.recipe, self.page = recipes.for_page(recipe, page)
        self.dpi = dpi
        self.theme = theme
        self.name = name
        self._settings = settings
        self._built: _BuiltFigure | None = None

    def draw(self, snapshot: Snapshot, remarks_of: RemarksOf = no_remarks, heading: Heading | None = None) -> Drawing:
        """The snapshot's figure. What a recipe or a panel raises is shown in the figure and listed in its `errors`.

        Args:
            snapshot: What is shown.
            remarks_of: Is given the recipe's panels, those too that the page does not show; what it says of them stands
                in the line above the panels, and they are marked.
            heading: What else stands there; None is the snapshot's.

        Raises:
            PageError: It has no such panel, or does not fit on the page.
        """
        with fixed_style(self.theme):
            errors: list[str] = []
            sheet, remarks = self._sheet(snapshot, errors, remarks_of)
            slots = [slot for slot, _ in sheet.arranged]
            if self._built is None or not self._built.fits(sheet, slots):
                self._built = _BuiltFigure(sheet, slots, self.dpi, self.theme, warns=self._warns)
            title = ": ".join(printable(text, 200) for text in (snapshot.run, self.name) if text)
            told = {"_title": title, "_provenance": provenance_of(snapshot, self.name, self._settings)}
            above = Heading.of(snapshot, sheet.subject) if heading is None else heading
            return self._built.draw([panel for _, panel in sheet.arranged], snapshot, errors, told, (above, remarks))

    def _sheet(self, snapshot: Snapshot, errors: list[str], remarks_of: RemarksOf) -> tuple[Sheet, Sequence[Remark]]:
        try:
            panels = recipes.panels_of(self.recipe, snapshot)
            sheet = self.page.sheet(panels)
        except PageError:
            raise
        except (Exception, SystemExit) as error:
            errors.append(recipes.told(error, self.recipe, snapshot))
            log.debug("the recipe failed", exc_info=True)
            return self._alone(Failure("This figure cannot be drawn", errors[-1])), ()
        if not sheet.arranged:
            return self._alone(TextPanel("Nothing to draw", "The figure has no panels.")), ()
        return sheet, remarks_of(
            [*chain.from_iterable(each if isinstance(each, Sequence) else [each] for each in panels)], snapshot
        )

    def _alone(self, panel: Panel) -> Sheet:
        return replace(self.page, panel=None).sheet([panel])


class _BuiltFigure:
    """One Matplotlib figure: a header line, and the slots of a grid."""

    def __init__(self, sheet: Sheet, slots: list[GridSlot], dpi: float, theme: Theme, *, warns: bool) -> None:
        grid = sheet.grid
        self._grid, self._slots, self._scale, self._dpi = grid, slots, sheet.scale, dpi
        self._theme, self._frame = theme, 0
        fine = dpi * sheet.scale
        width, height = ((round(side * fine, 6) + 1e-6) / fine if sheet.scale != 1 else side for side in grid.size)
        self._figure = Figure(figsize=(width, height), dpi=fine)
        canvas: Any = FigureCanvasAgg(self._figure)  # Any: its methods are not annotated
        self._canvas = Canvas(canvas.get_renderer(), theme.paper)
        has_header = grid.header > 0
        rows = [grid.size_of(GridSlot(row, 0)).height for row in range(grid.rows)]
        heights = [grid.header] * has_header + rows
        self._parts = GridSpec(grid.rows + has_header, grid.columns, figure=self._figure, height_ratios=heights)
        self._header: Header | None = None
        if has_header:
            header = self._area(slice(0, 1), slice(None), Size(width, grid.header))
            self._header = Header(header, self._canvas)
        areas = [self._slot_area(slot, int(has_header)) for slot in slots]
        self._panel_slots = [PanelSlot(area, self._canvas, warns=warns) for area in areas]
        self._marks: dict[int, PanelMark] = {}

    def _slot_area(self, slot: GridSlot, above: int) -> Area:
        row, column, rows, columns = slot
        return self._area(
            slice(row + above, row + above + rows), slice(column, column + columns), self._grid.size_of(slot)
        )

    def _area(self, rows: slice, columns: slice, size: Size) -> Area:
        subfigure = self._figure.add_subfigure(self._parts[rows, columns], facecolor="none")
        return Area(subfigure, size, self._theme)

    def _mark(self, number: int) -> PanelMark:
        """That of a slot; in a vector file it stands as if those of all slots had always been there."""
        if number not in self._marks:
            area = self._slot_area(self._slots[number], int(self._header is not None))
            area.subfigure.set_zorder(1 + 1e-6 * number)
            self._marks[number] = PanelMark(area)
        return self._marks[number]

    def _show_mark(self, number: int, *, is_marked: bool) -> PanelMark | None:
        mark = self._mark(number) if is_marked else self._marks.get(number)
        if mark is not None:
            mark.set_visible(is_marked)
        return mark if is_marked else None

    def fits(self, sheet: Sheet, slots: list[GridSlot]) -> bool:
        return (sheet.grid, slots, sheet.scale) == (self._grid, self._slots, self._scale)

    def draw(
        self,
        panels: list[Panel],
        snapshot: Snapshot,
        errors: list[str],
        told: Mapping[str, Any],
        line: tuple[Heading, Sequence[Remark]],
    ) -> Drawing:
        self._frame += 1
        self._figure._autoviz_frame = self._frame  # type: ignore[attr-defined]
        self._canvas.begin()
        heading, remarks = line
        marked: set[str] = set()
        if self._header:
            self._header.draw(heading, remarks)
            marked = {title for each in remarks for title in each.titles}
        marks = [self._show_mark(number, is_marked=panel.title in marked) for number, panel in enumerate(panels)]
        drawn = [
            slot.draw(panel.at(snapshot), mark)
            for slot, panel, mark in zip(self._panel_slots, panels, marks, strict=True)
        ]
        is_error_page = bool(errors) or None not in drawn
        errors += [error for error in drawn if error is not None]
        kept: dict[str, Any] = {"_figure": self._figure, "_frame": self._frame, "_theme": self._theme}
        kept["is_error_page"] = is_error_page
        return Drawing(self._canvas.pixels(), float(self._dpi), tuple(errors), **kept, _scale=self._scale, **told)
