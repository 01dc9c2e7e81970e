"""Series as they can be drawn, and the limits of the axes that hold them: numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autoviz_render.figures.panels import LinesPanel, Series
from autoviz_render.spool.arrays import Array, Floats, Mask

Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Points:
    """The points of a series; what is not finite, or not positive on a logarithmic axis, is NaN.

    Attributes:
        x: array[point], in the units of the data.
        y: array[point], in the units of the data.
        low: array[point], the lower ends of the error bars; y if there is none.
        high: array[point], the upper ends.
        has_bar: array[point], whether there is an error bar.
        fill: Whether what lies between the line and zero is shaded.
        is_right: Whether y is on the axis at the right.
        x_log: Whether x is shown by its logarithm.
        y_log: Whether y is shown by its logarithm.
    """

    x: Floats
    y: Floats
    low: Floats
    high: Floats
    has_bar: Mask
    fill: bool
    is_right: bool
    x_log: bool
    y_log: bool

    def columns(self) -> Floats:
        """array[point] of x where it stands on the axis."""
        return on_axis(self.x, log=self.x_log)

    def rows(self, y: Floats) -> Floats:
        """Values of y where they stand on the axis."""
        return on_axis(y, log=self.y_log)


@dataclass(frozen=True, eq=False)
class Lines:
    """A panel of lines in numbers.

    Attributes:
        series: The points of its series.
        residuals: The points of the series below.
        x: The limits of the axis that all share.
        left: The limits of the axis at the left, in the units of its series.
        right: The limits of the axis at the right, in the units of its series; None if no series has its y on it.
        below: The limits of the residuals' axis.
    """

    series: list[Points]
    residuals: list[Points]
    x: Limits
    left: Limits
    right: Limits | None
    below: Limits


def lines_of(panel: LinesPanel) -> Lines:
    """What a panel of lines shows.

    Raises:
        ValueError: A series' arrays are not array[point] of one length, there is no such axis, or residuals are given
            the axis at the right.
    """
    logs = {"left": panel.y_log, "right": panel.right_log}
    series = [points_of(each, x_log=panel.x_log, y_log=logs.get(each.axis, False)) for each in panel.series]
    residuals = [points_of(each, x_log=panel.x_log, y_log=False) for each in panel.residuals]
    if any(points.is_right for points in residuals):
        raise ValueError("residuals have one axis, at the left")
    left, right = ([points for points in series if points.is_right is is_right] for is_right in (False, True))
    return Lines(
        series,
        residuals,
        x=panel.x_limits or x_limits([*series, *residuals], log=panel.x_log),
        left=panel.y_limits or y_limits(left, log=panel.y_log),
        right=panel.right_limits or y_limits(right, log=panel.right_log) if right else None,
        below=y_limits(residuals, log=False),
    )


def points_of(series: Series, *, x_log: bool, y_log: bool) -> Points:
    """The points of a series that can be drawn.

    Raises:
        ValueError: Its arrays are not array[point] of one length, or there is no such axis.
    """
    if series.axis not in ("left", "right"):
        raise ValueError(f"a series has its y on the left or the right axis, not on {series.axis!r}")
    x, y = np.asarray(series.x, dtype=np.float64), np.asarray(series.y, dtype=np.float64)
    if x.shape != y.shape or y.ndim != 1:
        raise ValueError(f"a series is two arrays[point], not of shapes {x.shape} and {y.shape}")
    error = np.zeros(y.shape) if series.error is None else np.abs(np.asarray(series.error, dtype=np.float64))
    if error.shape != y.shape:
        raise ValueError(f"the error bars have shape {error.shape}, and the series {y.shape}")
    x = np.where(np.isfinite(x) & ((x > 0) | (not x_log)), x, np.nan)
    y = np.where(np.isfinite(y) & ((y > 0) | (not y_log)), y, np.nan)
    if y_log:
        error = np.where(y - error > 0, error, 0.0)
    low, high = y - error, y + error
    has_bar = np.isfinite(x) & np.isfinite(low) & np.isfinite(high) & (error > 0)
    return Points(x, y, low, high, has_bar, series.fill, series.axis == "right", x_log, y_log)


def on_axis(values: Array, *, log: bool) -> Floats:
    """Where values stand on an axis: themselves, or their logarithms to base ten."""
    return np.log10(values) if log else values


def x_limits(series: Sequence[Points], *, log: bool) -> Limits:
    """Limits that hold the x of every point that is drawn."""
    xs = [points.x[np.isfinite(points.x) & np.isfinite(points.y)] for points in series]
    return span(xs, xs, log=log, margin=0.02)


def y_limits(series: Sequence[Points], *, log: bool) -> Limits:
    """Limits that hold every point with its error bar, and zero if something is filled."""
    lows, highs = [], []
    for points in series:
        finite = np.isfinite(points.x) & np.isfinite(points.y)
        low, high, y = points.low[finite], points.high[finite], points.y[finite]
        lows.append(np.where(np.isfinite(low), low, y))
        highs.append(np.where(np.isfinite(high), high, y))
        if points.fill and not log:
            lows.append(np.zeros(int(finite.any())))
            highs.append(np.zeros(int(finite.any())))
    return span(lows, highs, log=log, margin=0.06)


def span(lows: Sequence[Array], highs: Sequence[Array], *, log: bool, margin: float) -> Limits:
    """Limits that hold all of several arrays of finite numbers, with a margin; never empty.

    Args:
        lows: array[value] each; the lower limit is below all of them.
        highs: array[value] each; the upper limit is above all of them.
        log: Whether the axis is logarithmic; the values are then positive.
        margin: On both sides, as a share of the length on the axis.
    """
    low_values = np.concatenate([*lows, np.empty(0)])
    high_values = np.concatenate([*highs, np.empty(0)])
    if low_values.size == 0:
        return (1.0, 10.0) if log else (0.0, 1.0)
    low, high = float(low_values.min()), float(high_values.max())
    if log:
        low, high = (low / 2, high * 2) if high <= low * (1 + 1e-9) else (low, high)
        room = (high / low) ** margin
        return low / room, high * room
    low, high = max(low, -1e300), min(high, 1e300)
    if high - low <= 1e-12 * max(abs(low), abs(high)) or high - low < 1e-290:
        half = abs(high) / 2 if abs(high) > 1e-290 else 1.0
        low, high = low - half, high + half
    room = margin * (high - low)
    return low - room, high + room
