"""A panel's artists: built once in the panel's cell, then changed to show another panel of the same structure.

Each kind of panel has a class: `build` makes the artists that its structure needs, `update` sets *everything* that a
panel can change, so that what was shown before leaves no trace: a kept figure and a fresh one have the same bytes.
Nothing here lays anything out by measuring what was drawn.
"""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, NullLocator

from autoviz_render.renderer import layout
from autoviz_render.renderer.image_artists import ImageArtists
from autoviz_render.renderer.layout import Cell
from autoviz_render.renderer.lettering import (
    add_legend,
    fitted,
    panel_title,
    set_text,
    set_ticks,
    text_width,
    with_factor,
)
from autoviz_render.renderer.panels import (
    Array,
    Curve,
    CustomPanel,
    ImagePanel,
    LinesPanel,
    Panel,
    Series,
    TablePanel,
    TextPanel,
)
from autoviz_render.renderer.ticks import decade_ticks, round_ticks
from autoviz_render.spool.snapshot import Snapshot

LINE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Told apart by colour-blind readers. Source: Okabe and Ito (2008), Color Universal Design."""

_ERROR_COLOUR = "#a00020"


class PanelArtists(Protocol):
    """What the drawing keeps for each panel."""

    def update(self, panel: Any, snapshot: Snapshot) -> None:
        """Shows another panel of the same structure."""


def structure(panel: Panel) -> Hashable:
    """What of a panel is fixed when its artists are built: panels with equal structures share artists."""
    if isinstance(panel, ImagePanel):
        return ("image", bool(panel.x_label), bool(panel.y_label), tuple(map(_curve_style, panel.curves)))
    if isinstance(panel, LinesPanel):
        return ("lines", bool(panel.x_label), bool(panel.y_label), tuple(map(_series_style, panel.series)))
    return type(panel).__name__


def build(panel: Panel, subfigure: SubFigure, cell: Cell) -> PanelArtists:
    """Empty artists for panels of this structure, in a cell's own sub-figure. Raises TypeError for an unknown kind."""
    if isinstance(panel, ImagePanel):
        return ImageArtists(panel, subfigure, cell)
    if isinstance(panel, LinesPanel):
        return LinesArtists(panel, subfigure, cell)
    if isinstance(panel, TablePanel):
        return TableArtists(subfigure, cell)
    if isinstance(panel, TextPanel):
        return TextArtists(subfigure, cell)
    if isinstance(panel, CustomPanel):
        return CustomArtists(subfigure, cell)
    raise TypeError(f"there is no way to draw a {type(panel).__name__}")


