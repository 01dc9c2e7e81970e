"""The artists of tables and of texts; of the text of an error too."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any

from autoviz_render.figures.panels import TablePanel, TextPanel
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.artists.text_cache import Label, Labels, panel_title
from autoviz_render.renderer.plot.text_metrics import MOST_READ, fitted, text_width
from autoviz_render.spool.text import cut

_LEAST_NAME = 14
"""Characters of a name that stand beside its value at least: with fewer the value has lines of its own."""

_SHORTEST_NAME = 8
"""The same if the table is too long otherwise."""


@dataclass(frozen=True, eq=False)
class Failure(TextPanel):
    """Stands in the slot of a panel that could not be drawn: small and red."""


class _Titled:
    """A title over the part that a text or a table takes."""

    def __init__(self, area: Area) -> None:
        self.part = layout.text_part(area.size)
        self.label = panel_title(area)

    def show(self, title: str) -> None:
        self.label.show_within(title, self.part.left, self.part.top + 0.14, self.part.width)


class TableArtists(PanelArtists):
    """Names and values in two columns."""

    def __init__(self, panel: TablePanel, area: Area) -> None:
        del panel  # nothing of it is fixed
        self._title = _Titled(area)
        self._most = int(max(0.0, self._title.part.height) * 72 / (1.47 * layout.MONO_SIZE))
        style: dict[str, Any] = {"va": "baseline", "family": "monospace", "fontsize": layout.MONO_SIZE}
        self._names = Labels(area, self._most, ha="left", **style)
        self._values = Labels(area, self._most, ha="right", **style)
        self.foreground = [self._title.label, *self._names.artists, *self._values.artists]

    def update(self, panel: TablePanel) -> Hashable:
        part = self._title.part
        self._title.show(panel.title)
        for least in (_LEAST_NAME, _SHORTEST_NAME):  # shorter names before rows that are left out
            rows = [_lines_of(str(name), str(value), part.width, least) for name, value in panel.rows[: self._most + 1]]
            taken = list(accumulate(map(len, rows)))
            if not taken or taken[-1] <= self._most:
                break
        if len(panel.rows) > len(rows) or (taken and taken[-1] > self._most):
            rows = rows[: sum(lines < self._most for lines in taken)]
            rows += [[(f"and {len(panel.rows) - len(rows)} more", "")]] if self._most else []
        cells = list(chain.from_iterable(rows))
        lines = [part.top - (number + 0.75) * (1.47 * layout.MONO_SIZE / 72) for number in range(len(cells))]
        for column, labels, x in ((0, self._names, part.left), (1, self._values, part.right)):
            labels.show([(cell[column], x, line) for cell, line in zip(cells, lines, strict=True)])
        return None


def _lines_of(name: str, value: str, width: float, least: int) -> list[tuple[str, str]]:
    """The lines of a row, a name and a value each: one if the value fits beside so many characters of the name."""
    value = " ".join(cut(value, MOST_READ).split())
    beside = width - _wide(value) - _wide("  ")
    if beside >= min(_wide(name), _wide("x" * least)):
        return [(_fitted(name, beside), value)]
    wrapped = textwrap.wrap(value, int(width / _wide("x")), break_long_words=False) if "$" not in value else [value]
    return [(_fitted(name, width), ""), *(("", _fitted(line, width)) for line in wrapped)]


def _wide(text: str) -> float:
    return text_width(text, layout.MONO_SIZE, monospaced=True)


def _fitted(text: str, width: float) -> str:
    return fitted(text, width, layout.MONO_SIZE, monospaced=True)


class TextArtists(PanelArtists):
    """A title and a wrapped text."""

    def __init__(self, panel: TextPanel, area: Area) -> None:
        is_error = isinstance(panel, Failure)
        self._size = layout.SMALL_SIZE if is_error else layout.LABEL_SIZE
        colour = area.theme.error if is_error else area.theme.ink
        self._title = _Titled(area)
        self._text = Label(area, ha="left", va="top", fontsize=self._size, color=colour, linespacing=1.35)
        self.foreground = [self._title.label, self._text]

    def update(self, panel: TextPanel) -> Hashable:
        part = self._title.part
        self._title.show(panel.title)
        width = layout.characters(part.width, self._size)
        most = layout.lines_of_text(part.height, self._size, 1.7)
        text = panel.text[: (most + 1) * (width + 1)]  # a stranger's may have millions
        lines = [piece for line in text.splitlines() for piece in textwrap.wrap(line, width) or [""]]
        if len(lines) > most:
            lines = [*lines[: most - 1], "…"]
        self._text.show("\n".join(lines), part.left, part.top)
        return None
