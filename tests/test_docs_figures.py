"""The pages about figures: their examples run and are drawn, and their pictures can be drawn again."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from pages import python_blocks

from autoviz_render.figures.panels import CustomPanel, Panel, TextPanel
from autoviz_render.figures.registry import figure_names, find_figure
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool

PAGES = Path(__file__).parents[1] / "docs" / "figures"
FIGURES = ["auto", "history", "imaging", "interferometer", "line", "points", "posterior", "run"]


@pytest.fixture(scope="module")
def pictures():
    """The program that draws the pictures."""
    spec = importlib.util.spec_from_file_location("draw_figures", PAGES / "draw.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", FIGURES)
def test_the_example_of_a_page_publishes_what_its_figure_draws(name, tmp_path, monkeypatch):
    """Copied as it stands, with NumPy alone; it must not end in the text of an error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOVIZ_RENDERER", "none")
    (block,) = python_blocks(f"figures/{name}.md")
    exec(block, {})  # noqa: S102  our own page
    (run_dir,) = (tmp_path / "output").iterdir()
    spool = Spool(run_dir)
    assert spool.info().figures[0] == name
    snapshot = spool.read(spool.newest())
    recipe = find_figure(name)
    panels = [panel for item in recipe(snapshot) for panel in ([item] if isinstance(item, Panel) else item)]
    panels += [inset for panel in panels for inset in getattr(panel, "insets", ())]
    assert len(panels) > 2
    assert not any(isinstance(panel, TextPanel) for panel in panels)
    assert KeptFigure(recipe, dpi=20).draw(snapshot).errors == ()


def test_every_figure_has_a_page_and_every_page_its_place_in_the_index():
    """A figure that nobody can find is not there."""
    assert [name for name in figure_names() if name in FIGURES] == FIGURES
    index = (PAGES / "README.md").read_text()
    for page in PAGES.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index
    for name in FIGURES:
        assert f"]({name}.png)" in (PAGES / f"{name}.md").read_text()


@pytest.mark.parametrize("name", [*FIGURES, "panels"])
def test_every_picture_can_be_drawn_again(name, pictures):
    """A picture of an older program would promise what is no longer there."""
    assert pictures.draw(name, dpi=20).errors == ()
    assert (PAGES / f"{name}.png").stat().st_size < 300_000


def test_every_array_that_a_figure_reads_is_on_its_page():
    """The lists in the modules are for those who change them, the pages for those who publish."""
    for name in FIGURES[1:]:
        recipe = find_figure(name)
        listed = re.findall(
            r"^    ((?:\w+, )*\w+)  +(?:\[|required|a scalar|bool|in )", module_of(recipe), re.MULTILINE
        )
        assert listed or name in ("line", "history")
        page = (PAGES / f"{name}.md").read_text()
        for array in (array for line in listed for array in line.split(", ")):
            assert f"`{array}`" in page or array == "psf", f"{name}.md lacks {array}"


def module_of(recipe) -> str:
    return importlib.import_module(recipe.__module__).__doc__


def test_the_plug_ins_of_the_page_draw():
    """What a package's author copies first."""
    namespace: dict[str, Any] = {}
    for block in python_blocks("figures/plug-ins.md"):
        exec(block, namespace)  # noqa: S102  our own page
    numbers = namespace["x"]
    arrays = {"time": numbers, "flux": numbers, "model": numbers, "data": numbers}
    snapshot = Snapshot(arrays=arrays, static=arrays, parameters={"period": 1.0})
    for name in ("light_curve", "spectrum", "gallery", "two_axes", "variable_star"):
        assert KeptFigure(namespace[name], dpi=20).draw(snapshot).errors == ()
    images = dict.fromkeys(("data", "model", "noise_map"), namespace["image"])
    assert KeptFigure(namespace["temperature"], dpi=20).draw(Snapshot(arrays=images)).errors == ()


def test_the_gallery_has_every_kind_of_panel():
    """A kind that is not shown is written again by hand."""
    namespace: dict[str, Any] = {}
    block = next(block for block in python_blocks("figures/plug-ins.md") if "def gallery" in block)
    exec(block, namespace)  # noqa: S102  our own page
    shown = {type(panel) for panel in namespace["gallery"](Snapshot(arrays={}))}
    kinds = {kind for base in Panel.__subclasses__() for kind in (base.__subclasses__() or [base])}
    assert {kind for kind in kinds if kind.__module__ == CustomPanel.__module__} <= shown | {TextPanel}
