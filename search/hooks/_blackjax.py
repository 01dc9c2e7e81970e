"""blackjax: `hook = hooks.blackjax(update)`, and `hook(state, info)` after every step.

Of nested sampling, of sequential Monte Carlo, or of a chain.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.search.hooks._smc import Particles, PersistentParticles
from autoviz_render.search.hooks.pytrees import Layout
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.chain import Chain, thinned
from autoviz_render.search.statistics.convergence import convergence, finite
from autoviz_render.search.statistics.posterior import MOST, chain_samples
from autoviz_render.search.statistics.priority_sample import Samples
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.guard import Attempts

log = logging.getLogger("autoviz_render.search")

_EVALUATIONS_A_SLICE = 2  # the two ends of its first interval, beside what blackjax counts


def blackjax(
    update: QuickUpdate,
    *,
    burn_in: int | None = None,
    stacked: bool = False,
    earlier: Iterable[Any] = (),
    evaluations: int = 0,
) -> BlackjaxHook:
    """What to call with the state and the info of every step.

    Nested sampling is known by the log likelihoods of the state's `particles`, sequential Monte Carlo by `particles`
    and `weights` (or `persistent_particles`), a chain by `position` and `logdensity`; an axis of `logdensity` counts
    chains side by side. Of any other state, as of variational inference, nothing is published, and a warning says so.
    Positions may be trees: `{"tau": ..., "theta": ...}` gives the parameters `tau`, `theta[0]`, `theta[1]`, ...
    burn_in: of a chain, how many first steps no figure shows; by default the first half of those there are.
    stacked: the first axis counts steps, as `jax.lax.scan` gives them; but of nested sampling and of sequential Monte
        Carlo that of the infos alone, not of the state.
    earlier: if one of the two goes on, the infos of the steps before, from which its numbers and posterior begin.
    evaluations: if a chain goes on, the count that it had reached.

    Of a chain `logdensity`, a log posterior up to a constant, is published as the log likelihood.
    """
    return BlackjaxHook(update, burn_in, stacked, earlier, evaluations)


class BlackjaxHook:
    """What `blackjax` gives: a function of the state and the info, that knows the tree of the positions."""

    def __init__(
        self, update: QuickUpdate, burn_in: int | None, stacked: bool, earlier: Iterable[Any], evaluations: int
    ) -> None:
        self._update, self._burn_in, self._stacked = update, burn_in, stacked
        self._earlier, self._evaluations = earlier, evaluations
        self._run: _Nested | Particles | PersistentParticles | _Chains | None = None
        self._is_refused = False
        self._attempt = Attempts(log, "hooks.blackjax")

    def __call__(self, state: Any, info: Any = None) -> None:
        self._attempt("taking note of a step", self._take, state, info)

    def position(self, point: npt.ArrayLike) -> Any:
        """The position, in its own tree, of a point as `QuickUpdate(arrays=...)` is given it.

        Raises RuntimeError before the first step, when it is not known.
        """
        if self._run is None:
            raise RuntimeError("the tree of positions is known after the first step")
        return self._run.layout.tree(point)

    def _take(self, state: Any, info: Any) -> None:
        state = getattr(state, "sampler_state", state)  # SMC that tunes its own kernel wraps the state
        if self._run is None:
            if (begun := self._begun(state)) is None:
                self._refuse(state)
                return
            self._run, self._earlier = begun, ()
            self._update.name_parameters(self._run.layout.names)
        points, log_likelihoods = self._run.take(state, info)
        self._update(
            points,
            log_likelihoods,
            evaluations=self._run.evaluations,
            scalars=self._run.scalars,
            samples=self._run.samples,
        )

    def _begun(self, state: Any) -> _Nested | Particles | PersistentParticles | _Chains | None:
        """What takes note of states like this one; None if nothing does."""
        if hasattr(state, "persistent_particles"):
            return PersistentParticles(state, self._earlier, self._evaluations)
        if hasattr(particles := getattr(state, "particles", None), "loglikelihood"):
            return _Nested(state, self._stacked, self._earlier)
        if particles is not None and hasattr(state, "weights"):
            return Particles(state, self._earlier, self._evaluations)
        if hasattr(state, "position") and hasattr(state, "logdensity"):
            return _Chains(state, self._stacked, self._burn_in, self._evaluations)
        return None

    def _refuse(self, state: Any) -> None:
        if not self._is_refused:
            self._is_refused = True
            log.warning(
                "hooks.blackjax: taking note of a step is not possible: a state of the type %s is not supported, and "
                "nothing of it is published. Supported are nested sampling, sequential Monte Carlo (states with "
                "particles and weights), and chains (states with position and logdensity). The run goes on; this is "
                "said once.",
                type(state).__name__,
            )


class _Nested:
    """Nested sampling: a bounded number of dead points, running numbers, and the newest live points."""

    def __init__(self, state: Any, stacked: bool, earlier: Iterable[Any]) -> None:
        from autoviz_render.search.statistics.evidence import (
            RunningEvidence,  # loads JAX, as whoever has such a state did
        )

        self.layout = Layout(state.particles.position, batch=1)
        self._state = state
        self._stacked = stacked
        self._evidence = RunningEvidence()
        self._posterior: Samples | None = None
        self._best: tuple[Floats, float] = (self.layout.vector(state.particles.position)[0], -np.inf)
        self._live = _likelihoods(state)
        self.evaluations = self._live.size
        for info in earlier:
            self._died(info, stacked=np.ndim(info.particles.loglikelihood) == 2)

    def take(self, state: Any, info: Any) -> tuple[Floats, float]:
        """The best point of all so far, array[parameter], and its log likelihood."""
        self._state = state
        self._live = _likelihoods(state)
        if info is not None:
            self._died(info, self._stacked)
        if (top := float(self._live.max())) > self._best[1]:
            self._best = self.layout.vector(state.particles.position)[int(self._live.argmax())], top
        return self._best

    def _died(self, info: Any, stacked: bool) -> None:
        dead = _likelihoods(info)
        if self._posterior is None:
            self._posterior = Samples(self._live.size, dead.shape[-1])
        positions = self.layout.vector(info.particles.position)
        self._posterior.add(positions.reshape(-1, self.layout.size), dead.ravel())
        with np.errstate(invalid="ignore"):  # nothing is known while all likelihoods are zero
            for step in dead if stacked else [dead]:
                self._evidence.add(step, self._live)
        slices: Any = getattr(info, "update_info", None)
        if hasattr(slices, "num_expansions") and hasattr(slices, "num_shrink"):
            tried = np.asarray(slices.num_expansions) + np.asarray(slices.num_shrink)
            self.evaluations += int(tried.sum()) + _EVALUATIONS_A_SLICE * tried.size
        else:
            self.evaluations += dead.size

    def scalars(self) -> dict[str, float]:
        return finite(
            {
                "log_evidence": self._evidence.log_evidence,
                "remaining": self._evidence.remaining,
                "effective_sample_size": self._evidence.effective_sample_size,
            }
        )

    def samples(self) -> dict[str, Floats]:
        position = self.layout.vector(self._state.particles.position)
        return (
            dict(self._posterior.arrays(_Live(position, self._live))) if self._posterior else {"live_points": position}
        )


def _likelihoods(of: Any) -> Floats:
    """The log likelihoods of a state's or an info's particles, copied to the host; what is none weighs nothing."""
    found = np.array(of.particles.loglikelihood, dtype=np.float64)
    return np.where(np.isnan(found), -np.inf, found)


class _Live:
    """position: array[point, parameter]. loglikelihood: array[point], in nats."""

    def __init__(self, position: Floats, loglikelihood: Floats) -> None:
        self.position: npt.NDArray[np.floating] = position
        self.loglikelihood: npt.NDArray[np.floating] = loglikelihood


class _Chains:
    """A chain or several side by side: a bounded number of steps, and running numbers."""

    def __init__(self, state: Any, stacked: bool, burn_in: int | None, evaluations: int) -> None:
        batch = np.shape(state.logdensity)
        self.layout = Layout(state.position, len(batch))
        self._burn_in = burn_in
        self._chain = Chain(math.prod(batch[1:] if stacked else batch), self.layout.size)
        self._sums: dict[str, float] = {}
        self.evaluations = evaluations

    def take(self, state: Any, info: Any) -> tuple[Floats, Floats]:
        """The points of this step, or of several, array[point, parameter], and their log densities, array[point]."""
        points = self.layout.vector(state.position).reshape(-1, self._chain.chains, self.layout.size)
        self._chain.add(points)
        for name in ("acceptance_rate", "is_divergent"):
            if (of_step := getattr(info, name, None)) is not None:
                self._sums[name] = self._sums.get(name, 0.0) + float(np.sum(np.asarray(of_step)))
        count = points.shape[0] * points.shape[1]
        self.evaluations += int(np.sum(np.asarray(getattr(info, "num_integration_steps", count))))
        return points.reshape(count, -1), np.asarray(state.logdensity, dtype=np.float64).ravel()

    def scalars(self) -> dict[str, float]:
        numbers = {}
        if "acceptance_rate" in self._sums:
            numbers["acceptance"] = self._sums["acceptance_rate"] / (self._chain.steps * self._chain.chains)
        if "is_divergent" in self._sums:
            numbers["divergences"] = self._sums["is_divergent"]
        return finite(numbers) | convergence(self._chain.after(self._burn_in))

    def samples(self) -> dict[str, Floats]:
        return chain_samples(thinned(self._chain.after(self._burn_in), MOST))
