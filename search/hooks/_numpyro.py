"""NumPyro: `hook = hooks.numpyro(update)`, and `hook(mcmc)` after every `mcmc.run`, a chunk of the chain each."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.search.hooks.pytrees import Layout
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.chain import Chain, thinned
from autoviz_render.search.statistics.convergence import convergence, finite
from autoviz_render.search.statistics.posterior import MOST, chain_samples
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.guard import Attempts

log = logging.getLogger("autoviz_render.search")


def numpyro(update: QuickUpdate, *, sites: Sequence[str] | None = None) -> NumpyroHook:
    """What to call with the `MCMC` after every chunk, that is, after every `run`.

    sites: those whose values are the parameters, `deterministic` ones among them if you like; by default those that are
    sampled. They are in the order of their names, and a vector `theta` is `theta[0]`, `theta[1]`, ...

    The log likelihood that is published is minus the potential energy: the log posterior density of the unconstrained
    values, up to a constant. With `run(..., extra_fields=("potential_energy",))` the best of all draws is found,
    without it the best of those that end a chunk.
    """
    return NumpyroHook(update, sites)


class NumpyroHook:
    """What `numpyro` gives: a function of the `MCMC`, that knows the sites by their place among the parameters."""

    def __init__(self, update: QuickUpdate, sites: Sequence[str] | None) -> None:
        self._update = update
        self._wanted = sites
        self._layout: Layout | None = None
        self._chain: Chain | None = None
        self._divergences = 0
        self._attempt = Attempts(log, "hooks.numpyro")

    def __call__(self, mcmc: Any) -> None:
        self._attempt("taking note of a chunk", self._take, mcmc)

    def sites(self, point: npt.ArrayLike) -> Any:
        """The values of the sites, by name, of a point as `QuickUpdate(arrays=...)` is given it.

        Raises RuntimeError before the first chunk, when they are not known.
        """
        if self._layout is None:
            raise RuntimeError("the sites are known after the first chunk")
        return self._layout.tree(point)

    def _take(self, mcmc: Any) -> None:
        samples, extra, state = mcmc.get_samples(group_by_chain=True), mcmc.get_extra_fields(True), mcmc.last_state
        chosen = self._chosen(samples, _field(state, mcmc.sampler.sample_field))
        if self._layout is None:
            self._layout = Layout(chosen, batch=2)
            self._update.name_parameters(self._layout.names)
        draws = self._layout.vector(chosen).swapaxes(0, 1)  # array[draw, chain, parameter]
        if self._chain is None:
            self._chain = Chain(*draws.shape[1:])
        self._chain.add(draws)
        of_all = _collected(extra, state, "potential_energy")
        energy = _field(state, "potential_energy") if of_all is None else of_all
        numbers = {}
        if energy is not None:
            energy = np.asarray(energy, dtype=np.float64)
            numbers["potential_energy"] = float(energy.mean())
        if (diverging := _collected(extra, state, "diverging")) is not None:
            self._divergences += int(np.sum(diverging))
            numbers["divergences"] = float(self._divergences)
        if (acceptance := _field(state, "mean_accept_prob")) is not None:
            numbers["acceptance"] = float(np.mean(acceptance))
        # NumPyro's own count goes on where a chain does whose state was kept on disk meanwhile
        counted = _field(state, "i")
        count = self._chain.steps if counted is None else int(np.max(counted))
        self._update(
            (draws[-1] if of_all is None else draws).reshape(-1, self._layout.size),
            None if energy is None else -energy.T.ravel(),
            evaluations=count * self._chain.chains,
            scalars=partial(_scalars, self._chain, numbers),
            samples=partial(_samples, self._chain),
        )

    def _chosen(self, samples: Any, unconstrained: Any) -> Any:
        """The sites that are the parameters, of all that there are."""
        if not isinstance(samples, dict):
            return samples
        if self._wanted is not None:
            return {name: samples[name] for name in self._wanted}
        sampled = {name: samples[name] for name in samples if isinstance(unconstrained, dict) and name in unconstrained}
        return sampled or samples


def _field(state: Any, name: str) -> Any:
    """A field of a kernel's state, or else of the state of the kernel within: None if there is no such field.

    Of a Gibbs kernel's blocks only the last is looked at: the others' energies are from before its step.
    """
    for part in name.split("."):
        if (value := getattr(state, part, None)) is None:
            break
        state = value
    else:
        return state
    within = [blocks[-1]] if (blocks := getattr(state, "block_states", None)) else state
    for inner in within if isinstance(within, list | tuple) else ():
        if hasattr(inner, "_fields") and (value := _field(inner, name)) is not None:
            return value
    return None


def _collected(extra: Mapping[str, Any], state: Any, name: str) -> Any:
    """An extra field of all draws, array[chain, draw], by the names that NumPyro has for it; None if there is none."""
    last = len(getattr(state, "block_states", ())) - 1
    paths = (name, f"hmc_state.{name}", f"block_states.{last}.{name}")
    return next((extra[path] for path in paths if path in extra), None)


def _samples(chain: Chain) -> dict[str, Floats]:
    return chain_samples(thinned(chain.after(0), MOST))


def _scalars(chain: Chain, numbers: dict[str, float]) -> dict[str, float]:
    return finite(numbers) | convergence(chain.after(0))
