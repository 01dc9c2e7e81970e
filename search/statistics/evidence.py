"""The log evidence of a nested sampling run, and how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from autoviz_render.search.statistics.weights import alive_at, log_shells, simulated_log_shells
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.weights import effective_sample_size

_VOLUME_SIMULATIONS = 200


@dataclass(frozen=True)
class Evidence:
    """The weighted points of a run that has ended.

    Attributes:
        log_weights: array[sample], in nats, normalised to a sum of weights of one.
        log_evidence: Mean over simulated prior volumes, in nats.
        log_evidence_error: Standard deviation over them, in nats.
        effective_sample_size: Kish's, of the weights.
    """

    log_weights: Floats
    log_evidence: float
    log_evidence_error: float
    effective_sample_size: float


def weigh(log_likelihood: Floats, log_likelihood_birth: Floats, seed: int) -> Evidence:
    """The weights of all points of a run, dead and then live, by the contours of their birth and death.

    The shrinkage of the prior volume is simulated, one run of it after another: memory is a few arrays of that size.

    Args:
        log_likelihood: array[sample], in nats.
        log_likelihood_birth: array[sample], in nats; NaN for points drawn from the prior.
        seed: Of the simulation.

    Source: Skilling (2006), Bayesian Analysis 1, 833; the number of live points at each contour, Fowlie, Handley and Su
    (2021), MNRAS 503, 1199.
    """
    order = np.argsort(log_likelihood, kind="stable")
    deaths = log_likelihood[order].astype(np.float64)
    alive, rng = alive_at(deaths, log_likelihood_birth), np.random.default_rng(seed)
    evidences, total = np.empty(_VOLUME_SIMULATIONS), np.full(deaths.size, -np.inf)
    for number in range(_VOLUME_SIMULATIONS):  # in NumPy: for each number of points JAX would compile anew
        weighed = deaths + simulated_log_shells(alive, rng)
        evidences[number] = np.logaddexp.reduce(weighed)
        total = np.logaddexp(total, weighed - evidences[number])
    weights = np.empty_like(total)
    weights[order] = total - math.log(_VOLUME_SIMULATIONS)
    return Evidence(weights, float(evidences.mean()), float(evidences.std()), effective_sample_size(weights))


@dataclass
class RunningEvidence:
    """The evidence while the run goes on, by expected prior volumes; its cost does not grow with the run.

    Attributes:
        log_evidence: Of the dead points, in nats.
        remaining: What the live points would add to it, in nats.
        log_squares: Of the sum of the squared weights of the dead points, in nats.
        log_volume: Of the prior volume that the live points share, in nats.
    """

    log_evidence: float = -math.inf
    remaining: float = math.inf
    log_squares: float = -math.inf
    log_volume: float = 0.0

    def add(self, dead_log_likelihood: Floats, live_log_likelihood: Floats) -> None:
        """Take one step of the sampler.

        Args:
            dead_log_likelihood: array[dead], in nats, of the points that died in this step.
            live_log_likelihood: array[live], in nats, of the points alive after it.
        """
        alive = live_log_likelihood.size - np.arange(dead_log_likelihood.size)
        weights: Floats = np.sort(dead_log_likelihood) + self.log_volume + log_shells(alive)
        self.log_evidence = float(np.logaddexp.reduce(weights, initial=self.log_evidence))
        self.log_squares = float(np.logaddexp.reduce(2 * weights, initial=self.log_squares))
        self.log_volume -= float(np.sum(1.0 / alive))
        live = np.logaddexp.reduce(live_log_likelihood) - math.log(live_log_likelihood.size) + self.log_volume
        if self.log_evidence > -math.inf:
            self.remaining = float(np.logaddexp(self.log_evidence, live)) - self.log_evidence

    def numbers(self) -> dict[str, float]:
        """`log_evidence`, `remaining` and `log_volume`, in nats, and `effective_sample_size`."""
        names = ("log_evidence", "remaining", "effective_sample_size", "log_volume")
        return {name: getattr(self, name) for name in names}

    @property
    def effective_sample_size(self) -> float:
        """Kish's, of the dead points; 0 before any of them weighs something."""
        if self.log_evidence == -math.inf:
            return 0.0
        return math.exp(2 * self.log_evidence - self.log_squares)
