"""Whether the process of a renderer is alive, late or hung, as far as its heartbeat tells."""

from __future__ import annotations

import time

from autoviz_render.renderer.heartbeat import Heartbeat
from autoviz_render.renderer.work.resources import processor_wait

LOOK_EVERY = 1.0
"""Seconds between two looks at a child that is late."""

_START_TIMEOUT = 120.0  # seconds for a child to import, lock and beat, on a busy machine and a slow disk
_SILENCE = 10.0  # seconds of watching a child that is late, before it counts as hung
_HEALTHY_AFTER = 300.0  # seconds


class Liveness:
    """What is known of the life of one child, from its start.

    A late child is watched for some seconds of this process's own time before it counts as hung: both may have been
    suspended, and a busy machine may have let neither run.

    Args:
        pid: Of the child.

    Attributes:
        pid: Of the child, which may become known later; 0 until then.
        has_beaten: Whether it ever showed a sign of life.
        is_late: Whether its next sign of life is overdue.
        is_healthy: Whether it has been at work for minutes.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._started = self._looked = time.monotonic()
        self._heard = 0.0  # the clock of its newest beat
        self._silent = 0.0  # seconds for which it was watched, as it was late
        self._waited = processor_wait(pid)  # when that began
        self.is_late = False
        self.is_healthy = False

    @property
    def has_beaten(self) -> bool:
        return self._heard > 0

    def is_of_child(self, beat: Heartbeat | None) -> bool:
        """Whether a beat is the child's, and not that of another renderer or an earlier one."""
        return beat is not None and beat.pid == self.pid and beat.is_of_this_machine()

    def judge(self, beat: Heartbeat | None) -> str | None:
        """Judge a child that runs.

        Args:
            beat: Its newest beat, if there is one.

        Returns:
            Why it counts as hung; None if it does not.
        """
        now = time.monotonic()
        since_last_look, self._looked = now - self._looked, now
        was_late = self.is_late
        if beat is None:
            self.is_late = now > self._started + _START_TIMEOUT
        else:
            was_late = was_late and beat.clock == self._heard
            self._heard = beat.clock
            self.is_late = beat.is_late()
        self.is_healthy = beat is not None and not self.is_late and now - self._started > _HEALTHY_AFTER
        if not self.is_late:
            return None
        if not was_late:
            self._silent, self._waited = 0.0, processor_wait(self.pid)
            return None
        self._silent += min(since_last_look, 2 * LOOK_EVERY)
        if self._silent < _SILENCE:
            return None
        if is_starved(self.pid, self._waited, self._silent):
            self.is_late = False  # the machine is at fault: another child would fare no better
            return None
        return f"hangs: no sign of life for {now - self._heard:.0f} s" if self.has_beaten else "hangs at its start"


def is_starved(pid: int, waited_before: float | None, seconds: float) -> bool:
    """Whether a process wanted a processor and got none for most of the last seconds, as far as the system tells.

    Args:
        pid: Of the process.
        waited_before: What `processor_wait` said before these seconds.
        seconds: How many.
    """
    waited = processor_wait(pid)
    return waited is not None and waited_before is not None and waited - waited_before > 0.5 * seconds
