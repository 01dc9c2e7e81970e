"""A spool as its readers see it: a listing, and files that never change."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.epochs import AbandonedRanges, Epoch
from autoviz_render.spool.errors import NoSpoolError, SpoolError, UnreadableError
from autoviz_render.spool.format.footer import decode, read_file
from autoviz_render.spool.format.schema import arrays_from, snapshot_from
from autoviz_render.spool.info import SpoolInfo, read_info
from autoviz_render.spool.paths import SpoolPaths, list_snapshots, snapshot_ref
from autoviz_render.spool.scalars import ScalarsReader
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot, SnapshotRef, UpdateKey, goodness
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.safe_read import read_plain
from autoviz_render.spool.text import cut, in_one_line, printable, shown_safely

_NOTE = ".reason.txt"
_OF = b"That was the file of"  # in a note, before the size and so on
_MOST_NOTE_BYTES = 1 << 16


class Spool:
    """What there is to read in one spool.

    Args:
        path: The run directory, or its `spool/`; `~` is the home. Nothing is read, or need exist, until asked for.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        directory = Path(os.path.expanduser(path))
        inside = directory / "spool"
        # not of `Path`: a disk that fails, or a name that is too long, is for `info` to say
        is_run = os.path.isdir(inside) or (directory.name != "spool" and not os.path.isfile(directory / "spool.json"))
        self.paths = SpoolPaths(inside if is_run else directory)
        self._static: dict[str, Mapping[str, Array]] = {}
        self._scalars = ScalarsReader(self.paths.scalars)
        self._info: SpoolInfo | None = None

    @shown_safely
    def __repr__(self) -> str:
        return f"Spool({cut(str(self.paths.directory), 300)!r}: {self._told()})"

    def _told(self) -> str:
        """What there is, for a person, from a listing and `spool.json`."""
        try:
            info = self.info()
            refs = list_snapshots(self.paths.snapshots)
        except NoSpoolError:
            return "no spool yet"
        except (SpoolError, OSError) as error:
            return f"unreadable, {printable(in_one_line(error), 300)}"
        newest = f", newest {refs[-1].path.name}" if refs else ""
        is_gone = info.state == "running" and info.is_over()
        state = "running when its process ended" if is_gone else info.state
        return f"{len(refs)} snapshot{'s' * (len(refs) != 1)}{newest}, {state}"

    def info(self) -> SpoolInfo:
        """Whose spool it is and whether the run goes on.

        Raises:
            SpoolError: There is none to read.
        """
        with _said_of(self.paths.info):
            self._info = read_info(self.paths.info)
        return self._info

    def snapshots(self, *, abandoned: bool = False, info: SpoolInfo | None = None) -> list[SnapshotRef]:
        """Every snapshot there is now, in the order of publishing. Any of them may be gone a moment later.

        Args:
            abandoned: Those too of what a resumed run did over.
            info: What `info` gave just now, which need then not be read again.

        Raises:
            SpoolError: The folder cannot be listed, or is a link, which may lead to somebody else's.
        """
        with _said_of(self.paths.snapshots):
            _refuse_a_link(self.paths.snapshots)
            refs = list_snapshots(self.paths.snapshots)
        ranges = AbandonedRanges(self._epochs(info))
        if abandoned or not ranges:
            return refs
        iterations: dict[UpdateKey, int] = {}
        with contextlib.suppress(SpoolError):  # without them nothing is hidden
            iterations = {line.key: line.iteration for line in self._lines()}
        return [ref for ref in refs if not ranges.is_abandoned(ref.epoch, iterations.get(ref.key))]

    def newest(self) -> SnapshotRef | None:
        """The last snapshot published, or None."""
        return max(self.snapshots(), default=None)

    def best(self) -> SnapshotRef | None:
        """The snapshot of the highest log likelihood, the newest of equals, or None."""
        known = {line.key: line.log_likelihood for line in self.scalars()}
        return max(self.snapshots(), key=lambda ref: goodness(ref, known.get(ref.key, math.nan)), default=None)

    def read(self, ref: SnapshotRef) -> Snapshot:
        """Read and verify a snapshot with its static arrays; the arrays are read-only.

        Raises:
            FileNotFoundError: It is gone: retention at work.
            UnreadableError: The file is at fault.
            LaterVersionError: A later version of this package wrote it.
            OSError: The disk is at fault.
        """
        fields, digests = snapshot_from(decode(read_file(ref.path), ref.path, "snapshot"), ref.path)
        static: dict[str, Array] = {}
        for digest in digests:
            static |= self.static(digest)
        history = _LinesUntil(partial(self.history, *ref.key))
        info = self._known_info()
        run, figures = (info.run, info.figures) if info else (self.paths.run_dir.name, ())
        return Snapshot(static=static, run=run, figures=figures, history=history, **fields)

    def static(self, digest: str) -> Mapping[str, Array]:
        """The arrays of one static file by name; kept, as they never change.

        Raises:
            UnreadableError: The file is missing, or at fault.
            LaterVersionError: A later version of this package wrote it.
            OSError: The disk is at fault.
        """
        if digest not in self._static:
            path = self.paths.static / f"{digest}.h5"
            _refuse_a_link(self.paths.static)
            try:
                data = read_file(path)
            except FileNotFoundError as error:
                raise UnreadableError(path, "is missing: snapshots need it, copy it with them") from error
            if hashlib.sha256(data).hexdigest() != digest:
                raise UnreadableError(path, "is damaged: its content does not match its name")
            self._static[digest] = MappingProxyType(arrays_from(decode(data, path, "static")))
        return self._static[digest]

    def scalars(self, *, abandoned: bool = False) -> list[ScalarsLine]:
        """The numbers of every quick update, those too whose snapshots are gone; no step twice.

        Of a run so long that its `scalars.jsonl` had more than 32 MiB, the older ones are fewer: see `docs/format.md`.

        Args:
            abandoned: Those too of what a resumed run did over.

        Raises:
            SpoolError: They cannot be read.
        """
        lines = self._lines()
        return lines if abandoned else AbandonedRanges(self._epochs()).without_abandoned(lines)

    def history(self, epoch: int, sequence: int) -> list[ScalarsLine]:
        """The numbers of the quick updates until one, without what had been done over by then.

        Whatever was published later has no part in it: a snapshot drawn again has the history that it had live.
        """
        epochs = [each for each in self._epochs() if each.number <= epoch]
        lines = [line for line in self._lines() if line.key <= (epoch, sequence)]
        return AbandonedRanges(epochs).without_abandoned(lines)

    def explain(self, ref: SnapshotRef, error: SpoolError) -> str:
        """What to tell a person of a snapshot that `read` refused; noted in `bad/` if a file is at fault.

        The files stay where they are: they may still be on their way from another disk.
        """
        if error.path == ref.path or error.path.parent == self.paths.static:
            self.note(error.path, str(error))
        return str(error)

    def note(self, path: Path, reason: str) -> bool:
        """Write `bad/NAME.reason.txt`: why a snapshot or a static file cannot be read, unless that is there already.

        The note holds until the bytes of the file change. False if there is no such file, or the note could not be
        written: the spool may be somebody else's.
        """
        bad, of = self.paths.bad, _as_it_is(path)
        folder = os.path.abspath(path.parent)
        if of is None or folder not in map(os.path.abspath, (self.paths.snapshots, self.paths.static)):
            return False
        told = f"{printable(reason)}\n{of}\n".encode()
        try:
            _refuse_a_link(bad)
            if _noted(bad, path.name) != told:
                bad.mkdir(exist_ok=True)
                write_whole(bad / f"{path.name}{_NOTE}", [told], tmp=bad)
        except (OSError, SpoolError):
            return False
        return True

    def is_noted(self, path: Path) -> bool:
        """Whether `bad/` says of a snapshot or static file, with the bytes that it has now, that it cannot be read."""
        of = _as_it_is(path)
        return of is not None and _noted(self.paths.bad, path.name).endswith(f"\n{of}\n".encode())

    def unreadable(self, most: int | None = None) -> list[Path]:
        """The snapshots and static files there are of which `bad/` says that they cannot be read.

        Notes about files that are gone, or have other bytes by now, do not count.

        Args:
            most: Of the files in `bad/` to look at; None is all.
        """
        try:
            with os.scandir(self.paths.bad) as entries:
                some = [entry.name for entry in itertools.islice(entries, most)]
        except OSError:
            return []  # as a rule there is no such folder
        names = [name.removesuffix(_NOTE) for name in some if name.endswith(_NOTE)]
        paths = [self.paths.snapshots / name for name in names if snapshot_ref(self.paths.snapshots, name)]
        paths += [self.paths.static / name for name in names if re.fullmatch(r"[0-9a-f]{64}\.h5", name)]
        return sorted(path for path in paths if self.is_noted(path) or self._is_noted_as_ever(path))

    def _is_noted_as_ever(self, path: Path) -> bool:
        """Whether there is such a file and a note about it that does not say of which bytes."""
        return os.path.lexists(path) and _OF not in _noted(self.paths.bad, path.name)

    def _lines(self) -> list[ScalarsLine]:
        with _said_of(self.paths.scalars):
            return self._scalars.lines()

    def _epochs(self, info: SpoolInfo | None = None) -> tuple[Epoch, ...]:
        """Every start of the run; none if they cannot be read: then nothing counts as done over."""
        with contextlib.suppress(SpoolError):
            return (info or self.info()).epochs
        return ()

    def _known_info(self) -> SpoolInfo | None:
        """What `spool.json` said last, which is read for it once; None if it cannot be read."""
        if self._info is None:
            with contextlib.suppress(SpoolError):
                self.info()
        return self._info


