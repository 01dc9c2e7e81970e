"""What figures of gravitational lenses have in common: critical curves, caustics, and views of the source plane.

It reads these arrays; images are array[y, x], row 0 at the lowest y, extents are (x0, x1, y0, y1), outer edges, in
arcsec.

    source, source_*                  as `autoviz_render.figures.builtin.source_plane` reads them
    inverse_magnification  [y, x]     det A on the pixel centres: its zero contours are the critical curves
    deflections            [y, x, 2]  (y, x) in arcsec on the pixel centres: they take critical curves to caustics
    cut                    [k, 2]     (x, y) in arcsec, a pseudo-caustic; NaN rows break it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autoviz_render.figures.builtin.source_plane import (
    Source,
    UnusableMeshError,
    Zoom,
    in_view,
    source_of,
    source_views,
    square_view,
    zoom_of,
)
from autoviz_render.figures.colours import colour_range
from autoviz_render.figures.curves import Line, contour, joined, to_source_plane
from autoviz_render.figures.panels import Curve, Extent, ImagePanel, MeshPanel, Panel, TextPanel
from autoviz_render.figures.reading import floats, like_data
from autoviz_render.spool.arrays import Floats, Mask
from autoviz_render.spool.snapshot import Snapshot

CURVE = "#4df3ff"
"""Critical curves and caustics: a light cyan, which the inferno map does not hold, with a dark outline."""


@dataclass(frozen=True, eq=False)
class Lensing:
    """The lines of a lens, and its source.

    inverse_magnification: array[y, x], det A; None where it is not known.
    critical_curves, caustics: lines (x, y) in arcsec, in the image and the source plane; the longest critical curve,
        which is the tangential one, and its caustic come first.
    cut: the pseudo-caustic, (x, y); empty where there is none.
    source: on its mesh; None where there is none to show. no_source: why a source that is there is not shown, "" else.
    zoom: the source's brightest part on a finer mesh; None where there is none.
    """

    inverse_magnification: Floats | None
    critical_curves: list[Line]
    caustics: list[Line]
    cut: Line
    source: Source | None
    no_source: str
    zoom: Zoom | None

    def critical_curve(self) -> Curve:
        """To be laid over images, with its entry in the legend."""
        x, y = joined(self.critical_curves)
        return Curve(x, y, colour=CURVE, outline="black", label="critical curve" if x.size else "")


def lensing_of(snapshot: Snapshot, shape: tuple[int, ...], extent: Extent) -> Lensing:
    """What the snapshot knows of them. shape, extent: of its images.

    Raises ValueError where an array has another shape than it should.
    """
    inverse = like_data(snapshot, "inverse_magnification", shape)
    deflections = floats(snapshot, "deflections")
    if deflections is not None and deflections.shape != (*shape, 2):
        raise ValueError(f"deflections has shape {deflections.shape}, and the data {shape}: it must be {(*shape, 2)}")
    critical_curves = [] if inverse is None else sorted(contour(inverse, extent, 0.0), key=_length, reverse=True)
    source, no_source = None, ""
    try:
        source = source_of(snapshot)
    except UnusableMeshError as error:  # the rest of the figure is as good as ever
        no_source = str(error)
    return Lensing(
        inverse_magnification=inverse,
        critical_curves=critical_curves,
        caustics=[] if deflections is None else to_source_plane(critical_curves, deflections, extent),
        cut=_cut(snapshot),
        source=source,
        no_source=no_source,
        zoom=zoom_of(snapshot),
    )


def source_panels(lensing: Lensing, unit: str) -> list[Panel]:
    """Three views of the source plane, from far to near; none where there is no source. unit: of the source.

    Where the fit's numbers make no mesh, texts stand there and say why, so that the others stay in their places.
    """
    titles = ["Source plane", "Source plane: caustic", "Source plane: brightest part"]
    if not lensing.caustics:
        titles[1] = "Source plane: closer"
    source, zoom = lensing.source, lensing.zoom
    shared: dict[str, Any] = {"tick_unit": "″", "unit": unit}
    limits, zoom_limits = _shared_limits(source, zoom)
    curves = _source_curves(lensing)
    unlabelled = [replace(curve, label="") for curve in curves]
    panels: list[Panel]
    if source is not None:
        views = source_views(source, lensing.caustics)
        if source.left_out:
            titles[0] += f": {source.left_out:,} points not finite"
        panels = [
            _source_panel(source, title, view, curves=unlabelled if number else curves, **shared, **limits)
            for number, (title, view) in enumerate(zip(titles, views, strict=True))
        ]
    elif lensing.no_source:
        panels = [TextPanel(title, f"Not drawn: {lensing.no_source}.") for title in titles]
    else:
        return []
    if zoom is not None:
        view = square_view(zoom.extent)
        panels[2] = ImagePanel(
            titles[2], zoom.values, extent=zoom.extent, view=view, curves=unlabelled, **shared, **zoom_limits
        )
    return panels


def _source_panel(source: Source, title: str, view: Extent, **settings: Any) -> Panel:
    mesh, values = in_view(source, view)
    if mesh is None:
        return ImagePanel(title, values, extent=source.extent, view=view, **settings)
    return MeshPanel(title, mesh, values, view=view, **settings)


def _source_curves(lensing: Lensing) -> list[Curve]:
    """What lies over a source plane, with its entries in the legend."""
    caustic = Curve(*joined(lensing.caustics), colour=CURVE, outline="black")
    curves = [replace(caustic, label="caustic") if lensing.caustics else caustic]
    if lensing.cut[0].size:
        curves.append(Curve(*lensing.cut, colour=CURVE, style="--", outline="black", label="pseudo-caustic"))
    return curves


def _shared_limits(source: Source | None, zoom: Zoom | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Colour limits of a source, and of a part of it on a finer mesh.

    They are the same, and hold both, unless a cusp that only the finer mesh resolves is more than twice as bright as
    all else: the whole source would be dark under its limits.
    """
    far = {} if source is None else image_limits(source.values, None)
    near = {} if zoom is None else image_limits(zoom.values, None)
    if not far or not near or near["high"] > 2 * far["high"]:
        return far, near
    both = {"low": min(far["low"], near["low"]), "high": max(far["high"], near["high"])}
    return both, both


