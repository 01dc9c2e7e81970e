"""How much processor time live figures may take on a busy machine: they are then drawn rarely, but each at once."""

from __future__ import annotations

import time

SHARE = 0.05
"""Of one processor, while others want it too."""

UNBOUNDED = 1e9
"""Of one processor: more than there are."""

_ALLOWANCE = 2.0  # seconds of processor time that may be spent in advance: the first figures come as fast as they can
_BUSY = 0.5  # a machine is busy if a frame waited for a processor longer than this times the time that it had one


class Pace:
    """Says when the next frame may begin. On a machine with an idle processor: always now.

    Args:
        share: Of one processor, that frames may take on a busy machine.
    """

    def __init__(self, share: float = SHARE) -> None:
        self._share = share
        self._credit = _ALLOWANCE
        self._at = time.monotonic()

    def add(self, used: float, waited: float) -> None:
        """A frame was drawn.

        Args:
            used: Seconds that it had a processor.
            waited: Seconds that it wanted one in vain; both 0 tell nothing.
        """
        if used == waited == 0:
            return
        now = time.monotonic()
        if waited > _BUSY * used:
            self._credit = min(_ALLOWANCE, self._credit + self._share * (now - self._at)) - used
        else:
            self._credit = _ALLOWANCE  # nobody else wanted what it took
        self._at = now

    def hurry(self) -> None:
        """Hold back no more frames."""
        self._share = UNBOUNDED

    def delay(self) -> float:
        """Seconds until the next frame may begin; 0 if it may now."""
        return max(0.0, self._at - self._credit / self._share - time.monotonic())
