"""What figures of gravitational lenses share: critical curves, caustics, and views of the source plane.

It reads these arrays. Images are array[y, x], row 0 at the lowest y; extents are (x0, x1, y0, y1), outer edges, in
arcsec::

    source, source_*                  as `autoviz_render.figures.builtin.source_plane` reads them
    inverse_magnification  [y, x]     det A on the pixel centres: its zero contours are the critical curves
    deflections            [y, x, 2]  (y, x) in arcsec on the pixel centres: they take critical curves to caustics
    cut                    [k, 2]     (x, y) in arcsec, a pseudo-caustic; NaN rows break it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autoviz_render.figures.builtin.images import Frame, image_limits
from autoviz_render.figures.builtin.source_plane import Source, in_view, source_of, source_views, square_view, zoom_of
from autoviz_render.figures.curves import Line, contour, joined, to_source_plane
from autoviz_render.figures.errors import UnusableMeshError
from autoviz_render.figures.panels import Curve, Extent, ImagePanel, MeshPanel, Panel, TextPanel
from autoviz_render.figures.reading import check, floats
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

CURVE: dict[str, Any] = {"colour": "#4df3ff", "outline": "black"}
"""Critical curves and caustics: a light cyan, which the inferno map does not hold, with a dark outline."""


@dataclass(frozen=True, eq=False)
class Lensing:
    """The lines of a lens, and its source.

    Attributes:
        inverse_magnification: array[y, x], det A; None if it is not known.
        critical_curves: Lines (x, y) in arcsec in the image plane. The longest, which is the tangential one, is first.
        caustics: The same lines in the source plane.
        cut: The pseudo-caustic, (x, y) in arcsec; empty if there is none.
        source: On its mesh; None if there is none to show.
        no_source: Why a source that is there is not shown; "" if it is.
        zoom: The source's brightest part on a finer mesh; None if there is none.
    """

    inverse_magnification: Floats | None
    critical_curves: list[Line]
    caustics: list[Line]
    cut: Line
    source: Source | None
    no_source: str
    zoom: Source | None

    def critical_curve(self) -> Curve:
        """To be laid over images, with its entry in the legend."""
        x, y = joined(self.critical_curves)
        return Curve(x, y, label="critical curve" if x.size else "", **CURVE)


def lensing_of(snapshot: Snapshot, frame: Frame | None) -> Lensing:
    """What the snapshot knows of the lens.

    Args:
        frame: That of its images; None if it has none, and then no critical curves are known.

    Raises:
        ValueError: An array has another shape than it should.
    """
    inverse, critical_curves, caustics = None, [], []
    if frame is not None:
        inverse = floats(snapshot, "inverse_magnification", frame.mask.shape)
        deflections = floats(snapshot, "deflections", (*frame.mask.shape, 2))
        critical_curves = [] if inverse is None else contour(inverse, frame.extent, 0.0)
        critical_curves = sorted(critical_curves, key=_length, reverse=True)
        caustics = [] if deflections is None else to_source_plane(critical_curves, deflections, frame.extent)
    source, no_source = None, ""
    try:
        source = source_of(snapshot)
    except UnusableMeshError as error:  # the rest of the figure is as good as ever
        no_source = str(error)
    cut = floats(snapshot, "cut")
    cut = np.empty((0, 2)) if cut is None or cut.size == 0 else cut
    check("cut", cut, shape=(None, 2))
    x, y = cut.T
    return Lensing(inverse, critical_curves, caustics, (x, y), source, no_source, zoom_of(snapshot))


def source_panels(lensing: Lensing, unit: str) -> list[Panel]:
    """Three views of the source plane, from far to near; none if there is no source.

    If the fit's numbers make no mesh, texts stand there and say why, so that the other panels stay in their places.

    Args:
        unit: Of the source, in plain text.
    """
    source, zoom = lensing.source, lensing.zoom
    titles = ["Source plane", "Source plane: caustic", "Source plane: brightest part"]
    if not lensing.caustics:
        titles[1] = "Source plane: closer"
    curves = _source_curves(lensing)
    unlabelled = [replace(curve, label="") for curve in curves]
    limits, zoom_limits = _shared_limits(source, zoom)
    shared: dict[str, Any] = {"unit": unit, "tick_unit": "″"}
    if source is None and not lensing.no_source:
        return []
    panels: list[Panel] = [TextPanel(title, f"Not drawn: {lensing.no_source}.") for title in titles]
    if source is not None:
        if source.left_out:
            titles[0] += f": {source.left_out:,} points not finite"
        panels = [
            _source_panel(source, title, view, curves=unlabelled if number else curves, **shared, **limits)
            for number, (title, view) in enumerate(zip(titles, source_views(source, lensing.caustics), strict=True))
        ]
    if zoom is not None:
        panels[2] = _source_panel(zoom, titles[2], square_view(zoom.extent), curves=unlabelled, **shared, **zoom_limits)
    return panels


def _source_panel(source: Source, title: str, view: Extent, **settings: Any) -> Panel:
    mesh, values = in_view(source, view)
    if mesh is None:
        return ImagePanel(title, values, extent=source.extent, view=view, **settings)
    return MeshPanel(title, mesh, values, view=view, **settings)


def _source_curves(lensing: Lensing) -> list[Curve]:
    """What lies over a source plane, with its entries in the legend."""
    curves = [Curve(*joined(lensing.caustics), label="caustic" if lensing.caustics else "", **CURVE)]
    if lensing.cut[0].size:
        curves.append(Curve(*lensing.cut, style="--", label="pseudo-caustic", **CURVE))
    return curves


def _shared_limits(source: Source | None, zoom: Source | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Colour limits of a source, and of a part of it on a finer mesh.

    They are the same, and hold both, unless a cusp that only the finer mesh resolves is more than twice as bright as
    all else: the whole source would be dark under its limits.
    """
    far, near = ({} if part is None else image_limits(part.values) for part in (source, zoom))
    if not far or not near or near["high"] > 2 * far["high"]:
        return far, near
    both = {"low": min(far["low"], near["low"]), "high": max(far["high"], near["high"])}
    return both, both


def _length(line: Line) -> float:
    return float(np.hypot(np.diff(line[0]), np.diff(line[1])).sum())
