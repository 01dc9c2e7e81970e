"""A line that says how far long work is: rewritten in place on a terminal, logged now and then elsewhere."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from typing import TextIO

SECONDS_BETWEEN_LINES = 30.0
SECONDS_BETWEEN_REWRITES = 0.1


class ProgressLine:
    """Shows texts on standard error, as often as is good for the eye.

    Args:
        log: Where they go, as INFO, if nobody looks at a terminal.
        stream: Where they go otherwise; None is standard error.
    """

    def __init__(self, log: logging.Logger, stream: TextIO | None = None) -> None:
        self._log, self._stream = log, stream or sys.stderr
        self.is_terminal = self._stream.isatty()
        self._is_written = False
        self._pause = SECONDS_BETWEEN_REWRITES if self.is_terminal else SECONDS_BETWEEN_LINES
        self._shown = time.monotonic()

    @property
    def columns(self) -> int:
        """How many characters fit: a line that wraps could not be written over."""
        return shutil.get_terminal_size().columns - 1

    @property
    def is_shown(self) -> bool:
        """Whether the line stands on the terminal."""
        return self._is_written

    @property
    def is_due(self) -> bool:
        """Whether it is time for a text."""
        return time.monotonic() - self._shown >= self._pause

    def show(self, text: str, *, at_once: bool = False, is_fitted: bool = False) -> None:
        """Show a text, if it is time for one or has to be at once.

        Args:
            text: In one line.
            at_once: Whether it has to be shown in any case.
            is_fitted: Whether it has colours and fits as it is.
        """
        if not (at_once or self.is_due):
            return
        self._shown = time.monotonic()
        if self.is_terminal:
            self._write(text if is_fitted else text[: self.columns])
        else:
            self._log.info("%s", text)

    def clear(self) -> None:
        """Make room for a line of something else."""
        if self._is_written:
            self._write("")

    def leave(self) -> None:
        """Leave the text where it is: whatever comes next begins a line of its own."""
        if self._is_written:
            self._stream.write("\n")
            self._is_written = False

    def _write(self, text: str) -> None:
        self._is_written = bool(text)
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()
