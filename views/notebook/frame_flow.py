"""When the next frame may go to a browser, so that none waits in a queue on the way.

A frame is sent when the one before was acknowledged, and then the newest: jupyter_rfb's rule. But a kernel that is busy
with a cell hears no acknowledgement before the cell ends (ipykernel 6), and a browser that is gone sends none. So after
some time the newest is sent without, each time later than before: what a server keeps for a browser that is gone stays
little.

Source: https://jupyter-rfb.readthedocs.io, "Performance tips": the throttling of frames by the feedback of the client.
"""

from __future__ import annotations

FIRST_PATIENCE = 1.0
"""Seconds after which a frame is sent though the one before was not acknowledged."""

LONGEST_PATIENCE = 30.0
"""Seconds, as the time above doubles: the usual time between two quick updates."""


class FrameFlow:
    """Decides from what was sent and acknowledged. Moments are of the monotonic clock.

    Attributes:
        number: Of the frame that was sent last, from 1 on.
        unanswered: Frames sent since the last acknowledgement.
    """

    def __init__(self) -> None:
        self.number = 0
        self.unanswered = 0
        self._sent_at = 0.0
        self._slowest = 0.0

    def next_at(self) -> float:
        """The moment from which the next frame may be sent; 0 if at once."""
        if not self.unanswered:
            return 0.0
        patience = FIRST_PATIENCE * float(2 ** min(self.unanswered - 1, 10))
        return self._sent_at + max(min(patience, LONGEST_PATIENCE), 2 * self._slowest)

    def sent(self, now: float) -> int:
        """Take note that a frame is sent.

        Returns:
            The number that its acknowledgement will bear.
        """
        self.number += 1
        self.unanswered += 1
        self._sent_at = now
        return self.number

    def acknowledged(self, number: object, now: float) -> None:
        """Take note that a frame arrived; an earlier one than the last tells nothing."""
        if number == self.number and self.unanswered:
            self._slowest = min(now - self._sent_at, LONGEST_PATIENCE) if self.unanswered == 1 else self._slowest / 2
            self.unanswered = 0
