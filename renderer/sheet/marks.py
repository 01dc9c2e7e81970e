"""What a person thinks of the runs: `marks.csv`, which a spreadsheet reads, and a person may write by hand.

    run,mark,note,when
    field/lens_017,bad,source is empty,2026-11-27T09:30:00Z

`run` is the path of the run's directory from the folder that the sheet is of, with `/`; `mark` is good, bad, look, or
empty if there is only a note. A text that a spreadsheet would take for a formula is written with an apostrophe before
it, which is taken off when it is read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.safe_read import read_plain
from autoviz_render.spool.text import printable

FILE = "marks.csv"
MARKS = ("good", "bad", "look")
LONGEST_NOTE = 1000
"""Characters."""

_FIELDS = ("run", "mark", "note", "when")
_MOST_BYTES = 1 << 26
_LONGEST_RUN = 4096
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""How a cell begins that a spreadsheet works out, or that already has an apostrophe.

Source: OWASP, CSV Injection.
"""


@dataclass(frozen=True)
class Mark:
    """What a person thinks of a run.

    Attributes:
        mark: One of `MARKS`; empty if there is only a note.
        note: In a line.
        when: When it was made, as ISO 8601 in UTC; as the person wrote it if that is something else.
    """

    mark: str = ""
    note: str = ""
    when: str = ""

    @staticmethod
    def of(mark: str, note: str = "", when: str = "") -> Mark:
        """A mark of texts that a stranger may have sent: bounded, in one line each. Raises ValueError."""
        if mark not in ("", *MARKS):
            raise ValueError(f"mark is {printable(mark, 60)!r}: choose from {', '.join(MARKS)}")
        return Mark(mark, _line(note, LONGEST_NOTE), _line(when, 40))


NO_MARK = Mark()

Marks = Mapping[str, Mark]
"""By run."""


def read_marks(folder: Path) -> dict[str, Mark]:
    """The marks in a folder, the last of a run counts; none if there is no file.

    Raises:
        UnreadableError: It is no such file: no CSV with a column `run`, or very large.
        OSError: The disk is at fault.
    """
    file = folder / FILE
    try:
        text = bytes(read_plain(file, _MOST_BYTES)).decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise UnreadableError(file, "is no text in UTF-8: save it as such") from error
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), restval="")
        if text.strip() and "run" not in (rows.fieldnames or ()):
            raise UnreadableError(file, f"has no column 'run'; its first line is {','.join(_FIELDS)}")
        return {_bare(row["run"]): made for row in rows if (made := _mark_of(row)) is not None and row["run"]}
    except csv.Error as error:
        raise UnreadableError(file, f"cannot be read: {error}") from error


def write_marks(folder: Path, marks: Marks) -> Path:
    """Write all marks, in the order of the runs; the file appears whole. Raises OSError."""
    file = folder / FILE
    write_whole(file, [marks_text(marks.items()).encode()], tmp=folder)
    return file


def marks_text(marks: Iterable[tuple[str, Mark]]) -> str:
    """The content of the file."""
    told = io.StringIO(newline="")
    writer = csv.writer(told, lineterminator="\n")
    writer.writerow(_FIELDS)
    for run, made in sorted(marks):
        if made.mark or made.note:
            writer.writerow([_guarded(each) for each in (run, made.mark, made.note, made.when)])
    return told.getvalue()


def _mark_of(row: Mapping[str, str | None]) -> Mark | None:
    """What a row says; None for one that a person is still writing."""
    mark = (row.get("mark") or "").strip().casefold()
    mark = "look" if mark == "look again" else mark
    note, when = (_bare(row.get(name) or "") for name in ("note", "when"))
    if mark not in ("", *MARKS):
        note, mark = f"{mark}: {note}".rstrip(": "), ""
    return Mark.of(mark, note, when) if mark or note else None


def _guarded(text: str) -> str:
    text = _line(text, _LONGEST_RUN)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _bare(text: str) -> str:
    text = text[:_LONGEST_RUN]
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _line(text: str, most: int) -> str:
    """A text in one line without what cannot be seen; NUL is none that a CSV has."""
    return printable(text[:most]).strip()
