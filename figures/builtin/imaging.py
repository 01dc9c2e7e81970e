"""The figure of a fit to strong-lens imaging: data, model and residuals side by side, in twelve panels and a table.

The columns hold what was measured, what the model says, what is left, and the source. The first row is the figure of a
paper::

    data                   model image          normalised residuals      source plane
    signal-to-noise        lens light           the same, within 1 sigma  source plane, at the caustic
    lens-subtracted data   source model image   chi squared               source plane, at its brightest part

A column at the right lists the best fit's parameters; magnification and noise map stand below, if there is room. Each
nearer source plane (a double Einstein ring has one) adds a row: its source's model image, and three views of it.

It reads these arrays, from the snapshot's `arrays` or else from `static`. Images are array[y, x], row 0 at the lowest
y; extents are (x0, x1, y0, y1), outer edges, in arcsec::

    data, noise_map        [y, x]     required
    model_image            [y, x]     required; what the data should be, PSF included
    mask                   [y, x]     bool, True = masked; without it nothing is
    extent                 [4]        without it the axes count pixels; x0 > x1 if x falls from column to column
    lens_light             [y, x]     the lens galaxy's share of the model image
    source_image           [y, x]     the lensed source's share of it
    source                 [n, m]     the source, in the unit of the data, on a rectangular mesh, row 0 at the lowest y:
      source_extent        [4]        of a uniform one, or
      source_x, source_y   [m + 1], [n + 1]  the edges of its cells, in arcsec, ascending; two may be the same
    source                 [k]        or on a mesh made of points:
      source_vertices      [k, 2]     (x, y) in arcsec, of the corners of Delaunay's triangles, or
      source_centres       [k, 2]     (x, y) in arcsec, of the points of Voronoi's cells
    source_caustic         [p, q]     beside any of these: the part within the caustic once more, on a finer uniform
    source_caustic_extent  [4]        mesh over this extent; it takes the place of the second source plane
    source_zoom            [p, q]     likewise its brightest part, in the place of the third
    source_zoom_extent     [4]
    inverse_magnification  [y, x]     det A on the pixel centres: its zero contours are the critical curves
    deflections            [y, x, 2]  (y, x) in arcsec on the pixel centres: they take critical curves to caustics
    cut                    [k, 2]     (x, y) in arcsec, a pseudo-caustic; NaN rows break it
    plane_1/source, plane_1/source_image, ...  the arrays of the source and of the lens once more, for the nearest
                                      source plane if there are several; plane_2/source, ... for the next. Those without
                                      such a name are of the farthest plane
    psf                    any        not drawn

A fit to several bands has them as groups, `g/data`, `g/model_image` and so on, or as a first axis of `data` and
`model_image`, from the bluest to the reddest. Each is a row then: data, model, residuals and source. Of three or more
there are pictures in colours, of the data and of the model, too.

`wcs/CD1_1` and other keywords of a FITS header give the data arrows to the north and to the east, and a scale bar.

In a fit without lens light the magnification, the noise map and the best fit's parameters take the places of the three
panels that need it, and there is no column at the right. Anything else that is missing is left out, and the others
close up. Points of the source that coincide become one, and those that are not finite are left out; if the rest make no
mesh, a text says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from autoviz_render.figures.builtin.images import RESIDUALS, Frame, facing, frame_of, image_limits, model_limits
from autoviz_render.figures.builtin.lensing import Lensing, lensing_of, nearer_planes, source_panels
from autoviz_render.figures.colours import shown_values
from autoviz_render.figures.curves import mask_edge
from autoviz_render.figures.errors import FigureError
from autoviz_render.figures.given.bands import bands_of
from autoviz_render.figures.given.names import label_of, unit_of
from autoviz_render.figures.given.sky import sky_marks
from autoviz_render.figures.panels import Curve, ImagePanel, Panel, TablePanel, TextPanel
from autoviz_render.figures.reading import (
    Shape,
    best_fit,
    counted,
    floats,
    needed,
    not_used,
    ratio,
    without_faulty,
)
from autoviz_render.figures.scaling.choice import said_colours
from autoviz_render.figures.scaling.rgb import lupton_rgb, own_stretch
from autoviz_render.spool.arrays import Floats, Mask
from autoviz_render.spool.snapshot import Snapshot

UNIT = "e⁻ s⁻¹"

_Q = 2.0
"""Of pictures: noise of a twentieth of the brightest part stays dark."""

_ROWS_OF_A_SLOT = 17
"""Of a table."""


class NearerSource(NamedTuple):
    """A source plane in front of the farthest one.

    Attributes:
        lensing: Of this plane.
        image: array[y, x], its source's share of the model; None if it is not known.
    """

    lensing: Lensing
    image: Floats | None


@dataclass(frozen=True, eq=False)
class ImagingFit(Lensing):
    """A fit to imaging in numbers: the arrays of the module's docstring, checked, and what follows from them.

    Attributes:
        frame: Where the images lie, and which pixels are masked.
        data, noise_map, model_image: array[y, x], in the unit of the data.
        signal_to_noise: array[y, x], data over noise, not below 0 unless the data are negative for the most part. NaN
            if the noise is not positive, as in the next two.
        residuals: array[y, x], (data - model) / noise.
        chi_squared: array[y, x], their square.
        lens_light: array[y, x], the lens galaxy's share of the model; None if it is not known, as all below.
        lens_subtracted: array[y, x], data less lens light.
        source_image: array[y, x], the lensed source's share of the model.
        magnification: array[y, x], `|1 / det A|`.
        nearer: The other source planes, the nearest first.
    """

    frame: Frame
    data: Floats
    noise_map: Floats
    model_image: Floats
    signal_to_noise: Floats
    residuals: Floats
    chi_squared: Floats
    lens_light: Floats | None
    lens_subtracted: Floats | None
    source_image: Floats | None
    magnification: Floats | None
    nearer: list[NearerSource]


@np.errstate(all="ignore")  # what overflows or is not finite is shown as such
def imaging_fit(snapshot: Snapshot) -> ImagingFit:
    """The numbers of the figure.

    Raises:
        MissingArraysError: A required array is not there.
        ValueError: An array has another shape than the data.
    """
    data, noise_map, model_image = needed(snapshot, "imaging", ("data", "noise_map", "model_image"), 2)
    frame = frame_of(snapshot, data.shape)
    lens_light, source_image = (floats(snapshot, name, data.shape) for name in ("lens_light", "source_image"))
    nearer = [
        NearerSource(plane, floats(of_plane, "source_image", data.shape))
        for plane, of_plane in nearer_planes(snapshot, frame)
    ]
    if source_image is None and lens_light is not None:
        source_image = model_image - lens_light - sum(each.image for each in nearer if each.image is not None)
    residuals = ratio(data - model_image, noise_map)
    lensing = lensing_of(snapshot, frame)
    inverse = lensing.inverse_magnification
    return ImagingFit(
        **vars(lensing),
        frame=frame,
        data=data,
        noise_map=noise_map,
        model_image=model_image,
        signal_to_noise=_signal_to_noise(ratio(data, noise_map), frame.mask),
        residuals=residuals,
        chi_squared=residuals**2,
        lens_light=lens_light,
        lens_subtracted=None if lens_light is None else data - lens_light,
        source_image=source_image,
        magnification=None if inverse is None else ratio(np.ones(data.shape), np.abs(inverse)),
        nearer=nearer,
    )


@np.errstate(all="ignore")
def imaging(snapshot: Snapshot, *, unit: str = UNIT) -> list[Panel] | list[list[Panel]]:
    """The twelve panels and those at their right, row by row; rows of them if there are several source planes.

    Args:
        unit: Of data and model, in plain text. A package whose data have another registers a function of its own that
            calls this one with it.

    An array that has another shape than the data, or holds no numbers, costs the panels that need it alone.

    Raises:
        MissingArraysError: A required array is not there.
        ValueError: The data are no image of real numbers.
    """
    if bands := bands_of(snapshot):
        return _bands(snapshot, bands, unit)
    return _one_band(snapshot, unit)


def _bands(snapshot: Snapshot, bands: Sequence[tuple[str, Snapshot]], unit: str) -> list[list[Panel]]:
    """A row for each band: data, model, residuals and source; and the best fit, with pictures if there are three."""
    rows: list[list[Panel]] = []
    for name, band in bands:
        try:
            panels = [
                *chain.from_iterable(each if isinstance(each, list) else [each] for each in _one_band(band, unit))
            ]
        except (ValueError, FigureError) as error:  # the other bands are as good as ever
            panels = [TextPanel("Data", f"Not drawn: {error}.")]
        plane = [each for each in panels if each.title.startswith("Source plane")][:1]
        rows.append([replace(each, title=f"{name}: {each.title}") for each in [*panels[:3], *plane]])
    tables: list[Panel] = [*best_fit(snapshot)]
    pictures = _pictures(bands) if len(bands) >= 3 else []
    if pictures:
        return [*rows, [*pictures, *tables]]
    rows[0] += tables
    return rows


def _pictures(bands: Sequence[tuple[str, Snapshot]]) -> list[Panel]:
    """Data and model in colours: the reddest band is red, the bluest blue, one between them green."""
    chosen = [bands[-1], bands[len(bands) // 2], bands[0]]
    told = ", ".join(name for name, _ in chosen)
    pictures: list[Panel] = []
    try:
        images = [[floats(band, name) for _, band in chosen] for name in ("data", "model_image")]
        red, green, blue = (np.asarray(each) for each in images[0])
        frame = frame_of(chosen[0][1], red.shape)
        stretch = own_stretch(*(np.where(frame.mask, np.nan, each) for each in (red, green, blue)), q=_Q)
        for title, three in zip(("Data", "Model"), images, strict=True):
            red, green, blue = (np.asarray(each) for each in three)
            settings: dict[str, Any] = vars(frame)
            if not pictures:
                settings = settings | {"marks": sky_marks(chosen[0][1], red.shape, frame.extent, frame.view)}
            pictures.append(lupton_rgb(red, green, blue, stretch, _Q, title=f"{title}: {told}", **settings))
    except ValueError:
        return []  # bands of several shapes make no picture
    return pictures


def _one_band(snapshot: Snapshot, unit: str) -> list[Panel] | list[list[Panel]]:
    shape = np.shape(snapshot.arrays.get("data", snapshot.static.get("data", ())))
    required: dict[str, Shape] = dict.fromkeys(("noise_map", "model_image"), shape)
    fit, faults = without_faulty(imaging_fit, snapshot, {"data": (None, None), **required})
    unit = unit_of(snapshot, "data", unit)
    edge = Curve(*mask_edge(fit.frame.mask, fit.frame.extent), colour="#404040", width=0.8)

    def image(title: str, values: Floats, *curves: Curve, **settings: Any) -> Panel:
        if set(faults) & set(required) and not np.isfinite(values).any():
            return TextPanel(title, "".join(f"Not drawn: {faults[name]}.\n" for name in required if name in faults))
        return ImagePanel(title, values, curves=(edge, *curves), **{"unit": unit, **vars(fit.frame), **settings})

    where = fit.frame.extent, fit.frame.view
    limits = image_limits(fit.data, fit.frame.mask, fit.model_image)
    limits = said_colours(snapshot, "data", fit.data, fit.frame.mask, limits)
    lenses = [fit, *(plane.lensing for plane in fit.nearer)]
    critical = [lens.critical_curve(style="--" if number else "-") for number, lens in enumerate(lenses)]
    first: list[Panel] = [
        image(label_of(snapshot, "data", "Data"), fit.data, marks=sky_marks(snapshot, shape, *where), **limits),
        image(label_of(snapshot, "model_image", "Model image"), fit.model_image, *critical, **limits),
        image("Normalised residuals", fit.residuals, unit="σ", **RESIDUALS),
    ]
    below = shown_values(fit.signal_to_noise, fit.frame.mask).min(initial=0.0) < 0
    colours: dict[str, Any] = RESIDUALS if below else {"colours": "viridis", "low": 0.0}
    signal = image("Signal-to-noise", fit.signal_to_noise, unit="σ", **colours)
    tables = best_fit(snapshot, not_used(snapshot, faults))
    second, third = _components(snapshot, tables, fit, image, limits)
    clipped = image("Normalised residuals, ±1σ", fit.residuals, unit="σ", low=-1.0, high=1.0, **RESIDUALS)
    chi_squared = image(_chi_squared_title(fit), fit.chi_squared, unit="σ²", colours="cividis", low=0.0)
    rows = [first, [signal, *second, clipped], [*third, chi_squared]]
    for row, plane in zip(rows, source_panels(fit, unit), strict=False):  # no source: no planes, and nine panels
        row.append(plane)
    rows += [_nearer_row(each, unit, image) for each in fit.nearer]
    if fit.lens_light is not None:
        _add_column(rows, tables, [*_magnification(fit, image), _noise_map(snapshot, fit, image)])
    rows = [facing(row, fit.frame) for row in rows]
    return rows if fit.nearer else list(chain(*rows))


def _add_column(rows: list[list[Panel]], tables: list[TablePanel], others: list[Panel]) -> None:
    """A column at the right: the table, as high as it needs to be, and below it what else there is room for."""
    for table in tables:
        high = min(math.ceil(len(table.rows) / _ROWS_OF_A_SLOT), len(rows))
        rows[0].append(replace(table, span=(high, 1)))
        for row, panel in zip(rows[high:], others, strict=False):
            row.append(panel)


def _magnification(fit: ImagingFit, image: Callable[..., Panel]) -> list[Panel]:
    if fit.magnification is None:
        return []
    shown: dict[str, Any] = {"unit": "×", "colours": "viridis", "scale": "log", "low": 0.1, "high": 100.0}
    return [image("Magnification", fit.magnification, replace(fit.critical_curve(), label=""), **shown)]


def _noise_map(snapshot: Snapshot, fit: ImagingFit, image: Callable[..., Panel]) -> Panel:
    said = {"unit": unit_of(snapshot, "noise_map")} if "noise_map" in snapshot.units else {}
    return image(label_of(snapshot, "noise_map", "Noise map"), fit.noise_map, colours="viridis", **said)


def _nearer_row(source: NearerSource, unit: str, image: Callable[..., Panel]) -> list[Panel]:
    """The panels of a source plane in front of the farthest one: its source's image, and three views of it."""
    lensing, title = source.lensing, f"{source.lensing.named('Source')} model image"
    curve = replace(lensing.critical_curve(style="--"), label="")
    images = [] if source.image is None else [image(title, source.image, curve, **model_limits(source.image))]
    return [*images, *source_panels(lensing, unit)]


