"""Stretches and limits that were chosen: by the run for an array, or by the person who looks, for a whole figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy as np

from autoviz_render.figures.colours import colour_range, range_of
from autoviz_render.figures.panels import ColouredPanel
from autoviz_render.figures.registry import Recipe
from autoviz_render.spool.arrays import Floats, Mask
from autoviz_render.spool.format.colour_scales import parse_interval, parse_scale, parse_stretch
from autoviz_render.spool.snapshot import Snapshot


def said_colours(
    snapshot: Snapshot, names: str | Sequence[str], values: Floats, mask: Mask | None, otherwise: dict[str, Any]
) -> dict[str, Any]:
    """The colours that a run chose for an array, as settings of a panel.

    Args:
        snapshot: That says so.
        names: Of the array; of several the first of which it says something.
        values: array[...], whose limits these are.
        mask: Of the same shape, True where masked.
        otherwise: The settings if the run does not say.
    """
    text = next((snapshot.scales[name] for name in _listed(names) if name in snapshot.scales), "")
    if not text:
        return otherwise
    stretch, interval = parse_scale(text)
    chosen = dict(otherwise)
    if stretch is not None:
        chosen |= {"scale": stretch.name, "exponent": stretch.exponent}
    if interval:
        limits = colour_range(values, mask, scale=chosen.get("scale", "linear"), interval=interval)
        chosen |= {"low": limits.low, "high": limits.high}
    return chosen


def with_colours(recipe: Recipe, stretch: str | None, interval: str | None) -> Recipe:
    """The recipe with the stretch and the limits that a person chose.

    They hold for every panel with a colour bar, except those whose colours are centred on zero. Panels to which the
    recipe gave the same limits, such as data and model, keep the same: those of the first. Two limits in numbers hold
    for the panels in the unit of the first one.

    Args:
        recipe: Whose panels are changed.
        stretch: As `parse_stretch` takes it; None leaves them as they are.
        interval: As `parse_interval` takes it; None likewise.
    """
    if stretch is None and interval is None:
        return recipe

    @wraps(recipe)  # with its arguments: one that follows a panel is told which
    def recoloured(snapshot: Snapshot, **told: Any) -> Any:
        items: list[Any] = list(recipe(snapshot, **told))
        change = _change(stretch, interval)
        return [[change(each) for each in item] if isinstance(item, Sequence) else change(item) for item in items]

    return recoloured


def _change(stretch: str | None, interval: str | None) -> Callable[[Any], Any]:
    limits: dict[object, tuple[float, float]] = {}
    first_unit: list[str] = []
    chosen = None if stretch is None else parse_stretch(stretch)

    def change(panel: Any) -> Any:
        if not _can_change(panel):
            return panel
        if chosen is not None:
            panel = replace(panel, scale=chosen.name, exponent=chosen.exponent)
        if interval is None:
            return panel
        first_unit.append(panel.unit)
        if parse_interval(interval).name == "limits" and panel.unit != first_unit[0]:
            return panel
        key = (panel.unit, panel.low, panel.high) if None not in (panel.low, panel.high) else object()
        if key not in limits:
            found = range_of(replace(panel, low=None, high=None, interval=interval))
            limits[key] = found.low, found.high
        low, high = limits[key]
        return replace(panel, low=low, high=high)

    return change


def _can_change(panel: Any) -> Any:
    """Whether a panel has colours that run from low to high. One that cannot be drawn will say so itself."""
    if not isinstance(panel, ColouredPanel) or panel.scale == "symmetric" or getattr(panel, "is_picture", False):
        return False
    try:
        return np.asarray(getattr(panel, "values", 0.0)).dtype.kind != "b" and panel.coloured_values().size > 0
    except Exception:  # noqa: BLE001 - a stranger's arrays
        return False


def _listed(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names