class _LinesUntil(Sequence[ScalarsLine]):
    """The lines that a call reads; it is called when they are first looked at."""

    def __init__(self, read: Callable[[], list[ScalarsLine]]) -> None:
        self._read = read

    @cached_property
    def _lines(self) -> list[ScalarsLine]:
        return self._read()

    def __getitem__(self, at: Any) -> Any:
        return self._lines[at]

    def __len__(self) -> int:
        return len(self._lines)


@contextlib.contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """What the disk raises becomes an error of that spool: of many runs, one fault must not cost the others."""
    try:
        yield
    except SpoolError:
        raise
    except OSError as error:
        raise UnreadableError(path, f"cannot be read: {error.strerror or error}") from error


def _refuse_a_link(folder: Path) -> None:
    """Nobody is led out of a spool by what whoever made it put there."""
    if os.path.islink(folder):
        raise UnreadableError(folder, "is a link and is not followed: it may lead out of the run")


def _as_it_is(path: Path) -> str | None:
    """What tells the bytes that a file has now from those it has later, in words; None if there is no file."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return f"{_OF.decode()} {status.st_size} bytes modified at {status.st_mtime_ns} ns."


def _noted(bad: Path, name: str) -> bytes:
    """The note about a file; empty if there is none."""
    with contextlib.suppress(OSError, SpoolError):
        return bytes(read_plain(bad / f"{name}{_NOTE}", _MOST_NOTE_BYTES))
    return b""
