"""How far long work is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import time

from autoviz_render.spool.system.progress_line import ProgressLine
from autoviz_render.views.terminal.numbers import duration, rate

log = logging.getLogger("autoviz_render.cli")

_WIDEST_BAR = 40  # characters
_LEAST_TIME = 1.0  # seconds, before which a rate says little


class Progress:
    """Shows how many of a total are done, and how long the rest will take. A context manager.

    Args:
        what: Is counted, "figures" for example.
    """

    def __init__(self, what: str) -> None:
        self._what, self._line, self._began = what, ProgressLine(log), time.monotonic()
        self._was_shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Make room for a line of something else, after which it is shown again."""
        self._was_shown = self._was_shown or self._line.is_shown
        self._line.clear()

    def show(self, done: int, total: int) -> None:
        """Tell how many are done, and of how many."""
        if not log.isEnabledFor(logging.INFO):
            return
        took = time.monotonic() - self._began
        left = f"{duration(took / max(done, 1) * (total - done))} left"
        if not self._line.is_terminal:
            if done < total:
                self._line.show(f"{done} of {total} {self._what}, {left}")
        elif done >= total or self._was_shown or self._line.is_due:
            pace = f"{rate(done / took)}, " if done and took >= _LEAST_TIME else ""
            self._line.show(
                self._bar(done, total, f" {done:,} of {total:,} {self._what}, {pace}{left}"),
                at_once=True,
                is_fitted=True,
            )
            self._was_shown = False

    def _bar(self, done: int, total: int, text: str) -> str:
        """A bar and a text, in the width that there is, with the colours that the terminal knows."""
        from rich.console import Console
        from rich.progress_bar import ProgressBar

        columns = self._line.columns
        width = max(0, min(_WIDEST_BAR, columns - len(text)))
        console = Console(file=sys.stderr, force_terminal=True, width=max(1, width))
        bar = ProgressBar(
            max(total, 1), done, width, style="bright_black", complete_style="none", finished_style="none"
        )
        with console.capture() as drawn:
            console.print(bar if width else "", end="")
        return drawn.get().rstrip("\n") + text[: columns - width]
