"""Two posteriors in one corner plot, A as outlines over B, and a table of how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autoviz_render.figures.comparison.tables import shift
from autoviz_render.figures.comparison.titles import common_title, listed
from autoviz_render.figures.densities import quantiles, usable
from autoviz_render.figures.numbers import with_error
from autoviz_render.figures.panels import CornerPanel, Panel, TablePanel, TextPanel, is_same
from autoviz_render.figures.samples.marginals import SIGMA_SHARES
from autoviz_render.spool.arrays import Floats


def compared(one: CornerPanel, other: CornerPanel) -> tuple[list[Panel], bool]:
    """The corner plot and the table; and whether they are identical."""
    title = common_title(one.title, other.title)
    is_identical = all(is_same(getattr(one, name), getattr(other, name)) for name in ("samples", "names", "weights"))
    shared = [name for name in other.names if name in one.names]
    if not shared:
        told = f"A has {listed(one.names)}, and B {listed(other.names)}: they have no parameter in common."
        return [TextPanel(f"A, B: {title}", told)], False
    try:
        sides = [_columns(panel, shared) for panel in (one, other)]
    except (ValueError, IndexError, TypeError) as error:
        return [TextPanel(f"A, B: {title}", f"No difference: {error}.")], False
    (samples, weights), (others, other_weights) = sides
    kept = [list(other.names).index(name) for name in shared]
    panel = replace(
        other,
        title=title,
        samples=others,
        weights=other_weights,
        names=shared,
        marked=None if other.marked is None else np.asarray(other.marked)[kept],
        truths=None if other.truths is None else np.asarray(other.truths)[kept],
        prior=None if is_identical else samples,
        prior_weights=None if is_identical else weights,
        prior_name="A",
        ranges=None,
        insets=(),
        span=(2, 2),
    )
    return [panel, TablePanel(f"B − A: {title}", _shifts(shared, sides), span=(2, 1))], is_identical


def _columns(panel: CornerPanel, names: Sequence[str]) -> tuple[Floats, Floats]:
    """The samples that can be used, of some parameters: array[sample, parameter], and their weights."""
    samples = np.asarray(panel.samples, np.float64)
    samples, weights = usable(samples, None if panel.weights is None else np.asarray(panel.weights))
    return samples[:, [list(panel.names).index(name) for name in names]], weights


def _shifts(names: Sequence[str], sides: Sequence[tuple[Floats, Floats]]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = [("median and σ", "")]
    for number, name in enumerate(names):
        middles, sigmas = zip(*(_middle(samples[:, number], weights) for samples, weights in sides), strict=True)
        rows += [
            (name, ""),
            *((side, with_error(*pair)) for side, pair in zip("AB", zip(middles, sigmas, strict=True), strict=True)),
        ]
        rows += [("B − A", shift(middles[0], middles[1], float(np.hypot(*sigmas))))]
    return rows


def _middle(values: Floats, weights: Floats) -> tuple[float, float]:
    """The median, and half of what holds 68 per cent."""
    low, middle, high = quantiles(values, weights, SIGMA_SHARES)
    return float(middle), float(high / 2 - low / 2)
