"""Chi squared of a snapshot's fit, from its arrays: an image, points along an axis, or visibilities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autoviz_render.figures.reading import find
from autoviz_render.spool.arrays import Array, Floats
from autoviz_render.spool.snapshot import Snapshot

_MODELS = ("model_image", "model_data", "model")
"""What the data should be: of the figures `imaging`, `interferometer` and `line`."""


class ChiSquared(NamedTuple):
    """How well a model fits.

    Attributes:
        total: The sum of the squared residuals over their standard deviations.
        points: Of how many numbers: neither masked nor without a positive noise. A visibility is two.
    """

    total: float
    points: int

    @property
    def per_point(self) -> float:
        """Near 1 if the model is right and the noise is as it is said; NaN without points."""
        return self.total / self.points if self.points else float("nan")


@np.errstate(all="ignore")
def chi_squared(snapshot: Snapshot) -> ChiSquared | None:
    """Chi squared of `data` and a model, over `noise_map`, outside `mask`; None if the snapshot does not have them.

    A noise of two parts, array[2, point], reaches down and up: that towards the model counts, as in `line`. A complex
    noise has the standard deviations of the real and imaginary parts; a real one is that of both.
    """
    data, noise = find(snapshot, "data"), find(snapshot, "noise_map")
    model = next((found for name in _MODELS if (found := find(snapshot, name)) is not None), None)
    if data is None or noise is None or model is None or not _are_numbers(data, noise, model):
        return None
    if model.shape != data.shape or noise.shape not in (data.shape, (2, *data.shape)):
        return None
    residuals, noise = _residuals(data, model, noise)
    used = np.isfinite(residuals) & np.isfinite(noise) & (noise > 0)
    mask = find(snapshot, "mask")
    if mask is not None and mask.shape == data.shape:
        used &= ~np.asarray(mask, dtype=np.bool_)
    scaled = np.divide(residuals, noise, out=np.zeros(residuals.shape), where=used)
    return ChiSquared(float((scaled**2).sum()), int(used.sum()))


def _are_numbers(*arrays: Array) -> bool:
    return all(array.dtype.kind in "iufc" and array.size for array in arrays)


def _residuals(data: Array, model: Array, noise: Array) -> tuple[Floats, Floats]:
    """What is left, and its standard deviation; of complex numbers array[part, ...], the real and imaginary ones."""
    left = data - model
    if left.dtype.kind == "c":
        noise = noise if noise.dtype.kind == "c" else noise * (1 + 1j)
        return np.stack([left.real, left.imag]).astype(np.float64), np.stack([noise.real, noise.imag])
    left = np.asarray(left, dtype=np.float64)
    if noise.shape != left.shape:
        down, up = noise
        noise = np.where(left > 0, down, up)
    return left, np.asarray(noise.real, dtype=np.float64)
