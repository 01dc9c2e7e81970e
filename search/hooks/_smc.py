"""Sequential Monte Carlo of blackjax: weighted particles on the way from the prior to the posterior."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autoviz_render.search.hooks.pytrees import Layout
from autoviz_render.search.statistics.convergence import finite
from autoviz_render.search.statistics.nested import effective_sample_size
from autoviz_render.search.statistics.posterior import weighted_samples
from autoviz_render.spool.arrays import Floats

_MOST_ROUNDING = 0.1  # nats


class Particles:
    """Tempered SMC, its adaptive and tuned kinds, and SMC along partial posteriors: the newest particles.

    A state has `particles`, `weights` and, if it is tempered, `tempering_param`; an info `log_likelihood_increment`.
    """

    def __init__(self, state: Any, earlier: Iterable[Any], evaluations: int) -> None:
        self.layout = Layout(state.particles, batch=1)
        self.evaluations = evaluations
        self._log_evidence: float | None = None
        self._tempering: float | None = None
        self._is_known = False
        self._acceptance: float | None = None
        for info in earlier:
            self._add(info, np.size(state.weights))

    def take(self, state: Any, info: Any) -> tuple[Floats, float | None]:
        """The particle of the highest weight, array[parameter], and its log likelihood if that can be known."""
        self._positions = self.layout.vector(state.particles)
        weights = np.array(state.weights, dtype=np.float64)
        with np.errstate(divide="ignore"):
            self._log_weights = np.log(np.where(weights > 0, weights, 0.0))  # NaN weighs nothing
        before, self._tempering = self._tempering, _number(getattr(state, "tempering_param", None))
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

    def scalars(self) -> dict[str, float]:
        return finite(
            {
                "log_evidence": self._log_evidence,
                "tempering_param": self._tempering,
                "effective_sample_size": effective_sample_size(self._log_weights),
                "acceptance": self._acceptance,
            }
        )

    def samples(self) -> dict[str, Floats]:
        return weighted_samples(self._positions, self._log_weights)

    def _add(self, info: Any, count: int) -> float | None:
        """Take an info, of one step or of several: what it adds to the log evidence, None if several."""
        info = getattr(info, "smc_info", info)
        increments = np.asarray(getattr(info, "log_likelihood_increment", np.zeros(0)), dtype=np.float64)
        weighed = count * max(1, increments.size)
        self._acceptance, moved = _moves(info, weighed)
        self.evaluations += moved + weighed
        if increments.size:
            self._log_evidence = (self._log_evidence or 0.0) + float(increments.sum())
        return float(increments) if increments.ndim == 0 else None


class PersistentParticles:
    """Persistent SMC: the particles of all steps, each with its log likelihood; `log_Z` and weights are the state's."""

    def __init__(self, state: Any, earlier: Iterable[Any], evaluations: int) -> None:
        self.layout = Layout(state.persistent_particles, batch=2)
        self._count = np.shape(state.persistent_log_likelihoods)[1]
        self._acceptance: float | None = None
        self.evaluations = evaluations or self._count
        for info in earlier:
            self._add(info)

    def take(self, state: Any, info: Any) -> tuple[Floats, float]:
        """The best particle of all, array[parameter], and its log likelihood."""
        end = int(state.iteration) + 1  # behind it there is room for later steps
        self._positions = self.layout.vector(state.persistent_particles)[:end].reshape(-1, self.layout.size)
        self._log_likelihood = np.array(state.persistent_log_likelihoods, dtype=np.float64)[:end].ravel()
        self._tempering = np.array(state.tempering_schedule, dtype=np.float64)[:end]
        self._log_evidences = np.array(state.persistent_log_Z, dtype=np.float64)[:end]
        if info is not None:
            self._add(info)
        best = int(np.where(np.isnan(self._log_likelihood), -np.inf, self._log_likelihood).argmax())
        return self._positions[best], float(self._log_likelihood[best])

    def scalars(self) -> dict[str, float]:
        return finite(
            {
                "log_evidence": self._log_evidences[-1],
                "tempering_param": self._tempering[-1],
                "effective_sample_size": effective_sample_size(self._log_weights()),
                "acceptance": self._acceptance,
            }
        )

    def samples(self) -> dict[str, Floats]:
        return weighted_samples(self._positions, self._log_weights())

    def _log_weights(self) -> Floats:
        """array[particle], in nats. Source: Karamanis and Seljak (2025), arXiv:2407.20722, equation 15, as blackjax."""
        likelihood = np.maximum(self._log_likelihood, np.finfo(np.float64).min)  # -inf times a tempering of 0 is 0
        of_steps = self._tempering[:, None] * likelihood - self._log_evidences[:, None]
        weights: Floats = self._tempering[-1] * likelihood - np.logaddexp.reduce(of_steps, axis=0)
        return weights

    def _add(self, info: Any) -> None:
        self._acceptance, evaluations = _moves(getattr(info, "smc_info", info), self._count)
        self.evaluations += evaluations


def _moves(info: Any, count: int) -> tuple[float | None, int]:
    """The mean acceptance of the steps that moved the particles, if they tell it, and their evaluations."""
    moves = getattr(info, "update_info", None)
    rates = getattr(moves, "acceptance_rate", None)
    acceptance = None if rates is None else float(np.mean(np.asarray(rates)))
    if (steps := getattr(moves, "num_integration_steps", None)) is not None:
        return acceptance, int(np.sum(np.asarray(steps)))
    return acceptance, count if rates is None else int(np.size(rates))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
