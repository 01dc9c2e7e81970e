"""A panel's artists: built once in the panel's cell, then changed to show another panel of the same structure.

    frame       a border with ticks and numbers         stamps      texts and legends as pixels
    pixels      an image's pixels                       legend      entries in a corner
    colour_bar  the gradient and its numbers            curves      lines over coloured values
    coloured    what panels with a colour bar share
    images, meshes, scatters, lines, corners, texts, custom    the kinds of panels

Each kind of panel has a class. Building makes the artists that its structure needs; `update` sets *everything* that a
panel can change, so that what was shown before leaves no trace: a kept figure and a fresh one have the same bytes.
`update` returns what of the panel is to be seen behind its `front`; while that stays the same it is not drawn again.
Nothing here lays anything out by measuring what was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Protocol

from matplotlib.artist import Artist
from matplotlib.figure import SubFigure

from autoviz_render.figures.panels import (
    ColouredPanel,
    CornerPanel,
    Curve,
    CustomPanel,
    HistogramPanel,
    ImagePanel,
    LinesPanel,
    MeshPanel,
    Panel,
    ScatterPanel,
    Series,
    TablePanel,
    TextPanel,
)
from autoviz_render.renderer.plot.artists.corners import CornerArtists
from autoviz_render.renderer.plot.artists.custom import CustomArtists
from autoviz_render.renderer.plot.artists.images import ImageArtists
from autoviz_render.renderer.plot.artists.lines import HistogramArtists, LinesArtists
from autoviz_render.renderer.plot.artists.meshes import MeshArtists
from autoviz_render.renderer.plot.artists.scatters import ScatterArtists
from autoviz_render.renderer.plot.artists.texts import TableArtists, TextArtists
from autoviz_render.renderer.plot.layout import Cell
from autoviz_render.renderer.plot.theme import Theme


class PanelArtists(Protocol):
    """What the drawing keeps for each panel. front: what is drawn at each change, in order, over everything else."""

    front: list[Artist]

    def update(self, panel: Any) -> Hashable:
        """Shows another panel of the same structure; returns what is to be seen of it behind the front."""


def structure(panel: Panel) -> Hashable:
    """What of a panel is fixed when its artists are built: panels with equal structures share artists."""
    kind = type(panel).__name__
    if isinstance(panel, ColouredPanel):
        edges = panel.edges if isinstance(panel, MeshPanel) else ""
        return (kind, bool(panel.x_label), bool(panel.y_label), edges, *map(_curve_style, panel.curves))
    if isinstance(panel, LinesPanel):
        labels = (bool(panel.x_label), bool(panel.y_label), bool(panel.residual_label))
        return (kind, labels, *(tuple(map(_series_style, each)) for each in (panel.series, panel.residuals)))
    if isinstance(panel, HistogramPanel):
        return (kind, bool(panel.x_label), bool(panel.y_label))
    if isinstance(panel, CornerPanel):
        return (kind, len(panel.names))
    return kind


def build(panel: Panel, subfigure: SubFigure, cell: Cell, theme: Theme) -> PanelArtists:
    """Empty artists for panels of this structure, in a cell's own sub-figure. Raises TypeError for an unknown kind."""
    for kind, artists in _ARTISTS.items():
        if isinstance(panel, kind):
            return artists(panel, subfigure, cell, theme)
    raise TypeError(f"there is no way to draw a {type(panel).__name__}")


_ARTISTS: dict[type[Panel], Callable[[Any, SubFigure, Cell, Theme], PanelArtists]] = {
    ImagePanel: ImageArtists,
    MeshPanel: MeshArtists,
    ScatterPanel: ScatterArtists,
    LinesPanel: LinesArtists,
    HistogramPanel: HistogramArtists,
    CornerPanel: CornerArtists,
    TablePanel: TableArtists,
    TextPanel: TextArtists,
    CustomPanel: CustomArtists,
}


def error_artists(subfigure: SubFigure, cell: Cell, theme: Theme) -> TextArtists:
    """For the text of an error in the place of a panel that failed: small and red."""
    return TextArtists(None, subfigure, cell, theme, is_error=True)


def _curve_style(curve: Curve) -> Hashable:
    return (curve.colour, curve.style, curve.width, curve.marker, curve.label, curve.outline)


def _series_style(series: Series) -> Hashable:
    return (series.label, series.colour, series.style, series.width, series.marker)
