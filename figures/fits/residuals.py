"""What is left of the data when the model is taken away, as panels: is it noise, and nothing else?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from autoviz_render.figures.bins import equal_bins
from autoviz_render.figures.colours import GREY
from autoviz_render.figures.curves import segments
from autoviz_render.figures.densities import outline
from autoviz_render.figures.numbers import round_up, rounded
from autoviz_render.figures.panels import LinesPanel, Panel, Series
from autoviz_render.figures.reading import counted, ratio
from autoviz_render.spool.arrays import Floats, Mask

_BINS = 48
_LAGS = 100
_FAR = 30
_FEWEST = 8
"""Residuals that have an autocorrelation to speak of."""


def far_out(residuals: Floats, unit: float = 0.0) -> Mask:
    """The residuals beside which the others would not be seen: larger than 30 times what nine in ten stay within.

    Of fewer than ten, it is half of them. A poor fit has none: its residuals are all large.

    Args:
        residuals: array[point], in any unit; NaN if there is none.
        unit: The standard deviation of the noise in that unit, if it is known: what is less than six is never far out.
    """
    sizes = np.abs(residuals)
    finite = sizes[np.isfinite(sizes)]
    most = float(np.quantile(finite, 0.9 if finite.size >= 10 else 0.5)) if finite.size else 0.0
    far = _FAR * max(most, unit / 5)
    return np.isfinite(sizes) & (sizes > far) & (far > 0)


def hold(half: float, x: float = 0.0) -> Series:
    """An invisible series from -half to half, in the unit of y: with it limits hold still as a fit becomes good.

    Args:
        x: Where it stands, in the unit of x.
    """
    return Series(np.full(2, x), np.array([-half, half]), style="")


def distribution_panel(residuals: Mapping[str, Floats], title: str = "Normalised residuals") -> Panel:
    """How normalised residuals are distributed, and the unit Gaussian that they should follow.

    The label of the axis counts those that lie beyond the panel.

    Args:
        residuals: array[point] each, in units of the noise, by label; "" for no entry in the legend. What is not finite
            is left out.
    """
    finite = {label: values[np.isfinite(values)] for label, values in residuals.items()}
    sizes = np.abs(np.concatenate([*finite.values(), np.empty(0)]))
    half = histogram_reach(sizes[~far_out(sizes, 1.0)])
    beyond = int((sizes > half).sum())
    outlines = {label: _steps(values, half) for label, values in finite.items()}
    series = [Series(*outline, label=label, fill=True) for label, outline in outlines.items()]
    peak = max((float(y.max()) for _, y in outlines.values()), default=0.0)
    x = np.linspace(-half, half, 201)
    gaussian = np.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)
    top = max(peak, 0.4 if half <= 20 or peak == 0 else 0.0)  # else it is a spike that leaves no room
    return LinesPanel(
        title,
        [*series, Series(x, gaussian, label="N(0, 1)", colour=GREY, style="--")],
        x_label=f"(data − model) / σ; {beyond:,} beyond" if beyond else "(data − model) / σ",
        y_label="density",
        x_limits=(-half, half),
        y_limits=(0.0, 1.1 * top),
        note="" if sizes.size else "There are no residuals",
    )


def histogram_reach(sizes: Floats) -> float:
    """Half of the range that a histogram of residuals takes: 5, or a round number that holds 99 per cent of them.

    Args:
        sizes: array[point], their absolute values, finite.
    """
    most = float(np.quantile(sizes, 0.99)) if sizes.size else 0.0
    return 5.0 if most <= 5 else round_up(min(most, 1e290))


def _steps(values: Floats, half: float) -> tuple[Floats, Floats]:
    """The outline of a histogram, as a density of all the values, those beyond included; few values in wider bins."""
    count = min(max(values.size // 4, 10) | 1, _BINS)  # odd: zero is within a bin
    bins = equal_bins(values, -half, half, count)
    return outline(bins.edges, bins.counts() / max(values.size, 1) / (2 * half / count))


def autocorrelation_panel(residuals: Floats, is_far: Mask | None = None) -> Panel:
    """How much of a residual is left in the next ones, and how much chance alone would leave.

    Args:
        residuals: array[point], in the order of x; NaN if there is none.
        is_far: array[point], those to leave out, and count: of one in millions nothing but zeros would be seen. None
            takes those that `far_out` names.
    """
    is_far = far_out(residuals) if is_far is None else is_far
    left_out = int(is_far.sum())
    count = int(np.isfinite(residuals).sum()) - left_out
    correlation = autocorrelation(np.where(is_far, np.nan, residuals))[1:]  # at lag 0 it is 1, always
    finite = correlation[np.isfinite(correlation)]
    note = ""
    if count < _FEWEST or not finite.size:
        why = "the residuals are all zero" if count >= _FEWEST else f"{count} of the {_FEWEST} points it takes"
        note, correlation, finite = f"No autocorrelation: {why}", np.empty(0), np.empty(0)
    band = 2 / math.sqrt(max(count, 4))
    x, y = segments(1.0, max(correlation.size, 2.0), np.array([band, -band]), np.array([band, -band]))
    return LinesPanel(
        "Autocorrelation",
        [
            Series(np.arange(1.0, correlation.size + 1), correlation, marker=".", width=1.0),
            Series(x, y, colour=GREY, style="--", label="2σ of noise"),
        ],
        x_label=f"lag (points); {left_out:,} far out left out" if left_out else "lag (points)",
        y_label="of residuals",
        y_limits=(1.1 * finite.min(initial=-1.6 * band), 1.1 * finite.max(initial=1.6 * band)),
        note=note,
    )


def autocorrelation(residuals: Floats, lags: int = _LAGS) -> Floats:
    """The mean product of residuals a lag apart, over their mean square: array[lag], 1 at lag 0.

    Their mean is not taken away: it should be zero. It is empty without two finite points, or a finite sum of squares.

    Args:
        residuals: array[point]; NaN has no part in it.
        lags: The largest lag, in points; at most a quarter of the points are taken.
    """
    finite = np.isfinite(residuals)
    values = np.where(finite, residuals, 0.0)
    square = float(values @ values)
    if finite.sum() < 2 or not 0 < square < math.inf:
        return np.empty(0)
    count = min(lags, max(values.size // 4, 1))
    products, pairs = (
        np.array([each[: each.size - lag] @ each[lag:] for lag in range(count + 1)])
        for each in (values, finite.astype(np.float64))
    )
    means = ratio(products, pairs)
    return np.asarray(means / means[0])


def chi_squared_rows(chi_squared: float, points: int, parameters: int) -> list[tuple[str, str]]:
    """For a table: chi squared, the number of points it is of, and chi squared over the degrees of freedom."""
    freedom = points - parameters
    rows = [("chi squared", counted(chi_squared)), ("points", f"{points:,}")]
    return [*rows, ("reduced chi squared", rounded(chi_squared / freedom, 4))] if freedom > 0 else rows
