"""dynesty: `sampler.run_nested(print_func=hooks.dynesty(update, sampler))`, static or dynamic, from version 2.1."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autoviz_render.search.hooks.findings import Display, chosen_display, guard_of, refuse_misplaced, tell
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.priority_sample import weighted_arrays
from autoviz_render.search.statistics.weights import log_volumes
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import checks_arguments
from autoviz_render.spool.weights import effective_sample_size

_BATCH_BOUNDS = ("batch_logl_bounds", "batch_bounds")  # its name since dynesty 3, and before
_ENOUGH_SAMPLES = 10_000
"""What a dynamic run stops by if nothing else is said, or the square of the number of parameters if that is more."""


@checks_arguments
def dynesty(update: QuickUpdate, sampler: Any, *, progress: Display = True) -> Callable[..., None]:
    """A `print_func` for `run_nested` of `NestedSampler` and `DynamicNestedSampler`.

    dynesty calls no `print_func` if `print_progress=False`: say `progress=False` here instead. If it called none during
    a run, as for a restored run that was done, the end of the run is published when `update` is closed.

    Args:
        update: Publishes what is found.
        sampler: The sampler that runs; after `restore`, the restored one. Nothing of it is changed.
        progress: True for dynesty's own line or bar, False for none, or a `print_func` of your own, called afterwards.

    Returns:
        The `print_func`. It never raises.
    """
    refuse_misplaced("dynesty", update, sampler)
    guard, found = guard_of("dynesty"), _Run(sampler)
    show: Callable[..., object] | None = None
    begun = False

    def end() -> None:
        if not begun:
            with guard("reading how the run ended"):
                found.end(update)

    update.at_close(end)

    def print_func(results: Any, niter: int, ncall: int, *arguments: Any, **named: Any) -> None:
        nonlocal show, begun
        with guard("taking note of a step"):
            found.take(update, results, named)
        if not begun:  # not before: a bar that is made shows itself
            show, begun = chosen_display(progress, _own_display), True
        if show is not None:
            show(results, niter, ncall, *arguments, **named)

    return print_func


class _Run:
    """What a sampler has found so far."""

    def __init__(self, sampler: Any) -> None:
        self._sampler = sampler
        self._remaining: float | None = None
        self._batch = 0
        self._targets: dict[str, float | None] = {}

    def take(self, update: QuickUpdate, step: Any, told: Mapping[str, Any]) -> None:
        """Publish the best of the point that died and the live points; `told` is what dynesty tells of the run."""
        # a batch has a remainder of its own, beyond what the batches before it found
        batch = told.get("nbatch")
        self._remaining = None if batch else step.delta_logz
        self._aim(batch, told)
        inner = self._inner
        best = int(np.argmax(inner.live_logl))
        point, log_likelihood = step.vstar, step.loglstar
        if inner.live_logl[best] > log_likelihood:
            point, log_likelihood = inner.live_v[best], inner.live_logl[best]
        # not the evaluations that dynesty prints, which leave out or count twice some of them, and jump at a resume
        tell(update, self, point, _known(log_likelihood), evaluations=self._sampler.ncall)

    def _aim(self, batch: int | None, told: Mapping[str, Any]) -> None:
        """See what the run stops by; a dynamic one goes on until there are enough samples, ten thousand by default."""
        if not batch:
            self._targets = {"remaining_target": told.get("dlogz")}
            if batch is not None:
                self._targets["effective_sample_size_target"] = max(self._sampler.ndim**2, _ENOUGH_SAMPLES)
        elif batch != self._batch and "stop_val" in told:  # how many times the samples that there are it wants
            size = effective_sample_size(np.asarray(self._sampler.saved_run["logwt"], dtype=np.float64))
            self._targets = {"effective_sample_size_target": size * told["stop_val"]}
        self._batch = batch or 0

    def end(self, update: QuickUpdate) -> None:
        """Publish the best of all points, if there is any."""
        run = self._sampler.saved_run
        if len(log_likelihood := np.asarray(run["logl"], dtype=np.float64)):
            best = int(log_likelihood.argmax())
            tell(update, self, run["v"][best], _known(log_likelihood[best]), evaluations=self._sampler.ncall)

    def scalars(self) -> dict[str, Any]:
        run, variance = self._sampler.saved_run, self._sampler.saved_run["logzvar"][-1]
        is_base = self._remaining is not None
        return self._targets | {
            "log_evidence": run["logz"][-1],
            "log_evidence_error": np.sqrt(variance) if variance >= 0 else None,
            "remaining": self._remaining,
            "effective_sample_size": effective_sample_size(self._weighted()[1]),
            "efficiency": self._sampler.eff / 100,
            "log_volume": run["logvol"][-1] if is_base else None,
            "log_likelihood_contour": run["logl"][-1] if is_base else None,
            "live_points": self._inner.nlive if is_base else None,
            "is_drawn_from_prior": float(_draws_from_prior(self._inner)) if is_base else None,
        }

    def samples(self) -> dict[str, Floats]:
        live = {} if self._inner.added_live else {"live_points": self._inner.live_v.copy()}
        return weighted_arrays(*self._weighted(), **self._contours()) | live

    def _weighted(self) -> tuple[Floats, Floats]:
        """The points of the run so far, array[sample, parameter], and their log weights, array[sample], in nats.

        Live points share the volume that is left evenly, until dynesty has added them itself. Those of a batch do not
        belong to the run before dynesty has merged it.
        """
        run, inner = self._sampler.saved_run, self._inner
        points, weights = np.asarray(run["v"], dtype=np.float64), np.asarray(run["logwt"], dtype=np.float64)
        if not self._has_live:
            return points, weights
        of_live = inner.live_logl + run["logvol"][-1] - np.log(inner.live_logl.size)
        return np.concatenate([points, inner.live_v]), np.concatenate([weights, of_live])

    def _contours(self) -> dict[str, Any]:
        """Of the same points, their log likelihoods, those of the contours of their birth, and the volumes left.

        dynesty does not keep births. A point is drawn in the place of one that died, under the same number, within
        that one's contour; the first of each number is from the prior, or from within the lower bound of its batch.
        """
        run = self._sampler.saved_run
        deaths, numbers, volumes = (np.asarray(run[name], dtype=np.float64) for name in ("logl", "id", "logvol"))
        first = np.full(deaths.size, -np.inf)
        named = [name for name in _BATCH_BOUNDS if name in run.keys()]  # noqa: SIM118  it is no mapping
        if named and len(run["batch"]) == deaths.size and len(run[named[0]]):
            lower = np.asarray(run[named[0]], dtype=np.float64)[:, 0]
            first = lower[np.asarray(run["batch"], dtype=np.intp)]
        if self._has_live:
            live = np.asarray(self._inner.live_logl, dtype=np.float64)
            rank = live.argsort(kind="stable").argsort(kind="stable")
            volumes = np.append(volumes, volumes[-1] + log_volumes(live.size - np.arange(live.size))[rank])
            deaths, first = np.append(deaths, live), np.append(first, np.full(live.size, -np.inf))
            numbers = np.append(numbers, np.arange(live.size))
        order = np.argsort(numbers, kind="stable")  # those of a number in the order of their deaths
        follows = np.diff(numbers[order], prepend=np.nan) == 0
        births = np.empty(deaths.size)
        births[order] = np.where(follows, np.roll(deaths[order], 1), first[order])
        return {"log_likelihood": deaths, "log_likelihood_birth": births, "log_volume": volumes}

    @property
    def _has_live(self) -> bool:
        """Whether the live points belong to the run beside those in it."""
        return getattr(self._sampler, "batch_sampler", None) is None and not self._inner.added_live

    @property
    def _inner(self) -> Any:
        """The sampler with the live points: of a dynamic one, that of the batch, or of the run before all batches."""
        sampler = self._sampler
        return getattr(sampler, "batch_sampler", None) or getattr(sampler, "sampler", None) or sampler


def _draws_from_prior(sampler: Any) -> bool:
    """Whether it has no bounds yet, within which it will draw: most draws are in vain then, and later ones are not."""
    later = type(getattr(sampler, "internal_sampler_next", None)).__name__
    return getattr(sampler, "unit_cube_sampling", False) and later == "UniformBoundSampler"


def _known(log_likelihood: float) -> float:
    """What dynesty writes for a likelihood of zero, -1e300, is no best."""
    return log_likelihood if log_likelihood > -1e300 else -np.inf


def _own_display() -> Callable[..., object]:
    """The bar of tqdm if that is installed, else a line on standard error."""
    _, show = importlib.import_module("dynesty.utils").get_print_func(None, True)
    return show  # type: ignore[no-any-return]
