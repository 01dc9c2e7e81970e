"""The runs by the names that stand for them in addresses, and the files of theirs that may be shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from autoviz_render.renderer.work.jobs import refuse_links
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import FigureView, Overview, RunView


def id_of(key: str) -> str:
    """What stands for a run in addresses: nothing of its name gets there."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class KnownRuns:
    """The runs of a feed by their ids. For one thread.

    Args:
        feed: Has the runs.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._ids: dict[str, str] = {}
        self._of: Overview | None = None
        self._runs: Mapping[str, RunView] = {}

    def get(self, run_id: str) -> RunView | None:
        """The run as it is now."""
        overview = self._feed.overview
        if overview is not self._of:
            self._runs, self._of = {self.id(run.key): run for run in overview.runs}, overview
        return self._runs.get(run_id)

    def id(self, key: str) -> str:
        """The id of a run."""
        if key not in self._ids:
            self._ids[key] = id_of(key)
        return self._ids[key]


def checked(view: RunView, file: Path) -> Path:
    """A file beside a run's figures, which is not reached through a link in the run.

    Raises:
        LinkError: It would be.
    """
    refuse_links(SpoolPaths(view.spool), file.parent)
    return file


def figure_named(view: RunView, name: str) -> FigureView | None:
    """A figure by the name of its file."""
    return next((each for each in view.figures if each.file.name == name), None)
