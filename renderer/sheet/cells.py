"""One run's panels and its name as pixels: figures are kept from run to run, as they are for one run's snapshots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from autoviz_render.figures.panels import ColouredPanel, CornerPanel, Panel, TextPanel
from autoviz_render.figures.registry import Recipe
from autoviz_render.figures.shared_axes import with_shared_axes
from autoviz_render.renderer import recipes
from autoviz_render.renderer.plot import layout as plot_layout
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.text_cache import Label
from autoviz_render.renderer.plot.artists.texts import Failure
from autoviz_render.renderer.plot.canvas import Canvas
from autoviz_render.renderer.plot.colour_pixels import rgb
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.layout import Size, arrange
from autoviz_render.renderer.plot.text_metrics import fitted, text_width
from autoviz_render.renderer.plot.theme import Theme, fixed_style
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
        pixels = png.pixels_in(png.rows_of(height, width))
        pixels[...] = np.array(rgb(self._theme.paper), np.uint8)
        return pixels

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
        return self._label.draw(label, self._theme)

    def heading(self, text: str, page: str, width: int) -> Pixels:
        """The line over a page of a width."""
        if width not in self._heads:
            size = Size(width / self._layout.dpi, self._layout.heading / self._layout.dpi)
            self._heads[width] = _Line(size, self._layout.dpi, self._theme, is_heading=True)
        return self._heads[width].draw(CellLabel(text, page), self._theme)

    def _figure(self, recipe: Recipe) -> KeptFigure:
        return KeptFigure(recipe, dpi=self._layout.dpi, theme=self._theme, page=self._layout.cell, warns=False)


def _form(snapshot: Snapshot) -> object:
    """What tells snapshots whose panels are built alike: the shapes of the arrays, if these are few."""
    shapes = [array.shape for held in (snapshot.arrays, snapshot.static) for array in held.values()]
    return tuple(shapes[:8])


class _Line:
    """A line of text with a name at its left and a number at its right."""

    _LEFT = 0.1

    def __init__(self, size: Size, dpi: float, theme: Theme, *, is_heading: bool = False) -> None:
        with fixed_style(theme):
            figure = Figure(figsize=size, dpi=dpi)
            canvas: Any = FigureCanvasAgg(figure)  # its methods are not annotated
            self._canvas = Canvas(canvas.get_renderer(), theme.paper)
            area = Area(figure.add_subfigure(figure.add_gridspec(1, 1)[0, 0], facecolor="none"), size, theme)
            self._points = plot_layout.TITLE_SIZE * 0.72 if is_heading else plot_layout.LABEL_SIZE * 0.78
            style: dict[str, Any] = {"fontsize": self._points, "va": "baseline"}
            self._name = Label(area, weight="bold", **style)
            self._number = Label(area, ha="right", **style)
            marks = {"good": theme.lines[2], "bad": theme.error, "look": theme.lines[1]}
            self._marks = {
                name: Label(area, ha="right", weight="bold", color=ink, **style) for name, ink in marks.items()
            }
        self._size, self._region = size, self._canvas.region(area.subfigure.bbox)
        self._paper = self._canvas.copy_shown(self._region)

    def draw(self, label: CellLabel, theme: Theme) -> Pixels:
        """Its pixels."""
        right, base = self._size.width - self._LEFT, 0.3 * self._size.height
        with fixed_style(theme):
            self._canvas.begin()
            self._canvas.show_again(self._region, self._paper)
            screen = self._canvas.screen(self._region)
            number = fitted(label.number, 0.6 * self._size.width, self._points)
            self._number.show(number, right, base, mathtext=False)
            self._number.show_on(screen)
            right -= text_width(number, self._points, mathtext=False) + 0.12 if number else 0.0
            if (badge := self._marks.get(label.mark)) is not None:
                badge.show(WORDS[label.mark], right, base, mathtext=False)
                badge.show_on(screen)
                right -= 1.15 * text_width(WORDS[label.mark], self._points) + 0.12
            free = (right - self._LEFT) / 1.15  # a bold letter is wider
            self._name.show(fitted(label.name, free, self._points, mathtext=False), self._LEFT, base, mathtext=False)
            self._name.show_on(screen)
        return self._canvas.pixels()


WORDS = {"good": "✓ good", "bad": "✗ bad", "look": "? look again"}
"""Marks, as they are shown."""
