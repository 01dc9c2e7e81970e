"""What the command does: draw once, watch, or tell how the runs stand."""

from __future__ import annotations

import argparse
import io
import logging
import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from autoviz_render.cli.output import (
    DONE,
    INCOMPLETE,
    NOTHING,
    USAGE,
    OutputClosedError,
    close_output,
    print_json,
    say,
    tell,
)
from autoviz_render.cli.parser import parse
from autoviz_render.figures.registry import FigureError
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.paths import Unread, find_spools, passed_over
from autoviz_render.spool.text import OneLine

log = logging.getLogger("autoviz_render.cli")


def run(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask; the exit code."""
    settings = parse(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # the name of a folder need not be text
    _log_to_stderr(settings)
    try:
        return _do(settings)
    except (_UsageError, FigureError) as error:
        return _failed(error, USAGE)
    except NoSpoolError as error:
        return _failed(error, NOTHING)
    except (SpoolError, OSError) as error:
        return _failed(error, INCOMPLETE)
    except OutputClosedError:
        close_output()
        return INCOMPLETE
    except KeyboardInterrupt:
        return 130  # as a shell reports a program that Ctrl-C ended


class _UsageError(Exception):
    """An argument that names what is not there."""


def _do(settings: argparse.Namespace) -> int:
    settings.paths = [_by_its_own_name(path) for path in settings.paths]
    if settings.watch:
        from autoviz_render.cli.watch import watch

        (path,) = settings.paths
        _is_there(path)
        return watch(path, settings)
    unread: list[Unread] = []
    spools = _spools(settings.paths, unread.append)
    if unread:
        log.error("%s", passed_over(unread))
    code = _do_once(settings, spools) if spools else NOTHING
    return INCOMPLETE if unread and code in (DONE, NOTHING) else code


def _do_once(settings: argparse.Namespace, spools: list[Path]) -> int:
    if settings.status:
        return _status(settings, spools)
    if settings.movie and len(spools) > 1:
        raise _UsageError(f"a film is of one run, and there are {len(spools)}: name one of them")
    if settings.movie:
        from autoviz_render.cli.movie import film

        return film(settings, spools[0])
    from autoviz_render.cli.render import redraw

    return redraw(settings, spools)


def _status(settings: argparse.Namespace, spools: list[Path]) -> int:
    from autoviz_render.cli.status import status, status_line
    from autoviz_render.spool.store import Spool

    code = DONE
    for directory in spools:
        try:
            standing = status(Spool(directory))
        except (SpoolError, OSError) as error:  # one run's fault must not hide how the others stand
            code = _failed(error, INCOMPLETE)
            continue
        if settings.json:
            print_json(standing)
        else:
            tell(status_line(standing))
    return code


def _by_its_own_name(path: Path) -> Path:
    """The path, but that of a spool in which it lies if it is another: figures have their place beside the spool."""
    is_another = path.name in ("", "..") or os.path.islink(path)
    if is_another and not path.name.startswith("spool") and os.path.isfile(path / "spool.json"):
        return Path(os.path.realpath(path))
    return path


def _spools(paths: Iterable[Path], on_error: Callable[[Unread], object]) -> list[Path]:
    """The spools at or under the paths, none twice.

    on_error: see `find_spools`. Raises _UsageError or NoSpoolError if there is none, nor any folder that could not be
    looked into; OSError if a path itself cannot.
    """
    found: dict[str, Path] = {}
    unread: list[Unread] = []
    for path in paths:
        if not _is_there(path):
            raise _UsageError(f"{path}: does not exist; --watch waits for a run that is yet to start")
        before = len(unread)
        here = find_spools(path, unread.append)
        if not here and len(unread) == before:
            raise NoSpoolError(path, "holds no spool; a run makes one when it starts")
        for spool in here:
            found.setdefault(os.path.realpath(spool), spool)
    for each in unread:
        on_error(each)
    return list(found.values())


def _is_there(path: Path) -> bool:
    """Whether a path exists. Raises _UsageError if it is a file, and OSError if that cannot be told."""
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not is_folder:
        raise _UsageError(f"{path}: is no spool, but a file: name a run directory, or one above several runs")
    return True


def _log_to_stderr(settings: argparse.Namespace) -> None:
    level = logging.DEBUG if settings.debug else logging.ERROR if settings.quiet else logging.INFO
    handler = logging.StreamHandler()
    handler.setFormatter(
        OneLine("%(message)s") if settings.debug else OneLine("autoviz-render: %(message)s", tracebacks=False)
    )
    handler.setLevel(level)
    package = logging.getLogger("autoviz_render")
    package.handlers[:] = [handler]
    package.setLevel(level)


def _failed(error: Exception, code: int) -> int:
    say(error)
    return code
