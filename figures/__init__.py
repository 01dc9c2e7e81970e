"""What to show: panels, which are plain values, and recipes, which make them of a snapshot. Nothing is drawn here.

    panels     what can be on a figure: images, meshes, lines, histograms, points, corner plots, tables, texts
    registry   the recipes by their names
    reading    the arrays of a snapshot, checked
    curves, meshes, densities, bins, colours, numbers   what recipes and panels are worked out with
    builtin/   the recipes that come with the package

A recipe is a function `Snapshot -> list[Panel]`. This package imports NumPy and contourpy; Matplotlib only to
triangulate, and to look up the colours of a map, if asked to.
"""

from __future__ import annotations

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
    PolygonalMesh,
    RectangularMesh,
    ScatterPanel,
    Series,
    TablePanel,
    TextPanel,
    TriangularMesh,
)

__all__ = [
    "ColouredPanel",
    "CornerPanel",
    "Curve",
    "CustomPanel",
    "HistogramPanel",
    "ImagePanel",
    "LinesPanel",
    "MeshPanel",
    "Panel",
    "PolygonalMesh",
    "RectangularMesh",
    "ScatterPanel",
    "Series",
    "TablePanel",
    "TextPanel",
    "TriangularMesh",
]
