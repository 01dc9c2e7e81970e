"""The artists of tables and of texts, an error's among them."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import SubFigure

from autoviz_render.figures.panels import TablePanel, TextPanel
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.artists.stamps import Label, panel_title
from autoviz_render.renderer.plot.layout import Cell
from autoviz_render.renderer.plot.text_metrics import fitted
from autoviz_render.renderer.plot.theme import Theme
from autoviz_render.spool.text import cut


class TableArtists:
    """Names and values in two columns."""

    def __init__(self, panel: TablePanel, subfigure: SubFigure, cell: Cell, theme: Theme) -> None:
        del panel, theme  # nothing of it is fixed
        self._room = layout.text_room(cell)
        self._title = panel_title(subfigure, cell)
        self._most = layout.lines_of_text(self._room.height, layout.MONO_SIZE, 1.47)
        style: dict[str, Any] = {"va": "baseline", "family": "monospace", "fontsize": layout.MONO_SIZE}
        self._names = [Label(subfigure, cell, ha="left", **style) for _ in range(self._most)]
        self._values = [Label(subfigure, cell, ha="right", **style) for _ in range(self._most)]
        self.front: list[Artist] = [self._title, *self._names, *self._values]

    def update(self, panel: TablePanel) -> Hashable:
        room = self._room
        self._title.show(fitted(panel.title, room.width, layout.TITLE_SIZE), room.left, room.top + 0.14)
        rows = [(str(name), str(value)) for name, value in panel.rows]
        if len(rows) > self._most:
            rows = [*rows[: self._most - 1], (f"and {len(rows) - self._most + 1} more", "")]
        rows += [("", "")] * (self._most - len(rows))
        width = layout.characters(room.width, layout.MONO_SIZE)
        height = 1.47 * layout.MONO_SIZE / 72
        for number, (name, value) in enumerate(rows):
            line = room.top - (number + 0.75) * height
            shown = cut(value, width * 3 // 5)
            self._names[number].show(cut(name, width - len(shown) - 2), room.left, line, mathtext=False)
            self._values[number].show(shown, room.right, line, mathtext=False)
        return None


class TextArtists:
    """A title and a wrapped text."""

    def __init__(
        self, panel: TextPanel | None, subfigure: SubFigure, cell: Cell, theme: Theme, *, is_error: bool = False
    ) -> None:
        del panel  # nothing of it is fixed
        colour, size = (theme.error, layout.SMALL_SIZE) if is_error else (theme.ink, layout.LABEL_SIZE)
        self._room, self._size = layout.text_room(cell), size
        self._title = panel_title(subfigure, cell)
        self._text = Label(subfigure, cell, ha="left", va="top", fontsize=size, color=colour, linespacing=1.35)
        self.front: list[Artist] = [self._title, self._text]

    def update(self, panel: TextPanel) -> Hashable:
        room = self._room
        self._title.show(fitted(panel.title, room.width, layout.TITLE_SIZE), room.left, room.top + 0.14)
        width = layout.characters(room.width, self._size)
        most = layout.lines_of_text(room.height, self._size, 1.7)
        text = panel.text[: (most + 1) * (width + 1)]  # a stranger's may have millions
        lines = [piece for line in text.splitlines() for piece in textwrap.wrap(line, width) or [""]]
        if len(lines) > most:
            lines = [*lines[: most - 1], "…"]
        self._text.show("\n".join(lines), room.left, room.top)
        return None
