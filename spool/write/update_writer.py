"""What a publisher's thread does: it makes lines of scalars and snapshots of the quick updates handed over to it."""

from __future__ import annotations

import itertools
import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.format.manifest import checked_entry
from autoviz_render.spool.format.names import Names, check_name
from autoviz_render.spool.guard import Guard
from autoviz_render.spool.info import State
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot
from autoviz_render.spool.write.conversion import flatten, to_float, to_numpy
from autoviz_render.spool.write.latest_only import LatestOnlyThread, Turn
from autoviz_render.spool.write.writer import SpoolWriter

log = logging.getLogger("autoviz_render.spool")

_LINES_KEPT = 100_000  # scalars that wait for a disk that fails: at most some 20 MB
_LINES_AT_ONCE = 1000


@dataclass
class PublisherStats:
    """What became of the quick updates so far.

    The writer's thread counts what it did when it comes to it.

    Attributes:
        submitted: Handed to `publish`.
        written: On disk as snapshots.
        coalesced: Replaced by a newer one before the disk was free; their scalars are kept.
        failed: Lost to a fault that a warning named.
    """

    submitted: int = 0
    written: int = 0
    coalesced: int = 0
    failed: int = 0


@dataclass(slots=True)
class Numbers:
    """What `scalars.jsonl` keeps of one quick update, as the sampler gave it.

    Attributes:
        number: Of the quick update, counted from 0.
        start: How often the run had been started anew within its publisher.
        line: The same as it is written, once the thread has made it.
    """

    number: int
    start: int
    iteration: int
    time: float
    log_likelihood: Any
    parameters: Mapping[str, Any]
    scalars: Mapping[str, Any]
    counts: str
    line: ScalarsLine | None = None


class Update(NamedTuple):
    """One quick update between the sampler's thread and the writer's."""

    numbers: Numbers
    arrays: Mapping[str, Any]


class UpdateWriter:
    """Writes quick updates in a thread of its own. What goes wrong is reported, and costs itself.

    Args:
        writer: Of the spool, not yet begun.
        static: The arrays that never change, by name, as the sampler gave them.

    Attributes:
        thread: Takes the newest update.
        numbers: Of all updates, to be written. The sampler's thread appends, the writer's takes away.
        starts: The iteration from which the run goes on, of each time that it was started anew.
        opened: Set once the spool on disk is this run's, or could not be opened.
        converting: Held while the thread is in JAX.
        state: How the run ended; None before it has.
    """

    def __init__(self, writer: SpoolWriter, static: Mapping[str, Any]) -> None:
        self.thread = LatestOnlyThread[Update]("autoviz-render publisher", self._run)
        self.guard = Guard(log, writer.paths.directory)
        self.numbers: deque[Numbers] = deque(maxlen=_LINES_KEPT)
        self.starts: list[int | None] = []
        self.stats = PublisherStats()
        self.opened = threading.Event()
        self.converting = threading.Lock()
        self.state: State | None = None
        self._writer = writer
        self._static = static
        self._begun = 0  # the start of the run that the writer is at
        self._unwritten: deque[Numbers] = deque(maxlen=_LINES_KEPT)

    def _run(self, turns: Iterator[Turn[Update]]) -> None:
        with self.guard("opening the spool"):
            self._writer.begin(self._converted(self._static))
        self.opened.set()
        for update, is_last in turns:
            self._take_numbers()  # after the update was taken: those of an earlier start are to be written first
            if update is not None:
                self._publish(update, is_last=is_last)
            if is_last:
                self._append()
            self.stats.coalesced = self.thread.replaced
        self.stats.coalesced = self.thread.replaced
        with self.guard("closing the spool"):
            self._writer.finish(self.state or "failed")

    def _take_numbers(self) -> None:
        for _ in range(len(self.numbers)):
            self._unwritten.append(self.numbers.popleft())  # one by one: more may be appended meanwhile
        if len(self._unwritten) == _LINES_KEPT:
            self.guard.warn("keeping scalars", MemoryError(f"more than {_LINES_KEPT} lines wait for the disk"))
        self._append()

    def _append(self) -> None:
        """Write what scalars can be written, some at a time: a disk that fails must not cost more and more."""
        while self._unwritten:
            some = itertools.islice(self._unwritten, _LINES_AT_ONCE)
            start, of_start = next(itertools.groupby(some, key=attrgetter("start")))
            lines = [(numbers.number, self._line(numbers)) for numbers in of_start]
            with self.guard("writing scalars") as writing:
                self._begin(start)
                self._writer.append(lines)
            if writing.failed:
                return
            for _ in lines:
                self._unwritten.popleft()

    def _begin(self, start: int) -> None:
        """Have the writer at that start of the run, or at the later one where it is. Raises OSError."""
        if start > self._begun:
            self._writer.begin_epoch(self.starts[start - 1])
            self._begun = start

    def _publish(self, update: Update, *, is_last: bool) -> None:
        for _ in range(2 if is_last else 1):  # there is no next quick update to make good what failed now
            with self.guard("writing a snapshot") as writing:
                self._write(update, sync=is_last)
            if not writing.failed:
                self.stats.written += 1
                with self.guard("thinning the snapshots"):
                    self._writer.thin()
                return
        self.stats.failed += 1

    def _write(self, update: Update, *, sync: bool) -> None:
        arrays = self._converted(flatten(update.arrays, self.guard))
        line = self._line(update.numbers)
        self._begin(update.numbers.start)
        self._writer.write(Snapshot(arrays=arrays, **vars(line)), update.numbers.number, sync=sync)

    def _line(self, numbers: Numbers) -> ScalarsLine:
        if numbers.line is None:
            likelihood = {} if numbers.log_likelihood is None else {"log likelihood": numbers.log_likelihood}
            numbers.line = ScalarsLine(
                epoch=0,
                sequence=0,
                iteration=numbers.iteration,
                time=numbers.time,
                log_likelihood=self._floats(likelihood, check_name).get("log likelihood", math.nan),
                parameters=self._floats(numbers.parameters, check_name),
                scalars=self._floats(numbers.scalars, Names().add),
                counts=numbers.counts,
            )
        return numbers.line

    def _floats(self, values: Mapping[str, Any], checked: Callable[[str], str]) -> dict[str, float]:
        """The values that are numbers, by name; what is none, or badly named, costs itself and a warning."""
        floats: dict[str, float] = {}
        for name, value in values.items():
            with self.guard("number", of=name):
                number = to_float(value)
                floats[checked(str(name))] = number
        return floats

    def _converted(self, leaves: Mapping[str, Any]) -> dict[str, Array]:
        for leaf in leaves.values():
            if hasattr(leaf, "copy_to_host_async"):
                with self.guard("copying from the device"):
                    leaf.copy_to_host_async()
        arrays: dict[str, Array] = {}
        with self.converting:
            for name, leaf in leaves.items():
                with self.guard("array", of=name):
                    value = to_numpy(leaf)
                    checked_entry(name, value.dtype.str, value.shape)
                    arrays[name] = value
        return arrays
