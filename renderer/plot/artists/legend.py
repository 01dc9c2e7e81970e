"""A small legend: in a corner of a panel, or above it where it hides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.transforms import Affine2D, Bbox

from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.artists.stamps import StampedLegend
from autoviz_render.renderer.plot.layout import Cell, Rectangle
from autoviz_render.renderer.plot.text_metrics import drawable, is_mathtext, text_width
from autoviz_render.spool.text import cut

LegendPlace = Literal["inside", "beside the title", "under the title"]


class Legend:
    """For each entry its artist, or a tuple of artists drawn over each other, and its label. `artist` is in front."""

    def __init__(
        self, subfigure: SubFigure, cell: Cell, entries: Sequence[tuple[Any, str]], where: LegendPlace = "inside"
    ) -> None:
        row, self._is_above = where == "beside the title", where != "inside"
        self._box = Bbox.unit()
        inches = Affine2D().scale(1 / cell.width, 1 / cell.height) + subfigure.transSubfigure
        parent: Any = subfigure  # a sub-figure serves as a figure does
        loc: Any = "lower right" if row else "lower left"
        self.artist = StampedLegend(
            parent,
            [handle for handle, _ in entries],
            [label for _, label in entries],
            bbox_to_anchor=self._box,
            bbox_transform=inches,
            loc=loc,
            fontsize=layout.SMALL_SIZE,
            framealpha=0.0 if self._is_above else 0.85,
            borderpad=0.35,
            handlelength=1.6,
            borderaxespad=0.3,
            ncols=len(entries) if row else 1,
            columnspacing=0.8,
            handletextpad=0.4,
        )
        for text, (_, label) in zip(self.artist.get_texts(), entries, strict=True):
            shown = cut(label, 30)
            text.set_parse_math(is_mathtext(shown))
            text.set_text(shown if is_mathtext(shown) else drawable(shown))
        self.artist.set_zorder(6)
        subfigure.add_artist(self.artist)

    def show(self, room: Rectangle) -> None:
        """In the lower left corner of a room, or above it."""
        bottom, top = (room.top - 0.02, room.top + 1) if self._is_above else (room.bottom, room.top)
        self._box.set_points(np.array([[room.left, bottom], [room.right, top]]))


def column_height(count: int) -> float:
    """How much a legend of so many entries takes between the title and what is under it, in inches."""
    return 0.17 * count + 0.12


def row_width(labels: Sequence[str]) -> float:
    """How much of the line of the title such a legend takes, in inches."""
    return sum(text_width(label, layout.SMALL_SIZE) + 0.46 for label in labels) + 0.1
