"""Values near the ends of what floats can hold: brought to where differences neither overflow nor vanish.

Samples that diverged have 1e308 among them. A difference of two is then infinite, and so is the inverse of one of
1e-310: nothing could be placed on an axis. Such values are divided by a power of ten, which their label tells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autoviz_render.figures.numbers import power_of_ten, ten_to
from autoviz_render.figures.panels import CornerPanel, LinesPanel, Series
from autoviz_render.figures.series import as_numbers
from autoviz_render.spool.arrays import Floats

_LARGEST, _SMALLEST = 1e290, 1e-290
_FAR = 1e200


def lines_in_reach(panel: LinesPanel) -> LinesPanel:
    """The panel itself, or with values that can be placed."""
    sides: dict[str, list[Any]] = {"left": [], "right": []}
    for each in panel.series:
        sides[each.axis].append(each.y)
    x = 0 if panel.x_log else _exponent([each.x for each in (*panel.series, *panel.residuals)], panel.x_limits)
    y = 0 if panel.y_log else _exponent(sides["left"], panel.y_limits)
    right = 0 if panel.right_log else _exponent(sides["right"], panel.right_limits)
    below = _exponent([each.y for each in panel.residuals], panel.residual_limits)
    if not (x or y or right or below):
        return panel
    return replace(
        panel,
        series=[_scaled_series(each, x, y if each.axis == "left" else right) for each in panel.series],
        residuals=[_scaled_series(each, x, below) for each in panel.residuals],
        x_label=_named(panel.x_label, x),
        y_label=_named(panel.y_label, y),
        right_label=_named(panel.right_label, right),
        residual_label=_named(panel.residual_label, below),
        x_limits=_limits(panel.x_limits, x),
        y_limits=_limits(panel.y_limits, y),
        right_limits=_limits(panel.right_limits, right),
        residual_limits=_limits(panel.residual_limits, below),
        guides=[replace(each, x=_placed(each.x, x), y=_placed(each.y, y)) for each in panel.guides],
        annotations=[
            replace(
                each,
                x=_placed(each.x, x),
                y=_placed(each.y, y),
                to=each.to and (_placed(each.to[0], x), _placed(each.to[1], y)),
            )
            for each in panel.annotations
        ],
    )


def corner_in_reach(panel: CornerPanel) -> CornerPanel:
    """The panel itself, or with values that can be placed."""
    samples = np.asarray(panel.samples, np.float64)
    if samples.ndim != 2 or samples.shape[1] != len(panel.names) or not samples.size:
        return panel
    samples = np.stack([_without_far_ones(column) for column in samples.T], axis=-1)
    exponents = [_exponent([column]) for column in samples.T]
    if not any(exponents):
        return replace(panel, samples=samples)

    def scaled(columns: ArrayLike) -> Floats:
        each = np.moveaxis(np.asarray(columns, np.float64), -1, 0)
        with np.errstate(over="ignore"):  # what is then infinite lies outside whatever is shown
            return np.stack([_scaled(*pair) for pair in zip(each, exponents, strict=True)], axis=-1)

    return replace(
        panel,
        samples=scaled(samples),
        names=[_named(*pair) for pair in zip(panel.names, exponents, strict=True)],
        marked=None if panel.marked is None else scaled(panel.marked),
        truths=None if panel.truths is None else scaled(panel.truths),
        prior=None if panel.prior is None else scaled(panel.prior),
        ranges=panel.ranges and [_limits(*pair) for pair in zip(panel.ranges, exponents, strict=True)],
    )


def _without_far_ones(column: Floats) -> Floats:
    """Finite values of which a few are near the ends of floats: those are brought nearer, far from all others still."""
    finite = np.abs(column[np.isfinite(column)])
    if not finite.size or finite.max() < _LARGEST or np.sort(finite)[finite.size // 2] > _FAR:
        return column
    return np.where(np.isfinite(column), np.clip(column, -_FAR * 1e50, _FAR * 1e50), column)


def _exponent(values: Sequence[ArrayLike], limits: Sequence[Any] | None = None) -> int:
    """Of the power of ten that finite values are divided by; 0 if they can stay as they are."""
    ends = [abs(float(each)) for each in map(as_numbers, () if limits is None else limits) if math.isfinite(each)]
    for array in (np.asarray(each) for each in values):
        if array.size and array.dtype.kind == "f":
            ends += [abs(float(end)) for end in _ends(array) if np.isfinite(end)]
    largest = max(ends, default=0.0)
    if largest == 0.0 or _SMALLEST < largest < _LARGEST:
        return 0
    return math.floor(math.log10(largest))


def _ends(array: Floats) -> tuple[float, float]:
    """The least and the largest value; of the finite ones, if there are others."""
    low, high = array.min(), array.max()
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    finite = array[np.isfinite(array)]
    return (finite.min(), finite.max()) if finite.size else (np.nan, np.nan)


def _scaled_series(series: Series, x: int, y: int) -> Series:
    places = {name: _placed(getattr(series, name), y) for name in ("y", "error", "band")}
    return replace(series, x=_placed(series.x, x), x_error=_placed(series.x_error, x), **places)


def _placed(values: Any, exponent: int) -> Any:
    """Values of an axis; as they are if they need no power of ten, as dates do not, or are not there."""
    return values if values is None or not exponent else _scaled(values, exponent)


def _scaled(values: ArrayLike, exponent: int) -> Floats:
    """Divided by a power of ten in two steps, as the power may itself be beyond floats."""
    half = exponent // 2
    return np.asarray(values, np.float64) / ten_to(half) / ten_to(exponent - half)


def _limits(limits: tuple[float, float] | None, exponent: int) -> tuple[float, float] | None:
    if limits is None or not exponent:
        return limits
    return float(_scaled(limits[0], exponent)), float(_scaled(limits[1], exponent))


def _named(label: str, exponent: int) -> str:
    return f"{label} ×{power_of_ten(exponent)}".strip() if exponent else label