def _components(
    snapshot: Snapshot, tables: Sequence[Panel], fit: ImagingFit, image: Callable[..., Panel], limits: dict[str, Any]
) -> tuple[list[Panel], list[Panel]]:
    """What stands between signal-to-noise and residuals, and before chi squared: the light of lens and source.

    Without lens light, what there is instead, with the tables. image: makes a panel. limits: colour limits of the data.
    """
    critical = replace(fit.critical_curve(), label="")
    title = label_of(snapshot, "source_image", f"{fit.named('Source')} model image")
    mask = fit.frame.mask
    if fit.lens_light is not None and fit.lens_subtracted is not None and fit.source_image is not None:
        lensed = image_limits(fit.lens_subtracted, mask, fit.source_image)
        lensed = said_colours(snapshot, ("source_image", "data"), fit.lens_subtracted, mask, lensed)
        data = image("Lens-subtracted data", fit.lens_subtracted, critical, **lensed)
        source = image(title, fit.source_image, critical, **lensed)
        light = label_of(snapshot, "lens_light", "Lens light")
        bright = model_limits(fit.lens_light, mask)
        bright = said_colours(snapshot, ("lens_light", "data"), fit.lens_light, mask, bright)
        return [image(light, fit.lens_light, **bright)], [data, source]
    others: list[Panel] = [_noise_map(snapshot, fit, image), *tables]
    if not tables and fit.source_image is not None:
        others += [image(title, fit.source_image, **limits)]
    return _magnification(fit, image), others


def _signal_to_noise(signal: Floats, mask: Mask) -> Floats:
    """Without what lies below zero, unless this is more than noise: data less a background, say, or an absorption."""
    shown = shown_values(signal, mask)
    lowest, highest = (np.quantile(shown, [0.01, 0.99]) if shown.size else np.zeros(2)).tolist()
    return signal if lowest < -5 and -lowest > highest / 10 else np.maximum(signal, 0.0)


def _chi_squared_title(fit: ImagingFit) -> str:
    used = shown_values(fit.chi_squared, fit.frame.mask)
    if used.size == 0:
        return "Chi squared"
    return f"Chi squared: {counted(float(used.sum()))} in {used.size:,} pixels"
