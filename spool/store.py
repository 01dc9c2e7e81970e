"""A spool as its readers see it: a listing, and files that never change."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from autoviz_render.spool.atomic import write_whole
from autoviz_render.spool.content import arrays_from, snapshot_from
from autoviz_render.spool.decode import decode, read_sealed
from autoviz_render.spool.epochs import Branches
from autoviz_render.spool.errors import SpoolError, UnreadableError
from autoviz_render.spool.info import SpoolInfo, read_info
from autoviz_render.spool.layout import SpoolPaths, list_snapshots
from autoviz_render.spool.scalars import ScalarsLine, ScalarsReader
from autoviz_render.spool.snapshot import Array, Snapshot, SnapshotRef, goodness


class Spool:
    """What there is to read in one spool.

    path: the run directory, or its `spool/`. Nothing is read, or need exist, until asked for.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        directory = Path(path)
        inside = directory / "spool"
        is_run = inside.is_dir() or (directory.name != "spool" and not (directory / "spool.json").is_file())
        self.paths = SpoolPaths(inside if is_run else directory)
        self._static: dict[str, Mapping[str, Array]] = {}
        self._scalars = ScalarsReader(self.paths.scalars)
        self._run: str | None = None

    def __repr__(self) -> str:
        return f"Spool({str(self.paths.directory)!r})"

    def info(self) -> SpoolInfo:
        """Whose spool it is and whether the run goes on. Raises SpoolError where there is none to read."""
        info = read_info(self.paths.info)
        self._run = info.run
        return info

    def snapshots(self, *, abandoned: bool = False, info: SpoolInfo | None = None) -> list[SnapshotRef]:
        """Every snapshot there is now, in the order of publishing. Any of them may be gone a moment later.

        abandoned: those too of what a resumed run did over. info: what `info` gave just now, which need then not be
            read again.
        """
        refs, branches = list_snapshots(self.paths.snapshots), self._branches(info)
        if abandoned or not branches:
            return refs
        iterations: dict[tuple[int, int], int] = {}
        with contextlib.suppress(SpoolError):  # without them nothing is hidden
            iterations = {(line.epoch, line.sequence): line.iteration for line in self._scalars.lines()}
        return [ref for ref in refs if not branches.is_abandoned(ref.epoch, iterations.get((ref.epoch, ref.sequence)))]

    def newest(self) -> SnapshotRef | None:
        """The last snapshot published, or None."""
        return max(self.snapshots(), default=None)

    def best(self) -> SnapshotRef | None:
        """The snapshot of the highest log likelihood, the newest of equals, or None."""
        known = {(line.epoch, line.sequence): line.log_likelihood for line in self.scalars()}
        refs = self.snapshots()
        return max(refs, key=lambda ref: goodness(ref, known.get((ref.epoch, ref.sequence), math.nan)), default=None)

    def read(self, ref: SnapshotRef) -> Snapshot:
        """Read and verify a snapshot with its static arrays; the arrays are read-only.

        Raises FileNotFoundError where it is gone (retention at work), UnreadableError or LaterVersionError
        where the file is at fault, OSError where the disk is.
        """
        fields, digests = snapshot_from(decode(read_sealed(ref.path), ref.path, "snapshot"), ref.path)
        static: dict[str, Array] = {}
        for digest in digests:
            static |= self.static(digest)
        history = partial(self.history, ref.epoch, ref.sequence)
        return Snapshot(static=static, run=self._run_name(), _history=history, **fields)

    def static(self, digest: str) -> Mapping[str, Array]:
        """The arrays of one static file by name; kept, as they never change."""
        if digest not in self._static:
            path = self.paths.static / f"{digest}.h5"
            try:
                data = read_sealed(path)
            except FileNotFoundError as error:
                raise UnreadableError(path, "is missing: snapshots need it, copy it with them") from error
            if hashlib.sha256(data).hexdigest() != digest:
                raise UnreadableError(path, "is damaged: its content does not match its name")
            self._static[digest] = MappingProxyType(arrays_from(decode(data, path, "static")))
        return self._static[digest]

    def scalars(self, *, abandoned: bool = False) -> list[ScalarsLine]:
        """The numbers of every quick update, those too whose snapshots are gone; no step twice.

        abandoned: those too of what a resumed run did over.
        """
        lines, branches = self._scalars.lines(), self._branches()
        return [line for line in lines if abandoned or not branches.is_abandoned(line.epoch, line.iteration)]

    def history(self, epoch: int, sequence: int) -> list[ScalarsLine]:
        """The numbers of the quick updates until one, without what had been done over by then.

        Whatever was published later has no part in it: a snapshot drawn again has the history that it had live.
        """
        epochs = []
        with contextlib.suppress(OSError, SpoolError):  # without them nothing counts as done over
            epochs = [each for each in self.info().epochs if each.number <= epoch]
        branches, end = Branches(epochs), (epoch, sequence)
        return [
            line
            for line in self._scalars.lines()
            if (line.epoch, line.sequence) <= end and not branches.is_abandoned(line.epoch, line.iteration)
        ]

    def explain(self, ref: SnapshotRef, error: SpoolError) -> str:
        """What to tell a person of a snapshot that `read` refused; the file goes to `bad/` if it is at fault.

        A snapshot whose static file is missing or damaged stays where it is: the static file may yet come.
        """
        if error.path != ref.path or not self.set_aside(ref, str(error)):
            return str(error)
        return f"{error} (moved to {self.paths.bad})"

    def set_aside(self, ref: SnapshotRef, reason: str) -> bool:
        """Move a snapshot to `bad/` with its reason; False where it could not be moved."""
        bad = self.paths.bad
        told = f"{reason}\n".encode(errors="backslashreplace")  # the name of a folder need not be text
        try:
            bad.mkdir(exist_ok=True)
            if bad.is_symlink():
                return False  # it could lead anywhere
            write_whole(bad / f"{ref.path.name}.reason.txt", [told], tmp=bad)
            os.replace(ref.path, bad / ref.path.name)
        except OSError:
            return False  # another reader was quicker, or the spool is read-only
        return True

    def _branches(self, info: SpoolInfo | None = None) -> Branches:
        with contextlib.suppress(OSError, SpoolError):
            return Branches((info or self.info()).epochs)
        return Branches(())

    def _run_name(self) -> str:
        """As `spool.json` has it, which is read for it once: a run is not renamed."""
        if self._run is None:
            with contextlib.suppress(OSError, SpoolError):
                self.info()
        return self._run or self.paths.run_dir.name
