"""Lens fits to imaging: an isothermal lens in shear, its light, a clumpy source, a PSF, a mask, counts of photons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autoviz_render.spool.snapshot import Snapshot
from simulated.fitted import best_fit

NAMES = ("einstein_radius", "gamma1", "gamma2", "centre_x", "centre_y", "source_x", "source_y", "size", "flux", "light")
Array = Any


@dataclass(frozen=True, eq=False)
class Lens:
    """A lens, the telescope that sees it, and what is fitted.

    Attributes:
        truth: array[parameter], as `NAMES` has them; arcsec, electrons a second.
        pixels: A side of the image.
        half: Half of that side, in arcsec.
        fwhm: Of the PSF, in pixels.
        exposure: Seconds.
        sky: Electrons a second and pixel.
        clumps: array[clump, 4] of (x, y, size, flux) relative to the first one.
        mask: array[y, x], True where masked.
        with_light: Whether the lens shines.
    """

    truth: Array
    pixels: int
    half: float
    fwhm: float
    exposure: float
    sky: float
    clumps: Array
    mask: Array
    with_light: bool

    @property
    def grid(self) -> tuple[Array, Array]:
        side = (np.arange(self.pixels) + 0.5) * 2 * self.half / self.pixels - self.half
        x, y = np.meshgrid(side, side)
        return x, y

    def deflections(self, p: Array, x: Array, y: Array) -> tuple[Array, Array]:
        u, v = x - p[3], y - p[4]
        radius = np.hypot(u, v) + 1e-3
        return p[0] * u / radius + p[1] * u + p[2] * v, p[0] * v / radius + p[2] * u - p[1] * v

    def source(self, p: Array, x: Array, y: Array) -> Array:
        """Surface brightness in the source plane."""
        total = np.zeros(np.shape(x))
        for dx, dy, size, flux in self.clumps:
            square = (x - p[5] - dx * p[7]) ** 2 + (y - p[6] - dy * p[7]) ** 2
            total += flux * p[8] * np.exp(-0.5 * square / (size * p[7]) ** 2)
        return total

    def parts(self, p: Array, fwhm: float | None = None) -> tuple[Array, Array]:
        """The lens light and the source image, blurred: array[y, x] each."""
        x, y = self.grid
        alpha_x, alpha_y = self.deflections(p, x, y)
        light = p[9] * np.exp(-1.9 * (np.hypot(x - p[3], 1.2 * (y - p[4])) / 0.3 + 0.02) ** 0.6)
        parts = [light if self.with_light else 0 * light, self.source(p, x - alpha_x, y - alpha_y)]
        first, second = (blurred(each, self.fwhm if fwhm is None else fwhm) for each in parts)
        return first, second

    def observed(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Data and noise map."""
        expected = sum(self.parts(self.truth)) + self.sky
        counts = rng.poisson(np.maximum(expected, 0) * self.exposure)
        return counts / self.exposure - self.sky, np.sqrt(np.maximum(expected, 0) / self.exposure)


def blurred(image: Array, fwhm: float) -> Array:
    """An image seen through a Gaussian PSF; its edges meet each other."""
    if fwhm <= 0:
        return image
    rows, columns = (np.fft.fftfreq(length) for length in image.shape)
    transfer = np.exp(-2 * (np.pi * fwhm / 2.3548) ** 2 * (rows[:, None] ** 2 + columns[None] ** 2))
    return np.fft.ifft2(np.fft.fft2(image) * transfer).real


