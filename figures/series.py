"""Series as they can be drawn, and the limits of the axes that hold them: numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autoviz_render.figures.panels import AxisLimits, LinesPanel, Series
from autoviz_render.spool.arrays import Array, Floats, Mask

Limits = tuple[float, float]
"""Of an axis: the value at its left or lower end, and that at its right or upper end, which may be the smaller one."""


@dataclass(frozen=True, eq=False)
class Points:
    """The points of a series; what is not finite, or not positive on a logarithmic axis, is NaN.

    Attributes:
        x: array[point], in the units of the data; dates are seconds since 1970.
        y: array[point], in the units of the data.
        low, high: array[point], the ends of the error bars; y if there is none.
        has_bar: array[point], whether there is an error bar.
        left, right: array[point], the ends of the error bars in x; x if there is none.
        has_x_bar: array[point], whether there is an error bar in x.
        band: array[2, point], the edges of a band; None if there is none.
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
    left: Floats
    right: Floats
    has_x_bar: Mask
    band: Floats | None
    fill: bool
    is_right: bool
    x_log: bool
    y_log: bool

    def columns(self, x: Floats | None = None) -> Floats:
        """Values of x, those of the points by default, where they stand on the axis."""
        return on_axis(self.x if x is None else x, log=self.x_log)

    def rows(self, y: Floats) -> Floats:
        """Values of y where they stand on the axis."""
        return on_axis(y, log=self.y_log)

    def bars(self) -> list[Floats]:
        """The error bars where they stand on the axes: array[end, x or y] each."""
        x, y = self.columns(), self.rows(self.y)
        up, across = self.has_bar, self.has_x_bar
        upright = [np.stack([x[up], self.rows(end[up])], axis=-1) for end in (self.low, self.high)]
        flat = [np.stack([self.columns(end[across]), y[across]], axis=-1) for end in (self.left, self.right)]
        return [*np.stack(upright, axis=1), *np.stack(flat, axis=1)]

    def shaded(self, floor: float) -> list[Floats]:
        """The outlines of what is shaded, where they stand on the axes: array[vertex, x or y] each.

        Args:
            floor: Where zero stands on the axis, or the lower end of the axis.
        """
        if self.band is not None:
            low, high = self.rows(self.band[0]), self.rows(self.band[1])
        elif self.fill:
            low, high = np.full(self.y.size, floor), self.rows(self.y)
        else:
            return []
        x = self.columns()
        whole = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
        runs = np.split(np.arange(x.size), np.flatnonzero(np.diff(whole)) + 1) if x.size else []
        if self.band is None:  # a histogram's outline is one piece
            runs = [np.arange(x.size)[whole]]
        return [_outline(x[run], low[run], high[run]) for run in runs if run.size and whole[run[0]]]


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
        x_dates: Whether x are dates, in seconds since 1970.
    """

    series: list[Points]
    residuals: list[Points]
    x: Limits
    left: Limits
    right: Limits | None
    below: Limits
    x_dates: bool = False


def lines_of(panel: LinesPanel) -> Lines:
    """What a panel of lines shows.

    Raises:
        ValueError: A series' arrays are not array[point] of one length, there are no such limits, residuals are given
            the axis at the right, or the axis of dates is to be logarithmic.
    """
    logs = {"left": panel.y_log, "right": panel.right_log}
    series = [points_of(each, x_log=panel.x_log, y_log=logs[each.axis]) for each in panel.series]
    residuals = [points_of(each, x_log=panel.x_log, y_log=False) for each in panel.residuals]
    if any(points.is_right for points in residuals):
        raise ValueError("residuals have one axis, at the left")
    x_dates = panel.x_dates or any(is_dates(each.x) for each in (*panel.series, *panel.residuals))
    if x_dates and panel.x_log:
        raise ValueError("an axis of dates is not logarithmic: x_log must be False")
    left, right = ([points for points in series if points.is_right is is_right] for is_right in (False, True))
    return Lines(
        series,
        residuals,
        x=_given("x_limits", panel.x_limits, panel.x_log) or x_limits([*series, *residuals], log=panel.x_log),
        left=_given("y_limits", panel.y_limits, panel.y_log) or y_limits(left, log=panel.y_log),
        right=_given("right_limits", panel.right_limits, panel.right_log) or y_limits(right, log=panel.right_log)
        if right
        else None,
        below=_given("residual_limits", panel.residual_limits, False) or y_limits(residuals, log=False),
        x_dates=x_dates,
    )


def points_of(series: Series, *, x_log: bool, y_log: bool) -> Points:
    """The points of a series that can be drawn.

    Raises:
        ValueError: Its arrays are not array[point] of one length.
    """
    x, y = as_numbers(series.x), as_numbers(series.y)
    if x.shape != y.shape or y.ndim != 1:
        raise ValueError(f"a series is two arrays[point], not of shapes {x.shape} and {y.shape}")
    x = np.where(np.isfinite(x) & ((x > 0) | (not x_log)), x, np.nan)
    y = np.where(np.isfinite(y) & ((y > 0) | (not y_log)), y, np.nan)
    placed = np.isfinite(x) & np.isfinite(y)
    low, high = _ends("error", y, series.error, log=y_log)
    left, right = _ends("x_error", x, series.x_error, log=x_log)
    return Points(
        x,
        y,
        low=low,
        high=high,
        has_bar=placed & np.isfinite(low) & np.isfinite(high) & (high > low),
        left=left,
        right=right,
        has_x_bar=placed & np.isfinite(left) & np.isfinite(right) & (right > left),
        band=_band(series, y.shape, y_log),
        fill=series.fill,
        is_right=series.axis == "right",
        x_log=x_log,
        y_log=y_log,
    )


def is_dates(values: Any) -> bool:
    """Whether values are dates: of type `datetime64`."""
    return getattr(getattr(values, "dtype", None), "kind", "") == "M"


def as_numbers(values: Any) -> Floats:
    """Values of an axis as float64: dates become seconds since 1970-01-01 UTC, and NaT becomes NaN."""
    array = np.asarray(values)
    if array.dtype.kind != "M":
        return np.asarray(array, dtype=np.float64)
    seconds = array.astype("datetime64[us]").astype(np.int64) / 1e6
    return np.where(np.isnat(array), np.nan, seconds)


def on_axis(values: Array, *, log: bool) -> Floats:
    """Where values stand on an axis: themselves, or their logarithms to base ten."""
    return np.log10(values) if log else values


def _ends(name: str, values: Floats, reach: Any, *, log: bool) -> tuple[Floats, Floats]:
    """The two ends of the error bars; the values themselves where an end is not positive on a logarithmic axis."""
    reach = np.zeros(values.shape) if reach is None else np.abs(np.asarray(reach, dtype=np.float64))
    if reach.shape not in (values.shape, (2, *values.shape)):
        raise ValueError(f"{name}, of the error bars, has shape {reach.shape}, and the series {values.shape}")
    down, up = np.broadcast_to(reach, (2, *values.shape))
    low, high = values - down, values + up
    if log:  # a bar without a lower end has none at all: half of one would look like another error
        low, high = (np.where(low > 0, each, values) for each in (low, high))
    return low, high


def _band(series: Series, shape: tuple[int, ...], log: bool) -> Floats | None:
    if series.band is None:
        return None
    band = np.asarray(series.band, dtype=np.float64)
    if band.shape != (2, *shape):
        raise ValueError(f"a band is array[2, point], its lower and upper edge, here {(2, *shape)}, not {band.shape}")
    return np.where(band > 0, band, np.nan) if log else band


def _outline(x: Floats, low: Floats, high: Floats) -> Floats:
    return np.stack([np.append(x, x[::-1]), np.append(high, low[::-1])], axis=-1)


def _given(name: str, limits: AxisLimits | None, log: bool) -> Limits | None:
    """Limits as numbers; None if there are none."""
    if limits is None:
        return None
    low, high = (float(as_numbers(each)) for each in limits)
    if not (np.isfinite([low, high]).all() and low != high and (min(low, high) > 0 or not log)):
        raise ValueError(f"{name} are two different numbers, positive on a logarithmic axis, not {limits}")
    return low, high


def x_limits(series: Sequence[Points], *, log: bool) -> Limits:
    """Limits that hold every point that is drawn, with its error bar in x unless that is longer than all of them."""
    finite = [points.x[np.isfinite(points.x) & np.isfinite(points.y)] for points in series]
    ends = [end[points.has_x_bar] for points in series for end in (points.left, points.right)]
    places = on_axis(np.concatenate([*finite, np.empty(0)]), log=log)
    if places.size and any(end.size for end in ends) and (width := np.ptp(places)) > 0:
        low, high = places.min() - width, places.max() + width
        near = [np.clip(on_axis(end, log=log), low, high) for end in ends]
        ends = [10.0**end if log else end for end in near]
    return span([*finite, *ends], [*finite, *ends], log=log, margin=0.02)


def y_limits(series: Sequence[Points], *, log: bool) -> Limits:
    """Limits that hold every point with its error bar, and zero if something is filled."""
    lows, highs = [], []
    for points in series:
        finite = np.isfinite(points.x) & np.isfinite(points.y)
        low, high, y = points.low[finite], points.high[finite], points.y[finite]
        lows.append(np.where(np.isfinite(low), low, y))
        highs.append(np.where(np.isfinite(high), high, y))
        if points.band is not None:
            inside = points.band[:, np.isfinite(points.band).all(axis=0) & np.isfinite(points.x)]
            lows.append(inside[0])
            highs.append(inside[1])
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
