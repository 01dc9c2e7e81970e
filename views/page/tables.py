"""The rows of all runs, in files of which only those are written again whose runs changed.

A few rows that changed are told in `index.js` first: one run of ten thousand that goes on costs a page a few kilobytes.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from autoviz_render.spool.text import cut
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.page.scripts import data_script, digest_of, script_of, script_text

ROWS_A_FILE = 500
MOST_CHANGED = 100
"""Rows that changed and are told in `index.js`."""

_MOST_NAMES = 1000  # of other numbers, over all runs
_MOST_SCALARS = 200  # of one run
_MOST_ALARMS = 4  # of one run
_LONGEST = 200  # characters of a text: there are very many
_OF_VIEW = (
    *("key", "run", "state", "reason", "is_silent", "epoch", "updates", "step", "snapshots", "iteration"),
    *("log_likelihood", "log_evidence", "rate", "interval", "started", "updated", "warning", "bad_files"),
)
_OF_END = ("done", "earliest", "latest")
_OF_RENDERER = ("drawn", "skipped", "beat", "frame_seconds", "last_error")
_OF_FIGURE = ("folder", "page", "figure", "modified", "thumb")
FIELDS = (
    *("slot", *_OF_VIEW, *_OF_END, "walltime", "renderer", *_OF_RENDERER, *_OF_FIGURE, "scalars"),
    *("alarms", "alarm"),
)
"""What a row has, in its order; see `views.page`."""

_WHOLE_TEXT = ("key",)  # by which a server finds the run


@dataclass
class _File:
    """A file of rows.

    Attributes:
        digest: Of what it holds; empty before it is written.
        changed: The slots whose rows are not as they are in the file.
    """

    digest: str = ""
    changed: set[int] = field(default_factory=set)


class Tables:
    """The rows of all runs.

    Args:
        folder_of: The link to the folder of a run's figures, "" or ending in `/`.
        figure_of: The link to its newest figure; None if there is none.
    """

    def __init__(self, folder_of: Callable[[RunView], str], figure_of: Callable[[RunView], str | None]) -> None:
        self._folder_of, self._figure_of = folder_of, figure_of
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._rows: list[bytes] = []
        self._states: dict[str, str] = {}
        self._names: dict[str, int] = {}
        self._files: list[_File] = []

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, key: str) -> int:
        """The number of a run's row, which it keeps."""
        if key not in self._slots:
            if self._free:
                self._slots[key] = heapq.heappop(self._free)
            else:
                self._slots[key] = len(self._rows)
                self._rows.append(b"")
        return self._slots[key]

    def set(self, view: RunView, *, has_page: bool, thumb: str | None) -> None:
        """Have the row of a run as it stands.

        Args:
            view: How it stands.
            has_page: Whether there is a page of its own.
            thumb: The digest of its thumbnail; None if there is none.
        """
        slot = self.slot(view.key)
        self._states[view.key] = view.state
        self._put(slot, script_text(self._row(slot, view, has_page, thumb)))

    def remove(self, key: str) -> None:
        """The run is gone."""
        if key in self._slots:
            slot = self._slots.pop(key)
            del self._states[key]
            heapq.heappush(self._free, slot)
            self._put(slot, script_text([slot]))

    def changed_files(self, most_changed: int = MOST_CHANGED) -> Iterator[tuple[str, bytes]]:
        """The files to write, by name, after which at most so many changed rows are in none."""
        while sum(len(file.changed) for file in self._files) > most_changed:
            number = max(range(len(self._files)), key=lambda number: len(self._files[number].changed))
            yield self._written(number)

    def file_names(self) -> list[str]:
        """The names of the files."""
        return [f"{_name(number)}.js" for number in range(len(self._files))]

    def index(
        self, *, now: float, next_: float | None, path: str, is_complete: bool, thumbs: Sequence[dict[str, object]] = ()
    ) -> bytes:
        """`index.js`; see `views.page`. Every file of `changed_files` is to be written before it."""
        changed = sorted(slot for file in self._files for slot in file.changed)
        tables = [
            {"file": f"{_name(number)}.js", "digest": file.digest, "rows": self._count_in(number)}
            for number, file in enumerate(self._files)
            if file.digest
        ]
        value: dict[str, object] = {"now": now, "next": next_, "path": cut(path, _LONGEST), "is_complete": is_complete}
        value |= {"runs": len(self), "states": sorted(Counter(self._states.values()).items())}
        head = data_script("index", value | {"tables": tables, "thumbs": list(thumbs)})
        return head[: head.rindex(b"}")] + b',"changed":' + self._table(changed) + b"});\n"

    def _put(self, slot: int, row: bytes) -> None:
        while slot // ROWS_A_FILE >= len(self._files):
            self._files.append(_File())
        if self._rows[slot] != row:
            self._rows[slot] = row
            self._files[slot // ROWS_A_FILE].changed.add(slot)

    def _row(self, slot: int, view: RunView, has_page: bool, thumb: str | None) -> list[object]:
        about = vars(view)
        of_view = [about[name] if name in _WHOLE_TEXT else _short(about[name]) for name in _OF_VIEW]
        of_end = [getattr(view.end, name, None) for name in _OF_END] + [view.walltime]
        of_renderer = [_short(getattr(view.renderer, name)) for name in _OF_RENDERER]
        modified = view.figures[0].modified if view.figures else None
        figure = [self._folder_of(view), has_page, self._figure_of(view), modified, thumb]
        alarms = [len(view.alarms), _short("; ".join(alarm.sentence for alarm in view.alarms[:_MOST_ALARMS]))]
        of_run = [*of_view, *of_end, view.renderer.state, *of_renderer, *figure]
        return [slot, *of_run, self._scalars(view), *alarms]

    def _scalars(self, view: RunView) -> list[float]:
        """A run's other numbers, each behind the number of its name."""
        told: list[float] = []
        for name, value in list(view.scalars.items())[:_MOST_SCALARS]:
            short = cut(name, _LONGEST)
            if short not in self._names and len(self._names) >= _MOST_NAMES:
                continue
            told += [self._names.setdefault(short, len(self._names)), value]
        return told

    def _count_in(self, number: int) -> int:
        return len(range(len(self._rows))[number * ROWS_A_FILE : (number + 1) * ROWS_A_FILE])

    def _written(self, number: int) -> tuple[str, bytes]:
        slots = range(len(self._rows))[number * ROWS_A_FILE : (number + 1) * ROWS_A_FILE]
        table, file = self._table(slots), self._files[number]
        file.digest, file.changed = digest_of(table), set()
        text = b'{"format":1,"digest":"%s",%s' % (file.digest.encode(), table[1:])
        return f"{_name(number)}.js", script_of(_name(number), text)

    def _table(self, slots: Sequence[int]) -> bytes:
        """The rows of these slots as JSON, with what their values are called."""
        head = script_text({"fields": FIELDS, "names": list(self._names)})
        return head[:-1] + b',"rows":[' + b",".join(self._rows[slot] for slot in slots if self._rows[slot]) + b"]}"


def _short(value: object) -> object:
    return cut(value, _LONGEST) if isinstance(value, str) else value


def _name(number: int) -> str:
    return f"runs-{number:03d}"
