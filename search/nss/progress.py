"""The line that says how far a search is: rewritten in place on a terminal, logged now and then elsewhere."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from collections.abc import Mapping
from typing import TextIO

log = logging.getLogger("autoviz_render.search")

_SECONDS_BETWEEN_LINES = 30.0
_SECONDS_BETWEEN_REWRITES = 0.2


LINE = (
    "{evaluations:,} evaluations | log Z {log_evidence:.2f} | remaining {remaining:.3g} | "
    "ESS {effective_sample_size:.0f} | {rate:,.0f}/s"
)


class ProgressLine:
    """Shows the numbers of a run on standard error, as often as is good for the eye. A context manager."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._pause = _SECONDS_BETWEEN_REWRITES if self._is_terminal else _SECONDS_BETWEEN_LINES
        self._next = 0.0
        self._last: Mapping[str, float] | None = None

    def show(self, numbers: Mapping[str, float]) -> None:
        """Show the numbers of `NestedRun.numbers`, unless that was done a moment ago."""
        self._last = numbers
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._pause
            self._write(numbers)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last is not None:
            self._write(self._last)
        if self._is_terminal:
            self._stream.write("\n")

    def _write(self, numbers: Mapping[str, float]) -> None:
        line = LINE.format(**numbers)
        if self._is_terminal:
            columns = shutil.get_terminal_size().columns - 1  # a line that wraps could not be written over
            self._stream.write(f"\r\x1b[K{line[:columns]}")
            self._stream.flush()
        else:
            log.info("%s", line)
