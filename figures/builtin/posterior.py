"""The figure of where a sampler's points are: a corner plot, and beside it the posterior in numbers.

It reads these arrays, from the snapshot's `arrays` or else from `static`::

    samples      [sample, parameter]  points of the posterior, in physical units
    log_weights  [sample]             in nats, in any normalisation, -inf for none; without them all weigh the same
    live_points  [point, parameter]   those of a nested sampler

The names, and the best fit that is marked, are the snapshot's parameters, one for each column of `samples`; without
any the names are p0, p1, ... If there are more than ten parameters, the corner plot shows the first ten and the table
all.

As long as the samples weigh less than `LEAST` equal ones, a text takes the place of the corner plot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autoviz_render.figures import densities
from autoviz_render.figures.bins import equal_bins
from autoviz_render.figures.builtin.residuals import hold
from autoviz_render.figures.numbers import interval
from autoviz_render.figures.panels import (
    CornerPanel,
    Curve,
    LinesPanel,
    Panel,
    ScatterPanel,
    Series,
    TablePanel,
    TextPanel,
)
from autoviz_render.figures.reading import best_fit, floats
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.weights import effective_size_of, normalised_weights

LEAST = 20.0
"""Effective samples. The contours of fewer show chance."""

MOST_PARAMETERS = 10
_MOST_POINTS = 2000
_BLOCKS = 100


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weighted samples, without those that are not finite or weigh nothing.

    Attributes:
        names: Of the parameters.
        samples: array[sample, parameter], in the parameters' units.
        weights: array[sample], of sum one.
        is_weighted: Whether the snapshot gives weights.
        given: The number of samples that it gives a weight.
        live_points: array[point, parameter], in the parameters' units; empty if the snapshot holds none.
        best: array[parameter], the best fit; NaN if it is not known.
    """

    names: Sequence[str]
    samples: Floats
    weights: Floats
    is_weighted: bool
    given: int
    live_points: Floats
    best: Floats

    @property
    def effective_sample_size(self) -> float:
        """Kish's: how many samples of equal weight tell as much."""
        return effective_size_of(float(self.weights.sum()), float(np.sum(self.weights**2)))

    def intervals(self) -> Floats:
        """The quantiles of each parameter at 15.87, 50 and 84.13 per cent: array[parameter, 3]."""
        shares = (0.1587, 0.5, 0.8413)
        return np.array([densities.quantiles(column, self.weights, shares) for column in self.samples.T]).reshape(-1, 3)


def posterior_of(snapshot: Snapshot) -> Posterior | None:
    """The numbers of the figure; None if the snapshot holds no samples yet.

    Raises:
        ValueError: An array has another shape than it should.
    """
    samples = floats(snapshot, "samples", (None, None))
    if samples is None:
        return None
    count, width = samples.shape
    if width == 0 or len(snapshot.parameters) not in (0, width):
        raise ValueError(f"samples has {width} columns, and the snapshot {len(snapshot.parameters)} parameters")
    log_weights = floats(snapshot, "log_weights", (count,))
    live_points = floats(snapshot, "live_points", (None, width))
    given = np.zeros(count) if log_weights is None else log_weights
    kept, weights = _usable(samples, given)
    return Posterior(
        names=tuple(snapshot.parameters) or tuple(f"p{number}" for number in range(width)),
        samples=kept,
        weights=weights,
        is_weighted=log_weights is not None,
        given=int(np.isfinite(given).sum()),
        live_points=np.empty((0, width)) if live_points is None else live_points,
        best=np.array(list(snapshot.parameters.values()) or [np.nan] * width),
    )


