"""The numbers of a run's quick updates: the newest, how fast they come, and their curves, as far as a view needs them.

A run may have a hundred thousand updates, and a path ten thousand runs: of each line its first fields are read once,
and little is kept.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from autoviz_render.figures.estimate import Estimate
from autoviz_render.spool.epochs import AbandonedRanges, Epoch
from autoviz_render.spool.scalars import GrowingLines, LineHead, line_head, parse_line
from autoviz_render.spool.snapshot import ScalarsLine, UpdateKey
from autoviz_render.views.model.run_view import Curves
from autoviz_render.views.model.thinned_lines import ThinnedLines

_LATELY = 16  # updates, of which the rate and the interval are
_FEWEST = 2  # intervals that tell what is usual
_MOST_POINTS = 2048  # of a curve: more than a screen has columns
_MOST_CURVES = 200
_SPACING = 300.0  # seconds between two updates that are kept
_MOST_SPARSE = 48
_LIKELIHOOD = "log_likelihood"


@dataclass(frozen=True)
class Tempo:
    """How fast quick updates come, lately.

    Attributes:
        rate: Iterations a second; None if that cannot be told.
        interval: The usual seconds between two of them; None if that cannot be told.
        longest: The most seconds that there were between two of them.
    """

    rate: float | None = None
    interval: float | None = None
    longest: float = 0.0


def tempo(updates: Sequence[LineHead]) -> Tempo:
    """How fast the last ones of some quick updates came, those of the newest epoch; a clock may have stepped meanwhile.

    Args:
        updates: In the order of publishing.
    """
    lately = [each for each in updates if each.epoch == updates[-1].epoch]
    pairs = [(one, next_) for one, next_ in pairwise(lately) if next_.time > one.time]
    if not pairs:
        return Tempo()
    seconds = [next_.time - one.time for one, next_ in pairs]
    counted = [next_.iteration - one.iteration for one, next_ in pairs]
    rate = sum(counted) / sum(seconds) if min(counted) >= 0 else None
    return Tempo(rate, sorted(seconds)[len(seconds) // 2] if len(seconds) >= _FEWEST else None, max(seconds))


class Course:
    """What there is to tell of all quick updates of a run in a few numbers, each line read once.

    Args:
        path: Of the `scalars.jsonl`.

    Attributes:
        last: The newest that counts; None if there is none.
        best: The highest log likelihood; NaN if there is none.
        abandoned: The quick updates that a later epoch did over.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.last: ScalarsLine | None = None
        self.best = math.nan
        self.abandoned: set[UpdateKey] = set()
        self._recent: deque[LineHead] = deque(maxlen=_LATELY + 1)
        self._thinned = ThinnedLines()
        self._sparse: list[ScalarsLine] = []
        self._spacing = _SPACING
        self._begin(())

    def read(self, epochs: tuple[Epoch, ...], *, goes_on: bool = True) -> None:
        """Read on.

        Args:
            epochs: Of the run, by which what was done over does not count.
            goes_on: Whether the run does: of another nobody asks when it will be done.

        Raises:
            OSError, UnreadableError: The file is at fault.
        """
        if epochs != self._epochs:
            self._begin(epochs)
        newest = None
        for text in self._file.new():
            if (head := line_head(text)) is None:
                continue
            if self._ranges.is_abandoned(head.epoch, head.iteration):
                self.abandoned.add(head[:2])
                continue
            newest = text
            self._recent.append(head)
            if goes_on:
                self._thinned.take(text)
                if not self._sparse or head.time - self._sparse[-1].time >= self._spacing:
                    self._keep(text)
            if not head.log_likelihood <= self.best and not math.isnan(head.log_likelihood):
                self.best = head.log_likelihood
        if newest is not None:
            self.last = parse_line(newest, {})

    def sparse(self) -> list[ScalarsLine]:
        """Some of the updates, evenly over the time, and the newest: minutes apart, without parameters."""
        return [*self._sparse, self.last] if self.last is not None else []

    def _keep(self, text: bytes) -> None:
        line = parse_line(text, {})
        if line is None:
            return
        self._sparse.append(replace(line, parameters={}))
        if len(self._sparse) > _MOST_SPARSE:
            self._sparse, self._spacing = self._sparse[::2], 2 * self._spacing

    def time_of(self, step: int) -> float | None:
        """When one of the last ones was published; None if it is none of them."""
        return next((each.time for each in reversed(self._recent) if each.sequence == step), None)

    def tempo(self) -> Tempo:
        """How fast they come."""
        return tempo([*self._recent])

    def end(self) -> tuple[ScalarsLine, Estimate] | None:
        """When the run will be done, as of a quick update; None if that cannot be told.

        It is worked out again when there are some hundredths more of it: to do so takes a millisecond or two.
        """
        return None if self.last is None else self._thinned.end(self.last)

    def _begin(self, epochs: tuple[Epoch, ...]) -> None:
        self._epochs = epochs
        self._ranges = AbandonedRanges(epochs)
        self._file = GrowingLines(self._path, self._start_over)

    def _start_over(self) -> None:
        self.last = None
        self.best = math.nan
        self.abandoned.clear()
        self._recent.clear()
        self._thinned = ThinnedLines()
        self._sparse, self._spacing = [], _SPACING


