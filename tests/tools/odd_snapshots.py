"""Odd but real data for every built-in figure: what a person may well publish, and what breaks numbers on figures.

Each function gives snapshots by a name that says what is odd about them; `ODD` has all, with the figure of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from lens_snapshots import _lens_snapshot as lens_fit

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot

_LONG = "galaxies.lens.mass.a_parameter_of_quite_a_long_name_"
_LATEX = (r"$\theta_{\rm E}$", r"$\Omega_{\rm m} h^2$", r"$\log_{10}(M_{200} / {\rm M}_\odot)$", r"$\frac{1}{")


def _line(x: Array | None, y: Array, noise: Array | None, **changed: Any) -> Snapshot:
    rng = np.random.default_rng(1)
    sigma = noise if noise is not None else np.full(y.shape, 0.3)
    arrays = {"data": y + sigma * rng.normal(size=y.shape), "model": y, "x": x, "noise_map": noise}
    parameters = {"slope": 1.23, "offset": 4.5e-7}
    told: dict[str, Any] = {"iteration": 1000, "log_likelihood": -123.4, "parameters": parameters} | changed
    return Snapshot(arrays={name: array for name, array in arrays.items() if array is not None}, **told)


def lines() -> Iterator[tuple[str, Snapshot]]:
    x = np.linspace(0.0, 10.0, 300)
    y = 3 * np.sin(x) + 5
    flat = np.full(300, 0.3)
    yield "a Julian date", _line(2459000.123456 + x / 50, 1 - 0.01 * (abs(x - 5) < 2), np.full(300, 5e-4))
    yield "modified Julian dates", _line(59000 + 30 * x, 18 + 0 * x, np.full(300, 0.1))
    yield "a right ascension", _line(150.1163 + 1e-5 * x, y, flat)
    yield "large and hardly changing", _line(x, 1e6 + 1e-3 * y, np.full(300, 3e-4))
    yield "negative, without noise", _line(x, -123456.7 + 0.1 * y, None)
    yield "tiny", _line(1e-9 * x, 1e-30 * y, 1e-30 * flat)
    yield "huge", _line(1e12 * x, 1e300 * y, 1e300 * flat)
    yield "at the end of floats", _line(x, 1e307 * y, 1e306 * flat, log_likelihood=-1e308)
    yield "below normal floats", _line(x, 1e-310 * y, 1e-311 * flat, log_likelihood=-1e-310)
    yield "many decades", _line(np.logspace(-3, 3, 300), np.logspace(-30, 30, 300), np.logspace(-31, 29, 300))
    yield "large residuals", _line(x, y, 1e-4 * flat, parameters={f"{_LONG}{i}": i * 1.234567e5 for i in range(40)})
    yield "one point", _line(x[:1], y[:1], flat[:1])
    yield "names in LaTeX", _line(x, y, flat, parameters=dict.fromkeys(_LATEX, 0.3))
    yield "by date", _with(_line(None, y, flat), dates=1.7041e9 + 3e5 * x)
    yield "within a minute", _with(_line(None, y, flat), dates=1.7041e9 + x)
    parts = {f"model_component_with_a_long_name_{i}": np.exp(-((x - i / 2) ** 2)) for i in range(20)}
    yield "twenty components", _with(_line(x, y, flat), **parts)
    part = {f"model_{i}": np.exp(-((x - i) ** 2)) for i in range(8)}
    yield "what is left out", _with(_line(x, y, np.where(x < 1, -1, flat)), model=y + 1e4, mask=np.ones(3), **part)
    bad = np.where(np.arange(300) == 77, 1e7, y)
    yield "an outlier, many sentences", _with(_line(np.where(x < 2, np.nan, x), bad, flat), model=y, model_error=y[:9])
    yield "all masked", _with(_line(x, y, flat), mask=np.ones(300, bool))
    yield "a power law", _line(np.logspace(-2, 4, 80), np.logspace(4, -8, 80), np.logspace(3, -9, 80))
    words = {"run": "a run of quite a long name, too, which says everything " * 3, "iteration": 10**17}
    yield "a count of 1e17", _line(x, y, flat, log_likelihood=-1.234567e13, **words)


def _with(snapshot: Snapshot, **arrays: Array) -> Snapshot:
    return replace(snapshot, arrays={**snapshot.arrays, **arrays})


def _samples(width: int, mean: float = 0.0, sigma: float = 1.0, count: int = 2000, seed: int = 2) -> Array:
    rng = np.random.default_rng(seed)
    return np.asarray(mean + sigma * (rng.normal(size=(count, width)) @ (np.eye(width) + 0.3)))


def _posterior(samples: Array, names: list[str] | tuple[str, ...] = (), **more: Any) -> Snapshot:
    names = names or [f"p{i}" for i in range(samples.shape[1])]
    best = dict(zip(names, map(float, samples[0]), strict=True))
    return Snapshot(arrays={"samples": samples, **more}, parameters=best, iteration=134940, log_likelihood=-134940.23)


def posteriors() -> Iterator[tuple[str, Snapshot]]:
    transit = np.stack([_samples(1, 2455892.54321, 0.00023)[:, 0], _samples(1, 3.52474859, 4e-7, seed=3)[:, 0]], axis=1)
    weights = {"log_weights": -0.5 * np.sum(_samples(3) ** 2, axis=1), "live_points": _samples(3, count=200)}
    yield "a transit", _posterior(transit, ["t0", "period"])
    yield "names in LaTeX", _posterior(_samples(4), _LATEX)
    yield "long names", _posterior(_samples(5, 1e4, 30.0), [f"{_LONG}{i}" for i in range(5)])
    yield "ten, large", _posterior(_samples(10, 12345678.0, 230.0))
    yield "forty", _posterior(_samples(40, -0.00012, 0.3), [f"{_LONG}{i}" for i in range(40)])
    yield "tiny", _posterior(_samples(3, 0.0, 1e-30))
    yield "huge", _posterior(_samples(3, 1e30, 1e15))
    yield "diverged", _posterior(_samples(3, 0.0, 1e307))
    yield "below normal floats", _posterior(_samples(3, 0.0, 1e-310))
    yield "weighted", _posterior(_samples(3, 59000.0, 0.01), **weights)
    yield "one parameter", _posterior(_samples(1, -1e-5, 1e-9))
    yield "three samples", _posterior(_samples(3, count=3))


def _run(scale: float, offset: float, counts: float = 1e2, **scalars: float) -> Snapshot:
    history = []
    for number in range(60):
        done = (number + 1) / 60
        told = {
            "log_evidence": offset - scale * np.exp(-9 * done),
            "log_evidence_error": 0.384017,
            "remaining": scale * np.exp(-9 * done),
            "effective_sample_size": 15468.64 * done,
            "rate": 123.456,
        }
        told |= {name: value * done for name, value in scalars.items()}
        history.append(
            ScalarsLine(
                epoch=number // 25,
                sequence=number,
                iteration=int(counts * (number + 1)),
                time=1.7e9 + 400.0 * number,
                log_likelihood=offset + 20 - scale * np.exp(-20 * done),
                scalars=told,
            )
        )
    return Snapshot(arrays={}, run="a run", history=history, **vars(history[-1]))


def runs() -> Iterator[tuple[str, Snapshot]]:
    yield "usual", _run(1e5, -4900.0, acceptance=0.3)
    yield "large likelihoods", _run(3.0, -13494000.0, 2e4, a_scalar_with_a_long_name=1e6, another=3e-7)
    yield "a count of 1e17", _run(1e12, 1e9, 1.5e15, steps=123456.0, r_hat=1.0001)
    yield "tiny", _run(1e-9, 1e-8, 1.0)
    yield "nothing but a likelihood", Snapshot(arrays={}, iteration=7, log_likelihood=-5.0)


def images() -> Iterator[tuple[str, Snapshot]]:
    yield "usual", lens_fit(parameters={r"$\theta_{\rm E}$": 1.2, "x" * 70: -1e-12})
    yield "bright", _scaled_lens(1e6)
    yield "electrons on a pedestal", _scaled_lens(1e-2, 12345.0)
    yield "faint", _scaled_lens(3e-13)
    yield "wide, not all finite", _with_nan(lens_fit(20, 200))
    yield "high, not all finite", _with_nan(lens_fit(120, 12))
    yield "in degrees", lens_fit(extent=np.array([150.1163, 150.1169, 2.2001, 2.2007]))


def _with_nan(snapshot: Snapshot) -> Snapshot:
    arrays = {name: np.array(array) for name, array in snapshot.arrays.items()}
    for name in ("model_image", "source"):
        arrays[name][:, 0] = np.nan
    return Snapshot(arrays=arrays, static=snapshot.static, run=snapshot.run, iteration=snapshot.iteration)


def _scaled_lens(scale: float, offset: float = 0.0) -> Snapshot:
    snapshot = lens_fit()
    of_data = ("data", "model_image", "lens_light", "source_image", "source")
    arrays: dict[str, Any] = dict(snapshot.arrays) | {
        name: scale * snapshot.arrays[name] + offset for name in of_data if name in snapshot.arrays
    }
    static = {name: scale * array + offset if name == "data" else array for name, array in snapshot.static.items()}
    if "noise_map" in static:
        static["noise_map"] = scale * static["noise_map"]
    return Snapshot(arrays=arrays, static=static, run=snapshot.run, iteration=snapshot.iteration)


def visibilities() -> Iterator[tuple[str, Snapshot]]:
    for name, scale, reach in (("usual", 1.0, 1e6), ("bright", 1e7, 1e10), ("faint", 1e-9, 3.0)):
        rng = np.random.default_rng(3)
        uv = reach * rng.normal(size=(3000, 2))
        model = scale * np.exp(-((uv / reach) ** 2).sum(axis=1)) * (1 + 0.2j)
        noise = np.full(3000, 0.1 * scale)
        data = model + noise * (rng.normal(size=3000) + 1j * rng.normal(size=3000))
        image = {"dirty_image": scale * rng.normal(size=(40, 40)), "extent": np.array([-2.0, 2.0, -2.0, 2.0])}
        arrays = {"data": data, "model_data": model, "noise_map": noise, "uv_wavelengths": uv, **image}
        yield name, Snapshot(arrays=arrays, parameters={"flux": scale}, iteration=12)


def anything() -> Iterator[tuple[str, Snapshot]]:
    rng = np.random.default_rng(4)
    x = np.linspace(0.0, 1.0, 200)
    square = rng.normal(size=(40, 40))
    arrays = {
        "pedestal": 1000 + 0.1 * square,
        "counts": 1e9 + 1e7 * square,
        "an image of quite a long name which ends in the number 123456": 1e-12 * square,
        "wide": rng.normal(size=(4, 400)),
        "one column": rng.normal(size=(300, 4)),
        "times": 2459000.123 + 0.01 * x,
        "diverged": 1e307 * np.sin(x),
        "steps": np.round(12345678 + 100 * x),
        "positions": np.array([0.12345678, -1e-9, 123456.789]),
        "residuals of a unit": 1e5 * square,
    }
    numbers = {"log_evidence": -1234567.891, "calls": 1e17, _LONG: -0.00012, r"$\sigma_8$": 0.81, "nothing": np.nan}
    yield "all kinds", Snapshot(arrays=arrays, scalars=numbers, iteration=1, log_likelihood=12345678.9)
    table = np.zeros(5, dtype=[("time", float), ("an_error", float), ("name", "U9")])
    cube = rng.random((7, 20, 30))
    shapes = {"cube": cube, "picture": np.moveaxis(cube[:3], 0, -1), "table": table, "visibilities": square * 1j}
    thin = {"one_row": square[:1] * 1e-3, "strip": rng.normal(size=(12, 140)), "hair": rng.normal(size=(500, 9))}
    yield "all shapes", Snapshot(arrays=shapes | thin | {"deflections": np.stack([square, square], axis=-1)})
    fit = {"data": 1e5 * x + 2459000, "model": 1e5 * x + 2459000, "x": 2459000 + x, "noise_map": 1 + x}
    yield "a line and its model", Snapshot(arrays=fit, parameters={"slope": 1e5})
    yield "an image and its model", Snapshot(arrays={"data": 1e-9 * cube, "model_data": 1e-9 * cube}, run="a run")
    yield "numbers alone", Snapshot(arrays={}, parameters={f"{_LONG}{i}": -(10.0**-i) for i in range(60)})
    yield "nothing", Snapshot(arrays={})


ODD = [
    (figure, name, snapshot)
    for figure, make in {
        "line": lines,
        "posterior": posteriors,
        "run": runs,
        "imaging": images,
        "interferometer": visibilities,
        "auto": anything,
    }.items()
    for name, snapshot in make()
]
"""(figure, what is odd, snapshot)."""
