"""Recipes: functions that turn a snapshot into the panels of a figure, found by name.

A recipe is a pure function `Snapshot -> list[Panel]`, laid out by the number of panels, or `-> list[list[Panel]]`,
laid out in those rows. It reads the snapshot and nothing else: no clock, no files. Its arrays are kept until the next
frame, to see what changed: make new ones, do not fill the old.

    auto, imaging, interferometer, line, posterior, run    those that come with the package: docs/figures shows them
    reading, lensing, visibilities, residuals              what several of them share

A package adds a figure by an entry point in the group `autoviz_render.figures`:

    [options.entry_points]
    autoviz_render.figures =
        spectrum = mypackage.figures:spectrum

A spool names its figure; it never names code: `find_figure` takes names only, and `load_figure`, which imports what
it is told to, is for the command line.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, TypeAlias

from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.text import in_one_line

if TYPE_CHECKING:
    from autoviz_render.figures.panels import Panel
    from autoviz_render.spool.snapshot import Snapshot

Recipe: TypeAlias = "Callable[[Snapshot], Sequence[Panel] | Sequence[Sequence[Panel]]]"

GROUP = "autoviz_render.figures"

_BUILT_IN = {
    "auto": "autoviz_render.figures.builtin.auto:auto",
    "imaging": "autoviz_render.figures.builtin.imaging:imaging",
    "interferometer": "autoviz_render.figures.builtin.interferometer:interferometer",
    "line": "autoviz_render.figures.builtin.line:line",
    "posterior": "autoviz_render.figures.builtin.posterior:posterior",
    "run": "autoviz_render.figures.builtin.run:run",
}
"""The figures that need no installed entry points: a source tree, or a frozen program, has none."""


class FigureError(AutovizError, LookupError):
    """A figure that is not there, cannot be loaded, or lacks what it draws. The message is one line."""


def figure_names() -> list[str]:
    """The names that `find_figure` knows: the built-in ones, then those of installed packages."""
    return [*_BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(_BUILT_IN))]


def find_figure(name: str) -> Recipe:
    """The recipe of a name. A built-in name means the built-in figure, whatever is installed.

    Raises FigureError where no figure, or more than one, has the name, or where its package cannot be imported.
    """
    return load_figure(find_target(name))


def find_target(name: str) -> str:
    """Where the recipe of a name is, `module:function`, without importing it. Raises FigureError as `find_figure`."""
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    found = {point.value: point for point in entry_points(group=GROUP) if point.name == name}
    if not found:
        raise FigureError(f"no figure is named {name!r}; there are: {', '.join(figure_names())}")
    if len(found) > 1:
        offers = ", ".join(sorted(_offer(point) for point in found.values()))
        raise FigureError(f"figure {name!r} is offered more than once: {offers}; uninstall all but one")
    return next(iter(found))


def load_figure(target: str) -> Recipe:
    """The recipe `module:function`, after importing its module: for names a person typed, never for names in a spool.

    Raises FigureError where the module or the function is not there.
    """
    module_name, colon, path = target.partition(":")
    if not (module_name and colon and path):
        raise FigureError(f"figure {target!r} is not of the form module:function")
    try:
        value: object = importlib.import_module(module_name)
    except Exception as error:  # importing runs a stranger's code: any failure is theirs to read
        raise FigureError(f"figure {target!r}: importing {module_name} failed: {in_one_line(error)}") from error
    for attribute in path.split("."):
        try:
            value = getattr(value, attribute)
        except AttributeError:
            raise FigureError(f"figure {target!r}: {module_name} has no {path}") from None
    if not callable(value):
        raise FigureError(f"figure {target!r} is a {type(value).__name__}, not a function of a snapshot")
    return value


def _offer(point: EntryPoint) -> str:
    package = point.dist.name if point.dist is not None else "?"
    return f"{point.value} ({package})"
