"""What figures of images on the sky share: where the pixels lie, which are masked, and what part is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autoviz_render.figures.colours import colour_range, shown_values
from autoviz_render.figures.given.names import plane_axes
from autoviz_render.figures.panels import ColouredPanel, Extent, Panel, full_extent
from autoviz_render.figures.reading import extent_of, mask_of
from autoviz_render.spool.arrays import Floats, Mask
from autoviz_render.spool.snapshot import Snapshot

RESIDUALS: dict[str, Any] = {"colours": "RdBu_r", "scale": "symmetric"}
"""The settings of a panel whose values should be zero."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Where the images of a snapshot lie. Its attributes are settings of an `ImagePanel`.

    Attributes:
        mask: array[y, x], True where masked.
        extent: (x0, x1, y0, y1), outer edges, in arcsec; in pixels if the snapshot has no extent.
        view: The part of it that holds every unmasked pixel.
        tick_unit: "″" if the extent is in arcsec.
        x_label, y_label: What the run calls the axes; "" if it does not say.
    """

    mask: Mask
    extent: Extent
    view: Extent
    tick_unit: str
    x_label: str = ""
    y_label: str = ""


def frame_of(snapshot: Snapshot, shape: tuple[int, ...], name: str = "data") -> Frame:
    """The frame of images of a shape, from the arrays `mask` and `extent`, both optional.

    Args:
        snapshot: That holds them.
        shape: Of the images.
        name: Of the array whose axes the run may have named.

    Raises:
        ValueError: The mask has another shape, or the extent is none.
    """
    mask, given = mask_of(snapshot, shape), extent_of(snapshot, "extent", may_be_reversed=True)
    extent = full_extent(mask, given)
    axes = plane_axes(snapshot, name, "extent", unit="arcsec" if given else "")
    return Frame(mask, extent, unmasked_view(mask, extent), **axes)


def facing(panels: Sequence[Panel], frame: Frame) -> list[Panel]:
    """Panels of the sky whose axes run as those of a frame do: right ascension to the left, if it does there."""
    x0, x1, y0, y1 = frame.extent

    def turned(panel: Panel) -> Panel:
        if not (isinstance(panel, ColouredPanel) and panel.view and panel.equal):
            return panel
        x, y = sorted(panel.view[:2], reverse=x0 > x1), sorted(panel.view[2:], reverse=y0 > y1)
        return replace(panel, view=(x[0], x[1], y[0], y[1]))

    return list(panels) if x0 < x1 and y0 < y1 else [turned(panel) for panel in panels]


def unmasked_view(mask: Mask, extent: Extent) -> Extent:
    """The rectangle that holds every unmasked pixel, with a margin of two pixels; everything if all are masked.

    Args:
        mask: array[y, x], True where masked.
        extent: (x0, x1, y0, y1), its outer edges.
    """
    rows, columns = np.nonzero(~mask)
    if rows.size == 0:
        return extent
    x0, x1, y0, y1 = extent
    width, height = (x1 - x0) / mask.shape[1], (y1 - y0) / mask.shape[0]
    left, right = max(int(columns.min()) - 2, 0), min(int(columns.max()) + 3, mask.shape[1])
    lower, upper = max(int(rows.min()) - 2, 0), min(int(rows.max()) + 3, mask.shape[0])
    return (x0 + left * width, x0 + right * width, y0 + lower * height, y0 + upper * height)


def image_limits(values: Floats, mask: Mask | None = None, *models: Floats) -> dict[str, Any]:
    """Colour limits for an image with noise and for models of it, as settings of a panel: `low` and `high`.

    A few values of the image that lie far outside the rest are hot pixels, unless a model is as bright: then the limits
    hold them.

    Args:
        values: array[...], in the unit of the panels.
        mask: Of the same shape, True where masked.
        models: Of the same shape each.
    """
    limits = colour_range(values, mask)
    low, high = limits.low, limits.high
    if limits.over or limits.under:
        lowest, highest = _extremes(values, mask)
        for faintest, brightest in (_extremes(model, mask) for model in models):
            low, high = min(low, max(lowest, faintest)), max(high, min(highest, brightest))
    return _as_settings(low, high)


def model_limits(values: Floats, mask: Mask | None = None) -> dict[str, Any]:
    """Colour limits for what has no noise, a model or a source: all of it, for its brightest part is no hot pixel.

    Args:
        values: array[...], in the unit of the panels.
        mask: Of the same shape, True where masked.
    """
    return _as_settings(*_extremes(values, mask))


def _as_settings(low: float, high: float) -> dict[str, Any]:
    """As settings of a panel; noise, or what rings about zero, must not take half the colours."""
    return {"low": max(low, -0.15 * high) if high > 0 else low, "high": high}


def _extremes(values: Floats, mask: Mask | None) -> tuple[float, float]:
    """Of the finite values, neither equal nor infinite; (0, 1) if there are none."""
    shown = shown_values(values, mask)
    low, high = (float(shown.min()), float(shown.max())) if shown.size else (0.0, 1.0)
    limits = colour_range(shown, low=low, high=high)
    return limits.low, limits.high
