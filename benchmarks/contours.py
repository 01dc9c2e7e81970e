"""How much of the truth the contours of a corner plot hold, beside those of corner and of anesthetic.

Samples of distributions that are known, and fresh samples of these that are counted inside the contours: 39.3 and 86.5
per cent are promised. Medians of several seeds. corner and anesthetic are needed by this program alone:
`pip install corner anesthetic`.
"""

from __future__ import annotations

import importlib
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from matplotlib.figure import Figure
from table import parse, report

from autoviz_render.figures.curves import Line
from autoviz_render.figures.samples.marginals import marginal
from autoviz_render.figures.samples.regions import ONE_SIGMA, TWO_SIGMA, regions
from autoviz_render.spool.arrays import Floats

SHARES = (ONE_SIGMA, TWO_SIGMA)
FRESH = 10_000

Way = Callable[[Floats, Floats, Floats], list[list[Line]]]


def main() -> None:
    settings = parse(__doc__)
    ways = installed()
    sizes, seeds = ((1000,), 3) if settings.quick else ((200, 1000, 4000, 20_000), 9)
    for size in sizes:
        rows = [row(name, draw, size, seeds, ways) for name, draw in SHAPES.items()]
        report(rows, f"{size:,} samples; share of the truth (of the samples) within 39.3 and 86.5%", settings.json)
    rows = [row(name, draw, 4000, seeds, ways, weighted=True) for name, draw in SHAPES.items()]
    report(rows, "4,000 samples with weights, about 1,000 effective ones", settings.json)


def installed() -> dict[str, Way]:
    """Our own way, and those of the libraries that are there."""
    ways: dict[str, Way] = {"autoviz-render": own}
    for name, way in (("corner", by_corner), ("anesthetic", by_anesthetic)):
        try:
            importlib.import_module(name)
        except ImportError:
            print(f"{name} is not installed, and left out: pip install {name}")
        else:
            ways[name] = way
    return ways


def row(name: str, draw: Any, size: int, seeds: int, ways: dict[str, Way], *, weighted: bool = False) -> dict[str, str]:
    """The medians of one shape."""
    told = {"shape": name}
    for way, contours in ways.items():
        found = [measured(draw, size, seed, contours, weighted=weighted) for seed in range(seeds)]
        truth, own_share = (map(statistics.median, zip(*part, strict=True)) for part in zip(*found, strict=True))
        told[way] = " ".join(f"{of:.3f} ({mine:.3f})" for of, mine in zip(truth, own_share, strict=True))
    return told


def measured(draw: Any, size: int, seed: int, contours: Way, *, weighted: bool) -> tuple[list[float], list[float]]:
    """The share of fresh samples within each contour, and of the samples themselves."""
    rng = np.random.default_rng(seed)
    x, y = draw(rng, size)
    weights = rng.lognormal(0, 1.2, size) if weighted else np.ones(size)
    weights /= weights.sum()
    fresh = draw(rng, FRESH)
    found = contours(x, y, weights)
    return (
        [float(inside(lines, *fresh).mean()) for lines in found],
        [float(weights @ inside(lines, x, y)) for lines in found],
    )


def own(x: Floats, y: Floats, weights: Floats) -> list[list[Line]]:
    return regions(marginal(x, weights), marginal(y, weights), SHARES)


def by_corner(x: Floats, y: Floats, weights: Floats) -> list[list[Line]]:
    """As `corner.corner` draws them, with the smoothing that its documentation takes, one bin."""
    corner = importlib.import_module("corner")
    axes = Figure().subplots()
    corner.hist2d(
        x, y, weights=weights, ax=axes, bins=20, smooth=1.0, levels=SHARES, plot_datapoints=False, plot_density=False
    )
    lines = axes.collections[-1].get_paths()[::-1]  # the highest level holds the least
    return [_closed(path) for path in lines]


def by_anesthetic(x: Floats, y: Floats, weights: Floats) -> list[list[Line]]:
    plot = importlib.import_module("anesthetic.plot")
    axes = Figure().subplots()
    filled, _ = plot.kde_contour_plot_2d(axes, x, y, weights=weights, levels=list(SHARES[::-1]))
    outer, inner = filled.get_paths()  # the outer one with a hole for the inner
    return [_closed(inner), _closed(outer) + _closed(inner)]


def _closed(path: Any) -> list[Line]:
    return [(part[:, 0], part[:, 1]) for part in path.to_polygons(closed_only=True)]


def inside(lines: Sequence[Line], x: Floats, y: Floats) -> Floats:
    """Whether points lie within an odd number of lines: array[point], 0 or 1."""
    crossings = np.zeros(x.size, dtype=np.intp)
    order = np.argsort(y)
    ascending = y[order]
    for line_x, line_y in lines:
        low, high = np.minimum(line_y[:-1], line_y[1:]), np.maximum(line_y[:-1], line_y[1:])
        first, last = np.searchsorted(ascending, low), np.searchsorted(ascending, high)
        for index in np.flatnonzero(last > first):
            points = order[first[index] : last[index]]
            part = (y[points] - line_y[index]) / (line_y[index + 1] - line_y[index])
            crossings[points] += x[points] < line_x[index] + part * (line_x[index + 1] - line_x[index])
    return (crossings % 2).astype(np.float64)


def gaussian(correlation: float) -> Any:
    def draw(rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
        x, y = rng.normal(size=(2, size))
        return x, correlation * x + np.sqrt(1 - correlation**2) * y

    return draw


def banana(width: float) -> Any:
    def draw(rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
        x, y = rng.normal(size=(2, size))
        return x, width * y + x**2

    return draw


def modes(apart: float) -> Any:
    def draw(rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
        x, y = rng.normal(size=(2, size))
        other = rng.random(size) < 0.4
        return x + apart * other, 0.5 * y + 0.6 * apart * other

    return draw


def ring(rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
    angle, radius = rng.uniform(0, 2 * np.pi, size), rng.normal(1, 0.1, size)
    return radius * np.cos(angle), radius * np.sin(angle)


def truncated(rng: np.random.Generator, size: int) -> tuple[Floats, Floats]:
    x, y = gaussian(0.9)(rng, 5 * size)
    kept = (x > -0.5) & (y > -0.3)
    return x[kept][:size], y[kept][:size]


SHAPES: dict[str, Any] = {
    "correlation 0": gaussian(0.0),
    "correlation 0.9": gaussian(0.9),
    "correlation 0.99": gaussian(0.99),
    "correlation 0.999": gaussian(0.999),
    "banana": banana(0.3),
    "thin banana": banana(0.1),
    "two modes": modes(6.0),
    "two far modes": modes(40.0),
    "ring": ring,
    "uniform": lambda rng, size: tuple(rng.random((2, size))),
    "beta(1, 3), beta(2, 2)": lambda rng, size: (rng.beta(1, 3, size), rng.beta(2, 2, size)),
    "exponential": lambda rng, size: (rng.exponential(size=size), rng.normal(size=size)),
    "correlation 0.9, cut": truncated,
    "Cauchy": lambda rng, size: tuple(rng.standard_cauchy((2, size))),
}


if __name__ == "__main__":
    main()
