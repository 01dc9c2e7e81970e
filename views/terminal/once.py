"""`--status` on a terminal: what the live table shows, once, of all runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.terminal.columns import problem_of
from autoviz_render.views.terminal.order import Screenful, totals_of
from autoviz_render.views.terminal.region import terminal_size
from autoviz_render.views.terminal.screen import console_of, lines_of, rendered

_FEW = 100  # runs, below each of which stands what found no room in the columns
_ROWS_A_RUN = 3  # of these, with what is wrong
_ROWS_AROUND = 50  # a title and a head, or the card of one run


def table_once(runs: Sequence[RunView], path: Path, now: float, stream: TextIO | None = None) -> list[str]:
    """The lines of a table of runs, or of the card of a single one, with the colours that the terminal knows.

    Args:
        runs: In the order in which they are shown; the key of each is how it is named.
        path: That they are below.
        now: In seconds since 1970.
        stream: The terminal; None is standard output.
    """
    stream = stream or sys.stdout
    width = terminal_size(stream).columns
    screen = Screenful(path, now, runs, totals_of(runs))
    if len(runs) <= _FEW:
        rows = _ROWS_AROUND + _ROWS_A_RUN * len(runs)
    else:
        rows = 2 + len(runs) + sum(1 for run in runs if problem_of(run))
    lines, _ = lines_of(screen, width, rows)
    return rendered(lines, console_of(stream))
