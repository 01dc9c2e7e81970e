"""A whole factor graph that is fitted as one: a run of its own, of what its members tell.

Its figure `run` shows the log likelihood of all members together and of each. The parameters are those that members
share.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.search.pyautofit.fit import LiveFit
from autoviz_render.search.pyautofit.parameters import parameter_names
from autoviz_render.search.quick_update import COUNTS
from autoviz_render.search.updater import Updater

MOST_NUMBERS = 100
"""Members whose log likelihoods are published with the graph's."""


class Overview:
    """The quick updates of a graph, in the folder of its output.

    Args:
        paths: PyAutoFit's, of the graph.
        is_whole: Whether all that are fitted to data are live, so that their log likelihoods can be added up.
    """

    def __init__(self, paths: Any, *, is_whole: bool) -> None:
        self._folder = Path(paths.output_path)
        self._title = str(getattr(paths, "name", None) or self._folder.name)
        self._is_whole = is_whole
        self._members: list[LiveFit] = []
        self._lock = threading.Lock()  # the search's own thread, and its background thread
        self._updater: Updater | None = None
        self._iteration = 0

    def add(self, member: LiveFit) -> None:
        """Take the next member, in the order of the graph, in the search's own thread."""
        self._members.append(member)
        if self._updater is None and member.has_all_updates:
            self._updater = Updater(
                self._folder, renderer=member.renderer, display=None, figure="run", title=self._title, counts=COUNTS
            )

    def quick_update(self) -> None:
        """Publish what the members tell, once all have told anything new: they do one kind after another."""
        with self._lock:
            iteration = min(member.iteration for member in self._members)
            if iteration > self._iteration and not self._members[0].is_forked:
                self._iteration = iteration
                self._publish()

    def finish(self) -> None:
        """Publish how the fit ended, and stop."""
        with self._lock:
            updater = self._updater
            if updater is None or self._members[0].is_forked:
                return
            try:
                if self._iteration:
                    self._publish()
            finally:
                self._updater = None
                updater.close("finished", insist=True)

    def _publish(self) -> None:
        if self._updater is None:
            return
        bests = [member.best for member in self._members]
        numbers = [np.nan if best is None else best[1] for best in bests]
        total = float(np.sum(numbers))
        names, values = self._shared(bests)
        self._updater.take(np.array(values), total if self._is_whole and np.isfinite(total) else -np.inf)
        told = zip(self._members[:MOST_NUMBERS], numbers, strict=False)
        self._updater.publish(
            {},
            iteration=self._iteration,
            names=names,
            scalars={f"log_likelihood, {member.title.rpartition(', ')[2]}": number for member, number in told},
            may_start=self._members[0].may_start,
        )

    def _shared(self, bests: Sequence[Any]) -> tuple[list[str], list[float]]:
        """The names and values of the parameters that several members have, in the order of the first that does."""
        counts = Counter(prior for member in self._members for prior in _priors(member))
        shared: dict[Any, tuple[str, float]] = {}
        for member, best in zip(self._members, bests, strict=True):
            if best is None or best[0] is None:
                continue
            for prior, name, value in zip(_priors(member), parameter_names(member.model), best[0], strict=True):
                if counts[prior] > 1 and prior not in shared:
                    shared[prior] = name, float(value)
        names: list[str] = []
        for name, _ in shared.values():
            names.append(name if name not in names else f"{name} ({len(names)})")
        return names, [value for _, value in shared.values()]


def _priors(member: LiveFit) -> list[Any]:
    """In the order of the model's vectors."""
    return [prior for _, prior in member.model.prior_tuples_ordered_by_id]
