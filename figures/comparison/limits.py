"""One set of colour limits and one view for several panels: the same place and the same colour for the same value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from autoviz_render.figures.colours import colour_range, robust_limits, shown_values
from autoviz_render.figures.panels import (
    ColouredPanel,
    CornerPanel,
    Extent,
    HistogramPanel,
    ImagePanel,
    LinesPanel,
    MeshPanel,
    Panel,
    ScatterPanel,
    full_extent,
)
from autoviz_render.figures.samples.corner import CornerSamples
from autoviz_render.figures.series import lines_of, span
from autoviz_render.spool.arrays import Floats

C = TypeVar("C", bound=ColouredPanel)

Pair = tuple[float, float]


def with_common_colours(panels: Sequence[C]) -> list[C]:
    """The panels with limits that hold what each of them would show alone, and with the scale of the first.

    Raises:
        ValueError: The arrays of one do not fit together.
    """
    scale, colours = panels[0].scale, panels[0].colours
    found = [limits for panel in panels if (limits := own_limits(panel)) is not None]
    if not found:
        return list(panels)
    low, high = min(low for low, _ in found), max(high for _, high in found)
    shared: dict[str, Any] = {"scale": scale, "colours": colours, "low": low, "high": high}
    if scale == "symmetric":
        shared |= {"low": -max(-low, high), "high": max(-low, high)}
    return [replace(panel, **shared) for panel in panels]


def own_limits(panel: ColouredPanel) -> Pair | None:
    """The limits that a panel would have; of equal values these themselves, and None if nothing is finite.

    Raises:
        ValueError: Its arrays do not fit together.
    """
    shown = shown_values(panel.coloured_values(), None)
    if panel.scale == "log":
        shown = shown[shown > 0]
    if not shown.size:
        return None
    low, high = float(shown.min()), float(shown.max())
    if low == high:
        return low, high  # what a recipe says of an empty image says nothing of another one
    limits = colour_range(shown, scale=panel.scale, low=panel.low, high=panel.high)
    return limits.low, limits.high


def size_of(values: Floats) -> float:
    """The largest finite value, without its sign, unless it lies far outside the rest; 0 if there is none."""
    return robust_limits(np.abs(shown_values(values, None)))[1] if np.isfinite(values).any() else 0.0


def with_one_view(panels: Sequence[C]) -> list[C]:
    """The panels showing one part of the plane, which holds what each of them would show alone.

    Raises:
        ValueError: The arrays of one do not fit together.
    """
    views = [panel.view or own_view(panel) for panel in panels]
    x = _union([view[:2] for view in views])
    y = _union([view[2:] for view in views])
    return [replace(panel, view=(*x, *y), share_x="", share_y="") for panel in panels]


def own_view(panel: ColouredPanel) -> Extent:
    """The part of the plane that a panel shows if it is not told.

    Raises:
        ValueError: There is no point in it.
    """
    if isinstance(panel, ImagePanel):
        return full_extent(panel.values, panel.extent)
    if isinstance(panel, ScatterPanel):
        x, y, _, _ = panel.checked()
        return (*span([x], [x], log=panel.x_log, margin=0.03), *span([y], [y], log=panel.y_log, margin=0.03))
    if isinstance(panel, MeshPanel):
        sides = [np.asarray(each, np.float64) for each in (panel.mesh.x, panel.mesh.y)]
        finite = [side[np.isfinite(side)] for side in sides]
        if all(each.size for each in finite):
            (x0, x1), (y0, y1) = ((float(each.min()), float(each.max())) for each in finite)
            return x0, x1, y0, y1
    raise ValueError(f"a {type(panel).__name__} without points")


def _union(sides: Sequence[Any]) -> Pair:
    """Limits that hold several, in the direction of the first."""
    low, high = min(min(side) for side in sides), max(max(side) for side in sides)
    return (high, low) if sides[0][0] > sides[0][1] else (low, high)


def held_to(panel: Panel, like: Panel) -> Panel:
    """A panel with the axes and the colours of another one of its kind; as it is if it is of another kind.

    Raises:
        ValueError: The arrays of one do not fit together.
    """
    if isinstance(panel, ColouredPanel) and isinstance(like, ColouredPanel):
        shared: dict[str, Any] = {"view": like.view or own_view(like), "share_x": "", "share_y": ""}
        if not getattr(like, "is_picture", False):
            shared |= {"scale": like.scale, "colours": like.colours, **_colours_like(panel, like)}
        return replace(panel, **shared)
    if isinstance(panel, LinesPanel) and isinstance(like, LinesPanel):
        lines = lines_of(like)
        below = lines.below if like.residuals else None
        axes: dict[str, Any] = {"x_limits": lines.x, "y_limits": lines.left, "right_limits": lines.right}
        return replace(panel, **axes, residual_limits=below, share_x="", share_y="")
    if isinstance(panel, CornerPanel) and isinstance(like, CornerPanel) and list(panel.names) == list(like.names):
        found = CornerSamples(like)
        sides = (found.marginal(number) for number in range(len(like.names)))
        return replace(panel, ranges=[(side.low, side.high) for side in sides])
    if isinstance(panel, HistogramPanel) and isinstance(like, HistogramPanel):
        return replace(panel, bins=_edges(like))
    return panel


def _colours_like(panel: ColouredPanel, like: ColouredPanel) -> dict[str, float]:
    """The limits of the one that is alike; if its values are all equal, those that hold the panel's own, too."""
    own = own_limits(panel)
    low, high = own_limits(like) or own or (0.0, 1.0)
    if low == high and own is not None:
        low, high = min(low, own[0]), max(high, own[1])
    return {"low": low, "high": high}


def _edges(panel: HistogramPanel) -> Floats:
    values = np.asarray(panel.values, np.float64)
    return np.histogram_bin_edges(values[np.isfinite(values)], panel.bins)
