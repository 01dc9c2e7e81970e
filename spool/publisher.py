"""The sampler's hand: give arrays away and go on sampling."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import math
import os
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, TypeVar

from autoviz_render.spool.arrays import flatten, hand_over, hand_over_one, to_float, to_numpy
from autoviz_render.spool.attempts import Attempts
from autoviz_render.spool.directory import describe
from autoviz_render.spool.info import STATES, State, figure_names
from autoviz_render.spool.layout import SpoolPaths
from autoviz_render.spool.names import Names
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.scalars import ScalarsLine
from autoviz_render.spool.snapshot import Array, Snapshot
from autoviz_render.spool.writer import DURABILITIES, Durability, SpoolWriter

log = logging.getLogger("autoviz_render.spool")

_LINES_KEPT = 100_000  # scalars that wait for a disk that fails: some 20 MB at the most
_LINES_AT_ONCE = 1000
_SECONDS_BETWEEN_LOOKS = 0.2  # of a flush, whether the writer's thread is still there


@dataclass
class PublisherStats:
    """What became of the quick updates so far.

    submitted: handed to `publish`. written: on disk as snapshots. coalesced: replaced by a newer one before
    the disk was free (their scalars are kept). failed: lost to a fault that a warning named. The writer's thread counts
    what it did when it comes to it.
    """

    submitted: int = 0
    written: int = 0
    coalesced: int = 0
    failed: int = 0


@dataclass(slots=True)
class _Numbers:
    """What `scalars.jsonl` keeps of one quick update, as the sampler gave it; `number` counts from 0.

    line: the same as it is written, once the writer's thread has made it.
    """

    number: int
    iteration: int
    time: float
    log_likelihood: Any
    parameters: Mapping[str, Any]
    scalars: Mapping[str, Any]
    line: ScalarsLine | None = None


class _Update(NamedTuple):
    """One quick update between the sampler's thread and the writer's; `order` counts those that got so far."""

    order: int
    numbers: _Numbers
    arrays: Mapping[str, Any]


class Publisher:
    """Publishes snapshots to the spool of a run directory. Never waits for the disk, never raises.

    run_dir: any directory; it is made, with its `spool/`, by the writer's thread.
    figure: the name of the figure to draw, or several, the first one first.
    static: arrays that never change (data, noise map, mask), written once.
    name: for one of several writers to a run directory (chains, MPI ranks): the spool is `spool-NAME/`. Where another
        process writes that spool already, `spool-2/` or `spool-NAME-2/` is taken, and a warning says so.
    title: what figures and `--status` call the run; by default it is the directory's name.
    retention: the bounds within which snapshots are kept, thinned evenly beyond them; "all" keeps every one; by
        default `Retention()`.
    durability: "rename": a snapshot that was written survives the death of the process; "fsync": a loss of power
        too. The last snapshot always does.
    resumed_from: the iteration from which an interrupted run goes on; what was published of later ones is then
        hidden from readers. By default the iteration before the first that is published.

    A thread writes the newest update that was handed over; one that is still waiting when the next comes
    is *coalesced*: its arrays are dropped, its scalars kept. What goes wrong is logged once a cause, as a
    warning of the logger `autoviz_render.spool`, and counted in `stats`. Use it as a context manager, or call
    `close`; if neither is done, the last snapshot is written when Python exits.

    Raises ValueError or TypeError for arguments that can never work, and nothing afterwards.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike[str],
        *,
        figure: str | Sequence[str] = "auto",
        static: Mapping[str, Any] | None = None,
        name: str | None = None,
        retention: Retention | Literal["all"] | None = None,
        durability: Durability = "rename",
        resumed_from: int | None = None,
        title: str | None = None,
    ) -> None:
        if durability not in DURABILITIES:
            raise ValueError(f"durability is {durability!r}; choose 'rename' or 'fsync'")
        self.run_dir = Path(run_dir).absolute()
        self._writer = SpoolWriter(
            self.run_dir,
            name,
            figures=figure_names(figure),
            retention=_retention(retention),
            durability=durability,
            resumed_from=None if resumed_from is None else int(resumed_from),
            title=None if title is None else str(title),
        )
        self.stats = PublisherStats()
        self.opened = threading.Event()
        """Set once the spool on disk is this run's, or could not be opened: readers that start earlier see the last."""
        self._attempt = Attempts(log, self.paths.directory)
        self._static = flatten(hand_over(static or {}, _raise), _raise)
        self._pid = os.getpid()
        # Between the threads there is no lock: the sampler's may be interrupted anywhere, by Ctrl-C or by a handler of
        # signals that publishes too, and would leave it locked. Each of these is changed by calls that are atomic.
        self._orders = itertools.count()
        self._serial = itertools.count()
        self._numbers: deque[_Numbers] = deque(maxlen=_LINES_KEPT)
        self._newest: deque[_Update] = deque(maxlen=1)
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waiting: deque[queue.SimpleQueue[None]] = deque()
        self._closing: State | None = None
        self._taken = -1  # the order of the newest update that the writer's thread took
        self._done = 0  # updates that the writer took, written or failed
        self._thread = threading.Thread(target=self._work, name="autoviz-render publisher", daemon=True)
        if not self._attempt("starting a thread", self._thread.start):
            self.opened.set()
        _unclosed.add(self)

    @property
    def paths(self) -> SpoolPaths:
        """Where the spool lies. Final once `opened` is set."""
        return self._writer.paths

    @property
    def name(self) -> str | None:
        """The spool's name among several of a run directory. Final once `opened` is set."""
        return self._writer.name

    def publish(
        self,
        arrays: Mapping[str, Any],
        *,
        iteration: int,
        log_likelihood: float | None = None,
        parameters: Mapping[str, Any] | None = None,
        scalars: Mapping[str, Any] | None = None,
    ) -> None:
        """Hand over the arrays of one quick update and return at once.

        arrays: by name, of any shape; nested mappings become names with slashes. JAX arrays are handed
            over by reference (do not donate them), all others are copied.
        iteration: the sampler's count, usually of likelihood evaluations.
        log_likelihood: of the best fit, in nats.
        parameters, scalars: numbers by name.
        """
        if os.getpid() != self._pid:
            return  # a forked worker of the sampler's: only the process that made the publisher publishes
        self._attempt("publishing", self._submit, arrays, iteration, log_likelihood, parameters, scalars)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was handed over is written or has failed; False after `timeout` seconds."""
        if os.getpid() != self._pid:
            return False
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        done: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waiting.append(done)
        self._wake_writer()
        while self._thread.is_alive():
            left = deadline - time.monotonic()
            with contextlib.suppress(queue.Empty):
                done.get(timeout=max(0.0, min(left, _SECONDS_BETWEEN_LOOKS)))
                return True
            if left <= 0:
                return False
        return True

    def close(self, state: State = "finished", timeout: float | None = 30.0) -> None:
        """Write the last snapshot, record how the run ended, and stop. Later calls do nothing.

        timeout: seconds to wait for the disk; after that a warning is logged and the thread left alone.
        """
        _unclosed.discard(self)
        if os.getpid() != self._pid or self._thread.ident is None:
            return
        if self._closing is None:
            self._closing = state if state in STATES else "failed"
        self._wake_writer()
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._attempt.warn("closing", TimeoutError(f"the disk did not answer within {timeout:g} s"))

    def __enter__(self) -> Publisher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("finished" if kind is None else "failed")

    # The sampler's thread

    def _submit(
        self,
        arrays: Mapping[str, Any],
        iteration: int,
        log_likelihood: Any,
        parameters: Mapping[str, Any] | None,
        scalars: Mapping[str, Any] | None,
    ) -> None:
        self.stats.submitted += 1
        try:
            if self._closing is not None:
                raise RuntimeError("it is closed")
            if not -(2**63) <= (count := int(iteration)) < 2**63:
                raise ValueError(f"iteration {count:.3e} is more than a file can hold")
            numbers = _Numbers(
                next(self._serial),
                count,
                time.time(),
                hand_over_one(log_likelihood),
                self._copied("parameters", parameters),
                self._copied("scalars", scalars),
            )
            self._numbers.append(numbers)  # they are kept whatever becomes of the arrays
            handed = hand_over(arrays, self._attempt)
            self._newest.append(_Update(next(self._orders), numbers, handed))
        except Exception:
            self.stats.failed += 1
            raise
        finally:
            self._wake_writer()

    def _copied(self, what: str, values: Mapping[str, Any] | None) -> dict[str, Any]:
        copies: dict[str, Any] = {}
        if values:
            self._attempt(what, lambda: copies.update({name: hand_over_one(each) for name, each in values.items()}))
        return copies

    def _wake_writer(self) -> None:
        if self._wakes.empty():
            self._wakes.put(None)

    # The writer's thread

    def _work(self) -> None:
        self._attempt("opening the spool", self._writer.begin, self._converted(self._static))
        self.opened.set()
        closing: State | None = None
        unwritten: deque[tuple[int, ScalarsLine]] = deque(maxlen=_LINES_KEPT)
        while closing is None:
            self._wakes.get()
            closing = self._closing  # before taking: what was handed over before is written
            waiting = _taken(self._waiting)
            unwritten += [(numbers.number, self._line(numbers)) for numbers in _taken(self._numbers)]
            self._append(unwritten)
            for update in _taken(self._newest):
                self._publish(update, is_last=closing is not None)
            if closing is not None and unwritten:
                self._append(unwritten)
            for done in waiting:
                done.put(None)
        self.stats.coalesced = next(self._orders) - self._done  # those too that a signal handler's replaced last
        self._attempt("closing the spool", self._writer.finish, closing)

    def _append(self, unwritten: deque[tuple[int, ScalarsLine]]) -> None:
        """Write what scalars can be written, some at a time: a disk that fails must not cost more and more."""
        if len(unwritten) == unwritten.maxlen:
            self._attempt.warn("keeping scalars", MemoryError(f"more than {_LINES_KEPT} lines wait for the disk"))
        while unwritten:
            some = list(itertools.islice(unwritten, _LINES_AT_ONCE))
            if not self._attempt("writing scalars", self._writer.append, some):
                return
            for _ in some:
                unwritten.popleft()

    def _publish(self, update: _Update, *, is_last: bool) -> None:
        tries = 2 if is_last else 1  # there is no next quick update to make good what failed now
        if any(self._attempt("writing a snapshot", self._write, update, is_last) for _ in range(tries)):
            self.stats.written += 1
            self._attempt("thinning the snapshots", self._writer.thin)
        else:
            self.stats.failed += 1
        self._done += 1
        self._taken = max(self._taken, update.order)
        self.stats.coalesced = self._taken + 1 - self._done

    def _line(self, numbers: _Numbers) -> ScalarsLine:
        if numbers.line is None:
            likelihood = {} if numbers.log_likelihood is None else {"log likelihood": numbers.log_likelihood}
            numbers.line = ScalarsLine(
                epoch=0,
                sequence=0,
                iteration=numbers.iteration,
                time=numbers.time,
                log_likelihood=self._floats(likelihood).get("log likelihood", math.nan),
                parameters=self._floats(numbers.parameters),
                scalars=self._floats(numbers.scalars),
            )
        return numbers.line

    def _floats(self, values: Mapping[str, Any]) -> dict[str, float]:
        """The values that are numbers, by name; what is none, or badly named, costs itself and a warning."""
        floats: dict[str, float] = {}
        names = Names()

        def add(name: str, value: Any) -> None:
            number = to_float(value)
            floats[names.add(str(name))] = number

        for name, value in values.items():
            self._attempt(f"number {name!r}", add, name, value)
        return floats

    def _write(self, update: _Update, sync: bool) -> None:
        arrays = self._converted(flatten(update.arrays, self._attempt))
        line = self._line(update.numbers)
        self._writer.write(Snapshot(arrays=arrays, **vars(line)), update.numbers.number, sync=sync)

    def _converted(self, leaves: Mapping[str, Any]) -> dict[str, Array]:
        for leaf in leaves.values():
            if hasattr(leaf, "copy_to_host_async"):
                self._attempt("copying from the device", leaf.copy_to_host_async)
        arrays: dict[str, Array] = {}

        def convert(name: str, leaf: Any) -> None:
            value = to_numpy(leaf)
            describe(name, value.dtype.str, value.shape)
            arrays[name] = value

        for name, leaf in leaves.items():
            self._attempt(f"array {name!r}", convert, name, leaf)
        return arrays


T = TypeVar("T")


def _taken(waiting: deque[T]) -> list[T]:
    """All that waits, taken out one by one: more may be put in meanwhile."""
    return [waiting.popleft() for _ in range(len(waiting))]


def _raise(what: str, call: Callable[..., object], *arguments: Any) -> bool:
    """The guard of the constructor, where raising helps."""
    del what
    call(*arguments)
    return True


def _retention(retention: Retention | Literal["all"] | None) -> Retention:
    if isinstance(retention, str):
        return Retention(keep=retention)
    return Retention() if retention is None else retention


_unclosed: set[Publisher] = set()


@atexit.register
def _close_at_exit() -> None:
    """A script that ends without closing still leaves its last snapshot, and says how it ended."""
    state: State = "failed" if getattr(sys, "last_value", None) is not None else "finished"
    for publisher in list(_unclosed):
        publisher.close(state)
