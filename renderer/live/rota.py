"""Visits in turn, within a share of the time: what nobody tells of is looked at all the same, however much there is."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

_LONGEST = 0.02  # seconds in a row: somebody may wait for what comes next


class Rota:
    """Visits its members in turn.

    Args:
        share: Of the time, that may be spent at them.
        clock: Which time, in seconds: of the wall, or of a processor.
    """

    def __init__(self, share: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._share, self._clock = share, clock
        self._visited: OrderedDict[Path, float] = OrderedDict()
        self._not_before = 0.0

    def __len__(self) -> int:
        return len(self._visited)

    def add(self, member: Path) -> None:
        """Visit another one from now on; its first turn comes last."""
        self._visited.setdefault(member, time.monotonic())

    def discard(self, member: Path) -> None:
        """Visit one no more."""
        self._visited.pop(member, None)

    def visits(self, every: float) -> Iterator[Path]:
        """Those whose turn it is now; what the caller does with each counts as spent on it.

        Args:
            every: Seconds after which one is due again, at the earliest.
        """
        if time.monotonic() < self._not_before:
            return
        began = self._clock()
        while (now := time.monotonic()) >= self._first() + every and self._clock() - began < _LONGEST:
            member = next(iter(self._visited))
            self._visited[member] = now
            self._visited.move_to_end(member)
            yield member
        self._not_before = time.monotonic() + (self._clock() - began) / self._share

    def _first(self) -> float:
        """When the first of all was visited last."""
        return next(iter(self._visited.values()), math.inf)
