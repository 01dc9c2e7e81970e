"""The sampler's hand: give arrays away and go on sampling."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, TypeVar

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.at_exit import end_at_exit, forget
from autoviz_render.spool.format.manifest import describe
from autoviz_render.spool.guard import Attempts, wrong
from autoviz_render.spool.info import STATES, State, figure_names
from autoviz_render.spool.names import Names, check_name
from autoviz_render.spool.paths import SpoolPaths, spool_paths
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.scalars import ScalarsLine
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.write.conversion import flatten, hand_over, hand_over_one, to_float, to_numpy
from autoviz_render.spool.write.writer import DURABILITIES, Durability, SpoolWriter

log = logging.getLogger("autoviz_render.spool")

_LINES_KEPT = 100_000  # scalars that wait for a disk that fails: some 20 MB at the most
_LINES_AT_ONCE = 1000
_SECONDS_BETWEEN_LOOKS = 0.2  # of a flush, whether the writer's thread is still there
_SECONDS_AT_EXIT = 30.0  # for arrays that a device still computes


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

    start: which start of the run it belongs to, of those within this publisher, counted from 1.
    line: the same as it is written, once the writer's thread has made it.
    """

    number: int
    start: int
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

    run_dir: any directory; `~` is the home. It is made, with its `spool/`, by the writer's thread.
    figure: the name of the figure to draw, or several, the first one first.
    static: arrays that never change (data, noise map, mask), written once.
    name: for one of several writers to a run directory (chains, MPI ranks): the spool is `spool-NAME/`. Where another
        process writes that spool already, `spool-2/` or `spool-NAME-2/` is taken, and a warning says so. If an earlier
        publisher of this process does (a notebook's cell is run again), it lets go: what it still publishes is dropped.
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
    `close`; if neither is done, the last snapshot is written when Python exits, or a child of `multiprocessing`. A
    process that ends by `os._exit` or is terminated by a pool closes nothing.

    Raises ValueError or TypeError for arguments that can never work, before anything is made, and nothing afterwards.
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
        self.run_dir = _run_dir(run_dir)
        _refuse_unless(name is None or isinstance(name, str), "name", name, "expected text")
        spool_paths(self.run_dir, name)
        _refuse_unless(isinstance(figure, Iterable), "figure", figure, "expected the name of one, or several")
        given = {} if static is None else static
        _refuse_unless(isinstance(given, Mapping), "static", static, "expected a mapping of names to arrays")
        expected = "expected a whole number of iterations"
        _refuse_unless(resumed_from is None or _is_whole(resumed_from), "resumed_from", resumed_from, expected)
        try:
            self._static = flatten(hand_over(given, _raise), _raise)
        except (TypeError, ValueError) as error:
            raise ValueError(f"static cannot be published: {error}") from error
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
        self._pid = os.getpid()
        # Between the threads there is no lock: the sampler's may be interrupted anywhere, by Ctrl-C or by a handler of
        # signals that publishes too, and would leave it locked. Each of these is changed by calls that are atomic.
        self._orders = itertools.count()
        self._serial = itertools.count()
        self._resumed: list[int | None] = [resumed_from]  # of each start of the run within this publisher
        self._numbers: deque[_Numbers] = deque(maxlen=_LINES_KEPT)
        self._newest: deque[_Update] = deque(maxlen=1)
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waiting: deque[queue.SimpleQueue[None]] = deque()
        self._closing: State | None = None
        self._taken = -1  # the order of the newest update that the writer's thread took
        self._done = 0  # updates that the writer took, written or failed
        self._begun = 1  # the start of the run that the writer is at
        self._converting = threading.Lock()  # held while the writer's thread is in JAX; at exit taken for ever
        self._thread = threading.Thread(target=self._work, name="autoviz-render publisher", daemon=True)
        if not self._attempt("starting a thread", self._thread.start):
            self.opened.set()
        end_at_exit(self)

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

        arrays: by name, of any shape; nested mappings, and the fields of structured arrays, become names with slashes.
            JAX arrays are handed over by reference (do not donate them), all others are copied. Masked values become
            NaN, for which integers and booleans become float64; of an array with units its values are published.
        iteration: the sampler's count, usually of likelihood evaluations.
        log_likelihood: of the best fit, in nats.
        parameters, scalars: numbers by name.
        """
        if os.getpid() != self._pid:
            return  # a forked worker of the sampler's: only the process that made the publisher publishes
        self._attempt("publishing", self._submit, arrays, iteration, log_likelihood, parameters, scalars)

    def begin_epoch(self, resumed_from: int | None = None) -> None:
        """Begin the run anew: what is published from now on is a new epoch's, as if it were another process's.

        resumed_from: as for the publisher itself.
        """
        self._resumed.append(resumed_from)

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
        if os.getpid() != self._pid or self._thread.ident is None:
            return
        if self._closing is None:
            self._closing = state if state in STATES else "failed"
        self._wake_writer()
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._attempt.warn("closing", TimeoutError(f"the disk did not answer within {timeout:g} s"))

    def end(self, state: State) -> None:
        """Close at the end of the process, if nobody did. See that the thread is not inside JAX when Python ends: its
        end there would be the process's, by an abort."""
        if os.getpid() != self._pid:
            return
        if self._closing is None:
            self.close(state)
        if self._thread.is_alive():
            self._converting.acquire(timeout=_SECONDS_AT_EXIT)

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
                len(self._resumed),
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

        def copy(name: str, value: Any) -> None:
            copies[name] = hand_over_one(value)

        def copy_all() -> None:
            for name, value in values.items() if values else ():
                self._attempt("number", copy, name, value, of=name)

        if values is not None:
            self._attempt(what, copy_all)
        return copies

    def _wake_writer(self) -> None:
        if self._wakes.empty():
            self._wakes.put(None)

    # The writer's thread

    def _work(self) -> None:
        self._attempt("opening the spool", self._writer.begin, self._converted(self._static))
        self.opened.set()
        closing: State | None = None
        unwritten: deque[_Numbers] = deque(maxlen=_LINES_KEPT)
        while closing is None:
            self._wakes.get()
            closing = self._closing  # before taking: what was handed over before is written
            waiting = _taken(self._waiting)
            updates = _taken(self._newest)  # before the numbers: those of an earlier start are to be written first
            unwritten += _taken(self._numbers)
            self._append(unwritten)
            for update in updates:
                self._publish(update, is_last=closing is not None)
            if closing is not None and unwritten:
                self._append(unwritten)
            for done in waiting:
                done.put(None)
        self.stats.coalesced = next(self._orders) - self._done  # those too that a signal handler's replaced last
        self._attempt("closing the spool", self._writer.finish, closing)
        forget(self)

    def _append(self, unwritten: deque[_Numbers]) -> None:
        """Write what scalars can be written, some at a time: a disk that fails must not cost more and more."""
        if len(unwritten) == unwritten.maxlen:
            self._attempt.warn("keeping scalars", MemoryError(f"more than {_LINES_KEPT} lines wait for the disk"))
        while unwritten:
            some = itertools.islice(unwritten, _LINES_AT_ONCE)
            start, of_start = next(itertools.groupby(some, key=attrgetter("start")))
            lines = [(numbers.number, self._line(numbers)) for numbers in of_start]
            if not self._attempt("writing scalars", self._append_lines, start, lines):
                return
            for _ in lines:
                unwritten.popleft()

    def _append_lines(self, start: int, lines: Sequence[tuple[int, ScalarsLine]]) -> None:
        self._begin(start)
        self._writer.append(lines)

    def _begin(self, start: int) -> None:
        """Have the writer at that start of the run, or at the later one where it is. Raises OSError."""
        if start > self._begun:
            self._writer.begin_epoch(self._resumed[start - 1])
            self._begun = start

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
                log_likelihood=self._floats(likelihood, check_name).get("log likelihood", math.nan),
                parameters=self._floats(numbers.parameters, check_name),
                scalars=self._floats(numbers.scalars, Names().add),
            )
        return numbers.line

    def _floats(self, values: Mapping[str, Any], checked: Callable[[str], str]) -> dict[str, float]:
        """The values that are numbers, by name; what is none, or badly named, costs itself and a warning."""
        floats: dict[str, float] = {}

        def add(name: str, value: Any) -> None:
            number = to_float(value)
            floats[checked(str(name))] = number

        for name, value in values.items():
            self._attempt("number", add, name, value, of=name)
        return floats

    def _write(self, update: _Update, sync: bool) -> None:
        arrays = self._converted(flatten(update.arrays, self._attempt))
        line = self._line(update.numbers)
        self._begin(update.numbers.start)
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

        with self._converting:
            for name, leaf in leaves.items():
                self._attempt("array", convert, name, leaf, of=name)
        return arrays


