"""How far long work is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from types import TracebackType

log = logging.getLogger("autoviz_render.cli")

_LINE_EVERY = 30.0  # seconds, where nobody looks at a terminal
_BAR_EVERY = 0.1


class Progress:
    """Shows so many of a total on standard error, and how long the rest will take. A context manager.

    what: is counted, "figures" say.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._is_bar = sys.stderr.isatty() and log.isEnabledFor(logging.INFO)
        self._began = self._shown = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Make room for a line of something else."""
        if self._is_bar:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._shown < (_BAR_EVERY if self._is_bar else _LINE_EVERY) and done < total:
            return
        self._shown = now
        left = (now - self._began) / max(done, 1) * (total - done)
        text = f"{done} of {total} {self._what}, {_duration(left)} left"
        if self._is_bar:
            width = max(0, min(40, shutil.get_terminal_size().columns - len(text) - 4))
            filled = width * done // max(total, 1)
            sys.stderr.write(f"\r\x1b[K[{'#' * filled}{'.' * (width - filled)}] {text}")
            sys.stderr.flush()
        elif done < total:
            log.info("%s", text)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
