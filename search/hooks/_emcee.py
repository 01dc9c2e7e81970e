"""emcee: `hooks.emcee(update, sampler).run_mcmc(start, 2000)` in place of `sampler.run_mcmc(start, 2000)`.

Or `hook = hooks.emcee(update, sampler)`, and `hook(state)` for every state that `sampler.sample` yields.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autoviz_render.search.hooks.findings import guard_of, refuse_misplaced, tell
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.chain import MOST_STEPS, Chain, chain_arrays
from autoviz_render.search.statistics.convergence import LEAST_STEPS, autocorrelation_time, worst
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import checks_arguments

_SHORT = 10.0  # strides: a shorter autocorrelation time is not seen well in steps that are so far apart


@checks_arguments
def emcee(
    update: QuickUpdate,
    sampler: Any,
    *,
    burn_in: int | None = None,
    steps: int | None = None,
    autocorrelation_times: float | None = None,
) -> EmceeHook:
    """What to call with every state that `sampler.sample(...)` yields, an `emcee.State`; or its `run_mcmc`.

    What emcee calls `log_prob` is published as the log likelihood: it is a log posterior, up to a constant.

    Args:
        update: Publishes what is found.
        sampler: The `EnsembleSampler`. If its backend holds steps already, they are read once, here: make the hook
            after a burn-in that is reset, and before one that is not.
        burn_in: How many first steps no figure shows; by default the first half of those there are.
        steps: How many steps your loop over `sample` takes: views tell by it when the run will be done. `run_mcmc` is
            told them.
        autocorrelation_times: How many of them your loop waits for before it stops, as 50, for the same.
    """
    refuse_misplaced("emcee", update, sampler)
    return EmceeHook(update, sampler, burn_in, steps, autocorrelation_times)


class EmceeHook:
    """What `emcee` gives: a function of a state, that can run the sampler too."""

    def __init__(
        self,
        update: QuickUpdate,
        sampler: Any,
        burn_in: int | None,
        steps: int | None = None,
        autocorrelation_times: float | None = None,
    ) -> None:
        self._steps, self._autocorrelation_times = steps, autocorrelation_times
        self._update, self._sampler, self._burn_in = update, sampler, burn_in
        self._walkers = int(sampler.nwalkers)
        self._chain = Chain(self._walkers, int(sampler.ndim) + 1)  # and the log density
        self._guard = guard_of("emcee")
        with self._guard("reading the steps so far"):
            self._resume()

    def __call__(self, state: Any) -> None:
        """Take note of a state. Never raises.

        Args:
            state: An `emcee.State`: `coords`, array[walker, parameter], and `log_prob`, array[walker]; both are copied.
        """
        with self._guard("taking note of a step"):
            self._chain.add(_rows(state.coords, state.log_prob)[None])  # copied: emcee changes these arrays in place
            self._tell(state.coords, state.log_prob)

    def run_mcmc(self, initial_state: Any, nsteps: int, **settings: Any) -> Any:
        """Run the sampler as `sampler.run_mcmc(initial_state, nsteps, **settings)` would; the chain is the same bits.

        Args:
            initial_state: Where to begin. None goes on from the last state, as in emcee: that of the last `run_mcmc`,
                the hook's or the sampler's own, or of a backend that held steps already.
            nsteps: How many steps to take.
            **settings: What `sampler.sample` takes.

        Returns:
            The last state.

        Raises:
            Exception: Whatever the sampler raises.
        """
        start = getattr(self._sampler, "_previous_state", None) if initial_state is None else initial_state
        if start is None:
            return self._sampler.run_mcmc(None, nsteps, **settings)  # which says why that cannot be
        state, self._steps = None, self._chain.steps + nsteps
        for state in self._sampler.sample(start, iterations=nsteps, **settings):
            self(state)
        self._sampler._previous_state = state  # as emcee's own does, for the next that goes on
        return state

    def samples(self) -> dict[str, Floats]:
        """The posterior so far: `samples`, array[sample, parameter], of all walkers: they are one ensemble."""
        kept = self._chain.after(self._burn_in)
        return chain_arrays(kept[..., :-1], is_ensemble=True, log_densities=kept[..., -1])

    def scalars(self) -> dict[str, Any]:
        """`acceptance`, `autocorrelation_time` in steps, and `effective_sample_size`."""
        numbers: dict[str, Any] = {}
        if self._steps is not None:
            numbers["count_target"] = self._steps * self._walkers
        if stored := int(self._sampler.iteration):
            numbers["acceptance"] = np.mean(self._sampler.backend.accepted) / stored
        steps = self._chain.after(self._burn_in)[..., :-1]
        if len(steps) >= LEAST_STEPS:
            time = self._chain.stride * worst(autocorrelation_time(steps))
            if self._chain.stride > 1 and time < _SHORT * self._chain.stride and stored >= self._chain.steps:
                time = worst(autocorrelation_time(self._sampler.get_chain(discard=stored - MOST_STEPS)))
            numbers["autocorrelation_time"] = time
            numbers["effective_sample_size"] = len(steps) * self._chain.stride * self._walkers / max(time, 1.0)
            if self._autocorrelation_times is not None:
                numbers["autocorrelation_times"] = self._chain.steps / max(time, 1.0)
                numbers["autocorrelation_times_target"] = self._autocorrelation_times
        return numbers

    def _resume(self) -> None:
        steps = int(self._sampler.iteration)
        if not steps:
            return
        log_prob = self._sampler.get_log_prob()
        self._chain.resume(
            steps, lambda stride: _rows(self._sampler.get_chain(thin=stride), log_prob[stride - 1 :: stride])
        )
        step, walker = np.unravel_index(np.nanargmax(log_prob), log_prob.shape)
        # that one step: the first that emcee reads is number discard + thin - 1, and the next is beyond the last
        thin = steps - int(step)
        (positions,) = self._sampler.get_chain(discard=int(step) - thin + 1, thin=thin)
        self._tell(positions[walker], log_prob[step, walker])

    def _tell(self, positions: Any, log_prob: Any) -> None:
        tell(self._update, self, positions, log_prob, evaluations=self._chain.steps * self._walkers)


def _rows(positions: Any, log_prob: Any) -> Floats:
    """Positions with their log density behind them: array[..., parameter + 1]."""
    return np.concatenate([positions, np.asarray(log_prob)[..., None]], axis=-1)
