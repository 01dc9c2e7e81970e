"""`autoviz-render pack PATH...`: the snapshots of runs that are over into few files."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoviz_render.cli.output import DONE, INCOMPLETE, NOTHING, print_files, print_json, report
from autoviz_render.cli.progress import Progress
from autoviz_render.renderer.batch.runs import find_runs
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.packs.packing import Packed, RunningError, pack
from autoviz_render.spool.paths import passed_over
from autoviz_render.spool.store import Spool
from autoviz_render.spool.text import printable

log = logging.getLogger("autoviz_render.cli")

_NAME = "pack"
_DESCRIPTION = """\
Put the snapshots of runs that are over into few files, as many small ones fill a quota.

Each pack is an uncompressed ZIP file in the run's spool/packs/. Everything reads packed snapshots as it reads loose
ones. A run that goes on is left alone. To undo it: cd RUN/spool && unzip 'packs/*.zip' && rm packs/*.zip
"""
_EPILOG = """\
exit codes: 0 done; 1 could not do all of it, the message says what; 2 wrong usage; 3 nothing to pack
"""


@dataclass(frozen=True)
class PackOptions:
    """The command line of `autoviz-render pack`."""

    paths: tuple[Path, ...]
    json: bool
    quiet: bool
    debug: bool


def is_pack(arguments: Sequence[str]) -> bool:
    """Whether the first word is the command's, not the path of a run of that name, as which it is taken if it is one.

    `./pack` is always a path.
    """
    return bool(arguments) and arguments[0] == _NAME and not os.path.lexists(_NAME)


def parse_pack(arguments: Sequence[str]) -> PackOptions:
    """The options after `pack`; exits with 2 if they are wrong."""
    parser = _Parser(
        prog=f"autoviz-render {_NAME}",
        usage="%(prog)s [OPTION ...] PATH [PATH ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="runs, or directories above them")
    parser.add_argument("--json", action="store_true", help="one JSON object a pack on standard output")
    parser.add_argument("--quiet", action="store_true", help="only errors on standard error")
    parser.add_argument("--debug", action="store_true", help="everything on standard error, with tracebacks")
    values: dict[str, Any] = vars(parser.parse_args(arguments))
    return PackOptions(**{**values, "paths": tuple(values["paths"])})


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        super().error(printable(message))


def pack_runs(options: PackOptions) -> int:
    """Pack each run, name the packs on standard output, and say what was saved; the exit code.

    Raises:
        PathError, NoSpoolError, OSError: As `find_runs` raises them.
        OutputClosedError: Nobody reads what is printed.
    """
    runs, unread = find_runs(options.paths)
    if unread:
        log.error("%s", passed_over(unread))
    is_whole, sum_of, running = not unread, Packed(), 0
    with Progress("snapshots") as progress:
        for run in runs:
            try:
                done = pack(run.spool, on_progress=progress.show)
            except RunningError as error:
                running += 1
                log.info("%s", error)
                continue
            except (SpoolError, OSError) as error:  # one run's fault must not cost the others
                progress.clear()
                report(_located(error, run.spool), INCOMPLETE)
                is_whole = False
                continue
            progress.clear()
            is_whole &= not done.faults
            _tell(done, as_json=options.json)
            sum_of.packs += done.packs
            sum_of.snapshots += done.snapshots
            sum_of.removed += done.removed
    if sum_of.removed:
        log.info("%s", _saved(sum_of))
    elif is_whole:
        log.info("nothing to pack%s", f": {_counted(running, 'run')} not over yet" if running else "")
    return INCOMPLETE if not is_whole else DONE if sum_of.removed else NOTHING


def _located(error: Exception, spool: Spool) -> Exception:
    """The error with a path: the disk's own may have none."""
    if isinstance(error, OSError) and error.filename is None and not isinstance(error, SpoolError):
        return OSError(error.errno, error.strerror, str(spool.paths.packs))
    return error


def _tell(done: Packed, *, as_json: bool) -> None:
    for fault in done.faults:
        log.error("%s", fault)
    if as_json:
        for path in done.packs:
            print_json({"file": str(path), "bytes": path.stat().st_size})
    else:
        print_files(done.packs, as_json=False)


def _saved(done: Packed) -> str:
    if not done.packs:
        return f"{_counted(done.removed, 'file')} removed that had been packed before"
    return f"{_counted(done.snapshots, 'snapshot')} in {_counted(len(done.packs), 'file')}, {done.removed:,} removed"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