def posterior(snapshot: Snapshot) -> list[list[Panel]]:
    """The corner plot, and a column of panels at its right: as many rows as there are parameters, two or three.

    Raises:
        ValueError: An array has another shape than it should.
    """
    found = posterior_of(snapshot)
    if found is None:
        text = "The snapshot holds no array named samples, array[sample, parameter]: this figure shows where they are."
        return [[TextPanel("No samples yet", text), *best_fit(snapshot)]]
    effective = found.effective_sample_size
    numbers = best_fit(snapshot, _numbers(found), _errors(found))
    if effective < LEAST:
        text = f"{found.given:,} samples weigh as much as {effective:.1f} equal ones. "
        text += f"The corner plot appears from {LEAST:.0f} on."
        return [[TextPanel("Not enough samples yet", text), *numbers, *_points(found)]]
    size = 2 if len(found.names) <= 2 else 3
    first, *others = [_intervals(found), *numbers, *_points(found)][:size]
    return [[_corner(found, size), first], *([panel] for panel in others)]


def _corner(found: Posterior, size: int) -> Panel:
    shown = slice(MOST_PARAMETERS)
    title = "Posterior"
    if len(found.names) > MOST_PARAMETERS:
        title += f": the first {MOST_PARAMETERS} of {len(found.names)} parameters"
    return CornerPanel(
        title,
        found.samples[:, shown],
        found.names[shown],
        weights=found.weights,
        marked=found.best[shown],
        bins=int(np.clip(2 * found.effective_sample_size ** (1 / 3), 12, 40)),
        span=(size, size),
    )


def _intervals(found: Posterior) -> Panel:
    told = (interval(*quantiles) for quantiles in found.intervals().tolist())
    return TablePanel("Median and 68%", list(zip(found.names, told, strict=True)))


def _errors(found: Posterior) -> dict[str, float]:
    """Half of each parameter's interval: the digits that its best fit has."""
    if not found.weights.size:
        return {}
    lower, _, upper = found.intervals().T
    return dict(zip(found.names, (upper / 2 - lower / 2).tolist(), strict=True))


def _numbers(found: Posterior) -> list[tuple[str, str]]:
    rows = [("samples", f"{found.given:,}")]
    if found.is_weighted:
        rows.append(("effective samples", f"{found.effective_sample_size:,.0f}"))
    if len(found.live_points):
        rows.append(("live points", f"{len(found.live_points):,}"))
    return rows


def _points(found: Posterior) -> list[Panel]:
    """The points themselves, in the first two parameters; of samples that weigh the same, their course."""
    if not found.is_weighted:
        return [_course(found)] if len(found.samples) >= 2 * _BLOCKS else []
    if len(found.names) < 2 or not found.weights.size:
        return []
    drawn = np.arange(0, len(found.samples), -(-len(found.samples) // _MOST_POINTS))
    drawn = drawn[np.argsort(found.weights[drawn], kind="stable")]  # the heavy ones over the light ones
    x, y = found.samples[drawn, :2].T
    live = Curve(*found.live_points[:, :2].T, style="", marker=".", colour="#d55e00", label="live points")
    return [
        ScatterPanel(
            "Samples",
            x,
            y,
            found.weights[drawn] / found.weights.max(),
            x_label=found.names[0],
            y_label=found.names[1],
            unit="weight",
            low=0.0,
            high=1.05,
            curves=[live] if len(found.live_points) else [],
        )
    ]


def _course(found: Posterior) -> Panel:
    """The first three parameters in means of a hundred blocks of samples: level in a chain that settled."""
    lower, middle, upper = found.intervals()[:3, :, None].swapaxes(0, 1)
    spread = np.where(upper > lower, (upper - lower) / 2, 1.0)
    number = np.arange(float(len(found.samples)))
    blocks = equal_bins(number, 0.0, number[-1], _BLOCKS)
    means = (blocks.sums(found.samples.T[:3]) / blocks.counts() - middle) / spread
    series = [
        Series(blocks.centres, mean, label=name, width=1.0) for name, mean in zip(found.names, means, strict=False)
    ]
    title, y_label = "Course", "(mean of a block − median) / σ"
    return LinesPanel(title, [*series, hold(1.0)], x_label="sample", y_label=y_label)


def _usable(samples: Floats, log_weights: Floats) -> tuple[Floats, Floats]:
    """Those samples that are finite and weigh something, and their weights, of sum one."""
    try:
        return densities.usable(samples, normalised_weights(log_weights))
    except ValueError:
        return np.empty((0, samples.shape[1])), np.empty(0)
