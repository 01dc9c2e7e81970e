"""What a recipe returns, or what it fails with, told to the person who wrote it: which function, where, what to do."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from autoviz_render.figures.errors import RecipeError
from autoviz_render.figures.panels import Panel, PanelsOf
from autoviz_render.figures.registry import Recipe
from autoviz_render.renderer.plot.page import Page
from autoviz_render.spool.errors import AutovizError, nearest
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.text import cut, in_one_line, named_place, place_of

_LONGEST_LIST = 300  # characters


def panels_of(recipe: Recipe, snapshot: Snapshot) -> list[Any]:
    """What a recipe returns: panels, or rows of panels.

    Raises:
        RecipeError: It returns something else; the message names it and says where it is.
        Exception: Whatever it raises.
    """
    returned: object = recipe(snapshot)
    if not isinstance(returned, Iterable) or isinstance(returned, (str, bytes, Mapping, np.ndarray)):
        hint = ""
        if returned is None:
            hint = ": is its `return` missing?"
        elif isinstance(returned, Panel):
            hint = ": return [panel]"
        raise _refused(recipe, "what", returned, f"a list of panels{hint}")
    items = list(returned)
    for number, item in enumerate(items, 1):
        row = item if isinstance(item, Sequence) and not isinstance(item, (str, bytes)) else [item]
        for each in row:
            if not isinstance(each, Panel):
                raise _refused(recipe, f"item {number} of what", each, "a panel, such as ImagePanel")
    return returned if isinstance(returned, PanelsOf) else items


def for_page(recipe: Recipe, page: Page) -> tuple[Recipe, Page]:
    """The recipe for a page, and the page; a recipe with an argument `panel` is told which one is asked for."""
    if page.panel is None or not follows_panel(recipe):
        return recipe, page
    any_recipe: Any = recipe
    return partial(any_recipe, panel=page.panel), replace(page, panel=None)


def follows_panel(recipe: Recipe) -> bool:
    """Whether a recipe has an argument `panel`: it shows one panel in its own way, at several moments."""
    with contextlib.suppress(ValueError, TypeError):  # a builtin has no signature
        return "panel" in inspect.signature(recipe).parameters
    return False


def told(error: BaseException, recipe: Recipe, snapshot: Snapshot) -> str:
    """What a recipe failed with, in one line: for a name that is not there, also what is."""
    line = in_one_line(error)
    if isinstance(error, AutovizError):
        return line
    if place := place_of(error):
        line = f"{line} ({place})"
    elif not getattr(recipe, "__module__", "").startswith("autoviz_render."):
        line = f"{line}, in {named_place(recipe)}"
    if type(error) is not KeyError or not error.args or not isinstance(key := error.args[0], str):
        return line
    names = {"arrays": snapshot.arrays, "static": snapshot.static, "parameters": snapshot.parameters}
    if any(key in each for each in names.values()):
        return line
    there = "; ".join(f"{what}: {cut(', '.join(each), _LONGEST_LIST) or 'none'}" for what, each in names.items())
    return f"{line}; the snapshot has {there}{nearest(key, [name for each in names.values() for name in each])}"


def _refused(recipe: Recipe, what: str, value: object, expected: str) -> RecipeError:
    return RecipeError(wrong(f"{what} {named_place(recipe)} returned", value, f"expected {expected}"))
