"""dynesty: `sampler.run_nested(print_func=hooks.dynesty(update, sampler))`, static or dynamic, from version 2.1."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.convergence import finite
from autoviz_render.search.statistics.nested import Progress, display, effective_sample_size, log
from autoviz_render.search.statistics.posterior import weighted_samples
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.guard import Attempts


def dynesty(update: QuickUpdate, sampler: Any, *, progress: Progress = True) -> Callable[..., None]:
    """A `print_func` for `run_nested` of `NestedSampler` and `DynamicNestedSampler`.

    sampler: the one that runs, after `restore` the restored one. Nothing of it is changed.
    progress: True for dynesty's own line or bar; False for none; or a `print_func` of your own, called afterwards.

    dynesty calls no `print_func` if `print_progress=False`: say `progress=False` here instead. Of a run in which it
    called none, as of a restored one that was done, the end is published when `update` is closed.
    """
    attempt = Attempts(log, "hooks.dynesty")
    show: Callable[..., object] | None = None
    begun = False

    def end() -> None:
        if not begun:
            attempt("reading how the run ended", _end, update, sampler)

    update.at_close(end)

    def print_func(results: Any, niter: int, ncall: int, *arguments: Any, **named: Any) -> None:
        nonlocal show, begun
        attempt("taking note of a step", _take, update, sampler, results, named.get("nbatch"))
        if not begun:  # not before: a bar that is made shows itself
            show, begun = display(progress, _own_display), True
        if show is not None:
            show(results, niter, ncall, *arguments, **named)

    return print_func


def _take(update: QuickUpdate, sampler: Any, step: Any, batch: int | None) -> None:
    inner = _inner(sampler)
    best = int(np.argmax(inner.live_logl))
    point, log_likelihood = step.vstar, step.loglstar
    if inner.live_logl[best] > log_likelihood:
        point, log_likelihood = inner.live_v[best], inner.live_logl[best]
    update(
        point,
        _known(log_likelihood),
        evaluations=sampler.ncall,  # what is printed leaves out or counts twice some of them, and jumps at a resume
        # a batch has a remainder of its own, beyond what the batches before it found
        scalars=partial(_scalars, sampler, None if batch else step.delta_logz),
        samples=partial(_samples, sampler),
    )


def _end(update: QuickUpdate, sampler: Any) -> None:
    run = sampler.saved_run
    if len(log_likelihood := np.asarray(run["logl"], dtype=np.float64)):
        best = int(log_likelihood.argmax())
        update(
            run["v"][best],
            _known(log_likelihood[best]),
            evaluations=sampler.ncall,
            scalars=partial(_scalars, sampler, None),
            samples=partial(_samples, sampler),
        )


def _known(log_likelihood: float) -> float:
    """What dynesty writes for a likelihood of zero, -1e300, is no best."""
    return log_likelihood if log_likelihood > -1e300 else -np.inf


def _scalars(sampler: Any, remaining: float | None) -> dict[str, float]:
    run = sampler.saved_run
    variance = run["logzvar"][-1]
    return finite(
        {
            "log_evidence": run["logz"][-1],
            "log_evidence_error": np.sqrt(variance) if variance >= 0 else None,
            "remaining": remaining,
            "effective_sample_size": effective_sample_size(_weighted(sampler)[1]),
            "efficiency": sampler.eff / 100,
        }
    )


def _samples(sampler: Any) -> dict[str, Floats]:
    inner = _inner(sampler)
    points, weights = _weighted(sampler)
    return weighted_samples(points, weights, live_points=None if inner.added_live else inner.live_v.copy())


def _weighted(sampler: Any) -> tuple[Floats, Floats]:
    """The points of the run so far, array[sample, parameter], and their log weights, array[sample], in nats.

    Live points share the volume that is left evenly, until dynesty has added them itself. Those of a batch are none of
    the run's before dynesty has merged it.
    """
    run = sampler.saved_run
    points, weights = np.asarray(run["v"], dtype=np.float64), np.asarray(run["logwt"], dtype=np.float64)
    alive = _inner(sampler)
    if getattr(sampler, "batch_sampler", None) is not None or alive.added_live:
        return points, weights
    of_live = alive.live_logl + run["logvol"][-1] - np.log(alive.live_logl.size)
    return np.concatenate([points, alive.live_v]), np.concatenate([weights, of_live])


def _inner(sampler: Any) -> Any:
    """The sampler that has the live points: of a dynamic one, that of the batch, or of the run before all batches."""
    return getattr(sampler, "batch_sampler", None) or getattr(sampler, "sampler", None) or sampler


def _own_display() -> Callable[..., object]:
    """The bar of tqdm where that is installed, else a line on standard error."""
    _, show = importlib.import_module("dynesty.utils").get_print_func(None, True)
    return show  # type: ignore[no-any-return]
