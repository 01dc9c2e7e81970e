"""The artists of a custom panel."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import SubFigure

from autoviz_render.figures.panels import CustomPanel
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.artists.stamps import panel_title
from autoviz_render.renderer.plot.layout import Cell
from autoviz_render.renderer.plot.text_metrics import fitted
from autoviz_render.renderer.plot.theme import Theme
from autoviz_render.spool.snapshot import Snapshot


class CustomArtists:
    """Whatever the panel's own function draws: in empty axes each time, so that nothing stays of the last frame.

    snapshot: to be set before each update.
    """

    snapshot: Snapshot

    def __init__(self, panel: CustomPanel, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        del panel, theme  # nothing of it is fixed
        self._subfigure, self._cell = subfigure, cell
        self.front: list[Artist] = []

    @contextmanager
    def own_figure(self) -> Iterator[None]:
        """The whole figure keeps its size and its resolution, whatever is done to them."""
        figure = self._subfigure.figure
        size, dpi = tuple(figure.get_size_inches()), figure.dpi
        try:
            yield
        finally:
            if (tuple(figure.get_size_inches()), figure.dpi) != (size, dpi):
                figure.set_dpi(dpi)
                figure.set_size_inches(*size)

    def update(self, panel: CustomPanel) -> Hashable:
        self._subfigure.clear()
        inner: Any = self._subfigure.subfigures()  # thrown away at the next frame, with whatever is done to it
        inner.set_facecolor("none")
        room = layout.lines_room(self._cell, x_label=True, y_label=True)
        title = panel_title(self._subfigure, self._cell)
        title.show(fitted(panel.title, room.width, layout.TITLE_SIZE), room.left, room.top + layout.TITLE_GAP)
        axes = inner.add_axes(self._cell.fraction(room))
        axes.tick_params(labelsize=layout.LABEL_SIZE)
        panel.draw(axes, self.snapshot)
        return object()  # unlike any other: all of it is drawn again
