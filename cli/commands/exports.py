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
"""The content of files by what their names end in, behind the stem: ".csv", "-panel-1.fits"."""


class NotOursError(SpoolError, FileExistsError):
    """A file has the name of one that is to be written, and another program wrote it."""

    __str__ = SpoolError.__str__


def export(
    options: Options,
    stem: str,
    make: Callable[[Snapshot, SnapshotRef, Spool], Files],
    is_ours: Callable[[Path], bool],
) -> int:
    """Write the files of each chosen snapshot of each run, and print their names; the exit code.

    They go where the figures go, under names made as theirs are. What is wrong with one run costs no other.

    Args:
        options: Which runs and snapshots, and the folder.
        stem: How the files' names begin.
        make: Gives the content of the files of a snapshot.
        is_ours: Whether we wrote a file that is there: any other is left alone.

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
            written = _export_run(run, selection, stem, make, is_ours)
            for files in written:
                print_files(files, as_json=options.json)
                codes.add(DONE)
        except MissingPackageError:
            raise
        except (AutovizError, OSError) as error:
            log.error("%s", error_line(error), exc_info=error)
            codes.add(NOTHING if isinstance(error, NoSpoolError) else INCOMPLETE)
    return next((code for code in (INCOMPLETE, DONE) if code in codes), NOTHING)


def _export_run(
    run: Run,
    selection: Selection,
    stem: str,
    make: Callable[[Snapshot, SnapshotRef, Spool], Files],
    is_ours: Callable[[Path], bool],
) -> Iterator[list[Path]]:
    spool = run.spool
    folder = run.out or (spool.paths.images / "frames" if selection.which == "all" else spool.paths.images)
    refuse_links(spool.paths, folder)
    count = 0
    for snapshot, ref in _snapshots(spool, selection):
        count += 1
        suffix = "" if selection.which == "newest" else f"-{ref.path.stem}"
        files = {folder / f"{stem}{suffix}{end}": data for end, data in make(snapshot, ref, spool).items()}
        _refuse_anothers(files, is_ours)
        make_folder(folder)
        for path, data in files.items():
            write_whole(path, [data], tmp=folder)
        yield list(files)
    if not count:
        raise NoSpoolError(spool.paths.directory, why_nothing(spool, selection))


def _refuse_anothers(paths: Iterable[Path], is_ours: Callable[[Path], bool]) -> None:
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
