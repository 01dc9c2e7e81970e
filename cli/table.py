"""Aligned columns for a person, in the width that there is. Texts of any script keep their places."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence

from autoviz_render.views.terminal.cells import cells

_GAP = "  "
_NARROWEST = 12  # columns, for the first and the last cells of a row


def terminal_width() -> int:
    """Columns of the terminal, or what COLUMNS says; 80 if there is none."""
    return max(20, shutil.get_terminal_size().columns)


def table(rows: Sequence[Sequence[str]], width: int, right: Sequence[int] = ()) -> list[list[str]]:
    """The lines of each row.

    Nothing is cut. A first cell that finds no room beside the others has a line of its own, as an option in a help text
    has; a last cell that finds none has the lines below, indented.

    Args:
        rows: Printable texts, as many in each row; the first row is the head.
        width: Columns there are.
        right: Numbers of the columns that are aligned at the right.
    """
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    middle = sum(widths[1:-1]) + len(_GAP) * (len(widths) - 1)
    last = min(widths[-1], max(_NARROWEST, width - middle - widths[0], (width - middle) // 2))
    widths[0] = max(cells(rows[0][0]), min(widths[0], width - middle - last))
    if widths[0] + middle + last > width:
        widths[0] = min(widths[0], 4)
        last = width - middle - widths[0]
    return [list(_row(row, widths, last, width, right)) for row in rows]


def wrapped(text: str, width: int, indent: str = _GAP) -> list[str]:
    """A printable text in indented lines."""
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False) or []


def _row(row: Sequence[str], widths: Sequence[int], last: int, width: int, right: Sequence[int]) -> Iterator[str]:
    first = row[0]
    if cells(first) > widths[0]:
        yield from _folded(first, width)
        first = ""
    line = _GAP.join(
        _padded(text, room, is_right=number in right)
        for number, (text, room) in enumerate(zip((first, *row[1:-1]), widths[:-1], strict=True))
    )
    if cells(row[-1]) <= last:
        yield f"{line}{_GAP}{row[-1]}".rstrip()
    elif last >= _NARROWEST:
        begin, *more = textwrap.wrap(row[-1], last)
        yield f"{line}{_GAP}{begin}"
        indent = " " * (cells(line) + len(_GAP))
        yield from (f"{indent}{each}" for each in more)
    else:
        yield line.rstrip()
        yield from wrapped(row[-1], width)


def _padded(text: str, room: int, *, is_right: bool) -> str:
    blank = " " * (room - cells(text))
    return blank + text if is_right else text + blank


def _folded(text: str, width: int) -> Iterator[str]:
    """A path in lines of at most a width, folded after a slash if that is possible; nothing is put in."""
    most = width if text.isascii() else width // 2
    while cells(text) > width:
        at = text.rfind("/", 1, most) + 1 or most
        yield text[:at]
        text = text[at:]
    yield text
