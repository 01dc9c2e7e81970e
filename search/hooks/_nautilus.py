"""Nautilus: `hooks.nautilus(update, sampler, n_eff=10000)` in place of `sampler.run(n_eff=10000)`."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from autoviz_render.search.hooks.findings import guard_of, refuse_misplaced, tell
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.priority_sample import weighted_arrays
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import checks_arguments


@checks_arguments
def nautilus(update: QuickUpdate, sampler: Any, **run: Any) -> bool:
    """Run the sampler as `sampler.run(**run)` would, with quick updates between its batches.

    Nautilus has no callback, but a second call of `run` continues the first. The hook tells it to stop after each
    batch, by its own `n_like_max`, and calls it again. Its state is the same between calls as between batches, so that
    samples, evidence and random numbers are the same bits.

    The points have the order of the prior's free parameters, or of the keys if `prior` is a function that gives
    dictionaries. With `verbose=True` the table's last line is renewed after each batch, not within one.

    Args:
        update: Publishes what is found.
        sampler: The `Sampler`.
        **run: What `sampler.run` takes.

    Returns:
        What `sampler.run` returns: whether the run has ended by itself.

    Raises:
        Exception: Whatever the sampler raises.
    """
    refuse_misplaced("nautilus", update, sampler)
    guard, found = guard_of("nautilus"), _Run(update, sampler, run)
    with guard("naming the parameters"):
        _name(update, sampler.prior)
    verbose, most = run.pop("verbose", False), run.pop("n_like_max", math.inf)
    end = time.monotonic() + run.pop("timeout", math.inf)
    if verbose:
        sampler.print_status(header=True)
    with guard("taking note of the points"):  # of a resumed run, which may be done
        found.take()
    while True:
        left = end - time.monotonic()
        done = bool(sampler.run(n_like_max=min(most, sampler.n_like + 1), timeout=left, verbose=False, **run))
        with guard("taking note of a batch"):
            found.take()
        stopped = done or sampler.n_like >= most or time.monotonic() >= end
        if verbose:
            status = "Finished" if done else "Stopped" if stopped else "Sampling"
            sampler.print_status(status, end="\n" if stopped else "\r")
        if stopped:
            return done


class _Run:
    """What a sampler has found so far, and the best of it in the units of its prior."""

    def __init__(self, update: QuickUpdate, sampler: Any, run: Mapping[str, Any]) -> None:
        self._update, self._sampler = update, sampler
        self._targets = {  # by default as nautilus has them
            "live_fraction_target": run.get("f_live", 0.01),
            "effective_sample_size_target": run.get("n_eff", 10_000),
            "count_limit": run.get("n_like_max"),
        }
        self._point, self._log_likelihood = np.zeros(0), -math.inf
        self._live_fraction: float | None = None

    def take(self) -> None:
        """Look at all points, as a new bound moves them between shells: a maximum costs far less than a batch."""
        for points, log_likelihood in zip(self._sampler.points, self._sampler.log_l, strict=True):
            if not log_likelihood.size:
                continue
            index = int(np.where(np.isnan(log_likelihood), -np.inf, log_likelihood).argmax())
            if (top := log_likelihood[index]) > self._log_likelihood:
                self._point, self._log_likelihood = _physical(self._sampler, points[index : index + 1])[0], float(top)
        if self._point.size:
            tell(self._update, self, self._point, self._log_likelihood, evaluations=self._sampler.n_like)

    def scalars(self) -> dict[str, Any]:
        sampler = self._sampler
        nested: dict[str, float] = {}
        if not sampler.explored:  # it has no live points afterwards
            self._live_fraction = sampler.f_live
            nested = self._nested()
        return {
            **self._targets,
            **nested,
            "log_evidence": sampler.log_z,
            "effective_sample_size": sampler.n_eff,
            "live_fraction": self._live_fraction,
            "sampling_efficiency": sampler.eta if np.all(np.asarray(sampler.shell_n_eff) > 0) else None,
            "bounds": len(sampler.bounds),
        }

    def _nested(self) -> dict[str, float]:
        """The prior volume of the live points, the best of all, and their contour: as of other nested samplers."""
        sampler = self._sampler
        counts = np.asarray(sampler.shell_n)
        each = np.repeat(np.asarray(sampler.shell_log_v) - np.log(np.maximum(counts, 1)), counts)
        likelihood = np.concatenate([*sampler.log_l, np.zeros(0)])
        if each.size != likelihood.size or likelihood.size < sampler.n_live:
            return {}
        alive = np.argpartition(likelihood, -sampler.n_live)[-sampler.n_live :]
        contour = float(likelihood[alive].min())
        numbers = {"log_likelihood_contour": contour, "live_points": sampler.n_live}
        return numbers | {"log_volume": float(np.logaddexp.reduce(each[alive]))}

    def samples(self) -> dict[str, Floats]:
        """Chosen in the unit cube, as a prior in Python may take long for all of them."""
        sampler = self._sampler
        counts, volumes = np.asarray(sampler.shell_n), sampler.shell_log_v
        first = sampler.shell_end_exp if sampler.discard_exploration and sampler.explored else np.zeros_like(counts)
        if not counts.sum():  # the exploration is discarded, and nothing has come after it yet: show it till then
            first, counts = np.zeros_like(counts), np.asarray([shell.size for shell in sampler.log_l])
            volumes = np.array([bound.log_v for bound in sampler.bounds]) + np.log(counts / sampler.shell_n_sample_exp)
        points = np.concatenate([shell[start:] for shell, start in zip(sampler.points, first, strict=True)])
        likelihood = np.concatenate([shell[start:] for shell, start in zip(sampler.log_l, first, strict=True)])
        each = np.repeat(volumes - np.log(np.maximum(counts, 1)), counts)
        arrays = weighted_arrays(np.arange(likelihood.size)[:, None], likelihood + each)
        chosen = arrays["samples"][:, 0].astype(np.intp)
        arrays |= {"samples": _physical(sampler, points[chosen]), "log_likelihoods": likelihood[chosen]}
        if not sampler.explored:
            alive = np.argsort(likelihood, kind="stable")[-sampler.n_live :]
            arrays["live_points"] = _physical(sampler, points[np.sort(alive)])
        return arrays


def _name(update: QuickUpdate, prior: Any) -> None:
    """As in a `nautilus.Prior`, whose fixed and tied parameters do not belong to the sampler."""
    if not callable(prior):
        free = zip(prior.keys, prior.dists, strict=True)
        update.name_parameters([name for name, distribution in free if hasattr(distribution, "isf")])


def _physical(sampler: Any, unit: Floats) -> Floats:
    """Points of the unit cube, array[point, parameter], as the likelihood has them but always as an array."""
    prior = sampler.prior
    if not callable(prior):
        return np.asarray(prior.unit_to_physical(unit), dtype=np.float64)
    given = prior(unit.copy()) if sampler.vectorized else [prior(point) for point in unit.copy()]
    if isinstance(given, Mapping):
        return np.column_stack([np.asarray(values, dtype=np.float64) for values in given.values()])
    rows = [list(point.values()) if isinstance(point, Mapping) else point for point in given]
    return np.asarray(rows, dtype=np.float64)
