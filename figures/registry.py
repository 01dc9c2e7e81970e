"""Recipes by their names: the built-in ones, and those of installed packages.

A recipe is a pure function of a snapshot. It returns a list of panels, laid out by their number, or a list of rows of
panels. It reads the snapshot and nothing else: no clock, no files. The renderer keeps its arrays until the next frame,
to see what changed: a recipe makes new arrays and does not fill old ones.

Of most recipes, `--panel` draws one panel alone. A recipe with an argument of the name `panel` is called with what it
says, and all that it returns is drawn: the figure `history` follows that panel.

A built-in figure is a function in the module of its name in `autoviz_render.figures.builtin`, and its name stands in
`BUILT_IN`. Another package adds a figure by an entry point in the group `autoviz_render.figures`::

    [options.entry_points]
    autoviz_render.figures =
        spectrum = mypackage.figures:spectrum

A spool names its figure and never names code. `find_figure` takes names only; `load_figure` imports what it is told
to, and is for what a person typed on the command line.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from autoviz_render.figures.errors import FigureError
from autoviz_render.spool.errors import nearest
from autoviz_render.spool.text import in_one_line

if TYPE_CHECKING:
    from autoviz_render.figures.panels import Panel
    from autoviz_render.spool.snapshot import Snapshot

__all__ = ["BUILT_IN", "GROUP", "FigureError", "Recipe", "figure_names", "find_figure", "find_target", "load_figure"]

Recipe: TypeAlias = "Callable[[Snapshot], Sequence[Panel] | Sequence[Sequence[Panel]]]"

GROUP = "autoviz_render.figures"

BUILT_IN = ("auto", "history", "imaging", "interferometer", "line", "points", "posterior", "run")
"""The built-in figures. They need no entry points: a source tree, or a frozen program, has none."""


def figure_names() -> list[str]:
    """The names that `find_figure` knows: the built-in ones, then those of installed packages in alphabetical order."""
    return [*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN))]


def find_figure(name: str) -> Recipe:
    """The recipe of a name. A built-in name means the built-in figure, whatever is installed.

    Raises:
        FigureError: No figure, or more than one, has the name, or its package cannot be imported.
    """
    return load_figure(find_target(name))


def find_target(name: str) -> str:
    """Where the recipe of a name is, as `module:function`. Nothing is imported.

    Raises:
        FigureError: No figure, or more than one, has the name.
    """
    if name in BUILT_IN:
        return f"autoviz_render.figures.builtin.{name}:{name}"
    found = {point.value: point for point in entry_points(group=GROUP) if point.name == name}
    if not found:
        known = figure_names()
        raise FigureError(f"no figure is named {name!r}; there are: {', '.join(known)}{nearest(name, known)}")
    if len(found) > 1:
        offers = sorted(f"{point.value} ({point.dist.name if point.dist else '?'})" for point in found.values())
        raise FigureError(f"figure {name!r} is offered more than once: {', '.join(offers)}; uninstall all but one")
    return next(iter(found))


def load_figure(target: str) -> Recipe:
    """The recipe at a path, after importing its module: for paths that a person typed, never for names in a spool.

    Args:
        target: `module:function`.

    Raises:
        FigureError: The module cannot be imported, or the function is not in it.
    """
    module_name, colon, path = target.partition(":")
    if not (module_name and colon and path):
        raise FigureError(f"figure {target!r} is not of the form module:function")
    try:
        value: object = importlib.import_module(module_name)
    except Exception as error:  # importing runs a stranger's code: any failure is theirs to read
        raise FigureError(f"figure {target!r}: importing {module_name} failed: {in_one_line(error)}") from error
    try:
        value = attrgetter(path)(value)
    except AttributeError:
        raise FigureError(f"figure {target!r}: {module_name} has no {path}") from None
    if not callable(value):
        raise FigureError(f"figure {target!r} is a {type(value).__name__}, not a function of a snapshot")
    return value
