"""What `--samples` and `--fits` have in common: files for other programs, of each snapshot that was chosen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.output import DONE, INCOMPLETE, NOTHING, print_files
from autoviz_render.renderer.batch.runs import Run, find_runs
from autoviz_render.renderer.batch.selection import Selection, why_nothing
from autoviz_render.renderer.work.jobs import error_line, refuse_links
from autoviz_render.spool.errors import AutovizError, MissingPackageError, NoSpoolError, SpoolError
from autoviz_render.spool.paths import passed_over
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import make_folder, write_whole

log = logging.getLogger("autoviz_render.cli")

Files = Mapping[str, bytes]
"""The content of files by their names: "samples.csv"."""

Make = Callable[[Snapshot, SnapshotRef], Files]
"""Gives the files of a snapshot."""

IsOurs = Callable[[Path], bool]
"""Whether a file is not there, or one of ours, that may be replaced."""


class NotOursError(SpoolError, FileExistsError):
    """A file has the name of one that is to be written, and another program wrote it."""

    __str__ = SpoolError.__str__


def export(options: Options, make: Make, is_ours: IsOurs) -> int:
    """Write the files of each chosen snapshot of each run, and print their names; the exit code.

    They go where the figures go, under names made as theirs are. What is wrong with one run costs no other.

    Args:
        options: Which runs and snapshots, and the folder.
        make: Gives the files of a snapshot.
        is_ours: Tells which files that are there may be replaced.

    Raises:
        PathError, NoSpoolError, OSError: As `find_runs` raises them.
        MissingPackageError: What writes the files is not installed.
        OutputClosedError: Nobody reads what is printed.
    """
    runs, unread = find_runs(options.paths, options.out)
    if unread:
        log.error("%s", passed_over(unread))
    codes = {INCOMPLETE} if unread else set()
    selection = Selection(options.which, options.since, options.abandoned)
    for run in runs:
        try:
            written = _export_run(run, selection, make, is_ours)
            for files in written:
                print_files(files, as_json=options.json)
                codes.add(DONE)
        except MissingPackageError:
            raise
        except (AutovizError, OSError) as error:
            log.error("%s", error_line(error), exc_info=error)
            codes.add(NOTHING if isinstance(error, NoSpoolError) else INCOMPLETE)
    return next((code for code in (INCOMPLETE, DONE) if code in codes), NOTHING)


def _export_run(run: Run, selection: Selection, make: Make, is_ours: IsOurs) -> Iterator[list[Path]]:
    spool = run.spool
    folder = run.out or (spool.paths.images / "frames" if selection.which == "all" else spool.paths.images)
    refuse_links(spool.paths, folder)
    count = 0
    for snapshot, ref in _snapshots(spool, selection):
        count += 1
        suffix = "" if selection.which == "newest" else f"-{ref.path.stem}"
        files = {folder / _named(name, suffix): data for name, data in make(snapshot, ref).items()}
        _refuse_anothers(files, is_ours)
        make_folder(folder)
        for path, data in files.items():
            write_whole(path, [data], tmp=folder)
        yield list(files)
    if not count:
        raise NoSpoolError(spool.paths.directory, why_nothing(spool, selection))


def _named(name: str, suffix: str) -> str:
    """The name of a file with that of its snapshot in it."""
    stem, point, kind = name.rpartition(".")
    return f"{stem}{suffix}{point}{kind}"


def _refuse_anothers(paths: Iterable[Path], is_ours: IsOurs) -> None:
    """Raises NotOursError before anything is written."""
    for path in paths:
        if not is_ours(path):
            raise NotOursError(path, "another program wrote it, so it is kept; --out DIR names another folder")


def _snapshots(spool: Spool, selection: Selection) -> Iterator[tuple[Snapshot, SnapshotRef]]:
    """Those that are chosen, read; of the newest the first that can be read. Raises SpoolError."""
    fault: SpoolError | None = None
    for ref in selection.of(spool):
        try:
            snapshot = spool.read(ref)
        except FileNotFoundError:
            continue  # retention at work
        except SpoolError as error:
            fault = error
            log.error("%s", spool.explain(ref, error))
            continue
        yield snapshot, ref
        if selection.which == "newest":
            return
    if fault is not None:
        raise fault
