"""A spool as its readers see it: a listing, and files that never change."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

from autoviz_render.spool.arrays import Array
from autoviz_render.spool.epochs import AbandonedRanges, Epoch
from autoviz_render.spool.errors import NoSpoolError, SpoolError, UnreadableError, WrongTypeError
from autoviz_render.spool.format.footer import decode, footer_digest
from autoviz_render.spool.format.schema import arrays_from, snapshot_from
from autoviz_render.spool.guard import WarnOnce, wrong
from autoviz_render.spool.info import SpoolInfo, read_info
from autoviz_render.spool.notes import Notes
from autoviz_render.spool.packs.pack_files import PackFiles
from autoviz_render.spool.paths import SpoolPaths, snapshot_name, why_no_spool
from autoviz_render.spool.scalars import ScalarsReader
from autoviz_render.spool.snapshot import Earlier, ScalarsLine, Snapshot, SnapshotRef, UpdateKey, goodness
from autoviz_render.spool.system.archived import archive_beside, is_file, is_folder, spools_in
from autoviz_render.spool.system.safe_read import refuse_a_link
from autoviz_render.spool.text import cut, in_one_line, nearby, printable, shown_safely

if TYPE_CHECKING:
    from autoviz_render.spool.interchange.datatree import DataTree
    from autoviz_render.spool.interchange.samples import Samples
    from autoviz_render.spool.interchange.tables import DataFrame

log = logging.getLogger("autoviz_render.spool")

_STATIC_IS_GONE = (
    "is missing: snapshots need it, and it was not copied, or a purge of the disk took it; a run that goes on writes"
    " it again at its next quick update, else copy it there from where the run was"
)
_LONGEST_PATH = 100  # characters in a `repr`


class Spool:
    """What there is to read in one spool.

    It is a sequence of the snapshots that are kept, each read when it is asked for: `len(spool)`, `spool[-1]`,
    `spool[:10]`, `for snapshot in spool`. Of a run that goes on they change: what was removed meanwhile is passed over.

    Args:
        path: The run directory, or its `spool/`; `~` is the home. Nothing is read, or need exist, until asked for.

    Attributes:
        paths: Where everything lies in it.
        notes: Why files of it cannot be read.
        files: Its snapshots and static files, loose or in packs.

    Raises:
        WrongTypeError: It is no path.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise WrongTypeError(wrong("path", path, "expected the path of a run directory, or of its spool"))
        self.paths = SpoolPaths(_spool_at(Path(os.path.expanduser(path))))
        self.notes = Notes(self.paths)
        self.files = PackFiles(self.paths, self._tell_of_a_pack)
        self._warn = WarnOnce(log)
        self._static: dict[str, Mapping[str, Array]] = {}
        self._scalars = ScalarsReader(self.paths.scalars)
        self._info: SpoolInfo | None = None

    @shown_safely
    def __repr__(self) -> str:
        return f"Spool({cut(nearby(str(self.paths.directory)), _LONGEST_PATH)!r}: {self._told()})"

    def __len__(self) -> int:
        """How many snapshots there are now. Raises SpoolError."""
        return len(self._refs())

    def __bool__(self) -> bool:
        """A spool without snapshots is one, too."""
        return True

    def __iter__(self) -> Iterator[Snapshot]:
        """The snapshots that there are now, in the order of publishing. Raises SpoolError."""
        return self._read_all(self._refs())

    @overload
    def __getitem__(self, at: int) -> Snapshot: ...
    @overload
    def __getitem__(self, at: slice) -> list[Snapshot]: ...
    def __getitem__(self, at: int | slice) -> Snapshot | list[Snapshot]:
        """A snapshot by its place among those that there are now, from the end if it is negative; or several.

        Raises:
            IndexError: There are not so many.
            WrongTypeError: It is no whole number and no slice.
            SpoolError: It cannot be read.
        """
        if isinstance(at, slice):
            return list(self._read_all(self._refs()[at]))
        if not hasattr(at, "__index__"):
            raise WrongTypeError(
                wrong("index", at, "expected a whole number or a slice; read(ref) reads a SnapshotRef")
            )
        return self._read_first(lambda: self._at(operator.index(at)))

    def _at(self, number: int) -> SnapshotRef:
        refs = self._refs()
        if not -len(refs) <= number < len(refs):
            raise IndexError(f"index is {number}; {self.paths.directory} holds {len(refs)} snapshots")
        return refs[number]

    def _told(self) -> str:
        """What there is, for a person, from a listing and `spool.json`."""
        try:
            info = self.info()
            refs = self.files.snapshots()
        except NoSpoolError:
            return "no spool yet"
        except (SpoolError, OSError) as error:
            return f"unreadable, {printable(in_one_line(error), _LONGEST_PATH)}"
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
            refs = self.files.snapshots()
        ranges = AbandonedRanges(self._epochs(info))
        if abandoned or not ranges:
            return refs
        iterations: dict[UpdateKey, int] = {}
        with contextlib.suppress(SpoolError):  # without them nothing is hidden
            iterations = {line.key: line.iteration for line in self._lines()}
        return [ref for ref in refs if not ranges.is_abandoned(ref.epoch, iterations.get(ref.key))]

    def newest(self) -> SnapshotRef | None:
        """The last snapshot published, or None if there is none yet, as before the run has begun."""
        return max(self.snapshots(), default=None)

    def read_newest(self) -> Snapshot:
        """The last snapshot published, read: a newer one if it was removed in the meantime.

        Raises:
            NoSpoolError: There is no spool, or no snapshot in it yet.
            SpoolError: It cannot be read.
            OSError: The disk is at fault.
        """

        def newest() -> SnapshotRef:
            if not (refs := self._refs()):
                raise NoSpoolError(self.paths.directory, "holds no snapshot yet")
            return refs[-1]

        return self._read_first(newest)

    def best(self) -> SnapshotRef | None:
        """The snapshot of the highest log likelihood, the newest of equals, or None if there is none yet.

        Raises:
            NoSpoolError: There is no spool.
        """
        refs = self._refs()
        known = {line.key: line.log_likelihood for line in self.scalars()}
        return max(refs, key=lambda ref: goodness(ref, known.get(ref.key, math.nan)), default=None)

    def read(self, ref: SnapshotRef) -> Snapshot:
        """Read and verify a snapshot with its static arrays; the arrays are read-only.

        Raises:
            WrongTypeError: It is none. If it is None and there is no spool, NoSpoolError.
            FileNotFoundError: It is gone: retention at work. `read_newest` looks again.
            UnreadableError: The file is at fault.
            LaterVersionError: A later version of this package wrote it.
            OSError: The disk is at fault.
        """
        if not isinstance(ref, SnapshotRef):
            raise WrongTypeError(wrong("ref", ref, self._expected(ref)))
        fields, digests = self.files.read(ref.path, as_snapshot)
        static: dict[str, Array] = {}
        for digest in digests:
            static |= self.static(digest)
        history = _LinesUntil(partial(self.history, *ref.key))
        info = self._known_info()
        of_run = _of_run(info) if info else {"run": self.paths.run_dir.name}
        earlier = Earlier(partial(self._earlier, *ref.key))
        told: dict[str, Any] = {"history": history, "earlier": earlier, "static_digests": digests}
        return Snapshot(static=static, **told, **of_run, **fields)

    def samples(self, ref: SnapshotRef | None = None) -> Samples:
        """The posterior that a snapshot holds, with its weights and labels: see `Samples`.

        Args:
            ref: Of the snapshot; by default the newest.

        Raises:
            NoSamplesError: It holds no samples.
            NoSpoolError: There is no spool, or no snapshot in it yet.
            SpoolError, OSError: As `read` raises them.
        """
        return self._with_samples(ref)[1]

    def to_datatree(self, ref: SnapshotRef | None = None, *, resample: bool = False) -> DataTree:
        """The same as a tree of xarray, which ArviZ takes from version 1 on.

        Its groups are `posterior`, array[chain, draw] of each parameter; `sample_stats`, with `lp`, the log likelihood
        and the weights; `observed_data` and `constant_data`, the static arrays. Its attributes name the run and the
        snapshot. ArviZ takes all draws to weigh the same: of a nested sampler ask for `resample`.

        Args:
            ref: Of the snapshot; by default the newest.
            resample: Draw samples of equal weight, as many as the effective sample size; the same at every call.

        Raises:
            MissingPackageError: xarray is not installed: `pip install 'autoviz-render[interchange]'`.
            SpoolError, OSError: As `samples` raises them.
        """
        from autoviz_render.spool.interchange.datatree import tree_of

        info = self._known_info()
        program = info.producer.program if info else ""
        return tree_of(*self._with_samples(ref), resample=resample, program=program)

    def to_pandas(self) -> DataFrame:
        """The numbers of every quick update, as `scalars` has them: a row each, by the number of the quick update.

        The columns are `epoch`, `iteration`, `time`, `log_likelihood`, `best NAME` of each parameter, and the sampler's
        own numbers.

        Raises:
            MissingPackageError: pandas is not installed: `pip install 'autoviz-render[interchange]'`.
            SpoolError: They cannot be read.
        """
        from autoviz_render.spool.interchange.tables import table_of_lines

        self._refs()  # a path without a spool is no empty table
        return table_of_lines(self.scalars())

    def _with_samples(self, ref: SnapshotRef | None) -> tuple[Snapshot, Samples]:
        from autoviz_render.spool.interchange.published import samples_of  # which a sampler's process does not need

        snapshot = self.read_newest() if ref is None else self.read(ref)
        name = snapshot_name(snapshot.epoch, snapshot.sequence)
        return snapshot, samples_of(snapshot, self.paths.snapshots / name)

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
                self._static[digest] = self.files.read(path, partial(as_static, digest))
            except FileNotFoundError as error:
                raise UnreadableError(path, _STATIC_IS_GONE) from error
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

    def _earlier(self, epoch: int, sequence: int) -> list[tuple[int, Callable[[], Snapshot]]]:
        """The snapshots before one, without what had been done over by then: the iteration of each, and what reads it.

        One whose iteration is not known has that of the one before.
        """
        with _said_of(self.paths.snapshots):
            refs = [ref for ref in self.files.snapshots() if ref.key < (epoch, sequence)]
        known = {line.key: line.iteration for line in self._lines()}
        ranges = AbandonedRanges([each for each in self._epochs() if each.number <= epoch])
        found: list[tuple[int, Callable[[], Snapshot]]] = []
        iteration = 0
        for ref in refs:
            iteration = known.get(ref.key, iteration)
            if not ranges.is_abandoned(ref.epoch, known.get(ref.key)):
                found.append((iteration, partial(self.read, ref)))
        return found

    def explain(self, ref: SnapshotRef, error: SpoolError) -> str:
        """What to tell a person of a snapshot that `read` refused; noted in `bad/` if a file is at fault.

        The files stay where they are: they may still be on their way from another disk.
        """
        if error.path == ref.path or error.path.parent in (self.paths.static, self.paths.packs):
            self.notes.write(error.path, str(error))
        return str(error)

    def unreadable(self, most: int | None = None) -> list[Path]:
        """The snapshots, static files and packs there are of which `bad/` says that they cannot be read.

        Notes about files that are gone, or have other bytes by now, do not count.

        Args:
            most: Of the files in `bad/` to look at; None is all.
        """
        return self.notes.files(most)

    def _expected(self, ref: object) -> str:
        """In place of what is no reference. Raises NoSpoolError if it is None as there is no spool."""
        if ref is None and not self._refs():
            return "expected a SnapshotRef; there is no snapshot yet"
        return "expected a SnapshotRef, as newest(), best() and snapshots() give it"

    def _refs(self) -> list[SnapshotRef]:
        """The snapshots there are now. Raises NoSpoolError if there is no spool: a path may be mistyped."""
        try:
            refs = self.snapshots()
        except UnreadableError as error:
            if not isinstance(error.__cause__, NotADirectoryError):
                raise
            refs = []  # the path is a file
        if not refs and not is_file(self.paths.info):
            named = self.paths.directory if is_folder(self.paths.directory) else self.paths.run_dir
            raise NoSpoolError(named, why_no_spool(named))
        return refs

    def _read_all(self, refs: Iterable[SnapshotRef]) -> Iterator[Snapshot]:
        for ref in refs:
            with contextlib.suppress(FileNotFoundError):  # gone meanwhile
                yield self.read(ref)

    def _read_first(self, choose: Callable[[], SnapshotRef]) -> Snapshot:
        """The snapshot that is chosen; if it is gone when it is read, what is chosen then."""
        chosen = None
        while True:
            before, chosen = chosen, choose()
            try:
                return self.read(chosen)
            except FileNotFoundError:
                if chosen == before:
                    raise  # it is listed and cannot be found, and no other one takes its place

    def _lines(self) -> list[ScalarsLine]:
        with _said_of(self.paths.scalars):
            return self._scalars.lines()

    def _epochs(self, info: SpoolInfo | None = None) -> tuple[Epoch, ...]:
        """Every start of the run; none if they cannot be read: then nothing counts as done over."""
        with contextlib.suppress(SpoolError):
            return (info or self.info()).epochs
        return ()

    def _tell_of_a_pack(self, error: SpoolError) -> None:
        """Say once that a pack cannot be read, and note it: what is in it is missing everywhere."""
        self._warn("%s", error)
        self.notes.write(error.path, str(error))

    def _known_info(self) -> SpoolInfo | None:
        """What `spool.json` said last, which is read for it once; None if it cannot be read."""
        if self._info is None:
            with contextlib.suppress(SpoolError):
                self.info()
        return self._info


