"""UltraNest: `sampler.run(viz_callback=hooks.ultranest(update, sampler))`, and `run_iter` likewise."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.convergence import finite
from autoviz_render.search.statistics.nested import Progress, display, effective_sample_size, log, log_weights
from autoviz_render.search.statistics.posterior import weighted_samples
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.guard import Attempts


def ultranest(update: QuickUpdate, sampler: Any, *, progress: Progress = True) -> Callable[..., None]:
    """A `viz_callback` for `run` and `run_iter` of `ReactiveNestedSampler`.

    sampler: the one that runs. Nothing of it is changed.
    progress: True for the display that UltraNest would choose; False for none; or a `viz_callback` of your own, called
        afterwards.

    UltraNest calls it each time that it has fitted its region anew, which is after every fifth of the volume, and never
    in a run that ends before, or whose likelihood is flat. What the run came to is published when `update` is closed.
    Points have the sampler's parameters and then its derived ones.
    """
    attempt = Attempts(log, "hooks.ultranest")
    tree = _Tree(sampler)
    show = display(progress, _own_display)
    stored = getattr(sampler, "ncall", 0)
    attempt("naming the parameters", lambda: update.name_parameters([*sampler.paramnames, *sampler.derivedparamnames]))

    if getattr(sampler, "mpi_rank", 0) == 0:  # as the callback, which UltraNest calls on the first rank alone
        update.at_close(lambda: attempt("reading how the run ended", _end, update, tree))

    def viz_callback(points: Mapping[str, Any], info: Mapping[str, Any], *arguments: Any, **named: Any) -> None:
        if info["ncall"] > stored:  # else a resumed run goes through its stored points, and has evaluated none anew
            attempt("taking note of a step", _take, update, tree, points, info)
        if show is not None:
            show(points, info, *arguments, **named)

    return viz_callback


def _take(update: QuickUpdate, tree: _Tree, points: Mapping[str, Any], info: Mapping[str, Any]) -> None:
    tree.live, tree.contour = points["p"], float(points["logl"].min())
    best = int(np.argmax(points["logl"]))
    point, log_likelihood = points["p"][best], points["logl"][best]
    update(point, log_likelihood, evaluations=info["ncall"], scalars=tree.scalars, samples=tree.samples)


def _end(update: QuickUpdate, tree: _Tree) -> None:
    if (best := tree.best()) is not None:
        update(*best, evaluations=tree.evaluations, scalars=tree.scalars, samples=tree.samples)


class _Tree:
    """The points of a run, read off UltraNest's tree, in which a point hangs from the one that died for it.

    live: array[point, parameter]. contour: the lowest log likelihood of them, in nats.
    """

    def __init__(self, sampler: Any) -> None:
        self.live, self.contour = np.zeros((0, 0)), -np.inf
        self._sampler = sampler
        self._read_at = -1

    @property
    def evaluations(self) -> int:
        return int(self._sampler.ncall)

    def best(self) -> tuple[Floats, float] | None:
        """The best point of all, array[parameter], and its log likelihood; None if there is none. Read anew."""
        self._read_at = -1
        self._read()
        if not self._rows.size:
            return None
        index = int(self._log_likelihood.argmax())
        return self._sampler.pointpile.ps[self._rows[index]].astype(np.float64), float(self._log_likelihood[index])

    def samples(self) -> dict[str, Floats]:
        self._read()
        points = self._sampler.pointpile.ps[self._rows].astype(np.float64)
        return weighted_samples(points, self._log_weights, live_points=None if self._is_explored else self.live)

    def scalars(self) -> dict[str, float]:
        self._read()
        sampler = self._sampler
        results = sampler.results if self._is_explored else None
        if results is not None and results["ncall"] == sampler.ncall:  # the run is done: the numbers that it prints
            evidence, error, size = results["logz"], results["logzerr"], results["ess"]
            remaining = 0.0
        else:
            dead = self._log_likelihood < self.contour if results is None else np.full(self._rows.size, True)
            evidence = np.logaddexp.reduce(self._log_weights[dead]) if dead.any() else -np.inf
            remaining = np.logaddexp.reduce(self._log_weights) - evidence
            error, size = self._error(), effective_sample_size(self._log_weights)
        return finite(
            {
                "log_evidence": evidence,
                "log_evidence_error": error,
                "remaining": remaining,
                "effective_sample_size": size,
                "efficiency": sampler.pointpile.nrows / sampler.ncall,
            }
        )

    @property
    def _is_explored(self) -> bool:
        """Whether UltraNest has been through to the peak once, after which it adds points where it wants more."""
        return self._sampler.results is not None

    def _error(self) -> float:
        """Of the log evidence, in nats, from the information gained. Source: Skilling (2006), as for the weights."""
        shares = np.exp(self._log_weights - (evidence := np.logaddexp.reduce(self._log_weights)))
        information = float(np.sum(shares * np.where(shares > 0, self._log_likelihood, 0.0)) - evidence)
        return float(np.sqrt(max(information, 0.0) / max(len(self.live), 1)))

    def _read(self) -> None:
        """Go through the tree, unless that was done since the last point: scalars and samples are asked for at once."""
        if self._read_at == (count := self._sampler.pointpile.nrows):
            return
        rows: list[int] = []
        deaths: list[float] = []
        births: list[float] = []
        unseen = [(node, -np.inf) for node in self._sampler.root.children]
        while unseen:
            node, birth = unseen.pop()
            rows.append(node.id)
            deaths.append(node.value)
            births.append(birth)
            unseen.extend((child, node.value) for child in node.children)
        order = np.argsort(rows)  # as they were found: an order that does not change
        self._rows, self._log_likelihood = np.array(rows, dtype=np.int64)[order], np.array(deaths)[order]
        self._log_weights = log_weights(self._log_likelihood, np.array(births)[order])
        self._read_at = count


def _own_display() -> Callable[..., object]:
    """The widget in a notebook, else the lines of parameters."""
    return importlib.import_module("ultranest.viz").get_default_viz_callback()  # type: ignore[no-any-return]
