"""Figures are found by name; code is imported from a path only if a person typed it."""

from __future__ import annotations

import configparser
import pickle
import re
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from autoviz_render.figures import registry
from autoviz_render.figures.builtin.auto import auto
from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.registry import FigureError, figure_names, find_figure, load_figure

ROOT = Path(__file__).parents[2]
BUILT_IN = ["auto", "history", "imaging", "interferometer", "line", "points", "posterior", "run"]


def install(monkeypatch, *points):
    """Makes the entry points look installed, and no others."""
    found = [EntryPoint(name, value, registry.GROUP) for name, value in points]
    monkeypatch.setattr(registry, "entry_points", lambda group: found if group == registry.GROUP else [])


def source_text(name):
    return (ROOT / "figures" / "builtin" / f"{name}.py").read_text()


def test_the_built_in_figures_are_found_without_installed_entry_points(monkeypatch):
    """A source tree on PYTHONPATH has no metadata, and its runs are drawn all the same."""
    install(monkeypatch)
    assert find_figure("auto") is auto
    assert find_figure("imaging") is imaging
    assert figure_names() == BUILT_IN
    assert [find_figure(name).__name__ for name in BUILT_IN] == BUILT_IN


def test_a_built_in_figure_is_its_module_one_line_in_the_registry_and_its_page():
    """A recipe in a module that nobody can name is dead; a name without a page is unknown to its users."""
    assert list(registry.BUILT_IN) == BUILT_IN
    modules = {path.stem for path in (ROOT / "figures" / "builtin").glob("*.py")}
    recipes = [name for name in sorted(modules) if re.search(rf"\ndef {name}\(\s*snapshot", source_text(name))]
    assert recipes == BUILT_IN
    for name in BUILT_IN:
        assert find_figure(name).__module__ == f"autoviz_render.figures.builtin.{name}"
        assert (ROOT / "docs" / "figures" / f"{name}.md").is_file()


def test_setup_cfg_does_not_name_the_built_in_figures_once_more():
    """Two lists of the same names differ one day; a name in the registry is found with and without metadata."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert registry.GROUP not in settings["options.entry_points"]


def test_a_figure_of_an_installed_package_is_found(monkeypatch):
    """The way by which other packages add figures."""
    install(monkeypatch, ("spectrum", "autoviz_render.figures.builtin.auto:auto"))
    assert find_figure("spectrum") is auto
    assert figure_names() == [*BUILT_IN, "spectrum"]


def test_a_built_in_name_cannot_be_taken_over(monkeypatch):
    """The same name must mean the same figure on every machine that renders the run."""
    install(monkeypatch, ("imaging", "nowhere:at_all"))
    assert find_figure("imaging") is imaging


def test_an_unknown_name_is_answered_with_the_known_ones():
    """The person who mistyped should not have to look elsewhere."""
    with pytest.raises(FigureError, match=r"no figure is named 'imagin'; there are: auto, history, imaging"):
        find_figure("imagin")


def test_a_name_offered_by_two_packages_is_refused(monkeypatch):
    """Which one is drawn must not depend on the order of the import path."""
    install(monkeypatch, ("spectrum", "one:figure"), ("spectrum", "two:figure"))
    with pytest.raises(FigureError, match="offered more than once: one:figure .*two:figure"):
        find_figure("spectrum")


def test_a_path_is_no_name():
    """A spool names its figure: what a stranger's spool says must never import code."""
    with pytest.raises(FigureError, match="no figure is named"):
        find_figure("autoviz_render.figures.builtin.auto:auto")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("auto", "not of the form module:function"),
        ("no_such_module_here:figure", "importing no_such_module_here failed: ModuleNotFoundError"),
        ("autoviz_render.figures.builtin.auto:nothing", "has no nothing"),
        ("autoviz_render.figures.registry:GROUP", "is a str, not a function"),
    ],
)
def test_a_path_that_leads_nowhere_is_explained_in_one_line(target, message):
    """On the command line an error is one line that names what is wrong."""
    with pytest.raises(FigureError, match=message) as raised:
        load_figure(target)
    assert "\n" not in str(raised.value)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_a_module_that_breaks_on_import_is_explained(tmp_path, monkeypatch):
    """The figure is the user's own: its first run is often a failing one."""
    (tmp_path / "broken_figure.py").write_text("raise RuntimeError('two\\nlines')")
    (tmp_path / "good_figure.py").write_text("def draw(snapshot):\n    return []\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FigureError, match="importing broken_figure failed: RuntimeError: two lines"):
        load_figure("broken_figure:draw")
    assert load_figure("good_figure:draw").__name__ == "draw"
