"""What figures of gravitational lenses share: critical curves, caustics, and views of the source plane.

It reads these arrays. Images are array[y, x], row 0 at the lowest y; extents are (x0, x1, y0, y1), outer edges, in
arcsec::

    source, source_*                  as `autoviz_render.figures.builtin.source_plane` reads them
    inverse_magnification  [y, x]     det A on the pixel centres: its zero contours are the critical curves
    deflections            [y, x, 2]  (y, x) in arcsec on the pixel centres: they take critical curves to caustics
    critical_curves, caustics         [k, 2]  (x, y) in arcsec, the longest line first, NaN rows between lines: in the
                                      place of those that these two give
    cut                    [k, 2]     (x, y) in arcsec, a pseudo-caustic; NaN rows break it
    plane_1/source, ...               all of these, of a nearer source plane; plane_2/source, ... of the next one
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autoviz_render.figures.builtin.images import Frame, model_limits
from autoviz_render.figures.builtin.source_plane import (
    SOURCE_PLACES,
    Source,
    finer_part,
    in_view,
    source_of,
    source_views,
    square_view,
)
from autoviz_render.figures.curves import Line, contour, joined, smoothed, to_source_plane
from autoviz_render.figures.errors import UnusableMeshError
from autoviz_render.figures.given.names import plane_axes, within
from autoviz_render.figures.panels import Curve, Extent, ImagePanel, MeshPanel, Panel, TextPanel
from autoviz_render.figures.reading import check, find, floats
from autoviz_render.figures.scaling.choice import said_colours
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

CURVE: dict[str, Any] = {"colour": "#4df3ff", "outline": "black"}
"""Critical curves and caustics: a light cyan, which the inferno map does not hold, with a dark outline."""

_OF_PLANES = ("#7dff6b", "#ff8ad8", "#f4f4f4")
"""Of those of nearer source planes, the nearest first: each plane has its own."""

_PLANE = re.compile(r"plane_([1-9]\d{0,3})/")

_MOST_PLANES = 3
"""Nearer source planes that are drawn: each is a row of the figure."""


@dataclass(frozen=True, eq=False)
class Lensing:
    """The lines of a lens, and its source: of one source plane.

    Attributes:
        inverse_magnification: array[y, x], det A; None if it is not known.
        critical_curves: Lines (x, y) in arcsec in the image plane. The longest, which is the tangential one, is first.
        caustics: The same lines in the source plane.
        cut: The pseudo-caustic, (x, y) in arcsec; empty if there is none.
        source: On its mesh; None if there is none to show.
        no_source: Why a source that is there is not shown; "" if it is.
        finer: Parts of the source on finer meshes, by the number of the view that they take the place of.
        number: Of the source plane, the nearest being 1; 0 if there is but one.
        axes: What the axes of the source plane are called, as settings of a panel.
        unit: Of the source; None if the run does not say.
        is_farthest: Whether no source plane is behind it.
        snapshot: That all of it is of.
    """

    inverse_magnification: Floats | None
    critical_curves: list[Line]
    caustics: list[Line]
    cut: Line
    source: Source | None
    no_source: str
    finer: Mapping[int, Source]
    number: int
    axes: Mapping[str, str]
    unit: str | None
    is_farthest: bool
    snapshot: Snapshot

    def critical_curve(self, **style: Any) -> Curve:
        """To be laid over images, with its entry in the legend."""
        x, y = joined(self.critical_curves)
        label = f"critical curve{self.of_plane}" if x.size else ""
        return Curve(x, y, label=label, **self.colour | style)

    @property
    def colour(self) -> dict[str, Any]:
        """How its lines look: those of each source plane have a colour of their own."""
        return CURVE if self.is_farthest else CURVE | {"colour": _OF_PLANES[(self.number - 1) % len(_OF_PLANES)]}

    def named(self, words: str) -> str:
        """Words that end in "plane" or "source", with the number of the plane if there are several."""
        return f"{words} {self.number}" if self.number else words

    @property
    def of_plane(self) -> str:
        """Words behind the name of a line, if there are several planes."""
        return f" of plane {self.number}" if self.number else ""


def lensing_of(snapshot: Snapshot, frame: Frame | None) -> Lensing:
    """What the snapshot knows of the lens, with its source in the farthest plane.

    Args:
        frame: That of its images; None if it has none, and then no critical curves are known.

    Raises:
        ValueError: An array has another shape than it should.
    """
    nearer = _plane_numbers(snapshot)
    return _one_plane(snapshot, frame, nearer[-1] + 1 if nearer else 0, is_farthest=True)


def nearer_planes(snapshot: Snapshot, frame: Frame | None) -> list[tuple[Lensing, Snapshot]]:
    """The same of each nearer source plane, with a snapshot that holds its arrays alone; the nearest first.

    Raises:
        ValueError: An array has another shape than it should.
    """
    planes = []
    for number in _plane_numbers(snapshot):
        of_plane = within(snapshot, f"plane_{number}/")
        try:
            planes.append((_one_plane(of_plane, frame, number, is_farthest=False), of_plane))
        except ValueError as error:
            raise ValueError(f"plane_{number}/{error}") from error
    return planes


def _plane_numbers(snapshot: Snapshot) -> list[int]:
    found = (_PLANE.match(name) for name in (*snapshot.arrays, *snapshot.static))
    return sorted({int(match[1]) for match in found if match})[:_MOST_PLANES]


def _one_plane(snapshot: Snapshot, frame: Frame | None, number: int, *, is_farthest: bool) -> Lensing:
    inverse, critical_curves, caustics = None, [], []
    if frame is not None:
        inverse = floats(snapshot, "inverse_magnification", frame.mask.shape)
        deflections = floats(snapshot, "deflections", (*frame.mask.shape, 2))
        if inverse is not None:
            critical_curves = smoothed(contour(inverse, frame.extent, 0.0), inverse, frame.extent)
        critical_curves = sorted(critical_curves, key=_length, reverse=True)
        caustics = [] if deflections is None else to_source_plane(critical_curves, deflections, frame.extent)
    critical_curves, caustics = (
        _given(snapshot, *each) for each in (("critical_curves", critical_curves), ("caustics", caustics))
    )
    source, no_source = None, ""
    try:
        source = source_of(snapshot)
    except UnusableMeshError as error:  # the rest of the figure is as good as ever
        no_source = str(error)
    parts = {view: finer_part(snapshot, name) for view, name in ((1, "source_caustic"), (2, "source_zoom"))}
    finer = {view: part for view, part in parts.items() if part is not None}
    return Lensing(
        inverse,
        critical_curves,
        caustics,
        _vertices(snapshot, "cut"),
        source,
        no_source,
        finer,
        number,
        plane_axes(snapshot, "source", *SOURCE_PLACES, "extent"),
        snapshot.units.get("source"),
        is_farthest,
        snapshot,
    )


def _given(snapshot: Snapshot, name: str, otherwise: list[Line]) -> list[Line]:
    """The lines in an array of (x, y) with NaN rows between them; those given if there is none."""
    if find(snapshot, name) is None:
        return otherwise
    x, y = _vertices(snapshot, name)
    ends = np.flatnonzero(~np.isfinite(x + y))
    lines = zip(np.split(x, ends), np.split(y, ends), strict=True)
    return [line for line in lines if line[0].size > 1]


def _vertices(snapshot: Snapshot, name: str) -> Line:
    """The columns of an array of (x, y); empty if there is none."""
    found = floats(snapshot, name)
    found = np.empty((0, 2)) if found is None or found.size == 0 else found
    check(name, found, shape=(None, 2))
    x, y = found.T
    return x, y


def source_panels(lensing: Lensing, unit: str) -> list[Panel]:
    """Three views of the source plane, from far to near; none if there is no source.

    If the fit's numbers make no mesh, texts stand there and say why, so that the other panels stay in their places.

    Args:
        unit: Of the source, in plain text.
    """
    source = lensing.source
    if source is None and not lensing.no_source:
        return []
    name = lensing.named("Source plane")
    titles = [name, f"{name}: caustic" if lensing.caustics else f"{name}: closer", f"{name}: brightest part"]
    curves = _source_curves(lensing)
    unlabelled = [replace(curve, label="") for curve in curves]
    shared: dict[str, Any] = {"unit": unit if lensing.unit is None else lensing.unit, **lensing.axes}
    limits = _limits(lensing)
    panels: list[Panel] = [TextPanel(title, f"Not drawn: {lensing.no_source}.") for title in titles]
    if source is not None:
        if source.left_out:
            titles[0] += f": {source.left_out:,} points not finite"
        panels = [
            _source_panel(source, title, view, curves=unlabelled if number else curves, **shared, **limits[0])
            for number, (title, view) in enumerate(zip(titles, source_views(source, lensing.caustics), strict=True))
        ]
    for number, part in lensing.finer.items():
        title = titles[number] if limits[number] == limits[0] else f"{titles[number]}, own scale"
        view = square_view(part.extent)
        panels[number] = _source_panel(part, title, view, curves=unlabelled, **shared, **limits[number])
    return panels


def _source_panel(source: Source, title: str, view: Extent, **settings: Any) -> Panel:
    mesh, values = in_view(source, view)
    if mesh is None:
        return ImagePanel(title, values, extent=source.extent, view=view, **settings)
    return MeshPanel(title, mesh, values, view=view, **settings)


def _source_curves(lensing: Lensing) -> list[Curve]:
    """What lies over a source plane, with its entries in the legend."""
    curves = [
        Curve(
            *joined(lensing.caustics), label=f"caustic{lensing.of_plane}" if lensing.caustics else "", **lensing.colour
        )
    ]
    if lensing.cut[0].size:
        curves.append(Curve(*lensing.cut, style="--", label="pseudo-caustic", **lensing.colour))
    return curves


def _limits(lensing: Lensing) -> dict[int, dict[str, Any]]:
    """The colour limits of each view of a source.

    They are the same, and hold all, unless a cusp that only a finer mesh resolves is more than twice as bright as what
    the whole shows: the whole source would be dark under its limits.
    """
    parts = {0: lensing.source, **lensing.finer}
    found = {
        number: said_colours(lensing.snapshot, "source", part.values, None, model_limits(part.values))
        for number, part in parts.items()
        if part is not None
    }
    brightest = 2 * found[0]["high"] if 0 in found else np.inf
    alike = [each for each in found.values() if each["high"] <= brightest]
    limits = {"low": min(each["low"] for each in alike), "high": max(each["high"] for each in alike)} if alike else {}
    both = {**alike[0], **limits} if alike else {}
    return {number: both if found.get(number) in alike or number not in found else found[number] for number in range(3)}


def _length(line: Line) -> float:
    return float(np.hypot(np.diff(line[0]), np.diff(line[1])).sum())
