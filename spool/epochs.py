"""The starts of a run, and what of an earlier start a later one did over."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from autoviz_render.spool.snapshot import ScalarsLine


@dataclass(frozen=True)
class Epoch:
    """One start of a run.

    Attributes:
        number: 0, and one more at each start.
        created: Seconds since 1970 (UTC).
        resumed_from: The iteration at which it took up the run; what earlier epochs published of later iterations is
            *abandoned*, as this one does it over. None: nothing is, or nothing was published yet.
    """

    number: int
    created: float
    resumed_from: int | None = None


class AbandonedRanges:
    """Tells what is abandoned.

    Args:
        epochs: Of one run, in any order.
    """

    def __init__(self, epochs: Iterable[Epoch]) -> None:
        resumed = sorted((epoch.number, epoch.resumed_from) for epoch in epochs if epoch.resumed_from is not None)
        self._numbers = [number for number, _ in resumed]
        self._lasts = [*itertools.accumulate((last for _, last in reversed(resumed)), min)][::-1]

    def __bool__(self) -> bool:
        """Whether anything can be abandoned at all."""
        return bool(self._numbers)

    def is_abandoned(self, epoch: int, iteration: int | None) -> bool:
        """Whether a later epoch did this iteration over. iteration: None is not known, and not abandoned."""
        return iteration is not None and iteration > self._last(epoch)

    def without_abandoned(self, lines: list[ScalarsLine]) -> list[ScalarsLine]:
        """The lines that are not abandoned; of very many at once, too."""
        if not self:
            return lines
        lasts = {epoch: self._last(epoch) for epoch in {each.epoch for each in lines}}
        return [each for each in lines if each.iteration <= lasts[each.epoch]]

    def _last(self, epoch: int) -> float:
        """The last iteration of an epoch that no later one did over."""
        later = bisect.bisect_right(self._numbers, epoch)
        return self._lasts[later] if later < len(self._lasts) else math.inf
