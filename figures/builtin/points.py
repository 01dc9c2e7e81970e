"""The figure of a fit to points in a plane: images of a lensed point, galaxies with a shear, isophotes of a galaxy.

It reads these arrays, from the snapshot's `arrays` or else from `static`; at least `positions` or `ellipses`. Places
are (x, y) in arcsec::

    positions              [n, 2]  where something was measured
    positions_noise_map    [n]     the standard deviation of each coordinate, in arcsec
    model_positions        [m, 2]  where the model puts them, in any order and number
    source_positions       [n, 2]  the positions once more, traced to the source plane
    source_centre          [2]     where the model puts the source there
    fluxes, fluxes_noise_map, model_fluxes                  [n]  of the positions, in one unit
    time_delays, time_delays_noise_map, model_time_delays   [n]  of the positions, in days
    shear                  [n, 2]  (γ1, γ2) measured at the positions
    shear_noise_map        [n]     the standard deviation of each component
    model_shear            [n, 2]
    shear_centre           [2]     about which the shear is tangential; the origin without it
    ellipses               [k, 5]  (x, y, semi-major axis, semi-minor axis, angle); the angle in degrees from x to y
    ellipses_points        [j, 2]  points on them, or on any other lines; NaN rows break a line
    image                  [y, x]  shown behind, row 0 at the lowest y; `data` if that is an image. With
      extent, mask         [4], [y, x]
    critical_curves        [j, 2]  NaN rows break a line

An array of places or of shears may be given in the order of PyAutoLens instead, (y, x) and (γ2, γ1), under its name
with `_yx`: `positions_yx`, `model_positions_yx`, `shear_yx` and so on.

Shear is drawn as sticks: its direction has no sign. A great many galaxies are means over cells.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autoviz_render.figures.builtin.images import Frame, frame_of, image_limits
from autoviz_render.figures.builtin.lensing import CURVE
from autoviz_render.figures.colours import GREY
from autoviz_render.figures.curves import joined, segments
from autoviz_render.figures.errors import MissingArraysError
from autoviz_render.figures.fits.residuals import chi_squared_rows, hold
from autoviz_render.figures.given.names import (
    label_of,
    plane_axes,
    quantity,
    unit_of,
    unit_of_places,
    with_unit,
)
from autoviz_render.figures.given.sky import sky_marks
from autoviz_render.figures.panels import Curve, Extent, ImagePanel, LinesPanel, Panel, ScatterPanel, Series, TextPanel
from autoviz_render.figures.plane.rings import ellipse, rings
from autoviz_render.figures.plane.shears import DATA, MODEL, has_shear, shear_panels, shear_residuals
from autoviz_render.figures.reading import best_fit, find, floats, pairs, ratio
from autoviz_render.figures.scaling.choice import said_colours
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

_MEASURED = {"fluxes": ("Fluxes", "flux", ""), "time_delays": ("Time delays", "time delay", "days")}
"""What is measured at positions beside them: the title of its panel, the label of its axis, and its unit."""

_PAIRS = "positions model_positions source_positions source_centre ellipses_points critical_curves shear model_shear"
_ALONE = "positions_noise_map shear_noise_map ellipses image"
_OF_EACH = (f"{name} {name}_noise_map model_{name}" for name in _MEASURED)
_NAMES = {
    *(f"{name}{order}" for name in f"{_PAIRS} shear_centre".split() for order in ("", "_yx")),
    *" ".join([_ALONE, *_OF_EACH]).split(),
}
"""The arrays that have a meaning here."""

_FARTHEST = 1e100
"""Arcsec: what is farther away is as good as not finite."""


def is_of_points(snapshot: Snapshot) -> bool:
    """Whether there is something to show."""
    return any(find(snapshot, name) is not None for name in ("positions", "positions_yx", "ellipses"))


def with_points(recipe: Callable[[Snapshot], list[Panel]]) -> Callable[[Snapshot], list[Panel]]:
    """A recipe for whatever is there, with the panels of points before its own if there are some.

    Arrays of those names and of other shapes stay with the recipe.
    """

    @functools.wraps(recipe)
    def with_them(snapshot: Snapshot) -> list[Panel]:
        try:
            panels = point_panels(snapshot)[0] if is_of_points(snapshot) else []
        except ValueError:
            panels = []
        if not panels:
            return recipe(snapshot)
        arrays, static = (
            {name: array for name, array in held.items() if name not in _NAMES}
            for held in (snapshot.arrays, snapshot.static)
        )
        others = recipe(replace(snapshot, arrays=arrays, static=static))
        return [*panels, *(panel for panel in others if not isinstance(panel, TextPanel))]

    return with_them


@np.errstate(all="ignore")  # what overflows or is not finite is shown as such
def points(snapshot: Snapshot) -> list[Panel]:
    """The panels for which there are arrays, and the table of the best fit.

    Raises:
        MissingArraysError: There are neither positions nor ellipses.
        ValueError: An array has another shape than it should.
    """
    if not is_of_points(snapshot):
        raise MissingArraysError(
            "the points figure needs positions, positions_yx or ellipses, which the snapshot does not hold; "
            "the figure 'auto' draws whatever is there"
        )
    panels, residuals = point_panels(snapshot)
    used = residuals[np.isfinite(residuals)]
    rows = chi_squared_rows(float(used @ used), used.size, len(snapshot.parameters)) if used.size else []
    return [*panels, *best_fit(snapshot, rows)]


@np.errstate(all="ignore")
def point_panels(snapshot: Snapshot) -> tuple[list[Panel], Floats]:
    """The panels without the table, and all residuals that are in units of the noise.

    Raises:
        ValueError: An array has another shape than it should.
    """
    positions = pairs(snapshot, "positions")
    panels: list[Panel] = []
    residuals = np.empty(0)
    if positions is not None:
        shear = has_shear(snapshot)
        panels, residuals = (_of_shear if shear else _of_positions)(snapshot, positions)
        for name, words in _MEASURED.items():
            more, of_them = _measured(snapshot, name, len(positions), *words)
            panels, residuals = [*panels, *more], np.concatenate([residuals, of_them])
    return [*panels, *_ellipses(snapshot)], residuals


def _of_shear(snapshot: Snapshot, positions: Floats) -> tuple[list[Panel], Floats]:
    return shear_panels(snapshot, positions), shear_residuals(snapshot, len(positions)).ravel()


def _of_positions(snapshot: Snapshot, positions: Floats) -> tuple[list[Panel], Floats]:
    noise = floats(snapshot, "positions_noise_map", (len(positions),))
    model, traced = pairs(snapshot, "model_positions"), pairs(snapshot, "source_positions", len(positions))
    panels = [] if model is None and traced is not None else [_positions(snapshot, positions, model, noise)]
    residuals = np.empty(0)
    if model is not None:
        offsets = _offsets(positions, model)
        panels.append(_offset_panel(offsets, noise, unit_of_places(snapshot)))
        residuals = residuals if noise is None else _over(offsets, noise).ravel()
    if traced is not None:
        panels = panels or [_positions(snapshot, positions, None, noise)]
        panels.append(_source_plane(snapshot, traced, pairs(snapshot, "source_centre")))
    return panels, residuals


def _offsets(positions: Floats, model: Floats) -> Floats:
    """array[point, 2]: to the nearest position of the model, in arcsec; NaN if there is none."""
    model = model[np.isfinite(model).all(axis=1)]
    if not len(model):
        return np.full(positions.shape, np.nan)
    between = model[None] - positions[:, None]
    nearest = np.hypot(*np.moveaxis(between, -1, 0)).argmin(axis=1)
    return np.asarray(between[np.arange(len(positions)), nearest])


def _over(pairs_of_them: Floats, noise: Floats) -> Floats:
    """array[point, 2] over array[point]."""
    return ratio(pairs_of_them, np.broadcast_to(noise[:, None], pairs_of_them.shape))


def _positions(snapshot: Snapshot, positions: Floats, model: Floats | None, noise: Floats | None) -> Panel:
    """Where the points are and where the model puts them, over the image if there is one."""
    image = _image(snapshot)
    curves = _critical_curves(snapshot, CURVE if image is not None else {"colour": GREY, "style": "--"})
    if model is not None:
        x, y = np.stack([positions, positions + _offsets(positions, model)]).transpose(2, 1, 0)
        curves.append(Curve(*segments(*x.T, *y.T), colour=GREY))
    crosses = [] if model is None else [Curve(*model.T, style="", marker="x", colour=MODEL, width=1.6, label="model")]
    if image is not None:
        frame = frame_of(snapshot, image.shape, _image_name(snapshot))
        curves.append(rings(positions, 0.03 * (frame.view[1] - frame.view[0]), label="data", **CURVE))
        limits = _image_colours(snapshot, image, frame)
        title, unit = label_of(snapshot, "positions", "Positions"), unit_of(snapshot, _image_name(snapshot))
        return ImagePanel(title, image, unit=unit, curves=[*curves, *crosses], **vars(frame), **limits)
    circles = [] if noise is None else [rings(positions, noise, label="data, ±1σ", colour=DATA)]
    values, unit = np.arange(1.0, len(positions) + 1), "number"
    if model is not None:
        offsets = np.hypot(*_offsets(positions, model).T)
        sign = unit_of_places(snapshot)
        values = offsets if noise is None else ratio(offsets, noise)
        unit = with_unit("offset", sign if noise is None else "σ")
    title = label_of(snapshot, "positions", "Positions")
    return _plane(title, positions, values, unit, [*curves, *circles, *crosses], **_axes(snapshot))


def _axes(snapshot: Snapshot, name: str = "positions") -> dict[str, str]:
    """The axes of the plane, as settings of a panel."""
    return plane_axes(snapshot, name, "positions", "positions_yx", "extent")


def _plane(title: str, places: Floats, values: Floats, unit: str, curves: list[Curve], **more: Any) -> ScatterPanel:
    """Points in a square that holds them and what lies over them, with room for the legend below."""
    everything = [places, *(np.stack([curve.x, curve.y], axis=1) for curve in curves)]
    view = _square_round(np.concatenate(everything), sum(bool(curve.label) for curve in curves))
    settings: dict[str, Any] = {"radius": 5.0, "equal": True, "tick_unit": "″", "low": 0.0} | more
    x, y = places.T
    return ScatterPanel(title, x, y, values, view=view, unit=unit, curves=curves, **settings)


def _square_round(places: Floats, entries: int) -> Extent | None:
    """A square with all places that are finite, and room below for the entries of a legend; None if there is none."""
    places = places[np.isfinite(places).all(axis=1) & (np.abs(places) < _FARTHEST).all(axis=1)]
    if not len(places):
        return None
    (x0, y0), (x1, y1) = places.min(axis=0).tolist(), places.max(axis=0).tolist()
    side = max(x1 - x0, y1 - y0) or abs(x0) + abs(y0) or 1.0
    room = 0.07 * entries * side
    half, x, y = 0.56 * side + room / 2, (x0 + x1) / 2, (y0 + y1) / 2 - room / 2
    return x - half, x + half, y - half, y + half


def _offset_panel(offsets: Floats, noise: Floats | None, sign: str) -> Panel:
    """By how much the model is off in both directions: a cloud about zero, with circles of one, two and three sigma."""
    unit = sign if noise is None else "σ"
    curves = [Curve(np.zeros(1), np.zeros(1), style="", marker="+", colour=GREY)]
    if noise is not None:
        offsets = _over(offsets, noise)
        circles = rings(np.zeros((3, 2)), np.array([1.0, 2.0, 3.0]), colour=GREY, style="--", label="1, 2, 3σ")
        curves.append(circles)
    labels = {"x_label": f"Δx ({unit})", "y_label": f"Δy ({unit})", "tick_unit": ""}
    return _plane("Model less data", offsets, np.hypot(*offsets.T), f"offset ({unit})", curves, **labels)


def _source_plane(snapshot: Snapshot, traced: Floats, centre: Floats | None) -> Panel:
    """The points traced back to the source plane: one place, if the model is right."""
    middle = np.nanmean(traced, axis=0) if centre is None else centre[0]
    curves = [] if centre is None else [Curve(*centre.T, style="", marker="x", colour=MODEL, width=1.6, label="model")]
    title = label_of(snapshot, "source_positions", "Source plane")
    offset = with_unit("offset", unit_of_places(snapshot))
    axes = _axes(snapshot, "source_positions")
    return _plane(title, traced, np.hypot(*(traced - middle).T), offset, curves, **axes)


def _measured(snapshot: Snapshot, name: str, count: int, *words: str) -> tuple[list[Panel], Floats]:
    """What was measured at each position, and the model of it, by the number of the position."""
    title, label, unit = words
    data, model, noise = (floats(snapshot, each, (count,)) for each in (name, f"model_{name}", f"{name}_noise_map"))
    if data is None:
        return [], np.empty(0)
    number = np.arange(1.0, count + 1)
    series = [Series(number, data, error=noise, style="", marker="o", label="data", colour=DATA)]
    strip: dict[str, Any] = {}
    residuals = np.empty(0)
    if model is not None:
        series.append(Series(number, model, style="", marker="x", label="model", colour=MODEL))
        residuals = data - model if noise is None else ratio(data - model, noise)
        shown = Series(number, residuals, style="", marker="o", colour=DATA)
        strip = {"residuals": [shown, *([] if noise is None else [hold(3.0, 1.0)])]}
        strip["residual_label"] = "residual" if noise is None else "residual (σ)"
    limits, title = (0.5, count + 0.5), label_of(snapshot, name, title)
    label = quantity(snapshot, name, label, unit)
    panel = LinesPanel(title, series, x_label="number of the position", y_label=label, x_limits=limits, **strip)
    return [panel], residuals if noise is not None else np.empty(0)


def _ellipses(snapshot: Snapshot) -> list[Panel]:
    """Ellipses over the image, and how their shape changes from one to the next."""
    ellipses, lines = floats(snapshot, "ellipses", (None, 5)), pairs(snapshot, "ellipses_points")
    if ellipses is None or not len(ellipses):
        return []
    x, y, major, minor, angle = ellipses.T
    image = _image(snapshot)
    look: dict[str, Any] = {"colour": MODEL} if image is None else CURVE
    curves = [Curve(*joined([ellipse(*each) for each in ellipses]), label="ellipses", **look)]
    if lines is not None:
        curves.append(Curve(*lines.T, colour=DATA, label="points on them"))
    panels: list[Panel]
    if image is None:
        centres = np.stack([x, y], axis=1)
        major_axis = with_unit("semi-major axis", unit_of_places(snapshot))
        panels = [_plane("Ellipses", centres, major, major_axis, curves, radius=2.0, **_axes(snapshot, "ellipses"))]
    else:
        frame = frame_of(snapshot, image.shape, _image_name(snapshot))
        unit = unit_of(snapshot, _image_name(snapshot))
        limits = _image_colours(snapshot, image, frame)
        panels = [ImagePanel("Ellipses", image, unit=unit, curves=curves, **vars(frame), **limits)]
    if len(ellipses) > 1:
        order, x_label = np.argsort(major), with_unit("semi-major axis", unit_of_places(snapshot))
        for title, label, values in (("Axis ratio", "axis ratio", minor / major), ("Angle", "angle (degrees)", angle)):
            line = Series(major[order], values[order], marker="o", colour=MODEL)
            panels.append(LinesPanel(title, [line], x_label=x_label, y_label=label))
    return panels


def _critical_curves(snapshot: Snapshot, style: dict[str, Any]) -> list[Curve]:
    lines = pairs(snapshot, "critical_curves")
    return [] if lines is None else [Curve(*lines.T, label="critical curve", **style)]


def _image(snapshot: Snapshot) -> Floats | None:
    """The image behind; None if there is none."""
    name = _image_name(snapshot)
    return np.asarray(find(snapshot, name), np.float64) if name else None


def _image_colours(snapshot: Snapshot, image: Floats, frame: Frame) -> dict[str, Any]:
    """The colours of the image behind, and where it lies on the sky, as settings of a panel."""
    colours = said_colours(snapshot, _image_name(snapshot), image, frame.mask, image_limits(image, frame.mask))
    return {**colours, "marks": sky_marks(snapshot, image.shape, frame.extent, frame.view)}


def _image_name(snapshot: Snapshot) -> str:
    """Of the array that is the image behind; "" if there is none."""
    for name in ("image", "data"):
        found = find(snapshot, name)
        if found is not None and found.ndim == 2 and min(found.shape) > 3 and found.dtype.kind in "biuf":
            return name
    return ""
