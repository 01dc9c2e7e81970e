"""One run's panels and its name as pixels: figures are kept from run to run, as they are for one run's snapshots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from autoviz_render.figures.panels import ColouredPanel, CornerPanel, Panel, TextPanel
from autoviz_render.figures.registry import Recipe
from autoviz_render.figures.shared_axes import with_shared_axes
from autoviz_render.renderer import recipes
from autoviz_render.renderer.plot import layout as plot_layout
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.artists.texts import Failure
from autoviz_render.renderer.plot.colour_pixels import rgb
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.layout import Size, arrange
from autoviz_render.renderer.plot.text_metrics import drawable, fitted
from autoviz_render.renderer.plot.theme import Theme
from autoviz_render.renderer.sheet.choose import found, titles_of
from autoviz_render.renderer.sheet.layout import SheetLayout
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.snapshot import Snapshot

_KEPT = 4  # figures, each for runs of another kind


class ChosenPanels:
    """A recipe of the panels that were chosen of a run's figures, and nothing else.

    Args:
        figures: The recipes of the run's figures: a panel is looked for in the first, then in the next.
        names: Of the panels.

    """

    def __init__(self, figures: Sequence[Callable[[], Recipe]], names: Sequence[str]) -> None:
        self._figures, self._names = figures, names

    def __call__(self, snapshot: Snapshot) -> list[Panel]:
        chosen: dict[str, Panel] = {}
        for figure in self._figures:
            panels = panels_apart(figure(), snapshot)
            titles = titles_of(panels)
            for name in self._names:
                if name not in chosen and (numbers := found(name, titles)):
                    chosen[name] = panels[numbers[0]]
            if len(chosen) == len(self._names):
                break
        return [chosen.get(name) or _no_panel(name) for name in self._names]


def panels_apart(recipe: Recipe, snapshot: Snapshot) -> list[Panel]:
    """The panels of a figure, and those that stand within others, each for one slot. Raises whatever a recipe does."""
    _, arranged = arrange(recipes.panels_of(recipe, snapshot))
    panels = []
    for panel in with_shared_axes([panel for _, panel in arranged]):
        insets = panel.insets if isinstance(panel, CornerPanel) else ()
        panels.append(replace(panel, insets=()) if insets else panel)  # type: ignore[call-arg]  # a corner plot
        panels += insets
    return [_in_a_slot(panel) for panel in panels]


def _in_a_slot(panel: Panel) -> Panel:
    """A panel as it stands on a sheet: in one slot, and without a legend over the image, the same for each run."""
    if isinstance(panel, ColouredPanel) and any(getattr(curve, "label", "") for curve in panel.curves):
        panel = replace(panel, curves=tuple(replace(curve, label="") for curve in panel.curves))
    return replace(panel, span=(1, 1))


def _no_panel(name: str) -> Panel:
    return TextPanel(name, "This run has no such panel.")


@dataclass(frozen=True)
class CellLabel:
    """The line over a run's panels.

    Attributes:
        name: Of the run.
        number: What it is ordered by, with its name; empty for nothing.
        mark: What a person thinks of it; empty for nothing.
    """

    name: str
    number: str = ""
    mark: str = ""


NO_LABEL = CellLabel("")


class CellDrawer:
    """Draws the cells of a sheet.

    Args:
        layout: Of the sheet's pages.
        theme: The colours of everything but the data.
        names: Of the panels.
    """

    def __init__(self, layout: SheetLayout, theme: Theme, names: Sequence[str]) -> None:
        self._layout, self._theme, self._names = layout, theme, names
        self._kept: dict[object, KeptFigure] = {}
        self._label = _Line(Size(layout.width / layout.dpi, layout.label / layout.dpi), layout.dpi, theme)
        self._heads: dict[int, _Line] = {}

    def blank(self, height: int, width: int) -> Pixels:
        """Paper: array[row, column, 3], in rows as a PNG has them."""
        rows = png.rows_of(height, width)
        rows[:, 1:] = np.tile(np.array(rgb(self._theme.paper), np.uint8), width)  # row by row: ten times as fast
        return png.pixels_in(rows)

    def rule(self, page: Pixels, left: int, top: int, width: int) -> None:
        """A fine line over a run."""
        page[top, left : left + width] = rgb(self._theme.grid)

    def panels(self, figures: Sequence[Any], snapshot: Snapshot) -> tuple[Pixels, list[str]]:
        """A run's panels: array[row, column, 3]; and what could not be drawn, a line each."""
        kind = (tuple(figures), _form(snapshot))
        if kind not in self._kept:
            while len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[kind] = self._figure(ChosenPanels([cache(figure.recipe) for figure in figures], self._names))
        figure = self._kept[kind] = self._kept.pop(kind)  # the one that was used last at the end
        drawing = figure.draw(snapshot)
        return drawing.pixels, list(drawing.errors)

    def fault(self, title: str, text: str) -> Pixels:
        """In place of panels, why there are none."""
        failure = Failure(title, text)
        return self._figure(lambda _: [failure]).draw(Snapshot({})).pixels

    def line(self, label: CellLabel) -> Pixels:
        """The line over a run's panels."""
        return self._label.draw(label)

    def heading(self, text: str, page: str, width: int) -> Pixels:
        """The line over a page of a width."""
        if width not in self._heads:
            size = Size(width / self._layout.dpi, self._layout.heading / self._layout.dpi)
            self._heads[width] = _Line(size, self._layout.dpi, self._theme, is_heading=True)
        return self._heads[width].draw(CellLabel(text, page))

    def _figure(self, recipe: Recipe) -> KeptFigure:
        return KeptFigure(recipe, dpi=self._layout.dpi, theme=self._theme, page=self._layout.cell, warns=False)


