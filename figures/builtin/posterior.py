"""The figure of where a sampler's points are: a corner plot, and in its empty corner the posterior in numbers.

It reads these arrays, from the snapshot's `arrays` or else from `static`::

    samples        [sample, parameter]  points of the posterior, in physical units; or [chain, draw, parameter]
    chain          [sample]             the number of the chain of each sample, if there are several
    log_weights    [sample]             in nats, in any normalisation, -inf for none; without them all weigh the same
    live_points    [point, parameter]   those of a nested sampler
    truths         [parameter]          true values, which get lines of their own; NaN for none
    prior_samples  [k, parameter]       points of the prior, drawn as outlines
    shown          [k]                  the columns that the corner plot shows, in their order
    ranges         [parameter, 2]       the part of each parameter that is shown; NaN for one that holds nearly all

The names, and the best fit that is marked, are the snapshot's parameters, one for each column of `samples`; without
any the names are p0, p1, ... If there are more than ten parameters, the corner plot shows the first ten, unless it is
told which, and the table all.

As long as the samples weigh less than `LEAST` equal ones, a text takes the place of the corner plot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from autoviz_render.figures import densities
from autoviz_render.figures.given.names import quantity
from autoviz_render.figures.numbers import interval, whole
from autoviz_render.figures.panels import (
    CornerPanel,
    Curve,
    Panel,
    ScatterPanel,
    TablePanel,
    TextPanel,
)
from autoviz_render.figures.reading import best_fit, check, find, floats
from autoviz_render.figures.samples.course import course
from autoviz_render.figures.samples.marginals import SIGMA_SHARES, shown
from autoviz_render.spool.arrays import Floats, Indices
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.weights import effective_size_of, normalised_weights

LEAST = 20.0
"""Effective samples. The contours of fewer show chance."""

MOST_PARAMETERS = 10
_MOST_POINTS = 2000
_LEAST_OF_COURSE = 200
_LARGEST = 1e290
"""Of a value that has a place on an axis of points."""

Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weighted samples, without those that are not finite or weigh nothing.

    Attributes:
        names: Of the parameters.
        titles: What they are called, with their units.
        samples: array[sample, parameter], in the parameters' units.
        weights: array[sample], of sum one.
        is_weighted: Whether the snapshot gives weights.
        given: The number of samples that it gives a weight.
        left_out: How many of these are not finite.
        chain: array[sample], the number of each sample's chain; all zero if there is one.
        live_points: array[point, parameter], in the parameters' units; empty if the snapshot holds none.
        best: array[parameter], the best fit; NaN if it is not known.
        truths: array[parameter], the true values; NaN if they are not known.
        prior: array[k, parameter], samples of the prior; None if the snapshot holds none.
        ranges: array[parameter, 2], the part of each that is shown; NaN for one that holds nearly all samples.
        shown: The columns that the corner plot shows, in their order.
    """

    names: Sequence[str]
    titles: Sequence[str]
    samples: Floats
    weights: Floats
    is_weighted: bool
    given: int
    left_out: int
    chain: Indices
    live_points: Floats
    best: Floats
    truths: Floats
    prior: Floats | None
    ranges: Floats
    shown: Sequence[int]

    @property
    def effective_sample_size(self) -> float:
        """Kish's: how many samples of equal weight tell as much."""
        return effective_size_of(float(self.weights.sum()), float(np.sum(self.weights**2)))

    def intervals(self) -> Floats:
        """The quantiles of each parameter at 15.87, 50 and 84.13 per cent: array[parameter, 3]."""
        columns = (densities.quantiles(column, self.weights, SIGMA_SHARES) for column in self.samples.T)
        return np.array(list(columns)).reshape(-1, 3)


