"""`marks.csv`: written by the page and by people, read by spreadsheets and by us."""

from __future__ import annotations

import csv

import pytest

from autoviz_render.renderer.sheet.marks import LONGEST_NOTE, Mark, read_marks, write_marks
from autoviz_render.spool.errors import UnreadableError

ODD = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "'quoted", "'=x", 'a,"b"', "ünïcode", " spaced "]


def test_marks_survive_the_file_whatever_runs_are_called(tmp_path):
    """A mark that comes back to another run is worse than none."""
    marks = {run: Mark("bad", f"note of {run}".strip(), "2026-11-27T09:30:00Z") for run in ODD}
    marks = {run.strip(): mark for run, mark in marks.items()}
    write_marks(tmp_path, marks)
    assert read_marks(tmp_path) == marks


def test_no_cell_is_a_formula(tmp_path):
    """A spreadsheet would work it out, and could be made to run a program."""
    write_marks(tmp_path, {run: Mark("look", run) for run in ODD})
    with open(tmp_path / "marks.csv", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_what_a_person_wrote_by_hand_is_read(tmp_path):
    """Excel writes a mark at the beginning, people leave columns out, and write what they think."""
    (tmp_path / "marks.csv").write_text(
        "\ufeffmark,run,more\nGOOD,one,1\nlook again,two\n,three\nterrible,four\n,\nbad,one\n", encoding="utf-8"
    )
    assert read_marks(tmp_path) == {"one": Mark("bad"), "two": Mark("look"), "four": Mark("", "terrible")}


def test_no_file_is_no_marks_and_another_kind_of_file_is_told(tmp_path):
    """To take it for no marks would have the next mark replace it."""
    assert read_marks(tmp_path) == {}
    (tmp_path / "marks.csv").write_text("name,grade\na,1\n")
    with pytest.raises(UnreadableError, match="has no column 'run'"):
        read_marks(tmp_path)
    (tmp_path / "marks.csv").write_bytes(b"run,mark\n\xff\xfe,bad\n")
    with pytest.raises(UnreadableError, match="UTF-8"):
        read_marks(tmp_path)


def test_a_mark_is_bounded_and_in_one_line():
    """It comes from a browser, whoever sits there."""
    mark = Mark.of("good", "a\n\x1b[31m\0" + "x" * 5000, "now")
    assert len(mark.note) <= 4 * LONGEST_NOTE
    assert mark.note.isprintable()
    with pytest.raises(ValueError, match="choose from good, bad, look"):
        Mark.of("superb")
