"""What an estimate of a run's end reads: a few of its quick updates, evenly taken, in a few kilobytes."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator

from autoviz_render.figures.estimate import Estimate, estimate, is_read
from autoviz_render.spool.scalars import parse_line
from autoviz_render.spool.snapshot import ScalarsLine

_MOST = 128  # quick updates, of which every second is dropped when there are as many
_MOST_NAMES = 24
_MARKS = (b'_target": ', b'_limit": ')  # of a line that tells what the sampler stops by
_NEWS = 0.02  # of the time so far, after which it is estimated anew


class ThinnedLines:
    """Quick updates of one run, of which many have gone by: every second, fourth, ... of those that tell of an end."""

    def __init__(self) -> None:
        self._count, self._stride = 0, 1
        self._parameters = 0
        self._names: list[str] = []
        self._columns = [array("d") for _ in range(5)]  # epoch, sequence, iteration, time, log likelihood
        self._estimate: tuple[ScalarsLine, Estimate | None] | None = None
        self._began = math.inf

    def take(self, text: bytes) -> None:
        """A line of the file; only one in some is read."""
        if not any(mark in text for mark in _MARKS):
            return
        self._count += 1
        if (self._count - 1) % self._stride == 0 and (line := parse_line(text, {})) is not None:
            self._append(line)
            if len(self._columns[0]) >= _MOST:
                self._columns = [column[::2] for column in self._columns]
                self._stride *= 2

    def end(self, newest: ScalarsLine) -> tuple[ScalarsLine, Estimate] | None:
        """The newest estimate, and the quick update that it is of."""
        if not self._count:
            return None
        before = self._estimate
        if before is None or not 0 <= newest.time - before[0].time < _NEWS * (newest.time - self._began):
            kept = [line for line in self._lines() if line.key < newest.key]
            before = self._estimate = newest, estimate([*kept, newest])
        of, told = before
        return None if told is None else (of, told)

    def _append(self, line: ScalarsLine) -> None:
        self._parameters = len(line.parameters)
        self._began = min(self._began, line.time)
        for name in line.scalars:
            if name not in self._names and is_read(name) and len(self._names) < _MOST_NAMES:
                self._names.append(name)
                self._columns.append(array("d", [math.nan]) * len(self._columns[0]))
        numbers = (line.scalars.get(name, math.nan) for name in self._names)
        row = (line.epoch, line.sequence, line.iteration, line.time, line.log_likelihood, *numbers)
        for column, value in zip(self._columns, row, strict=True):
            column.append(value)

    def _lines(self) -> Iterator[ScalarsLine]:
        parameters = {str(number): math.nan for number in range(self._parameters)}
        for epoch, sequence, iteration, time, log_likelihood, *values in zip(*self._columns, strict=True):
            scalars = {name: value for name, value in zip(self._names, values, strict=True) if not math.isnan(value)}
            key = int(epoch), int(sequence), int(iteration)
            yield ScalarsLine(*key, time, log_likelihood, parameters, scalars)
