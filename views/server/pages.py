"""The pages, their programs and their data, from memory: nothing is served by a path that a visitor names."""

from __future__ import annotations

from pathlib import Path

from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.page.assets import asset, asset_names, page
from autoviz_render.views.server.run_data import RunData
from autoviz_render.views.server.runs_data import RunsData

_TYPES = {".css": "text/css", ".js": "text/javascript"}
HTML, SCRIPT = "text/html", "text/javascript"


class Pages:
    """The pages of a feed. Its functions may take a while, and may be called from several threads.

    Args:
        feed: How the runs stand.
        folder: Of ours.
    """

    def __init__(self, feed: Feed, folder: Path) -> None:
        self._title = str(feed.overview.path)
        self._runs = RunsData(feed, folder, self._title)
        self._run = RunData(feed)

    def runs_page(self) -> bytes:
        """The page over all runs."""
        return page("runs", self._title, served_from="assets/")

    def run_page(self, view: RunView) -> bytes:
        """The page of one run."""
        return page("run", view.run, served_from="../../assets/")

    def asset(self, name: str) -> tuple[bytes, str] | None:
        """A program or a style, and its media type; None if there is none of that name."""
        kind = _TYPES.get(Path(name).suffix)
        return (asset(name), kind) if kind is not None and name in asset_names() else None

    def runs_script(self, name: str) -> bytes | None:
        """A script of the page over all runs; None if there is none. Raises SpoolError, OSError."""
        return self._runs.get(name)

    def run_script(self, view: RunView, name: str) -> bytes | None:
        """A script of a run's page; None if there is none. Raises SpoolError, OSError, KeyError."""
        return self._run.get(view, name)

    def close(self) -> None:
        """Make nothing more."""
        self._runs.close()