class LinesArtists:
    """Lines with error bars, limits that hold all of them, and a legend where they have labels."""

    def __init__(self, panel: LinesPanel, subfigure: SubFigure, cell: Cell) -> None:
        self._cell = cell
        room = layout.lines_room(cell, x_label=bool(panel.x_label), y_label=bool(panel.y_label))
        self._axes = subfigure.add_axes(cell.fraction(room))
        self._axes.set_autoscale_on(False)
        self._axes.grid(visible=True, color="#e4e4e4", linewidth=0.7)
        self._axes.set_axisbelow(True)
        self._axes.tick_params(axis="y", labelrotation=90)
        self._axes_label = [
            self._axes.set_xlabel("", labelpad=3),
            self._axes.set_ylabel("", labelpad=3),
        ]
        self._lines: list[Line2D] = []
        self._bars: list[LineCollection] = []
        for number, series in enumerate(panel.series):
            colour = series.colour or LINE_COLOURS[number % len(LINE_COLOURS)]
            style: Any = series.style or "none"
            line = Line2D(
                [],
                [],
                color=colour,
                linestyle=style,
                linewidth=series.width,
                marker=series.marker,
                markersize=3.5,
                zorder=3,
            )
            bars = LineCollection([], colors=colour, linewidths=0.9, zorder=2.5)
            self._axes.add_line(line)
            self._axes.add_collection(bars, autolim=False)
            self._lines.append(line)
            self._bars.append(bars)
        labelled = [
            (line, series.label) for line, series in zip(self._lines, panel.series, strict=True) if series.label
        ]
        self._for_title = room.width
        if labelled:
            self._for_title -= self._place_legend(labelled, room.width)
        self._title = panel_title(subfigure)
        self._title.set_position((room.left / cell.width, (room.bottom + room.height + layout.TITLE_GAP) / cell.height))
        self._room = room

    def _place_legend(self, labelled: Sequence[tuple[Line2D, str]], width: float) -> float:
        """Beside the title where the labels are short, so that it hides no line; the width that the title loses."""
        needed = sum(text_width(label, layout.SMALL_SIZE) + 0.46 for _, label in labelled) + 0.1
        if needed > 0.7 * width:
            add_legend(self._axes, labelled, loc="upper right")
            return 0.0
        add_legend(
            self._axes,
            labelled,
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=len(labelled),
            columnspacing=0.8,
            handletextpad=0.4,
        )
        return needed

    def update(self, panel: LinesPanel, snapshot: Snapshot) -> None:
        del snapshot
        set_text(self._title, fitted(panel.title, self._for_title, layout.TITLE_SIZE))
        xs, lows, highs = [], [], []
        for line, bars, series in zip(self._lines, self._bars, panel.series, strict=True):
            x, y, error = _points(series, x_log=panel.x_log, y_log=panel.y_log)
            line.set_data(x, y)
            low, high = y - error, y + error
            drawn = np.isfinite(x) & np.isfinite(low) & np.isfinite(high) & (error > 0)
            ends = np.stack([np.stack([x, low], axis=-1), np.stack([x, high], axis=-1)], axis=1)
            bars.set_segments(list(ends[drawn]))
            finite = np.isfinite(x) & np.isfinite(y)
            xs.append(x[finite])
            lows.append(np.where(np.isfinite(low[finite]), low[finite], y[finite]))
            highs.append(np.where(np.isfinite(high[finite]), high[finite], y[finite]))
        x_limits = _span(xs, xs, log=panel.x_log, margin=0.02)
        y_limits = _span(lows, highs, log=panel.y_log, margin=0.06)
        for axis, limits, log, label, inches in (
            (self._axes.xaxis, x_limits, panel.x_log, panel.x_label, self._room.width),
            (self._axes.yaxis, y_limits, panel.y_log, panel.y_label, self._room.height),
        ):
            name = "x" if axis is self._axes.xaxis else "y"
            self._axes.set(**{f"{name}scale": "log" if log else "linear", f"{name}lim": limits})
            axis.set_minor_locator(NullLocator())
            axis.set_minor_formatter(NullFormatter())
            ticks = (decade_ticks if log else round_ticks)(*limits, most=max(3, min(6, int(inches / 0.65))))
            set_ticks(axis, ticks)
            set_text(axis.label, with_factor(label, ticks))


