"""The artists of a custom panel."""

from __future__ import annotations

from collections.abc import Hashable

from matplotlib.artist import Artist
from matplotlib.figure import SubFigure

from autoviz_render.renderer import layout
from autoviz_render.renderer.artists.stamps import panel_title
from autoviz_render.renderer.layout import Cell
from autoviz_render.renderer.lettering import fitted
from autoviz_render.renderer.panels import CustomPanel
from autoviz_render.renderer.theme import Theme
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

    def update(self, panel: CustomPanel) -> Hashable:
        self._subfigure.clear()
        room = layout.lines_room(self._cell, x_label=True, y_label=True)
        title = panel_title(self._subfigure, self._cell)
        title.show(fitted(panel.title, room.width, layout.TITLE_SIZE), room.left, room.top + layout.TITLE_GAP)
        axes = self._subfigure.add_axes(self._cell.fraction(room))
        axes.tick_params(labelsize=layout.LABEL_SIZE)
        panel.draw(axes, self.snapshot)
        return object()  # unlike any other: all of it is drawn again
