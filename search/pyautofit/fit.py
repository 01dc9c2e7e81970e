"""The live figures of one fit: what is published, when, and by which process."""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from autoviz_render.search.backends import Backend, Where, make_backend
from autoviz_render.search.pyautofit.compiled import Arrays, CompiledArrays, on_the_host
from autoviz_render.search.pyautofit.contents import FigureArrays
from autoviz_render.search.pyautofit.parameters import parameter_names, parameter_values
from autoviz_render.search.pyautofit.workers import Workers
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.guard import Attempts
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.search")

NEVER = 1e90
"""Iterations: PyAutoFit's settings say 1e99 where there is to be no update."""


@dataclass(frozen=True)
class _Point:
    """A best fit: its parameters, array[parameter], or None where the instance does not tell them, and its arrays."""

    parameters: npt.NDArray[np.float64] | None
    log_likelihood: float
    arrays: Arrays


class LiveFit:
    """The quick updates of one fit, in the folder of its output.

    paths: PyAutoFit's, of the fit. model: what is fitted. contents: what there is to show. is_jax: whether its arrays
    can be compiled. figure, static, renderer: as for `live`.

    Nothing of it raises, but for interrupts. In a process that was forked it tells the one that made it.
    """

    def __init__(
        self,
        paths: Any,
        model: Any,
        contents: FigureArrays,
        *,
        is_jax: bool,
        figure: str | Sequence[str] | None = None,
        static: Mapping[str, Any] | None = None,
        renderer: Where | None = "process",
    ) -> None:
        self.folder = Path(paths.output_path)
        self._title = getattr(paths, "name", None) or self.folder.name
        self._search = getattr(paths, "search", None)
        self._model = model
        self._contents = contents
        self._figure = figure or contents.figure
        self._static = static or {}
        self._renderer = renderer
        self._is_jax = is_jax
        self._pid = os.getpid()
        self._thread = threading.current_thread()
        self._lock = threading.RLock()  # the search's own thread, its background thread, and that of the workers
        self._attempt = Attempts(log, self.folder)
        self._updates = 0
        self._shown: _Point | None = None
        self._compiled: CompiledArrays | None = None
        self._workers: Workers | None = None
        self._publisher: Publisher | None = None
        self._backend: Backend | None = None
        self._first_iteration = 0
        self.is_over = False

    def prepare(self) -> None:
        """Begin what takes time, beside the search's own beginnings."""
        self._attempt("preparing live figures", self._prepare)

    def quick_update(self, instance: Any) -> None:
        """Publish the arrays of the best fit so far; not before they are compiled: then the next one does."""
        self._attempt("a quick update", self._update, instance)

    def finish(self, instance: Any = None) -> None:
        """Publish the best fit of all, have it drawn, and stop: what PyAutoFit draws at the end is drawn over it."""
        if os.getpid() != self._pid or self.is_over:
            return
        self.is_over = True
        if self._workers is not None:
            self._attempt("stopping to listen to the pool", self._workers.close)
        if instance is not None and self._is_shown:
            self._attempt("a quick update", self._publish_last, instance)
        if self._publisher is not None and self._backend is not None:
            self._publisher.close()
            # PyAutoFit draws over the last figure, and may pack up the folder: nobody may go on drawing there
            self._attempt("stopping the renderer", lambda backend: backend.finished(insist=True), self._backend)

    @property
    def cadence(self) -> float:
        """Iterations between quick updates; infinite where there are to be none."""
        settings = ("iterations_per_quick_update", "iterations_per_full_update")
        given = [getattr(self._search, name, None) for name in settings]
        numbers = [float(number) for number in given if number is not None]
        return min((number for number in numbers if number < NEVER), default=math.inf)

    @property
    def _is_shown(self) -> bool:
        return self._updates > 0 or self.cadence < math.inf

    def _prepare(self) -> None:
        if self._is_jax and self._is_shown:
            self._compile()
        if self._is_shown:
            self._opened()  # here, in the search's thread: the process that draws may be started in no other
        if not self._is_jax and getattr(self._search, "number_of_cores", 1) > 1:
            self._workers = Workers(self._take_from_pool)

    def _compile(self) -> CompiledArrays:
        if self._compiled is None:
            model, contents = self._model, self._contents

            def arrays(vector: Any) -> Mapping[str, Any]:
                import jax.numpy

                instance = model.instance_from_vector(vector=vector, ignore_assertions=True, xp=jax.numpy)
                return contents.arrays(instance)

            self._compiled = CompiledArrays(arrays, model.prior_count)
        return self._compiled

    def _update(self, instance: Any) -> None:
        parameters = self._parameters(instance)
        if os.getpid() != self._pid:
            if self._workers is not None and parameters is not None:
                self._workers.send(parameters)
            return
        with self._lock:
            if self.is_over:  # PyAutoFit evaluates the best fit once more when all is drawn
                return
            self._updates += 1
            if self._is_jax and not self._compile().is_ready:
                log.info(
                    "%s: the figure's arrays are still being compiled; the next quick update shows them", self.folder
                )
                return
            self._show(self._point(parameters, instance))

    def _take_from_pool(self, parameters: npt.NDArray[np.float64]) -> None:
        self._attempt("a quick update of the pool's", self._show_best_of_pool, parameters)

    def _show_best_of_pool(self, parameters: npt.NDArray[np.float64]) -> None:
        with self._lock:
            self._updates += 1
            instance = self._model.instance_from_vector(vector=parameters, ignore_assertions=True)
            point = self._point(parameters, instance)
            if self._shown is None or point.log_likelihood > self._shown.log_likelihood:
                self._show(point)

    def _publish_last(self, instance: Any) -> None:
        with self._lock:
            self._show(self._point(self._parameters(instance), instance))

    def _parameters(self, instance: Any) -> npt.NDArray[np.float64] | None:
        if self._is_jax:  # without them there is no compiling, and no figure
            return parameter_values(self._model, instance)
        found: list[npt.NDArray[np.float64]] = []
        self._attempt(
            "finding the parameters of an instance", lambda: found.append(parameter_values(self._model, instance))
        )
        return found[0] if found else None

    def _point(self, parameters: npt.NDArray[np.float64] | None, instance: Any) -> _Point:
        shown = self._shown
        if shown is not None and _is_same(shown.parameters, parameters):
            return shown  # nothing better was found since
        if self._is_jax and parameters is not None:
            arrays = dict(self._compile()(parameters))
        else:
            arrays = dict(on_the_host(self._contents.arrays(instance)))
        log_likelihood = float(arrays.pop("log_likelihood"))
        return _Point(parameters, log_likelihood, self._contents.arranged(arrays))

    def _show(self, point: _Point) -> None:
        self._shown = point
        publisher, backend = self._opened()
        names = () if point.parameters is None else parameter_names(self._model)
        values = () if point.parameters is None else point.parameters.tolist()
        every = self.cadence if math.isfinite(self.cadence) else 1
        publisher.publish(
            point.arrays,
            iteration=self._first_iteration + int(self._updates * every),
            log_likelihood=point.log_likelihood,
            parameters=dict(zip(names, values, strict=True)),
        )
        # neither PyAutoFit's background thread nor that of a pool may start a process: see `renderer.process`
        backend.published(may_start=threading.current_thread() is self._thread)

    def _opened(self) -> tuple[Publisher, Backend]:
        if self._publisher is None:
            self._first_iteration = self._resumed_from()
            self._publisher = Publisher(
                self.folder,
                figure=self._figure,
                static={**self._contents.static(), **self._static},
                resumed_from=self._first_iteration or None,
                title=self._title,  # its folder is called by a digest
            )
            self._backend = make_backend(self._renderer, self._publisher)
        return self._publisher, cast(Backend, self._backend)

    def _resumed_from(self) -> int:
        """The iteration of the last snapshot of the run that this one goes on from; 0 for a new one."""
        try:
            spool = Spool(self.folder)
            newest = spool.newest()
            return 0 if newest is None else spool.read(newest).iteration
        except (OSError, SpoolError):
            return 0


def _is_same(one: npt.NDArray[np.float64] | None, other: npt.NDArray[np.float64] | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)


_fits: dict[Path, LiveFit] = {}


def begin(fit: LiveFit) -> None:
    """Make this the fit of its folder, and end one that was there before: a script may run a search again."""
    before = _fits.get(fit.folder)
    if before is not None:
        before.finish()
    _fits[fit.folder] = fit
    fit.prepare()


def fit_of(paths: Any) -> LiveFit | None:
    """The fit that has its output there; None where none was begun, as in a process that was spawned."""
    return _fits.get(Path(paths.output_path))


def end(paths: Any, samples_summary: Any) -> None:
    """Finish what goes on there, if anything is left to finish."""
    fit = _fits.pop(Path(paths.output_path), None)
    if fit is not None and not fit.is_over:
        fit.finish(samples_summary.instance)
