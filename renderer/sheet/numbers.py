"""What a run can be ordered and chosen by: how it stands, its numbers by name, what a person thinks of it.

Each is read when it is asked for: an order by name reads one small file a run.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from autoviz_render.renderer.batch.selection import Selection
from autoviz_render.renderer.sheet.expression import Value
from autoviz_render.renderer.sheet.marks import NO_MARK, Mark
from autoviz_render.spool.errors import AutovizError, SpoolError, nearest
from autoviz_render.spool.info import SpoolInfo
from autoviz_render.spool.scalars import MAX_SCALARS_BYTES, parse_line
from autoviz_render.spool.snapshot import ScalarsLine, SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.safe_read import open_plain
from autoviz_render.spool.text import cut, printable

OF_ARRAYS = ("chi2", "chi_squared", "points")
"""Names whose values are worked out from a snapshot's arrays: chi squared a point, chi squared, and of how many."""

_TEXTS = ("run", "name", "state", "mark", "note", "figure")
_TAIL = 1 << 16  # bytes of `scalars.jsonl` that are looked at first
_LONGEST_LIST = 1500  # characters


class SheetError(AutovizError, ValueError):
    """A sheet cannot be made as it is asked for. The message is one line, with the remedy."""


@dataclass(eq=False)
class RunNumbers:
    """One run, as it is when it is asked.

    Attributes:
        key: Names it among the others: the path of its directory from the folder that they are in.
        spool: What there is to read.
        selection: Which of its snapshots is meant.
        now: When this is, for ages: in seconds since 1970 (UTC).
        marked: What a person thinks of it.
        of_arrays: Values by the names in `OF_ARRAYS`; empty until somebody worked them out.
    """

    key: str
    spool: Spool
    selection: Selection
    now: float
    marked: Mark = NO_MARK
    of_arrays: Mapping[str, float] = field(default_factory=dict)

    def value(self, name: str) -> Value:
        """The value of a name; None if the run has none, or it cannot be read."""
        with contextlib.suppress(SpoolError, OSError):
            return self._value(name)
        return None

    def has(self, name: str) -> bool:
        """Whether the run knows the name at all, perhaps as a number that is not finite."""
        if name in self._own:
            return True
        if name in OF_ARRAYS and name in self.of_arrays:
            return True
        line = self._line_or_none()
        return line is not None and (name in line.scalars or name in line.parameters)

    @property
    def names(self) -> list[str]:
        """All names that it has."""
        line = self._line_or_none()
        return [*self._own, *OF_ARRAYS, *([*line.scalars, *line.parameters] if line is not None else [])]

    @cached_property
    def info(self) -> SpoolInfo:
        """What `spool.json` says. Raises SpoolError."""
        return self.spool.info()

    @cached_property
    def name(self) -> str:
        """The run's own name; its key if it cannot be read."""
        with contextlib.suppress(SpoolError):
            return self.info.run or self.key
        return self.key

    @cached_property
    def refs(self) -> list[SnapshotRef]:
        """The snapshots that are meant, the best choice first. Raises SpoolError."""
        return self.selection.of(self.spool)

    @cached_property
    def line(self) -> ScalarsLine | None:
        """The numbers of the snapshot that is meant. Raises SpoolError, OSError."""
        wanted = self.refs[0].key if self.refs else None
        lines = _last_lines(self.spool.paths.scalars)
        found = next((line for line in reversed(lines) if line.key == wanted), None)
        if found is None and (wanted is not None or not lines):
            every = self.spool.scalars(abandoned=wanted is not None)
            found = next((line for line in reversed(every) if wanted in (None, line.key)), None)
        return found if found is not None or wanted is not None or not lines else lines[-1]

    def _line_or_none(self) -> ScalarsLine | None:
        with contextlib.suppress(SpoolError, OSError):
            return self.line
        return None

    def _value(self, name: str) -> Value:
        if name in self._own:
            return self._own[name]()
        line = self.line
        published = {} if line is None else {**line.parameters, **line.scalars}
        if name in OF_ARRAYS and name not in published:
            return self.of_arrays.get(name)
        return published.get(name)

    @cached_property
    def _own(self) -> Mapping[str, Callable[[], Value]]:
        """What every run has."""
        return {
            "run": lambda: self.key,
            "name": lambda: self.name,
            "state": self._state,
            "mark": lambda: self.marked.mark,
            "note": lambda: self.marked.note,
            "figure": lambda: next(iter(self.info.figures), ""),
            "epoch": lambda: float(self.info.epoch),
            "started": lambda: self.info.created,
            "snapshots": lambda: float(len(self.spool.snapshots())),
            "updates": lambda: float(len(self.spool.scalars())),
            "age": lambda: None if self.line is None else self.now - self.line.time,
            "updated": lambda: None if self.line is None else self.line.time,
            "step": lambda: None if self.line is None else float(self.line.sequence),
            "iteration": lambda: None if self.line is None else float(self.line.iteration),
            "log_likelihood": lambda: None if self.line is None else self.line.log_likelihood,
        }

    def _state(self) -> str:
        is_gone = self.info.state == "running" and self.info.producer.is_dead()
        return "died" if is_gone else self.info.state


def _last_lines(path: Path) -> list[ScalarsLine]:
    """The last lines of a `scalars.jsonl`, in their order. Raises SpoolError, OSError."""
    try:
        with open_plain(path, MAX_SCALARS_BYTES) as file:
            size = os.fstat(file.fileno()).st_size if hasattr(file, "fileno") else 0
            file.seek(max(0, size - _TAIL))
            texts = io.BytesIO(file.read(_TAIL)).readlines()
    except FileNotFoundError:
        return []
    names: dict[str, str] = {}
    lines: list[ScalarsLine] = []
    for text in reversed(texts):
        if (line := parse_line(text, names)) is not None:
            lines.append(line)
        if len(lines) == 2:  # the snapshot's own, and one that has no snapshot yet
            break
    return lines[::-1]


def check_names(names: Iterable[str], runs: Sequence[RunNumbers], option: str) -> None:
    """Raises SheetError if no run has one of the names; the message says which there are."""
    for name in names:
        if name in OF_ARRAYS or any(run.has(name) for run in runs):
            continue
        known = list(dict.fromkeys(each for run in runs[:50] for each in run.names))
        there = printable(cut(", ".join(known), _LONGEST_LIST))
        told = f"{option}: no run has {printable(cut(name, 100))!r}{nearest(name, known)}; there are: {there}"
        raise SheetError(told)


def ordered(runs: Sequence[RunNumbers], key: str) -> list[RunNumbers]:
    """The runs in the order of a name's values, from the highest if it is `-NAME`; those without one are last."""
    name, is_down = (key[1:], True) if key.startswith("-") else (key, False)

    def is_missing(value: Value) -> bool:
        return value is None or (isinstance(value, float) and math.isnan(value)) or value == ""

    values = {id(run): run.value(name) for run in runs}
    known = [run for run in runs if not is_missing(values[id(run)])]
    missing = [run for run in runs if is_missing(values[id(run)])]

    def place(run: RunNumbers) -> tuple[bool, float, str]:
        value = values[id(run)]
        return (True, 0.0, value) if isinstance(value, str) else (False, float(value or 0.0), "")

    # sorted twice, as runs of equal values stay in the order of their names both ways
    return sorted(known, key=place, reverse=is_down) + missing