def _form(snapshot: Snapshot) -> object:
    """What tells snapshots whose panels are built alike: the shapes of the arrays, if these are few."""
    shapes = [array.shape for held in (snapshot.arrays, snapshot.static) for array in held.values()]
    return tuple(shapes[:8])


class _Line:
    """A line of text with a name at its left and a number at its right.

    Pillow writes it, in a tenth of the time that a text takes Matplotlib: each run has another one.
    """

    _LEFT = 0.1  # inches

    def __init__(self, size: Size, dpi: float, theme: Theme, *, is_heading: bool = False) -> None:
        self._size, self._dpi, self._theme = size, dpi, theme
        self._points = 0.72 * plot_layout.TITLE_SIZE if is_heading else 0.78 * plot_layout.LABEL_SIZE
        self._plain, self._bold = (_font(name, self._points * dpi / 72) for name in ("DejaVuSans", "DejaVuSans-Bold"))
        self._marks = {"good": theme.lines[2], "bad": theme.error, "look": theme.lines[1]}

    def draw(self, label: CellLabel) -> Pixels:
        """Its pixels: array[row, column, 3]."""
        width, height = (round(side * self._dpi) for side in self._size)
        picture = Image.new("RGB", (width, height), self._theme.paper)
        pen, base = ImageDraw.Draw(picture), round(0.7 * height)
        left, right = self._LEFT * self._dpi, width - self._LEFT * self._dpi
        number = self._fitted(label.number, 0.6 * (right - left))
        pen.text((right, base), number, self._theme.ink, self._plain, anchor="rs")
        right -= self._plain.getlength(number) + 0.12 * self._dpi
        if label.mark:
            badge = WORDS[label.mark]
            pen.text((right, base), badge, self._marks[label.mark], self._bold, anchor="rs")
            right -= self._bold.getlength(badge) + 0.12 * self._dpi
        name = self._fitted(label.name, (right - left) / 1.15)  # a bold letter is wider
        pen.text((left, base), name, self._theme.ink, self._bold, anchor="ls")
        return np.asarray(picture)

    def _fitted(self, text: str, width: float) -> str:
        """A text cut to a width in dots, without characters that the font lacks."""
        return drawable(fitted(text, max(width, 0.0) / self._dpi, self._points, mathtext=False))


@cache
def _font(name: str, size: float) -> ImageFont.FreeTypeFont:
    """A font that Matplotlib brings, at a size in dots."""
    file = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf")
    return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)


WORDS = {"good": "✓ good", "bad": "✗ bad", "look": "? look again"}
"""Marks, as they are shown."""
