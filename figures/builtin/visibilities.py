"""A fit to visibilities in numbers: what the interferometer figure shows, worked out in time for a million of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.figures.bins import Bins, equal_bins
from autoviz_render.figures.reading import find, needed, require
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

Complexes = npt.NDArray[np.complex128]

_BINS = 40


@dataclass(frozen=True, eq=False)
class VisibilityFit:
    """Data and model, array[visibility] each; those that are not finite, or without positive noise, are left out.

    data, model: complex. noise: array[2, visibility], the standard deviation of the real and of the imaginary part.
    u, v: in wavelengths. left_out: how many are.
    """

    data: Complexes
    model: Complexes
    noise: Floats
    u: Floats
    v: Floats
    left_out: int

    @cached_property
    def distance(self) -> Floats:
        """From the centre of the uv plane, in wavelengths: array[visibility]."""
        return np.hypot(self.u, self.v)

    @cached_property
    def residuals(self) -> Floats:
        """(data - model) / noise: array[2, visibility], of the real and of the imaginary part."""
        difference = self.data - self.model
        return np.stack([difference.real, difference.imag]) / self.noise


@dataclass(frozen=True, eq=False)
class Means:
    """Visibilities in rings of the uv plane: array[ring] each, of the rings that hold any.

    distance: in wavelengths, the mean over the ring.
    amplitude: the root of the mean of |V|^2 less the mean power of the noise, as the mean of |V| would grow with the
        noise; NaN where that is under three of its standard deviations. amplitude_error: the latter, of noise alone.
    amplitude_model: the root of the mean of |model|^2. amplitude_residual: of the powers, in standard deviations.
    parts, parts_error, parts_model: array[2, ring], the mean of the real and of the imaginary part, weighted by the
        noise.
    phase, phase_error: of the data over the model, in degrees, from -180 to 180; NaN where noise hides it.
    """

    distance: Floats
    amplitude: Floats
    amplitude_error: Floats
    amplitude_model: Floats
    amplitude_residual: Floats
    parts: Floats
    parts_error: Floats
    parts_model: Floats
    phase: Floats
    phase_error: Floats


@np.errstate(all="ignore")  # what overflows is left out
def visibility_fit(snapshot: Snapshot) -> VisibilityFit:
    """The arrays of the snapshot, checked.

    Raises MissingArraysError where a required array is not there, ValueError where one has another shape than the data.
    """
    require(snapshot, "interferometer", ("data", "model_data", "noise_map", "uv_wavelengths"))
    data = _complexes(snapshot, "data", None)
    if data.ndim != 1 or data.size == 0:
        raise ValueError(f"data is complex array[visibility], not of shape {data.shape}")
    model = _complexes(snapshot, "model_data", data.shape)
    noise_map = _complexes(snapshot, "noise_map", data.shape, real_too=True)
    noise = np.stack([noise_map.real, noise_map.imag])
    uv = needed(snapshot, "uv_wavelengths", (data.size, 2))
    usable = (noise > 0).all(axis=0) & np.isfinite(noise).all(axis=0) & np.isfinite(uv).all(axis=1)
    usable &= (np.abs(data) < 1e150) & (np.abs(model) < 1e150)  # their squares are finite
    usable &= (np.abs(uv) < 1e150).all(axis=1)
    usable &= np.abs(data - model) / noise.min(axis=0) < 1e150
    return VisibilityFit(
        data=data[usable],
        model=model[usable],
        noise=noise[:, usable],
        u=uv[usable, 0],
        v=uv[usable, 1],
        left_out=int(data.size - usable.sum()),
    )


def rings(fit: VisibilityFit, count: int = _BINS) -> Bins:
    """The visibilities in rings of equal widths, out to the longest baseline."""
    distance = fit.distance
    return equal_bins(distance, 0.0, float(distance.max(initial=0.0)) or 1.0, count)


@np.errstate(all="ignore")
def ring_means(fit: VisibilityFit, bins: Bins) -> Means:
    """The visibilities by ring. bins: of their distances."""
    counts = bins.counts()
    held = counts > 0
    counts = counts[held]

    def mean(values: Floats) -> Floats:
        return bins.sums(values)[held] / counts

    variance = (fit.noise**2).mean(axis=0)  # of one part
    power, model_power = np.abs(fit.data) ** 2, np.abs(fit.model) ** 2
    signal = mean(power) - 2 * mean(variance)
    # the variance of |V|^2 is 4 S s^2 + 4 s^4, for a signal of power S and noise s in each part
    error = np.sqrt((4 * np.maximum(signal, 0) * mean(variance) + 4 * mean(variance**2)) / counts)
    amplitude = np.sqrt(np.where(signal > 3 * error, signal, np.nan))
    parts, parts_model, parts_error = (np.empty((2, counts.size)) for _ in range(3))
    for part, (data, model) in enumerate(((fit.data.real, fit.model.real), (fit.data.imag, fit.model.imag))):
        weight = 1 / fit.noise[part] ** 2
        total = bins.sums(weight)[held]
        parts[part] = bins.sums(weight * data)[held] / total
        parts_model[part] = bins.sums(weight * model)[held] / total
        parts_error[part] = 1 / np.sqrt(total)
    product = fit.data * fit.model.conj() / variance
    sum_of_products = bins.sums(product.real)[held] + 1j * bins.sums(product.imag)[held]
    phase_error = np.degrees(np.sqrt(bins.sums(model_power / variance)[held]) / np.abs(sum_of_products))
    is_seen = phase_error < 20  # of noise alone it would be, once in a hundred rings, and any phase then
    return Means(
        distance=mean(fit.distance),
        amplitude=amplitude,
        amplitude_error=error / (2 * amplitude),
        amplitude_model=np.sqrt(mean(model_power)),
        amplitude_residual=(signal - mean(model_power)) / error,
        parts=parts,
        parts_error=parts_error,
        parts_model=parts_model,
        phase=np.where(is_seen, np.degrees(np.angle(sum_of_products)), np.nan),
        phase_error=np.where(is_seen, phase_error, np.nan),
    )


def _complexes(
    snapshot: Snapshot, name: str, shape: tuple[int, ...] | None, *, real_too: bool = False
) -> npt.NDArray[Any]:
    """A complex array; of real numbers, where they are allowed, each stands for both parts."""
    found = np.asarray(find(snapshot, name))
    if shape is not None and found.shape != shape:
        raise ValueError(f"{name} has shape {found.shape}, and the data {shape}: they must be the same")
    if real_too and found.dtype.kind in "iuf":
        return found.astype(np.float64) * (1 + 1j)
    if found.dtype.kind != "c":
        raise ValueError(f"{name} is an array of complex numbers, not of {found.dtype}")
    return found.astype(np.complex128)
