"""The log of each run, in a process that draws several."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.safe_read import append_plain

LOG_OF_RUN = "AUTOVIZ_RENDER_LOG"
"""The environment variable that, if it is `run`, has a worker write to the log of the run that it draws."""


class RunLogs(logging.Handler):
    """Writes what is said of a run to its `renderer.log`, and what is said of none to all of them.

    Args:
        spools: The spools that are drawn.
    """

    def __init__(self, spools: Callable[[], Iterable[Path]]) -> None:
        super().__init__()
        self._spools = spools

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line, spools = self.format(record), list(self._spools())
            told = record.getMessage()
            named = [spool for spool in spools if str(spool.parent) in told]
            for spool in [max(named, key=lambda each: len(str(each)))] if named else spools:
                _append(spool / "renderer.log", line)
        except Exception:  # noqa: BLE001  as every handler does
            self.handleError(record)


def _append(path: Path, line: str) -> None:
    try:
        with append_plain(path) as file:
            file.write((line + "\n").encode(errors="backslashreplace"))
    except (OSError, SpoolError):  # a full or read-only disk: better a silent renderer than none
        pass


def descriptor_of_log(path: Path) -> int:
    """A new descriptor of a log to append to; of nothing, if it cannot be written or is a planted pipe."""
    try:
        with append_plain(path) as file:
            return os.dup(file.fileno())
    except (OSError, SpoolError):
        return os.open(os.devnull, os.O_WRONLY)
