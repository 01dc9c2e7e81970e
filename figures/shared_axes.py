"""Panels that show the same range of an axis: those that name the same group in `share_x` or `share_y`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from autoviz_render.figures.panels import (
    ColouredPanel,
    ImagePanel,
    LinesPanel,
    MeshPanel,
    Panel,
    ScatterPanel,
    full_extent,
)
from autoviz_render.figures.series import Limits, as_numbers, lines_of, span

_Direction = Literal["x", "y"]


def with_shared_axes(panels: Sequence[Panel]) -> list[Panel]:
    """The panels of a figure, those of a group with the same limits.

    If a panel of a group has limits of its own, the first such ones are those of all; otherwise they hold what each
    panel would show alone. A panel that cannot be drawn has no part in it.
    """
    shared = list(panels)
    directions: tuple[_Direction, _Direction] = ("x", "y")
    for direction in directions:
        groups: dict[str, list[int]] = {}
        for number, panel in enumerate(shared):
            if group := getattr(panel, f"share_{direction}", ""):
                groups.setdefault(group, []).append(number)
        for numbers in groups.values():
            limits = _common([shared[number] for number in numbers], direction)
            for number in numbers if limits else ():
                shared[number] = _limited(shared[number], direction, limits)
    return shared


def _common(panels: list[Any], direction: _Direction) -> Limits | None:
    given = [limits for panel in panels if (limits := _given(panel, direction)) is not None]
    if given:
        low, high = (float(as_numbers(each)) for each in given[0])
        return low, high
    own = list(_own(panels, direction))
    if not own:
        return None
    low, high = min(min(each) for each in own), max(max(each) for each in own)
    return (high, low) if own[0][0] > own[0][1] else (low, high)


def _given(panel: Any, direction: _Direction) -> Any:
    if isinstance(panel, LinesPanel):
        return panel.x_limits if direction == "x" else panel.y_limits
    return panel.view and (panel.view[:2] if direction == "x" else panel.view[2:])


def _own(panels: list[Any], direction: _Direction) -> Iterator[Limits]:
    """What each panel shows of itself."""
    for panel in panels:
        try:
            if isinstance(panel, LinesPanel):
                numbers = lines_of(panel)
                yield numbers.x if direction == "x" else numbers.left
            else:
                extent = _extent(panel)
                yield extent[:2] if direction == "x" else extent[2:]
        except Exception:  # noqa: BLE001, S112 - a stranger's arrays; its own drawing will say what is wrong
            continue


def _extent(panel: ColouredPanel) -> Any:
    if isinstance(panel, ImagePanel):
        return full_extent(panel.values, panel.extent)
    at: Any = panel.mesh if isinstance(panel, MeshPanel) else panel
    places = panel.checked()[:2] if isinstance(panel, ScatterPanel) else map(as_numbers, (at.x, at.y))
    sides = [values[np.isfinite(values)] for values in places]
    margin = 0.0 if isinstance(panel, MeshPanel) else 0.03
    return (
        *span(sides[:1], sides[:1], log=False, margin=margin),
        *span(sides[1:], sides[1:], log=False, margin=margin),
    )


def _limited(panel: Any, direction: _Direction, limits: Limits | None) -> Any:
    if isinstance(panel, LinesPanel):
        return replace(panel, x_limits=limits) if direction == "x" else replace(panel, y_limits=limits)
    view = panel.view or _extent(panel)
    return replace(panel, view=(*limits, *view[2:]) if direction == "x" else (*view[:2], *limits))  # type: ignore[misc]
