"""`--watch` on a terminal: how the runs stand, in place."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import TextIO

from rich.text import Text

from autoviz_render.views.model.feed import Feed
from autoviz_render.views.terminal.columns import Layout
from autoviz_render.views.terminal.order import RunOrder
from autoviz_render.views.terminal.pictures.picture import Picture
from autoviz_render.views.terminal.preview import Preview
from autoviz_render.views.terminal.region import Region, terminal_size
from autoviz_render.views.terminal.screen import console_of, lines_of, rendered

log = logging.getLogger("autoviz_render.views")

_SECONDS_BETWEEN_FRAMES = 0.25
_SECONDS_BETWEEN_AGES = 1.0
_PATIENCE = 1.0  # seconds
_LEAST_LINES = 7  # of the table, if a figure is shown above it


class LiveTable:
    """Shows how the runs stand in a thread of its own, and lets what is logged appear above.

    At most four frames a second are written, and only what changed in them; what a frame costs follows the rows of the
    terminal and the runs that changed, not how many there are.

    Args:
        feed: The newest overview.
        preview: How a figure is shown above the table: "on" is as the terminal can, "off" not at all,
            or one of `MEANS`.
        stream: The terminal; None is standard output.
    """

    def __init__(self, feed: Feed, preview: str = "off", stream: TextIO | None = None) -> None:
        self._feed, self._stream = feed, stream or sys.stdout
        self._preview = None if preview == "off" else Preview(preview, self._stream)
        self._console = console_of(self._stream)
        self._region = Region(self._stream, lambda: terminal_size(self._stream))
        self._order, self._version = RunOrder(), -1
        self._layout: Layout | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="autoviz-render terminal", daemon=True)
        self._around = contextlib.ExitStack()

    def start(self) -> None:
        """Show the first frame, and go on; from the main thread, where signals are handled."""
        if self._preview is not None:
            self._around.callback(self._preview.close)
            self._preview.start()
        self._around.enter_context(_log_above(self._region))
        self._around.enter_context(_stopping_cleanly(self._region))
        self._thread.start()

    def close(self) -> None:
        """Leave the last state where it is, as text."""
        self._stop.set()
        self._thread.join(_PATIENCE)
        with contextlib.suppress(OSError, ValueError):
            if self._is_in_foreground():
                self._take_news()
                self._region.leave(*self._frame())
        self._around.close()

    def _run(self) -> None:
        drawn_at, size = 0.0, None
        try:
            while not self._stop.is_set():
                if self._preview is not None:
                    self._preview.settle()
                version = self._feed.wait(self._version, _SECONDS_BETWEEN_FRAMES)
                now, size_now = time.monotonic(), terminal_size(self._stream)
                is_due = version > self._version or size_now != size or now - drawn_at >= _SECONDS_BETWEEN_AGES
                if is_due and self._is_in_foreground():
                    drawn_at, size = now, size_now
                    self._take_news()
                    self._region.show(*self._frame())
                    self._stop.wait(_SECONDS_BETWEEN_FRAMES)
        except Exception as error:  # a view that dies must not cost the drawing
            log.warning("the table on this terminal is given up: %s", error, exc_info=error)

    def _take_news(self) -> None:
        version, overview = self._feed.version, self._feed.overview
        if version > self._version:
            self._order.update(overview, self._feed.changed(self._version) if self._version >= 0 else None)
            self._version = version

    def _frame(self) -> tuple[list[str], Picture | None]:
        size = terminal_size(self._stream)
        columns, rows = size.columns, max(1, size.lines - 2)
        screen = self._order.screenful(time.time(), size.lines)
        lines, self._layout = lines_of(screen, columns, rows, self._layout)
        if self._preview is None:
            return rendered(lines, self._console), None
        room = rows - min(len(lines), max(_LEAST_LINES, rows // 3))
        seen = self._preview.of(screen, columns, room)
        if seen is None:
            return rendered(lines, self._console), None
        picture, caption = seen
        lines, self._layout = lines_of(screen, columns, rows - len(picture.lines) - 1, self._layout)
        return [*picture.lines, *rendered([Text(caption, "dim"), *lines], self._console)], picture

    def _is_in_foreground(self) -> bool:
        """Whether the terminal is ours to write on: not after Ctrl-Z and `bg`."""
        try:
            return os.tcgetpgrp(self._stream.fileno()) == os.getpgrp()
        except (OSError, ValueError, AttributeError):
            return True


class _Above:
    """Where the log goes while the table is shown."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def write(self, text: str) -> None:
        if text.strip():
            self._region.print_above(text)

    def flush(self) -> None:
        """Nothing is held back."""


@contextlib.contextmanager
def _log_above(region: Region) -> Iterator[None]:
    """Have the lines of the log that go to a terminal appear above the region, from warnings on."""
    package = logging.getLogger("autoviz_render")
    changed: list[tuple[logging.StreamHandler[TextIO], TextIO, int]] = []
    for handler in package.handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream.isatty():
            changed.append((handler, handler.stream, handler.level))
            if package.level > logging.DEBUG:
                handler.setLevel(max(handler.level, logging.WARNING))
            handler.setStream(_Above(region))
    try:
        yield
    finally:
        for handler, stream, level in changed:
            handler.setStream(stream)
            handler.setLevel(level)


@contextlib.contextmanager
def _stopping_cleanly(region: Region) -> Iterator[None]:
    """Show the cursor when Ctrl-Z stops the program, and draw anew when it goes on."""
    if not hasattr(signal, "SIGTSTP") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        region.pause()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # stops here, until SIGCONT
        signal.signal(number, stop)

    before = signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
