"""The figure of a fit to strong-lens imaging: data, model and residuals side by side, in twelve panels.

Columns hold what was measured, what the model says, what is left, and the source; the first row is the row of a paper.

    data                   model image          normalised residuals      source plane
    signal-to-noise        lens light           the same, within 1 sigma  source plane, at the caustic
    lens-subtracted data   source model image   chi squared               source plane, at its brightest part

What it reads from a snapshot, from `arrays` or else from `static`. Images are array[y, x], row 0 at the lowest y;
`extent` and `source_extent` are (x0, x1, y0, y1), outer edges, in arcsec.

    data, noise_map        [y, x]     required
    model_image            [y, x]     required; what the data should be, PSF included
    mask                   [y, x]     bool, True = masked; without it nothing is
    extent                 [4]        without it the axes count pixels
    lens_light             [y, x]     the lens galaxy's share of the model image
    source_image           [y, x]     the lensed source's share of it
    source                 [n, m]     the source on a rectangular mesh, in the unit of the data
    source_extent          [4]        of the mesh
    inverse_magnification  [y, x]     det A on the pixel centres: its zero contours are the critical curves
    deflections            [y, x, 2]  (y, x) in arcsec on the pixel centres: they take critical curves to caustics
    cut                    [k, 2]     (x, y) in arcsec, a pseudo-caustic; NaN rows break it
    psf                    any        not drawn

A fit without lens light has the magnification, the noise map and the best fit's parameters in the places of the three
panels that would be empty or twice there; what is missing besides is left out, and the others close up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.renderer.colours import colour_range, shown_values
from autoviz_render.renderer.curves import Line, contour, joined, mask_edge, to_source_plane
from autoviz_render.renderer.figures import FigureError
from autoviz_render.renderer.panels import Array, Curve, Extent, ImagePanel, Panel, TablePanel
from autoviz_render.renderer.ticks import plain_number
from autoviz_render.spool.snapshot import Snapshot

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

UNIT = "e⁻ s⁻¹"
CURVE = "#4df3ff"
"""Critical curves and caustics: a light cyan, which the inferno map does not hold, with a dark outline."""


class MissingArraysError(FigureError):
    """The snapshot lacks arrays that the imaging figure cannot do without."""


@dataclass(frozen=True, eq=False)
class ImagingFit:
    """A fit to imaging in numbers; the arrays of the module's docstring, checked, and what follows from them.

    signal_to_noise: array[y, x], data over noise, not below 0. NaN where the noise is not positive, as in the next two.
    residuals: array[y, x], (data - model) / noise. chi_squared: array[y, x], its square.
    lens_subtracted: array[y, x], data less lens light. magnification: array[y, x], |1 / det A|.
    critical_curves, caustics: lines (x, y) in arcsec, in the image and the source plane; the longest critical curve,
        which is the tangential one, and its caustic come first.
    view: the extent that holds every unmasked pixel.
    """

    data: Floats
    noise_map: Floats
    model_image: Floats
    mask: Mask
    extent: Extent
    arcsec: bool
    view: Extent
    signal_to_noise: Floats
    residuals: Floats
    chi_squared: Floats
    lens_light: Floats | None
    lens_subtracted: Floats | None
    source_image: Floats | None
    magnification: Floats | None
    source: Floats | None
    source_extent: Extent
    critical_curves: list[Line]
    caustics: list[Line]
    cut: Line


@np.errstate(all="ignore")  # what overflows or is not finite is shown as such
def imaging_fit(snapshot: Snapshot) -> ImagingFit:
    """The numbers of the figure.

    Raises MissingArraysError where a required array is not there, ValueError where one has another shape than the data.
    """
    missing = [name for name in ("data", "noise_map", "model_image") if _find(snapshot, name) is None]
    if missing:
        raise MissingArraysError(
            f"the imaging figure needs {', '.join(missing)}, which the snapshot does not hold; "
            "the figure 'auto' draws whatever is there"
        )
    data = _floats(snapshot, "data")
    assert data is not None  # noqa: S101 - looked for above; for the type checker
    if data.ndim != 2 or data.size == 0:
        raise ValueError(f"data is an image array[y, x], not of shape {data.shape}")
    shape = data.shape
    noise_map = _image(snapshot, "noise_map", shape)
    model_image = _image(snapshot, "model_image", shape)
    assert noise_map is not None and model_image is not None  # noqa: S101, PT018 - as above
    mask_values = _image(snapshot, "mask", shape)
    mask: Mask = np.zeros(shape, dtype=np.bool_) if mask_values is None else mask_values != 0
    given_extent = _extent(snapshot, "extent")
    extent = given_extent or (0.0, float(shape[1]), 0.0, float(shape[0]))
    lens_light = _image(snapshot, "lens_light", shape)
    source_image = _image(snapshot, "source_image", shape)
    if source_image is None and lens_light is not None:
        source_image = model_image - lens_light
    residuals = _ratio(data - model_image, noise_map)
    inverse = _image(snapshot, "inverse_magnification", shape)
    deflections = _floats(snapshot, "deflections")
    if deflections is not None and deflections.shape != (*shape, 2):
        raise ValueError(f"deflections has shape {deflections.shape}, and the data {shape}: it must be {(*shape, 2)}")
    critical_curves = [] if inverse is None else sorted(contour(inverse, extent, 0.0), key=_length, reverse=True)
    caustics = [] if deflections is None else to_source_plane(critical_curves, deflections, extent)
    source, source_extent = _floats(snapshot, "source"), _extent(snapshot, "source_extent")
    if source is not None and source.ndim != 2:
        raise ValueError(f"source is a mesh array[n, m], not of shape {source.shape}")
    return ImagingFit(
        data=data,
        noise_map=noise_map,
        model_image=model_image,
        mask=mask,
        extent=extent,
        arcsec=given_extent is not None,
        view=_view(mask, extent),
        signal_to_noise=np.maximum(_ratio(data, noise_map), 0.0),
        residuals=residuals,
        chi_squared=residuals**2,
        lens_light=lens_light,
        lens_subtracted=None if lens_light is None else data - lens_light,
        source_image=source_image,
        magnification=None if inverse is None else _ratio(np.ones(shape), np.abs(inverse)),
        source=None if source_extent is None or source is None or source.size == 0 else source,
        source_extent=source_extent or (0.0, 1.0, 0.0, 1.0),
        critical_curves=critical_curves,
        caustics=caustics,
        cut=_cut(snapshot),
    )


@np.errstate(all="ignore")
def imaging(snapshot: Snapshot, *, unit: str = UNIT) -> list[Panel]:
    """The twelve panels, row by row; fewer where the snapshot holds less.

    unit: of data and model, in plain text. A package whose data have another registers a function of its own that calls
    this one with it.
    """
    fit = imaging_fit(snapshot)
    edge = Curve(*mask_edge(fit.mask, fit.extent), colour="#404040", width=0.8)
    x, y = joined(fit.critical_curves)
    critical = Curve(x, y, colour=CURVE, outline="black", label="critical curve" if x.size else "")
    shared: dict[str, Any] = {
        "mask": fit.mask,
        "extent": fit.extent,
        "view": fit.view,
        "tick_unit": "″" if fit.arcsec else "",
    }

    def image(title: str, values: Floats, *, curves: Sequence[Curve] = (), **more: Any) -> ImagePanel:
        settings = {"unit": unit, **shared, **more}
        return ImagePanel(title, values, curves=(edge, *curves), **settings)

    data_limits = _limits(fit.data, fit.mask)
    data = image("Data", fit.data, **data_limits)
    model = image("Model image", fit.model_image, curves=[critical], **data_limits)
    unlabelled = replace(critical, label="")
    first: list[Panel] = [data, model]
    second: list[Panel] = [image("Signal-to-noise", fit.signal_to_noise, unit="σ", colours="viridis", low=0.0)]
    third: list[Panel] = []
    if fit.lens_light is not None and fit.lens_subtracted is not None and fit.source_image is not None:
        limits = _limits(fit.lens_subtracted, fit.mask)
        second += [image("Lens light", fit.lens_light)]
        third += [
            image("Lens-subtracted data", fit.lens_subtracted, curves=[unlabelled], **limits),
            image("Source model image", fit.source_image, curves=[unlabelled], **limits),
        ]
    else:
        second += [] if fit.magnification is None else [_magnification(fit, image, unlabelled)]
        third += [image("Noise map", fit.noise_map, colours="viridis")]
        third += _parameters(snapshot) or (
            [] if fit.source_image is None else [image("Source model image", fit.source_image, **data_limits)]
        )
    residuals: dict[str, Any] = {"unit": "σ", "colours": "RdBu_r", "scale": "symmetric"}
    first += [image("Normalised residuals", fit.residuals, **residuals)]
    second += [image("Normalised residuals, ±1σ", fit.residuals, **residuals, low=-1.0, high=1.0)]
    third += [image(_chi_squared_title(fit), fit.chi_squared, unit="σ²", colours="cividis", low=0.0)]
    planes = _source_planes(fit, unit)
    for row, plane in zip((first, second, third), planes, strict=False):  # no source: no planes, and nine panels
        row.append(plane)
    return first + second + third


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


def _source_planes(fit: ImagingFit, unit: str) -> list[Panel]:
    if fit.source is None:
        return []
    caustic = Curve(*joined(fit.caustics), colour=CURVE, outline="black")
    curves = [caustic]
    if fit.caustics:
        curves = [replace(caustic, label="caustic")]
    if fit.cut[0].size:
        curves.append(Curve(*fit.cut, colour=CURVE, style="--", outline="black", label="pseudo-caustic"))
    limits = _limits(fit.source, None)
    titles = ["Source plane", "Source plane: caustic", "Source plane: brightest part"]
    if not fit.caustics:
        titles[1] = "Source plane: closer"
    return [
        ImagePanel(
            title,
            fit.source,
            extent=fit.source_extent,
            view=view,
            tick_unit="″",
            unit=unit,
            curves=[replace(curve, label="" if number else curve.label) for curve in curves],
            **limits,
        )
        for number, (title, view) in enumerate(
            zip(titles, source_views(fit.source, fit.source_extent, fit.caustics), strict=True)
        )
    ]


def _magnification(fit: ImagingFit, image: Callable[..., ImagePanel], critical: Curve) -> Panel:
    assert fit.magnification is not None  # noqa: S101 - the caller looked; for the type checker
    return image(
        "Magnification",
        fit.magnification,
        unit="×",
        colours="viridis",
        scale="log",
        low=0.1,
        high=100.0,
        curves=[critical],
    )


def _parameters(snapshot: Snapshot) -> list[Panel]:
    rows = [(name, plain_number(value)) for name, value in snapshot.parameters.items()]
    return [TablePanel("Best fit", rows)] if rows else []


def _chi_squared_title(fit: ImagingFit) -> str:
    used = shown_values(fit.chi_squared, fit.mask)
    if used.size == 0:
        return "Chi squared"
    total = float(used.sum())
    text = f"{total:,.0f}" if total < 1e9 else f"{total:.2e}"
    return f"Chi squared: {text} in {used.size:,} pixels"


def _limits(values: Floats, mask: Mask | None) -> dict[str, Any]:
    """Colour limits for the panels that share them."""
    limits = colour_range(values, mask)
    low = (
        max(limits.low, -0.15 * limits.high) if limits.high > 0 else limits.low
    )  # noise must not take half the colours
    return {"low": low, "high": limits.high}


def _view(mask: Mask, extent: Extent) -> Extent:
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


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    usable = np.isfinite(denominator) & (denominator > 0) & np.isfinite(numerator)
    ratio = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=ratio, where=usable)
    return ratio


def _find(snapshot: Snapshot, name: str) -> Array | None:
    found = snapshot.arrays.get(name)
    return snapshot.static.get(name) if found is None else found


def _floats(snapshot: Snapshot, name: str) -> Floats | None:
    found = _find(snapshot, name)
    return None if found is None else np.asarray(found, dtype=np.float64)


def _image(snapshot: Snapshot, name: str, shape: tuple[int, ...]) -> Floats | None:
    values = _floats(snapshot, name)
    if values is not None and values.shape != shape:
        raise ValueError(f"{name} has shape {values.shape}, and the data {shape}: they must be the same")
    return values


def _extent(snapshot: Snapshot, name: str) -> Extent | None:
    values = _floats(snapshot, name)
    if values is None:
        return None
    if values.shape != (4,) or not np.isfinite(values).all() or values[1] <= values[0] or values[3] <= values[2]:
        raise ValueError(f"{name} is (x0, x1, y0, y1) with x0 < x1 and y0 < y1, not {values.tolist()}")
    return (float(values[0]), float(values[1]), float(values[2]), float(values[3]))


def _cut(snapshot: Snapshot) -> Line:
    values = _floats(snapshot, "cut")
    if values is None or values.size == 0:
        return np.empty(0), np.empty(0)
    if values.ndim != 2 or values.shape[1] != 2:
        raise ValueError(f"cut is array[k, 2] of (x, y), not of shape {values.shape}")
    return values[:, 0], values[:, 1]
