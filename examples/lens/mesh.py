"""The source's pixels: a rectangular mesh with bilinear interpolation between its centres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from backend import Array, array_module


@dataclass(frozen=True)
class RectangularMesh:
    """A rectangular grid of source pixels, on NumPy or JAX alike.

    shape: (rows, columns), at least 2 x 2; row 0 has the lowest y, and pixels are numbered row by row.
    bounds: array[4], (x0, x1, y0, y1) in arcsec of the outermost pixel *centres*.
    use_jax: which array module its methods compute with.
    """

    shape: tuple[int, int]
    bounds: Array
    use_jax: bool

    @classmethod
    def around(cls, shape: tuple[int, int], x: Array, y: Array, *, use_jax: bool) -> RectangularMesh:
        """The mesh whose outermost centres are the bounding box of the positions, in arcsec."""
        xp = array_module(use_jax)
        return cls(shape, xp.stack([xp.min(x), xp.max(x), xp.min(y), xp.max(y)]), use_jax)

    @property
    def xp(self) -> Any:
        return array_module(self.use_jax)

    @property
    def extent(self) -> Array:
        """(x0, x1, y0, y1) in arcsec of the outer edges: half a pixel outside `bounds`."""
        x0, x1, y0, y1 = self.bounds
        half_x = 0.5 * (x1 - x0) / (self.shape[1] - 1)
        half_y = 0.5 * (y1 - y0) / (self.shape[0] - 1)
        return self.xp.stack([x0 - half_x, x1 + half_x, y0 - half_y, y1 + half_y])

    def indices(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Fractional (row, column) of positions in arcsec; those outside `bounds` are moved to its edge."""
        x0, x1, y0, y1 = self.bounds
        rows, columns = self.shape
        row = self.xp.clip((y - y0) / (y1 - y0) * (rows - 1), 0.0, rows - 1.0)
        column = self.xp.clip((x - x0) / (x1 - x0) * (columns - 1), 0.0, columns - 1.0)
        return row, column

    def neighbours(self, x: Array, y: Array) -> tuple[Array, Array]:
        """The four pixels around each position and their bilinear weights, which sum to one.

        Returns (pixels: array[position, 4] of int32, weights: array[position, 4]). A position that is NaN gets
        pixel 0 and weights NaN, which the inversion turns into a log likelihood of -inf.
        """
        xp = self.xp
        rows, columns = self.shape
        row, column = self.indices(x, y)
        low_row = xp.clip(xp.floor(row), 0.0, rows - 2.0)
        low_column = xp.clip(xp.floor(column), 0.0, columns - 2.0)
        up, right = row - low_row, column - low_column
        corner = xp.nan_to_num(low_row * columns + low_column).astype(np.int32)
        pixels = corner[:, None] + np.array([0, 1, columns, columns + 1], dtype=np.int32)
        weights = xp.stack([(1.0 - up) * (1.0 - right), (1.0 - up) * right, up * (1.0 - right), up * right], axis=-1)
        return pixels, weights

    def weights(self, x: Array, y: Array) -> Array:
        """The same weights, dense: array[position, pixel], the product of two rows of hat functions."""
        xp = self.xp
        rows, columns = self.shape
        row, column = self.indices(x, y)
        hat_y = xp.maximum(0.0, 1.0 - xp.abs(row[:, None] - np.arange(rows)))
        hat_x = xp.maximum(0.0, 1.0 - xp.abs(column[:, None] - np.arange(columns)))
        return (hat_y[:, :, None] * hat_x[:, None, :]).reshape(row.shape[0], rows * columns)


def gradient_regularisation(shape: tuple[int, int]) -> np.ndarray:
    """The matrix R of the penalty s^T R s = the sum of squared differences of neighbouring source pixels.

    shape: (rows, columns). Pixels beyond the border count as zero, so that a source fades out towards the mesh's
    edge and R is positive definite without a ridge. array[pixel, pixel].
    Source: Suyu et al. (2006), MNRAS 371, 983, appendix A, gradient form.
    """
    row_part, column_part = (2.0 * np.eye(size) - np.eye(size, k=1) - np.eye(size, k=-1) for size in shape)
    return np.kron(row_part, np.eye(shape[1])) + np.kron(np.eye(shape[0]), column_part)
