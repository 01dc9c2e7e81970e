"""Other ways to draw the panels of the imaging figure: Matplotlib's own, and the limit."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from autoviz_render.figures import colours
from autoviz_render.figures.panels import ImagePanel, full_extent
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.colour_pixels import colour_table


def by_pyplot(panels: Sequence[ImagePanel], dpi: float) -> bytes:
    """A fresh figure with colour bars and `tight_layout`, as analysis code has it."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, 4, figsize=(17.92, 13.43), dpi=dpi)
    for panel, each in zip(panels, axes.flat, strict=True):
        figure.colorbar(_fill(each, panel), ax=each)
    plt.tight_layout()
    file = io.BytesIO()
    figure.savefig(file)
    plt.close(figure)
    return file.getvalue()


def by_objects(panels: Sequence[ImagePanel], dpi: float) -> bytes:
    """A fresh figure without pyplot, on a fixed grid: nothing is laid out."""
    figure = Figure(figsize=(17.92, 13.43), dpi=dpi)
    canvas: Any = FigureCanvasAgg(figure)
    for number, panel in enumerate(panels):
        row, column = divmod(number, 4)
        left, bottom = 0.03 + column / 4, 0.04 + (2 - row) / 3
        axes = figure.add_axes((left, bottom, 0.17, 0.26))
        figure.colorbar(_fill(axes, panel), cax=figure.add_axes((left + 0.175, bottom, 0.01, 0.26)))
    file = io.BytesIO()
    canvas.print_png(file)
    return file.getvalue()


def _fill(axes: Any, panel: ImagePanel) -> Any:
    values = np.ma.masked_array(panel.values, panel.mask)
    limits = _limits(panel)
    norm = (LogNorm if limits.scale == "log" else Normalize)(limits.low, limits.high)
    extent = full_extent(panel.values, panel.extent)
    image = axes.imshow(values, origin="lower", extent=extent, cmap=panel.colours, norm=norm, interpolation="nearest")
    for curve in panel.curves:
        axes.plot(curve.x, curve.y, color=curve.colour, linewidth=curve.width)
    x0, x1, y0, y1 = panel.view or extent
    axes.set(xlim=(x0, x1), ylim=(y0, y1), title=panel.title)
    return image


def _limits(panel: ImagePanel) -> colours.ColourRange:
    return colours.colour_range(panel.values, panel.mask, scale=panel.scale, low=panel.low, high=panel.high)


class Limit:
    """What cannot be spared: colours composed by NumPy into a ready background, and encoded. No curve, no number."""

    def __init__(self, background: np.ndarray, panels: Sequence[ImagePanel], dpi: float) -> None:
        height, width = background.shape[:2]
        self._page, self._dpi = png.pixels_in(png.rows_of(height, width)), dpi
        self._page[...] = background
        self._places = []
        for number in range(len(panels)):
            row, column = divmod(number, 4)
            self._places.append((int((0.06 + row * 0.32) * height), int((0.02 + column / 4) * width)))
        self._side = int(0.19 * width)  # as long as an image of the figure is
        self._limits = [_limits(panel) for panel in panels]

    def draw(self, panels: Sequence[ImagePanel]) -> bytes:
        for panel, (top, left), limits in zip(panels, self._places, self._limits, strict=True):
            place = colours.position(np.asarray(panel.values, dtype=np.float64), limits)
            index = np.clip(place * 256, 0, 255).astype(np.uint8)
            rows, columns = (np.arange(self._side) * length // self._side for length in index.shape)
            table = colour_table(panel.colours)
            self._page[top : top + self._side, left : left + self._side] = table[index[:, columns]][rows[::-1]]
        return png.png(self._page, self._dpi)
