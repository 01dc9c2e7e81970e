"""Panels are plain values: a search may import them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import autoviz_render.figures
from autoviz_render.figures import panels
from autoviz_render.figures.panels import ImagePanel, Panel, full_extent

MADE_OF = ("Curve", "PolygonalMesh", "RectangularMesh", "Series", "TriangularMesh")


def test_recipes_and_panels_load_neither_matplotlib_nor_jax():
    """A process that only looks for a figure's name must not pay a second for Matplotlib."""
    code = (
        "import sys\n"
        "import autoviz_render.figures.panels, autoviz_render.figures.registry as figures\n"
        "[figures.find_figure(name) for name in figures.figure_names()]\n"
        "print([name for name in ('matplotlib', 'jax') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_drawing_loads_neither_pyplot_nor_jax():
    """Pyplot keeps figures alive and leaks over days; jax would take the accelerator's memory."""
    code = (
        "import sys\n"
        "import autoviz_render.renderer.plot.drawing\n"
        "print([name for name in ('matplotlib.pyplot', 'jax') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_panel_cannot_be_changed_after_it_was_made():
    """A kept figure compares a panel with the one before: neither may change in between."""
    panel = ImagePanel("an image", np.zeros((2, 3)))
    with pytest.raises(FrozenInstanceError):
        panel.title = "another"  # type: ignore[misc]


def test_the_panels_have_public_names():
    """A recipe in a user's package imports them from the front door."""
    kinds = [name for name, each in vars(panels).items() if isinstance(each, type) and issubclass(each, Panel)]
    for name in sorted({*kinds, *MADE_OF} - {"ColouredPanel"}):
        assert getattr(autoviz_render.figures, name) is getattr(panels, name)
        assert getattr(autoviz_render, name) is getattr(panels, name)
    assert issubclass(autoviz_render.TablePanel, Panel)


def test_an_image_without_an_extent_counts_its_pixels():
    """Rows are y: a wide image must not come out tall."""
    assert full_extent(np.zeros((2, 3)), None) == (0.0, 3.0, 0.0, 2.0)
    assert full_extent(np.zeros((2, 3)), (-1, 1, -2, 2)) == (-1.0, 1.0, -2.0, 2.0)
