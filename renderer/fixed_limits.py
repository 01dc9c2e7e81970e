"""The same place and the same colour for the same value, from frame to frame."""

from __future__ import annotations

import logging
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from autoviz_render.figures.colours import range_of
from autoviz_render.figures.numbers import whole
from autoviz_render.figures.panels import ColouredPanel, HistogramPanel, LinesPanel, Panel, ScatterPanel
from autoviz_render.figures.registry import Recipe
from autoviz_render.figures.series import lines_of
from autoviz_render.figures.shared_axes import with_shared_axes
from autoviz_render.renderer.plot import layout
from autoviz_render.renderer.plot.artists import artists_of
from autoviz_render.renderer.recipes import follows_panel
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

Limits = Mapping[str, Any]
"""Fields of a panel that keep its axes and its colours, and their values."""

log = logging.getLogger("autoviz_render.renderer")

_NUMBER = re.compile(r"[-+\N{MINUS SIGN}]?\d[\d.,]*(?:e[-+]?\d+)?")


def with_limits_of(recipe: Recipe, snapshot: Snapshot) -> Recipe:
    """The recipe, with the axes and the colour limits that its panels have in one snapshot.

    This holds for panels for which the recipe sets limits, too: limits taken from the data are the same at every
    snapshot, and limits taken from the model would move with it. A panel is identified by its title and place, or by
    its title alone if it moved; numbers in a title may change. In its place it is identified by its title up to a
    comma, too, and takes over what follows, which may speak of the limits. A panel that is not identified, or could be
    either of two, keeps its own limits. Points that it
    would show, and that lie beyond its axes now, are counted in its title. A recipe that follows a panel over the run
    has the same limits in all its panels anyway, and stays as it is.
    """
    if follows_panel(recipe):
        return recipe
    known = _known(recipe, snapshot)

    def limited(panel: Any, place: Hashable) -> Panel:
        if insets := getattr(panel, "insets", ()):
            panel = replace(panel, insets=[limited(each, (place, number)) for number, each in enumerate(insets)])
        found = next(filter(None, map(known.get, _keys(panel, place))), None)
        return panel if found is None else _counted(panel, replace(panel, **found))

    def with_limits(snapshot: Snapshot) -> Any:
        items: list[Any] = list(recipe(snapshot))
        panels = (limited(panel, slot) for slot, panel in layout.arrange(items)[1])
        return [[next(panels) for _ in item] if isinstance(item, Sequence) else next(panels) for item in items]

    return with_limits


def hold(recipe: Recipe, like: Snapshot, snapshot: Snapshot) -> bool:
    """Whether all that the panels of a snapshot show lies within the limits of another one, by their titles."""
    known, now = _known(recipe, like), _known(recipe, snapshot)
    return all(_is_within(limits, wide) for key, limits in now.items() if limits and (wide := known.get(key)))


def _is_within(inner: Limits, outer: Limits) -> bool:
    """Whether the ranges of some limits lie in those of others, as far as both have them."""
    return all(
        min(wide) <= min(narrow) and max(narrow) <= max(wide)
        for (name, narrow), (other, wide) in product(_ranges(inner), _ranges(outer))
        if name == other
    )


def _ranges(limits: Limits) -> list[tuple[str, Sequence[float]]]:
    """The ranges among the limits of a panel by name: of its colours, and of its axes."""
    found = [(name, value) for name, value in limits.items() if name.endswith("_limits") and value is not None]
    if "low" in limits:
        found.append(("colours", (limits["low"], limits["high"])))
    if limits.get("view") is not None:
        found += [("x", limits["view"][:2]), ("y", limits["view"][2:])]
    return found


def _known(recipe: Recipe, snapshot: Snapshot) -> dict[Hashable, Limits | None]:
    """The limits by each key of a panel; None if two panels with other limits have the same key."""
    known: dict[Hashable, Limits | None] = {}
    try:
        slots, panels = zip(*layout.arrange(recipe(snapshot))[1], strict=True)
    except Exception:  # the figure of this snapshot will show the error
        log.debug("the recipe failed", exc_info=True)
        return known
    for place, panel in _places(slots, with_shared_axes(panels)):
        if found := _limits(panel):
            *surest, last = _keys(panel, place)
            for key in surest:
                known[key] = found if known.get(key, found) == found else None
            known[last] = {**found, "title": panel.title}
    return known


def _places(places: Iterable[Hashable], panels: Iterable[Panel]) -> Iterator[tuple[Hashable, Panel]]:
    """Each panel and its place, and those that stand within it."""
    for place, panel in zip(places, panels, strict=True):
        yield place, panel
        insets = getattr(panel, "insets", ())
        yield from _places([(place, number) for number in range(len(insets))], insets)


def _keys(panel: Panel, place: Hashable) -> Iterator[Hashable]:
    """What a panel is known by, the surest first: as what its scales are, it does not change them."""
    kind = type(panel), *(getattr(panel, name, None) for name in ("scale", "x_log", "y_log", "right_log"))
    yield kind, panel.title, place
    yield kind, panel.title
    yield kind, _NUMBER.sub("", panel.title), "words"
    yield kind, panel.title.partition(", ")[0], place, "first words"


def _limits(panel: Panel) -> Limits:
    """The limits that the panel is drawn with; none if it cannot be drawn."""
    try:
        axes = artists_of(panel).axes(panel)
        if not isinstance(panel, ColouredPanel):
            return axes
        found = range_of(panel)
        return {**axes, "low": found.low, "high": found.high}
    except Exception:  # a stranger's panel; the figure will show the error
        log.debug("a panel without limits", exc_info=True)
        return {}


def _counted(panel: Panel, limited: Panel) -> Panel:
    """The panel with other limits, and in its title how many points it does not show any more."""
    try:
        lost = _beyond(limited) - _beyond(panel)
    except Exception:  # a stranger's panel; the figure will show the error
        log.debug("a panel without points", exc_info=True)
        return limited
    return limited if lost <= 0 else replace(limited, title=f"{limited.title}, {whole(lost)} beyond")


def _beyond(panel: Panel) -> int:
    """How many points of a panel lie beyond its axes."""
    axes = artists_of(panel).axes(panel)
    if isinstance(panel, ScatterPanel):
        x, y, _, _ = panel.checked()
        return _outside((x, axes["view"][:2]), (y, axes["view"][2:]))
    if isinstance(panel, HistogramPanel):
        return _outside((np.asarray(panel.values, np.float64), (axes["bins"][0], axes["bins"][-1])))
    if not isinstance(panel, LinesPanel):
        return 0
    numbers = lines_of(panel)
    sides = [(each, numbers.right if each.is_right else numbers.left) for each in numbers.series]
    sides += [(each, numbers.below) for each in numbers.residuals]
    return sum(_outside((points.x, numbers.x), (points.y, limits or numbers.left)) for points, limits in sides)


def _outside(*along: tuple[Floats, Sequence[float]]) -> int:
    """How many points are finite and beyond limits in one direction at least."""
    finite = np.logical_and.reduce([np.isfinite(values) for values, _ in along])
    beyond = [(values < min(limits)) | (values > max(limits)) for values, limits in along]
    return int(np.count_nonzero(finite & np.logical_or.reduce(beyond)))
