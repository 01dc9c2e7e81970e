"""A fit to visibilities in numbers: what the interferometer figure shows, worked out in time for a million of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from autoviz_render.figures.bins import Bins, equal_bins
from autoviz_render.figures.reading import check, find, floats, require
from autoviz_render.spool.arrays import Array, Floats
from autoviz_render.spool.snapshot import Snapshot

Complexes = npt.NDArray[np.complex128]

_BINS = 40
_LARGEST = 1e150
"""The squares of larger numbers are not finite."""


@dataclass(frozen=True, eq=False)
class VisibilityFit:
    """Data and model, array[visibility] each; those that are not finite, or without positive noise, are left out.

    Attributes:
        data, model: Complex, in the unit of the data.
        noise: array[2, visibility], the standard deviation of the real and of the imaginary part.
        u, v: In wavelengths.
        left_out: The number of visibilities that are.
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
        return _parts(self.data - self.model) / self.noise


@dataclass(frozen=True, eq=False)
class Means:
    """Visibilities in rings of the uv plane: array[ring] each, of the rings that hold any.

    Attributes:
        distance: In wavelengths, the mean over the ring.
        amplitude: The root of the mean of `|V|^2` less the mean power of the noise: the mean of `|V|` itself would grow
            with the noise. NaN if it is under three of its standard deviations.
        amplitude_error: Its standard deviation, of noise alone.
        amplitude_model: The root of the mean of `|model|^2`.
        amplitude_residual: Of the powers, in standard deviations.
        parts: array[2, ring], the mean of the real and of the imaginary part, weighted by the noise.
        parts_error: array[2, ring], its standard deviation.
        parts_model: array[2, ring], the same mean of the model.
        phase: Of the data over the model, in degrees, from -180 to 180; NaN if noise hides it.
        phase_error: Its standard deviation.
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

    Raises:
        MissingArraysError: A required array is not there.
        ValueError: An array has another shape than it should.
    """
    require(snapshot, "interferometer", ("data", "model_data", "noise_map", "uv_wavelengths"))
    data = _complexes(snapshot, "data", (None,))
    if data.size == 0:
        raise ValueError("data is empty")
    model = _complexes(snapshot, "model_data", data.shape)
    noise = _parts(_complexes(snapshot, "noise_map", data.shape, real_too=True))
    uv = np.asarray(floats(snapshot, "uv_wavelengths", (data.size, 2)))
    usable = (noise > 0).all(axis=0) & np.isfinite(noise).all(axis=0) & (np.abs(uv) < _LARGEST).all(axis=1)
    usable &= (np.abs(data) < _LARGEST) & (np.abs(model) < _LARGEST)
    usable &= np.abs(data - model) / noise.min(axis=0) < _LARGEST
    u, v = uv[usable].T
    return VisibilityFit(data[usable], model[usable], noise[:, usable], u, v, int(data.size - usable.sum()))


def rings(fit: VisibilityFit, count: int = _BINS) -> Bins:
    """The visibilities in rings of equal widths, out to the longest baseline."""
    return equal_bins(fit.distance, 0.0, float(fit.distance.max(initial=0.0)) or 1.0, count)


@np.errstate(all="ignore")
def ring_means(fit: VisibilityFit, bins: Bins) -> Means:
    """The visibilities by ring.

    Args:
        bins: Of their distances.
    """
    counts = bins.counts()
    held = counts > 0
    counts = counts[held]

    def total(values: Floats) -> Floats:
        return bins.sums(values)[..., held]

    variance = (fit.noise**2).mean(axis=0)  # of one part
    model_power = np.abs(fit.model) ** 2
    mean_variance, mean_model_power = total(variance) / counts, total(model_power) / counts
    signal = total(np.abs(fit.data) ** 2) / counts - 2 * mean_variance
    # the variance of |V|^2 is 4 S s^2 + 4 s^4, for a signal of power S and noise s in each part
    error = np.sqrt((4 * np.maximum(signal, 0) * mean_variance + 4 * total(variance**2) / counts) / counts)
    amplitude = np.sqrt(np.where(signal > 3 * error, signal, np.nan))
    weight = 1 / fit.noise**2
    weights = total(weight)
    real, imaginary = total(_parts(fit.data * fit.model.conj() / variance))
    phase_error = np.degrees(np.sqrt(total(model_power / variance)) / np.hypot(real, imaginary))
    is_seen = phase_error < 20  # of noise alone it would be, once in a hundred rings, and any phase then
    return Means(
        distance=total(fit.distance) / counts,
        amplitude=amplitude,
        amplitude_error=error / (2 * amplitude),
        amplitude_model=np.sqrt(mean_model_power),
        amplitude_residual=(signal - mean_model_power) / error,
        parts=total(weight * _parts(fit.data)) / weights,
        parts_error=1 / np.sqrt(weights),
        parts_model=total(weight * _parts(fit.model)) / weights,
        phase=np.where(is_seen, np.degrees(np.arctan2(imaginary, real)), np.nan),
        phase_error=np.where(is_seen, phase_error, np.nan),
    )


def _parts(values: Complexes) -> Floats:
    """The real and the imaginary part: array[2, ...]."""
    return np.stack([values.real, values.imag])


def _complexes(snapshot: Snapshot, name: str, shape: tuple[int | None, ...], *, real_too: bool = False) -> Complexes:
    """A complex array that is there; of real numbers, if they are allowed, each stands for both parts."""
    found: Array = np.asarray(find(snapshot, name))
    check(name, found, "iufc" if real_too else "c", shape)
    values: Complexes = found.astype(np.complex128)
    return values if found.dtype.kind == "c" else values * np.complex128(1 + 1j)
