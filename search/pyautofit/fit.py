"""The quick updates of one fit: what is published, when, and by which process."""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autoviz_render.search.backends import Display, Where
from autoviz_render.search.pyautofit.compiled import CompiledArrays, on_the_host
from autoviz_render.search.pyautofit.figure_arrays import FigureArrays
from autoviz_render.search.pyautofit.parameters import parameter_labels, parameter_names, parameter_values
from autoviz_render.search.pyautofit.titles import title_of
from autoviz_render.search.pyautofit.workers import Workers
from autoviz_render.search.quick_update import COUNTS
from autoviz_render.search.updater import Updater
from autoviz_render.spool.arrays import Array, Floats
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.format.descriptions import Descriptions, checked_descriptions
from autoviz_render.spool.guard import Guard
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.search")

_NO_QUICK_UPDATES = (
    "%s: this search makes no quick updates, so nothing is drawn; give it iterations_per_quick_update=1000. "
    "In PyAutoFit's hpc_mode the setting hpc: iterations_per_quick_update of config/general.yaml counts instead"
)

NEVER = 1e90
"""Iterations: PyAutoFit's settings say 1e99 if there is to be no update."""


@dataclass(frozen=True)
class Settings:
    """What `live` was told.

    Attributes:
        arrays: As for `live`.
        figure: As for `live`.
        static: As for `live`.
        renderer: As for `live`.
        display: As for `live`.
        key: Shared by all copies of the analysis.
        descriptions: Units, labels, axes and scales, as for `live`.
    """

    arrays: Callable[[Any], Mapping[str, Any]] | None
    figure: str | Sequence[str] | None
    static: Mapping[str, Any] | None
    renderer: Where | None
    display: Display
    key: str
    descriptions: Descriptions = field(default_factory=Descriptions)


class _BestFit(NamedTuple):
    """Parameters, array[parameter], or None if the instance does not tell them; log likelihood in nats; arrays."""

    parameters: Floats | None
    log_likelihood: float
    arrays: Mapping[str, Array]


