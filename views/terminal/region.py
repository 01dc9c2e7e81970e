"""Lines at the bottom of a terminal that are rewritten in place, each frame in one write.

`rich.live.Live` rewrites every line at each refresh: that wipes pictures out of terminals that hold them in cells, and
costs a slow link a whole screen a second. Here only lines that changed are written. A frame is a synchronized update
(`ESC[?2026h` ... `ESC[?2026l`), so that a terminal that knows it never shows half a frame; the others ignore it.
Source of that: https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from typing import TextIO

from autoviz_render.views.terminal.cells import cells
from autoviz_render.views.terminal.pictures.picture import Picture

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_CLEAR_LINE, _CLEAR_BELOW = "\x1b[2K", "\x1b[J"
_ESCAPES = re.compile(r"\x1b\[[0-9;:]*m")
_NO_TERMINALS = ("", "dumb", "unknown")
_PATIENCE = 1.0  # seconds


class Region:
    """Shows lines in place, and lets others print above them. Safe from any thread.

    The cursor rests at the start of the line below the region, where it does least harm to what others print.

    Args:
        stream: The terminal.
        size: Its columns and rows, now.
    """

    def __init__(self, stream: TextIO, size: Callable[[], os.terminal_size]) -> None:
        self._stream, self._size = stream, size
        self._lines: list[str] = []
        self._size_before = size()
        self._lock = threading.RLock()
        self._is_cursor_hidden = False
        self._picture: Picture | None = None  # that the terminal has

    def show(self, lines: Sequence[str], picture: Picture | None = None) -> None:
        """Show lines in place of those before.

        Args:
            lines: Each printable but for its colours, and at most as wide as the terminal; fewer than its rows.
            picture: The picture whose lines the first ones are.

        Raises:
            OSError: The terminal is gone.
        """
        with self._lock:
            size = self._size()
            lines = list(lines)[: max(1, size.lines - 1)]
            is_whole = size != self._size_before or not self._lines or _shape(picture) != _shape(self._picture)
            frame = self._whole(lines) if is_whole else self._changes(lines)
            self._write(frame + self._painted(picture, len(lines), is_wiped=is_whole))
            self._lines, self._size_before, self._picture = lines, size, picture

    def print_above(self, text: str) -> None:
        """Print a text that stays, in lines of its own, above the region. Raises OSError if the terminal is gone."""
        with self._lock:
            text = text if text.endswith("\n") else text + "\n"
            rewritten = "".join(f"{line}\n" for line in self._lines)
            picture = self._painted(self._picture, len(self._lines), is_wiped=True)
            self._write(_up(self._height()) + _CLEAR_BELOW + text + rewritten + picture)
            self._size_before = self._size()

    def leave(self, lines: Sequence[str] = (), picture: Picture | None = None) -> None:
        """Let these lines stay where the region was: what comes next is printed below them."""
        if self._lock.acquire(timeout=_PATIENCE):  # else the terminal is held, by Ctrl-S
            try:
                self._write(self._whole(lines) + self._painted(picture, len(lines), is_wiped=True), shows_cursor=True)
                self._lines, self._picture = [], None
            finally:
                self._lock.release()

    def pause(self) -> None:
        """Leave all where it is, and begin anew below with the next frame: others write on the terminal now."""
        with self._lock:
            self._write("", shows_cursor=True)
            self._lines = []

    def _height(self) -> int:
        """Rows from the region's first line to the cursor: a terminal that became narrower has folded lines."""
        size = self._size()
        rows = len(self._lines)
        if size.columns < self._size_before.columns:
            rows = sum(max(1, -(-cells(_ESCAPES.sub("", line)) // size.columns)) for line in self._lines)
        return min(rows, size.lines - 1)

    def _whole(self, lines: Sequence[str]) -> str:
        return _up(self._height()) + _CLEAR_BELOW + "".join(f"{line}\n" for line in lines)

    def _changes(self, lines: Sequence[str]) -> str:
        """What turns the lines that are there into these; nothing if they are the same."""
        if lines == self._lines:
            return ""
        text, at, before = _up(len(self._lines)), 0, self._lines
        for number, line in enumerate(lines):
            if number >= len(before) or line != before[number]:
                text += f"{_down(number - at)}\r{_CLEAR_LINE}{line}\n"
                at = number + 1
        return text + _down(len(lines) - at) + "\r" + (_CLEAR_BELOW if len(lines) < len(before) else "")

    def _painted(self, picture: Picture | None, height: int, *, is_wiped: bool) -> str:
        """What shows a picture over the first lines, if it is not there."""
        if picture is None or (picture is self._picture and not is_wiped):
            return ""
        over = picture.again if picture is self._picture else picture.over
        return f"{_up(height)}{over}{_down(height)}\r" if over else ""

    def _write(self, text: str, *, shows_cursor: bool = False) -> None:
        if shows_cursor and self._is_cursor_hidden:
            text += _SHOW_CURSOR
        elif text and not shows_cursor and not self._is_cursor_hidden:
            text = _HIDE_CURSOR + text
        if not text:
            return
        self._is_cursor_hidden = not shows_cursor
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(f"{BEGIN}{text}{END}".encode(encoding, "replace").decode(encoding))
        self._stream.flush()


def is_live_terminal(stream: TextIO) -> bool:
    """Whether lines can be rewritten in place there."""
    return stream.isatty() and os.environ.get("TERM", "") not in _NO_TERMINALS


def terminal_size(stream: TextIO) -> os.terminal_size:
    """Columns and rows of a terminal as it is now, whatever COLUMNS and LINES said when it was opened."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        size = os.terminal_size((0, 0))
    return size if size.columns > 0 and size.lines > 1 else shutil.get_terminal_size()


def _shape(picture: Picture | None) -> tuple[int, int]:
    """The cells that a picture is painted over."""
    return (picture.columns, len(picture.lines)) if picture is not None and picture.over else (0, 0)


def _up(rows: int) -> str:
    return f"\r\x1b[{rows}A" if rows > 0 else "\r"


def _down(rows: int) -> str:
    return f"\x1b[{rows}B" if rows > 0 else ""
