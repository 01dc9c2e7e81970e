# The public names for type checkers and editors; `__init__.py` imports them when they are used.

from autoviz_render.figures.annotations import Annotation, Compass, Guide, ScaleBar
from autoviz_render.figures.errors import FigureError, MissingArraysError, PanelError
from autoviz_render.figures.meshes import delaunay, voronoi
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
from autoviz_render.figures.registry import Recipe, figure_names, find_figure
from autoviz_render.figures.scaling.rgb import lupton_rgb

__all__ = [
    "Annotation",
    "ColouredPanel",
    "Compass",
    "CornerPanel",
    "Curve",
    "CustomPanel",
    "FigureError",
    "Guide",
    "HistogramPanel",
    "ImagePanel",
    "LinesPanel",
    "MeshPanel",
    "MissingArraysError",
    "Panel",
    "PanelError",
    "PolygonalMesh",
    "Recipe",
    "RectangularMesh",
    "ScaleBar",
    "ScatterPanel",
    "Series",
    "TablePanel",
    "TextPanel",
    "TriangularMesh",
    "delaunay",
    "figure_names",
    "find_figure",
    "lupton_rgb",
    "voronoi",
]
