"""The line that says how far a search is: rewritten in place on a terminal, logged now and then elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TextIO

from autoviz_render.spool.system.progress_line import ProgressLine

log = logging.getLogger("autoviz_render.search")

LINE = (
    "{evaluations:,} evaluations | log Z {log_evidence:.2f} | remaining {remaining:.3g} | "
    "ESS {effective_sample_size:.0f} | {rate:,.0f}/s"
)


class SearchProgress:
    """Shows the numbers of a run on standard error, the first and the last ones at once. A context manager."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._line = ProgressLine(log, stream)
        self._last = ""

    def show(self, numbers: Mapping[str, float]) -> None:
        """Show the numbers of `NestedRun.numbers`, unless that was done a moment ago."""
        is_first = not self._last
        self._last = LINE.format(**numbers)
        self._line.show(self._last, at_once=is_first)

    def __enter__(self) -> SearchProgress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last:
            self._line.show(self._last, at_once=True)
        self._line.leave()