def posterior_of(
    snapshot: Snapshot,
    parameters: Sequence[str] | None = None,
    ranges: Ranges | None = None,
    truths: Mapping[str, float] | None = None,
) -> Posterior | None:
    """The numbers of the figure; None if the snapshot holds no samples yet.

    Args:
        parameters, ranges, truths: As `posterior` takes them.

    Raises:
        ValueError: An array has another shape than it should, or there is no parameter of a name.
    """
    given = find(snapshot, "samples")
    if given is None:
        return None
    check("samples", given, shape=(None, None, None) if given.ndim == 3 else (None, None))
    samples = np.asarray(given, dtype=np.float64)
    chain = None
    if samples.ndim == 3:
        chain = np.arange(samples.shape[0]).repeat(samples.shape[1])
        samples = samples.reshape(chain.size, samples.shape[2])
    count, width = samples.shape
    if width == 0 or len(snapshot.parameters) not in (0, width):
        raise ValueError(f"samples has {width} columns, and the snapshot {len(snapshot.parameters)} parameters")
    names = tuple(snapshot.parameters) or tuple(f"p{number}" for number in range(width))
    log_weights = floats(snapshot, "log_weights", (count,))
    numbers = floats(snapshot, "chain", (count,)) if chain is None else chain
    live_points = floats(snapshot, "live_points", (None, width))
    kept, weights = _usable(samples, np.zeros(count) if log_weights is None else log_weights)
    return Posterior(
        names=names,
        titles=tuple(quantity(snapshot, name) for name in names),
        samples=samples[kept],
        weights=weights,
        is_weighted=log_weights is not None,
        given=count if log_weights is None else int(np.isfinite(log_weights).sum()),
        left_out=int((~np.isfinite(samples).all(axis=1) & (_weights(log_weights, count) > 0)).sum()),
        chain=np.zeros(len(weights), np.intp) if numbers is None else _numbered(numbers)[kept],
        live_points=np.empty((0, width)) if live_points is None else live_points,
        best=np.array(list(snapshot.parameters.values()) or [np.nan] * width),
        truths=_truths(snapshot, names, truths),
        prior=floats(snapshot, "prior_samples", (None, width)),
        ranges=_ranges(snapshot, names, ranges),
        shown=_shown(snapshot, names, parameters),
    )


def posterior(
    snapshot: Snapshot,
    *,
    parameters: Sequence[str] | None = None,
    ranges: Ranges | None = None,
    truths: Mapping[str, float] | None = None,
) -> list[list[Panel]]:
    """The corner plot with the posterior in numbers.

    A recipe of one's own gives the keywords; without them the figure goes by the snapshot's arrays.

    Args:
        snapshot: What is drawn.
        parameters: The names of those that the corner plot shows, in their order; by default the first ten.
        ranges: By name, (low, high), the part of a parameter that is shown; by default one that holds nearly all.
        truths: By name, true values, which get lines of their own.

    Raises:
        ValueError: An array has another shape than it should, or there is no parameter of a name.
    """
    found = posterior_of(snapshot, parameters, ranges, truths)
    if found is None:
        text = "The snapshot holds no array named samples, array[sample, parameter]: this figure shows where they are."
        return [[TextPanel("No samples yet", text), *best_fit(snapshot)]]
    effective = found.effective_sample_size
    numbers = best_fit(snapshot, _numbers(found), _errors(found))
    if effective < LEAST:
        text = f"{whole(found.given)} samples weigh as much as {effective:.1f} equal ones. "
        text += f"The corner plot appears from {LEAST:.0f} on."
        return [[TextPanel("Not enough samples yet", text), *numbers, *_points(found)]]
    beside = [_intervals(found), *numbers, *_points(found)]
    if len(found.shown) > 1:
        return [[_corner(found, 2 if len(found.shown) == 2 else 3, beside)]]
    first, *others = beside
    tables: list[list[Panel]] = [[panel] for panel in others if isinstance(panel, TablePanel)]
    return [[_corner(found, 2), first], *tables, *([replace(panel, span=(1, 3))] for panel in others[len(tables) :])]


def _corner(found: Posterior, size: int, insets: Sequence[Panel] = ()) -> Panel:
    columns = list(found.shown)
    title = "Posterior"
    if len(columns) < len(found.names):
        first = columns == list(range(len(columns)))
        title += f": {'the first ' if first else ''}{len(columns)} of {len(found.names)} parameters"
    limits = [None if np.isnan(each).any() else (float(each[0]), float(each[1])) for each in found.ranges[columns]]
    return CornerPanel(
        title,
        found.samples[:, columns],
        tuple(found.titles[column] for column in columns),
        weights=found.weights,
        marked=found.best[columns],
        truths=found.truths[columns],
        prior=None if found.prior is None else found.prior[:, columns],
        ranges=limits,
        bins=int(np.clip(2 * found.effective_sample_size ** (1 / 3), 12, 40)),
        insets=insets,
        span=(size, size),
    )


def _intervals(found: Posterior) -> Panel:
    told = (interval(*quantiles) for quantiles in found.intervals().tolist())
    return TablePanel("Median and 68%", list(zip(found.titles, told, strict=True)))


def _errors(found: Posterior) -> dict[str, float]:
    """Half of each parameter's interval: the digits that its best fit has."""
    if not found.weights.size:
        return {}
    lower, _, upper = found.intervals().T
    return dict(zip(found.names, (upper / 2 - lower / 2).tolist(), strict=True))


