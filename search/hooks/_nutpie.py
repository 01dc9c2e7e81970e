"""nutpie: `hooks.nutpie(update).wait(sampler)` in place of `sampler.wait()`, of a sampler in the background."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autoviz_render.search.hooks.findings import guard_of, refuse_misplaced, tell
from autoviz_render.search.hooks.variables import Variables, free_names
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.ragged_chains import RaggedChains
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import checks_arguments

_LEAST_PAUSE = 0.25  # seconds between two looks
_SHARE = 50  # a look copies all draws so far: it takes at most one part in so many of the time


@checks_arguments
def nutpie(update: QuickUpdate, *, variables: Sequence[str] | None = None, evaluations: int = 0) -> NutpieHook:
    """What to wait with for `sampler = nutpie.sample(..., blocking=False)`.

    nutpie draws in threads of its own. The hook looks at a copy of the trace, which nutpie's `inspect` gives, as often
    as that costs little, and else waits. The log likelihood that is published is nutpie's `logp`: the log posterior
    density of the unconstrained values, up to a constant.

    Args:
        update: Publishes what is found.
        variables: Those whose values are the parameters; by default those that are sampled, and all of a model that
            does not tell them apart. A vector `theta` is `theta[0]`, `theta[1]`, ...
        evaluations: The count of draws that earlier samplers had reached, if this one goes on from them.
    """
    refuse_misplaced("nutpie", update)
    return NutpieHook(update, variables, evaluations)


class NutpieHook:
    """What `nutpie` gives: a function of the sampler, that can wait for it too."""

    def __init__(self, update: QuickUpdate, variables: Sequence[str] | None, evaluations: int) -> None:
        self._update, self._wanted, self._earlier = update, variables, evaluations
        self._variables: Variables | None = None
        self._settings: Any = None
        self._guard = guard_of("nutpie")

    def __call__(self, sampler: Any) -> None:
        """Look at a sampler, which goes on meanwhile. Never raises.

        Args:
            sampler: What `nutpie.sample(..., blocking=False)` gave.
        """
        with self._guard("looking at the sampler"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # ArviZ warns of a trace with few draws
                trace = sampler.inspect()
            self._take(trace, sampler)

    def wait(self, sampler: Any) -> Any:
        """Wait for a sampler as `sampler.wait()` does, and look at it meanwhile; the draws are the same bits.

        Args:
            sampler: What `nutpie.sample(..., blocking=False)` gave.

        Returns:
            The trace.

        Raises:
            Exception: Whatever the sampler raises. After KeyboardInterrupt, `sampler.abort()` gives the trace so far.
        """
        pause = _LEAST_PAUSE
        while True:
            try:
                trace = sampler.wait(timeout=pause)  # `is_finished` raises while it is not (0.16)
            except TimeoutError:
                begun = time.monotonic()
                self(sampler)
                pause = max(_LEAST_PAUSE, _SHARE * (time.monotonic() - begun))
                continue
            with self._guard("looking at the trace"):
                self._take(trace, sampler)
            return trace

    def variables(self, point: npt.ArrayLike) -> dict[str, Any]:
        """The values of the variables, by name, of a point as `QuickUpdate(arrays=...)` is given it.

        Args:
            point: array[parameter].

        Raises:
            RuntimeError: Before the first look, when the variables are not known.
        """
        if self._variables is None:
            raise RuntimeError("the variables are known when the hook has looked at the sampler")
        return self._variables.unravel(point)

    def _take(self, trace: Any, sampler: Any) -> None:
        tuning, drawn = (_group(trace, f"{kind}posterior") for kind in ("warmup_", ""))
        shapes = {name: np.shape(values)[2:] for name, values in (tuning | drawn).items()}
        if not shapes:
            return
        if self._variables is None:
            names = _sampled(shapes, sampler) if self._wanted is None else self._wanted
            self._variables = Variables({name: shapes[name] for name in names})
            self._update.name_parameters(self._variables.names)
            self._update.name_count("draws")  # a trajectory of many likelihood evaluations each
        look = _Look(self._variables, trace, (tuning, drawn), self._earlier, _total(sampler))
        if look.best is not None:
            tell(self._update, look, *look.best, evaluations=look.evaluations)


class _Look:
    """What one copy of the trace tells.

    Attributes:
        best: The best draw of all, array[parameter], and its log density; None if there is no draw.
        evaluations: The count of draws.
    """

    def __init__(
        self,
        variables: Variables,
        trace: Any,
        groups: tuple[Mapping[str, Any], Mapping[str, Any]],
        earlier: int,
        total: float | None,
    ) -> None:
        self.best: tuple[Floats, float] | None = None
        self.evaluations = earlier
        self._target = None if total is None else earlier + total
        self._chains: list[RaggedChains] = []
        self._stats = _group(trace, "sample_stats")
        for values, stats in zip(groups, (_group(trace, "warmup_sample_stats"), self._stats), strict=True):
            chains = RaggedChains(variables.size)
            self._chains.append(chains)
            if values and np.size(density := np.asarray(stats["logp"], dtype=np.float64)):
                self._add(chains, variables.ravel(values, batch=2), density)
        self.evaluations += sum(chains.draws for chains in self._chains)

    def _add(self, chains: RaggedChains, draws: Floats, density: Floats) -> None:
        """The chains that are shorter are filled up with NaN."""
        for number, (of_chain, densities) in enumerate(zip(draws, density, strict=True)):
            is_drawn = ~np.isnan(densities)
            if is_drawn.any():
                chains.add(number, of_chain[is_drawn], densities[is_drawn])
        known = np.where(np.isnan(density), -np.inf, density)
        chain, draw = np.unravel_index(int(known.argmax()), known.shape)
        if (top := float(known[chain, draw])) > (-math.inf if self.best is None else self.best[1]):
            self.best = draws[chain, draw], top

    def scalars(self) -> dict[str, Any]:
        numbers: dict[str, Any] = {"count_target": self._target}
        if self._chains[1].draws:
            is_drawn = ~np.isnan(np.asarray(self._stats["logp"], dtype=np.float64))
            of_draws = {name: np.asarray(values)[is_drawn] for name, values in self._stats.items() if name in _NUMBERS}
            numbers |= {_NUMBERS[name]: float(np.mean(values)) for name, values in of_draws.items()}
            numbers["divergences"] = float(np.sum(of_draws["diverging"])) if "diverging" in of_draws else None
        return numbers | self._chains[1].convergence()

    def samples(self) -> dict[str, Floats]:
        """Of the draws after the tuning; while there are none, of the second half of the tuning."""
        return self._chains[1].arrays() or self._chains[0].arrays(None)


_NUMBERS = {
    "mean_tree_accept": "acceptance",
    "diverging": "divergences",
    "depth": "tree_depth",
    "step_size": "step_size",
}


def _group(trace: Any, name: str) -> dict[str, Any]:
    """The arrays of a group of the trace, array[chain, draw, ...] by name; none if there is no such group."""
    try:
        group = trace[name]
    except KeyError:
        return {}
    return {str(each): group[each].values for each in group.data_vars}


def _sampled(shapes: Mapping[str, Sequence[int]], sampler: Any) -> list[str]:
    """nutpie has the values that are moved first, and then what is computed of them; of Stan all are the latter."""
    left = int(getattr(getattr(sampler, "_compiled_model", None), "n_dim", 0))
    values = []
    for name, shape in shapes.items():
        if left <= 0:
            break
        left -= math.prod(shape)
        values.append(name)
    names = [name for name in dict.fromkeys(free_names(values)) if name in shapes]
    return names if names and left == 0 else list(shapes)


def _total(sampler: Any) -> float | None:
    """How many draws there will be of all chains, with the tuning; None if the sampler does not tell."""
    settings = getattr(sampler, "_settings", None)
    numbers = [getattr(settings, name, math.nan) for name in ("num_chains", "num_tune", "num_draws")]
    chains, tune, draws = (float(number) for number in numbers)
    total = chains * (tune + draws)
    return total if math.isfinite(total) else None
