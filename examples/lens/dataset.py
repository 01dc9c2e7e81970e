"""An image of a lens, and the tables that the mask and the PSF fix once and for all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from backend import Array


@dataclass(frozen=True)
class ImagingDataset:
    """A CCD image of a lens. Always NumPy; it is what stays constant during a fit.

    data: array[row, column], electrons per second; row 0 has the lowest y.
    noise_map: array[row, column], standard deviation of each pixel, independent Gaussians, electrons per second.
    psf: array[odd, odd], sums to one; the image of a point source that fills one pixel.
    mask: array[row, column] of bool, True where a pixel is *not* used.
    pixel_scale: arcsec.
    """

    data: np.ndarray
    noise_map: np.ndarray
    psf: np.ndarray
    mask: np.ndarray
    pixel_scale: float

    def __post_init__(self) -> None:
        shapes = {self.data.shape, self.noise_map.shape, self.mask.shape}
        if len(shapes) != 1:
            message = f"data, noise map and mask must have one shape, not {sorted(shapes)}"
            raise ValueError(message)
        if any(size % 2 == 0 for size in self.psf.shape):
            message = f"the PSF needs a central pixel: odd sides, not {self.psf.shape}"
            raise ValueError(message)
        if self.mask.all():
            message = "the mask hides every pixel"
            raise ValueError(message)
        below, left = (side // 2 for side in self.psf.shape)
        rows, columns = np.nonzero(~self.mask)
        height, width = self.mask.shape
        if rows.min() < below or rows.max() >= height - below or columns.min() < left or columns.max() >= width - left:
            message = "the mask must leave a border as wide as the PSF's radius: light is blurred in from there"
            raise ValueError(message)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """(x0, x1, y0, y1) in arcsec of the image's outer edges; the origin is its middle."""
        height, width = self.data.shape
        half_x, half_y = 0.5 * width * self.pixel_scale, 0.5 * height * self.pixel_scale
        return (-half_x, half_x, -half_y, half_y)

    @cached_property
    def pixel_grid(self) -> tuple[np.ndarray, np.ndarray]:
        """(x, y) of every pixel's centre, in arcsec, each array[row, column]."""
        height, width = self.data.shape
        x = (np.arange(width) - 0.5 * (width - 1)) * self.pixel_scale
        y = (np.arange(height) - 0.5 * (height - 1)) * self.pixel_scale
        return np.meshgrid(x, y)

    @cached_property
    def lit_mask(self) -> np.ndarray:
        """array[row, column] of bool, True for pixels whose light reaches the fit.

        These are the unmasked ones and the *blurring region*: masked pixels from which the PSF carries light in.
        """
        lit = np.zeros(self.mask.shape, dtype=bool)
        rows, columns = np.nonzero(~self.mask)
        for row_step, column_step in self._psf_steps:
            lit[rows - row_step, columns - column_step] = True
        return lit

    @cached_property
    def lit_grid(self) -> tuple[np.ndarray, np.ndarray]:
        """(x, y) of the lit pixels' centres, in arcsec, each array[lit pixel]."""
        x, y = self.pixel_grid
        return x[self.lit_mask], y[self.lit_mask]

    @cached_property
    def fitted_of_lit(self) -> np.ndarray:
        """The lit pixels that are unmasked: array[fitted pixel] of indices of lit pixels."""
        return np.flatnonzero(~self.mask[self.lit_mask])

    @cached_property
    def psf_neighbours(self) -> np.ndarray:
        """The lit pixel that each PSF tap reads for each unmasked pixel: array[fitted pixel, tap] of int32."""
        lit_index = np.full(self.mask.shape, -1, dtype=np.int32)
        lit_index[self.lit_mask] = np.arange(self.lit_mask.sum())
        rows, columns = np.nonzero(~self.mask)
        steps = self._psf_steps
        return lit_index[rows[:, None] - steps[:, 0], columns[:, None] - steps[:, 1]]

    @cached_property
    def fitted_data(self) -> np.ndarray:
        """The data of the unmasked pixels: array[fitted pixel]."""
        return self.data[~self.mask]

    @cached_property
    def fitted_noise(self) -> np.ndarray:
        """The noise of the unmasked pixels: array[fitted pixel]."""
        return self.noise_map[~self.mask]

    def image_from(self, fitted: Array, xp: Any) -> Array:
        """Values of the unmasked pixels laid out as an image, zero elsewhere: array[row, column]."""
        with_zero = xp.concatenate([fitted, xp.zeros(1, dtype=fitted.dtype)])
        return with_zero[self._image_index]

    @cached_property
    def _image_index(self) -> np.ndarray:
        index = np.full(self.mask.shape, self.fitted_data.size, dtype=np.int32)
        index[~self.mask] = np.arange(self.fitted_data.size)
        return index

    @cached_property
    def _psf_steps(self) -> np.ndarray:
        """array[tap, (row, column)]: how far each PSF tap moves light, in the order of psf.ravel()."""
        height, width = self.psf.shape
        rows, columns = np.mgrid[:height, :width]
        return np.stack([rows.ravel() - height // 2, columns.ravel() - width // 2], axis=-1)
