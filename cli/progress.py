"""How far long work is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import time

from autoviz_render.spool.system.progress_line import ProgressLine

log = logging.getLogger("autoviz_render.cli")

_WIDEST_BAR = 40  # characters


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
        left = (time.monotonic() - self._began) / max(done, 1) * (total - done)
        text = f"{done} of {total} {self._what}, {_duration(left)} left"
        if self._line.is_terminal:
            width = max(0, min(_WIDEST_BAR, self._line.columns - len(text) - 3))
            bar = "#" * (width * done // max(total, 1))
            self._line.show(f"[{bar:.<{width}}] {text}", at_once=done >= total or self._was_shown)
            self._was_shown = False
        elif done < total:
            self._line.show(text)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
