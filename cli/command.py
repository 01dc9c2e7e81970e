"""What the command does: draw once, watch, or tell how the runs stand."""

from __future__ import annotations

import argparse
import io
import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from autoviz_render.cli.parser import parse
from autoviz_render.cli.said import (
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
from autoviz_render.renderer.figures import FigureError
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.layout import find_spools
from autoviz_render.spool.text import OneLine


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
    if settings.watch:
        from autoviz_render.cli.watching import watch

        (path,) = settings.paths
        _refuse_a_file(path)
        return watch(path, settings)
    spools = _spools(settings.paths)
    if settings.status:
        return _status(settings, spools)
    if settings.movie and len(spools) > 1:
        raise _UsageError(f"a film is of one run, and there are {len(spools)}: name one of them")
    if settings.movie:
        from autoviz_render.cli.filming import film

        return film(settings, spools[0])
    from autoviz_render.cli.redraw import redraw

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


def _spools(paths: Iterable[Path]) -> list[Path]:
    """The spools at or under the paths. Raises _UsageError or NoSpoolError where one holds none."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise _UsageError(f"{path}: does not exist; --watch waits for a run that is yet to start")
        _refuse_a_file(path)
        here = find_spools(path)
        if not here:
            raise NoSpoolError(path, "holds no spool; a run makes one when it starts")
        found += [spool for spool in here if spool not in found]
    return found


def _refuse_a_file(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise _UsageError(f"{path}: is no spool, but a file: name a run directory, or one above several runs")


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
