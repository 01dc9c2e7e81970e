"""When something is due: after a number of evaluations or seconds, whichever comes first."""

from __future__ import annotations

import time


class Cadence:
    """Due at once, and then each time that enough has passed since `restart`.

    Args:
        every: Evaluations; None is never.
        seconds: Of wall-clock time; None is never.
    """

    def __init__(self, every: int | None, seconds: float | None) -> None:
        self._every, self._seconds = every, seconds
        self._since: tuple[int, float] | None = None

    def restart(self, evaluations: int) -> None:
        """It was done just now, at this count of evaluations."""
        self._since = (evaluations, time.monotonic())

    def recount(self, evaluations: int) -> None:
        """The count begins anew, at this number; the seconds go on."""
        if self._since is not None:
            self._since = (evaluations, self._since[1])

    def is_due(self, evaluations: int) -> bool:
        """Whether it is due at this count of evaluations."""
        if self._since is None:
            return True
        before, at = self._since
        by_count = self._every is not None and evaluations - before >= self._every
        return by_count or (self._seconds is not None and time.monotonic() - at >= self._seconds)
