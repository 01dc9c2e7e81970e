"""The quick updates of a run as columns: what it did so far, without its pauses and what it did over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autoviz_render.spool.arrays import Floats, Mask
from autoviz_render.spool.snapshot import ScalarsLine

_SLOWEST = 10.0
"""An interval in which the count takes so many times as long as in nine of ten others is a pause: a suspended job, a
stopped machine, a compilation."""
_MOST = 256  # quick updates, or up to twice as many
_SHORTEST_PAUSE = 5.0  # seconds: a shorter one is none


@dataclass(frozen=True, eq=False)
class Record:
    """The quick updates of a run that count, array[update] each.

    Attributes:
        lines: Those quick updates.
        count: The sampler's own, which never falls.
        seconds: That it ran until then.
    """

    lines: Sequence[ScalarsLine]
    count: Floats
    seconds: Floats

    def scalar(self, name: str) -> Floats:
        """A scalar, NaN where there is none; `count` is the sampler's own count."""
        if name == "count":
            return self.count
        values = (line.scalars.get(name, np.nan) for line in self.lines)
        return np.fromiter(values, np.float64, len(self.lines))

    def newest(self, name: str) -> float:
        """The last value of a scalar; NaN if it is not finite, or not there."""
        value = self.count[-1] if name == "count" else self.lines[-1].scalars.get(name, np.nan)
        return float(value) if np.isfinite(value) else np.nan


def _thinned(lines: Sequence[ScalarsLine]) -> Sequence[ScalarsLine]:
    """Some of very many, evenly taken, the newest among them."""
    stride = max(1, len(lines) // _MOST)
    return lines[(len(lines) - 1) % stride :: stride]


def record_of(lines: Sequence[ScalarsLine]) -> Record | None:
    """The record of quick updates in the order of publishing; None of fewer than two.

    What a later start did over is left out, and so are the pauses between two starts.
    """
    kept: list[ScalarsLine] = []
    for line in _thinned(lines):
        if kept and line.epoch != kept[-1].epoch:
            while kept and kept[-1].iteration > line.iteration:
                kept.pop()
        kept.append(line)
    if len(kept) < 2:
        return None
    count = np.maximum.accumulate(np.array([line.iteration for line in kept], dtype=np.float64))
    passed = np.diff(np.array([line.time for line in kept], dtype=np.float64))
    passed = np.where(np.isfinite(passed) & (passed > 0), passed, 0.0)  # a clock may be set back
    is_start: Mask = np.diff([line.epoch for line in kept]) != 0
    gained = np.diff(count)
    return Record(kept, count, np.concatenate([[0.0], np.cumsum(_running(passed, gained, is_start))]))


def _running(passed: Floats, gained: Floats, is_start: Mask) -> Floats:
    """The seconds of each interval in which the sampler ran."""
    is_usual = ~is_start & (gained > 0) & (passed > 0)
    if not is_usual.any():
        return np.where(is_start, 0.0, passed)
    pace = passed[is_usual] / gained[is_usual]
    usual = float(np.median(pace))
    most = max(_SLOWEST * float(np.quantile(pace, 0.9)), usual)
    limit = np.maximum(gained * most, _SHORTEST_PAUSE)
    running = np.where(passed > limit, gained * usual, passed)
    return np.where(is_start, np.minimum(gained * usual, passed), running)