class CurveReader:
    """Reads the curves of a run, of which each line is read once; of many, every second, fourth ... is kept.

    Args:
        path: Of the `scalars.jsonl`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count, self._stride = 0, 1
        self._pending: bytes | None = None
        self._names: list[str] = []
        self._columns = [array("d") for _ in range(3)]
        self._begin(())

    def read(self, epochs: tuple[Epoch, ...]) -> Curves:
        """The curves so far, the newest update in them.

        Args:
            epochs: Of the run, by which what was done over does not count.

        Raises:
            OSError, UnreadableError: The file is at fault.
        """
        if epochs != self._epochs:
            self._begin(epochs)
        for text in self._file.new():
            self._take(text)
        newest = None if self._pending is None else parse_line(self._pending, {})
        if newest is not None:
            self._append(newest)
        steps, iterations, times, *values = self._columns
        named = {name: [*column] for name, column in zip(self._names, values, strict=True)}
        curves = Curves([*map(int, steps)], [*map(int, iterations)], [*times], named)
        if newest is not None:  # it is among them only as long as it is the newest
            for column in self._columns:
                column.pop()
        return curves

    def _take(self, text: bytes) -> None:
        head = line_head(text)
        if head is None or self._ranges.is_abandoned(head.epoch, head.iteration):
            return
        self._count += 1
        self._pending = text
        if (self._count - 1) % self._stride == 0 and (line := parse_line(text, {})) is not None:
            self._append(line)
            self._pending = None
            if len(self._columns[0]) >= 2 * _MOST_POINTS:
                self._columns = [column[::2] for column in self._columns]
                self._stride *= 2

    def _append(self, line: ScalarsLine) -> None:
        numbers = {_LIKELIHOOD: line.log_likelihood, **line.scalars}
        for name in [name for name in numbers if name not in self._names][: _MOST_CURVES - len(self._names)]:
            self._names.append(name)
            self._columns.append(array("d", [math.nan]) * len(self._columns[0]))
        row = (line.sequence, line.iteration, line.time, *(numbers.get(name, math.nan) for name in self._names))
        for column, value in zip(self._columns, row, strict=True):
            column.append(value)

    def _begin(self, epochs: tuple[Epoch, ...]) -> None:
        self._epochs = epochs
        self._ranges = AbandonedRanges(epochs)
        self._file = GrowingLines(self._path, self._start_over)

    def _start_over(self) -> None:
        self._count, self._stride, self._pending = 0, 1, None
        self._names, self._columns = [], [array("d") for _ in range(3)]
