"""The notes in `bad/`: why a file of a spool cannot be read; the file itself stays where it is.

A note, `bad/NAME.reason.txt`, ends with a line that says of which bytes it speaks, and holds until they change: a
file may still be on its way from another disk. Notes of earlier versions have no such line, and hold while the file is
there.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from pathlib import Path

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.safe_read import read_plain, refuse_a_link
from autoviz_render.spool.text import printable

_NOTE = ".reason.txt"
_OF = b"That was the file of"  # in a note, before the size and so on
_MOST_NOTE_BYTES = 1 << 16


class Notes:
    """The notes about the snapshots, static files and packs of one spool.

    Args:
        paths: Of the spool.
    """

    def __init__(self, paths: SpoolPaths) -> None:
        self._paths = paths

    def write(self, path: Path, reason: str) -> bool:
        """Note why a file cannot be read, unless that is there already.

        False if there is no such file, or the note could not be written: the spool may be somebody else's.
        """
        bad, of = self._paths.bad, _as_it_is(path)
        folders = (self._paths.snapshots, self._paths.static, self._paths.packs)
        if of is None or os.path.abspath(path.parent) not in map(os.path.abspath, folders):
            return False
        told = f"{printable(reason)}\n{of}\n".encode()
        try:
            refuse_a_link(bad)
            if self._text(path) != told:
                bad.mkdir(exist_ok=True)
                write_whole(bad / f"{path.name}{_NOTE}", [told], tmp=bad)
        except (OSError, SpoolError):
            return False
        return True

    def is_noted(self, path: Path) -> bool:
        """Whether there is a note about a file with the bytes that it has now."""
        of = _as_it_is(path)
        return of is not None and self._text(path).endswith(f"\n{of}\n".encode())

    def files(self, most: int | None = None) -> list[Path]:
        """The files there are about which there is a note that holds.

        Args:
            most: Of the files in `bad/` to look at; None is all.
        """
        try:
            with os.scandir(self._paths.bad) as entries:
                some = [entry.name for entry in itertools.islice(entries, most)]
        except OSError:
            return []  # as a rule there is no such folder
        names = [name.removesuffix(_NOTE) for name in some if name.endswith(_NOTE)]
        paths = [self._paths.snapshots / name for name in names if snapshot_ref(self._paths.snapshots, name)]
        paths += [self._paths.static / name for name in names if re.fullmatch(r"[0-9a-f]{64}\.h5", name)]
        paths += [self._paths.packs / name for name in names if name.endswith(".zip")]
        return sorted(path for path in paths if self.is_noted(path) or self._is_noted_as_ever(path))

    def _is_noted_as_ever(self, path: Path) -> bool:
        """Whether there is such a file and a note about it that does not say of which bytes."""
        return os.path.lexists(path) and _OF not in self._text(path)

    def _text(self, path: Path) -> bytes:
        """The note about a file; empty if there is none."""
        with contextlib.suppress(OSError, SpoolError):
            return bytes(read_plain(self._paths.bad / f"{path.name}{_NOTE}", _MOST_NOTE_BYTES))
        return b""


def _as_it_is(path: Path) -> str | None:
    """What tells the bytes that a file has now from those it has later, in words; None if there is no file."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return f"{_OF.decode()} {status.st_size} bytes modified at {status.st_mtime_ns} ns."
