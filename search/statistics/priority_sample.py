"""A bounded number of points that stand for all of a nested sampling run's: what they cost does not grow with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from autoviz_render.spool.arrays import Floats

MOST_DEAD = 2000


class Points(Protocol):
    """Live or dead points. position: array[point, parameter]. loglikelihood: array[point], in nats."""

    position: npt.NDArray[np.floating]
    loglikelihood: npt.NDArray[np.floating]


class Samples:
    """The figure of the posterior's arrays, kept while a run goes on.

    num_live, num_delete: of the run. most: how many dead points are kept.

    The last dead points are no posterior: its bulk lies further out. So a dead point is kept with a chance that grows
    with its weight, and the weight of what is kept makes up for what is not: a priority sample, of which every sum of
    weights is right in the mean (Duffield, Lund and Thorup 2007, J. ACM 54, 32). Weights are those of the expected
    prior volumes, as in `RunningEvidence`. The lot of a point is its number's, so that a run in pieces keeps the same
    points as one in one piece, and no random number of the sampler's is used up.
    """

    def __init__(self, num_live: int, num_delete: int, most: int = MOST_DEAD) -> None:
        self._num_delete, self._most = num_delete, most
        shrinkage = -1.0 / (num_live - np.arange(num_delete))  # of the log volume, at the death of each rank
        self._volume_of_step = float(shrinkage.sum())
        self._log_shares = np.cumsum(shrinkage) - shrinkage + np.log(-np.expm1(shrinkage))
        self._count = 0
        self._left_out = -math.inf  # the highest log priority of those that were
        self._position: Floats = np.empty((0, 0))
        self._log_weight: Floats = np.empty(0)
        self._log_priority: Floats = np.empty(0)

    def add(self, position: Floats, log_likelihood: Floats) -> None:
        """Take the points that died in one step, or in several: array[dead, parameter], array[dead], step by step."""
        if not log_likelihood.size:
            return
        log_weight = self._log_weights(log_likelihood)
        numbers = np.arange(self._count, self._count + log_likelihood.size)
        self._count += log_likelihood.size
        before = self._position if self._position.size else np.empty((0, position.shape[1]))
        self._position = np.concatenate([before, position])
        self._log_weight = np.concatenate([self._log_weight, log_weight])
        self._log_priority = np.concatenate([self._log_priority, log_weight - np.log(lots(numbers))])
        if self._log_weight.size > 2 * self._most:
            self._prune()

    def arrays(self, live: Points) -> Mapping[str, Floats]:
        """What the figure of the posterior reads, in the same shapes at every step.

        `samples`, array[sample, parameter], and `log_weights`, array[sample], in nats, of dead and live points; where
        so many have not died yet, a live point stands with no weight. `live_points`, array[point, parameter].
        """
        self._prune()
        position = np.asarray(live.position, dtype=np.float64)
        alive = np.asarray(live.loglikelihood, dtype=np.float64)
        log_volume = self._count // self._num_delete * self._volume_of_step
        missing = self._most - self._log_weight.size
        dead = self._position if self._position.size else position[:0]
        return {
            "samples": np.concatenate([dead, np.repeat(position[:1], missing, axis=0), position]),
            "log_weights": np.concatenate(
                [
                    np.maximum(self._log_weight, self._left_out),
                    np.full(missing, -np.inf),
                    alive + log_volume - math.log(alive.size),
                ]
            ),
            "live_points": position,
        }

    def _log_weights(self, log_likelihood: Floats) -> Floats:
        """Likelihood times the prior volume that died with each point: in a step the lowest go first."""
        steps = log_likelihood.reshape(-1, self._num_delete)
        rank = steps.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
        step = self._count // self._num_delete + np.arange(len(steps))
        return (steps + self._log_shares[rank] + step[:, None] * self._volume_of_step).ravel()

    def _prune(self) -> None:
        """Keep those of the highest priority, in the order of their death."""
        surplus = self._log_weight.size - self._most
        if surplus <= 0:
            return
        order = np.argpartition(self._log_priority, surplus - 1)
        self._left_out = max(self._left_out, float(self._log_priority[order[:surplus]].max()))
        kept = np.sort(order[surplus:])
        self._position, self._log_weight = self._position[kept], self._log_weight[kept]
        self._log_priority = self._log_priority[kept]


class NoSamples:
    """Where no figure shows them."""

    def add(self, position: Floats, log_likelihood: Floats) -> None:
        """Forget them."""

    def arrays(self, live: Points) -> Mapping[str, Floats]:
        """Nothing."""
        del live
        return {}


def lots(numbers: npt.NDArray[np.int64]) -> Floats:
    """A number between 0 and 1, neither of them, for each of these, as good as drawn at random.

    Source: the output function of SplitMix64, Steele, Lea and Flood (2014), OOPSLA, figure 16.
    """
    bits = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
