"""The figure of a fit to visibilities: images where there are some, then the uv plane, in at most twelve panels.

    dirty image      dirty model                  dirty residuals           source plane
    amplitudes       real and imaginary parts     phase, data over model    residuals by uv distance
    uv coverage      chi squared in the uv plane  residuals' distribution   best fit

What it reads from a snapshot, from `arrays` or else from `static`:

    data            [n]     required; complex visibilities
    model_data      [n]     required; complex, what the data should be
    noise_map       [n]     required; complex, the standard deviations of the real and imaginary parts, or real, of both
    uv_wavelengths  [n, 2]  required; (u, v) in wavelengths
    dirty_image, dirty_model, dirty_residuals   [y, x]  row 0 at the lowest y
    mask            [y, x]  bool, True = masked, of those images
    extent          [4]     of them, (x0, x1, y0, y1), outer edges, in arcsec; without it the axes count pixels
    source, with source_extent or source_x and source_y or source_vertices or source_centres,
    inverse_magnification, deflections, cut   as in the imaging figure

Visibilities are never drawn one by one: a million of them take as long as a thousand. What is missing is left out, and
the others close up; no dirty image is made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autoviz_render.figures.bins import Bins, equal_bins, grid_sums
from autoviz_render.figures.builtin.lensing import Lensing, image_limits, lensing_of, source_panels, unmasked_view
from autoviz_render.figures.builtin.residuals import (
    GREY,
    chi_squared_rows,
    distribution_panel,
    histogram_reach,
)
from autoviz_render.figures.builtin.source_plane import SOURCE_ARRAYS
from autoviz_render.figures.builtin.visibilities import Means, VisibilityFit, ring_means, rings, visibility_fit
from autoviz_render.figures.panels import Curve, ImagePanel, LinesPanel, Panel, Series
from autoviz_render.figures.reading import best_fit, extent_of, floats, mask_of
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

_IMAGES = {"dirty_image": "Dirty image", "dirty_model": "Dirty model", "dirty_residuals": "Dirty residuals"}
_PARTS = ("#3a8fd0", "#e07b39")
"""The real and the imaginary part, points and lines alike: seen on white paper and on black."""


@np.errstate(all="ignore")  # what overflows or is not finite is shown as such
def interferometer(snapshot: Snapshot, *, unit: str = "Jy") -> list[Panel]:
    """The panels, row by row; fewer where the snapshot holds less.

    unit: of the visibilities, in plain text; dirty images are per beam. A package whose data have another registers a
    function of its own that calls this one with it.
    Raises MissingArraysError where a required array is not there, ValueError where one has a wrong shape.
    """
    fit = visibility_fit(snapshot)
    scale, wavelengths = _scaled(fit)
    bins = rings(fit)
    means = ring_means(fit, bins)
    return [
        *_images(snapshot, f"{unit} beam⁻¹"),
        *_by_distance(means, scale, wavelengths, unit),
        _residuals(fit, scale, wavelengths),
        *_uv_plane(fit, scale, wavelengths),
        distribution_panel({"Re": fit.residuals[0], "Im": fit.residuals[1]}, title="Residuals"),
        *best_fit(snapshot, _rows(snapshot, fit, scale, wavelengths)),
    ]


def _images(snapshot: Snapshot, unit: str) -> list[Panel]:
    """The dirty images, and the whole source plane."""
    found = {name: values for name in _IMAGES if (values := floats(snapshot, name)) is not None}
    shape = next((values.shape for values in found.values()), (1, 1))
    for name, values in found.items():
        if values.ndim != 2 or values.size == 0 or values.shape != shape:
            raise ValueError(f"{name} is an image array[y, x] of shape {shape}, not of shape {values.shape}")
    if not found:
        return [*source_panels(_source_alone(snapshot), "")[:1]]
    given = extent_of(snapshot, "extent")
    extent = given or (0.0, float(shape[1]), 0.0, float(shape[0]))
    lensing, mask = lensing_of(snapshot, shape, extent), mask_of(snapshot, shape)
    shared: dict[str, Any] = {"mask": mask, "extent": extent, "view": unmasked_view(mask, extent), "unit": unit}
    limits = image_limits(next(iter(found.values())), mask)
    panels: list[Panel] = []
    for name, values in found.items():
        settings: dict[str, Any] = {"colours": "RdBu_r", "scale": "symmetric"} if "residuals" in name else limits
        curves = [lensing.critical_curve()] if name == "dirty_model" else []
        tick_unit = "″" if given else ""
        panels.append(ImagePanel(_IMAGES[name], values, tick_unit=tick_unit, curves=curves, **shared, **settings))
    return [*panels, *source_panels(lensing, "")[:1]]


def _source_alone(snapshot: Snapshot) -> Lensing:
    """The source without images: critical curves need those."""
    arrays = {
        name: array
        for name, array in {**snapshot.static, **snapshot.arrays}.items()
        if name in SOURCE_ARRAYS or name == "cut"
    }
    return lensing_of(replace(snapshot, arrays=arrays, static={}), (1, 1), (0.0, 1.0, 0.0, 1.0))


def _by_distance(means: Means, scale: float, wavelengths: str, unit: str) -> list[Panel]:
    """Amplitude, both parts, and phase in rings."""
    x = means.distance / scale
    x_label = f"uv distance ({wavelengths})"

    def points(y: Floats, error: Floats | None = None, **more: Any) -> Series:
        return Series(x, y, error=error, style="", marker="o", **more)

    def strip(*residuals: Series) -> dict[str, Any]:
        hold = Series(np.zeros(2), np.array([-3.0, 3.0]), style="")  # the strip stands still when the fit is good
        return {"residuals": [*residuals, hold], "residual_label": "residual (σ)"}

    tops = np.concatenate([means.amplitude + means.amplitude_error, means.amplitude_model])
    highest = float(tops[np.isfinite(tops)].max(initial=0.0)) or 1.0
    amplitude = LinesPanel(
        "Amplitude",
        [
            points(means.amplitude, means.amplitude_error, label="data"),
            Series(x, means.amplitude_model, label="model"),
        ],
        x_label=x_label,
        y_label=f"amplitude ({unit})",
        y_limits=(-0.06 * highest, 1.06 * highest),
        **strip(points(means.amplitude_residual)),
    )
    chosen = list(zip(("Re", "Im"), _PARTS, means.parts, means.parts_error, means.parts_model, strict=True))
    parts = LinesPanel(
        "Real, imaginary part",
        [
            *(points(data, error, label=name, colour=colour) for name, colour, data, error, _ in chosen),
            *(Series(x, model, colour=colour) for _, colour, _, _, model in chosen),
        ],
        x_label=x_label,
        y_label=f"visibility ({unit})",
        **strip(*(points((data - model) / error, colour=colour) for _, colour, data, error, model in chosen)),
    )
    zero = Series(np.array([0.0, x.max(initial=1.0)]), np.zeros(2), colour=GREY)
    phase = LinesPanel(
        "Phase, data over model",
        [points(means.phase, means.phase_error), zero],
        x_label=x_label,
        y_label="phase (degrees)",
        y_limits=_phase_limits(means),
    )
    return [amplitude, parts, phase]


def _phase_limits(means: Means) -> tuple[float, float]:
    """Symmetric, and round, so that they hold still."""
    reach = (np.abs(means.phase) + means.phase_error)[np.isfinite(means.phase)].max(initial=0.0)
    half = next(each for each in (2.2, 5.5, 11.0, 22.0, 45.0, 100.0, 200.0) if reach <= each or each == 200)
    return -half, half


def _residuals(fit: VisibilityFit, scale: float, wavelengths: str) -> Panel:
    """How the residuals of each ring are distributed: a column is a histogram, and should be the unit Gaussian."""
    residuals = fit.residuals
    count = residuals.size
    reach = histogram_reach(np.abs(residuals).ravel())
    x = rings(fit, int(np.clip(count / 200, 10, 60)))
    rows = 50 if count > 20_000 else 20
    y = [equal_bins(part, -reach, reach, rows) for part in residuals]
    columns = 2 * x.counts()
    cells = columns * 2 * reach / rows
    counts = grid_sums(x, y[0]) + grid_sums(x, y[1])
    density = np.divide(counts, cells, out=np.zeros(counts.shape), where=cells > 0)
    edges, centres = x.edges / scale, x.centres / scale
    mean, spread = _moments(x, residuals)
    guide = Curve(np.array([0, edges[-1], np.nan, 0, edges[-1]]), np.array([1, 1, np.nan, -1, -1]), colour=GREY)
    curve = Curve(centres, mean + spread, colour="white", outline="black", label="mean ± scatter")
    return ImagePanel(
        "Residuals, by distance",
        density,
        mask=np.broadcast_to(columns == 0, density.shape),
        extent=(0.0, float(edges[-1]), -reach, reach),
        x_label=f"uv distance ({wavelengths})",
        y_label="(data − model) / σ",
        unit="per σ",
        colours="viridis",
        low=0.0,
        high=0.5 if reach == 5 else None,
        equal=False,
        curves=[replace(guide, style="--"), curve, replace(curve, y=mean - spread, label="")],
    )


def _moments(x: Bins, residuals: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of both parts in each ring; NaN where there are none."""
    counts = 2 * x.counts()
    mean = (x.sums(residuals[0]) + x.sums(residuals[1])) / counts
    square = x.sums((residuals**2).sum(axis=0)) / counts
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def _uv_plane(fit: VisibilityFit, scale: float, wavelengths: str) -> list[Panel]:
    """Where the visibilities are, each with its conjugate, and how well those there are fitted."""
    half = 1.03 * max(float(np.abs([fit.u, fit.v]).max(initial=0.0)), 1e-290)
    cells = int(np.clip(3 * np.sqrt(fit.u.size), 40, 120))
    u, v = (equal_bins(np.concatenate([each, -each]), -half, half, cells) for each in (fit.u, fit.v))
    counts = grid_sums(u, v)
    chi_squared = (fit.residuals**2).mean(axis=0)
    mean = grid_sums(u, v, np.concatenate([chi_squared, chi_squared])) / counts
    shared: dict[str, Any] = {
        "mask": counts == 0,
        "extent": (-half / scale, half / scale, -half / scale, half / scale),
        "x_label": f"u ({wavelengths})",
        "y_label": f"v ({wavelengths})",
    }
    known = mean[counts > 0]
    high = max(2.0, float(np.quantile(known, 0.99))) if known.size else 2.0
    return [
        ImagePanel(f"uv coverage: {fit.u.size:,}", counts, unit="per cell", colours="viridis", scale="log", **shared),
        ImagePanel("Mean χ² in the uv plane", mean, unit="σ²", colours="cividis", low=0.0, high=high, **shared),
    ]


def _rows(snapshot: Snapshot, fit: VisibilityFit, scale: float, wavelengths: str) -> Sequence[tuple[str, str]]:
    longest = float(fit.distance.max(initial=0.0)) / scale
    rows = chi_squared_rows(float((fit.residuals**2).sum()), fit.residuals.size, len(snapshot.parameters))
    rows += [("longest baseline", f"{longest:.4g} {wavelengths}")]
    return [*rows, ("left out", f"{fit.left_out:,}")] if fit.left_out else rows


def _scaled(fit: VisibilityFit) -> tuple[float, str]:
    """The unit of uv distances: how many wavelengths it is, and its sign."""
    longest = float(fit.distance.max(initial=0.0))
    for size, sign in ((1e9, "Gλ"), (1e6, "Mλ"), (1e3, "kλ")):
        if longest >= size:
            return size, sign
    return 1.0, "λ"
