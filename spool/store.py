"""A spool as its readers see it: a listing, and files that never change."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
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
from autoviz_render.spool.notes import Notes
from autoviz_render.spool.paths import SpoolPaths, list_snapshots
from autoviz_render.spool.scalars import ScalarsReader
from autoviz_render.spool.snapshot import ScalarsLine, Snapshot, SnapshotRef, UpdateKey, goodness
from autoviz_render.spool.system.safe_read import refuse_a_link
from autoviz_render.spool.text import cut, in_one_line, printable, shown_safely


class Spool:
    """What there is to read in one spool.

    Args:
        path: The run directory, or its `spool/`; `~` is the home. Nothing is read, or need exist, until asked for.

    Attributes:
        paths: Where everything lies in it.
        notes: Why files of it cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        directory = Path(os.path.expanduser(path))
        inside = directory / "spool"
        # not of `Path`: a disk that fails, or a name that is too long, is for `info` to say
        is_run = os.path.isdir(inside) or (directory.name != "spool" and not os.path.isfile(directory / "spool.json"))
        self.paths = SpoolPaths(inside if is_run else directory)
        self.notes = Notes(self.paths)
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
            refuse_a_link(self.paths.snapshots)
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
            refuse_a_link(self.paths.static)
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
            self.notes.write(error.path, str(error))
        return str(error)

    def unreadable(self, most: int | None = None) -> list[Path]:
        """The snapshots and static files there are of which `bad/` says that they cannot be read.

        Notes about files that are gone, or have other bytes by now, do not count.

        Args:
            most: Of the files in `bad/` to look at; None is all.
        """
        return self.notes.files(most)

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
