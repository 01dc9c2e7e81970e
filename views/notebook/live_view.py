"""The widget of `watch`, as notebooks know widgets; what it shows comes from `frame_pusher`."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from autoviz_render.spool.text import shown_safely
from autoviz_render.views.model.follow import follow
from autoviz_render.views.model.run_view import Overview
from autoviz_render.views.model.shown_run import run_to_show
from autoviz_render.views.notebook.drawing import OwnRenderer
from autoviz_render.views.notebook.frame_pusher import FramePusher
from autoviz_render.views.notebook.widget_state import line_of

log = logging.getLogger("autoviz_render.views")

_RESTS_AFTER = 10.0  # seconds without a place that shows it
_LOOKS_FOR = 3.0  # seconds, if nothing is known yet
_KEEPS_EVERY = 60.0  # seconds, at least, between two pictures that the notebook's file gets
_MOST_SAVED = 2 << 20  # bytes of a picture in the notebook's file


class LiveView(anywidget.AnyWidget):
    """A live view of the runs below a path. Made by `watch`.

    It pushes as long as it is shown somewhere; `close()` ends it for good.
    """

    _esm = (files(__package__) / "widget.js").read_text("utf-8")
    _css = (files(__package__) / "widget.css").read_text("utf-8")
    frame = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    curve = traitlets.Dict().tag(sync=True)
    runs = traitlets.Dict().tag(sync=True)

    def __init__(self, path: Path, *, draw: bool) -> None:
        self._path = path
        self._pusher: FramePusher | None = None
        self._own: OwnRenderer | None = None
        self._guard = threading.RLock()  # messages come in other threads
        self._places: set[str] = set()
        self._resting: threading.Timer | None = None
        self._display_id = ""
        self._saved: tuple[object, float] = (None, 0.0)
        super().__init__()
        self.on_msg(self._hear)
        if draw and not self._is_alone:
            self._own = OwnRenderer()

    def start(self) -> None:
        """Push what is new from now on; does nothing if it does."""
        with self._guard:
            if self._pusher is None and self.comm is not None:
                self._pusher = FramePusher(lambda: follow(self._path), self._set, self._own)
                self._pusher.start()

    def rest(self) -> None:
        """Push nothing until it is shown again."""
        with self._guard:
            pusher, self._pusher = self._pusher, None
            own, self._own = self._own, None
        if pusher is not None:
            pusher.close()
        if own is not None:
            own.close()

    def close(self) -> None:
        """End the view, its thread and its process."""
        self.rest()
        super().close()

    @property
    def _is_alone(self) -> bool:
        """Whether there is no front end: a plain Python."""
        return type(self.comm).__module__.partition(".")[0] == "comm"

    # What the browser says

    def _hear(self, _widget: object, message: object, _buffers: object) -> None:
        if not isinstance(message, Mapping):
            return
        kind, view = message.get("kind"), str(message.get("view"))
        with self._guard:
            if kind == "shown":
                self._places.add(view)
                self.start()
            elif kind == "hidden":
                self._places.discard(view)
            if kind in ("shown", "hidden"):
                self._rest_later()
            elif self._pusher is not None:
                self._pusher.hear(message)

    def _rest_later(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        if not self._places:
            self._resting = threading.Timer(_RESTS_AFTER, self.rest)
            self._resting.daemon = True
            self._resting.start()

    # What the thread sends

    def _set(self, name: str, value: dict[str, Any]) -> None:
        setattr(self, name, value)
        if name in ("frame", "state"):
            self._keep()

    # What is shown where no widget can be

    def _ipython_display_(self) -> None:
        self._display_id = f"autoviz-render-{self.model_id}"
        self._publish()
        if not self._is_alone:
            self.start()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        if not self._is_alone:
            self.start()
        return self._bundle()

    def _bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        made = super()._repr_mimebundle_() or ({}, {})
        data, metadata = made if isinstance(made, tuple) else (made, {})
        data["text/plain"] = str(self)
        if (picture := self._static_picture()) is not None:
            data["image/png"] = picture
        return data, metadata

    def _keep(self) -> None:
        """Have the notebook's file hold the newest picture, now and then: the browser makes its view anew for that."""
        if not self._display_id or not self.frame or self.frame.get("number") == self._saved[0]:
            return
        is_over = self.state.get("state") not in (None, "running")
        is_free = self._pusher is not None and self._pusher.is_free
        is_first = self._saved[0] is None
        if not is_first and (not is_free or (not is_over and time.monotonic() < self._saved[1] + _KEEPS_EVERY)):
            return
        self._saved = (self.frame.get("number"), time.monotonic())
        with contextlib.suppress(Exception):  # a front end that cannot: the view itself is not touched
            self._publish(update=True)

    def _publish(self, **how: bool) -> None:
        """Have the cell's output be this view, and the picture and the line that stand in for it."""
        from IPython.display import display

        data, metadata = self._bundle()
        display(data, metadata=metadata, raw=True, display_id=self._display_id, **how)  # type: ignore[no-untyped-call]

    def _static_picture(self) -> bytes | None:
        """The last frame as a PNG of a bounded size, or the newest that is on the disk; None if there is none."""
        data, kind = self.frame.get("data"), self.frame.get("type")
        if data is None:
            return _newest_png(self._overview())
        return _as_png(bytes(data), str(kind))

    def _overview(self) -> Overview:
        overview = None if self._pusher is None else self._pusher.overview
        return overview if overview is not None and overview.is_complete else look_once(self._path)

    @shown_safely
    def __repr__(self) -> str:
        overview = self._overview()
        run = run_to_show(overview.runs)
        if self._pusher is not None:
            run = self._pusher.shown_run(overview)
        return line_of(overview, run)

    __str__ = __repr__


def look_once(path: Path) -> Overview:
    """How the runs below a path stand now, as far as that is known within seconds."""
    with contextlib.closing(follow(path)) as feed:
        deadline, version = time.monotonic() + _LOOKS_FOR, -1
        while not feed.overview.is_complete and (left := deadline - time.monotonic()) > 0:
            version = feed.wait(version, left)
        return feed.overview


def _newest_png(overview: Overview) -> bytes | None:
    from autoviz_render.spool.errors import SpoolError
    from autoviz_render.spool.system.safe_read import read_plain
    from autoviz_render.views.notebook.frame_pusher import TYPES
    from autoviz_render.views.notebook.widget_state import shown_figure

    run = run_to_show(overview.runs)
    figure = shown_figure(run) if run is not None else None
    if figure is None:
        return None
    with contextlib.suppress(OSError, SpoolError):
        return _as_png(bytes(read_plain(figure.file, 1 << 25)), TYPES.get(figure.file.suffix.lower(), ""))
    return None


def _as_png(data: bytes, kind: str) -> bytes | None:
    """A picture for the notebook's file: as it is if it is a small PNG, else smaller; None if it cannot be read."""
    if kind == "image/png" and len(data) <= _MOST_SAVED:
        return data
    if kind not in ("image/png", "image/webp", "image/jpeg"):
        return None
    from PIL import Image

    with contextlib.suppress(Exception), Image.open(io.BytesIO(data)) as picture:
        picture.thumbnail((1600, 1600))
        made = io.BytesIO()
        picture.convert("RGB").save(made, "PNG")
        return made.getvalue()
    return None
