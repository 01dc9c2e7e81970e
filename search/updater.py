"""The best fit of a run, published and drawn: what `QuickUpdate` and `live` have in common."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from autoviz_render.search.backends import (
    Display,
    Where,
    chosen_display,
    make_backend,
    make_cell_view,
    refuse_unknown_figures,
)
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.guard import Guard
from autoviz_render.spool.info import State
from autoviz_render.spool.publisher import Publisher, checked_figures

log = logging.getLogger("autoviz_render.search")


_NOTHING: tuple[float, int, Mapping[str, Any]] = -math.inf, -1, {}


class Updater:
    """Holds the best fit of a run, publishes it, and sees that it is drawn.

    Args:
        run_dir: Where the run is.
        renderer: Where figures are drawn, as for `QuickUpdate`.
        display: Whether the cell of a notebook shows the figure, as for `QuickUpdate`.
        **settings: Those of `Publisher`.

    Attributes:
        publisher: Writes the snapshots.
        guard: What fails within it is logged once a cause.
        best: array[parameter] of the best fit; None before one, and if its parameters are not known.
        log_likelihood: Of the best fit, in nats; -inf if it is not known.
        backend: Draws them.
        cell_view: Shows them in the cell of a notebook.
        published: Log likelihood, iteration and scalars of the last quick update.

    Raises:
        ValueError, TypeError: For arguments that can never work, before anything is made.
    """

    def __init__(
        self, run_dir: str | os.PathLike[str], *, renderer: Where | None, display: Display, **settings: Any
    ) -> None:
        figures = checked_figures(settings.get("figure", "auto"))
        refuse_unknown_figures(renderer, figures, may_be_missing=True)
        chosen_display(display)
        self.publisher = Publisher(run_dir, **settings)
        self.guard = Guard(log, self.publisher.run_dir)
        self.cell_view = make_cell_view(display, renderer, self.publisher, figures[0])
        self.backend = make_backend(renderer, self.publisher)
        self.best: Floats | None = None
        self.log_likelihood = -math.inf
        self.published = _NOTHING

    def take(self, parameters: Floats | None, log_likelihood: float) -> None:
        """Hold this as the best fit from now on."""
        self.best, self.log_likelihood = parameters, log_likelihood

    def begin_again(self, resumed_from: int) -> None:
        """Begin another run, with a best fit of its own."""
        self.publisher.begin_epoch(resumed_from)
        self.best, self.log_likelihood, self.published = None, -math.inf, _NOTHING

    def publish(
        self,
        arrays: Mapping[str, Any],
        *,
        iteration: int,
        names: Sequence[str],
        scalars: Mapping[str, Any] | None = None,
        may_start: bool = True,
    ) -> None:
        """Publish arrays as those of the best fit.

        Args:
            arrays: By name.
            iteration: The sampler's count.
            names: Of the parameters.
            scalars: The sampler's own numbers by name.
            may_start: Whether this is the search's own thread, in which a process may be started.
        """
        self.publisher.publish(
            arrays,
            iteration=iteration,
            log_likelihood=None if self.log_likelihood == -math.inf else self.log_likelihood,
            parameters={} if self.best is None else dict(zip(names, self.best.tolist(), strict=True)),
            scalars=scalars,
        )
        self.published = self.log_likelihood, iteration, scalars or {}
        self.backend.published(may_start=may_start)
        self.cell_view.published()

    def close(self, state: State, *, insist: bool = False) -> None:
        """Write what waits, say how the run ended, and have the last figure drawn.

        Args:
            state: How the run ended.
            insist: End a renderer that is not done in time, which is otherwise left to finish by itself.
        """
        self.publisher.close(state)
        with self.guard("stopping the renderer"):
            self.backend.finished(insist=insist)
        self.cell_view.finished()
