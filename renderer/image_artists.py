"""The artists of an image panel: the image, what is laid over it, its colour bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.ticker import NullLocator

from autoviz_render.renderer import colours, layout
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
from autoviz_render.renderer.panels import Array, Curve, Extent, ImagePanel, full_extent
from autoviz_render.renderer.ticks import Ticks, decade_ticks, round_ticks
from autoviz_render.spool.snapshot import Snapshot

_CORNER = 0.26
"""Inches at both ends of an image's axes that stay without numbers: two would meet at the corner."""


class ImageArtists:
    """An image, its curves and its colour bar."""

    def __init__(self, panel: ImagePanel, subfigure: SubFigure, cell: Cell) -> None:
        self._cell = cell
        self._labels = {"x_label": bool(panel.x_label), "y_label": bool(panel.y_label)}
        self._axes = subfigure.add_axes((0, 0, 1, 1), facecolor=_hex(colours.MASKED))
        self._axes.set_autoscale_on(False)
        self._axes.tick_params(axis="y", labelrotation=90)
        for label in (self._axes.xaxis, self._axes.yaxis):
            label.set_minor_locator(NullLocator())
        self._axes_label = [
            self._axes.set_xlabel("", labelpad=2),
            self._axes.set_ylabel("", labelpad=2),
        ]
        self._image = _ImageArtist(self._axes)
        self._curves = [_CurveArtists(self._axes, curve) for curve in panel.curves]
        if any(curve.label for curve in panel.curves):
            add_legend(self._axes, [line.handle() for line in self._curves if line.label], loc="lower left")
        self._note = self._axes.text(
            0.98,
            0.02,
            "",
            transform=self._axes.transAxes,
            ha="right",
            va="bottom",
            fontsize=layout.SMALL_SIZE,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2},
            zorder=6,
        )
        self._bar = _ColourBar(subfigure, cell)
        self._title = panel_title(subfigure)
        self._unit = subfigure.text(1, 1, "", ha="right", va="baseline", fontsize=layout.LABEL_SIZE)

    def update(self, panel: ImagePanel, snapshot: Snapshot) -> None:
        del snapshot
        values, mask = _checked(panel)
        extent = full_extent(values, panel.extent)
        x0, x1, y0, y1 = view = _opened(panel.view or extent)
        limits = colours.colour_range(values, mask, scale=panel.scale, low=panel.low, high=panel.high)
        table = colours.colour_table(panel.colours)
        aspect = (y1 - y0) / (x1 - x0) if panel.equal else None
        room = layout.image_room(self._cell, aspect, **self._labels)
        self._axes.set_position(self._cell.fraction(room.image))
        self._axes.set_xlim(x0, x1)
        self._axes.set_ylim(y0, y1)
        most_x = max(3, min(5, int(room.image.width / 0.6)))
        most_y = max(3, min(5, int(room.image.height / 0.6)))
        x_free = _CORNER / room.image.width * (x1 - x0)
        y_free = _CORNER / room.image.height * (y1 - y0)
        x_ticks = round_ticks(x0 + x_free, x1 - x_free, most_x, panel.tick_unit)
        y_ticks = round_ticks(y0 + y_free, y1 - y_free, most_y, panel.tick_unit)
        set_ticks(self._axes.xaxis, x_ticks)
        set_ticks(self._axes.yaxis, y_ticks)
        set_text(self._axes_label[0], with_factor(panel.x_label, x_ticks))
        set_text(self._axes_label[1], with_factor(panel.y_label, y_ticks))
        self._image.update(colours.colour_pixels(values, mask, limits, table), extent)
        for artists, curve in zip(self._curves, panel.curves, strict=True):
            artists.update(curve, view)
        bar_factor = self._bar.update(room.bar, limits, table)
        unit = " ".join(part for part in (f"×{bar_factor}" if bar_factor else "", panel.unit) if part)
        self._place_texts(panel, room, unit)
        bad = values.size - int(np.isfinite(values).sum()) if mask is None else int((~np.isfinite(values[~mask])).sum())
        set_text(self._note, f"{bad} not finite" if bad else "")
        self._note.set_visible(bad > 0)

    def _place_texts(self, panel: ImagePanel, room: layout.ImageRoom, unit: str) -> None:
        cell = self._cell
        right = min(room.bar.left + 0.65, cell.width - 0.06)
        unit = fitted(unit, cell.width / 2, layout.LABEL_SIZE)
        left_over = right - text_width(unit, layout.LABEL_SIZE) - 0.12 - room.image.left
        self._title.set_position((room.image.left / cell.width, room.title / cell.height))
        set_text(self._title, fitted(panel.title, left_over, layout.TITLE_SIZE))
        self._unit.set_position((right / cell.width, room.title / cell.height))
        set_text(self._unit, unit, mathtext=False)


class _ImageArtist:
    """The one place where pixels become an artist.

    Colours are worked out before (`colours.colour_pixels`): Matplotlib only scales opaque RGBA to the
    screen, which costs it less than values, a norm and a mask.
    """

    def __init__(self, axes: Axes) -> None:
        self._artist = AxesImage(axes, interpolation="nearest", origin="lower")
        self._artist.set_data(np.zeros((1, 1, 4), dtype=np.uint8))
        self._artist.set_clip_path(axes.patch)
        axes.add_image(self._artist)
        self._pixels: Array | None = None

    def update(self, pixels: colours.Pixels, extent: Extent) -> None:
        if self._pixels is None or not np.array_equal(self._pixels, pixels):
            self._artist.set_data(pixels)
            self._pixels = pixels
        self._artist.set_extent(extent)


