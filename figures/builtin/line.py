"""The figure of a fit to data along one axis, a spectrum or a time series: data, model, and what is left.

It reads these arrays, from the snapshot's `arrays` or else from `static`. All are array[point] of one length, in any
order of x::

    data        required
    model       required
    noise_map   the standard deviation of the noise, in the unit of the data; without it residuals keep that unit
    x           without it points are counted
    dates       in the place of x: seconds since 1970-01-01 UTC; the axis shows dates
    x_error     the error bars in x, in its unit
    mask        bool, True = masked: drawn faint, and in no residual, limit or chi squared
    model_error the standard deviation of the model: a band around it
    model_lower, model_upper   the edges of that band, in its place
    model_NAME  any other is a component of the model, drawn as a line of its own

`noise_map` and `x_error` may be array[2, point]: how far an error bar reaches down and up, left and right. A residual
is then over the part of the bar that reaches towards the model.

The first row is the data with the model, and the residuals in a strip below. The second row is the distribution of the
normalised residuals, their autocorrelation, and the best fit's numbers. Without a noise map the distribution is of the
residuals in the unit of the data. Sentences under the title say what is not shown, and how many points of it.

Positive numbers that span three decades or more, most of them in the lowest tenth of the range, get a logarithmic axis.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from autoviz_render.figures.bins import MOST_POINTS, equal_bins, thin
from autoviz_render.figures.colours import GREY, robust_limits
from autoviz_render.figures.fits.axis_fit import LineFit, line_fit, two_sided
from autoviz_render.figures.fits.residuals import autocorrelation_panel, chi_squared_rows, distribution_panel
from autoviz_render.figures.given.names import axis_labels, label_of, quantity, unit_of, with_unit
from autoviz_render.figures.numbers import plain_number, whole
from autoviz_render.figures.panels import HistogramPanel, LinesPanel, Panel, Series
from autoviz_render.figures.reading import best_fit
from autoviz_render.figures.series import Limits, lines_of, on_axis
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

__all__ = ["LineFit", "line", "line_fit"]

_MOST_BARS = 600
"""The error bars of more points hide one another."""

_FEW = 150
"""More points than this are drawn smaller."""

_NOTE = 130
"""Characters of a line of sentences."""

_STYLES: tuple[Any, ...] = ("--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
"""Of components: those of one colour differ."""

_COLOURS = 6
"""In a theme: the first two are the data's and the model's."""


@np.errstate(all="ignore")
def line(
    snapshot: Snapshot,
    *,
    x_label: str = "",
    y_label: str = "data",
    x_log: bool | None = None,
    y_log: bool | None = None,
    x_reversed: bool = False,
    y_reversed: bool = False,
) -> list[list[Panel]]:
    """One wide panel over three.

    Args:
        x_label, y_label: The axes' names with their units, in plain text: "wavelength (µm)", of a run that does not say
            them. A package whose data have them registers a function of its own that calls this one with them.
        x_log, y_log: Whether the axes are logarithmic; None chooses by the data.
        x_reversed, y_reversed: Whether the axes run the other way, as magnitudes do.

    Raises:
        MissingArraysError: A required array is not there.
        ValueError: The data are no array[point] of real numbers.
    """
    fit = line_fit(snapshot)
    x_label = quantity(snapshot, "dates" if fit.dates else "x", x_label or ("date" if fit.dates else "x"))
    x_label, y_label = axis_labels(snapshot, "data", x_label, quantity(snapshot, "data", y_label))
    if x_log is None:
        x_log = not fit.dates and _spans_decades(fit.x[fit.shown])
    if y_log is None:
        y_log = _spans_decades(fit.data[fit.shown]) and _is_significant(fit)
    main = LinesPanel(
        _title(fit),
        list(_series(snapshot, fit)),
        span=(1, 3),
        x_label=x_label,
        y_label=y_label,
        x_log=x_log,
        y_log=y_log,
        x_dates=fit.dates,
        y_limits=_limits(fit, y_log=y_log),
        residuals=_residuals(fit, x_log=x_log),
        residual_label=with_unit("residual", unit_of(snapshot, "data") if fit.noise_map is None else "σ"),
        residual_limits=_strip_limits(fit),
    )
    numbers = lines_of(main)
    main = replace(main, note=_note(fit, main, numbers.left), y_limits=_turned(numbers.left, y_reversed))
    if x_reversed:
        main = replace(main, x_limits=_turned(numbers.x, x_reversed))
    return [
        [main],
        [
            _distribution(snapshot, fit),
            autocorrelation_panel(fit.residuals, fit.is_far),
            *best_fit(snapshot, _rows(snapshot, fit)),
        ],
    ]


def _title(fit: LineFit) -> str:
    count = fit.used.size
    if fit.noise_map is None or not count:
        return "Data and model"
    return f"Data and model: chi squared {whole(fit.chi_squared)} in {count:,} point{'s' * (count != 1)}"


def _turned(limits: Limits, is_reversed: bool) -> Limits:
    return limits[::-1] if is_reversed else limits


def _spans_decades(values: Floats) -> bool:
    values = values[np.isfinite(values)]
    if values.size < 5 or values.min() <= 0:
        return False
    low, middle, high = np.quantile(values, [0.02, 0.5, 0.98])  # one outlier is no reason
    return bool(high >= 1e3 * low and middle < 0.1 * high)


def _is_significant(fit: LineFit) -> bool:
    """Whether noise leaves nine in ten of the data their order of magnitude."""
    if fit.noise_map is None:
        return True
    noise = two_sided(fit.noise_map)[0, fit.shown]
    return bool(np.mean(~(fit.data[fit.shown] <= noise)) >= 0.9)


def _series(snapshot: Snapshot, fit: LineFit) -> Iterator[Series]:
    yield replace(_data(fit), label=label_of(snapshot, "data"))
    band = "" if fit.band is None else " with band"
    yield replace(_model(fit), label=label_of(snapshot, "model") + band)
    for number, (name, values) in enumerate(fit.components.items()):
        style = _STYLES[(number + 2) // _COLOURS % len(_STYLES)]
        label = label_of(snapshot, f"model_{name}", name)
        yield Series(*thin(fit.x, values), label=label, style=style, width=1.2)
    masked = fit.mask & np.isfinite(fit.x)
    if masked.any():
        lost = thin(fit.x[masked], fit.data[masked])
        yield Series(*lost, label="masked", colour=GREY, style="", marker=".")


def _data(fit: LineFit) -> Series:
    used = ~fit.mask
    count = int(used.sum())
    if count > MOST_POINTS:
        return Series(*_gapped(*thin(fit.x[used], fit.data[used])), width=0.7)
    error, x_error = (fit.noise_map, fit.x_error) if count <= _MOST_BARS else (None, None)
    y = np.where(used, fit.data, np.nan)
    return Series(fit.x, y, error=error, x_error=x_error, style="", marker=_marker(count))


def _model(fit: LineFit) -> Series:
    x, model = thin(fit.x, fit.model)
    marker = "_" if np.isfinite(model).sum() == 1 else ""  # a line of one point is not seen
    if fit.band is None:
        return Series(x, model, marker=marker)
    kept = np.minimum(np.searchsorted(fit.x, x), fit.x.size - 1)
    return Series(x, model, band=fit.band[:, kept], marker=marker)


def _marker(count: int) -> str:
    return "o" if count <= _FEW else "."


def _residuals(fit: LineFit, *, x_log: bool) -> list[Series]:
    """The residuals, and if they are many their means in intervals: what the eye cannot tell from noise."""
    shown = np.isfinite(fit.residuals) & ~fit.is_far
    x, residuals = fit.x[shown], fit.residuals[shown]
    if x.size <= MOST_POINTS:
        series = [Series(x, residuals, style="", marker=_marker(x.size))]
    else:
        series = [Series(*_gapped(*thin(x, residuals)), width=0.7)]
    count = min(x.size // 40, 60)
    place = on_axis(x, log=x_log)
    if count >= 10 and place[-1] > place[0] and np.isfinite(place[0]):
        bins = equal_bins(place, float(place[0]), float(place[-1]), count)
        points = bins.counts()
        middle, mean, square = bins.sums(np.stack([place, residuals, residuals**2])) / points
        spread = np.sqrt(square) if fit.noise_map is None else 1.0
        middle = 10.0**middle if x_log else middle
        series.append(Series(middle, mean, error=spread / np.sqrt(points), style="", marker="o"))
    if fit.is_far.any():
        low, high = _strip_limits(fit) or (0.0, 0.0)
        edge = np.where(fit.residuals[fit.is_far] > 0, high - 0.06 * (high - low), low + 0.06 * (high - low))
        series.append(Series(fit.x[fit.is_far], edge, style="", marker="x", colour="#d62728"))
    return series


def _strip_limits(fit: LineFit) -> Limits | None:
    """Limits that hold the residuals, and hold still when the fit is good; those far out are beyond."""
    seen = fit.residuals[np.isfinite(fit.residuals) & ~fit.is_far]
    least = 0.0 if fit.noise_map is None else 6.0
    if not seen.size:
        return (-6.0, 6.0)
    low, high = float(min(seen.min(), -least)), float(max(seen.max(), least))
    room = 0.06 * (high - low)
    return (low - room, high + room) if 1e-290 < high - low < 1e300 else None


def _distribution(snapshot: Snapshot, fit: LineFit) -> Panel:
    if fit.noise_map is not None:
        return distribution_panel({"": fit.residuals})
    if not fit.used.size:
        return LinesPanel("Residuals", [], x_label="data − model", y_label="density", note="There are no residuals")
    beyond = int(fit.is_far.sum())
    label = with_unit("data − model", unit_of(snapshot, "data"))
    label = f"{label}; {beyond:,} beyond" if beyond else label
    return HistogramPanel("Residuals", fit.residuals[~fit.is_far], marked=0.0, x_label=label)


def _note(fit: LineFit, main: LinesPanel, limits: Limits) -> str:
    """What is not shown, and how many points of it, in a few sentences."""
    text = " ".join(f"{sentence}." for sentence in _sentences(fit, limits, x_log=main.x_log))
    lines = textwrap.wrap(text, _NOTE)
    return "\n".join(lines[:3])


def _sentences(fit: LineFit, limits: Limits, *, x_log: bool) -> Iterator[str]:
    yield from fit.faults
    causes = [cause for cause in fit.left_out if not cause.endswith(" masked") or not fit.used.size]
    if causes:
        yield f"Left out of {whole(fit.data.size)} points: {', '.join(causes)}"
    low, high = limits
    finite = np.isfinite(fit.model) & np.isfinite(fit.x)
    for where, beyond in (("above", fit.model > high), ("below", fit.model < low)):
        if count := int((finite & beyond).sum()):
            yield f"The model is {where} the view at {whole(count)} of {whole(int(finite.sum()))} points"
    hidden = [name for name, values in fit.components.items() if not ((values >= low) & (values <= high)).any()]
    if hidden:
        yield f"Not in view: {', '.join(hidden)}"
    data = fit.data[fit.shown]
    if count := int(((data < low) | (data > high)).sum()):
        yield f"{whole(count)} point{'s are' if count > 1 else ' is'} beyond the view"
    if count := int(fit.is_far.sum()):
        yield f"{whole(count)} residual{'s are' if count > 1 else ' is'} beyond the strip, at the crosses"
    if x_log and (count := int((fit.x[fit.shown] <= 0).sum())):
        yield f"{whole(count)} points have no place on a logarithmic x axis"


def _rows(snapshot: Snapshot, fit: LineFit) -> list[tuple[str, str]]:
    count = fit.used.size
    left_out = fit.data.size - count - int((fit.mask & np.isfinite(fit.x)).sum())
    more = [("left out", whole(left_out))] if left_out > 0 else []
    if not count:
        return [("points", "0"), *more]
    if fit.noise_map is not None:
        return [*chi_squared_rows(fit.chi_squared, count, len(snapshot.parameters)), *more]
    scatter = float(np.sqrt(fit.chi_squared / count))
    return [("scatter of residuals", plain_number(scatter)), ("points", f"{count:,}"), *more]


def _limits(fit: LineFit, *, y_log: bool) -> Limits | None:
    """Limits that hold the data with their error bars, and the model as far as it stays near to them.

    Data whose residuals are far out have no part in them. Without residuals, these are data that lie far from others.
    """
    used = fit.shown & ~fit.is_far
    data = fit.data[used]
    ends = [data]
    if fit.noise_map is not None and data.size <= _MOST_BARS:
        down, up = np.nan_to_num(two_sided(fit.noise_map)[:, used], nan=0.0)
        ends += [data - down, data + up]
    places = on_axis(np.concatenate(ends), log=y_log)
    places = places[np.isfinite(places)]
    if not places.size:
        return None
    low, high = (float(places.min()), float(places.max())) if fit.used.size else robust_limits(places)
    span = high - low
    if not 0 < span < 1e300:
        return None
    band = () if fit.band is None else fit.band
    curves = on_axis(np.concatenate([fit.model, *fit.components.values(), *band]), log=y_log)
    near = np.clip(curves[np.isfinite(curves)], low - span / 2, high + span / 2)
    low, high = float(near.min(initial=low)), float(near.max(initial=high))
    room = 0.06 * (high - low)
    if y_log:
        return 10.0 ** max(low - room, -300.0), 10.0 ** min(high + room, 300.0)
    return low - room, high + room


def _gapped(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """A line that is broken where its points are much further apart than they are in general."""
    steps = np.diff(x)
    gaps = np.flatnonzero(steps > 20 * np.quantile(steps, 0.9)) + 1
    return np.insert(x, gaps, np.nan), np.insert(y, gaps, np.nan)
