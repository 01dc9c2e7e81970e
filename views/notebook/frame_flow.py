"""When the next frame may go to a browser, so that none waits in a queue on the way.

A frame is sent when the one before was acknowledged, and then the newest: jupyter_rfb's rule. But a kernel that is busy
with a cell hears no acknowledgement before the cell ends, and a browser that is gone sends none. So after a while the
newest is sent without: as long as a slow link would take, and, once much is on its way, ever more rarely. What a server
keeps for a browser that is gone stays little.

Source: https://jupyter-rfb.readthedocs.io, "Performance tips": the throttling of frames by the feedback of the client.
"""

from __future__ import annotations

from collections import deque

FIRST_PATIENCE = 1.0
"""Seconds after which a frame is sent though the one before was not acknowledged, if no link was measured yet."""

LONGEST_PATIENCE = 30.0
"""Seconds, of a browser that is perhaps gone: the usual time between two quick updates."""

MOST_ON_THE_WAY = 32 << 20
"""Bytes that are sent without acknowledgement before the pauses grow."""

_LEAST_PATIENCE = 0.25
_TIMES = 4  # the time that a link took
_MEASURED = 8  # acknowledgements: that of a kernel that was busy says nothing of the link, so the fastest counts


class FrameFlow:
    """Decides from what was sent and acknowledged. Moments are of the monotonic clock.

    Attributes:
        number: Of the frame that was sent last, from 1 on.
    """

    def __init__(self) -> None:
        self.number = 0
        self._on_the_way: dict[int, tuple[float, int]] = {}  # when each was sent, and its bytes
        self._sent_at = 0.0
        self._took: deque[float] = deque(maxlen=_MEASURED)
        self._beyond = 0

    @property
    def unanswered(self) -> int:
        """Frames that were sent since the last one that was acknowledged."""
        return len(self._on_the_way)

    def next_at(self) -> float:
        """The moment from which the next frame may be sent; 0 if at once."""
        if not self._on_the_way:
            return 0.0
        patience = max(_LEAST_PATIENCE, _TIMES * min(self._took)) if self._took else FIRST_PATIENCE
        return self._sent_at + min(patience * 2.0 ** min(self._beyond, 10), LONGEST_PATIENCE)

    def sent(self, now: float, size: int) -> int:
        """Take note that a frame of so many bytes is sent.

        Returns:
            The number that its acknowledgement will bear.
        """
        self.number += 1
        self._on_the_way[self.number] = (now, size)
        self._sent_at = now
        if sum(each for _, each in self._on_the_way.values()) > MOST_ON_THE_WAY:
            self._beyond += 1
        return self.number

    def acknowledged(self, number: object, now: float) -> None:
        """Take note that a frame arrived, and with it those before."""
        if not isinstance(number, int) or number not in self._on_the_way:
            return
        self._took.append(now - self._on_the_way[number][0])
        self._on_the_way = {each: sent for each, sent in self._on_the_way.items() if each > number}
        self._beyond = 0
