"""Panels are plain values: a search may import them."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from typing import Any, cast

import numpy as np
import pytest

import autoviz_render.figures
from autoviz_render.figures import panels
from autoviz_render.figures.annotations import Guide
from autoviz_render.figures.errors import PanelError
from autoviz_render.figures.panels import Curve, ImagePanel, Panel, ScatterPanel, Series, full_extent

MADE_OF = ("Annotation", "Curve", "Guide", "PolygonalMesh", "RectangularMesh", "Series", "TriangularMesh")


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


NOTHING = np.zeros((3, 3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ImagePanel("a", NOTHING, scale=cast(Any, "cubic")), "scale is 'cubic'; expected one of: 'linear', "),
        (lambda: ImagePanel("a", NOTHING, scale=cast(Any, "symetric")), "'symmetric'"),
        (lambda: ScatterPanel("a", [1.0], [1.0], [1.0], colours="virdis"), "colours is 'virdis'; .* viridis"),
        (lambda: ImagePanel("a", NOTHING, colours="nosuch"), "expected a colour map of Matplotlib"),
        (lambda: Series([1.0], [1.0], axis=cast(Any, "top")), "axis is 'top'; expected one of: 'left', 'right'"),
        (lambda: Series([1.0], [1.0], style="dash"), "style is 'dash'; expected one of: '-', "),
        (lambda: Curve([1.0], [1.0], style="x"), "style is 'x'"),
        (lambda: Guide(x=1.0, style="x"), "style is 'x'"),
        (Guide, "it needs one of them"),
        (lambda: Guide(x=1.0, y=1.0), "it needs one of them"),
    ],
)
def test_what_there_is_not_is_refused_when_a_panel_is_made(make, message):
    """In the reader's own line, not in a renderer's log; a stretch that is not known would else be drawn linear."""
    with pytest.raises(PanelError, match=message):
        make()


@pytest.mark.parametrize("style", ["-", "--", ":", "-.", "", "dashed", (0, (5, 1))])
@pytest.mark.parametrize("colours", ["inferno", "Blues", "tab20"])
def test_what_matplotlib_has_is_accepted(style, colours):
    """The names of its maps and styles are what people know."""
    Series([1.0], [1.0], style=style)
    ImagePanel("a", NOTHING, colours=colours)


@pytest.mark.parametrize("kind", [panels.ImagePanel, panels.MeshPanel, panels.ScatterPanel, panels.LinesPanel])
def test_the_docstring_of_a_panel_names_all_of_its_attributes_once(kind):
    """`help(ImagePanel)` shows one class: what it inherits is asked for as often as what is its own."""
    text = inspect.cleandoc(kind.__doc__).partition("Attributes:")[2]
    named = [name for line in re.findall(r"^    (\w+(?:, \w+)*):", text, re.MULTILINE) for name in line.split(", ")]
    assert sorted(named) == sorted(each.name for each in fields(kind))


def test_a_panel_of_ones_own_says_what_it_inherits():
    """A user's subclass, too; one without a docstring stays without."""

    class Map(ImagePanel):
        """A map."""

    class Bare(ImagePanel):
        pass

    assert Map.__doc__.startswith("A map.")
    assert "colours: The name" in Map.__doc__
    assert Bare.__dict__.get("__doc__") is None


def test_a_picture_is_checked_and_has_no_values_to_colour():
    """The limits of a film's colours must not be taken from red, green and blue."""
    picture = ImagePanel("a", np.full((3, 4, 3), 255, np.uint8))
    assert picture.is_picture
    assert picture.coloured_values().size == 0
    np.testing.assert_array_equal(picture.checked()[0], np.ones((3, 4, 3)))
    with pytest.raises(ValueError, match="an image is array"):
        ImagePanel("a", np.zeros((3, 4, 5))).checked()
