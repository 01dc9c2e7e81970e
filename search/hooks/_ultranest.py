"""UltraNest: `sampler.run(viz_callback=hooks.ultranest(update, sampler))`, and `run_iter` likewise."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autoviz_render.search.hooks.findings import Display, chosen_display, guard_of, refuse_misplaced, tell
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.priority_sample import weighted_arrays
from autoviz_render.search.statistics.weights import log_weights
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import checks_arguments
from autoviz_render.spool.weights import effective_sample_size

_LEPSILON = 0.001
"""Of the log likelihoods of the live points, in nats: as UltraNest has it by default, it stops at a smaller range."""


@checks_arguments
def ultranest(
    update: QuickUpdate,
    sampler: Any,
    *,
    progress: Display = True,
    frac_remain: float = 0.01,
    min_ess: float = 400,
) -> Callable[..., None]:
    """A `viz_callback` for `run` and `run_iter` of `ReactiveNestedSampler`.

    UltraNest calls it each time that it has fitted its region anew, which is after every fifth of the volume. It never
    calls it in a run that ends before, or whose likelihood is flat. The end of the run is published when `update` is
    closed. Points have the sampler's parameters and then its derived ones.

    Args:
        update: Publishes what is found.
        sampler: The sampler that runs. Nothing of it is changed.
        progress: True for the display that UltraNest would choose, False for none, or a `viz_callback` of your own,
            called afterwards.
        frac_remain: As you give it to `run`, and by default as UltraNest has it: views tell by it when the run will be
            done. UltraNest itself does not tell.
        min_ess: As `frac_remain`.

    Returns:
        The `viz_callback`. It never raises.
    """
    refuse_misplaced("ultranest", update, sampler)
    targets = {"remaining_target": math.log1p(frac_remain), "effective_sample_size_target": min_ess}
    guard, tree = guard_of("ultranest"), _Tree(sampler, targets)
    show = chosen_display(progress, _own_display)
    stored = getattr(sampler, "ncall", 0)
    with guard("naming the parameters"):
        update.name_parameters([*sampler.paramnames, *sampler.derivedparamnames])

    def end() -> None:
        with guard("reading how the run ended"):
            tree.end(update)

    if getattr(sampler, "mpi_rank", 0) == 0:  # as the callback, which UltraNest calls on the first rank alone
        update.at_close(end)

    def viz_callback(points: Mapping[str, Any], info: Mapping[str, Any], *arguments: Any, **named: Any) -> None:
        if info["ncall"] > stored:  # else a resumed run goes through its stored points, and has evaluated none anew
            with guard("taking note of a step"):
                tree.take(update, points, info.get("logvol"))
        if show is not None:
            show(points, info, *arguments, **named)

    return viz_callback


class _Tree:
    """The points of a run, read off UltraNest's tree, in which a point hangs from the one that died for it."""

    def __init__(self, sampler: Any, targets: Mapping[str, float]) -> None:
        self._sampler, self._targets = sampler, targets
        self._live: Floats = np.zeros((0, 0))
        self._contour = -np.inf  # the lowest log likelihood of the live points
        self._range: float | None = None
        self._log_volume: float | None = None
        self._read_at = -1

    def take(self, update: QuickUpdate, points: Mapping[str, Any], log_volume: float | None) -> None:
        """Publish the best of the live points."""
        self._log_volume = log_volume
        self._live, self._contour = points["p"], float(points["logl"].min())
        self._range = float(points["logl"].max()) - self._contour
        best = int(np.argmax(points["logl"]))
        tell(update, self, points["p"][best], points["logl"][best], evaluations=self._sampler.ncall)

    def end(self, update: QuickUpdate) -> None:
        """Publish the best of all points, if there is any; the tree is read anew."""
        self._read_at = -1
        self._read()
        if self._rows.size:
            best = int(self._log_likelihood.argmax())
            top = float(self._log_likelihood[best])
            tell(update, self, self._points()[best], top, evaluations=self._sampler.ncall)

    def samples(self) -> dict[str, Floats]:
        self._read()
        live = {} if self._is_explored else {"live_points": self._live}
        contours = {"log_likelihood": self._log_likelihood, "log_likelihood_birth": self._births}
        return weighted_arrays(self._points(), self._log_weights, **contours) | live

    def scalars(self) -> dict[str, Any]:
        self._read()
        sampler = self._sampler
        results = sampler.results if self._is_explored else None
        if results is not None and results["ncall"] == sampler.ncall:  # the run is done: the numbers that it prints
            evidence, error, size = results["logz"], results["logzerr"], results["ess"]
            remaining = 0.0
        else:
            dead = self._log_likelihood < self._contour if results is None else np.full(self._rows.size, True)
            evidence = np.logaddexp.reduce(self._log_weights[dead], initial=-np.inf)
            remaining = np.logaddexp.reduce(self._log_weights) - evidence
            error, size = self._error(), effective_sample_size(self._log_weights)
        return {
            **self._targets,
            "log_volume": self._log_volume,
            "log_likelihood_contour": self._contour,
            "live_points": len(self._live),
            "log_likelihood_range": self._range,
            "log_likelihood_range_limit": _LEPSILON,
            "log_evidence": evidence,
            "log_evidence_error": error,
            "remaining": remaining,
            "effective_sample_size": size,
            "efficiency": sampler.pointpile.nrows / sampler.ncall,
        }

    @property
    def _is_explored(self) -> bool:
        """Whether UltraNest has been through to the peak once, after which it adds points below."""
        return self._sampler.results is not None

    def _points(self) -> Floats:
        return np.asarray(self._sampler.pointpile.ps[self._rows], dtype=np.float64)

    def _error(self) -> float:
        """Of the log evidence, in nats, from the information gained. Source: Skilling (2006), as for the weights."""
        shares = np.exp(self._log_weights - (evidence := np.logaddexp.reduce(self._log_weights)))
        information = float(np.sum(shares * np.where(shares > 0, self._log_likelihood, 0.0)) - evidence)
        return float(np.sqrt(max(information, 0.0) / max(len(self._live), 1)))

    def _read(self) -> None:
        """Go through the tree, unless that was done since the last point: scalars and samples are asked for at once."""
        if self._read_at == (count := self._sampler.pointpile.nrows):
            return
        found: list[tuple[int, float, float]] = []  # row, death, birth
        unseen = [(node, -np.inf) for node in self._sampler.root.children]
        while unseen:
            node, birth = unseen.pop()
            found.append((node.id, node.value, birth))
            unseen.extend((child, node.value) for child in node.children)
        table = np.array(found, dtype=np.float64).reshape(-1, 3)
        rows, deaths, births = table[table[:, 0].argsort()].T  # as they were found: an order that does not change
        self._rows, self._log_likelihood, self._births = rows.astype(np.intp), deaths, births
        self._log_weights = log_weights(deaths, births)
        self._read_at = count


def _own_display() -> Callable[..., object]:
    """The widget in a notebook, else the lines of parameters."""
    return importlib.import_module("ultranest.viz").get_default_viz_callback()  # type: ignore[no-any-return]
