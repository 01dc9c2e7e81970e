"""What figures of gravitational lenses have in common: critical curves, caustics, and views of the source plane.

It reads these arrays; images are array[y, x], row 0 at the lowest y, extents are (x0, x1, y0, y1), outer edges, in
arcsec.

    source                 [n, m]     the source on a rectangular mesh
    source_extent          [4]        of the mesh
    inverse_magnification  [y, x]     det A on the pixel centres: its zero contours are the critical curves
    deflections            [y, x, 2]  (y, x) in arcsec on the pixel centres: they take critical curves to caustics
    cut                    [k, 2]     (x, y) in arcsec, a pseudo-caustic; NaN rows break it
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autoviz_render.renderer.colours import colour_range
from autoviz_render.renderer.curves import Line, contour, joined, to_source_plane
from autoviz_render.renderer.figures.reading import Floats, Mask, extent_of, floats, like_data
from autoviz_render.renderer.panels import Curve, Extent, ImagePanel
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
    source: array[n, m] over source_extent; None where there is none to show.
    """

    inverse_magnification: Floats | None
    critical_curves: list[Line]
    caustics: list[Line]
    cut: Line
    source: Floats | None
    source_extent: Extent

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
    source, source_extent = floats(snapshot, "source"), extent_of(snapshot, "source_extent")
    if source is not None and source.ndim != 2:
        raise ValueError(f"source is a mesh array[n, m], not of shape {source.shape}")
    return Lensing(
        inverse_magnification=inverse,
        critical_curves=critical_curves,
        caustics=[] if deflections is None else to_source_plane(critical_curves, deflections, extent),
        cut=_cut(snapshot),
        source=None if source_extent is None or source is None or source.size == 0 else source,
        source_extent=source_extent or (0.0, 1.0, 0.0, 1.0),
    )


def source_panels(lensing: Lensing, unit: str) -> list[ImagePanel]:
    """Three views of the source plane, from far to near; none where there is no source. unit: of the source."""
    if lensing.source is None:
        return []
    caustic = Curve(*joined(lensing.caustics), colour=CURVE, outline="black")
    curves = [caustic]
    if lensing.caustics:
        curves = [replace(caustic, label="caustic")]
    if lensing.cut[0].size:
        curves.append(Curve(*lensing.cut, colour=CURVE, style="--", outline="black", label="pseudo-caustic"))
    limits = image_limits(lensing.source, None)
    titles = ["Source plane", "Source plane: caustic", "Source plane: brightest part"]
    if not lensing.caustics:
        titles[1] = "Source plane: closer"
    views = source_views(lensing.source, lensing.source_extent, lensing.caustics)
    return [
        ImagePanel(
            title,
            lensing.source,
            extent=lensing.source_extent,
            view=view,
            tick_unit="″",
            unit=unit,
            curves=[replace(curve, label="" if number else curve.label) for curve in curves],
            **limits,
        )
        for number, (title, view) in enumerate(zip(titles, views, strict=True))
    ]


def source_views(source: Floats, extent: Extent, caustics: Sequence[Line]) -> list[Extent]:
    """Three square views of a source plane, each smaller than the one before.

    The whole mesh; the brightest part with the caustic (the first of `caustics`); the brightest part alone. The
    last two are rounded, so that the picture holds still while a fit converges.
    """
    x0, x1, y0, y1 = extent
    whole = max(x1 - x0, y1 - y0) / 2
    x, y, bright = _brightest_part(source, extent)
    bright = min(bright, 0.5 * whole)
    left, right, lower, upper = x - bright, x + bright, y - bright, y + bright
    if caustics and np.isfinite(caustics[0][0] + caustics[0][1]).any():
        left, right = min(left, np.nanmin(caustics[0][0])), max(right, np.nanmax(caustics[0][0]))
        lower, upper = min(lower, np.nanmin(caustics[0][1])), max(upper, np.nanmax(caustics[0][1]))
    middle = float(np.clip(1.15 * max(right - left, upper - lower) / 2, 0.3 * whole, 0.65 * whole))
    return [
        _square((x0 + x1) / 2, (y0 + y1) / 2, whole, rounded=False),
        _square(float(left + right) / 2, float(lower + upper) / 2, _rounded_up(middle)),
        _square(x, y, _rounded_up(min(bright, 0.55 * middle))),
    ]


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


def _brightest_part(source: Floats, extent: Extent) -> tuple[float, float, float]:
    """Where a source is brightest, and how far that reaches.

    The mean (x, y) of what exceeds a third of the peak, within a quarter of the mesh of it: further out, bright pixels
    of an early fit are noise.
    """
    x0, x1, y0, y1 = extent
    width, height = (x1 - x0) / source.shape[1], (y1 - y0) / source.shape[0]
    finite = np.where(np.isfinite(source), source, 0.0)
    peak = float(finite.max())
    y, x = np.indices(source.shape)
    x, y = x0 + (x + 0.5) * width, y0 + (y + 0.5) * height
    row, column = np.unravel_index(int(finite.argmax()), source.shape)
    near = np.hypot(x - x[row, column], y - y[row, column]) <= max(x1 - x0, y1 - y0) / 4
    weight = np.where(near & (finite > peak / 3), finite, 0.0)
    total = float(weight.sum())
    if not (peak > 0 and math.isfinite(total)):
        return (x0 + x1) / 2, (y0 + y1) / 2, max(x1 - x0, y1 - y0) / 4
    weight = weight / total
    x_mean, y_mean = float((weight * x).sum()), float((weight * y).sum())
    variance = float((weight * ((x - x_mean) ** 2 + (y - y_mean) ** 2)).sum())
    return x_mean, y_mean, 3 * math.sqrt(variance / 2) + 2 * max(width, height)


def _square(x: float, y: float, half: float, *, rounded: bool = True) -> Extent:
    if rounded:
        x, y = (round(centre / (half / 10)) * (half / 10) for centre in (x, y))
    return (x - half, x + half, y - half, y + half)


def _rounded_up(half: float) -> float:
    power = 10.0 ** math.floor(math.log10(half))
    return next(step * power for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10.1) if step * power >= half)


def _length(line: Line) -> float:
    return float(np.hypot(np.diff(line[0]), np.diff(line[1])).sum())


def _cut(snapshot: Snapshot) -> Line:
    values = floats(snapshot, "cut")
    if values is None or values.size == 0:
        return np.empty(0), np.empty(0)
    if values.ndim != 2 or values.shape[1] != 2:
        raise ValueError(f"cut is array[k, 2] of (x, y), not of shape {values.shape}")
    return values[:, 0], values[:, 1]
