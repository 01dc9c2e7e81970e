"""What a nested sampling run says: weights of its points, log evidence, effective sample size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from blackjax.ns.base import NSInfo, StateWithLogLikelihood
from blackjax.ns.utils import log_weights

from autoviz_render.spool.arrays import Floats

_VOLUME_SIMULATIONS = 200


@dataclass(frozen=True)
class Evidence:
    """The weighted points of a run.

    log_weights: array[sample], in nats, normalised to a sum of weights of one.
    log_evidence, log_evidence_error: mean and standard deviation over simulated prior volumes, in nats.
    effective_sample_size: Kish's, of the weights.
    """

    log_weights: Floats
    log_evidence: float
    log_evidence_error: float
    effective_sample_size: float


def weigh(log_likelihood: Floats, log_likelihood_birth: Floats, seed: int) -> Evidence:
    """The weights of all the points of a run, dead and then live, by the contours of their birth and death.

    log_likelihood, log_likelihood_birth: array[sample], in nats; births from the prior are NaN.
    The shrinkage of the prior volume is simulated (Skilling 2006, Bayesian Analysis 1, 833), with the number
    of live points at each contour as of Fowlie, Handley and Su (2021, MNRAS 503, 1199), by
    `blackjax.ns.utils`.
    """
    likelihood, birth = jnp.asarray(log_likelihood), jnp.asarray(log_likelihood_birth)
    points = NSInfo(StateWithLogLikelihood(likelihood, likelihood, likelihood, birth), None)
    simulated = np.asarray(log_weights(jax.random.key(seed), points, _VOLUME_SIMULATIONS), dtype=np.float64)
    evidences = np.logaddexp.reduce(simulated, axis=0)
    weights = np.logaddexp.reduce(simulated - evidences, axis=1) - math.log(_VOLUME_SIMULATIONS)
    return Evidence(
        log_weights=weights,
        log_evidence=float(evidences.mean()),
        log_evidence_error=float(evidences.std()),
        effective_sample_size=effective_sample_size(weights),
    )


def effective_sample_size(log_weights: Floats) -> float:
    """Kish's effective sample size of weighted samples.

    log_weights: array[sample], in nats, any normalisation.
    Raises ValueError where every weight is zero. Source: Kish (1965), Survey Sampling, section 8.2.
    """
    if not np.isfinite(log_weights).any():
        raise ValueError("every weight is zero")
    total, of_squares = np.logaddexp.reduce(log_weights), np.logaddexp.reduce(2 * log_weights)
    return float(np.exp(2 * total - of_squares))


class RunningEvidence:
    """The same while the run goes on, by expected prior volumes; what it costs does not grow with the run.

    log_evidence: of the dead points, in nats. remaining: what the live points would add, in nats.
    """

    def __init__(self) -> None:
        self.log_evidence = -math.inf
        self.remaining = math.inf
        self._log_squares = -math.inf
        self._log_volume = 0.0

    def add(self, dead_log_likelihood: Floats, live_log_likelihood: Floats) -> None:
        """Take the points that died in one step, array[dead], and the live ones after it, array[live].

        With n points alive, the death of one shrinks the volume by exp(-1/n), in the mean of its logarithm.
        """
        for rank, likelihood in enumerate(np.sort(dead_log_likelihood)):
            shrinkage = -1.0 / (live_log_likelihood.size - rank)
            log_weight = float(likelihood) + self._log_volume + math.log(-math.expm1(shrinkage))
            self.log_evidence = float(np.logaddexp(self.log_evidence, log_weight))
            self._log_squares = float(np.logaddexp(self._log_squares, 2 * log_weight))
            self._log_volume += shrinkage
        live = np.logaddexp.reduce(live_log_likelihood) - math.log(live_log_likelihood.size) + self._log_volume
        self.remaining = float(np.logaddexp(self.log_evidence, live) - self.log_evidence)

    def numbers(self) -> dict[str, float]:
        """All that it is, by name."""
        return {
            "log_evidence": self.log_evidence,
            "remaining": self.remaining,
            "log_squares": self._log_squares,
            "log_volume": self._log_volume,
        }

    def resume(self, numbers: Mapping[str, float]) -> None:
        """Go on from what `numbers` gave."""
        self.log_evidence, self.remaining = numbers["log_evidence"], numbers["remaining"]
        self._log_squares, self._log_volume = numbers["log_squares"], numbers["log_volume"]

    @property
    def effective_sample_size(self) -> float:
        """Kish's, of the dead points."""
        if self.log_evidence == -math.inf:
            return 0.0
        return math.exp(2 * self.log_evidence - self._log_squares)
