"""Whose a figure's file is: what another program wrote is not replaced, nor is a good figure by the page of an error.

Each file says in its metadata that we made it, and whether it is an error's page: see `plot.formats`. So it is known
as ours wherever it is copied, and nothing else needs to be kept.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Literal

from autoviz_render.renderer.plot.formats import ERROR_PAGE, SOFTWARE
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.safe_read import open_plain
from autoviz_render.spool.text import printable

Whose = Literal["nobody's", "ours", "an error's", "another's"]
"""A file that is not there, our figure, our page that shows an error, or what another program wrote."""

NOTE_SUFFIX = ".error.txt"

_HEAD, _TAIL = 4096, 1 << 16  # bytes: png and svg say it at their beginning, pdf and webp at their end
_MOST_PIXELS = 1 << 28  # bytes
_FASTEST = b"\x01\x5e"  # zlib's and ISA-L's word for their level 1


def whose(path: Path) -> Whose:
    """Whose a file is. What cannot be read, and what is no plain file, is another's."""
    if not os.path.lexists(path):
        return "nobody's"  # also if nobody can tell: whoever writes there will be told why not
    try:
        with open_plain(path, 1 << 62) as file:
            told, size = file.read(_HEAD), os.fstat(file.fileno()).st_size
            if _is_of_version_0_1(file, told, size):
                return "ours"
            if SOFTWARE.encode() not in told:
                file.seek(max(0, size - _TAIL))
                told = file.read(_TAIL)
    except FileNotFoundError:
        return "nobody's"  # by now
    except (OSError, SpoolError):
        return "another's"
    if SOFTWARE.encode() not in told:
        return "another's"
    return "an error's" if ERROR_PAGE.encode() in told else "ours"


def _is_of_version_0_1(file: FileIO, head: bytes, size: int) -> bool:
    """Whether a file is a png of ours that does not say so: framed by hand, as no other program frames them.

    That is: 8 bits of RGB, dots an inch, all pixels in one chunk of the fastest level, no row of them filtered, and
    nothing else.
    """
    is_framed = head[24:29] == b"\x08\x02\0\0\0" and (head[37:41], head[58:63]) == (b"pHYs", b"IDAT\x78")
    if not is_framed or 54 + 12 + int.from_bytes(head[54:58], "big") + 12 != size or head[63] not in _FASTEST:
        return False
    file.seek(62)
    with contextlib.suppress(zlib.error):
        rows = zlib.decompressobj().decompress(file.read(size - 62 - 16), _MOST_PIXELS)
        return not any(rows[:: 1 + 3 * int.from_bytes(head[16:20], "big")])
    return False


def another_programs(stem: Path, formats: Sequence[str]) -> Path | None:
    """The first of a figure's files that another program wrote; None if there is none.

    Args:
        stem: The path of the files, without the suffixes of their formats.
        formats: Which files.
    """
    return next((path for path in files_of(stem, formats) if whose(path) == "another's"), None)


def files_of(stem: Path, formats: Sequence[str]) -> list[Path]:
    """The paths of a figure's files."""
    return [stem.with_name(f"{stem.name}.{kind}") for kind in formats]


def write_note(stem: Path, faults: Sequence[str]) -> None:
    """Say beside a figure's files why they are not of the newest snapshot, in a text that `remove_note` removes."""
    note = _note(stem)
    lines = [
        f"{stem.name} shows an earlier snapshot, or none, because a later one could not be drawn:",
        *(printable(fault) for fault in faults),
        "",
        f"{SOFTWARE} wrote this, and removes it when the figure can be drawn again.",
    ]
    with contextlib.suppress(OSError):  # a full or read-only disk: the log says it, too
        if whose(note) != "another's":
            write_whole(note, ["".join(f"{line}\n" for line in lines).encode()], tmp=note.parent)


def remove_note(stem: Path) -> None:
    """Remove what `write_note` wrote, if it did."""
    note = _note(stem)
    with contextlib.suppress(OSError):
        if os.path.lexists(note) and whose(note) == "ours":
            note.unlink()


def _note(stem: Path) -> Path:
    return stem.with_name(f"{stem.name}{NOTE_SUFFIX}")