def any_lens(rng: np.random.Generator, pixels: int | None = None) -> Lens:
    """A lens of any size, brightness, PSF and mask."""
    pixels = pixels or int(np.exp(rng.uniform(np.log(20), np.log(300))))
    half = rng.uniform(2.2, 4.0)
    radius, with_light = rng.uniform(0.8, 1.4), rng.random() < 0.7
    truth = np.array(
        [
            radius,
            *rng.normal(0, 0.05, 2),
            *rng.normal(0, 0.04, 2),
            *rng.uniform(-0.25, 0.25, 2),
            rng.uniform(0.08, 0.25),
            np.exp(rng.uniform(np.log(0.3), np.log(5.0))),
            np.exp(rng.uniform(np.log(1.0), np.log(20.0))),
        ]
    )
    clumps = [(0.0, 0.0, 1.0, 1.0)]
    clumps += [(*rng.uniform(-2, 2, 2), rng.uniform(0.5, 1.5), rng.uniform(0.2, 1.0)) for _ in range(rng.integers(3))]
    lens = Lens(
        truth=truth,
        pixels=pixels,
        half=half,
        fwhm=rng.uniform(1.2, 3.5),
        exposure=np.exp(rng.uniform(np.log(100), np.log(5000))),
        sky=rng.uniform(0.02, 0.5),
        clumps=np.array(clumps),
        mask=np.zeros((pixels, pixels), dtype=bool),
        with_light=with_light,
    )
    return replace(lens, mask=any_mask(rng, *lens.grid, radius, half))


def any_mask(rng: np.random.Generator, x: Array, y: Array, radius: float, half: float) -> Array:
    """None, a circle, a ring, or a circle with holes in it."""
    kind, distance = rng.integers(4), np.hypot(x, y)
    if kind == 0:
        return np.zeros(x.shape, dtype=bool)
    mask = distance > min(rng.uniform(1.5, 2.2) * radius, 0.98 * half)
    if kind == 2:
        mask |= distance < 0.3 * radius
    if kind == 3:
        for _ in range(3):
            hole_x, hole_y = rng.uniform(-half, half, 2)
            mask |= np.hypot(x - hole_x, y - hole_y) < 0.15 * half
    return mask


def fit_of(lens: Lens, rng: np.random.Generator, number: int = 0) -> Snapshot:
    """The best fit to a lens's data, as a search would publish it."""
    data, noise = lens.observed(rng)
    weights = np.where(lens.mask, np.inf, noise).ravel()
    free = np.arange(len(NAMES)) if lens.with_light else np.arange(len(NAMES) - 1)

    def model(p: Array) -> Array:
        every = lens.truth.copy()
        every[free] = p
        return sum(lens.parts(every)).ravel()

    p = lens.truth.copy()
    p[free] = best_fit(model, lens.truth[free], data.ravel(), weights, rng)
    return snapshot_of(lens, p, data, noise, number, free=free)


def snapshot_of(
    lens: Lens,
    p: Array,
    data: Array,
    noise: Array,
    number: int = 0,
    *,
    parts: Callable[[], tuple[Array, Array]] | None = None,
    free: Array | None = None,
) -> Snapshot:
    """What is published of some parameters."""
    light, image = lens.parts(p) if parts is None else parts()
    x, y = lens.grid
    alpha_x, alpha_y = lens.deflections(p, x, y)
    radius = np.hypot(x - p[3], y - p[4]) + 1e-3
    shear = np.hypot(p[1], p[2])
    reach = 1.0
    mesh = (np.arange(40) + 0.5) / 40 * 2 * reach - reach
    arrays = {
        "model_image": light + image,
        "source_image": image,
        "source": lens.source(p, *np.meshgrid(mesh, mesh)),
        "source_extent": np.array([-reach, reach, -reach, reach]),
        "inverse_magnification": 1 - shear**2 - p[0] / radius,
        "deflections": np.stack([alpha_y, alpha_x], axis=-1),
    }
    if lens.with_light:
        arrays["lens_light"] = light
    extent = np.array([-lens.half, lens.half, -lens.half, lens.half])
    left = ((data - light - image) / noise)[~lens.mask]
    free = np.arange(len(NAMES)) if free is None else free
    return Snapshot(
        arrays=arrays,
        static={"data": data, "noise_map": noise, "mask": lens.mask, "extent": extent},
        parameters={NAMES[each]: float(p[each]) for each in free},
        iteration=10_000,
        log_likelihood=float(-0.5 * left @ left),
        run=f"lens {number}",
        figures=("imaging",),
    )
