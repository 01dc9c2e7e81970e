"""The quick update of any sampler: keep the best point, decide when, publish. Needs NumPy alone."""

from __future__ import annotations

import atexit
import logging
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from autoviz_render.search.backends import Where, make_backend
from autoviz_render.search.cadence import Cadence
from autoviz_render.spool.attempts import Attempts
from autoviz_render.spool.info import State
from autoviz_render.spool.publisher import Publisher, PublisherStats
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.writer import Durability

log = logging.getLogger("autoviz_render.search")

DEFAULT_EVERY_SECONDS = 30.0

Given = Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None
"""Values by name, or a function that is called for them when a quick update is due."""


class QuickUpdate:
    """Call it with every point, or every batch of points, that the sampler evaluates.

    run_dir: any directory; snapshots go to its `spool/`, figures to its `image/`.
    arrays: called with the best point so far, array[parameter], when a quick update is due; returns the
        arrays to publish by name. Without it only what the calls give is published.
    figure: the name of the figure, or several. static: arrays that never change (data, noise map, mask).
    parameter_names: for tables; `p0`, `p1`, ... where not given.
    every: likelihood evaluations between quick updates. every_seconds: seconds between them. With both,
        whichever comes first; with neither, 30 seconds. The first point of all is published at once.
    renderer: where figures are drawn: "process" (a child process, beside the search), "thread", "inline"
        (the search waits), or None (nowhere: `autoviz-render` does it when somebody asks).
    name: for one of several chains or ranks that share a run directory.
    retention, durability, resumed_from: of the snapshots on disk, as for `Publisher`.

    It never raises and never waits for the disk or a figure; what goes wrong is logged once a cause. Use it
    as a context manager, or call `close`: the best point of all is then published and drawn. If neither is
    done, that happens when Python exits.

    Raises ValueError or TypeError for arguments that can never work, and nothing afterwards.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike[str],
        *,
        arrays: Callable[[npt.NDArray[np.float64]], Mapping[str, Any]] | None = None,
        figure: str | Sequence[str] = "auto",
        static: Mapping[str, Any] | None = None,
        parameter_names: Sequence[str] = (),
        every: int | None = None,
        every_seconds: float | None = None,
        renderer: Where | None = "process",
        name: str | None = None,
        retention: Retention | Literal["all"] | None = None,
        durability: Durability = "rename",
        resumed_from: int | None = None,
    ) -> None:
        if every is None and every_seconds is None:
            every_seconds = DEFAULT_EVERY_SECONDS
        self._arrays = arrays
        self._names = tuple(parameter_names)
        self._cadence = Cadence(every, every_seconds)
        self._pid = os.getpid()
        self._publisher = Publisher(
            run_dir,
            figure=figure,
            static=static,
            name=name,
            retention=retention,
            durability=durability,
            resumed_from=resumed_from,
        )
        self._backend = make_backend(renderer, self._publisher)
        self._best: npt.NDArray[np.float64] | None = None
        self._best_log_likelihood = -math.inf
        self._evaluations = 0
        self._scalars: Given = None
        self._samples: Given = None
        self._published_best = -math.inf
        self._published_evaluations = -1
        self._published_scalars: Mapping[str, Any] = {}
        self._attempt = Attempts(log, self._publisher.run_dir)
        _unclosed.add(self)

    @property
    def stats(self) -> PublisherStats:
        """How many quick updates there were, and what became of them."""
        return self._publisher.stats

    @property
    def best(self) -> tuple[npt.NDArray[np.float64] | None, float]:
        """The best point so far, array[parameter], and its log likelihood; None and -inf before one."""
        return self._best, self._best_log_likelihood

    def name_parameters(self, names: Sequence[str]) -> None:
        """Call them so, where no `parameter_names` were given: a hook learns them from its sampler."""
        self._names = self._names or tuple(names)

    def __call__(
        self,
        parameters: npt.ArrayLike,
        log_likelihood: npt.ArrayLike,
        *,
        evaluations: int | None = None,
        scalars: Given = None,
        samples: Given = None,
    ) -> None:
        """Take note of one point or a batch, and publish the best point if a quick update is due.

        parameters: array[parameter], or array[point, parameter].
        log_likelihood: in nats, a number or array[point]; NaN and infinities are passed over.
        evaluations: the sampler's own count of likelihood evaluations so far; by default the points are counted.
        scalars: the sampler's own numbers by name (log evidence, ...), kept with the snapshot.
        samples: the posterior so far, published beside `arrays`: what the figure `posterior` reads.
        Both may be functions, which are called when a quick update is due and not before.
        """
        if os.getpid() == self._pid:  # a forked worker of the sampler's has no thread and no renderer
            self._attempt("a quick update", self._take, parameters, log_likelihood, evaluations, scalars, samples)

    def close(self, state: State = "finished") -> None:
        """Publish the best point of all, have it drawn, say how the run ended. Later calls do nothing.

        Where it is on disk already it is published again only with later numbers of the sampler's own.
        """
        if self not in _unclosed or os.getpid() != self._pid:
            return
        _unclosed.discard(self)
        if self._best_log_likelihood > self._published_best or self._has_news():
            self._attempt("the last quick update", self._publish)
        self._publisher.close(state)
        self._attempt("stopping the renderer", self._backend.finished)

    def __enter__(self) -> QuickUpdate:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("finished" if kind is None else "failed")

    def _take(
        self,
        parameters: npt.ArrayLike,
        log_likelihood: npt.ArrayLike,
        evaluations: int | None,
        scalars: Given,
        samples: Given,
    ) -> None:
        likelihoods = np.atleast_1d(np.asarray(log_likelihood, dtype=np.float64))
        if likelihoods.size == 0:
            return
        points = np.asarray(parameters, dtype=np.float64).reshape(likelihoods.size, -1)
        self._evaluations = self._evaluations + likelihoods.size if evaluations is None else int(evaluations)
        self._scalars, self._samples = scalars, samples
        usable = np.where(np.isfinite(likelihoods), likelihoods, -np.inf)
        if (top := usable[(index := int(usable.argmax()))]) > self._best_log_likelihood:
            self._best, self._best_log_likelihood = points[index].copy(), float(top)
        if self._cadence.is_due(self._evaluations):
            self._publish()

    def _publish(self) -> None:
        if self._best is None:
            return
        # first of all, so that arrays that fail are tried again when the next is due, not at every call
        self._cadence.restart(self._evaluations)
        arrays = {} if self._arrays is None else self._arrays(self._best.copy())
        scalars = self._given("the scalars", self._scalars)
        names = self._names or tuple(f"p{index}" for index in range(self._best.size))
        self._publisher.publish(
            {**self._given("the samples", self._samples), **arrays},
            iteration=self._evaluations,
            log_likelihood=self._best_log_likelihood,
            parameters=dict(zip(names, self._best.tolist(), strict=True)),
            scalars=scalars,
        )
        self._published_best, self._published_evaluations = self._best_log_likelihood, self._evaluations
        self._published_scalars = scalars
        self._backend.published()

    def _has_news(self) -> bool:
        """Whether the sampler's own numbers are later than those published, or are others at the same count."""
        if self._evaluations > self._published_evaluations:
            return bool(self._scalars or self._samples)
        return callable(self._scalars) and self._given("the scalars", self._scalars) != self._published_scalars

    def _given(self, what: str, given: Given) -> Mapping[str, Any]:
        """What the sampler's side gives beside the arrays: where that fails the arrays are published without it."""
        found: dict[str, Any] = {}
        if given:
            self._attempt(what, lambda: found.update(given() if callable(given) else given))
        return found


_unclosed: set[QuickUpdate] = set()


@atexit.register  # it runs before the publishers' own, which was registered earlier
def _close_at_exit() -> None:
    """A script that ends without closing still has its last point published and drawn."""
    state: State = "failed" if getattr(sys, "last_value", None) is not None else "finished"
    for update in list(_unclosed):
        update.close(state)
