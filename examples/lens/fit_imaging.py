"""The fit of one lens model to one image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from backend import Array, array_module
from blurring import blurred, blurred_mapping
from dataset import ImagingDataset
from inversion import Inversion
from light import gaussian_basis
from mass import LensParameters, cut, deflections, inverse_magnification
from mesh import RectangularMesh, gradient_regularisation

CUT_POINTS = 181


@dataclass(frozen=True)
class FitSettings:
    """What is fixed during a fit.

    mesh_shape: (rows, columns) of the source's mesh.
    regularisation: coefficient of the source's gradient regularisation, in 1 / (electrons per second)^2.
    light_sigmas: arcsec, the widths of the lens light's Gaussians.
    light_scale: electrons per second, the standard deviation of the zero-mean Gaussian prior of each Gaussian's
        amplitude. Far above any real amplitude: it only makes H invertible and the evidence proper.
    """

    mesh_shape: tuple[int, int]
    regularisation: float
    light_sigmas: tuple[float, ...]
    light_scale: float

    @cached_property
    def precision(self) -> np.ndarray:
        """H of the inversion: the lens light's amplitudes first, then the source's pixels."""
        lights = len(self.light_sigmas)
        source = self.regularisation * gradient_regularisation(self.mesh_shape)
        matrix = np.zeros((lights + len(source), lights + len(source)))
        matrix[:lights, :lights] = np.eye(lights) / self.light_scale**2
        matrix[lights:, lights:] = source
        return matrix

    @cached_property
    def log_det_precision(self) -> float:
        """ln det H."""
        return float(2.0 * np.sum(np.log(np.diagonal(np.linalg.cholesky(self.precision)))))


@dataclass(frozen=True)
class FitImaging:
    """A lens model, the source and lens light that fit best under it, and how well they do.

    parameters: array[parameter] in the order of `LensParameters`.
    use_jax: NumPy or JAX; the same numbers to rounding. It stores the flag and never the module, so that a fit,
        with whatever it has computed so far, goes through pickle.

    Quantities are computed when first asked for. Inside `jax.jit` those nobody returns cost nothing.
    """

    dataset: ImagingDataset
    parameters: Array
    settings: FitSettings
    use_jax: bool

    @property
    def xp(self) -> Any:
        return array_module(self.use_jax)

    @property
    def lens(self) -> LensParameters:
        return LensParameters(*(self.parameters[index] for index in range(len(LensParameters._fields))))

    @cached_property
    def traced_grid(self) -> tuple[Array, Array]:
        """(x, y) in the source plane of the lit pixels, in arcsec."""
        x, y = self.dataset.lit_grid
        alpha_x, alpha_y = deflections(self.lens, x, y, self.xp)
        return x - alpha_x, y - alpha_y

    @cached_property
    def mesh(self) -> RectangularMesh:
        """The source's mesh, over the bounding box of the traced unmasked pixels."""
        x, y = self.traced_grid
        fitted = self.dataset.fitted_of_lit
        return RectangularMesh.around(self.settings.mesh_shape, x[fitted], y[fitted], use_jax=self.use_jax)

    @cached_property
    def inversion(self) -> Inversion:
        """The linear model of the lens light's amplitudes, then the source's pixels."""
        x, y = self.dataset.lit_grid
        light = gaussian_basis(self.lens, x, y, self.settings.light_sigmas, self.xp)
        design = self.xp.concatenate(
            [
                blurred(self.dataset, light, use_jax=self.use_jax),
                blurred_mapping(self.dataset, self.mesh, *self.traced_grid),
            ],
            axis=1,
        )
        if self.use_jax:
            from jax.lax import optimization_barrier

            # Otherwise XLA works the blurring out again, slowly, inside every product with the design.
            design = optimization_barrier(design)
        return Inversion(
            design=design,
            data=self.dataset.fitted_data,
            noise=self.dataset.fitted_noise,
            precision=self.settings.precision,
            log_det_precision=self.settings.log_det_precision,
            use_jax=self.use_jax,
        )

    @cached_property
    def log_likelihood(self) -> Array:
        """The Bayesian evidence of the inversion, in nats; -inf where the model is impossible, never NaN."""
        return self.inversion.log_evidence

    @cached_property
    def _fitted_parts(self) -> Array:
        """The blurred lens light and source: array[fitted pixel, 2].

        One product with the whole design: of slices of it, XLA makes slow loops (measured 3 ms against 0.1 ms).
        """
        inversion = self.inversion
        is_light = np.arange(inversion.design.shape[1]) < len(self.settings.light_sigmas)
        parts = np.stack([is_light, ~is_light], axis=1).astype(float)
        return inversion.design @ (inversion.coefficients[:, None] * parts)

    @cached_property
    def lens_light(self) -> Array:
        """The lens galaxy's image, blurred: array[row, column], zero in masked pixels."""
        return self.dataset.image_from(self._fitted_parts[:, 0], self.xp)

    @cached_property
    def source_image(self) -> Array:
        """The source's image, lensed and blurred: array[row, column], zero in masked pixels."""
        return self.dataset.image_from(self._fitted_parts[:, 1], self.xp)

    @cached_property
    def model_image(self) -> Array:
        """The model of the data: array[row, column], zero in masked pixels."""
        return self.lens_light + self.source_image

    @cached_property
    def source(self) -> Array:
        """The source on its mesh: array[row, column], row 0 at the lowest y, electrons per second and image pixel."""
        return self.inversion.coefficients[len(self.settings.light_sigmas) :].reshape(self.settings.mesh_shape)

    @cached_property
    def deflections(self) -> Array:
        """Deflection angles at every pixel's centre: array[row, column, (y, x)], arcsec."""
        alpha_x, alpha_y = deflections(self.lens, *self.dataset.pixel_grid, self.xp)
        return self.xp.stack([alpha_y, alpha_x], axis=-1)

    @cached_property
    def inverse_magnification(self) -> Array:
        """det A at every pixel's centre: array[row, column]."""
        return inverse_magnification(self.lens, *self.dataset.pixel_grid, self.xp)

    @cached_property
    def cut(self) -> Array:
        """The pseudo-caustic: array[point, (x, y)], arcsec, closed."""
        return cut(self.lens, CUT_POINTS, self.xp)

    def arrays(self) -> dict[str, Array]:
        """Everything a figure needs, under the names of the imaging figure."""
        return {
            "log_likelihood": self.log_likelihood,
            "model_image": self.model_image,
            "lens_light": self.lens_light,
            "source_image": self.source_image,
            "source": self.source,
            "source_extent": self.mesh.extent,
            "inverse_magnification": self.inverse_magnification,
            "deflections": self.deflections,
            "cut": self.cut,
        }
