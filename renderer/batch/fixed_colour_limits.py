"""The same colour for the same value, from frame to frame."""

from __future__ import annotations

import logging
import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from autoviz_render.figures.colours import ColourRange, colour_range
from autoviz_render.figures.panels import ColouredPanel, Panel
from autoviz_render.figures.registry import Recipe
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.layout import GridSlot
from autoviz_render.spool.snapshot import Snapshot

log = logging.getLogger("autoviz_render.renderer")

_NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?\d[\d.,]*(?:e[-+]?\d+)?")


def with_limits_of(recipe: Recipe, snapshot: Snapshot) -> Recipe:
    """The recipe, with the colour limits that its panels have in one snapshot.

    This holds for panels for which the recipe sets limits, too: limits taken from the data are the same at every
    snapshot, and limits taken from the model would move with it. A panel is identified by its title and place, or by
    its title alone if it moved; numbers in a title may change. A panel that is not identified, or could be either of
    two, keeps its own limits.
    """
    known = _ranges(recipe, snapshot)

    def limited(panel: Panel, slot: GridSlot) -> Panel:
        if not isinstance(panel, ColouredPanel):
            return panel
        found = next(filter(None, map(known.get, _keys(panel, slot))), None)
        return panel if found is None else replace(panel, low=found.low, high=found.high)

    def with_limits(snapshot: Snapshot) -> Any:
        items: list[Any] = list(recipe(snapshot))
        panels = (limited(panel, slot) for slot, panel in layout.arrange(items)[1])
        return [[next(panels) for _ in item] if isinstance(item, Sequence) else next(panels) for item in items]

    return with_limits


def _ranges(recipe: Recipe, snapshot: Snapshot) -> dict[Hashable, ColourRange | None]:
    """The limits by each key of a panel; None if two panels with other limits have the same key."""
    known: dict[Hashable, ColourRange | None] = {}
    try:
        arranged = layout.arrange(recipe(snapshot))[1]
    except Exception:  # the figure of this snapshot will show the error
        log.debug("the recipe failed", exc_info=True)
        return known
    for slot, panel in arranged:
        if isinstance(panel, ColouredPanel) and (found := _range(panel)) is not None:
            for key in _keys(panel, slot):
                known[key] = found if known.get(key, found) == found else None
    return known


def _keys(panel: ColouredPanel, slot: GridSlot) -> Iterator[Hashable]:
    """What a panel is known by, the surest first."""
    yield panel.scale, panel.title, slot
    yield panel.scale, panel.title
    yield panel.scale, _NUMBER.sub("", panel.title), "words"


def _range(panel: ColouredPanel) -> ColourRange | None:
    """The limits that the panel is drawn with; None if it cannot be drawn."""
    try:
        return colour_range(panel.coloured_values(), scale=panel.scale, low=panel.low, high=panel.high)
    except Exception:  # a stranger's panel; the figure will show the error
        log.debug("a panel without limits", exc_info=True)
        return None
