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
from autoviz_render.search.hooks.findings import guard_of, refuse_misplaced, tell
from autoviz_render.search.hooks.pytrees import Raveler
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.chain import Chain, chain_arrays
from autoviz_render.search.statistics.convergence import convergence
from autoviz_render.search.statistics.evidence import RunningEvidence
from autoviz_render.search.statistics.priority_sample import NestedPosterior
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import checks_arguments

log = logging.getLogger("autoviz_render.search")

_EVALUATIONS_A_SLICE = 2  # the two ends of its first interval, beside what blackjax counts


@checks_arguments
def blackjax(
    update: QuickUpdate,
    *,
    burn_in: int | None = None,
    stacked: bool = False,
    earlier: Iterable[Any] = (),
    evaluations: int = 0,
    remaining_evidence: float | None = None,
    steps: int | None = None,
) -> BlackjaxHook:
    """What to call with the state and the info of every step.

    Nested sampling is known by the log likelihoods of the state's `particles`, sequential Monte Carlo by `particles`
    and `weights` (or `persistent_particles`), a chain by `position` and `logdensity`; an axis of `logdensity` counts
    chains side by side. Of any other state, as of variational inference, nothing is published, and a warning says so.
    Positions may be trees: `{"tau": ..., "theta": ...}` gives the parameters `tau`, `theta[0]`, `theta[1]`, ...
    The `logdensity` of a chain, a log posterior up to a constant, is published as the log likelihood.

    Args:
        update: Publishes what is found.
        burn_in: How many first steps of a chain no figure shows; by default the first half of those there are.
        stacked: Whether the first axis counts steps, as `jax.lax.scan` gives them. In nested sampling and sequential
            Monte Carlo that is the axis of the infos alone, not of the state.
        earlier: The infos of earlier steps, if nested sampling or sequential Monte Carlo goes on: its numbers and its
            posterior begin with them.
        evaluations: The count that a chain or sequential Monte Carlo had reached, if it goes on.
        remaining_evidence: What your loop of nested sampling stops by: what the live points would add to the log
            evidence, in nats. It does not stop anything, but then views can tell when the run will be done.
        steps: How many steps your loop of a chain takes, for the same.
    """
    refuse_misplaced("blackjax", update)
    return BlackjaxHook(
        update, burn_in, stacked, earlier, evaluations, remaining_evidence=remaining_evidence, steps=steps
    )


class BlackjaxHook:
    """What `blackjax` gives: a function of the state and the info, that knows the tree of the positions."""

    def __init__(
        self,
        update: QuickUpdate,
        burn_in: int | None,
        stacked: bool,
        earlier: Iterable[Any],
        evaluations: int,
        *,
        remaining_evidence: float | None = None,
        steps: int | None = None,
    ) -> None:
        self._update, self._burn_in, self._stacked = update, burn_in, stacked
        self._earlier, self._evaluations = earlier, evaluations
        self._remaining_evidence, self._steps = remaining_evidence, steps
        self._run: _Nested | Particles | PersistentParticles | _Chains | None = None
        self._is_refused = False
        self._guard = guard_of("blackjax")

    def __call__(self, state: Any, info: Any = None) -> None:
        """Take note of a step. Never raises.

        Args:
            state: After the step; its arrays are copied to the host.
            info: Of the step; None for a state that no step gave.
        """
        with self._guard("taking note of a step"):
            self._take(getattr(state, "sampler_state", state), info)  # SMC that tunes its own kernel wraps the state

    def position(self, point: npt.ArrayLike) -> Any:
        """The position, in its own tree, of a point as `QuickUpdate(arrays=...)` is given it.

        Args:
            point: array[parameter].

        Raises:
            RuntimeError: Before the first step, when the tree is not known.
        """
        if self._run is None:
            raise RuntimeError("the tree of positions is known after the first step")
        return self._run.raveler.unravel(point)

    def _take(self, state: Any, info: Any) -> None:
        if self._run is None:
            self._run = self._begun(state)
            if self._run is None:
                self._refuse(state)
                return
            self._earlier = ()
            self._update.name_parameters(self._run.raveler.names)
        best = self._run.take(state, info)
        tell(self._update, self._run, *best, evaluations=self._run.evaluations)

    def _begun(self, state: Any) -> _Nested | Particles | PersistentParticles | _Chains | None:
        """What takes note of states like this one; None if nothing does."""
        if hasattr(state, "persistent_particles"):
            return PersistentParticles(state, self._earlier, self._evaluations)
        if hasattr(particles := getattr(state, "particles", None), "loglikelihood"):
            return _Nested(state, self._stacked, self._earlier, self._remaining_evidence)
        if particles is not None and hasattr(state, "weights"):
            return Particles(state, self._earlier, self._evaluations)
        if hasattr(state, "position") and hasattr(state, "logdensity"):
            return _Chains(state, self._stacked, self._burn_in, self._evaluations, self._steps)
        return None

    def _refuse(self, state: Any) -> None:
        if not self._is_refused:
            self._is_refused = True
            log.warning(
                "hooks.blackjax: a state of the type %s is not supported; nothing of it is published. Supported are "
                "nested sampling, sequential Monte Carlo (states with particles and weights), and chains (states with "
                "position and logdensity). The run goes on; this is said once.",
                type(state).__name__,
            )


