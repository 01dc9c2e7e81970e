"""NumPyro: `hook = hooks.numpyro(update)`, and `hook(mcmc)` after every `mcmc.run`, a chunk of the chain each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.search.hooks.findings import guard_of, refuse_misplaced, tell
from autoviz_render.search.hooks.pytrees import Raveler
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.chain import Chain, chain_arrays
from autoviz_render.search.statistics.convergence import convergence
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import checks_arguments


@checks_arguments
def numpyro(update: QuickUpdate, *, sites: Sequence[str] | None = None, draws: int | None = None) -> NumpyroHook:
    """What to call with the `MCMC` after every chunk, that is, after every `run`.

    The log likelihood that is published is minus the potential energy: the log posterior density of the unconstrained
    values, up to a constant. With `run(..., extra_fields=("potential_energy",))` the best of all draws is found,
    without it the best of those that end a chunk.

    Args:
        update: Publishes what is found.
        sites: Those whose values are the parameters, `deterministic` ones among them if you like; by default those that
            are sampled. They are in the order of their names, and a vector `theta` is `theta[0]`, `theta[1]`, ...
        draws: How many draws of each chain all your chunks together give: views tell by it when the run will be done.
    """
    refuse_misplaced("numpyro", update)
    return NumpyroHook(update, sites, draws)


class NumpyroHook:
    """What `numpyro` gives: a function of the `MCMC`, that knows the sites by their place among the parameters."""

    def __init__(self, update: QuickUpdate, sites: Sequence[str] | None, draws: int | None = None) -> None:
        self._update, self._draws = update, draws
        self._wanted = sites
        self._run: _Chunks | None = None
        self._guard = guard_of("numpyro")

    def __call__(self, mcmc: Any) -> None:
        """Take note of a chunk. Never raises.

        Args:
            mcmc: The `MCMC` after a `run`.
        """
        with self._guard("taking note of a chunk"):
            self._take(mcmc)

    def sites(self, point: npt.ArrayLike) -> Any:
        """The values of the sites, by name, of a point as `QuickUpdate(arrays=...)` is given it.

        Args:
            point: array[parameter].

        Raises:
            RuntimeError: Before the first chunk, when the sites are not known.
        """
        if self._run is None:
            raise RuntimeError("the sites are known after the first chunk")
        return self._run.raveler.unravel(point)

    def _take(self, mcmc: Any) -> None:
        samples = self._chosen(mcmc.get_samples(group_by_chain=True), mcmc)
        if self._run is None:
            self._run = _Chunks(samples, self._draws)
            self._update.name_parameters(self._run.raveler.names)
            self._update.name_count("draws")  # a trajectory of many likelihood evaluations each
        draws = self._run.take(samples, mcmc.get_extra_fields(True), mcmc.last_state)
        tell(self._update, self._run, *draws, evaluations=self._run.evaluations)

    def _chosen(self, samples: Any, mcmc: Any) -> Any:
        """The sites that are the parameters, of all that there are."""
        if not isinstance(samples, dict):
            return samples
        if self._wanted is not None:
            return {name: samples[name] for name in self._wanted}
        unconstrained = _field(mcmc.last_state, mcmc.sampler.sample_field)
        sampled = {name: samples[name] for name in samples if isinstance(unconstrained, dict) and name in unconstrained}
        return sampled or samples


class _Chunks:
    """The chains of all chunks so far, a bounded number of steps, and running numbers."""

    def __init__(self, samples: Any, target: int | None) -> None:
        self._target = target
        self.raveler = Raveler(samples, batch=2)
        self._chain = Chain(len(self.raveler.ravel(samples)), self.raveler.size + 1)  # and the log density
        self._divergences = 0
        self._numbers: dict[str, Any] = {}
        self.evaluations = 0

    def take(self, samples: Any, extra: Mapping[str, Any], state: Any) -> tuple[Floats, Floats | None]:
        """The draws of a chunk, or the last of each chain, array[point, parameter]; their log densities if known."""
        draws = self.raveler.ravel(samples).swapaxes(0, 1)  # array[draw, chain, parameter]
        of_all = _collected(extra, state, "potential_energy")
        densities = np.full(draws.shape[:2], np.nan) if of_all is None else -np.asarray(of_all, dtype=np.float64).T
        self._chain.add(np.concatenate([draws, densities[..., None]], axis=2))
        energy = _field(state, "potential_energy") if of_all is None else of_all
        energy = None if energy is None else np.asarray(energy, dtype=np.float64)
        if (diverging := _collected(extra, state, "diverging")) is not None:
            self._divergences += int(np.sum(diverging))
        acceptance = _field(state, "mean_accept_prob")
        self._numbers = {
            "potential_energy": None if energy is None else energy.mean(),
            "divergences": None if diverging is None else self._divergences,
            "acceptance": None if acceptance is None else np.mean(acceptance),
        }
        # NumPyro's own count goes on in a chain whose state was kept on disk meanwhile
        counted = _field(state, "i")
        count = self._chain.steps if counted is None else int(np.max(counted))
        self.evaluations = count * self._chain.chains
        points = (draws[-1] if of_all is None else draws).reshape(-1, self.raveler.size)
        return points, None if energy is None else -energy.T.ravel()

    def scalars(self) -> dict[str, Any]:
        aim = {} if self._target is None else {"draws": self._chain.steps, "draws_target": self._target}
        return self._numbers | aim | convergence(self._chain.after(0)[..., :-1])

    def samples(self) -> dict[str, Floats]:
        kept = self._chain.after(0)
        return chain_arrays(kept[..., :-1], log_densities=kept[..., -1])


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
