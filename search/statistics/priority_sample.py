"""A bounded number of weighted points that stand for all of them: what the figure of a posterior reads.

A point is kept with a chance that grows with its weight, and the weights of those that are kept make up for those that
are not, so that every sum of weights is right in the mean. What is kept depends on the number of a point, not on a
random generator: a run in pieces keeps the same points as one in one piece, and a figure does not flicker.

Source: Duffield, Lund and Thorup (2007), J. ACM 54, 32.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from autoviz_render.search.statistics.weights import alive_at, live_counts, log_shells, log_volumes
from autoviz_render.spool.arrays import Array, Floats

MOST = 2000
"""Samples of one snapshot: more cannot be seen in a corner plot."""


class PrioritySample:
    """At most `most` of all points that are added.

    Args:
        parameters: The number of parameters of a point.
        most: How many points are kept.
    """

    def __init__(self, parameters: int, most: int = MOST) -> None:
        self._most = most
        self._count = 0
        self._left_out = -math.inf  # the highest log priority of those that were
        self._points: Floats = np.empty((0, parameters))
        self._log_weights: Floats = np.empty(0)
        self._log_priorities: Floats = np.empty(0)

    def add(self, points: npt.ArrayLike, log_weights: npt.ArrayLike) -> None:
        """Take some more points.

        Args:
            points: array[sample, parameter], in physical units.
            log_weights: array[sample], in nats, any normalisation; NaN weighs nothing.
        """
        weights = np.asarray(log_weights, dtype=np.float64)
        weights = np.where(np.isnan(weights), -np.inf, weights)
        priorities = weights - np.log(_uniforms(np.arange(self._count, self._count + weights.size)))
        self._count += weights.size
        self._points = np.concatenate([self._points, np.asarray(points, dtype=np.float64)])
        self._log_weights = np.concatenate([self._log_weights, weights])
        self._log_priorities = np.concatenate([self._log_priorities, priorities])
        if self._log_weights.size > 2 * self._most:
            self._prune()

    def arrays(self) -> dict[str, Floats]:
        """The points that are kept, in the order in which they were added.

        Returns:
            `samples`, array[sample, parameter], and `log_weights`, array[sample], in nats. There are always `most`
            samples, so that all snapshots have the same shapes: the last ones weigh nothing if fewer were added.
        """
        self._prune()
        missing = self._most - self._log_weights.size
        weights = np.maximum(self._log_weights, self._left_out)
        return {
            "samples": np.pad(self._points, ((0, missing), (0, 0))),
            "log_weights": np.pad(weights, (0, missing), constant_values=-np.inf),
        }

    def _prune(self) -> None:
        """Keep those of the highest priority, in their order."""
        surplus = self._log_weights.size - self._most
        if surplus <= 0:
            return
        order = np.argpartition(self._log_priorities, surplus - 1)
        self._left_out = max(self._left_out, float(self._log_priorities[order[:surplus]].max()))
        kept = np.sort(order[surplus:])
        self._points, self._log_weights = self._points[kept], self._log_weights[kept]
        self._log_priorities = self._log_priorities[kept]


def weighted_arrays(
    points: Array,
    log_weights: npt.ArrayLike,
    *,
    most: int = MOST,
    log_likelihood: Floats | None = None,
    log_likelihood_birth: Floats | None = None,
    log_volume: Floats | None = None,
) -> dict[str, Floats]:
    """The arrays of a `PrioritySample` of all these points, which later calls give in the same order.

    Args:
        points: array[sample, parameter], in physical units.
        log_weights: array[sample], in nats, any normalisation.
        most: How many points are kept.
        log_likelihood: array[sample], in nats, if it is known.
        log_likelihood_birth: array[sample], in nats, of the contour within which each point was drawn, -inf or NaN for
            the prior, if the points are those of a nested sampler.
        log_volume: array[sample], in nats, of the prior volume that was left when each point died; by default it is
            worked out from births and deaths.

    Returns:
        `samples` and `log_weights`; `log_likelihoods`, `log_likelihoods_birth` and `live_counts`, as far as they are
        known: see `docs/format.md`.
    """
    width = np.shape(points)[1]
    columns = [np.asarray(points, dtype=np.float64)]
    if log_likelihood is not None:
        columns.append(log_likelihood[:, None])
    if log_likelihood is not None and log_likelihood_birth is not None:
        volume = _volumes(log_likelihood, log_likelihood_birth) if log_volume is None else log_volume
        columns += [log_likelihood_birth[:, None], volume[:, None]]
    sample = PrioritySample(sum(each.shape[1] for each in columns), most)
    sample.add(np.concatenate(columns, axis=1), log_weights)
    return _by_name(sample.arrays(), width)


def _volumes(log_likelihood: Floats, log_likelihood_birth: Floats) -> Floats:
    """The log prior volume that is left at the death of each point, array[sample]."""
    order = np.argsort(log_likelihood, kind="stable")
    volumes = np.empty(log_likelihood.size)
    volumes[order] = log_volumes(alive_at(log_likelihood[order], log_likelihood_birth))
    return volumes


def _by_name(arrays: dict[str, Floats], width: int) -> dict[str, Floats]:
    """The arrays of a snapshot, of samples in whose columns behind the parameters the rest stands."""
    table, weights = arrays["samples"], arrays["log_weights"]
    found = {"samples": table[:, :width], "log_weights": weights}
    if table.shape[1] > width:
        found["log_likelihoods"] = table[:, width]
    if table.shape[1] > width + 1:
        birth, volumes = table[:, width + 1], table[:, width + 2]
        counts, known = np.zeros(len(table)), weights > -np.inf
        counts[known] = live_counts(table[known, width], volumes[known])
        found |= {"log_likelihoods_birth": np.where(known & ~np.isnan(birth), birth, -np.inf), "live_counts": counts}
    return {name: np.ascontiguousarray(array) for name, array in found.items()}


class NestedPosterior:
    """The posterior so far of a nested sampling run that replaces the same number of points at every step.

    Weights are those of the expected prior volumes, as in `RunningEvidence`.

    Args:
        num_live: How many points are alive.
        num_delete: How many of them die in a step.
        parameters: The number of parameters of a point.
        most: How many dead points are kept.
    """

    def __init__(self, num_live: int, num_delete: int, parameters: int, most: int = MOST) -> None:
        alive = num_live - np.arange(num_delete)
        self._log_shells = log_shells(alive)  # by rank in a step
        self._volume_of_step = float(np.sum(-1.0 / alive))
        self._log_volumes = log_volumes(alive)  # by rank in a step
        self._steps = 0
        self._parameters = parameters
        self._dead = PrioritySample(parameters + 3, most)  # and death, birth, volume

    def add(self, position: Floats, log_likelihood: Floats, log_likelihood_birth: Floats | None = None) -> None:
        """Take the points that died in one step, or in several, step by step.

        Args:
            position: array[dead, parameter].
            log_likelihood: array[dead], in nats.
            log_likelihood_birth: array[dead], in nats; NaN for the prior, and by default.
        """
        steps = log_likelihood.reshape(-1, self._log_shells.size)
        rank = steps.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")  # the lowest go first
        number = self._steps + np.arange(len(steps))
        log_weights = steps + self._log_shells[rank] + number[:, None] * self._volume_of_step
        volumes = self._log_volumes[rank] + number[:, None] * self._log_volumes[-1]
        self._steps += len(steps)
        table = self._table(position, log_likelihood, log_likelihood_birth, volumes.ravel())
        self._dead.add(table, log_weights.ravel())

    def arrays(
        self, position: Floats, log_likelihood: Floats, log_likelihood_birth: Floats | None = None
    ) -> dict[str, Floats]:
        """What the figure of the posterior reads, in the same shapes at every step.

        Args:
            position: array[point, parameter], of the live points.
            log_likelihood: array[point], in nats, of the live points.
            log_likelihood_birth: array[point], in nats, of the live points; NaN for the prior, and by default.

        Returns:
            `samples`, array[sample, parameter], and `log_weights`, array[sample], in nats, of dead and then of live
            points; `log_likelihoods`, `log_likelihoods_birth` and `live_counts`, array[sample], of the same;
            `live_points`, array[point, parameter].
        """
        position = np.asarray(position, dtype=np.float64)
        log_likelihood = np.asarray(log_likelihood, dtype=np.float64)
        volume = self._steps * self._volume_of_step - math.log(log_likelihood.size)
        rank = log_likelihood.argsort(kind="stable").argsort(kind="stable")  # as if they died now, one by one
        volumes = self._steps * self._log_volumes[-1] + log_volumes(rank.size - np.arange(rank.size))[rank]
        live = self._table(position, log_likelihood, log_likelihood_birth, volumes)
        dead = self._dead.arrays()
        both = {
            "samples": np.concatenate([dead["samples"], live]),
            "log_weights": np.concatenate([dead["log_weights"], log_likelihood + volume]),
        }
        return _by_name(both, self._parameters) | {"live_points": position}

    @staticmethod
    def _table(position: Floats, log_likelihood: Floats, birth: Floats | None, volumes: Floats) -> Floats:
        """array[point, parameter and death, birth, volume]."""
        births = np.full(log_likelihood.shape, np.nan) if birth is None else birth
        return np.column_stack([position, log_likelihood.ravel(), births.ravel(), volumes])


def _uniforms(numbers: npt.NDArray[np.int64]) -> Floats:
    """A number between 0 and 1, neither of them, for each of these, as good as drawn at random.

    Source: the output function of SplitMix64, Steele, Lea and Flood (2014), OOPSLA, figure 16.
    """
    bits = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
