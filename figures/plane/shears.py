"""Shear in a plane: sticks, what the model leaves of it, and its profile about a centre.

The arrays are those that `autoviz_render.figures.builtin.points` names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autoviz_render.figures.bins import equal_bins, grid_sums
from autoviz_render.figures.colours import GREY
from autoviz_render.figures.curves import Line, segments
from autoviz_render.figures.fits.residuals import distribution_panel
from autoviz_render.figures.given.names import plane_axes, unit_of_places, with_unit
from autoviz_render.figures.numbers import plain_number, round_up
from autoviz_render.figures.panels import Curve, Extent, LinesPanel, Panel, ScatterPanel, Series
from autoviz_render.figures.reading import find, floats, pairs, ratio
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

DATA, MODEL = "#3a8fd0", "#e07b39"
"""The colours of what was measured and of the model: seen on white paper and on black."""

_MOST_STICKS = 600
_CELLS = 24
"""Across a field of more galaxies than that, whose means stand in its cells."""


def has_shear(snapshot: Snapshot) -> bool:
    """Whether shears were measured at the positions."""
    return any(find(snapshot, name) is not None for name in ("shear", "shear_yx"))


def shear_residuals(snapshot: Snapshot, count: int) -> Floats:
    """array[galaxy, 2], data less model over the noise; empty if one of them is not known."""
    data, model = (pairs(snapshot, name, count) for name in ("shear", "model_shear"))
    noise = floats(snapshot, "shear_noise_map", (count,))
    if data is None or model is None or noise is None:
        return np.empty((0, 2))
    return ratio(data - model, np.broadcast_to(noise[:, None], data.shape))


def shear_panels(snapshot: Snapshot, positions: Floats) -> list[Panel]:
    """Sticks of data and model, of what is left, the profile, and the distribution of the residuals.

    Args:
        positions: array[galaxy, 2] of (x, y), in arcsec.

    Raises:
        ValueError: An array has another shape than it should.
    """
    count = len(positions)
    data, model = pairs(snapshot, "shear", count), pairs(snapshot, "model_shear", count)
    noise = floats(snapshot, "shear_noise_map", (count,))
    if data is None:
        return []
    residuals = shear_residuals(snapshot, count)
    known = {"data": data} if model is None else {"data": data, "model": model, "data less model": data - model}
    panels: list[Panel] = _sticks(snapshot, positions, known)
    panels.append(_profile(snapshot, positions, data, model, noise))
    if len(residuals):
        panels.append(distribution_panel(dict(zip(("γ₁", "γ₂"), residuals.T, strict=True)), title="Residuals"))
    return panels


def _sticks(snapshot: Snapshot, positions: Floats, shears: dict[str, Floats]) -> list[Panel]:
    """A stick for each galaxy, as long as its shear is large: data and model, and in a second panel what is left.

    Both panels have one scale.
    """
    places, known, are_means = _thinned(positions, shears)
    sizes = {label: np.hypot(*shear.T) for label, shear in known.items()}
    largest = float(np.quantile(sizes["data"], 0.95)) if len(places) else 0.0
    view = _view(places)
    side = 0.9 * (view[1] - view[0])
    scale = 1.2 * side / np.sqrt(max(len(places), 1)) / largest if largest > 0 else 0.0
    words = {"data less model": ""}
    if scale > 0:
        key, sign = round_up(largest), unit_of_places(snapshot)
        words["data"] = f"data: γ = {plain_number(key)} is {plain_number(float(f'{scale * key:.2g}'))}{sign} long"
    curves = {
        label: Curve(
            *_as_sticks(places, scale, shear), colour=MODEL if label == "model" else DATA, label=words.get(label, label)
        )
        for label, shear in known.items()
    }
    settings: dict[str, Any] = {"equal": True, "view": view, "radius": 1.5, "unit": "|γ|"}
    settings |= plane_axes(snapshot, "shear", "positions", "positions_yx")
    settings |= {"low": 0.0, "high": float(sizes["data"].max(initial=0.0)) or None}
    means = f", means of {len(positions):,}" if are_means else ""
    both = [curves[label] for label in ("data", "model") if label in curves]
    x, y = places.T
    panels: list[Panel] = [ScatterPanel(f"Shear{means}", x, y, sizes["data"], curves=both, **settings)]
    if "model" in known:
        left = "data less model"
        panels.append(ScatterPanel(f"Data less model{means}", x, y, sizes[left], curves=[curves[left]], **settings))
    return panels


def _as_sticks(places: Floats, scale: float, shear: Floats) -> Line:
    """Lines along the shear, with their middles at the places."""
    half, angle = scale * np.hypot(*shear.T) / 2, np.arctan2(shear[:, 1], shear[:, 0]) / 2
    x, y = half * np.cos(angle), half * np.sin(angle)
    return segments(places[:, 0] - x, places[:, 0] + x, places[:, 1] - y, places[:, 1] + y)


def _thinned(positions: Floats, shears: dict[str, Floats]) -> tuple[Floats, dict[str, Floats], bool]:
    """The galaxies, or if they are many their means in the cells of a grid; and whether these are means."""
    usable = np.isfinite(positions).all(axis=1) & (np.abs(positions) < 1e100).all(axis=1)
    for shear in shears.values():
        usable &= np.isfinite(shear).all(axis=1)
    positions, shears = positions[usable], {label: shear[usable] for label, shear in shears.items()}
    if len(positions) <= _MOST_STICKS:
        return positions, shears, False
    x, y = (equal_bins(each, float(each.min()), float(each.max()), _CELLS) for each in positions.T)
    counts = grid_sums(x, y)
    full = counts > 0

    def means(values: Floats) -> Floats:
        return np.stack([(grid_sums(x, y, each) / counts)[full] for each in values.T], axis=1)

    return means(positions), {label: means(shear) for label, shear in shears.items()}, True


def _view(places: Floats) -> Extent:
    """A square that holds all places and their sticks, with room for a legend below."""
    if not len(places):
        return -1.0, 1.0, -1.0, 1.0
    (x0, y0), (x1, y1) = places.min(axis=0).tolist(), places.max(axis=0).tolist()
    side = max(x1 - x0, y1 - y0) or 1.0
    half, x, y = 0.62 * side, (x0 + x1) / 2, (y0 + y1) / 2 - 0.07 * side
    return x - half, x + half, y - half, y + half


def _profile(snapshot: Snapshot, positions: Floats, data: Floats, model: Floats | None, noise: Floats | None) -> Panel:
    """The tangential shear about a centre, in rings; what is across it should be zero, or something is wrong."""
    centre = pairs(snapshot, "shear_centre")
    x, y = (0.0, 0.0) if centre is None else centre[0].tolist()
    away = positions - np.array([x, y])
    distance = np.hypot(*away.T)
    weight = np.ones(len(positions)) if noise is None else ratio(np.ones(len(positions)), noise) ** 2
    used = np.isfinite(distance + weight + data.sum(axis=1))
    used &= True if model is None else np.isfinite(model).all(axis=1)
    distance, weight, twice = distance[used], weight[used], 2j * np.arctan2(away[used, 1], away[used, 0])
    edges = (
        np.quantile(distance, np.linspace(0, 1, int(np.clip(used.sum() / 15, 1, 16)) + 1))
        if used.any()
        else np.zeros(2)
    )
    ring = np.clip(np.searchsorted(edges, distance, "right") - 1, 0, edges.size - 2)
    total = np.bincount(ring, weight, edges.size - 1)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(ring, weight * values, edges.size - 1) / total)

    def turned(shear: Floats) -> tuple[Floats, Floats]:
        rotated = -(shear[used, 0] + 1j * shear[used, 1]) * np.exp(-twice)
        return mean(rotated.real), mean(rotated.imag)

    radius, (tangential, across) = mean(distance), turned(data)
    error = None if noise is None else total**-0.5
    series = [
        Series(radius, tangential, error=error, style="", marker="o", label="data", colour=DATA),
        Series(radius, across, error=error, style="", marker=".", label="across", colour=GREY),
    ]
    if model is not None:
        series.append(Series(radius, turned(model)[0], label="model", colour=MODEL))
    title = f"Tangential shear about ({plain_number(x)}, {plain_number(y)})"
    return LinesPanel(title, series, x_label=with_unit("distance", unit_of_places(snapshot)), y_label="shear")
