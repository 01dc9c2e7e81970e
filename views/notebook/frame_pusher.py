"""The thread behind a widget: pushes the newest frame, and how the run stands, to one browser."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.safe_read import read_plain
from autoviz_render.spool.text import printable
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import FrameView, Overview, RunView
from autoviz_render.views.model.shown_run import run_to_show
from autoviz_render.views.notebook.drawing import OwnRenderer
from autoviz_render.views.notebook.frame_flow import FrameFlow
from autoviz_render.views.notebook.widget_state import (
    chooser,
    curve_of,
    plain,
    run_id,
    shown_figure,
    state_of,
)

log = logging.getLogger("autoviz_render.views")

TYPES = {".png": "image/png", ".webp": "image/webp", ".jpg": "image/jpeg", ".svg": "image/svg+xml"}
"""What browsers show of what figures are drawn as, by the suffix of the file."""

_MOST_BYTES = 1 << 25  # of a picture
_SAYS_EVERY = 10.0  # seconds, even if nothing changed: the browser tells a quiet run from a dead kernel
_LOOKS_EVERY = 0.5  # seconds: an overview that changed is no hurry, a frame wakes the thread
_CURVE_EVERY = 1.0  # seconds
_SLOWEST = 20e3  # bytes a second, that the list of runs may take


@dataclass(frozen=True)
class Picture:
    """A figure's file at one moment."""

    key: str
    figure: str
    file: Path
    step: int | None
    drawn: float


class FramePusher:
    """Pushes to one browser. It runs from `start` to `close`, in a thread.

    Args:
        follow: Opens the feed; called in the thread, as it may read a slow disk.
        send: Sets one of the widget's traits: its name and value.
        own: Draws what nobody draws; None draws nothing.
    """

    def __init__(
        self, follow: Callable[[], Feed], send: Callable[[str, dict[str, Any]], object], own: OwnRenderer | None = None
    ) -> None:
        self._follow, self._send, self._own = follow, send, own
        self._flow = FrameFlow()
        self._lock = threading.Lock()  # of the flow, and of what was chosen: told by other threads
        self._due = threading.Event()
        self._is_closing = False
        self._chosen = self._figure = ""
        self._told: dict[tuple[str, str], FrameView] = {}
        self._last: dict[str, Any] = {}
        self._last_picture: Picture | None = None
        self._moments: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="autoviz-render widget", daemon=True)
        self.overview: Overview | None = None
        self.is_free = True

    def start(self) -> None:
        """Begin to push."""
        self._thread.start()

    def close(self, timeout: float = 2.0) -> None:
        """Push nothing more."""
        self._is_closing = True
        self._due.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    @property
    def is_alive(self) -> bool:
        """Whether it pushes."""
        return self._thread.is_alive()

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take what the browser says; from any thread."""
        with self._lock:
            match message.get("kind"):
                case "ack":
                    self._flow.acknowledged(message.get("number"), time.monotonic())
                    self.is_free = message.get("is_free") is True
                case "choose":
                    self._chosen, self._figure = plain(message, "id"), ""
                case "figure":
                    self._figure = plain(message, "figure")
        self._due.set()

    def shown_run(self, overview: Overview) -> RunView | None:
        """The run that was chosen, or the one to show."""
        if self._chosen:
            chosen = next((run for run in overview.runs if run_id(run.key) == self._chosen), None)
            if chosen is not None:
                return chosen
        return run_to_show(overview.runs)

    def _run(self) -> None:
        with contextlib.ExitStack() as ending:
            try:
                feed = self._follow()
                ending.callback(feed.close)
                ending.callback(feed.on_frame(self._frame_came))
                while not self._is_closing:
                    pause = self._turn(feed)
                    self._due.wait(pause)
                    self._due.clear()
            except Exception:  # a view that fails costs one warning
                if not self._is_closing:
                    log.warning("a live view shows nothing more", exc_info=True)

    def _frame_came(self, frame: FrameView) -> None:
        self._told[frame.key, frame.figure] = frame
        self._due.set()

    def _turn(self, feed: Feed) -> float:
        """Push what is due; the seconds until something may be due again."""
        self.overview = overview = feed.overview
        run = self.shown_run(overview)
        now = time.monotonic()
        pause = _LOOKS_EVERY
        picture = self._picture(run)
        if picture is not None and picture != self._last_picture:
            with self._lock:
                wait = self._flow.next_at() - now
            if wait > 0:
                pause = min(pause, wait)
            else:
                self._push_picture(picture)
        self._push_state(state_of(run, overview), now)
        self._push_runs(overview, now)
        self._push_curve(feed, run, now)
        if self._own is not None:
            self._own.see_to(run, overview)
        return pause

    def _picture(self, run: RunView | None) -> Picture | None:
        """The newest one of a run: the overview may be later than the word of a frame, or earlier."""
        if run is None:
            return None
        figure = next((each for each in run.figures if printable(each.name, 200) == self._figure), shown_figure(run))
        frame = self._told.get((run.key, figure.name)) if figure is not None else None
        if frame is not None and figure is not None and frame.drawn > figure.modified:
            return Picture(run.key, frame.figure, frame.file, frame.step, frame.drawn)
        return None if figure is None else Picture(run.key, figure.name, figure.file, figure.step, figure.modified)

    def _push_picture(self, picture: Picture) -> None:
        self._last_picture = picture
        kind = TYPES.get(picture.file.suffix.lower())
        if kind is None:
            return
        try:
            data = bytes(read_plain(picture.file, _MOST_BYTES))
        except (OSError, SpoolError) as error:
            log.debug("%s: %s", picture.file, error)  # replaced or removed meanwhile: the next look tells
            return
        with self._lock:
            number = self._flow.sent(time.monotonic(), len(data))
        told = {"id": run_id(picture.key), "figure": printable(picture.figure, 200), "step": picture.step}
        self._send("frame", told | {"drawn": picture.drawn, "type": kind, "number": number, "data": data})

    def _push_state(self, state: dict[str, Any], now: float) -> None:
        told = {name: value for name, value in state.items() if name != "now"}
        if told != self._last.get("state") or now >= self._moments.get("state", 0.0):
            self._last["state"], self._moments["state"] = told, now + _SAYS_EVERY
            self._send("state", state | {"now": time.time()})

    def _push_runs(self, overview: Overview, now: float) -> None:
        if now < self._moments.get("runs", 0.0):
            return
        runs = chooser(overview)
        if runs != self._last.get("runs"):
            self._last["runs"] = runs
            size = sum(map(len, runs["names"])) + 30 * len(runs["ids"])
            self._moments["runs"] = now + max(1.0, size / _SLOWEST)
            self._send("runs", runs)

    def _push_curve(self, feed: Feed, run: RunView | None, now: float) -> None:
        if run is None:
            return
        before, course = self._last.get("course"), (run.key, run.epoch, run.updates)
        is_same_run = before is not None and before[0] == run.key
        if course == before or (is_same_run and now < self._moments.get("curve", 0.0)):
            return
        self._last["course"], self._moments["curve"] = course, now + _CURVE_EVERY
        with contextlib.suppress(KeyError, OSError, SpoolError):  # gone meanwhile
            self._send("curve", curve_of(feed.detail(run.key).curves) | {"id": run_id(run.key)})
