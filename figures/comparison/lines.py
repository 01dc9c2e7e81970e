"""Lines of two snapshots over one another, with their difference in a strip below; and two histograms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autoviz_render.figures.comparison.titles import common_title, words
from autoviz_render.figures.densities import outline
from autoviz_render.figures.panels import AxisLimits, HistogramPanel, LinesPanel, Panel, Series, TextPanel, is_same
from autoviz_render.figures.series import as_numbers, is_dates
from autoviz_render.spool.arrays import Floats

ONE, OTHER, GREY = "#3a8fd0", "#e07b39", "#8a8a8a"
"""A, B, and what both have: seen on white paper and on black."""

_COLOURS = (ONE, OTHER, "#7a5fc0", "#2f9e6e", "#b0508f", "#a08a1f")
"""Of the lines that differ, if there are several."""

IDENTICAL = "A and B are identical"


def compared(one: LinesPanel, other: LinesPanel) -> tuple[list[Panel], bool]:
    """A panel of both; and whether they are identical.

    What both have is drawn once. Of a line that differs, that of A is dashed, or dotted if there are several, and B
    less A is drawn in the strip below: over the x of A, where B is interpolated if its x are others.
    """
    title = common_title(one.title, other.title)
    pairs, alone = _pairs(one.series, other.series)
    changed = [pair for pair in pairs if not is_same(*pair)]
    series: list[Series] = []
    residuals: list[Series] = []
    notes: dict[str, None] = {"A is dotted": None} if len(changed) > 1 else {}
    for first, second in pairs:
        if is_same(first, second):
            series.append(first)
            continue
        number = next(index for index, pair in enumerate(changed) if pair[0] is first)
        colour = _COLOURS[number % len(_COLOURS)] if len(changed) > 1 else ""
        series += _both(first, second, colour)
        difference, note = _difference(first, second)
        residuals += [] if difference is None else [replace(difference, colour=colour)]
        notes |= {note: None} if note else {}
    series += [replace(each, label=f"{each.label}, only in {name}".lstrip(", ")) for name, each in alone]
    is_identical = not changed and not alone and len(one.series) == len(other.series)
    told = {IDENTICAL: None} if is_identical else notes
    panel = replace(
        one,
        title=title,
        series=series,
        residuals=residuals,
        residual_label="B − A" if residuals else "",
        residual_limits=None,
        x_limits=_holding(one.x_limits, other.x_limits),
        y_limits=_holding(one.y_limits, other.y_limits),
        right_limits=_holding(one.right_limits, other.right_limits),
        guides=[*one.guides, *(each for each in other.guides if not any(is_same(each, known) for known in one.guides))],
        annotations=one.annotations if is_same(list(one.annotations), list(other.annotations)) else (),
        note="; ".join([*told]),
        share_x="",
        share_y="",
    )
    return [panel], is_identical


def _pairs(
    ones: Sequence[Series], others: Sequence[Series]
) -> tuple[list[tuple[Series, Series]], list[tuple[str, Series]]]:
    """The series of one label and one look, in their order; and those that only one side has, with its name."""
    free = list(others)
    pairs, alone = [], []
    for first in ones:
        alike = [each for each in free if words(each.label) == words(first.label) and each.axis == first.axis]
        second = next((each for each in alike if bool(each.style) == bool(first.style)), None)
        if second is None:
            alone.append(("A", first))
            continue
        free = [each for each in free if each is not second]
        pairs.append((first, second))
    return pairs, [*alone, *(("B", each) for each in free)]


def _both(first: Series, second: Series, colour: str) -> list[Series]:
    """A line of A and of B: in two colours, or both in one if there are others; then A is dotted, and not named."""
    if colour:
        dotted = ":" if first.style else ""
        mine = replace(first, colour=colour, style=dotted, label="", fill=False, marker=first.marker and "x")
        return [mine, replace(second, colour=colour)]
    labels = (f"{each.label}, {name}" if each.label else name for each, name in ((first, "A"), (second, "B")))
    mine_named, theirs_named = labels
    dashed = "--" if first.style == "-" else first.style
    mine = replace(first, colour=ONE, label=mine_named, style=dashed, fill=False)
    return [mine, replace(second, colour=OTHER, label=theirs_named)]


def _difference(first: Series, second: Series) -> tuple[Series | None, str]:
    """B less A, and what there is to say of it."""
    x, y, other_x, other_y = (as_numbers(each) for each in (first.x, first.y, second.x, second.y))
    if x.ndim != 1 or x.shape != y.shape or other_x.shape != other_y.shape or other_x.ndim != 1:
        return None, ""  # the panel will say what is wrong with it
    note = ""
    if not np.array_equal(x, other_x, equal_nan=True):
        found = _at(x, other_x, other_y)
        if found is None:
            return None, "no difference: A and B have no x in common"
        other_y, note = found, "B − A: B is interpolated"
    with np.errstate(all="ignore"):
        difference = other_y - y
    style: dict[str, Any] = {"style": first.style, "marker": first.marker, "width": first.width}
    return Series(first.x if is_dates(first.x) else x, difference, **style), note


def _at(x: Floats, other_x: Floats, other_y: Floats) -> Floats | None:
    """The values of a line at other x: NaN beyond its ends, None if all of them are beyond, or it is no function."""
    finite = np.isfinite(other_x)
    order = np.argsort(other_x[finite], kind="stable")
    places, values = other_x[finite][order], other_y[finite][order]
    if places.size < 2 or (np.diff(places) <= 0).any():
        return None
    found = np.interp(x, places, values, left=np.nan, right=np.nan)
    return found if np.isfinite(found).any() else None


def _holding(one: AxisLimits | None, other: AxisLimits | None) -> AxisLimits | None:
    """Limits that hold those of both, in the direction of the first; None if one of them follows from the data."""
    if one is None or other is None:
        return None
    low, high = min(*one, *other), max(*one, *other)
    return (high, low) if one[0] > one[1] else (low, high)


def compared_histograms(one: HistogramPanel, other: HistogramPanel) -> tuple[list[Panel], bool]:
    """A, B and the difference of their densities, in the same bins; and whether they are identical."""
    title = common_title(one.title, other.title)
    is_identical = is_same(np.asarray(one.values), np.asarray(other.values)) and is_same(one.weights, other.weights)
    try:
        edges = _common_edges(one, other)
        first, second = (_density(panel, edges) for panel in (one, other))
    except (ValueError, TypeError) as error:
        panels = [replace(one, title=f"A: {one.title}"), replace(other, title=f"B: {other.title}")]
        return [*panels, TextPanel(f"B − A: {title}", f"No difference: {error}.")], False
    most = 1.06 * float(max(first.max(initial=0.0), second.max(initial=0.0)))
    limits = _holding(one.y_limits, other.y_limits) or ((0.0, most) if most > 0 else None)
    shown = [
        replace(panel, title=f"{name}: {panel.title}", bins=edges, y_limits=limits)
        for name, panel in (("A", one), ("B", other))
    ]
    line = Series(*outline(edges, second - first), fill=True)
    note = IDENTICAL if is_identical else ""
    change = LinesPanel(f"B − A: {title}", [line], x_label=one.x_label, y_label=one.y_label, note=note)
    return [*shown, change], is_identical


def _common_edges(one: HistogramPanel, other: HistogramPanel) -> Floats:
    if not isinstance(one.bins, int):
        return np.asarray(one.bins, np.float64)
    values = np.concatenate([np.asarray(panel.values, np.float64).ravel() for panel in (one, other)])
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ValueError("no value is finite")
    return np.histogram_bin_edges(finite, one.bins)


def _density(panel: HistogramPanel, edges: Floats) -> Floats:
    values = np.asarray(panel.values, np.float64)
    weights = np.ones(values.shape) if panel.weights is None else np.asarray(panel.weights, np.float64)
    finite = np.isfinite(values) & np.isfinite(weights)
    counts, _ = np.histogram(values[finite], edges, weights=weights[finite])
    total = float(weights[finite].sum())
    return np.asarray(counts / total / np.diff(edges) if total > 0 else np.zeros(edges.size - 1), np.float64)