class _CurveArtists:
    """A curve's line, and its outline below it."""

    def __init__(self, axes: Axes, curve: Curve) -> None:
        self.label = curve.label
        style: Any = curve.style or "none"
        self._lines = []
        if curve.outline:
            self._lines.append(
                Line2D(
                    [],
                    [],
                    color=curve.outline,
                    linestyle="-" if curve.style else "none",
                    linewidth=curve.width + 1.4,
                    marker=curve.marker,
                    markersize=7,
                    markeredgewidth=2.2,
                    solid_capstyle="round",
                    solid_joinstyle="round",
                    zorder=3,
                )
            )
        self._lines.append(
            Line2D(
                [],
                [],
                color=curve.colour,
                linestyle=style,
                linewidth=curve.width,
                marker=curve.marker,
                markersize=6,
                solid_capstyle="projecting",
                solid_joinstyle="round",
                zorder=3,
            )
        )
        for line in self._lines:
            axes.add_line(line)

    def update(self, curve: Curve, view: Extent) -> None:
        x, y = _near(np.asarray(curve.x, dtype=np.float64), np.asarray(curve.y, dtype=np.float64), view)
        for line in self._lines:
            line.set_data(x, y)

    def handle(self) -> tuple[Line2D | tuple[Line2D, ...], str]:
        return tuple(self._lines), self.label


class _ColourBar:
    """A colour bar whose gradient never changes: only its numbers, its place and its arrows do."""

    _ARROW = 0.11

    def __init__(self, subfigure: SubFigure, cell: Cell) -> None:
        self._cell = cell
        self._axes = subfigure.add_axes((0, 0, 1, 1))
        self._axes.set_autoscale_on(False)
        self._axes.set_xlim(0, 1)
        self._axes.set_ylim(0, 1)
        self._axes.xaxis.set_major_locator(NullLocator())
        self._axes.yaxis.set_ticks_position("right")
        self._axes.tick_params(axis="y", length=2.5, pad=2)
        self._image = _ImageArtist(self._axes)
        self._arrows = {}
        for end in ("under", "over"):
            arrow = Polygon([(0, 0), (1, 0), (0.5, 1)], transform=self._axes.transAxes, clip_on=False, linewidth=0.7)
            arrow.set_edgecolor("black")
            self._axes.add_patch(arrow)
            self._arrows[end] = arrow

    def update(self, room: layout.Rectangle, limits: colours.ColourRange, table: colours.Pixels) -> str:
        """Returns the power of ten that the numbers leave out, "" for none."""
        below, above = self._ARROW * limits.under, self._ARROW * limits.over
        height = room.height - below - above
        bar = layout.Rectangle(room.left, room.bottom + below, room.width, height)
        self._axes.set_position(self._cell.fraction(bar))
        opaque = np.full((table.shape[0], 1, 1), 255, dtype=np.uint8)
        self._image.update(np.concatenate([table[:, None, :], opaque], axis=2), (0.0, 1.0, 0.0, 1.0))
        tip = self._ARROW / height
        for end, shown, points, colour in (
            ("under", limits.under, [(0, 0), (1, 0), (0.5, -tip)], table[0]),
            ("over", limits.over, [(0, 1), (1, 1), (0.5, 1 + tip)], table[-1]),
        ):
            self._arrows[end].set_visible(shown)
            self._arrows[end].set_xy(points)
            self._arrows[end].set_facecolor(_hex(colour))
        most = max(3, min(5, int(height / 0.55)))
        ticks = (decade_ticks if limits.scale == "log" else round_ticks)(limits.low, limits.high, most)
        places = tuple(float(place) for place in colours.position(np.array(ticks.positions), limits))
        set_ticks(self._axes.yaxis, Ticks(places, ticks.labels))
        return ticks.factor


def _checked(panel: ImagePanel) -> tuple[Array, Array | None]:
    values = np.asarray(panel.values)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"an image is array[y, x], not of shape {values.shape}")
    if values.dtype.kind not in "biuf":
        raise ValueError(f"an image is an array of numbers, not of {values.dtype}")
    if panel.mask is None:
        return values.astype(np.float64), None
    mask = np.asarray(panel.mask).astype(np.bool_)
    if mask.shape != values.shape:
        raise ValueError(f"the mask has shape {mask.shape}, and the image {values.shape}")
    return values.astype(np.float64), mask


def _near(x: Array, y: Array, view: Extent) -> tuple[Array, Array]:
    """A curve without its far points: Agg's coordinates end at about 2^24 pixels."""
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"a curve is two arrays[vertex], not of shapes {x.shape} and {y.shape}")
    x0, x1, y0, y1 = view
    far_x, far_y = 100 * (x1 - x0), 100 * (y1 - y0)
    kept = (x > x0 - far_x) & (x < x1 + far_x) & (y > y0 - far_y) & (y < y1 + far_y)
    return np.where(kept, x, np.nan), np.where(kept, y, np.nan)


def _opened(view: Extent) -> Extent:
    x0, x1, y0, y1 = (float(edge) for edge in view)
    if not (np.isfinite([x0, x1, y0, y1]).all() and x1 > x0 and y1 > y0):
        raise ValueError(f"an extent is (x0, x1, y0, y1) with x0 < x1 and y0 < y1, not {view}")
    return x0, x1, y0, y1


def _hex(colour: Sequence[int] | Array) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(part) for part in colour))
