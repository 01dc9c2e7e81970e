"""The figure of a fit to visibilities: images if there are some, then the uv plane, in at most fourteen panels.

The panels are::

    dirty image               dirty model               dirty residuals              source plane    residuals
    amplitudes                real and imaginary parts  phase, data over model       caustic         best fit
    residuals by uv distance  uv coverage               chi squared in the uv plane  brightest part  (goes on)

Each nearer source plane adds a row with three views of it.

It reads these arrays, from the snapshot's `arrays` or else from `static`::

    data            [n]     required; complex visibilities
    model_data      [n]     required; complex, what the data should be
    noise_map       [n]     required; complex, the standard deviations of the real and imaginary parts, or real, of both
    uv_wavelengths  [n, 2]  required; (u, v) in wavelengths
    dirty_image, dirty_model, dirty_residuals   [y, x]  row 0 at the lowest y
    mask            [y, x]  bool, True = masked, of those images
    extent          [4]     of them, (x0, x1, y0, y1), outer edges, in arcsec; without it the axes count pixels
    source, with source_extent or source_x and source_y or source_vertices or source_centres, source_caustic,
    source_zoom, inverse_magnification, deflections, critical_curves, caustics, cut, plane_1/source and so on
            as in the imaging figure

Visibilities are never drawn one by one: a million of them take as long as a thousand. What is missing is left out, and
the others close up. The recipe makes no dirty image.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from autoviz_render.figures.bins import equal_bins, grid_sums
from autoviz_render.figures.builtin.images import RESIDUALS, facing, frame_of, image_limits
from autoviz_render.figures.builtin.lensing import Lensing, lensing_of, nearer_planes, source_panels
from autoviz_render.figures.colours import GREY
from autoviz_render.figures.curves import segments
from autoviz_render.figures.fits.residuals import chi_squared_rows, distribution_panel, histogram_reach, hold
from autoviz_render.figures.fits.visibilities import Means, VisibilityFit, ring_means, rings, visibility_fit
from autoviz_render.figures.given.names import label_of, unit_of
from autoviz_render.figures.given.sky import sky_marks
from autoviz_render.figures.numbers import rounded
from autoviz_render.figures.panels import Curve, ImagePanel, LinesPanel, Panel, Series, TextPanel
from autoviz_render.figures.reading import best_fit, check, find, needed, not_used, without_faulty
from autoviz_render.figures.scaling.choice import said_colours
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

_IMAGES = {"dirty_image": "Dirty image", "dirty_model": "Dirty model", "dirty_residuals": "Dirty residuals"}
_PARTS = {"Re": "#3a8fd0", "Im": "#e07b39"}
"""The colours of the real and the imaginary part, points and lines alike: seen on white paper and on black."""

_UNITS = ((1e9, "Gλ"), (1e6, "Mλ"), (1e3, "kλ"))

UvUnit = tuple[float, str]
"""The unit of uv distances: how many wavelengths it is, and its sign."""


@np.errstate(all="ignore")  # what overflows or is not finite is shown as such
def interferometer(snapshot: Snapshot, *, unit: str = "Jy") -> list[Panel] | list[list[Panel]]:
    """The panels, row by row, fewer if the snapshot holds less; rows of them if there are several source planes.

    Args:
        unit: Of the visibilities, in plain text; dirty images are per beam. A package whose data have another
            registers a function of its own that calls this one with it.

    An array that has another shape than it should, or holds no numbers, costs the panels that need it alone.

    Raises:
        MissingArraysError: A required array is not there.
        ValueError: The data are no complex visibilities.
    """
    count = np.size(snapshot.arrays.get("data", snapshot.static.get("data", ())))
    required = {"model_data": (count,), "noise_map": (count,), "uv_wavelengths": (count, 2)}
    fit, faults = without_faulty(visibility_fit, snapshot, {"data": (None,), **required})
    longest = float(fit.distance.max(initial=0.0))
    uv_unit = next((each for each in _UNITS if longest >= each[0]), (1.0, "λ"))
    numbers = chi_squared_rows(float((fit.residuals**2).sum()), fit.residuals.size, len(snapshot.parameters))
    numbers += [("longest baseline", f"{rounded(longest / uv_unit[0], 4)} {uv_unit[1]}")]
    numbers += [("left out", f"{fit.left_out:,}")] if fit.left_out else []
    odd = _odd_images(snapshot)
    unit = unit_of(snapshot, "data", unit)
    make = partial(_images, unit=unit_of(snapshot, "dirty_image", f"{unit} beam⁻¹"), odd=odd)
    (images, views, nearer), others = without_faulty(make, snapshot, {})
    numbers += not_used(snapshot, faults | others)
    left = [*images, *_by_distance(ring_means(fit, rings(fit)), uv_unit, unit), _residuals(fit, uv_unit)]
    left += _uv_plane(fit, uv_unit)
    count = 3 if views or images else 2
    wide = math.ceil(len(left) / count)
    rows = [left[wide * row : wide * (row + 1)] for row in range(count)]
    for row, view in zip(rows, views, strict=False):
        row.append(view)
    rows[0].append(distribution_panel(dict(zip(_PARTS, fit.residuals, strict=True)), title="Residuals"))
    rows += nearer
    rows[1] += [replace(table, span=(len(rows) - 1, 1)) for table in best_fit(snapshot, numbers)]
    return rows if nearer else list(chain(*rows))


def _odd_images(snapshot: Snapshot) -> dict[str, str]:
    """What is wrong with the dirty images that are no images of the shape that most of them, and the mask, have."""
    found = {name: array for name in (*_IMAGES, "mask") if (array := find(snapshot, name)) is not None}
    shapes = Counter(array.shape for array in found.values() if array.ndim == 2 and array.size)
    shape = shapes.most_common(1)[0][0] if shapes else (None, None)
    odd = {}
    for name in _IMAGES:
        try:
            if name in found:
                check(name, found[name], shape=shape)
        except ValueError as error:
            odd[name] = str(error)
    return odd


def _images(
    snapshot: Snapshot, unit: str, odd: Mapping[str, str]
) -> tuple[list[Panel], list[Panel], list[list[Panel]]]:
    """The dirty images, the views of the farthest source plane, and those of each nearer one.

    Args:
        odd: What is wrong with images, by their names: it stands in their places.
    """
    titles = {name: label_of(snapshot, name, title) for name, title in _IMAGES.items()}
    instead = {name: TextPanel(titles[name], f"Not drawn: {fault}.") for name, fault in odd.items()}
    names = [name for name in _IMAGES if find(snapshot, name) is not None and name not in odd]
    if not names:
        planes = [plane for plane, _ in nearer_planes(snapshot, None)]
        return [*instead.values()], *_views(lensing_of(snapshot, None), planes)
    images = needed(snapshot, "interferometer", names, 2)
    frame = frame_of(snapshot, images[0].shape, "dirty_image")
    lensing = lensing_of(snapshot, frame)
    nearer = [plane for plane, _ in nearer_planes(snapshot, frame)]
    critical = [lensing.critical_curve(), *(plane.critical_curve(style="--") for plane in nearer)]
    models = [values for name, values in zip(names, images, strict=True) if name == "dirty_model"]
    limits = image_limits(images[0], frame.mask, *models)
    limits = said_colours(snapshot, "dirty_image", images[0], frame.mask, limits)
    panels: dict[str, Panel] = {**instead}
    for name, values in zip(names, images, strict=True):
        settings = RESIDUALS if name == "dirty_residuals" else limits
        curves = critical if name == "dirty_model" else []
        more: dict[str, Any] = {"unit": unit, "curves": curves, **vars(frame), **settings}
        if name == "dirty_image":
            more["marks"] = sky_marks(snapshot, values.shape, frame.extent, frame.view)
        panels[name] = ImagePanel(titles[name], values, **more)
    views, others = _views(lensing, nearer)
    drawn = [panels[name] for name in _IMAGES if name in panels]
    return drawn, facing(views, frame), [facing(row, frame) for row in others]


def _views(lensing: Lensing, nearer: Sequence[Lensing]) -> tuple[list[Panel], list[list[Panel]]]:
    return source_panels(lensing, ""), [source_panels(plane, "") for plane in nearer]


def _by_distance(means: Means, uv_unit: UvUnit, unit: str) -> list[Panel]:
    """Amplitude, both parts, and phase in rings."""
    x, x_label = means.distance / uv_unit[0], f"uv distance ({uv_unit[1]})"
    return [
        _amplitude(means, x, x_label, unit),
        _real_and_imaginary(means, x, x_label, unit),
        _phase(means, x, x_label),
    ]


def _amplitude(means: Means, x: Floats, x_label: str, unit: str) -> Panel:
    tops = np.concatenate([means.amplitude + means.amplitude_error, means.amplitude_model])
    highest = float(tops[np.isfinite(tops)].max(initial=0.0)) or 1.0
    data = _points(x, means.amplitude, means.amplitude_error, label="data")
    return LinesPanel(
        "Amplitude",
        [data, Series(x, means.amplitude_model, label="model")],
        x_label=x_label,
        y_label=f"amplitude ({unit})",
        y_limits=(-0.06 * highest, 1.06 * highest),
        **_strip(_points(x, means.amplitude_residual)),
    )


def _real_and_imaginary(means: Means, x: Floats, x_label: str, unit: str) -> Panel:
    data, models, residuals = [], [], []
    pulls = (means.parts - means.parts_model) / means.parts_error
    for part, (label, colour) in enumerate(_PARTS.items()):
        data.append(_points(x, means.parts[part], means.parts_error[part], label=label, colour=colour))
        models.append(Series(x, means.parts_model[part], colour=colour))
        residuals.append(_points(x, pulls[part], colour=colour))
    title, y_label = "Real, imaginary part", f"visibility ({unit})"
    return LinesPanel(title, [*data, *models], x_label=x_label, y_label=y_label, **_strip(*residuals))


def _phase(means: Means, x: Floats, x_label: str) -> Panel:
    phase = _points(x, means.phase, means.phase_error)
    zero = Series(np.array([0.0, x.max(initial=1.0)]), np.zeros(2), colour=GREY)
    title, y_label = "Phase, data over model", "phase (degrees)"
    return LinesPanel(title, [phase, zero], x_label=x_label, y_label=y_label, y_limits=_phase_limits(means))


def _points(x: Floats, y: Floats, error: Floats | None = None, **more: Any) -> Series:
    return Series(x, y, error=error, style="", marker="o", **more)


def _strip(*residuals: Series) -> dict[str, Any]:
    """The settings of a panel with residuals below."""
    return {"residuals": [*residuals, hold(3.0)], "residual_label": "residual (σ)"}


def _phase_limits(means: Means) -> tuple[float, float]:
    """Symmetric, and round, so that they hold still."""
    reach = (np.abs(means.phase) + means.phase_error)[np.isfinite(means.phase)].max(initial=0.0)
    half = next(each for each in (2.2, 5.5, 11.0, 22.0, 45.0, 100.0, 200.0) if reach <= each or each == 200)
    return -half, half


def _residuals(fit: VisibilityFit, uv_unit: UvUnit) -> Panel:
    """How the residuals of each ring are distributed: a column is a histogram, and should be the unit Gaussian."""
    residuals = fit.residuals
    count = residuals.size
    reach = histogram_reach(np.abs(residuals).ravel())
    x = rings(fit, int(np.clip(count / 200, 10, 60)))
    rows = 50 if count > 20_000 else 20
    real, imaginary = (grid_sums(x, equal_bins(part, -reach, reach, rows)) for part in residuals)
    columns = 2 * x.counts()
    density = np.where(columns > 0, (real + imaginary) / (columns * 2 * reach / rows), 0.0)
    edge, centres = float(x.edges[-1]) / uv_unit[0], x.centres / uv_unit[0]
    mean = x.sums(residuals).sum(axis=0) / columns
    spread = np.sqrt(np.maximum(x.sums((residuals**2).sum(axis=0)) / columns - mean**2, 0.0))
    guide = Curve(*segments(0.0, edge, np.array([1.0, -1.0]), np.array([1.0, -1.0])), colour=GREY, style="--")
    curve = Curve(centres, mean + spread, colour="white", outline="black", label="mean ± scatter")
    return ImagePanel(
        "Residuals, by distance",
        density,
        mask=np.broadcast_to(columns == 0, density.shape),
        extent=(0.0, edge, -reach, reach),
        x_label=f"uv distance ({uv_unit[1]})",
        y_label="(data − model) / σ",
        unit="per σ",
        colours="viridis",
        low=0.0,
        high=0.5 if reach == 5 else None,
        equal=False,
        curves=[guide, curve, replace(curve, y=mean - spread, label="")],
    )


def _uv_plane(fit: VisibilityFit, uv_unit: UvUnit) -> list[Panel]:
    """Where the visibilities are, each with its conjugate, and how well those there are fitted."""
    half = 1.03 * max(float(np.abs([fit.u, fit.v]).max(initial=0.0)), 1e-290)
    cells = int(np.clip(3 * np.sqrt(fit.u.size), 40, 120))
    u, v = (equal_bins(np.concatenate([each, -each]), -half, half, cells) for each in (fit.u, fit.v))
    counts = grid_sums(u, v)
    mean = grid_sums(u, v, np.tile((fit.residuals**2).mean(axis=0), 2)) / counts
    reach = half / uv_unit[0]
    shared: dict[str, Any] = {
        "mask": counts == 0,
        "extent": (-reach, reach, -reach, reach),
        "x_label": f"u ({uv_unit[1]})",
        "y_label": f"v ({uv_unit[1]})",
    }
    known = mean[counts > 0]
    high = max(2.0, float(np.quantile(known, 0.99))) if known.size else 2.0
    return [
        ImagePanel(f"uv coverage: {fit.u.size:,}", counts, unit="per cell", colours="viridis", scale="log", **shared),
        ImagePanel("Mean χ² in the uv plane", mean, unit="σ²", colours="cividis", low=0.0, high=high, **shared),
    ]