def image_limits(values: Floats, mask: Mask | None) -> dict[str, Any]:
    """Colour limits for the panels that share them."""
    limits = colour_range(values, mask)
    low = (
        max(limits.low, -0.15 * limits.high) if limits.high > 0 else limits.low
    )  # noise must not take half the colours
    return {"low": low, "high": limits.high}


def unmasked_view(mask: Mask, extent: Extent) -> Extent:
    """The rectangle that holds every unmasked pixel, with a margin of two pixels; everything where there is none."""
    rows, columns = np.nonzero(~mask)
    if rows.size == 0:
        return extent
    x0, x1, y0, y1 = extent
    width, height = (x1 - x0) / mask.shape[1], (y1 - y0) / mask.shape[0]
    left, right = max(int(columns.min()) - 2, 0), min(int(columns.max()) + 3, mask.shape[1])
    lower, upper = max(int(rows.min()) - 2, 0), min(int(rows.max()) + 3, mask.shape[0])
    return (x0 + left * width, x0 + right * width, y0 + lower * height, y0 + upper * height)


def _length(line: Line) -> float:
    return float(np.hypot(np.diff(line[0]), np.diff(line[1])).sum())


def _cut(snapshot: Snapshot) -> Line:
    values = floats(snapshot, "cut")
    if values is None or values.size == 0:
        return np.empty(0), np.empty(0)
    if values.ndim != 2 or values.shape[1] != 2:
        raise ValueError(f"cut is array[k, 2] of (x, y), not of shape {values.shape}")
    return values[:, 0], values[:, 1]
