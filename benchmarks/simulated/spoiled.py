"""Good fits made bad, in all the ways in which fits, files and detectors go wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autoviz_render.spool.snapshot import Snapshot
from simulated.lenses import Lens, fit_of, snapshot_of

Array = Any
Spoil = Callable[[Snapshot, np.random.Generator], Snapshot]


def changed(fit: Snapshot, **arrays: Array) -> Snapshot:
    """A fit with some arrays replaced, wherever they were."""
    fixed = {name: each for name, each in arrays.items() if name in fit.static}
    rest = {name: each for name, each in arrays.items() if name not in fit.static}
    return replace(fit, arrays={**fit.arrays, **rest}, static={**fit.static, **fixed})


def model_of(fit: Snapshot) -> str:
    return next(name for name in ("model_image", "model", "model_data", "model_heat") if name in fit.arrays)


def zero_source(fit: Snapshot, _: np.random.Generator) -> Snapshot:
    return changed(fit, source=np.zeros_like(fit.arrays["source"]))


def no_source(fit: Snapshot, _: np.random.Generator) -> Snapshot:
    """Of the model, too."""
    image = np.zeros_like(fit.arrays["source_image"])
    rest = fit.arrays["model_image"] - fit.arrays["source_image"]
    return changed(fit, source=np.zeros_like(fit.arrays["source"]), source_image=image, model_image=rest)


def constant_source(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    return changed(fit, source=np.full_like(fit.arrays["source"], rng.uniform(0.1, 3)))


def nan_source(fit: Snapshot, _: np.random.Generator) -> Snapshot:
    return changed(fit, source=np.full_like(fit.arrays["source"], np.nan))


def saturated_source(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    source = fit.arrays["source"]
    return changed(fit, source=np.minimum(source, rng.uniform(0.2, 0.6) * source.max()))


def nan_block(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    name = model_of(fit)
    model = fit.arrays[name].copy()
    mask = fit.static.get("mask", np.zeros(model.shape, dtype=bool))
    seen = np.argwhere(~mask) if mask.shape == model.shape else np.argwhere(np.ones(model.shape, dtype=bool))
    place = seen[rng.integers(len(seen))]
    side = max(3, int(0.08 * model.shape[0]))
    model[tuple(slice(max(at - side // 2, 0), at + side) for at in place)] = np.nan
    return changed(fit, **{name: model})


def infinite_model(fit: Snapshot, _: np.random.Generator) -> Snapshot:
    name = model_of(fit)
    return changed(fit, **{name: np.full_like(fit.arrays[name], np.inf)})


def zero_model(fit: Snapshot, _: np.random.Generator) -> Snapshot:
    name = model_of(fit)
    return changed(fit, **{name: np.zeros_like(fit.arrays[name])})


def constant_model(fit: Snapshot, _: np.random.Generator) -> Snapshot:
    name = model_of(fit)
    return changed(fit, **{name: np.full_like(fit.arrays[name], fit.arrays[name].mean())})


def saturated_data(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    data = fit.static["data"]
    return changed(fit, data=np.minimum(data, np.quantile(data, rng.uniform(0.9, 0.97))))


def shifted(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    name = model_of(fit)
    step = int(rng.integers(1, 3)) * (1 if rng.random() < 0.5 else -1)
    axis = int(rng.integers(fit.arrays[name].ndim))
    if fit.arrays[name].ndim == 1:
        step *= max(1, fit.arrays[name].size // 40)
    return changed(fit, **{name: np.roll(fit.arrays[name], step, axis)})


def rotated(fit: Snapshot, _: np.random.Generator) -> Snapshot:
    """An image read with its rows upside down."""
    name = model_of(fit)
    return changed(fit, **{name: fit.arrays[name][::-1]})


def fainter(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    """A model in another unit, or with a wrong flux."""
    name = model_of(fit)
    return changed(fit, **{name: fit.arrays[name] * rng.choice([0.5, 0.75, 1.5, 1000.0])})


def noise_too_small(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    return changed(fit, noise_map=fit.static["noise_map"] / rng.uniform(1.5, 3))


def noise_too_large(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    return changed(fit, noise_map=fit.static["noise_map"] * rng.uniform(1.5, 3))


def over_fitted(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    name, data = model_of(fit), fit.static["data"]
    return changed(fit, **{name: data + rng.uniform(0, 0.4) * (fit.arrays[name] - data)})


def bad_row(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    data, noise = fit.static["data"].copy(), fit.static["noise_map"]
    row = int(rng.integers(data.shape[0] // 3, 2 * data.shape[0] // 3))
    data[row] += rng.uniform(3, 20) * noise[row]
    return changed(fit, data=data)


def bad_stretch(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    data, noise = fit.static["data"].copy(), fit.static["noise_map"]
    length = max(data.size // 10, 8)
    begin = int(rng.integers(0, data.size * 8 // 10 - length))
    data[begin : begin + length] += rng.uniform(3, 10) * noise[begin : begin + length]
    return changed(fit, data=data)


def no_line(fit: Snapshot, _: np.random.Generator) -> Snapshot:
    return changed(fit, model=fit.arrays["model_continuum"])


def off_positions(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    places = fit.arrays["model_positions"].copy()
    noise = fit.static["positions_noise_map"][0]
    places[rng.integers(4)] += noise * rng.uniform(12, 30) * np.array([1.0, -1.0]) / np.sqrt(2)
    return changed(fit, model_positions=places)


def off_fluxes(fit: Snapshot, rng: np.random.Generator) -> Snapshot:
    return changed(fit, model_fluxes=fit.arrays["model_fluxes"] + rng.uniform(6, 12) * fit.static["fluxes_noise_map"])


ANY: dict[str, Spoil] = {
    "zero model": zero_model,
    "infinite model": infinite_model,
    "NaN block": nan_block,
    "wrong flux": fainter,
    "noise too small": noise_too_small,
    "noise too large": noise_too_large,
    "over-fitted": over_fitted,
}
IMAGE: dict[str, Spoil] = ANY | {
    "zero source": zero_source,
    "no source": no_source,
    "constant source": constant_source,
    "NaN source": nan_source,
    "saturated source": saturated_source,
    "constant model": constant_model,
    "saturated data": saturated_data,
    "shifted": shifted,
    "upside down": rotated,
    "bad row": bad_row,
}
LINE: dict[str, Spoil] = ANY | {
    "constant model": constant_model,
    "shifted": shifted,
    "no line": no_line,
    "bad stretch": bad_stretch,
}
VISIBILITIES: dict[str, Spoil] = ANY | {
    "zero source": zero_source,
    "constant source": constant_source,
    "NaN source": nan_source,
}
POINTS: dict[str, Spoil] = {"off positions": off_positions, "off fluxes": off_fluxes}


def lens_spoils(lens: Lens, rng: np.random.Generator) -> dict[str, Callable[[], Snapshot]]:
    """Fits that are wrong because their model is: made again rather than changed."""
    data, noise = lens.observed(rng)
    p = lens.truth.copy()

    def moved(index: int, by: float) -> Snapshot:
        other = p.copy()
        other[index] += by
        return snapshot_of(lens, other, data, noise)

    def without_light() -> Snapshot:
        _, image = lens.parts(p)
        return snapshot_of(lens, p, data, noise, parts=lambda: (np.zeros_like(image), image))

    def one_clump() -> Snapshot:
        return snapshot_of(replace(lens, clumps=lens.clumps[:1]), p, data, noise)

    spoils = {
        "wrong PSF": lambda: snapshot_of(lens, p, data, noise, parts=lambda: lens.parts(p, lens.fwhm * 1.8)),
        "no PSF": lambda: snapshot_of(lens, p, data, noise, parts=lambda: lens.parts(p, 0.0)),
        "wrong radius": lambda: moved(0, rng.choice([-1, 1]) * 0.08),
        "wrong shear": lambda: moved(1, 0.08),
        "source moved": lambda: moved(5, 0.15),
        "source too large": lambda: moved(7, p[7]),
    }
    if lens.with_light:
        spoils["no lens light"] = without_light
    if len(lens.clumps) > 1:
        spoils["one clump missing"] = one_clump
    return spoils


__all__ = ["ANY", "IMAGE", "LINE", "POINTS", "VISIBILITIES", "fit_of", "lens_spoils"]
