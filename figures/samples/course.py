"""The course of a chain, or of several side by side: level, and one over another, if they have settled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autoviz_render.figures.bins import equal_bins
from autoviz_render.figures.densities import quantiles
from autoviz_render.figures.panels import LinesPanel, Panel, Series
from autoviz_render.figures.samples.marginals import SIGMA_SHARES, shown
from autoviz_render.spool.arrays import Floats, Indices

_BLOCKS = 100
_MOST_PARAMETERS = 3
_MOST_NAMED = 6
"""Chains with a colour and an entry in the legend: more cannot be told apart."""

_HELD = Series(np.zeros(2), np.array([-1.0, 1.0]), style="")
"""Invisible: the axis is no narrower while a chain is level."""


def course(names: Sequence[str], samples: Floats, chain: Indices) -> Panel:
    """Means of a hundred blocks of samples, in standard deviations about the median.

    Of one chain the first three parameters; of several chains the parameter in which they differ most, a line for each.

    Args:
        names: Of the parameters.
        samples: array[sample, parameter], finite.
        chain: array[sample], the number of each sample's chain, from 0.
    """
    scaled = np.stack([_scaled(column) for column in samples.T])
    y_label = "(mean − median) / σ"
    if chain.max(initial=0) == 0:
        lines = [_line(values) for values in scaled[:_MOST_PARAMETERS]]
        series = [Series(*line, label=name, width=1.0) for name, line in zip(names, lines, strict=False)]
        return LinesPanel("Course", [*series, _HELD], x_label="sample", y_label=y_label)
    apart = _apart(scaled, chain)
    lines = [_line(scaled[apart][chain == number]) for number in range(int(chain.max()) + 1)]
    is_named = len(lines) <= _MOST_NAMED
    series = [
        Series(*line, label=f"chain {number}" if is_named else "", width=1.0 if is_named else 0.6)
        for number, line in enumerate(lines, start=1)
    ]
    title = f"Course of {names[apart]}"
    return LinesPanel(title, [*series, _HELD], x_label=f"sample of each of {len(lines)} chains", y_label=y_label)


def _line(values: Floats) -> tuple[Floats, Floats]:
    """The number of a sample and its value, in means of blocks if there are many."""
    number = np.arange(float(values.size))
    if values.size < 2 * _BLOCKS:
        return number, values
    blocks = equal_bins(number, 0.0, number[-1], _BLOCKS)
    return blocks.centres, blocks.sums(values) / blocks.counts()


def _scaled(values: Floats) -> Floats:
    """Less the median, in standard deviations; what lies far away is brought to the edge of what a figure shows."""
    equal = np.full(values.size, 1 / values.size)
    low, high = shown(values, equal)
    lower, middle, upper = quantiles(values, equal, SIGMA_SHARES)
    # halves: a difference of the largest numbers overflows
    half = np.clip(values, low, high) / 2 - middle / 2
    spread = (upper / 2 - lower / 2) / 2
    return np.asarray(half / spread if spread > 0 else half, dtype=np.float64)


def _apart(scaled: Floats, chain: Indices) -> int:
    """The parameter in which the means of the chains differ most, compared with the spread within one."""
    size = np.bincount(chain)
    means = np.stack([np.bincount(chain, values) / size for values in scaled])
    within = np.stack(
        [np.bincount(chain, (values - mean[chain]) ** 2) for values, mean in zip(scaled, means, strict=True)]
    )
    return int(np.argmax(means.var(axis=1) / np.maximum(within.sum(axis=1) / len(chain), 1e-300)))
