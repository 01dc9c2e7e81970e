"""The quick update of any sampler: keep the best point, decide when, publish. Needs NumPy alone."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from autoviz_render.search.arguments import refuse_impossible
from autoviz_render.search.backends import Display, Where
from autoviz_render.search.cadence import Cadence
from autoviz_render.search.parameter_names import usable_names
from autoviz_render.search.points import best_of, fit_samples, numbers_of, points_of
from autoviz_render.search.updater import Updater
from autoviz_render.search.user_functions import Given, UserFunctions
from autoviz_render.spool.errors import ClosedError, WrongTypeError, WrongValueError, checks_construction
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.info import State
from autoviz_render.spool.publisher import PublisherStats
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.system.at_exit import end_at_exit, forget, is_open
from autoviz_render.spool.write.writer import Durability

log = logging.getLogger("autoviz_render.search")

DEFAULT_EVERY_SECONDS = 30.0
COUNTS = "likelihood evaluations"


@checks_construction
class QuickUpdate:
    """Call it with every point, or every batch of points, that the sampler evaluates.

    It never raises and never waits for the disk or a figure; what goes wrong is logged once a cause. Use it as a
    context manager, or call `close`: the best point of all is then published and drawn. If neither is done, that
    happens when Python exits, or a child of `multiprocessing`.

    KeyboardInterrupt passes, and so does a SystemExit of `arrays` or of another function that was given. After such a
    SystemExit the run counts as failed, and its functions are not called again.

    Args:
        run_dir: Any directory, `~` is the home; snapshots go to its `spool/`, figures to its `image/`.
        arrays: Called with the best point so far, array[parameter], when a quick update is due; returns the arrays to
            publish by name. Without it, and while it fails, only what the calls give is published.
        figure: The name of the figure, or several.
        static: Arrays that never change (data, noise map, mask), by name.
        parameter_names: For tables; `p0`, `p1`, ... if not given, or if there is not one for each parameter. A name
            that cannot be one (empty, or with a slash at an end) is replaced by one of these.
        every: Likelihood evaluations between quick updates. The first point of all is published at once.
        every_seconds: Seconds between quick updates. With `every`, whichever comes first; with neither, 30 seconds.
        renderer: Where figures are drawn: "process" (a child process, beside the search), "thread", "inline" (the
            search waits), or None (nowhere: `autoviz-render` does it when somebody asks). The environment variable
            AUTOVIZ_RENDERER overrides it.
        display: Whether the cell of a notebook that runs the search shows the figure, the first one if there are
            several: "auto" if one runs (Jupyter, marimo), but not for papermill and nbconvert; True in any case, with a
            warning if that cannot be; None or False never. The environment variable AUTOVIZ_DISPLAY (`auto`, 1, 0)
            overrides it.
        name: For one of several chains or ranks that share a run directory.
        retention: Which snapshots are kept, as for `Publisher`.
        durability: What a snapshot on disk survives, as for `Publisher`.
        resumed_from: The iteration from which an interrupted run goes on, as for `Publisher`.
        counts: What `evaluations` counts, in plain text, as for `Publisher`; by default likelihood evaluations, or what
            the hook of the sampler says.
        units: Of arrays and parameters by name, as for `Publisher`.
        labels: What figures call arrays and parameters, as for `Publisher`.
        axes: What the axes of arrays are called, as for `Publisher`.
        scales: How their colours follow from their values, as for `Publisher`.

    Raises:
        ValueError, TypeError: For arguments that can never work, before anything is made or started.
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
        display: Display = "auto",
        name: str | None = None,
        retention: Retention | Literal["all"] | None = None,
        durability: Durability = "rename",
        resumed_from: int | None = None,
        counts: str | None = None,
        units: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        axes: Mapping[str, Sequence[str]] | None = None,
        scales: Mapping[str, str] | None = None,
    ) -> None:
        if isinstance(parameter_names, Iterable) and not isinstance(parameter_names, str):
            parameter_names = tuple(parameter_names)
        refuse_impossible(arrays, parameter_names, every, every_seconds)
        if every is None and every_seconds is None:
            every_seconds = DEFAULT_EVERY_SECONDS
        self._arrays = arrays
        self._names = parameter_names
        self._cadence, self._until_told = Cadence(every, every_seconds), Cadence(every, every_seconds)
        self._updater = Updater(
            run_dir,
            renderer=renderer,
            display=display,
            figure=figure,
            static=static,
            name=name,
            retention=retention,
            durability=durability,
            resumed_from=resumed_from,
            counts=COUNTS if counts is None else counts,
            units=units,
            labels=labels,
            axes=axes,
            scales=scales,
        )
        self._is_count_named = counts is not None
        self._guard = self._updater.guard
        self._functions = UserFunctions(self._guard)
        self._pid = os.getpid()
        self._size: int | None = None
        self._evaluations = 0
        self._refused = 0
        self._is_told = False
        self._is_closed = False
        self._own: tuple[Given, Given] = None, None  # scalars and samples
        self._at_close: list[Callable[[], object]] = []
        end_at_exit(self)

    @property
    def run_dir(self) -> Path:
        """Where the run is, as an absolute path."""
        return self._updater.publisher.run_dir

    @property
    def stats(self) -> PublisherStats:
        """How many quick updates there were, and what became of them."""
        return self._updater.publisher.stats

    @property
    def best(self) -> tuple[npt.NDArray[np.float64] | None, float]:
        """The best point so far, array[parameter], and its log likelihood in nats; None and -inf before one."""
        return self._updater.best, self._updater.log_likelihood

    def name_parameters(self, names: Sequence[str]) -> None:
        """Name the parameters if no `parameter_names` were given: a hook learns the names from its sampler.

        Args:
            names: One for each parameter.
        """
        self._names = self._names or tuple(names)

    def name_count(self, counts: str) -> None:
        """Say what `evaluations` counts, if no `counts` was given: a hook knows what its sampler counts.

        Args:
            counts: In plain text, such as "draws".
        """
        if not self._is_count_named:
            self._updater.publisher.counts = counts

    def at_close(self, call: Callable[[], object]) -> None:
        """Have a function called first when this is closed: a hook can then publish how its sampler ended.

        Args:
            call: The function.
        """
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

        `scalars` and `samples` may be functions, which are called when a quick update is due and not before.

        Args:
            parameters: array[parameter], or array[point, parameter]. Points may have several axes if their number is
                that of the log likelihoods. If the shapes do not fit, nothing is taken, and a warning says both.
            log_likelihood: In nats, a number or array[point]; NaN and infinities are passed over. None if the sampler
                does not tell: the last of the points then stands for the best, until a log likelihood is known.
            evaluations: The sampler's own count of likelihood evaluations so far; by default the points are counted. If
                it falls to half of what it was or less, another run begins: a new epoch, with a best point of its own.
                If it falls by less, the higher count stands until it is reached again.
            scalars: The sampler's own numbers by name (log evidence, ...), kept with the snapshot.
            samples: The posterior so far, published beside `arrays`: what the figure `posterior` reads.
        """
        if os.getpid() != self._pid:
            return  # a forked worker of the sampler's has no thread and no renderer
        self._functions.broken_off = None
        try:
            with self._guard("a quick update"):
                if self._is_closed:
                    raise ClosedError(
                        "it is closed, and what comes after close() is dropped; make a new one for a new run"
                    )
                self._take(parameters, log_likelihood, evaluations, (scalars, samples))
        except KeyboardInterrupt:
            raise
        except BaseException as interrupt:
            self._functions.broken_off = interrupt
            raise

    def close(self, state: State = "finished") -> None:
        """Publish the best point of all, have it drawn, say how the run ended. Later calls do nothing.

        A best point that is on disk already is published again only if the sampler's own numbers are later.

        Args:
            state: How the run ended, "finished" or "failed".
        """
        if not is_open(self) or os.getpid() != self._pid:
            return
        forget(self)
        if self._updater.best is None and self._refused:
            message = (
                "%s: nothing was published: none of %d log likelihoods was finite; see what the likelihood returns"
            )
            log.warning(message, self.run_dir, self._refused)
        try:
            for call in self._at_close:
                with self._guard("the end of the sampler"):
                    call()
            self._publish_last()
        except BaseException as interrupt:
            self._functions.broken_off = interrupt
            self._publish_last()
            raise
        finally:
            self._is_closed = True
            self._updater.close(state if self._functions.broken_off is None else "failed")

    end = close

    def __enter__(self) -> QuickUpdate:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("finished" if kind is None else "failed")

    def _take(self, parameters: Any, log_likelihood: Any, evaluations: int | None, own: tuple[Given, Given]) -> None:
        points = numbers_of("parameters", parameters)
        if log_likelihood is None:
            points = np.atleast_2d(points)
        likelihoods = (
            np.full(len(points), np.nan) if log_likelihood is None else numbers_of("log_likelihood", log_likelihood)
        )
        if likelihoods.size == 0:
            return
        points = points_of(points, likelihoods, self._size or len(self._names))
        count = self._evaluations + likelihoods.size if evaluations is None else _counted(evaluations)
        if 2 * count <= self._evaluations > 0:
            self._start_over(count)
        if self._size is None:
            self._size = points.shape[1]
        elif points.shape[1] != self._size:
            told = f"parameters has the shape {np.shape(parameters)}, so points of {points.shape[1]} parameters"
            raise WrongValueError(f"{told}; expected {self._size} in each, as in the calls before")
        self._evaluations = max(self._evaluations, count)  # of a little less a sampler may tell after a resume
        self._own = own
        updater = self._updater
        index, top = best_of(likelihoods)
        if top > updater.log_likelihood:
            updater.take(points[index].copy(), top)
        elif log_likelihood is None and updater.log_likelihood == -math.inf:
            updater.take(points[-1].copy(), -math.inf)
        elif updater.best is None:
            self._refuse(likelihoods.size)
        if self._cadence.is_due(self._evaluations):
            self._publish()

    def _start_over(self, count: int) -> None:
        """Another run begins: the best of the last is published, and does not stand in the way of its own."""
        message = "%s: the count fell from %d to %d: another run begins"
        log.info(message, self.run_dir, self._evaluations, count)
        if self._is_better_than_published:
            self._publish()
        self._updater.begin_again(count - 1)
        self._evaluations, self._size, self._refused = 0, None, 0
        self._cadence.recount(count)

    def _refuse(self, count: int) -> None:
        """Take note of points without a finite log likelihood, while there are no others; say so after a while."""
        if not self._refused:
            self._until_told.restart(self._evaluations)
        self._refused += count
        if not self._is_told and self._until_told.is_due(self._evaluations):
            self._is_told = True
            message = (
                "%s: nothing is published yet: none of %d log likelihoods was finite; see what the likelihood returns"
            )
            log.warning(message, self.run_dir, self._refused)

    def _publish(self) -> None:
        updater, functions = self._updater, self._functions
        if updater.best is None:
            return
        broken_off_before = functions.broken_off
        # first of all, so that arrays that fail are tried again when the next is due, not at every call
        self._cadence.restart(self._evaluations)
        arrays = functions.values("arrays", self._arrays, updater.best.copy(), is_needed=True)
        scalars, samples = (functions.values(*each) for each in zip(("scalars", "samples"), self._own, strict=True))
        with self._guard("fitting samples to the parameters") as fitting:
            for name, error in fit_samples(samples, updater.best.size):
                self._guard.warn("publishing samples, array", error, of=name)
        updater.publish(
            arrays if fitting.failed else {**samples, **arrays},
            iteration=self._evaluations,
            names=usable_names(self._names, updater.best.size, self._guard),
            scalars=scalars,
        )
        if functions.broken_off is not None and functions.broken_off is not broken_off_before:
            raise functions.broken_off

    def _publish_last(self) -> None:
        with self._guard("the last quick update"):
            if self._is_better_than_published or (self._functions.broken_off is None and self._has_news()):
                self._publish()

    @property
    def _is_better_than_published(self) -> bool:
        return self._updater.log_likelihood > self._updater.published[0]

    def _has_news(self) -> bool:
        """Whether the sampler's own numbers are later than those published, or are others at the same count."""
        _, evaluations, scalars = self._updater.published
        if self._evaluations > evaluations:
            if self._updater.log_likelihood == -math.inf:
                return True
            return any(callable(given) or (isinstance(given, Mapping) and len(given) > 0) for given in self._own)
        return callable(self._own[0]) and self._functions.values("scalars", self._own[0]) != scalars


def _counted(evaluations: Any) -> int:
    try:
        return int(evaluations)
    except (TypeError, ValueError, OverflowError):
        raise WrongTypeError(wrong("evaluations", evaluations, "expected a whole number, or None")) from None
