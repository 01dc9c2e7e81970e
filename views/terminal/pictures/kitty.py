"""The kitty graphics protocol, which takes PNG as it is.

Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autoviz_render.views.terminal.pictures.files import png_of
from autoviz_render.views.terminal.pictures.picture import Picture, Room
from autoviz_render.views.terminal.pictures.tmux import passed_through

_PIECE = 4096  # bytes of base64 in one command
_MOST_BYTES = 20_000_000
_PLACEHOLDER = "\U0010eeee"
_DIACRITICS = """
305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 5a8-5a9 5ab-5ac 5af 5c4
610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d 73f-741 743 745 747 749-74a
7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b
1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 20db-20dc 20e1 20e7
20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26
10a0f 10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244
"""
"""The marks that number rows and columns, in their order, as code points and ranges of them.

Source: kitty's `rowcolumn-diacritics.txt`.
"""


def in_place(file: Path, room: Room, number: int) -> Picture:
    """A figure that is painted over blank lines.

    Args:
        file: The figure.
        room: Where it is to stand.
        number: Of the picture, from 1 to 255: one of the same number replaces it.

    Raises:
        OSError: As `load` raises it.
    """
    png, size = png_of(file, _MOST_BYTES)
    room = room.fitting(*size)
    where = f"c={room.columns},r={room.rows},C=1,p=1,i={number},q=2"
    sent = "".join(_commands(f"a=T,f=100,{where}", png))
    return Picture(room.columns, ("",) * room.rows, sent, f"\x1b_Ga=p,{where}\x1b\\")


def in_tmux(file: Path, room: Room, number: int) -> Picture:
    """A figure in placeholders, which tmux moves about as text; the picture itself is passed through it.

    The number is the colour of the placeholders, one of 256: those pass whatever tmux knows of colours outside.

    Args:
        file, room, number: As of `in_place`.

    Raises:
        OSError: As `load` raises it.
    """
    png, size = png_of(file, _MOST_BYTES)
    marks = diacritics()
    room = Room(min(room.columns, len(marks)), min(room.rows, len(marks)), room.cell).fitting(*size)
    place = f"a=T,f=100,U=1,c={room.columns},r={room.rows},i={number},q=2"
    sent = "".join(passed_through(command) for command in _commands(place, png))
    lines = (
        f"\x1b[38;5;{number}m"
        + "".join(_PLACEHOLDER + marks[row] + marks[column] for column in range(room.columns))
        + "\x1b[39m"
        for row in range(room.rows)
    )
    return Picture(room.columns, tuple(lines), sent)


def removed(number: int) -> str:
    """Has the terminal forget a picture."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def _commands(keys: str, content: bytes) -> Iterator[str]:
    """The commands that send a picture in pieces."""
    text = base64.standard_b64encode(content).decode()
    for begin in range(0, max(1, len(text)), _PIECE):
        is_more = int(begin + _PIECE < len(text))
        named = f"{keys},m={is_more}" if begin == 0 else f"m={is_more}"
        yield f"\x1b_G{named};{text[begin : begin + _PIECE]}\x1b\\"


@cache
def diacritics() -> tuple[str, ...]:
    """The mark of each row or column, from 0 on."""
    marks: list[str] = []
    for each in _DIACRITICS.split():
        first, _, last = each.partition("-")
        marks += map(chr, range(int(first, 16), int(last or first, 16) + 1))
    return tuple(marks)
