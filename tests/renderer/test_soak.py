"""Thousands of frames: a renderer runs for days, and its memory must not grow with them."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.panels import (
    CornerPanel,
    Curve,
    HistogramPanel,
    ImagePanel,
    LinesPanel,
    MeshPanel,
    RectangularMesh,
    ScatterPanel,
    Series,
    TablePanel,
    TextPanel,
)
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.work.resources import memory
from autoviz_render.spool.snapshot import Snapshot


def every_kind(snapshot):
    """Other numbers, texts, limits and lengths at every frame, and now and then another structure."""
    rng, k = np.random.default_rng(snapshot.iteration), snapshot.iteration
    x, scale = np.linspace(1, 9, 5 + k % 7), 10.0 ** (k % 9 - 4)
    edges = np.sort(rng.random(6 + k % 3)) * scale
    panels = [
        ImagePanel(f"Image {k}", scale * rng.random((8, 9)), unit="Jy", curves=[Curve(x, x, label="line")]),
        MeshPanel("Mesh", RectangularMesh(edges, edges), rng.random((edges.size - 1, edges.size - 1))),
        ScatterPanel("Points", rng.random(40), rng.random(40), scale * rng.random(40), weights=rng.random(40)),
        LinesPanel("Lines", [Series(x, x * scale, error=x), Series(x, x, fill=True, label="l")], x_log=k % 2 == 0),
        HistogramPanel("Histogram", scale * rng.normal(size=200)),
        CornerPanel("Corner", scale * rng.normal(size=(100, 2)), ["a", "b"]),
        TablePanel("Table", [(f"name {k}", f"{rng.random():.6f}")]),
        TextPanel("Text", f"frame {k} " * (1 + k % 20)),
    ]
    return panels[: 7 + k % 50 // 48]


def draw(recipe, snapshots, frames: int) -> None:
    drawing = KeptFigure(recipe, dpi=30)
    for snapshot in itertools.islice(snapshots, frames):
        assert drawing.draw(snapshot).errors == ()


def test_no_frame_leaves_anything_behind():
    """Every object that a frame makes is gone a few frames later; but for texts' pixels, kept up to a number."""
    drawing = KeptFigure(every_kind, dpi=30)
    counts = []
    for number in range(70):
        assert drawing.draw(Snapshot(arrays={}, iteration=number)).errors == ()
        if number in (20, 69):
            gc.collect()
            counts.append(len(gc.get_objects()))
    texts = 49 * 40  # at most so many new ones, a few objects each
    assert counts[1] - counts[0] < 5 * texts, "one artist a frame would be more: it has some hundred objects"


@pytest.mark.torture
@pytest.mark.parametrize("recipe", [imaging, every_kind], ids=["imaging", "every_kind"])
def test_thousands_of_frames_in_bounded_memory(recipe, lens_snapshot):
    """As the system sees it, after the caches have filled."""
    if recipe is imaging:
        some = [lens_snapshot(seed=seed, amplitude=0.5 + seed / 40, iteration=seed * 997) for seed in range(40)]
        snapshots: Iterator[Snapshot] = itertools.cycle(some)
    else:
        snapshots = (Snapshot(arrays={}, iteration=number) for number in itertools.count())
    draw(recipe, snapshots, 1500)
    before = memory()
    draw(recipe, snapshots, 3500)
    assert memory() - before < 30_000_000