class _Nested:
    """Nested sampling: a bounded number of dead points, running numbers, and the newest live points."""

    def __init__(self, state: Any, stacked: bool, earlier: Iterable[Any], target: float | None) -> None:
        self.raveler = Raveler(state.particles.position, batch=1)
        self._stacked, self._target = stacked, target
        self._evidence = RunningEvidence()
        self._posterior: NestedPosterior | None = None
        self._state, self._live = state, _likelihoods(state)
        self._best: tuple[Floats, float] = (self._positions(state)[0], -np.inf)
        self.evaluations = self._live.size
        for info in earlier:
            self._died(info, stacked=np.ndim(info.particles.loglikelihood) == 2)

    def take(self, state: Any, info: Any) -> tuple[Floats, float]:
        """The best point of all so far, array[parameter], and its log likelihood."""
        self._state, self._live = state, _likelihoods(state)
        if info is not None:
            self._died(info, self._stacked)
        if (top := float(self._live.max())) > self._best[1]:
            self._best = self._positions(state)[int(self._live.argmax())], top
        return self._best

    def scalars(self) -> dict[str, Any]:
        numbers = {"log_likelihood_contour": float(self._live.min()), "live_points": self._live.size}
        return self._evidence.numbers() | numbers | {"remaining_target": self._target}

    def samples(self) -> dict[str, Floats]:
        position = self._positions(self._state)
        if self._posterior is None:
            return {"live_points": position}
        return self._posterior.arrays(position, self._live, _births(self._state))

    def _positions(self, of: Any) -> Floats:
        return self.raveler.ravel(of.particles.position)

    def _died(self, info: Any, stacked: bool) -> None:
        dead = _likelihoods(info)
        if self._posterior is None:
            self._posterior = NestedPosterior(self._live.size, dead.shape[-1], self.raveler.size)
        self._posterior.add(self._positions(info).reshape(-1, self.raveler.size), dead.ravel(), _births(info))
        for step in dead if stacked else [dead]:
            self._evidence.add(step, self._live)
        slices: Any = getattr(info, "update_info", None)
        if hasattr(slices, "num_expansions") and hasattr(slices, "num_shrink"):
            tried = np.asarray(slices.num_expansions) + np.asarray(slices.num_shrink)
            self.evaluations += int(tried.sum()) + _EVALUATIONS_A_SLICE * tried.size
        else:
            self.evaluations += dead.size


def _likelihoods(of: Any) -> Floats:
    """The log likelihoods of the particles of a state or an info, copied to the host; NaN weighs nothing."""
    found = np.array(of.particles.loglikelihood, dtype=np.float64)
    return np.where(np.isnan(found), -np.inf, found)


def _births(of: Any) -> Floats | None:
    """The contours within which the particles of a state or an info were drawn, copied to the host."""
    found = getattr(of.particles, "loglikelihood_birth", None)
    return None if found is None else np.array(found, dtype=np.float64).ravel()


class _Chains:
    """A chain or several side by side: a bounded number of steps, and running numbers."""

    def __init__(self, state: Any, stacked: bool, burn_in: int | None, evaluations: int, target: int | None) -> None:
        batch = np.shape(state.logdensity)
        self.raveler = Raveler(state.position, len(batch))
        self._burn_in, self._target = burn_in, target
        self._chain = Chain(math.prod(batch[1:] if stacked else batch), self.raveler.size + 1)  # and the log density
        self._sums: dict[str, float] = {}
        self.evaluations = evaluations

    def take(self, state: Any, info: Any) -> tuple[Floats, Floats]:
        """The points of this step, or of several, array[point, parameter], and their log densities, array[point]."""
        points = self.raveler.ravel(state.position).reshape(-1, self._chain.chains, self.raveler.size)
        log_density = np.asarray(state.logdensity, dtype=np.float64)
        self._chain.add(np.concatenate([points, log_density.reshape(*points.shape[:2], 1)], axis=2))
        for name in ("acceptance_rate", "is_divergent"):
            if (of_step := getattr(info, name, None)) is not None:
                self._sums[name] = self._sums.get(name, 0.0) + float(np.sum(np.asarray(of_step)))
        count = points.shape[0] * points.shape[1]
        self.evaluations += int(np.sum(np.asarray(getattr(info, "num_integration_steps", count))))
        return points.reshape(count, -1), log_density.ravel()

    def scalars(self) -> dict[str, Any]:
        rate = self._sums.get("acceptance_rate", math.nan) / (self._chain.steps * self._chain.chains)
        numbers = {"acceptance": rate, "divergences": self._sums.get("is_divergent")}
        if self._target is not None:
            numbers |= {"steps": self._chain.steps, "steps_target": self._target}
        return numbers | convergence(self._chain.after(self._burn_in)[..., :-1])

    def samples(self) -> dict[str, Floats]:
        kept = self._chain.after(self._burn_in)
        return chain_arrays(kept[..., :-1], log_densities=kept[..., -1])