T = TypeVar("T")


def _taken(waiting: deque[T]) -> list[T]:
    """All that waits, taken out one by one: more may be put in meanwhile."""
    return [waiting.popleft() for _ in range(len(waiting))]


def _raise(what: str, call: Callable[..., object], *arguments: Any, of: object = None) -> bool:
    """The guard of the constructor, where raising helps."""
    del what, of
    call(*arguments)
    return True


def _refuse_unless(is_possible: bool, argument: str, value: object, expected: str) -> None:
    if not is_possible:
        raise TypeError(wrong(argument, value, expected))


def _is_whole(number: object) -> bool:
    """Whether it is an integer of any kind, or a float of the same value."""
    return isinstance(number, Real) and float(number).is_integer()


def _run_dir(given: str | os.PathLike[str]) -> Path:
    """Raises TypeError or ValueError for what can never be a directory."""
    is_path = isinstance(given, str) or isinstance(getattr(given, "__fspath__", lambda: None)(), str)
    _refuse_unless(is_path, "run_dir", given, "expected the path of a directory")
    if "\0" in os.fspath(given):
        raise ValueError(wrong("run_dir", given, "expected the path of a directory"))
    path = Path(given)
    with contextlib.suppress(RuntimeError):  # a user without a home: then it is a name
        path = path.expanduser()
    path = path.absolute()
    if os.path.exists(path) and not os.path.isdir(path):
        raise ValueError(f"run_dir is {str(path)!r}, which is no directory; give one, or a name that is not taken")
    return path


def _retention(retention: Retention | Literal["all"] | None) -> Retention:
    expected = "expected a Retention, 'all' or None"
    _refuse_unless(retention is None or isinstance(retention, Retention | str), "retention", retention, expected)
    if isinstance(retention, str):
        if retention != "all":
            raise ValueError(wrong("retention", retention, expected))
        return Retention(keep=retention)
    return Retention() if retention is None else retention
