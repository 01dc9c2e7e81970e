"""zeus: `sampler.run_mcmc(start, nsteps, callbacks=hooks.zeus(update, sampler))`, from version 2.5."""

from __future__ import annotations

from typing import Any

import numpy as np

from autoviz_render.search.hooks.findings import guard_of, refuse_misplaced, tell
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.chain import Chain, chain_arrays
from autoviz_render.search.statistics.convergence import LEAST_STEPS, autocorrelation_time, worst
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import checks_arguments


@checks_arguments
def zeus(update: QuickUpdate, sampler: Any, *, burn_in: int | None = None, evaluations: int = 0) -> ZeusHook:
    """A callback for `run_mcmc` of `EnsembleSampler`, alone or in a list with zeus' own.

    What zeus calls the log probability is published as the log likelihood: it is a log posterior, up to a constant. The
    hook counts stored steps of all walkers.

    Args:
        update: Publishes what is found.
        sampler: The `EnsembleSampler`. Steps that it holds already are read once, when it goes on.
        burn_in: How many first steps no figure shows; by default the first half of those there are.
        evaluations: The count that an earlier sampler had reached, if this one begins where that ended.
    """
    refuse_misplaced("zeus", update, sampler)
    return ZeusHook(update, sampler, burn_in, evaluations)


class ZeusHook:
    """What `zeus` gives: a callback. It never has zeus stop."""

    def __init__(self, update: QuickUpdate, sampler: Any, burn_in: int | None, evaluations: int) -> None:
        self._update, self._sampler, self._burn_in, self._earlier = update, sampler, burn_in, evaluations
        self._walkers = int(sampler.nwalkers)
        self._chain = Chain(self._walkers, int(sampler.ndim) + 1)  # and the log posterior
        self._target: int | None = None
        self._guard = guard_of("zeus")

    def __call__(self, iteration: int, chain: Any, log_prob: Any) -> None:
        """Take note of the steps since the last call. Never raises.

        Args:
            iteration: The step of this `run_mcmc`.
            chain: array[step, walker, parameter], all steps that are stored.
            log_prob: array[step, walker], their log posterior.
        """
        with self._guard("taking note of a step"):
            self._update.name_count("steps of walkers")  # several likelihood evaluations each
            if len(chain) < self._chain.steps:  # it was reset
                self._earlier += self._chain.steps * self._walkers
                self._chain = Chain(self._walkers, chain.shape[-1] + 1)
            new = slice(self._chain.steps, None)
            points, densities = chain[new], log_prob[new]
            self._chain.add(np.concatenate([points, densities[..., None]], axis=2))
            left = (self._sampler.nsteps - iteration) // self._sampler.ncheckpoint
            self._target = self._earlier + (self._chain.steps + left) * self._walkers
            count = self._earlier + self._chain.steps * self._walkers
            tell(self._update, self, points.reshape(-1, points.shape[-1]), densities.ravel(), evaluations=count)

    def samples(self) -> dict[str, Floats]:
        """The posterior so far: `samples`, array[sample, parameter], of all walkers: they are one ensemble; and their
        `log_densities`."""
        kept = self._chain.after(self._burn_in)
        return chain_arrays(kept[..., :-1], is_ensemble=True, log_densities=kept[..., -1])

    def scalars(self) -> dict[str, Any]:
        """`autocorrelation_time` in stored steps, and `effective_sample_size`; `efficiency`, steps of a walker for
        each evaluation of the likelihood."""
        numbers: dict[str, Any] = {"count_target": self._target}
        steps = self._chain.after(self._burn_in)[..., :-1]
        if len(steps) >= LEAST_STEPS:
            time = self._chain.stride * worst(autocorrelation_time(steps))
            numbers["autocorrelation_time"] = time
            numbers["effective_sample_size"] = len(steps) * self._chain.stride * self._walkers / max(time, 1.0)
        done, calls = getattr(self._sampler, "iteration", 0), float(np.sum(getattr(self._sampler, "neval", 0)))
        numbers["efficiency"] = done * self._walkers / calls if calls else None
        return numbers
