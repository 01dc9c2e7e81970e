"""The samples of a corner plot: checked, and each parameter's distribution, part shown, and samples beyond it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autoviz_render.figures import densities
from autoviz_render.figures.extremes import corner_in_reach
from autoviz_render.figures.numbers import whole
from autoviz_render.figures.panels import CornerPanel
from autoviz_render.figures.samples.marginals import Marginal, marginal

_LEAST_TOLD, _LEAST_SHARE = 0.002, 0.0005
"""Of the weight: what lies beyond a range that is given, and beyond any other, is told from there on."""


class CornerSamples:
    """A corner plot's samples, checked.

    Attributes:
        names: Of the parameters.
        title: The panel's, and how many samples are left out.
        bins: Of each histogram.
        samples: array[sample, parameter], those that can be used.
        weights: array[sample], of sum one.
        is_weighted: Whether the weights differ.
        distinct: The same samples without repetitions, and their weights.
        marked: For each parameter the best fit, NaN for none.
        truths: As marked, of the true values.
        ranges: For each parameter the part shown, None for the usual one.
        prior: Samples of the prior and their weights; None for none.
    """

    def __init__(self, panel: CornerPanel) -> None:
        panel = corner_in_reach(panel)
        self.names, self.bins = list(panel.names), panel.bins
        count = len(self.names)
        samples = np.asarray(panel.samples, dtype=np.float64)
        if samples.ndim != 2 or samples.shape[1] != count or not count:
            raise ValueError(f"samples of {count} parameters are not of shape {samples.shape}")
        self.marked, self.truths = (_point(each, count) for each in (panel.marked, panel.truths))
        self.ranges = [None] * count if panel.ranges is None else list(panel.ranges)
        if len(self.ranges) != count:
            raise ValueError(f"there are {count} parameters and {len(self.ranges)} ranges")
        self.samples, weights = densities.usable(samples, panel.weights)
        self.weights, self.is_weighted = weights, densities.is_weighted(weights)
        self.distinct = densities.distinct(self.samples, weights)
        self.prior = None
        if panel.prior is not None:
            prior = np.asarray(panel.prior, dtype=np.float64)
            if prior.ndim != 2 or prior.shape[1] != count:
                raise ValueError(f"prior samples of {count} parameters are not of shape {prior.shape}")
            finite = np.isfinite(prior).all(axis=1)
            of_prior = None if panel.prior_weights is None else np.asarray(panel.prior_weights)[finite]
            self.prior = densities.usable(prior[finite], of_prior) if finite.any() else None
        given = len(samples) if panel.weights is None else int(np.sum(np.asarray(panel.weights) > 0))
        lost = given - len(self.samples)
        self.title = f"{panel.title} ({whole(lost)} not finite, left out)" if lost else panel.title

    def marginal(self, index: int) -> Marginal:
        """The distribution of one parameter."""
        samples, weights = self.distinct
        return marginal(samples[:, index], weights)

    def prior_of(self, index: int) -> Marginal | None:
        """The prior of one parameter; None without one."""
        return None if self.prior is None else marginal(self.prior[0][:, index], self.prior[1])

    def limits(self, index: int, of: Marginal) -> tuple[float, float]:
        """The part shown of a parameter: as it is given, otherwise nearly all samples.

        Raises:
            ValueError: It is no range.
        """
        given = self.ranges[index]
        if given is None:
            return of.low, of.high
        low, high = map(float, given)
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError(f"the range of {self.names[index]} is (low, high), finite, with low < high, not {given}")
        return low, high

    def beyond(self, index: int, of: Marginal, limits: tuple[float, float]) -> tuple[str, str]:
        """How many samples of a parameter lie below the part shown, and how many above; "" if it says nothing."""
        values, is_given = self.samples[:, index], self.ranges[index] is not None
        told = []
        for outside, is_far in zip((values < limits[0], values > limits[1]), of.is_far, strict=True):
            share = float(self.weights[outside].sum())
            is_told = outside.any() and (is_far or (is_given and share > _LEAST_TOLD))
            if self.is_weighted:
                told.append(f"{100 * share:.2g}%" if is_told and share >= _LEAST_SHARE else "")
            else:
                told.append(whole(int(outside.sum())) if is_told else "")
        return told[0], told[1]


def _point(values: Any, count: int) -> list[float]:
    """A value for each parameter, NaN for none."""
    point = np.full(count, np.nan) if values is None else np.asarray(values, np.float64)
    if point.shape != (count,):
        raise ValueError(f"a point in {count} parameters is not of shape {point.shape}")
    return [float(value) for value in point]
