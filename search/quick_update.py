"""The quick update of any sampler: keep the best point, decide when, publish. Needs NumPy alone."""

from __future__ import annotations

import logging
import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from autoviz_render.search.backends import Where, chosen_place, make_backend
from autoviz_render.search.cadence import Cadence
from autoviz_render.search.points import as_floats, best_of, fit_samples, points_of
from autoviz_render.spool.format.names import check_name
from autoviz_render.spool.guard import Attempts, wrong
from autoviz_render.spool.info import State
from autoviz_render.spool.publisher import Publisher, PublisherStats
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.system.at_exit import end_at_exit, forget, is_open
from autoviz_render.spool.write.writer import Durability

log = logging.getLogger("autoviz_render.search")

DEFAULT_EVERY_SECONDS = 30.0

Given = Mapping[str, Any] | Callable[[], Mapping[str, Any]] | None
"""Values by name, or a function that is called for them when a quick update is due."""


class QuickUpdate:
    """Call it with every point, or every batch of points, that the sampler evaluates.

    run_dir: any directory, `~` is the home; snapshots go to its `spool/`, figures to its `image/`.
    arrays: called with the best point so far, array[parameter], when a quick update is due; returns the
        arrays to publish by name. Without it, and while it fails, only what the calls give is published.
    figure: the name of the figure, or several. static: arrays that never change (data, noise map, mask).
    parameter_names: for tables; `p0`, `p1`, ... if not given, or if they are not as many as the parameters. A name
        that cannot be one (empty, or with a slash at an end) is replaced by one of these.
    every: likelihood evaluations between quick updates. every_seconds: seconds between them. With both,
        whichever comes first; with neither, 30 seconds. The first point of all is published at once.
    renderer: where figures are drawn: "process" (a child process, beside the search), "thread", "inline"
        (the search waits), or None (nowhere: `autoviz-render` does it when somebody asks).
    name: for one of several chains or ranks that share a run directory.
    retention, durability, resumed_from: of the snapshots on disk, as for `Publisher`.

    It never raises and never waits for the disk or a figure; what goes wrong is logged once a cause. Use it
    as a context manager, or call `close`: the best point of all is then published and drawn. If neither is
    done, that happens when Python exits, or a child of `multiprocessing`.

    What is the user's passes: an interrupt, and the SystemExit of `arrays` or another function that was given. After
    that one the run counts as failed, and its functions are not called again.

    Raises ValueError or TypeError for arguments that can never work, before anything is made or started.
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
        if isinstance(parameter_names, Iterable) and not isinstance(parameter_names, str):
            parameter_names = tuple(parameter_names)
        _refuse_impossible(arrays, parameter_names, every, every_seconds)
        chosen_place(renderer)
        if every is None and every_seconds is None:
            every_seconds = DEFAULT_EVERY_SECONDS
        self._arrays = arrays
        self._names = parameter_names
        self._cadence = Cadence(every, every_seconds)
        self._until_told = Cadence(every, every_seconds)
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
        self._size: int | None = None
        self._evaluations = 0
        self._refused = 0
        self._is_told = False
        self._broken_off: BaseException | None = None
        self._scalars: Given = None
        self._samples: Given = None
        self._published_best = -math.inf
        self._published_evaluations = -1
        self._published_scalars: Mapping[str, Any] = {}
        self._at_close: list[Callable[[], object]] = []
        self._attempt = Attempts(log, self.run_dir)
        end_at_exit(self)

    @property
    def run_dir(self) -> Path:
        """Where the run is, as an absolute path."""
        return self._publisher.run_dir

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

    def at_close(self, call: Callable[[], object]) -> None:
        """Call this first when it is closed: a hook can then publish how its sampler ended."""
        self._at_close.append(call)

    def __call__(
        self,
        parameters: npt.ArrayLike,
        log_likelihood: npt.ArrayLike | None,
        *,
        evaluations: int | None = None,
        scalars: Given = None,
        samples: Given = None,
    ) -> None:
        """Take note of one point or a batch, and publish the best point if a quick update is due.

        parameters: array[parameter], or array[point, parameter]. Points on several axes are as many as there are
            log likelihoods; of what does not fit nothing is taken, and a warning says both shapes.
        log_likelihood: in nats, a number or array[point]; NaN and infinities are passed over. None if the sampler does
            not tell: the last of the points then stands for the best, until a log likelihood is known.
        evaluations: the sampler's own count of likelihood evaluations so far; by default the points are counted. If it
            falls to half of what it was or less, another run begins: a new epoch, with a best point of its own. If it
            falls by less it stands until it is reached again.
        scalars: the sampler's own numbers by name (log evidence, ...), kept with the snapshot.
        samples: the posterior so far, published beside `arrays`: what the figure `posterior` reads.
        Both may be functions, which are called when a quick update is due and not before.
        """
        if os.getpid() != self._pid:
            return  # a forked worker of the sampler's has no thread and no renderer
        self._broken_off = None
        try:
            self._attempt("a quick update", self._take, parameters, log_likelihood, evaluations, scalars, samples)
        except KeyboardInterrupt:
            raise
        except BaseException as interrupt:
            self._broken_off = interrupt
            raise

    def close(self, state: State = "finished") -> None:
        """Publish the best point of all, have it drawn, say how the run ended. Later calls do nothing.

        If it is on disk already it is published again only with later numbers of the sampler's own.
        """
        if not is_open(self) or os.getpid() != self._pid:
            return
        forget(self)
        if self._best is None and self._refused:
            message = "%s: nothing was published: none of %d log likelihoods was finite"
            log.warning(message, self.run_dir, self._refused)
        try:
            for call in self._at_close:
                self._attempt("the end of the sampler", call)
            self._attempt("the last quick update", self._publish_last)
        except BaseException as interrupt:
            self._broken_off = interrupt
            self._attempt("the last quick update", self._publish_last)
            raise
        finally:
            self._publisher.close(state if self._broken_off is None else "failed")
            self._attempt("stopping the renderer", self._backend.finished)

    end = close

    def __enter__(self) -> QuickUpdate:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("finished" if kind is None else "failed")

    def _take(
        self,
        parameters: npt.ArrayLike,
        log_likelihood: npt.ArrayLike | None,
        evaluations: int | None,
        scalars: Given,
        samples: Given,
    ) -> None:
        points = as_floats(parameters)
        if log_likelihood is None:
            points = np.atleast_2d(points)
        likelihoods = np.full(len(points), np.nan) if log_likelihood is None else as_floats(log_likelihood)
        if likelihoods.size == 0:
            return
        points = points_of(points, likelihoods, self._size or len(self._names))
        count = self._evaluations + likelihoods.size if evaluations is None else int(evaluations)
        if 2 * count <= self._evaluations > 0:
            self._start_over(count)
        if self._size is None:
            self._size = points.shape[1]
        elif points.shape[1] != self._size:
            raise ValueError(f"it has points of {points.shape[1]} parameters, {self._size} are expected")
        self._evaluations = max(self._evaluations, count)  # of a little less a sampler may tell after a resume
        self._scalars, self._samples = scalars, samples
        index, top = best_of(likelihoods)
        if top > self._best_log_likelihood:
            self._best, self._best_log_likelihood = points[index].copy(), top
        elif log_likelihood is None and self._best_log_likelihood == -math.inf:
            self._best = points[-1].copy()
        elif self._best is None:
            self._refuse(likelihoods.size)
        if self._cadence.is_due(self._evaluations):
            self._publish()

    def _start_over(self, count: int) -> None:
        """Another run begins: the best of the last is published, and does not stand in the way of its own."""
        message = "%s: the count fell from %d to %d: another run begins"
        log.info(message, self.run_dir, self._evaluations, count)
        if self._best_log_likelihood > self._published_best:
            self._publish()
        self._publisher.begin_epoch(count - 1)
        self._evaluations = 0
        self._best, self._best_log_likelihood, self._size, self._refused = None, -math.inf, None, 0
        self._published_best, self._published_evaluations, self._published_scalars = -math.inf, -1, {}
        self._cadence.recount(count)

    def _refuse(self, count: int) -> None:
        """Take note of points without a finite log likelihood, while there are no others; say so after a while."""
        if not self._refused:
            self._until_told.restart(self._evaluations)
        self._refused += count
        if not self._is_told and self._until_told.is_due(self._evaluations):
            self._is_told = True
            log.warning(
                "%s: nothing is published yet: none of %d log likelihoods was finite", self.run_dir, self._refused
            )

    def _publish_last(self) -> None:
        if self._best_log_likelihood > self._published_best or (self._broken_off is None and self._has_news()):
            self._publish()

    def _publish(self) -> None:
        if self._best is None:
            return
        broken_off_before = self._broken_off
        # first of all, so that arrays that fail are tried again when the next is due, not at every call
        self._cadence.restart(self._evaluations)
        arrays = self._given("arrays", self._arrays, self._best.copy(), is_needed=True)
        scalars = self._given("scalars", self._scalars)
        samples = self._given("samples", self._samples)
        if not self._attempt("fitting samples to the parameters", self._fit, samples):
            samples = {}
        self._publisher.publish(
            {**samples, **arrays},
            iteration=self._evaluations,
            log_likelihood=None if self._best_log_likelihood == -math.inf else self._best_log_likelihood,
            parameters=dict(zip(self._parameter_names(self._best.size), self._best.tolist(), strict=True)),
            scalars=scalars,
        )
        self._published_best, self._published_evaluations = self._best_log_likelihood, self._evaluations
        self._published_scalars = scalars
        self._backend.published()
        if self._broken_off is not None and self._broken_off is not broken_off_before:
            raise self._broken_off

    def _fit(self, samples: dict[str, Any]) -> None:
        for name, error in fit_samples(samples, self._size or 0):
            self._attempt.warn("publishing samples, array", error, of=name)

    def _parameter_names(self, size: int) -> list[str]:
        """Of each parameter its own name, or its number's, if it has none that can be one."""
        if self._names and len(self._names) != size:
            error = ValueError(f"there are {len(self._names)} names and {size} parameters")
            self._attempt.warn("naming the parameters", error)
        given = self._names if len(self._names) == size else ()
        names = {} if given else {f"p{index}": None for index in range(size)}
        taken = set(given)
        for index, name in enumerate(given):
            try:
                if check_name(name) in names:
                    raise ValueError(f"two parameters are named {name!r}")
                names[name] = None
            except ValueError as error:
                own = f"p{index}"
                while own in taken:
                    own += "_"
                names[own] = None
                self._attempt.warn("naming a parameter", error, of=name)
        return list(names)

    def _has_news(self) -> bool:
        """Whether the sampler's own numbers are later than those published, or are others at the same count."""
        if self._evaluations > self._published_evaluations:
            if self._best_log_likelihood == -math.inf:
                return True
            own = self._scalars, self._samples
            return any(callable(given) or (isinstance(given, Mapping) and len(given) > 0) for given in own)
        return callable(self._scalars) and self._given("scalars", self._scalars) != self._published_scalars

    def _given(self, what: str, given: Any, *arguments: Any, is_needed: bool = False) -> dict[str, Any]:
        """What was given by name, or by a function for it: if that fails the rest is published without it.

        So it is if the function means to end the program; after that none is called.
        """
        found: dict[str, Any] = {}

        def ask() -> None:
            values = given(*arguments) if callable(given) else given
            if hasattr(values, "_asdict"):
                values = values._asdict()
            if isinstance(values, Mapping):
                found.update(values)
            elif is_needed or values is not None:
                told = f"what {what}() returned" if callable(given) else what
                raise TypeError(wrong(told, values, "expected a mapping of names to values"))

        if given is None or (callable(given) and self._broken_off is not None):
            return found
        try:
            self._attempt(f"asking for the {what} of a quick update", ask)
        except KeyboardInterrupt:
            raise
        except BaseException as interrupt:  # noqa: BLE001  raised again when the rest is published
            self._broken_off = interrupt
        return found


def _refuse_impossible(arrays: object, parameter_names: object, every: object, every_seconds: object) -> None:
    """Raises TypeError or ValueError for arguments that can never work."""
    gives_none = isinstance(arrays, type) and (arrays.__module__ == "builtins" or not issubclass(arrays, Mapping))
    if arrays is not None and (not callable(arrays) or gives_none):
        hint = "expected a function of the best point that returns arrays by name; those that never change are `static`"
        raise TypeError(wrong("arrays", arrays, hint))
    for name, value, least in (("every", every, 1), ("every_seconds", every_seconds, 0)):
        expected = f"expected a number of at least {least}, or None"
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(wrong(name, value, expected))
        if not float(value) >= least:
            raise ValueError(wrong(name, value, expected))
    if not isinstance(parameter_names, tuple):
        raise TypeError(wrong("parameter_names", parameter_names, "expected a list of names"))
    for name in parameter_names:
        if not isinstance(name, str):
            raise TypeError(wrong("one of parameter_names", name, "expected text"))
    if repeated := [name for name, count in Counter(parameter_names).items() if count > 1]:
        raise ValueError(wrong("parameter_names", parameter_names, f"{', '.join(repeated)} is named more than once"))
