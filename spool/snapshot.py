"""Moments of a run: a snapshot, the reference that names it in a spool, and the line of its numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.text import cut, nearby, printable, shown_safely

UpdateKey = tuple[int, int]
"""The epoch and the sequence of a quick update."""

COUNTS = "iteration"
"""What a sampler counts if nothing else is said."""

LONGEST_COUNTS = 60
"""Bytes of the words for what is counted."""

_LONGEST_REPR = 120  # characters, so that it fits a line


@dataclass(frozen=True, order=True, repr=False)
class SnapshotRef:
    """Names a snapshot without reading it; references sort in the order of publishing.

    Attributes:
        epoch: Which start of the run published it: 0, then one more at each resume.
        sequence: The number of the quick update within the run; gaps are quick updates that the disk was too slow for,
            whose scalars alone were kept.
        path: The file.
    """

    epoch: int
    sequence: int
    path: Path = field(compare=False)

    @property
    def key(self) -> UpdateKey:
        """The epoch and the sequence."""
        return self.epoch, self.sequence

    @shown_safely
    def __repr__(self) -> str:
        return f"SnapshotRef(epoch {self.epoch}, sequence {self.sequence}, {cut(nearby(str(self.path)), 70)!r})"


def goodness(ref: SnapshotRef, log_likelihood: float) -> tuple[float, SnapshotRef]:
    """Sorts snapshots by their log likelihood: NaN is the worst, the newest the best of equals."""
    return (-math.inf if math.isnan(log_likelihood) else log_likelihood, ref)


@dataclass(frozen=True)
class ScalarsLine:
    """The numbers of one quick update; the fields are those of `Snapshot`."""

    epoch: int
    sequence: int
    iteration: int
    time: float
    log_likelihood: float = math.nan
    parameters: Mapping[str, float] = field(default_factory=dict)
    scalars: Mapping[str, float] = field(default_factory=dict)
    counts: str = COUNTS

    @property
    def key(self) -> UpdateKey:
        """The epoch and the sequence."""
        return self.epoch, self.sequence


class Earlier(Sequence["Snapshot"]):
    """The snapshots that a run keeps of before one, the oldest first: each is read whenever it is asked for.

    None is kept in memory. To read one raises FileNotFoundError if retention removed it meanwhile, and SpoolError if it
    cannot be read.

    Args:
        look: Called when they are first looked at: for each its iteration, and what reads it.
    """

    def __init__(self, look: Callable[[], Sequence[tuple[int, Callable[[], Snapshot]]]] = tuple) -> None:
        self._look = look

    @staticmethod
    def of(snapshots: Iterable[Snapshot]) -> Earlier:
        """Those of a list, which holds them."""
        held = [(each.iteration, lambda each=each: each) for each in snapshots]
        return Earlier(lambda: held)

    @cached_property
    def _found(self) -> Sequence[tuple[int, Callable[[], Snapshot]]]:
        return self._look()

    @property
    def iterations(self) -> list[int]:
        """The iteration of each, which needs no reading of them. Raises SpoolError."""
        return [iteration for iteration, _ in self._found]

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [read() for _, read in self._found[at]]
        return self._found[at][1]()


@dataclass(frozen=True, eq=False, repr=False)
class Snapshot:
    """What a sampler published at one quick update.

    Attributes:
        arrays: The best fit's arrays by name; a nested name reads `group/name`.
        static: The arrays that do not change during the run (data, noise map, mask), by name.
        parameters: The best fit's parameters by name, in the order of the model.
        scalars: The sampler's own numbers by name (log evidence, effective sample size, ...).
        epoch: See `SnapshotRef`.
        sequence: See `SnapshotRef`.
        iteration: The sampler's count when it published; `counts` says of what.
        time: When it was published, in seconds since 1970 (UTC).
        log_likelihood: Of the best fit, in nats; NaN if the sampler gave none.
        run: The name of the run.
        figures: The names of the figures that the run asks for, the first one first; empty if they are not known.
        history: The numbers of every quick update until this one, the oldest first. Of a snapshot that a `Spool` read,
            they are read when they are first looked at, which raises SpoolError if `scalars.jsonl` cannot be read.
        counts: What `iteration` counts, in plain text: "likelihood evaluations", "steps"; "iteration" if nobody said.
        units: Of arrays and parameters, in plain text by name; empty if the run gave none.
        labels: What figures call arrays and parameters, by name; mathematics between dollars.
        axes: What the axes of an array's panel are called, by its name: x and y of an image or a series.
        scales: How the colours of an array follow from its values, by its name: `asinh 99.5%`.
        digest: Names its content: the SHA-256 of the footer of its file, which has a checksum of every byte; empty if
            it was not read from one.
        static_digests: The SHA-256 of its static files.
        earlier: The snapshots that the run keeps of before this one, without what had been done over by then. Of a
            snapshot that a `Spool` read, they are listed when they are first looked at, and read one by one.
    """

    arrays: Mapping[str, Array]
    static: Mapping[str, Array] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    scalars: Mapping[str, float] = field(default_factory=dict)
    epoch: int = 0
    sequence: int = 0
    iteration: int = 0
    time: float = 0.0
    log_likelihood: float = math.nan
    run: str = ""
    figures: tuple[str, ...] = ()
    history: Sequence[ScalarsLine] = ()
    counts: str = COUNTS
    units: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    static_digests: tuple[str, ...] = ()
    earlier: Earlier = field(default_factory=Earlier)
    scales: Mapping[str, str] = field(default_factory=dict)

    @shown_safely
    def __repr__(self) -> str:
        numbers = f"{cut(self.counts, LONGEST_COUNTS)} {self.iteration}, log likelihood {self.log_likelihood:.10g}"
        told = f"Snapshot(run {cut(self.run, 24)!r}, {numbers}, "
        return f"{told}{_listed(self.arrays, _LONGEST_REPR - 1 - len(told))})"


def _listed(arrays: Mapping[str, Array], width: int) -> str:
    """The first arrays with their forms, as many as fit, and how many more there are."""
    if not arrays:
        return "no arrays"
    texts = [f"{printable(name, 40)} {_form(each)}" for name, each in itertools.islice(arrays.items(), width)]
    for count in range(len(texts), 0, -1):
        more = f" and {len(arrays) - count} more" if len(arrays) > count else ""
        if len(line := f"arrays: {', '.join(texts[:count])}{more}") <= width:
            return line
    return f"{len(arrays)} arrays"


def _form(value: Array) -> str:
    return " ".join(filter(None, ("x".join(map(str, value.shape)), str(value.dtype))))
