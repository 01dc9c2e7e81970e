"""Draws the pictures of these pages: `python docs/figures/draw.py [NAME ...]`. All data are computed from formulae.

`panels` is drawn with the code of the gallery in plug-ins.md.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from autoviz_render.figures import Recipe, find_figure
from autoviz_render.renderer.plot.drawing import Drawing, KeptFigure
from autoviz_render.spool.snapshot import Earlier, ScalarsLine, Snapshot

HERE = Path(__file__).parent
DPI = 66
ARCSEC = np.pi / 180 / 3600
COUNTS = "likelihood evaluations"


def lens(pixels: int, half: float) -> dict[str, Any]:
    """A singular isothermal sphere of 1.3 arcsec in shear, and the image that it makes of a clumpy source, by name."""
    side = (np.arange(pixels) + 0.5) * 2 * half / pixels - half
    x, y = np.meshgrid(side, side)
    radius, shear = np.hypot(x, y), 0.12
    alpha_x, alpha_y = 1.3 * x / radius + shear * x, 1.3 * y / radius - shear * y
    return {
        "extent": np.array([-half, half, -half, half]),
        "radius": radius,
        "ring": source(x - alpha_x, y - alpha_y),
        "deflections": np.stack([alpha_y, alpha_x], axis=-1),
        "inverse_magnification": 1 - shear**2 - 1.3 / radius**3 * ((1 - shear) * x**2 + (1 + shear) * y**2),
        "x": x,
        "y": y,
    }


def source(x: Any, y: Any) -> Any:
    """Two clumps and a disc, at most 1 bright."""
    clumps = [(0.12, 0.05, 0.07, 1.0), (-0.08, 0.13, 0.05, 0.7), (0.05, 0.03, 0.22, 0.35)]
    return sum(peak * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / size**2) for x0, y0, size, peak in clumps)


def imaging() -> Snapshot:
    """An HST-like image of the lens."""
    rng = np.random.default_rng(1)
    seen = lens(74, 3.0)
    light = 3 * np.exp(-1.7 * seen["radius"] ** 0.7)
    noise = np.sqrt(0.03**2 + 0.004 * (light + seen["ring"]))
    mesh = (np.arange(40) + 0.5) / 40 * 1.4 - 0.7
    angle = np.linspace(0, 2 * np.pi, 100)
    fitted = 0.97 * seen["ring"]
    return Snapshot(
        arrays={
            "model_image": light + fitted,
            "lens_light": light,
            "source_image": fitted,
            "source": source(*np.meshgrid(mesh, mesh)),
            "source_extent": np.array([-0.7, 0.7, -0.7, 0.7]),
            "inverse_magnification": seen["inverse_magnification"],
            "deflections": seen["deflections"],
            "cut": 1.3 * np.stack([np.cos(angle), np.sin(angle)], axis=-1),
        },
        static={
            "data": light + seen["ring"] + noise * rng.standard_normal(light.shape),
            "noise_map": noise,
            "mask": seen["radius"] > 2.7,
            "extent": seen["extent"],
        },
        parameters={"einstein_radius": 1.3, "gamma1": 0.12, "gamma2": 0.0},
        iteration=184_000,
        log_likelihood=-4871.6,
        run="lens",
        counts=COUNTS,
    )


def bands() -> Snapshot:
    """The lens in three bands: a red galaxy, and a blue source behind it."""
    rng = np.random.default_rng(4)
    seen = lens(74, 3.0)
    mesh = np.meshgrid(*[(np.arange(40) + 0.5) / 40 * 1.4 - 0.7] * 2)
    arrays = {key: seen[key] for key in ("inverse_magnification", "deflections")}
    static = {"mask": seen["radius"] > 2.7, "extent": seen["extent"]}
    static["source_extent"] = np.array([-0.7, 0.7, -0.7, 0.7])
    for name, light, ring in (("g", 0.5, 1.3), ("r", 1.4, 1.0), ("i", 2.4, 0.8)):
        smooth, ringed = light * np.exp(-1.7 * seen["radius"] ** 0.7), ring * seen["ring"]
        noise = np.sqrt(0.03**2 + 0.004 * (smooth + ringed))
        static[f"{name}/data"] = smooth + ringed + noise * rng.standard_normal(noise.shape)
        static[f"{name}/noise_map"] = noise
        arrays[f"{name}/model_image"] = smooth + 0.97 * ringed
        arrays[f"{name}/source"] = ring * source(*mesh)
    step, turn = 6 / 74 / 3600, np.radians(20)
    static["wcs/CD1_1"], static["wcs/CD1_2"] = (step * np.array([-np.cos(turn), np.sin(turn)])).tolist()
    static["wcs/CD2_1"], static["wcs/CD2_2"] = (step * np.array([np.sin(turn), np.cos(turn)])).tolist()
    return Snapshot(
        arrays=arrays,
        static=static,
        parameters={"einstein_radius": 1.3, "gamma1": 0.12, "gamma2": 0.0},
        iteration=184_000,
        log_likelihood=-14_871.6,
        run="lens in three bands",
        counts=COUNTS,
        units={"einstein_radius": "arcsec"},
        labels={"einstein_radius": r"$\theta_E$", "gamma1": r"$\gamma_1$", "gamma2": r"$\gamma_2$"},
    )


def interferometer() -> Snapshot:
    """The same lens without its light, observed by forty antennas for some hours: 23,400 visibilities."""
    rng = np.random.default_rng(2)
    antennas = rng.normal(0, 1, (40, 2)) * 6e4 * np.exp(rng.normal(0, 0.7, (40, 1)))
    one, other = np.triu_indices(40, 1)
    (east, north), hours = (antennas[one] - antennas[other]).T[..., None], np.linspace(-0.5, 0.5, 30)
    u = (east * np.cos(hours) - north * np.sin(hours)).ravel()
    v = (0.8 * (east * np.sin(hours) + north * np.cos(hours))).ravel()
    seen = lens(64, 2.5)
    flux = seen["ring"] / seen["ring"].sum()
    truth, model = visibilities(flux, seen, u, v), visibilities(0.99 * flux, seen, u, v)
    noise = 0.05 * (1 + rng.random(u.size))
    data = truth + noise * (rng.standard_normal(u.size) + 1j * rng.standard_normal(u.size))
    dirty, dirty_model = (dirty_image(each, noise, seen, u, v) for each in (data, model))
    mesh = (np.arange(40) + 0.5) / 40 * 1.4 - 0.7
    return Snapshot(
        arrays={
            "model_data": model,
            "dirty_model": dirty_model,
            "dirty_residuals": dirty - dirty_model,
            "source": source(*np.meshgrid(mesh, mesh)),
            "source_extent": np.array([-0.7, 0.7, -0.7, 0.7]),
            "inverse_magnification": seen["inverse_magnification"],
            "deflections": seen["deflections"],
        },
        static={
            "data": data,
            "noise_map": noise * (1 + 1j),
            "uv_wavelengths": np.stack([u, v], axis=-1),
            "dirty_image": dirty,
            "extent": seen["extent"],
        },
        parameters={"einstein_radius": 1.3, "gamma1": 0.12, "gamma2": 0.0, "flux": 0.99},
        iteration=92_000,
        log_likelihood=61_230.4,
        run="lens at 345 GHz",
    )


def visibilities(flux: Any, seen: dict[str, Any], u: Any, v: Any) -> Any:
    """The Fourier transform of an image, at points of the uv plane."""
    across, up = waves(seen, -u, -v)
    return (up * (flux @ across)).sum(axis=0)


def dirty_image(data: Any, noise: Any, seen: dict[str, Any], u: Any, v: Any) -> Any:
    """The inverse transform of visibilities, weighted by their noise."""
    across, up = waves(seen, u, v)
    weight = 1 / noise**2
    return ((up * (weight * data)) @ across.T).real / weight.sum()


def waves(seen: dict[str, Any], u: Any, v: Any) -> tuple[Any, Any]:
    """The waves of each visibility along the columns and along the rows: array[pixel, visibility]."""
    side = 2j * np.pi * ARCSEC * seen["x"][0]
    return np.exp(np.outer(side, u)), np.exp(np.outer(side, v))


def line() -> Snapshot:
    """A spectrum: a power law with two emission lines, and channels lost to the atmosphere."""
    rng = np.random.default_rng(3)
    x = np.linspace(1.1, 2.4, 1600)
    continuum = 2 * x**-1.3
    halpha = 1.6 * np.exp(-0.5 * ((x - 1.56) / 0.012) ** 2)
    broad = 0.5 * np.exp(-0.5 * ((x - 1.56) / 0.05) ** 2)
    noise = 0.06 + 0.08 * np.exp(-0.5 * ((x - 2.4) / 0.15) ** 2)
    mask = (x > 1.8) & (x < 1.93)
    model = continuum + halpha + broad
    return Snapshot(
        arrays={"model": model, "model_continuum": continuum, "model_narrow": halpha, "model_broad": broad},
        static={
            "x": x,
            "data": model + noise * rng.standard_normal(x.size) * np.where(mask, 12, 1),
            "noise_map": noise,
            "mask": mask,
        },
        parameters={"slope": -1.3, "centre": 1.56, "narrow width": 0.012, "broad width": 0.05},
        iteration=41_000,
        log_likelihood=-741.2,
        run="spectrum",
        counts=COUNTS,
    )


def points() -> Snapshot:
    """A quasar that the lens shows four times, its fluxes and delays."""
    rng = np.random.default_rng(7)
    angle = np.linspace(0, 2 * np.pi, 200)
    positions = np.array([[0.62, 1.31], [-1.12, 0.55], [-0.55, -1.25], [1.05, -0.42]])
    noise, fluxes, delays = np.full(4, 0.02), np.array([1.0, 1.4, 0.8, 0.5]), np.array([0.0, 4.1, 9.3, 14.8])
    return Snapshot(
        arrays={
            "model_positions": positions[::-1] + 0.02 * rng.standard_normal((4, 2)),
            "source_positions": np.array([0.08, 0.05]) + 0.008 * rng.standard_normal((4, 2)),
            "source_centre": np.array([0.08, 0.05]),
            "model_fluxes": 1.04 * fluxes,
            "model_time_delays": 0.97 * delays,
            "critical_curves": np.stack([1.16 * np.cos(angle), 1.46 * np.sin(angle)], axis=1),
        },
        static={
            "positions": positions,
            "positions_noise_map": noise,
            "fluxes": fluxes + 0.06 * rng.standard_normal(4),
            "fluxes_noise_map": np.full(4, 0.06),
            "time_delays": delays + 0.6 * rng.standard_normal(4),
            "time_delays_noise_map": np.full(4, 0.6),
        },
        parameters={"einstein_radius": 1.3, "gamma1": 0.12, "gamma2": 0.0, "source_x": 0.08, "source_y": 0.05},
        iteration=36_000,
        log_likelihood=18.4,
        run="quasar",
    )


def posterior() -> Snapshot:
    """Nested sampling of five parameters; two of them follow a curve."""
    rng = np.random.default_rng(4)
    size, live = 3000, 300
    log_volume = -np.arange(size + live) / live
    radius = 5 * np.exp(log_volume / 5)
    points = rng.standard_normal((size + live, 5))
    points *= (radius / np.linalg.norm(points, axis=1))[:, None]
    points[:, 1] += 0.35 * points[:, 0] ** 2
    points[:, 3] += 0.7 * points[:, 2]
    centre, scale = np.array([1.3, 0.82, 0.12, 0.03, 2.1]), np.array([0.004, 0.015, 0.01, 0.006, 0.05])
    samples = centre + scale * points
    return Snapshot(
        arrays={
            "samples": samples[:size],
            "log_weights": -0.5 * radius[:size] ** 2 + log_volume[:size],
            "live_points": samples[size:],
        },
        static={"truths": centre},
        parameters=dict(
            zip(("einstein_radius", "axis_ratio", "gamma1", "gamma2", "slope"), samples[size - 1].tolist(), strict=True)
        ),
        iteration=184_000,
        log_likelihood=-4871.6,
        run="lens",
        counts=COUNTS,
    )


def run() -> Snapshot:
    """Nested sampling for some hours, resumed twice."""
    rng = np.random.default_rng(5)
    lines: list[ScalarsLine] = []
    time, count = 0.0, 0
    for number in range(500):
        done, epoch = (number + 1) / 500, int(number > 130) + int(number > 340)
        time += 30 * (1 + 0.1 * rng.random()) + 7000 * (bool(lines) and epoch > lines[-1].epoch)
        count += int(6000 * (1 - 0.3 * done) * (1 + 0.04 * rng.standard_normal()))
        scalars = {
            "log_evidence": -4903.4 - 6e4 * np.exp(-14 * done),
            "remaining": 6e4 * np.exp(-14 * done),
            "effective_sample_size": 1900 / (1 + np.exp(-12 * (done - 0.8))),
            "rate": count / (31.5 * (number + 1)),
        }
        best = -4871.6 - 2e5 * np.exp(-28 * done) - 120 * np.exp(-6 * done)
        lines.append(ScalarsLine(epoch, number, count, time, best, scalars=scalars))
    last = lines[-1]
    now: dict[str, Any] = {"epoch": 2, "sequence": 499, "iteration": count, "time": time, "scalars": last.scalars}
    return Snapshot(arrays={}, log_likelihood=last.log_likelihood, run="lens", history=lines, counts=COUNTS, **now)


def history() -> Snapshot:
    """The source of the lens as its fit finds it."""
    last = imaging()
    moments = []
    for number in range(16):
        done = 1 - np.exp(-number / 4)
        mesh = (np.arange(40) + 0.5) / 40 * 1.4 - 0.7
        noise = np.random.default_rng(number).standard_normal((40, 40))
        found = done * source(*np.meshgrid(mesh * (0.7 + 0.3 * done), mesh)) + 0.15 * (1 - done) * noise
        arrays = {**last.arrays, "source": found}
        count, best = 1_000 + 12_200 * number, -4871.6 - 9000 * (1 - done) ** 2
        moments.append(replace(last, arrays=arrays, iteration=count, log_likelihood=best, figures=("imaging",)))
    return replace(moments[-1], earlier=Earlier.of(moments[:-1]))


def auto() -> Snapshot:
    """A model that no other figure knows."""
    rng = np.random.default_rng(6)
    y, x = np.mgrid[-1:1:60j, -1:1:90j]
    temperature = np.exp(-3 * (x**2 + y**2)) * np.cos(5 * x)
    return Snapshot(
        arrays={
            "temperature": temperature,
            "temperature_residuals": 0.05 * rng.standard_normal(x.shape),
            "profile": temperature.mean(axis=0),
            "path": np.cumsum(rng.standard_normal((400, 2)), axis=0),
            "eigenvalues": np.array([3.2, 1.1, 0.2]),
        },
        static={"coverage": np.hypot(x, y) < 1.1},
        parameters={"conductivity": 1.43, "length": 0.577},
        scalars={"acceptance": 0.31},
        iteration=12_500,
        log_likelihood=-210.7,
        run="plate",
        counts="steps",
    )


def gallery() -> Recipe:
    """The recipe on the page about plug-ins, as it stands there."""
    blocks = re.findall(r"```python\n(.*?)```", (HERE / "plug-ins.md").read_text(), re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(next(block for block in blocks if "def gallery" in block), namespace)  # noqa: S102 - our own page
    recipe: Recipe = namespace["gallery"]
    return recipe


SNAPSHOTS: dict[str, Callable[[], Snapshot]] = {
    "auto": auto,
    "bands": bands,
    "imaging": imaging,
    "interferometer": interferometer,
    "line": line,
    "points": points,
    "posterior": posterior,
    "run": run,
    "history": history,
    "panels": lambda: Snapshot(arrays={}, run="panels"),
}


def draw(name: str, dpi: float = DPI) -> Drawing:
    """One of the pictures."""
    recipe = gallery() if name == "panels" else find_figure("imaging" if name == "bands" else name)
    return KeptFigure(recipe, dpi=dpi).draw(SNAPSHOTS[name]())


def small_png(figure: Drawing) -> bytes:
    """The smallest PNG: people look at these pages on a telephone, too."""
    file = io.BytesIO()
    Image.fromarray(figure.pixels).save(file, "png", optimize=True)
    return file.getvalue()


def main(names: Iterable[str]) -> None:
    for name in names or SNAPSHOTS:
        (HERE / f"{name}.png").write_bytes(small_png(draw(name)))


if __name__ == "__main__":
    main(sys.argv[1:])
