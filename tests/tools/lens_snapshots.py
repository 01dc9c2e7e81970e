"""For the tests of the figures: a lens fit made of formulae, and what is asked of every figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autoviz_render.figures.registry import Recipe
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.spool.snapshot import Snapshot

_DPI = 40


@pytest.fixture(scope="session")
def kept_equals_fresh() -> Callable[..., None]:
    """Asserts that a kept figure equals a fresh one, byte for byte, over the snapshots and back again."""
    return _kept_equals_fresh


def _kept_equals_fresh(recipe: Recipe, snapshots: list[Snapshot]) -> None:
    drawn = [KeptFigure(recipe, dpi=_DPI).draw(snapshot) for snapshot in snapshots]
    assert [figure.errors for figure in drawn] == [()] * len(snapshots)
    expected = [figure.encode("png") for figure in drawn]
    assert len(set(expected)) == len(expected), "the snapshots were meant to look different"
    kept = KeptFigure(recipe, dpi=_DPI)
    for number in [*range(len(snapshots)), *reversed(range(len(snapshots) - 1))]:
        assert kept.draw(snapshots[number]).encode("png") == expected[number], f"snapshot {number} differs"


@pytest.fixture(scope="session")
def lens_snapshot() -> Callable[..., Snapshot]:
    """Makes snapshots: see `_lens_snapshot`."""
    return _lens_snapshot


def _lens_snapshot(
    rows: int = 44,
    columns: int | None = None,
    *,
    seed: int = 0,
    amplitude: float = 1.0,
    iteration: int = 100,
    einstein_radius: float = 1.2,
    shear: float = 0.1,
    **changed: Any,
) -> Snapshot:
    """A fit to noisy data of a ring, of a singular isothermal sphere in shear.

    amplitude: of the model; the data keep theirs, so that a small one is an early, bad fit.
    changed: replaces arrays by name; None leaves one out.
    """
    columns = columns or rows
    rng = np.random.default_rng(seed)
    pixel = 6.0 / rows
    extent = np.array([-columns, columns, -rows, rows]) * pixel / 2
    x, y = np.meshgrid(
        (np.arange(columns) + 0.5) * pixel + extent[0],
        (np.arange(rows) + 0.5) * pixel + extent[2],
    )
    radius = np.hypot(x, y)
    alpha_x = einstein_radius * x / radius + shear * x
    alpha_y = einstein_radius * y / radius - shear * y
    determinant = (1 - shear**2) - einstein_radius / radius**3 * ((1 - shear) * x**2 + (1 + shear) * y**2)
    source_image = np.exp(-0.5 * ((x - alpha_x - 0.1) ** 2 + (y - alpha_y) ** 2) / 0.15**2)
    lens_light = 2 * np.exp(-2 * radius)
    noise_map = np.full(x.shape, 0.05)
    data = source_image + lens_light + noise_map * rng.standard_normal(x.shape)
    mesh = (np.arange(15) + 0.5) / 15 * 1.6 - 0.8
    source = amplitude * np.exp(-0.5 * ((mesh - 0.1) ** 2 + mesh[:, None] ** 2) / 0.15**2)
    angle = np.linspace(0, 2 * np.pi, 60)
    static: dict[str, Any] = {
        "data": data,
        "noise_map": noise_map,
        "mask": radius > 2.8,
        "extent": extent,
        "psf": np.ones((3, 3)) / 9,
    }
    arrays: dict[str, Any] = {
        "model_image": amplitude * (source_image + lens_light),
        "lens_light": amplitude * lens_light,
        "source_image": amplitude * source_image,
        "inverse_magnification": determinant,
        "deflections": np.stack([alpha_y, alpha_x], axis=-1),
        "source": source,
        "source_extent": np.array([-0.8, 0.8, -0.8, 0.8]),
        "cut": einstein_radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1),
    }
    for name, value in changed.items():
        (static if name in static else arrays)[name] = value
    return Snapshot(
        arrays={name: value for name, value in arrays.items() if value is not None},
        static={name: value for name, value in static.items() if value is not None},
        parameters={"einstein_radius": einstein_radius, "shear": shear},
        iteration=iteration,
        log_likelihood=-1000.0 + iteration,
        run="toy",
    )
