"""PyMC: `pm.sample(callback=hooks.pymc(update))`, called after every draw of every chain."""

from __future__ import annotations

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


@checks_arguments
def pymc(
    update: QuickUpdate, *, variables: Sequence[str] | None = None, chains: int | None = None, evaluations: int = 0
) -> PymcHook:
    """A `callback` for `pm.sample` with PyMC's own samplers: NUTS, HMC, Metropolis, compound steps.

    PyMC calls it in the process that called `pm.sample`, also if chains run in processes of their own. The log
    likelihood that is published is NUTS' `model_logp`: the log posterior density of the unconstrained values, up to a
    constant.

    Args:
        update: Publishes what is found.
        variables: Those whose values are the parameters, `Deterministic` ones among them if you like; by default those
            that are sampled, in the order of the model. A vector `theta` is `theta[0]`, `theta[1]`, ...
        chains: How many chains `pm.sample` is to run, which it does not tell: then views can tell when it will be done.
        evaluations: The count of draws that earlier calls of `pm.sample` had reached, if this one goes on from them.
    """
    refuse_misplaced("pymc", update)
    return PymcHook(update, variables, chains, evaluations)


class PymcHook:
    """What `pymc` gives: a callback, that knows the variables by their place among the parameters."""

    def __init__(
        self, update: QuickUpdate, variables: Sequence[str] | None, chains: int | None, evaluations: int
    ) -> None:
        self._update, self._wanted, self._chains, self._earlier = update, variables, chains, evaluations
        self._run: _Draws | None = None
        self._guard = guard_of("pymc")

    def __call__(self, trace: Any, draw: Any) -> None:
        """Take note of a draw. Never raises.

        Args:
            trace: The draws of its chain so far.
            draw: Its `chain`, its `stats`, whether it is of the `tuning`.
        """
        with self._guard("taking note of a draw"):
            self._take(trace, draw)

    def variables(self, point: npt.ArrayLike) -> dict[str, Any]:
        """The values of the variables, by name, of a point as `QuickUpdate(arrays=...)` is given it.

        Args:
            point: array[parameter].

        Raises:
            RuntimeError: Before the first draw, when the variables are not known.
        """
        if self._run is None:
            raise RuntimeError("the variables are known after the first draw")
        return self._run.variables.unravel(point)

    def _take(self, trace: Any, draw: Any) -> None:
        values = trace.point(len(trace) - 1)
        if self._run is None:
            names = free_names(draw.point) if self._wanted is None else self._wanted
            variables = Variables({name: np.shape(values[name]) for name in names})
            target = None if self._chains is None else self._earlier + self._chains * getattr(trace, "draws", np.nan)
            self._run = _Draws(variables, self._earlier, target)
            self._update.name_parameters(variables.names)
            self._update.name_count("draws")  # a trajectory of many likelihood evaluations each
        found = self._run.take(values, draw)
        tell(self._update, self._run, *found, evaluations=self._run.evaluations)


class _Draws:
    """The draws so far of all chains, a bounded number, and running numbers of those after the tuning."""

    def __init__(self, variables: Variables, earlier: int, target: float | None) -> None:
        self.variables = variables
        self._target = target
        self._tuning, self._drawn = RaggedChains(variables.size), RaggedChains(variables.size)
        self._sums: dict[str, tuple[float, int]] = {}
        self._step_sizes: dict[int, float] = {}
        self.evaluations = earlier

    def take(self, values: Mapping[str, Any], draw: Any) -> tuple[Floats, Floats | None]:
        """The draw, array[parameter], and its log density if the step tells it."""
        point = self.variables.ravel(values)
        chains = self._tuning if draw.tuning else self._drawn
        stats = {name: value for step in draw.stats for name, value in step.items()}  # of a compound step's all
        density = stats.get("model_logp")
        chains.add(draw.chain, point[None], np.array([np.nan if density is None else float(density)]))
        self.evaluations += 1
        if "step_size" in stats:
            self._step_sizes[draw.chain] = float(stats["step_size"])
        if not draw.tuning:
            self._count(stats)
        return point, None if density is None else np.asarray(density, dtype=np.float64)

    def _count(self, stats: Mapping[str, Any]) -> None:
        for name in ("mean_tree_accept", "accept", "diverging", "depth"):
            if name in stats:
                total, count = self._sums.get(name, (0.0, 0))
                self._sums[name] = total + float(np.mean(stats[name])), count + 1

    def scalars(self) -> dict[str, Any]:
        means = {name: total / count for name, (total, count) in self._sums.items()}
        diverging, _ = self._sums.get("diverging", (None, 0))
        return {
            "acceptance": means.get("mean_tree_accept", means.get("accept")),
            "divergences": diverging,
            "tree_depth": means.get("depth"),
            "step_size": float(np.mean([*self._step_sizes.values()])) if self._step_sizes else None,
            "count_target": self._target,
        } | self._drawn.convergence()

    def samples(self) -> dict[str, Floats]:
        """Of the draws after the tuning; while there are none, of the second half of the tuning."""
        return self._drawn.arrays() or self._tuning.arrays(None)
