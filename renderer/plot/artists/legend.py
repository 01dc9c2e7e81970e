"""A small legend: in a corner of a panel, or above it, where it hides nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib import legend
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.area import Area
from autoviz_render.renderer.plot.artists.text_cache import CachedPixels, blank, cropped, paste, set_text
from autoviz_render.renderer.plot.layout import Rectangle
from autoviz_render.renderer.plot.text_metrics import fitted, text_width

_LONGEST = 2.4
"""Inches that a label takes at most."""

LegendPosition = Literal["inside", "beside the title", "under the title"]

_SPACING = 0.35
"""Between two rows, in units of the font size."""

_ROW = (1.2 + _SPACING) * layout.SMALL_SIZE / 72
"""The height of a row, in inches."""

_HANDLE = 0.42
"""Inches that the sample of a line takes beside its label, with the space between two columns."""


@dataclass(frozen=True)
class LegendColumns:
    """How a legend under the title is laid out: it must leave most of the room to the axes.

    Attributes:
        columns, rows: How many.
        longest: Inches of a label; longer ones are cut.
        most: Entries; if there are more, the last one counts those that are left out.
    """

    columns: int
    rows: int
    longest: float = _LONGEST
    most: int = 1_000_000

    @classmethod
    def fitting(cls, labels: Sequence[str], width: float, height: float) -> LegendColumns:
        """The one with the longest labels that fits in a width and a height, in inches."""
        count, most_rows = max(len(labels), 1), max(1, int((height - 0.12) / _ROW))
        for longest in (_LONGEST, 1.7, 1.1):
            widest = max((min(text_width(label, layout.SMALL_SIZE), longest) for label in labels), default=0.0)
            columns = min(count, max(1, int(width / (widest + _HANDLE))))
            rows = math.ceil(count / columns)
            if rows <= most_rows:
                return cls(columns, rows, longest)
        return cls(columns, most_rows, longest, columns * most_rows)

    @property
    def height(self) -> float:
        """How much room it takes between the title and what is under it, in inches."""
        return _ROW * self.rows + 0.12

    def shown(self, entries: Sequence[tuple[Any, str]]) -> Sequence[tuple[Any, str]]:
        """The entries that there is room for."""
        if len(entries) <= self.most:
            return entries
        left_out = len(entries) - self.most + 1
        return [*entries[: self.most - 1], (Line2D([], [], linestyle="none"), f"and {left_out} more")]


class Legend(legend.Legend):
    """Matplotlib's legend, drawn once for each position that it takes.

    Attributes:
        needed: How wide a part of the area must be to hold its column, in inches.
        height: And how high.
    """

    _drawn: tuple[tuple[float, ...], CachedPixels] | None = None

    def __init__(
        self,
        area: Area,
        entries: Sequence[tuple[Any, str]],
        position: LegendPosition = "inside",
        columns: LegendColumns | None = None,
    ) -> None:
        """A legend in the foreground of an area.

        Args:
            area: Where it stands.
            entries: For each its artist, or a tuple of artists drawn over each other, and its label.
            position: Relative to the panel's axes.
            columns: Of a legend under the title; None for one column.
        """
        columns = columns or LegendColumns(1, len(entries))
        if position == "under the title":
            entries = columns.shown(entries)
        is_row, self._is_above = position == "beside the title", position != "inside"
        self._box = Bbox.unit()
        parent: Any = area.subfigure  # a sub-figure serves as a figure does
        super().__init__(
            parent,
            *zip(*entries, strict=True),
            bbox_to_anchor=self._box,
            bbox_transform=area.inches,
            loc="lower right" if is_row else "lower left",
            fontsize=layout.SMALL_SIZE,
            framealpha=0.0 if self._is_above else 0.85,
            borderpad=0.35,
            handlelength=1.6,
            borderaxespad=0.3,
            ncols=len(entries) if is_row else columns.columns,
            labelspacing=_SPACING if position == "under the title" else 0.5,
            columnspacing=0.8,
            handletextpad=0.4,
        )
        for text, (_, label) in zip(self.get_texts(), entries, strict=True):
            set_text(text, fitted(label, min(columns.longest, area.size.width - 1.3), layout.SMALL_SIZE))
        self.needed = max(text_width(text.get_text(), layout.SMALL_SIZE) for text in self.get_texts()) + 0.42
        self.height = 1.5 * len(entries) * layout.SMALL_SIZE / 72 + 0.14
        self.set_zorder(6)
        area.add(self)

    def show_in(self, axes: Rectangle, beside: Rectangle) -> None:
        """Stand in the lower left corner of the axes; elsewhere if they are too small; nowhere without room there.

        Args:
            axes: That hold what the legend names.
            beside: Another part of the area.
        """
        rooms = ((axes, 2 * self.height), (beside, self.height))  # in the axes it must not hide all of their height
        fitting = [part for part, height in rooms if part.width >= self.needed and part.height >= height]
        for artist in (self, *self.get_texts()):
            artist.set_visible(bool(fitting))
        if fitting:
            self.show(fitting[0])

    def show(self, axes: Rectangle) -> None:
        """Stand in the lower left corner of the axes, or above them."""
        bottom, top = (axes.top - 0.02, axes.top + 1) if self._is_above else (axes.bottom, axes.top)
        self._box.set_points(np.array([[axes.left, bottom], [axes.right, top]]))

    def draw(self, renderer: Any) -> None:
        if not isinstance(renderer, RendererAgg):
            super().draw(renderer)
            return
        key = (*self.get_bbox_to_anchor().extents, self.figure.dpi)
        if not self.get_visible():
            return
        if self._drawn is None or self._drawn[0] != key:
            canvas = blank(int(renderer.width), int(renderer.height), renderer.dpi)
            super().draw(canvas)
            self._drawn = key, cropped(canvas, 0, 0)
        paste(renderer, self._drawn[1], 0, 0)


def row_width(labels: Sequence[str]) -> float:
    """How much of the title's line such a legend takes, in inches; none without labels."""
    widths = [min(text_width(label, layout.SMALL_SIZE), _LONGEST) for label in labels]
    return sum(width + 0.46 for width in widths) + 0.1 if labels else 0.0
