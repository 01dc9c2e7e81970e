"""The lens model as a search sees it: parameters, priors and the fit at one point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from dataset import ImagingDataset
from fit_imaging import FitImaging, FitSettings
from mass import LensParameters
from priors import Prior

from autoviz_render.search.nss.analysis import Analysis


class LensAnalysis(Analysis):
    """Fit an image with an isothermal ellipsoid, a shear, a multi-Gaussian lens and a pixelized source.

    priors: one for each of `LensParameters`, independent, by name.
    Raises ValueError where they do not match the parameters, RuntimeError where JAX computes in single precision.
    """

    parameter_names = LensParameters._fields

    def __init__(self, dataset: ImagingDataset, settings: FitSettings, priors: Mapping[str, Prior]) -> None:
        if set(priors) != set(self.parameter_names):
            message = f"priors are needed for exactly {', '.join(self.parameter_names)}; got {', '.join(priors)}"
            raise ValueError(message)
        if not jax.config.values["jax_enable_x64"]:
            message = (
                "the evidence of the inversion needs double precision: call "
                'jax.config.update("jax_enable_x64", True) before anything else of JAX'
            )
            raise RuntimeError(message)
        self.dataset = dataset
        self.settings = settings
        self.priors = tuple(priors[name] for name in self.parameter_names)

    def prior_transform(self, unit: jax.Array) -> jax.Array:
        """Physical parameters of a point of the unit cube."""
        return jnp.stack([prior.transform(unit[index]) for index, prior in enumerate(self.priors)])

    def log_prior(self, parameters: jax.Array) -> jax.Array:
        """The log prior density, in nats; -inf outside the bounds."""
        return sum((prior.log_density(parameters[index]) for index, prior in enumerate(self.priors)), jnp.zeros(()))

    def fit(self, parameters: Any, *, use_jax: bool = True) -> FitImaging:
        """The fit object at one point, on JAX or NumPy."""
        return FitImaging(self.dataset, parameters, self.settings, use_jax)

    def fit_from(self, parameters: jax.Array) -> Mapping[str, Any]:
        """The arrays of the fit at one point, with `log_likelihood`; see `FitImaging`."""
        return self.fit(parameters).arrays()

    def static(self) -> Mapping[str, np.ndarray]:
        """The arrays of the dataset, and the image's outer edges (x0, x1, y0, y1) in arcsec as `extent`."""
        return {
            "data": self.dataset.data,
            "noise_map": self.dataset.noise_map,
            "mask": self.dataset.mask,
            "psf": self.dataset.psf,
            "extent": np.array(self.dataset.extent),
        }
