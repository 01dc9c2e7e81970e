"""The line that says how far a search is: rewritten in place on a terminal, logged now and then elsewhere."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from dataclasses import dataclass
from typing import TextIO

log = logging.getLogger("autoviz_render.search")

_SECONDS_BETWEEN_LINES = 30.0
_SECONDS_BETWEEN_REWRITES = 0.2


@dataclass(frozen=True)
class Standing:
    """How far a nested sampling run is.

    log_evidence, remaining: of the dead points, and what the live ones would add, in nats.
    rate: evaluations a second.
    """

    evaluations: int
    log_evidence: float
    remaining: float
    effective_sample_size: float
    rate: float

    def __str__(self) -> str:
        return (
            f"{self.evaluations:,} evaluations | log Z {self.log_evidence:.2f} | "
            f"remaining {self.remaining:.3g} | ESS {self.effective_sample_size:.0f} | {self.rate:,.0f}/s"
        )


class Progress:
    """Shows a run's standing on standard error, as often as is good for the eye. A context manager."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._pause = _SECONDS_BETWEEN_REWRITES if self._is_terminal else _SECONDS_BETWEEN_LINES
        self._next = 0.0
        self._last: Standing | None = None

    def show(self, standing: Standing) -> None:
        self._last = standing
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._pause
            self._write(standing)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last is not None:
            self._write(self._last)
        if self._is_terminal:
            self._stream.write("\n")

    def _write(self, standing: Standing) -> None:
        if self._is_terminal:
            columns = shutil.get_terminal_size().columns - 1  # a line that wraps could not be written over
            self._stream.write(f"\r\x1b[K{str(standing)[:columns]}")
            self._stream.flush()
        else:
            log.info("%s", standing)
