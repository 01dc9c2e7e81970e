"""The figure of a fit to data along one axis, a spectrum or a time series: data, model, and what is left.

It reads these arrays, from the snapshot's `arrays` or else from `static`. All are array[point] of one length, in any
order of x::

    data        required
    model       required
    noise_map   the standard deviation of the noise, in the unit of the data; without it residuals keep that unit
    x           without it points are counted
    mask        bool, True = masked: drawn faint, and in no residual, limit or chi squared
    model_NAME  a component of the model, drawn as a dashed line

The first row is the data with the model, and the residuals in a strip below. The second row is the distribution of the
normalised residuals, their autocorrelation, and the best fit's numbers. Without a noise map the distribution is of the
residuals in the unit of the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from autoviz_render.figures.bins import MOST_POINTS, equal_bins, thin
from autoviz_render.figures.builtin.residuals import autocorrelation_panel, chi_squared_rows, distribution_panel, hold
from autoviz_render.figures.colours import GREY, robust_limits
from autoviz_render.figures.numbers import plain_number
from autoviz_render.figures.panels import HistogramPanel, LinesPanel, Panel, Series
from autoviz_render.figures.reading import best_fit, counted, find, floats, mask_of, needed, ratio
from autoviz_render.spool.arrays import Floats, Mask
from autoviz_render.spool.snapshot import Snapshot

_MOST_BARS = 600
"""The error bars of more points hide one another."""

_FEW = 150
"""More points than this are drawn smaller."""


@dataclass(frozen=True, eq=False)
class LineFit:
    """A fit along one axis in numbers: array[point] each, in the order of x.

    Attributes:
        x: In the unit that the snapshot has.
        data, noise_map, model: In the unit of the data; the noise is None if it is not known.
        components: The parts of the model, by name.
        mask: True where masked, or where x is not finite.
        residuals: data - model, over the noise if it is known; NaN where masked or where the noise is not positive.
    """

    x: Floats
    data: Floats
    noise_map: Floats | None
    model: Floats
    components: Mapping[str, Floats]
    mask: Mask
    residuals: Floats

    @property
    def used(self) -> Floats:
        """The residuals that are finite: array[used]."""
        return self.residuals[np.isfinite(self.residuals)]

    @property
    def chi_squared(self) -> float:
        """The sum of their squares: chi squared, if the noise is known."""
        return float(self.used @ self.used)


@np.errstate(all="ignore")  # what overflows or is not finite is shown as such
def line_fit(snapshot: Snapshot) -> LineFit:
    """The numbers of the figure.

    Raises:
        MissingArraysError: A required array is not there.
        ValueError: An array has another shape than the data.
    """
    data, model = needed(snapshot, "line", ("data", "model"), 1)
    x, noise_map = (floats(snapshot, name, data.shape) for name in ("x", "noise_map"))
    x = np.arange(data.size, dtype=np.float64) if x is None else x
    mask = mask_of(snapshot, data.shape) | ~np.isfinite(x)
    residuals = data - model if noise_map is None else ratio(data - model, noise_map)
    residuals = np.where(np.isfinite(residuals) & ~mask, residuals, np.nan)
    order = np.argsort(x, kind="stable")
    return LineFit(
        x=x[order],
        data=data[order],
        noise_map=None if noise_map is None else noise_map[order],
        model=model[order],
        components={name: values[order] for name, values in _components(snapshot, data.shape).items()},
        mask=mask[order],
        residuals=residuals[order],
    )


@np.errstate(all="ignore")
def line(snapshot: Snapshot, *, x_label: str = "x", y_label: str = "data") -> list[list[Panel]]:
    """One wide panel over three.

    Args:
        x_label, y_label: The axes' names with their units, in plain text: "wavelength (µm)". A package whose data have
            them registers a function of its own that calls this one with them.

    Raises:
        MissingArraysError: A required array is not there.
        ValueError: An array has another shape than the data.
    """
    fit = line_fit(snapshot)
    return [
        [_data_and_model(fit, x_label, y_label)],
        [_distribution(fit), autocorrelation_panel(fit.residuals), *best_fit(snapshot, _rows(snapshot, fit))],
    ]


def _data_and_model(fit: LineFit, x_label: str, y_label: str) -> Panel:
    count = fit.used.size
    title = "Data and model"
    if fit.noise_map is not None and count:
        title += f": chi squared {counted(fit.chi_squared)} in {count:,} points"
    curves = [Series(*thin(fit.x, fit.model), label="model")]
    curves += [
        Series(*thin(fit.x, values), label=name, style="--", width=1.0) for name, values in fit.components.items()
    ]
    masked = fit.mask & np.isfinite(fit.x)
    if masked.any():
        lost = thin(fit.x[masked], fit.data[masked])
        curves.append(Series(*lost, label="masked", colour=GREY, style="", marker="."))
    return LinesPanel(
        title,
        [_data(fit), *curves],
        span=(1, 3),
        x_label=x_label,
        y_label=y_label,
        y_limits=_limits(fit),
        residuals=_residuals(fit),
        residual_label="residual" if fit.noise_map is None else "residual (σ)",
    )


def _data(fit: LineFit) -> Series:
    used = ~fit.mask
    count = int(used.sum())
    if count > MOST_POINTS:
        return Series(*_gapped(*thin(fit.x[used], fit.data[used])), label="data", width=0.7)
    error = fit.noise_map if count <= _MOST_BARS else None
    y = np.where(used, fit.data, np.nan)
    return Series(fit.x, y, error=error, label="data", style="", marker=_marker(count))


def _marker(count: int) -> str:
    return "o" if count <= _FEW else "."


def _residuals(fit: LineFit) -> list[Series]:
    """The residuals, and if they are many their means in intervals: what the eye cannot tell from noise."""
    shown = np.isfinite(fit.residuals)
    x, residuals = fit.x[shown], fit.residuals[shown]
    if x.size <= MOST_POINTS:
        series = [Series(x, residuals, style="", marker=_marker(x.size))]
    else:
        series = [Series(*_gapped(*thin(x, residuals)), width=0.7)]
    count = min(x.size // 40, 60)
    if count >= 10 and x[-1] > x[0]:
        bins = equal_bins(x, float(x[0]), float(x[-1]), count)
        points = bins.counts()
        place, mean, square = bins.sums(np.stack([x, residuals, residuals**2])) / points
        spread = np.sqrt(square) if fit.noise_map is None else 1.0
        series.append(Series(place, mean, error=spread / np.sqrt(points), style="", marker="o"))
    if x.size and fit.noise_map is not None:
        series.append(hold(6.0, x[0]))
    return series


def _distribution(fit: LineFit) -> Panel:
    if fit.noise_map is not None:
        return distribution_panel({"": fit.residuals})
    if not fit.used.size:
        return LinesPanel("Residuals", [], x_label="data − model", y_label="density")
    return HistogramPanel("Residuals", fit.residuals, marked=0.0, x_label="data − model")


def _rows(snapshot: Snapshot, fit: LineFit) -> list[tuple[str, str]]:
    count = fit.used.size
    if fit.noise_map is not None:
        return chi_squared_rows(fit.chi_squared, count, len(snapshot.parameters))
    scatter = float(np.sqrt(fit.chi_squared / count)) if count else np.nan
    return [("scatter of residuals", plain_number(scatter)), ("points", f"{count:,}")]


def _limits(fit: LineFit) -> tuple[float, float] | None:
    """Limits that hold the data with their error bars, and the model as far as it stays near to them."""
    used = ~fit.mask & np.isfinite(fit.data)
    data = fit.data[used]
    if not data.size:
        return None
    if fit.noise_map is not None and data.size <= _MOST_BARS:
        noise = np.where(np.isfinite(fit.noise_map[used]), fit.noise_map[used], 0.0)
        data = np.concatenate([data - noise, data + noise])
    low, high = robust_limits(data[np.isfinite(data)])
    span = high - low
    if not 0 < span < 1e300:
        return None
    curves = np.concatenate([fit.model, *fit.components.values()])
    near = np.clip(curves[np.isfinite(curves)], low - span / 2, high + span / 2)
    low, high = near.min(initial=low), near.max(initial=high)
    return float(low - 0.06 * (high - low)), float(high + 0.06 * (high - low))


def _gapped(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """A line that is broken where its points are much further apart than they are in general."""
    steps = np.diff(x)
    gaps = np.flatnonzero(steps > 20 * np.quantile(steps, 0.9)) + 1
    return np.insert(x, gaps, np.nan), np.insert(y, gaps, np.nan)


def _components(snapshot: Snapshot, shape: tuple[int, ...]) -> dict[str, Floats]:
    """The arrays `model_NAME` of the data's shape, by NAME."""
    names = sorted(name for name in {*snapshot.arrays, *snapshot.static} if name.startswith("model_"))
    found = ((name.removeprefix("model_"), np.asarray(find(snapshot, name))) for name in names)
    return {
        name: array.astype(np.float64) for name, array in found if array.shape == shape and array.dtype.kind in "iuf"
    }
