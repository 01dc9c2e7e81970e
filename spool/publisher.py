"""The sampler's hand: give arrays away and go on sampling."""

from __future__ import annotations

import atexit
import logging
import os
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple

from autoviz_render.spool.arrays import flatten, hand_over, hand_over_one, to_float, to_numpy
from autoviz_render.spool.attempts import Attempts
from autoviz_render.spool.info import STATES, State, figure_names
from autoviz_render.spool.layout import SpoolPaths
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.scalars import ScalarsLine
from autoviz_render.spool.snapshot import Array, Snapshot
from autoviz_render.spool.writer import DURABILITIES, Durability, SpoolWriter

log = logging.getLogger("autoviz_render.spool")

_LINES_KEPT = 100_000  # scalars that wait for a disk that fails: some 20 MB at the most


@dataclass
class PublisherStats:
    """What became of the quick updates so far.

    submitted: handed to `publish`. written: on disk as snapshots. coalesced: replaced by a newer one before
    the disk was free (their scalars are kept). failed: lost to a fault that a warning named.
    """

    submitted: int = 0
    written: int = 0
    coalesced: int = 0
    failed: int = 0


class _Numbers(NamedTuple):
    """What `scalars.jsonl` keeps of one quick update, as the sampler gave it; `number` counts from 0."""

    number: int
    iteration: int
    time: float
    log_likelihood: Any
    parameters: Mapping[str, Any]
    scalars: Mapping[str, Any]


class _Update(NamedTuple):
    """The arrays of one quick update between the sampler's thread and the writer's."""

    number: int
    arrays: Mapping[str, Any]


class Publisher:
    """Publishes snapshots to the spool of a run directory. Never waits for the disk, never raises.

    run_dir: any directory; it is made, with its `spool/`, by the writer's thread.
    figure: the name of the figure to draw, or several, the first one first.
    static: arrays that never change (data, noise map, mask), written once.
    name: for one of several writers to a run directory (chains, MPI ranks): the spool is `spool-NAME/`. Where another
        process writes that spool already, `spool-2/` or `spool-NAME-2/` is taken, and a warning says so.
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
        )
        self.stats = PublisherStats()
        self.opened = threading.Event()
        """Set once the spool on disk is this run's, or could not be opened: readers that start earlier see the last."""
        self._static = flatten(hand_over(static or {}))
        self._attempt = Attempts(log, self.paths.directory)
        self._pid = os.getpid()
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()  # to wake by a condition takes three times as long
        self._changed = threading.Condition()  # guards all that follows
        self._pending: _Update | None = None
        self._numbers: deque[_Numbers] = deque(maxlen=_LINES_KEPT)
        self._closing: State | None = None
        self._accepted = 0
        self._idle = False
        self._thread = threading.Thread(target=self._work, name="autoviz-render publisher", daemon=True)
        self._thread.start()
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
        with self._changed:
            return self._changed.wait_for(lambda: self._is_drained() or not self._thread.is_alive(), timeout)

    def close(self, state: State = "finished", timeout: float | None = 30.0) -> None:
        """Write the last snapshot, record how the run ended, and stop. Later calls do nothing.

        timeout: seconds to wait for the disk; after that a warning is logged and the thread left alone.
        """
        _unclosed.discard(self)
        if os.getpid() != self._pid:
            return
        with self._changed:
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
            handed = hand_over(arrays)
            numbers = (
                int(iteration),
                time.time(),
                hand_over_one(log_likelihood),
                {name: hand_over_one(value) for name, value in (parameters or {}).items()},
                {name: hand_over_one(value) for name, value in (scalars or {}).items()},
            )
        except Exception:
            self.stats.failed += 1
            raise
        with self._changed:
            if self._closing is not None:
                self.stats.failed += 1
                raise RuntimeError("it is closed")
            update = _Update(self._accepted, handed)
            self._numbers.append(_Numbers(self._accepted, *numbers))
            self._accepted += 1
            if self._pending is not None:
                self.stats.coalesced += 1
            self._pending = update
        self._wake_writer()

    def _wake_writer(self) -> None:
        if self._wakes.empty():
            self._wakes.put(None)

    # The writer's thread

    def _work(self) -> None:
        self._attempt("opening the spool", self._writer.begin, self._converted(self._static))
        self.opened.set()
        try:
            self._serve(self._writer)
        finally:
            with self._changed:
                self._idle = True  # whoever waits in flush waits for nobody any more
                self._changed.notify_all()

    def _serve(self, writer: SpoolWriter) -> None:
        closing: State | None = None
        unwritten: deque[tuple[int, ScalarsLine]] = deque(maxlen=_LINES_KEPT)
        while closing is None:
            with self._changed:
                self._idle = True
                self._changed.notify_all()
            self._wakes.get()
            with self._changed:
                self._idle = False
                update, self._pending = self._pending, None
                numbers = list(self._numbers)
                self._numbers.clear()
                closing = self._closing
            unwritten += [(each.number, self._line(each)) for each in numbers]
            newest = unwritten[-1][1] if unwritten else None
            if unwritten and self._attempt("writing scalars", writer.append, list(unwritten)):
                unwritten.clear()
            if update is not None and newest is not None:
                if self._attempt("writing a snapshot", self._write, writer, update, newest, closing is not None):
                    self.stats.written += 1
                    self._attempt("thinning the snapshots", writer.thin)
                else:
                    self.stats.failed += 1
        self._attempt("closing the spool", writer.finish, closing)

    def _line(self, numbers: _Numbers) -> ScalarsLine:
        likelihood = {} if numbers.log_likelihood is None else {"log likelihood": numbers.log_likelihood}
        return ScalarsLine(
            epoch=0,
            sequence=0,
            iteration=numbers.iteration,
            time=numbers.time,
            log_likelihood=self._floats(likelihood).get("log likelihood", float("nan")),
            parameters=self._floats(numbers.parameters),
            scalars=self._floats(numbers.scalars),
        )

    def _floats(self, values: Mapping[str, Any]) -> dict[str, float]:
        """The values that are numbers, by name; what is none costs itself and a warning."""
        floats: dict[str, float] = {}
        for name, value in values.items():
            self._attempt(
                f"number {name!r}", lambda name=name, value=value: floats.update({str(name): to_float(value)})
            )
        return floats

    def _write(self, writer: SpoolWriter, update: _Update, line: ScalarsLine, sync: bool) -> None:
        writer.write(Snapshot(arrays=self._converted(flatten(update.arrays)), **vars(line)), update.number, sync=sync)

    def _converted(self, leaves: Mapping[str, Any]) -> dict[str, Array]:
        for leaf in leaves.values():
            if hasattr(leaf, "copy_to_host_async"):
                self._attempt("copying from the device", leaf.copy_to_host_async)
        arrays: dict[str, Array] = {}
        for name, leaf in leaves.items():
            self._attempt(f"array {name!r}", lambda name=name, leaf=leaf: arrays.update({name: to_numpy(leaf)}))
        return arrays

    # Both

    def _is_drained(self) -> bool:
        return self._idle and self._pending is None


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