class TableArtists:
    """Names and values in two columns."""

    def __init__(self, subfigure: SubFigure, cell: Cell) -> None:
        self._cell, self._room = cell, layout.text_room(cell)
        self._title = panel_title(subfigure)
        top = self._room.bottom + self._room.height
        self._title.set_position((self._room.left / cell.width, (top + 0.14) / cell.height))
        style: dict[str, Any] = {"va": "top", "family": "monospace", "fontsize": layout.MONO_SIZE, "linespacing": 1.25}
        self._names = subfigure.text(self._room.left / cell.width, top / cell.height, "", ha="left", **style)
        right = self._room.left + self._room.width
        self._values = subfigure.text(right / cell.width, top / cell.height, "", ha="right", **style)

    def update(self, panel: TablePanel, snapshot: Snapshot) -> None:
        del snapshot
        set_text(self._title, fitted(panel.title, self._room.width, layout.TITLE_SIZE))
        most = layout.lines_of_text(self._room.height, layout.MONO_SIZE, 1.47)
        rows = [(str(name), str(value)) for name, value in panel.rows]
        if len(rows) > most:
            rows = [*rows[: most - 1], (f"and {len(rows) - most + 1} more", "")]
        width = layout.characters(self._room.width, layout.MONO_SIZE)
        values = [layout.cut(value, width * 3 // 5) for _, value in rows]
        names = [layout.cut(name, width - len(value) - 2) for (name, _), value in zip(rows, values, strict=True)]
        set_text(self._names, "\n".join(names), mathtext=False)
        set_text(self._values, "\n".join(values), mathtext=False)


class TextArtists:
    """A title and a wrapped text; an error's text is the same in red."""

    def __init__(self, subfigure: SubFigure, cell: Cell, *, colour: str = "black", size: float = 11.0) -> None:
        self._cell, self._room, self._size = cell, layout.text_room(cell), size
        self._title = panel_title(subfigure)
        top = self._room.bottom + self._room.height
        self._title.set_position((self._room.left / cell.width, (top + 0.14) / cell.height))
        self._text = subfigure.text(
            self._room.left / cell.width,
            top / cell.height,
            "",
            ha="left",
            va="top",
            fontsize=size,
            color=colour,
            linespacing=1.35,
        )

    def update(self, panel: TextPanel, snapshot: Snapshot) -> None:
        del snapshot
        set_text(self._title, fitted(panel.title, self._room.width, layout.TITLE_SIZE))
        width = layout.characters(self._room.width, self._size)
        lines = [piece for line in panel.text.splitlines() for piece in textwrap.wrap(line, width) or [""]]
        most = layout.lines_of_text(self._room.height, self._size, 1.7)
        if len(lines) > most:
            lines = [*lines[: most - 1], "…"]
        set_text(self._text, "\n".join(lines))


class CustomArtists:
    """Whatever the panel's own function draws: in empty axes each time, so that nothing stays of the last frame."""

    def __init__(self, subfigure: SubFigure, cell: Cell) -> None:
        self._subfigure, self._cell = subfigure, cell

    def update(self, panel: CustomPanel, snapshot: Snapshot) -> None:
        self._subfigure.clear()
        room = layout.lines_room(self._cell, x_label=True, y_label=True)
        title = panel_title(self._subfigure)
        title.set_position(
            (room.left / self._cell.width, (room.bottom + room.height + layout.TITLE_GAP) / self._cell.height)
        )
        set_text(title, fitted(panel.title, room.width, layout.TITLE_SIZE))
        panel.draw(self._subfigure.add_axes(self._cell.fraction(room)), snapshot)


def error_artists(subfigure: SubFigure, cell: Cell) -> TextArtists:
    """For the text of an error in the place of a panel that failed: small and red."""
    return TextArtists(subfigure, cell, colour=_ERROR_COLOUR, size=layout.SMALL_SIZE)


def _points(series: Series, *, x_log: bool, y_log: bool) -> tuple[Array, Array, Array]:
    x, y = np.asarray(series.x, dtype=np.float64), np.asarray(series.y, dtype=np.float64)
    if x.shape != y.shape or y.ndim != 1:
        raise ValueError(f"a series is two arrays[point], not of shapes {x.shape} and {y.shape}")
    error = np.zeros(y.shape) if series.error is None else np.abs(np.asarray(series.error, dtype=np.float64))
    if error.shape != y.shape:
        raise ValueError(f"the error bars have shape {error.shape}, and the series {y.shape}")
    x = np.where(np.isfinite(x) & ((x > 0) | (not x_log)), x, np.nan)
    y = np.where(np.isfinite(y) & ((y > 0) | (not y_log)), y, np.nan)
    if y_log:
        error = np.where(y - error > 0, error, 0.0)
    return x, y, error


def _span(lows: Sequence[Array], highs: Sequence[Array], *, log: bool, margin: float) -> tuple[float, float]:
    low_values = np.concatenate([*lows, np.empty(0)])
    high_values = np.concatenate([*highs, np.empty(0)])
    if low_values.size == 0:
        return (1.0, 10.0) if log else (0.0, 1.0)
    low, high = float(low_values.min()), float(high_values.max())
    if log:
        low, high = (low / 2, high * 2) if high <= low * (1 + 1e-9) else (low, high)
        room = (high / low) ** margin
        return low / room, high * room
    low, high = max(low, -1e300), min(high, 1e300)
    if high - low <= 1e-12 * max(abs(low), abs(high)) or high - low < 1e-290:
        half = abs(high) / 2 if abs(high) > 1e-290 else 1.0
        low, high = low - half, high + half
    room = margin * (high - low)
    return low - room, high + room


def _curve_style(curve: Curve) -> Hashable:
    return (curve.colour, curve.style, curve.width, curve.marker, curve.label, curve.outline)


def _series_style(series: Series) -> Hashable:
    return (series.label, series.colour, series.style, series.width, series.marker)