def _numbers(found: Posterior) -> list[tuple[str, str]]:
    rows = [("samples", whole(found.given))]
    if found.left_out:
        rows.append(("not finite, left out", whole(found.left_out)))
    if found.is_weighted:
        rows.append(("effective samples", whole(round(found.effective_sample_size))))
    if len(chains := np.unique(found.chain)) > 1:
        rows.append(("chains", whole(len(chains))))
    if len(found.live_points):
        rows.append(("live points", whole(len(found.live_points))))
    return rows


def _points(found: Posterior) -> list[Panel]:
    """The points themselves, in the first two parameters shown; of samples that weigh the same, their course."""
    if not found.is_weighted:
        return [course(found.titles, found.samples, found.chain)] if len(found.samples) >= _LEAST_OF_COURSE else []
    if len(found.shown) < 2 or not found.weights.size:
        return []
    columns = list(found.shown[:2])
    drawn = np.arange(0, len(found.samples), -(-len(found.samples) // _MOST_POINTS))
    drawn = drawn[np.argsort(found.weights[drawn], kind="stable")]  # the heavy ones over the light ones
    x, y = found.samples[drawn][:, columns].T
    live = Curve(*found.live_points[:, columns].T, style="", marker=".", colour="#d55e00", label="live points")
    view = [limit for column in columns for limit in _view(found.samples[:, column], found.weights)]
    if max(map(abs, view)) > _LARGEST or min(view[1] - view[0], view[3] - view[2]) < 1 / _LARGEST:
        return []
    return [
        ScatterPanel(
            "Samples",
            x,
            y,
            found.weights[drawn] / found.weights.max(),
            view=(view[0], view[1], view[2], view[3]),
            x_label=found.titles[columns[0]],
            y_label=found.titles[columns[1]],
            unit="weight",
            low=0.0,
            high=1.05,
            curves=[live] if len(found.live_points) else [],
        )
    ]


def _view(values: Floats, weights: Floats) -> tuple[float, float]:
    """All samples with a margin, unless a few lie far from the part that has the weight."""
    low, high = shown(values, weights)
    length = 4 * (high - low)
    inside = values[(values > low - length) & (values < high + length)]
    least, greatest = (float(inside.min()), float(inside.max())) if inside.size else (low, high)
    margin = 0.03 * (greatest - least)
    return min(low, least - margin), max(high, greatest + margin)


def _usable(samples: Floats, log_weights: Floats) -> tuple[Indices, Floats]:
    """Which samples are finite and weigh something, and their weights, of sum one."""
    weights = normalised_weights(log_weights)
    kept = np.flatnonzero(np.isfinite(samples).all(axis=1) & (weights > 0))
    return kept, densities.usable(samples[kept], weights[kept])[1] if kept.size else np.empty(0)


def _weights(log_weights: Floats | None, count: int) -> Floats:
    return np.ones(count) if log_weights is None else normalised_weights(log_weights)


def _numbered(chain: Floats | Indices) -> Indices:
    """Chains by whatever numbers, as 0, 1, 2, ..."""
    return np.unique(chain, return_inverse=True)[1].astype(np.intp)


def _truths(snapshot: Snapshot, names: Sequence[str], given: Mapping[str, float] | None) -> Floats:
    """The true values: array[parameter], NaN for those that are not known."""
    found = floats(snapshot, "truths", (len(names),)) if given is None else None
    values = np.full(len(names), np.nan) if found is None else found
    for name, value in (given or {}).items():
        values[_column(names, name)] = value
    return values


def _ranges(snapshot: Snapshot, names: Sequence[str], given: Ranges | None) -> Floats:
    """The part of each parameter that is shown: array[parameter, 2], NaN for the usual one."""
    found = floats(snapshot, "ranges", (len(names), 2)) if given is None else None
    limits = np.full((len(names), 2), np.nan) if found is None else found
    for name, pair in (given or {}).items():
        limits[_column(names, name)] = pair
    return limits


def _shown(snapshot: Snapshot, names: Sequence[str], given: Sequence[str] | None) -> Sequence[int]:
    """The columns that the corner plot shows."""
    if given is not None:
        columns = [_column(names, name) for name in given]
    elif (found := floats(snapshot, "shown", (None,))) is not None:
        columns = [int(number) for number in found]
    else:
        columns = list(range(min(len(names), MOST_PARAMETERS)))
    if not columns or not set(columns) <= set(range(len(names))):
        raise ValueError(f"shown holds columns of samples, from 0 to {len(names) - 1}, not {columns}")
    return columns


def _column(names: Sequence[str], name: str) -> int:
    """The number of a parameter. Raises ValueError."""
    if name not in names:
        raise ValueError(f"there is no parameter {name!r}; there are: {', '.join(names)}")
    return list(names).index(name)
