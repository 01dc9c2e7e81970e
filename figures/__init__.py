"""What to show: panels, which are plain values, and recipes, which make them of a snapshot. Nothing is drawn here.

The modules are::

    panels       what can be on a figure: images, meshes, lines, histograms, points, corner plots, tables, texts
    annotations  what is laid over a panel: lines and bands across, texts and arrows
    registry     recipes by their names
    reading      the arrays of a snapshot, checked
    errors       what can be wrong with a figure
    bins         many points as few: sums over intervals and cells, thinned lines
    curves       lines over images: contours, caustics, segments, the edge of a mask
    meshes       meshes made of points: Delaunay's triangles, Voronoi's cells
    densities    weighted samples: those that can be used, quantiles, histograms
    samples/     weighted samples of one parameter and of two: the part shown, the regions that hold shares
    colours      the limits of colours
    series       lines as they can be drawn, and the limits of the axes that hold them
    shared_axes  panels that show the same range
    numbers      ticks and numbers as text
    given/       what a run says beside its numbers: units, labels, axes; the sky, the bands
    scaling/     from values to colours: stretches, intervals, pictures of three images
    plane/       what lies in a plane: shears, circles and ellipses
    fits/        fits in numbers, and what is left of the data
    comparison/  the same panel of several snapshots: two side by side, or many with one set of limits
    builtin/     the recipes that come with the package

A recipe is a function `Snapshot -> list[Panel]`. What a recipe of your own needs is imported from here: the panels,
`delaunay` and `voronoi`, the registry's functions, and the modules `reading`, `bins`, `curves`, `meshes` and
`densities`.

This package imports NumPy and contourpy. Matplotlib is loaded to make a mesh of points.
"""

from __future__ import annotations

import importlib

_NAMES = {
    "annotations": "Annotation Compass Guide ScaleBar",
    "errors": "FigureError MissingArraysError PanelError",
    "meshes": "delaunay voronoi",
    "panels": "ColouredPanel CornerPanel Curve CustomPanel HistogramPanel ImagePanel LinesPanel MeshPanel Panel "
    "PolygonalMesh RectangularMesh ScatterPanel Series TablePanel TextPanel TriangularMesh",
    "scaling.rgb": "lupton_rgb",
    "registry": "Recipe figure_names find_figure",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
