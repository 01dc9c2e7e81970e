"""Fits that are no images: spectra and light curves, visibilities, lensed points."""

from __future__ import annotations

from typing import Any

import numpy as np

from autoviz_render.spool.snapshot import Snapshot
from simulated.fitted import best_fit

Array = Any


def spectrum(rng: np.random.Generator, number: int = 0) -> Snapshot:
    """Lines over a continuum, in 30 to 3,000 channels, with bad ones masked."""
    count = int(np.exp(rng.uniform(np.log(30), np.log(3000))))
    x = np.sort(rng.uniform(0, 10, count)) if rng.random() < 0.3 else np.linspace(0, 10, count)
    truth = np.array([rng.uniform(1, 3), rng.normal(0, 0.1), rng.uniform(3, 7), rng.uniform(0.3, 1.0), 3.0])

    def continuum(p: Array) -> Array:
        return p[0] + p[1] * x

    def model(p: Array) -> Array:
        return continuum(p) + p[4] * np.exp(-0.5 * ((x - p[2]) / p[3]) ** 2)

    noise = rng.uniform(0.05, 0.3) * (1 + rng.random() * x / 10)
    data = model(truth) + noise * rng.standard_normal(count)
    mask = (x > 8.5) & (x < 8.5 + rng.uniform(0, 1))
    p = best_fit(model, truth, data, np.where(mask, np.inf, noise), rng)
    return Snapshot(
        arrays={"model": model(p), "model_continuum": continuum(p)},
        static={"x": x, "data": data, "noise_map": noise, "mask": mask},
        parameters=dict(zip(("level", "slope", "centre", "width", "height"), p.tolist(), strict=True)),
        log_likelihood=float(-0.5 * np.sum(((data - model(p)) / noise)[~mask] ** 2)),
        run=f"spectrum {number}",
        figures=("line",),
    )


def visibilities(rng: np.random.Generator, number: int = 0) -> Snapshot:
    """Two Gaussian components, seen by an interferometer: 200 to 50,000 visibilities."""
    count = int(np.exp(rng.uniform(np.log(200), np.log(50_000))))
    uv = rng.normal(0, 1, (count, 2)) * 3e5 * np.exp(rng.normal(0, 0.5, (count, 1)))
    truth = np.array([*rng.uniform(-1, 1, 2), 0.4, 1.0, *rng.uniform(-1, 1, 2), 0.3, 0.7])

    def model(p: Array) -> Array:
        total = np.zeros(count, dtype=complex)
        for x, y, size, flux in (p[:4], p[4:]):
            phase = -2j * np.pi / 206265 * (uv @ np.array([x, y]))
            total += flux * np.exp(phase - 2 * (np.pi * size / 206265) ** 2 * (uv**2).sum(axis=1))
        return total

    def both(p: Array) -> Array:
        values = model(p)
        return np.concatenate([values.real, values.imag])

    signal = np.sqrt(np.mean(np.abs(model(truth)) ** 2))
    noise = signal / np.exp(rng.uniform(np.log(0.3), np.log(10))) * rng.uniform(0.8, 1.2, count)
    data = model(truth) + noise * (rng.standard_normal(count) + 1j * rng.standard_normal(count))
    both_data = np.concatenate([data.real, data.imag])
    p = best_fit(both, truth, both_data, np.tile(noise, 2), rng)
    side = (np.arange(48) + 0.5) / 48 * 5 - 2.5
    x, y = np.meshgrid(side, side)
    sky = sum(f / s**2 * np.exp(-0.5 * ((x - a) ** 2 + (y - b) ** 2) / s**2) for a, b, s, f in (p[:4], p[4:]))
    return Snapshot(
        arrays={"model_data": model(p), "source": sky, "source_extent": np.array([-2.5, 2.5, -2.5, 2.5])},
        static={"data": data, "noise_map": noise * (1 + 1j), "uv_wavelengths": uv},
        parameters={f"p{index}": float(value) for index, value in enumerate(p)},
        log_likelihood=float(-0.5 * np.sum(np.abs((data - model(p)) / noise) ** 2)),
        run=f"visibilities {number}",
        figures=("interferometer",),
    )


def quasar(rng: np.random.Generator, number: int = 0) -> Snapshot:
    """Four images of a point, their fluxes and delays, and a model with seven parameters that is right."""
    places = np.array([[0.6, 1.3], [-1.1, 0.6], [-0.6, -1.2], [1.0, -0.4]]) + rng.normal(0, 0.1, (4, 2))
    fluxes, delays = rng.uniform(0.5, 3, 4), rng.uniform(0, 30, 4)
    noise, of_flux, of_delay = rng.uniform(0.002, 0.03), rng.uniform(0.02, 0.1), rng.uniform(0.3, 2)
    static = {
        "positions": places + noise * rng.standard_normal((4, 2)),
        "positions_noise_map": np.full(4, noise),
        "fluxes": fluxes + of_flux * rng.standard_normal(4),
        "fluxes_noise_map": np.full(4, of_flux),
        "time_delays": delays + of_delay * rng.standard_normal(4),
        "time_delays_noise_map": np.full(4, of_delay),
    }
    return Snapshot(
        arrays={"model_positions": places[::-1], "model_fluxes": fluxes, "model_time_delays": delays},
        static=static,
        parameters=dict.fromkeys(("a", "b", "c", "d", "e", "f", "g"), 1.0),
        log_likelihood=-8.0,
        run=f"quasar {number}",
        figures=("points",),
    )


def plate(rng: np.random.Generator, number: int = 0) -> Snapshot:
    """An image and a profile that the figure `auto` alone knows."""
    rows, columns = rng.integers(20, 120, 2)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    truth = rng.uniform(1, 3) * np.exp(-3 * (x**2 + y**2)) * np.cos(5 * x)
    noise = np.full(truth.shape, rng.uniform(0.02, 0.2))
    profile, spread = truth.mean(axis=0), noise[0] / np.sqrt(rows)
    return Snapshot(
        arrays={"model_heat": truth, "profile_model": profile, "trace": np.cumsum(rng.standard_normal((300, 2)), 0)},
        static={
            "heat": truth + noise * rng.standard_normal(truth.shape),
            "noise_map_heat": noise,
            "profile": profile + spread * rng.standard_normal(columns),
            "profile_noise_map": spread,
            "coverage": np.hypot(x, y) < 1.1,
        },
        parameters={"conductivity": 1.4},
        log_likelihood=-100.0,
        run=f"plate {number}",
        figures=("auto",),
    )


def posterior(rng: np.random.Generator, number: int = 0) -> Snapshot:
    """Samples of five parameters."""
    samples = rng.standard_normal((1500, 5)) * rng.uniform(0.1, 3, 5) + rng.normal(0, 5, 5)
    return Snapshot(
        arrays={"samples": samples, "log_weights": rng.standard_normal(1500)},
        parameters={f"p{index}": float(value) for index, value in enumerate(samples[0])},
        log_likelihood=-12.0,
        run=f"posterior {number}",
        figures=("posterior",),
    )
