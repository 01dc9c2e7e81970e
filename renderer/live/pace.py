"""How much processor time live figures may take on a busy machine: they are then drawn rarely, but each at once."""

from __future__ import annotations

import time

SHARE = 0.05
"""Of one processor, while others want it too."""

_ALLOWANCE = 2.0  # seconds of processor time that may be spent in advance: the first figures come as fast as they can
_BUSY = 0.5  # a machine is busy if a frame waited for a processor more than so many times as long as it had one


class Pace:
    """Says when the next frame may begin. On a machine with an idle processor: always now.

    share: of one processor, that frames may take on a busy machine.
    """

    def __init__(self, share: float = SHARE) -> None:
        self._share = share
        self._credit = _ALLOWANCE
        self._at = time.monotonic()

    def add(self, used: float, waited: float) -> None:
        """A frame was drawn. used, waited: seconds that it had a processor, and wanted one; both 0 tell nothing."""
        if used == waited == 0:
            return
        if waited > _BUSY * used:
            self._credit = self._now() - used
        else:
            self._credit = _ALLOWANCE  # nobody else wanted what it took
        self._at = time.monotonic()

    def delay(self) -> float:
        """Seconds until the next frame may begin; 0 if it may now."""
        return max(0.0, -self._now() / self._share)

    def _now(self) -> float:
        return min(_ALLOWANCE, self._credit + self._share * (time.monotonic() - self._at))
