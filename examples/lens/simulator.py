"""Simulated lenses with known answers, in three sizes.

The lens's light is a Sersic profile and the source a few Gaussian clumps, neither of which the fitted model can
represent exactly: a fit has to cope, as with a real galaxy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from analysis import LensAnalysis
from backend import Array
from dataset import ImagingDataset
from fit_imaging import FitSettings
from mass import LensParameters, deflections, elliptical_frame
from priors import Gaussian, Prior, Uniform

OVERSAMPLING = 8  # simulated points along each side of a pixel


@dataclass(frozen=True)
class Clump:
    """A round Gaussian in the source plane.

    x, y, sigma: arcsec. peak: electrons per second and square arcsec.
    """

    x: float
    y: float
    sigma: float
    peak: float


@dataclass(frozen=True)
class Sersic:
    """The lens's light, on the ellipses of its mass.

    intensity: at the effective radius, electrons per second and square arcsec. effective_radius: arcsec.
    """

    intensity: float
    effective_radius: float
    index: float


@dataclass(frozen=True)
class Simulation:
    """A lens as it is, the telescope that sees it, and how it is to be fitted.

    pixels: along each side of the square image. pixel_scale, mask_radius, psf_fwhm: arcsec.
    psf_radius: pixels; the kernel is (2 psf_radius + 1) squared.
    exposure: seconds. sky: electrons per second and square arcsec, subtracted from the data.
    """

    lens: LensParameters
    light: Sersic
    clumps: tuple[Clump, ...]
    pixels: int
    pixel_scale: float
    mask_radius: float
    psf_fwhm: float
    psf_radius: int
    exposure: float
    sky: float
    settings: FitSettings
    priors: Mapping[str, Prior]

    def dataset(self, seed: int = 1) -> ImagingDataset:
        """The image that this lens gives; the noise depends on the seed only (and on NumPy's generator)."""
        expected = self.expected_image()
        sky = self.sky * self.pixel_scale**2
        counts = np.random.default_rng(seed).poisson((expected + sky) * self.exposure)
        x, y = _grid(self.pixels, self.pixel_scale)
        return ImagingDataset(
            data=counts / self.exposure - sky,
            # of the expected counts: estimated from the counts themselves, faint pixels would weigh more when low
            noise_map=np.sqrt((expected + sky) / self.exposure),
            psf=self.psf(),
            mask=np.hypot(x, y) > self.mask_radius,
            pixel_scale=self.pixel_scale,
        )

    def analysis(self, seed: int = 1) -> LensAnalysis:
        """The simulated data, ready to be fitted."""
        return LensAnalysis(self.dataset(seed), self.settings, self.priors)

    def expected_image(self) -> np.ndarray:
        """The noiseless, sky-subtracted image: array[row, column], electrons per second and pixel."""
        # A border as wide as the PSF, so that light is blurred in from outside the image too.
        padded = self.pixels + 2 * self.psf_radius
        x, y = _grid(padded * OVERSAMPLING, self.pixel_scale / OVERSAMPLING)
        alpha_x, alpha_y = deflections(self.lens, x, y, np)
        brightness = self.light_brightness(x, y) + self.source_brightness(x - alpha_x, y - alpha_y)
        pixels = brightness.reshape(padded, OVERSAMPLING, padded, OVERSAMPLING).mean(axis=(1, 3))
        pixels *= self.pixel_scale**2
        image = np.zeros((self.pixels, self.pixels))
        psf = self.psf()
        for (row, column), tap in np.ndenumerate(psf):
            top, left = 2 * self.psf_radius - row, 2 * self.psf_radius - column
            image += tap * pixels[top : top + self.pixels, left : left + self.pixels]
        return image

    def light_brightness(self, x: Array, y: Array) -> np.ndarray:
        """The lens's surface brightness, electrons per second and square arcsec.

        Source: Sersic (1968); the constant by Ciotti and Bertin (1999), A&A 352, 447.
        """
        light = self.light
        frame = elliptical_frame(self.lens, x, y, np)
        radius = np.sqrt(frame.q * frame.u**2 + frame.v**2 / frame.q) / light.effective_radius
        constant = 2.0 * light.index - 1.0 / 3.0 + 4.0 / (405.0 * light.index)
        return np.asarray(light.intensity * np.exp(-constant * (radius ** (1.0 / light.index) - 1.0)))

    def source_brightness(self, x: Array, y: Array) -> np.ndarray:
        """The source's surface brightness at source-plane positions, electrons per second and square arcsec."""
        return np.sum(
            [
                clump.peak * np.exp(-0.5 * ((x - clump.x) ** 2 + (y - clump.y) ** 2) / clump.sigma**2)
                for clump in self.clumps
            ],
            axis=0,
        )

    def psf(self) -> np.ndarray:
        """A Gaussian core in a fainter, wider halo, normalised on its kernel."""
        steps = np.arange(-self.psf_radius, self.psf_radius + 1) * self.pixel_scale
        square_radius = steps[:, None] ** 2 + steps[None, :] ** 2
        sigma = self.psf_fwhm / 2.3548
        kernel = np.exp(-0.5 * square_radius / sigma**2) + 0.05 * np.exp(-0.5 * square_radius / (2.5 * sigma) ** 2)
        return np.asarray(kernel / kernel.sum())


def _grid(pixels: int, pixel_scale: float) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) of the centres of a square grid around the origin, in arcsec."""
    axis = (np.arange(pixels) - 0.5 * (pixels - 1)) * pixel_scale
    x, y = np.meshgrid(axis, axis)
    return x, y


def _informed_priors(lens_radius: tuple[float, float]) -> dict[str, Prior]:
    """What a modeller knows before a fit: the lens is where its light is, and the ring has about this radius."""
    return {
        "centre_x": Gaussian(0.0, 0.05),
        "centre_y": Gaussian(0.0, 0.05),
        "e1": Gaussian(0.0, 0.15),
        "e2": Gaussian(0.0, 0.15),
        "einstein_radius": Uniform(*lens_radius),
        "gamma1": Gaussian(0.0, 0.05),
        "gamma2": Gaussian(0.0, 0.05),
    }


_SMALL = Simulation(
    lens=LensParameters(0.02, -0.03, 0.12, -0.07, 1.0, 0.03, -0.02),
    light=Sersic(intensity=60.0, effective_radius=0.5, index=2.0),
    clumps=(
        Clump(0.18, 0.06, 0.19, 220.0),
        Clump(-0.14, 0.24, 0.17, 80.0),
    ),
    pixels=40,
    pixel_scale=0.1,
    mask_radius=1.7,
    psf_fwhm=0.2,
    psf_radius=2,
    exposure=200.0,
    sky=40.0,
    settings=FitSettings(
        mesh_shape=(12, 12), regularisation=1.0, light_sigmas=(0.06, 0.12, 0.24, 0.48, 0.96), light_scale=100.0
    ),
    priors=_informed_priors((0.8, 1.2)),
)

SIMULATIONS: Mapping[str, Simulation] = {
    # The lens of "small" in coarse pixels: a whole fit takes seconds, which the tests use.
    "tiny": replace(
        _SMALL,
        pixels=24,
        pixel_scale=0.16,
        psf_fwhm=0.3,
        psf_radius=1,
        exposure=50.0,
        settings=FitSettings(mesh_shape=(8, 8), regularisation=1.0, light_sigmas=(0.1, 0.25, 0.6), light_scale=100.0),
    ),
    "small": _SMALL,
    "hst": Simulation(
        lens=LensParameters(0.03, -0.02, 0.10, -0.08, 1.7, 0.03, -0.04),
        light=Sersic(intensity=60.0, effective_radius=0.9, index=2.5),
        clumps=(
            Clump(0.24, 0.08, 0.25, 200.0),
            Clump(-0.20, 0.36, 0.20, 110.0),
            Clump(0.45, -0.30, 0.18, 70.0),
        ),
        pixels=160,
        pixel_scale=0.05,
        mask_radius=3.5,
        psf_fwhm=0.1,
        psf_radius=5,
        exposure=2000.0,
        sky=40.0,
        settings=FitSettings(
            mesh_shape=(25, 25),
            regularisation=300.0,
            light_sigmas=(0.03, 0.06, 0.12, 0.24, 0.48, 0.96, 1.92),
            light_scale=100.0,
        ),
        priors=_informed_priors((1.4, 2.0)),
    ),
}


def simulation(size: str) -> Simulation:
    """The simulation of that size, "tiny", "small" or "hst"."""
    try:
        return SIMULATIONS[size]
    except KeyError:
        message = f"no simulation of size {size!r}: choose one of {', '.join(SIMULATIONS)}"
        raise ValueError(message) from None
