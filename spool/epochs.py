"""The starts of a run, and what of an earlier start a later one did over."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """One start of a run.

    number: 0, and one more at each start. created: seconds since 1970 (UTC).
    resumed_from: the iteration at which it took up the run; what earlier epochs published of later iterations is
        *abandoned*, as this one does it over. None: nothing is, or nothing was published yet.
    """

    number: int
    created: float
    resumed_from: int | None = None


class Branches:
    """Tells what is abandoned. epochs: of one run, in any order."""

    def __init__(self, epochs: Iterable[Epoch]) -> None:
        self._resumed = [(epoch.number, epoch.resumed_from) for epoch in epochs if epoch.resumed_from is not None]
        self._last: dict[int, float] = {}

    def __bool__(self) -> bool:
        """Whether anything can be abandoned at all."""
        return bool(self._resumed)

    def is_abandoned(self, epoch: int, iteration: int | None) -> bool:
        """Whether a later epoch did this iteration over. iteration: None is not known, and not abandoned."""
        if epoch not in self._last:
            self._last[epoch] = min((last for number, last in self._resumed if number > epoch), default=math.inf)
        return iteration is not None and iteration > self._last[epoch]