class LiveFit:
    """The quick updates of one fit, in the folder of its output.

    Nothing of it raises, except KeyboardInterrupt. In a forked process it tells the one that made it.

    Args:
        paths: PyAutoFit's, of the fit.
        model: What is fitted.
        figure_arrays: What there is to show.
        settings: What `live` was told.
        is_jax: Whether the arrays can be compiled.

    Attributes:
        folder: Of the fit's output.
        key: Of the settings.
        title: What the run is called.
        model: What is fitted.
        iteration: Of the last quick update that was published.
        is_over: Whether the last quick update was made.
    """

    def __init__(
        self, paths: Any, model: Any, figure_arrays: FigureArrays, settings: Settings, *, is_jax: bool
    ) -> None:
        self.folder = Path(paths.output_path)
        self.is_over = False
        self.key = settings.key
        self.title = title_of(paths, model) or self.folder.name
        self.model = model
        self.iteration = 0
        self._search = getattr(paths, "search", None)
        self._figure_arrays = figure_arrays
        self._settings = settings
        self._is_jax = is_jax
        self._pid = os.getpid()
        self._thread = threading.current_thread()
        self._lock = threading.RLock()  # the search's own thread, its background thread, and that of the workers
        self._guard = Guard(log, self.folder)
        self._updates = 0
        self._shown: _BestFit | None = None
        self._compiled: CompiledArrays | None = None
        self._workers: Workers | None = None
        self._updater: Updater | None = None
        self._first_iteration = 0

    def prepare(self) -> None:
        """Begin what takes time, beside the search's own beginnings."""
        with self._guard("preparing live figures"):
            if self._is_jax and self._is_shown:
                self._compile()
            if not self._is_shown:
                log.warning(_NO_QUICK_UPDATES, self.folder)
            else:
                self._opened()  # here, in the search's thread: the process that draws may be started in no other
            if not self._is_jax and getattr(self._search, "number_of_cores", 1) > 1:
                self._workers = Workers(self._take_from_pool)

    def quick_update(self, instance: Any) -> None:
        """Publish the arrays of the best fit so far; not before they are compiled: then the next one does."""
        with self._guard("a quick update"):
            parameters = self._parameters(instance)
            if os.getpid() == self._pid:
                self._update(instance, parameters)
            elif self._workers is not None and parameters is not None:
                self._workers.send(parameters)

    def finish(self, instance: Any = None) -> None:
        """Publish the best fit of all, have it drawn, and stop: what PyAutoFit draws at the end is drawn over it."""
        if os.getpid() != self._pid or self.is_over:
            return
        self.is_over = True
        if self._workers is not None:
            with self._guard("stopping to listen to the pool"):
                self._workers.close()
        if instance is not None and self._is_shown:
            with self._guard("a quick update"), self._lock:
                self._show(self._best_fit(self._parameters(instance), instance))
        if self._updater is not None:
            # PyAutoFit draws over the last figure, and may pack up the folder: nobody may go on drawing there
            self._updater.close("finished", insist=True)

    @property
    def renderer(self) -> Where | None:
        """Where its figures are drawn."""
        return self._settings.renderer

    @property
    def has_all_updates(self) -> bool:
        """Whether this process hears of quick updates, rather than each of a pool of its own."""
        return self._is_shown and self._workers is None

    @property
    def is_forked(self) -> bool:
        """Whether this is another process than the one that made it."""
        return os.getpid() != self._pid

    @property
    def may_start(self) -> bool:
        """Whether this is the search's own thread.

        Neither PyAutoFit's background thread nor that of a pool may start a process: see `renderer.live.process`.
        """
        return threading.current_thread() is self._thread

    @property
    def best(self) -> tuple[Floats | None, float] | None:
        """The best fit that was published: its parameters if they are known, and its log likelihood."""
        return None if self._shown is None else self._shown[:2]

    @property
    def cadence(self) -> float:
        """Iterations between quick updates; infinite if there are to be none."""
        settings = ("iterations_per_quick_update", "iterations_per_full_update")
        given = [getattr(self._search, name, None) for name in settings]
        numbers = [float(number) for number in given if number is not None]
        return min((number for number in numbers if number < NEVER), default=math.inf)

    @property
    def _is_shown(self) -> bool:
        return self._updates > 0 or self.cadence < math.inf

    @property
    def _display(self) -> Display:
        """Off by itself where PyAutoFit shows the figure, or is told not to show any."""
        is_shown = getattr(self._search, "live_visual_update", False)
        is_off = os.environ.get("PYAUTO_DISABLE_IPYTHON_DISPLAY") == "1"
        return "off" if self._settings.display == "auto" and (is_shown or is_off) else self._settings.display

    def _compile(self) -> CompiledArrays:
        if self._compiled is None:

            def arrays(vector: Any) -> Mapping[str, Any]:
                import jax.numpy

                instance = self.model.instance_from_vector(vector=vector, ignore_assertions=True, xp=jax.numpy)
                return self._figure_arrays.arrays(instance)

            self._compiled = CompiledArrays(arrays, self.model.prior_count)
        return self._compiled

    def _update(self, instance: Any, parameters: Floats | None) -> None:
        with self._lock:
            if self.is_over:  # PyAutoFit evaluates the best fit once more when all is drawn
                return
            self._updates += 1
            if self._is_jax and not self._compile().is_ready:
                message = "%s: the figure's arrays are still being compiled; the next quick update shows them"
                log.info(message, self.folder)
                return
            self._show(self._best_fit(parameters, instance))

    def _take_from_pool(self, parameters: Floats) -> None:
        with self._guard("a quick update of the pool's"), self._lock:
            self._updates += 1
            instance = self.model.instance_from_vector(vector=parameters, ignore_assertions=True)
            best = self._best_fit(parameters, instance)
            if self._shown is None or best.log_likelihood > self._shown.log_likelihood:
                self._show(best)

    def _parameters(self, instance: Any) -> Floats | None:
        if self._is_jax:  # without them there is no compiling, and no figure
            return parameter_values(self.model, instance)
        with self._guard("finding the parameters of an instance"):
            return parameter_values(self.model, instance)
        return None

    def _best_fit(self, parameters: Floats | None, instance: Any) -> _BestFit:
        shown = self._shown
        if shown is not None and _is_same(parameters, shown.parameters):
            return shown  # nothing better was found since
        if self._is_jax and parameters is not None:
            arrays = dict(self._compile()(parameters))
        else:
            arrays = on_the_host(self._figure_arrays.arrays(instance))
        log_likelihood = float(arrays.pop("log_likelihood"))
        return _BestFit(parameters, log_likelihood, self._figure_arrays.arranged(arrays))

    def _show(self, best: _BestFit) -> None:
        self._shown = best
        updater = self._opened()
        updater.take(best.parameters, best.log_likelihood)
        every = self.cadence if math.isfinite(self.cadence) else 1
        self.iteration = self._first_iteration + int(self._updates * every)
        updater.publish(
            best.arrays,
            iteration=self.iteration,
            names=() if best.parameters is None else parameter_names(self.model),
            may_start=self.may_start,
        )

    def _opened(self) -> Updater:
        if self._updater is None:
            self._first_iteration = self._resumed_from()
            self._updater = Updater(
                self.folder,
                renderer=self._settings.renderer,
                display=self._display,
                figure=self._settings.figure or self._figure_arrays.figure,
                static={**self._figure_arrays.static(), **(self._settings.static or {})},
                resumed_from=self._first_iteration or None,
                title=self.title,  # its folder is called by a digest
                **self._descriptions(),
                counts="gradient steps" if hasattr(self._search, "_manage_quick_update_step") else COUNTS,
            )
        return self._updater

    def _descriptions(self) -> dict[str, Mapping[str, Any]]:
        """What is said of arrays and parameters: by the user, then by PyAutoFit."""
        given = self._settings.descriptions
        with self._guard("reading the labels of the parameters"):
            labels = {**parameter_labels(self.model), **given.labels}
            return vars(checked_descriptions(given.units, labels, given.axes, given.scales))
        return vars(given)

    def _resumed_from(self) -> int:
        """The iteration of the last snapshot of the run that this one goes on from; 0 for a new one."""
        try:
            spool = Spool(self.folder)
            newest = spool.newest()
            return 0 if newest is None else spool.read(newest).iteration
        except (OSError, SpoolError):
            return 0


def _is_same(one: Floats | None, other: Floats | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)
