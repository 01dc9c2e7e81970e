"""Sequential Monte Carlo of blackjax: weighted particles on the way from the prior to the posterior."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autoviz_render.search.hooks.pytrees import Raveler
from autoviz_render.search.statistics.priority_sample import weighted_arrays
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.weights import effective_sample_size

_MOST_ROUNDING = 0.1  # nats


class _Weighted:
    """What all kinds have in common: the particles of a state with their weights, and counts of moves.

    Attributes:
        raveler: Of the positions.
        evaluations: Of the likelihood, so far.
    """

    def __init__(self, raveler: Raveler, evaluations: int) -> None:
        self.raveler, self.evaluations = raveler, evaluations
        self._positions: Floats = np.empty((0, raveler.size))
        self._log_weights: Floats = np.empty(0)
        self._log_likelihood: Floats | None = None  # array[particle]; None if the state does not tell
        self._log_evidence: float | None = None
        self._tempering: float | None = None
        self._acceptance: float | None = None

    def scalars(self) -> dict[str, Any]:
        return {
            "log_evidence": self._log_evidence,
            "tempering_param": self._tempering,
            "tempering_param_target": None if self._tempering is None else 1.0,
            "effective_sample_size": effective_sample_size(self._log_weights),
            "acceptance": self._acceptance,
        }

    def samples(self) -> dict[str, Floats]:
        return weighted_arrays(self._positions, self._log_weights, log_likelihood=self._log_likelihood)

    def _moved(self, info: Any, count: int) -> None:
        """Take the mean acceptance of the steps that moved `count` particles, if it is known, and their evaluations."""
        moves = getattr(info, "update_info", None)
        rates = getattr(moves, "acceptance_rate", None)
        self._acceptance = None if rates is None else float(np.mean(np.asarray(rates)))
        if (steps := getattr(moves, "num_integration_steps", None)) is not None:
            self.evaluations += int(np.sum(np.asarray(steps)))
        else:
            self.evaluations += count if rates is None else int(np.size(rates))


class Particles(_Weighted):
    """Tempered SMC, its adaptive and tuned kinds, and SMC along partial posteriors: the newest particles.

    A state has `particles`, `weights` and, if it is tempered, `tempering_param`; an info `log_likelihood_increment`.
    """

    def __init__(self, state: Any, earlier: Iterable[Any], evaluations: int) -> None:
        super().__init__(Raveler(state.particles, batch=1), evaluations)
        self._is_known = False
        for info in earlier:
            self._add(info, np.size(state.weights))

    def take(self, state: Any, info: Any) -> tuple[Floats, float | None]:
        """The particle of the highest weight, array[parameter], and its log likelihood if that can be known."""
        self._positions = self.raveler.ravel(state.particles)
        weights = np.array(state.weights, dtype=np.float64)
        with np.errstate(divide="ignore"):
            self._log_weights = np.log(np.where(weights > 0, weights, 0.0))  # NaN weighs nothing
        tempering = getattr(state, "tempering_param", None)
        before, self._tempering = self._tempering, None if tempering is None else float(tempering)
        best = int(self._log_weights.argmax())
        increment = None if info is None else self._add(info, weights.size)
        if increment is None or before is None or self._tempering is None or not self._tempering > before:
            return self._positions[best], None
        # a weight is the likelihood to the power of what was added to the tempering parameter, normalised
        share = self._tempering - before
        log_likelihood = (self._log_weights[best] + math.log(weights.size) + increment) / share
        rounding = float(np.finfo(np.asarray(state.weights).dtype).eps) * math.log(weights.size) / share
        if self._is_known and rounding > _MOST_ROUNDING:
            return self._positions[best], None
        self._is_known = True
        return self._positions[best], float(log_likelihood)

    def _add(self, info: Any, count: int) -> float | None:
        """Take an info, of one step or of several: what it adds to the log evidence, None if several."""
        info = getattr(info, "smc_info", info)
        increments = np.asarray(getattr(info, "log_likelihood_increment", np.zeros(0)), dtype=np.float64)
        weighed = count * max(1, increments.size)
        self._moved(info, weighed)
        self.evaluations += weighed
        if increments.size:
            self._log_evidence = (self._log_evidence or 0.0) + float(increments.sum())
        return float(increments) if increments.ndim == 0 else None


class PersistentParticles(_Weighted):
    """Persistent SMC: the particles of all steps, each with its log likelihood; `log_Z` and weights are the state's."""

    def __init__(self, state: Any, earlier: Iterable[Any], evaluations: int) -> None:
        self._count = np.shape(state.persistent_log_likelihoods)[1]
        super().__init__(Raveler(state.persistent_particles, batch=2), evaluations or self._count)
        for info in earlier:
            self._moved(getattr(info, "smc_info", info), self._count)

    def take(self, state: Any, info: Any) -> tuple[Floats, float]:
        """The best particle of all, array[parameter], and its log likelihood."""
        end = int(state.iteration) + 1  # after it there is room for later steps
        self._positions = self.raveler.ravel(state.persistent_particles)[:end].reshape(-1, self.raveler.size)
        log_likelihood = np.array(state.persistent_log_likelihoods, dtype=np.float64)[:end].ravel()
        tempering = np.array(state.tempering_schedule, dtype=np.float64)[:end]
        evidences = np.array(state.persistent_log_Z, dtype=np.float64)[:end]
        self._log_evidence, self._tempering = float(evidences[-1]), float(tempering[-1])
        self._log_likelihood = log_likelihood
        self._log_weights = _persistent_weights(log_likelihood, tempering, evidences)
        if info is not None:
            self._moved(getattr(info, "smc_info", info), self._count)
        best = int(np.where(np.isnan(log_likelihood), -np.inf, log_likelihood).argmax())
        return self._positions[best], float(log_likelihood[best])


def _persistent_weights(log_likelihood: Floats, tempering: Floats, log_evidences: Floats) -> Floats:
    """array[particle], in nats, of all steps' particles, from the tempering and the evidence of each step.

    Source: Karamanis and Seljak (2025), arXiv:2407.20722, equation 15, as in blackjax.
    """
    likelihood = np.maximum(log_likelihood, np.finfo(np.float64).min)  # -inf times a tempering of 0 is 0
    of_steps = tempering[:, None] * likelihood - log_evidences[:, None]
    return np.asarray(tempering[-1] * likelihood - np.logaddexp.reduce(of_steps, axis=0))
