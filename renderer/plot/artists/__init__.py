"""A panel's artists: built once in the panel's area, then changed to show another panel of the same structure.

    panel_artists   what each kind of panel has to have
    images, meshes, scatters, lines, corners, texts, custom    the kinds of panels
    coloured        what panels with a colour bar share
    frame           a border with ticks and numbers         text_cache   texts as pixels
    annotations     lines, bands, texts and arrows          legend       entries in a corner, or above
    colour_bar      the gradient and its numbers

A new kind of panel is a dataclass in `autoviz_render.figures.panels`, a module here with its `PanelArtists`, and a line
in `ARTISTS`. Nothing here lays anything out by measuring what was drawn: `autoviz_render.renderer.plot.layout` says
where it stands.
"""

from __future__ import annotations

from autoviz_render.figures.panels import (
    CornerPanel,
    CustomPanel,
    HistogramPanel,
    ImagePanel,
    LinesPanel,
    MeshPanel,
    Panel,
    ScatterPanel,
    TablePanel,
    TextPanel,
)
from autoviz_render.renderer.plot.artists.corners import CornerArtists
from autoviz_render.renderer.plot.artists.custom import CustomArtists
from autoviz_render.renderer.plot.artists.images import ImageArtists
from autoviz_render.renderer.plot.artists.lines import HistogramArtists, LinesArtists
from autoviz_render.renderer.plot.artists.meshes import MeshArtists
from autoviz_render.renderer.plot.artists.panel_artists import PanelArtists
from autoviz_render.renderer.plot.artists.scatters import ScatterArtists
from autoviz_render.renderer.plot.artists.texts import TableArtists, TextArtists

ARTISTS: dict[type[Panel], type[PanelArtists]] = {
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
"""How each kind of panel is drawn; kinds made from one of them are drawn as that one."""


def artists_of(panel: Panel) -> type[PanelArtists]:
    """The artists for a kind of panel.

    Raises:
        TypeError: There are none.
    """
    for kind in type(panel).__mro__:
        if kind in ARTISTS:
            return ARTISTS[kind]
    raise TypeError(f"there is no way to draw a {type(panel).__name__}")