def _of_run(info: SpoolInfo) -> dict[str, Any]:
    """The fields of a snapshot that are its run's."""
    return {name: getattr(info, name) for name in ("run", "figures", "units", "labels", "axes", "scales")}


def as_snapshot(data: memoryview, path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields that a snapshot's file has, and the digests of its static files. Raises SpoolError."""
    fields, digests = snapshot_from(decode(data, path, "snapshot"), path)
    return fields | {"digest": footer_digest(data)}, digests


def as_static(digest: str, data: memoryview, path: Path) -> Mapping[str, Array]:
    """The arrays of a static file by name. Raises SpoolError."""
    if hashlib.sha256(data).hexdigest() != digest:
        raise UnreadableError(path, "is damaged: its content does not match its name")
    return MappingProxyType(arrays_from(decode(data, path, "static")))


def _spool_at(path: Path) -> Path:
    """The spool of a run directory, or the path if it is one itself; in a zip, if the folder became one."""
    if not os.path.lexists(path):
        path = archive_beside(path) or path
    inside = path / "spool"
    # not of `Path`: a disk that fails, or a name that is too long, is for `info` to say
    if is_folder(inside) or (path.name != "spool" and not is_file(path / "spool.json")):
        with contextlib.suppress(OSError, SpoolError):
            if not is_folder(inside) and os.path.isfile(path) and len(found := spools_in(path)) == 1:
                return found[0]
        return inside
    return path


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
