"""Which runs a widget has drawn itself: those that it shows or that go on, if nobody draws them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

from autoviz_render.renderer.work.child_process import ChildProcess
from autoviz_render.renderer.work.subprocess_env import interpreter
from autoviz_render.views.model.run_view import Overview, RunView

MOST = 8
"""Runs that are drawn at a time: the one that is shown, and others that go on, as somebody may choose them."""

_COMMAND = ("-P", "-m", "autoviz_render.views.notebook.drawing_process")
_MAY_COME = 5.0  # seconds in which a search that runs may start its renderer, or replace it


def is_undrawn(run: RunView, now: float) -> bool:
    """Whether a run has something to draw, or will have, and nobody draws it.

    Args:
        run: Which.
        now: In seconds since 1970.
    """
    if run.step is None or run.renderer.state not in ("none", "stopped", "late"):
        return False
    if run.state == "running":
        return now - max(run.started, run.renderer.beat or 0.0) > _MAY_COME
    newest = run.figures[0] if run.figures else None
    return newest is None or (newest.step is not None and newest.step < run.step)


def to_draw(shown: RunView | None, overview: Overview) -> Iterator[RunView]:
    """The runs that somebody has to draw, the one that is shown first."""
    if shown is not None and is_undrawn(shown, overview.now):
        yield shown
    for run in overview.runs:
        if run.state == "running" and run is not shown and is_undrawn(run, overview.now):
            yield run


class OwnRenderer:
    """A process that waits until a run has to be drawn; see `drawing_process`.

    It is started here, in the thread of the caller, and ends by `close` or with this process.

    Attributes:
        runs: What it was asked to draw: the spool of each by its run's key.
    """

    def __init__(self) -> None:
        self.runs: dict[str, str] = {}
        self._process: ChildProcess | None = None
        if os.environ.get("AUTOVIZ_RENDERER", "").lower() != "none":
            self._process = _started()

    def see_to(self, shown: RunView | None, overview: Overview) -> None:
        """Have those drawn that nobody draws; in one thread, whenever the overview is another.

        What it draws itself looks drawn from then on, so it goes on with a run while that goes on, or is shown.
        """
        known = {run.key: run for run in overview.runs}
        for key in list(self.runs):
            run = known.get(key)
            if run is None or (run.state != "running" and run is not shown):
                self._tell({"leave": self.runs.pop(key)})
        for run in to_draw(shown, overview):
            if run.key not in self.runs and (run is shown or len(self.runs) < MOST):
                spool = self.runs[run.key] = os.fsencode(run.spool).decode("latin-1")
                self._tell({"draw": spool})

    def close(self) -> None:
        """End it, and what it draws with."""
        process, self._process = self._process, None
        if process is not None:
            process.close_input()
            process.kill()

    def _tell(self, what: dict[str, str]) -> None:
        if self._process is not None:
            self._process.tell(json.dumps(what) + "\n")


def _started() -> ChildProcess | None:
    try:
        return ChildProcess([interpreter(), *_COMMAND], subprocess.DEVNULL, subprocess.DEVNULL)
    except OSError:  # what others draw is shown all the same
        return None
