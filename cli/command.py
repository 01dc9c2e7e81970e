"""What the command does: draw once, watch, or tell how the runs stand."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoviz_render.cli.parser import parse
from autoviz_render.cli.status import status, status_line
from autoviz_render.renderer.figures import FigureError, Recipe, find_figure, load_figure
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.layout import find_spools
from autoviz_render.spool.store import Spool

if TYPE_CHECKING:
    from autoviz_render.renderer.replay import ReplaySettings

log = logging.getLogger("autoviz_render.cli")

DONE, INCOMPLETE, USAGE, NOTHING = 0, 1, 2, 3


def run(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask; the exit code."""
    settings = parse(arguments)
    _log_to_stderr(settings)
    try:
        return _do(settings)
    except _UsageError as error:
        return _failed(error, USAGE)
    except FigureError as error:
        return _failed(error, USAGE)
    except NoSpoolError as error:
        return _failed(error, NOTHING)
    except (SpoolError, OSError) as error:
        return _failed(error, INCOMPLETE)
    except KeyboardInterrupt:
        return 130  # as a shell reports a program that Ctrl-C ended


class _UsageError(Exception):
    """An argument that names what is not there."""


def _do(settings: argparse.Namespace) -> int:
    recipes = _recipes(settings.figure)
    if settings.watch:
        return _watch(settings, recipes)
    spools = _spools(settings.paths)
    return _status(settings, spools) if settings.status else _draw(settings, recipes, spools)


def _watch(settings: argparse.Namespace, recipes: Mapping[str, Recipe] | None) -> int:
    from autoviz_render.renderer.watch import Watch

    (path,) = settings.paths
    _refuse_a_file(path)
    watch = Watch(path.absolute(), settings.poll or 2.0)
    watch.spools()  # armed before the imports below, which take most of a second
    from autoviz_render.renderer.live import LiveRenderer, LiveSettings
    from autoviz_render.renderer.render import Rendered

    def tell(rendered: Rendered) -> None:
        _print_files(rendered.files, settings)

    live = LiveSettings(
        recipes=recipes,
        formats=settings.formats,
        dpi=settings.dpi,
        out=settings.out,
        path=path,
        until_finished=settings.until_finished,
    )
    renderer = LiveRenderer(watch, live, tell)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: renderer.stop())
    if not path.exists():
        log.info("%s: not there yet; waiting for it", path)
    return renderer.run()


def _draw(settings: argparse.Namespace, recipes: Mapping[str, Recipe] | None, spools: list[Path]) -> int:
    from autoviz_render.renderer.replay import ReplaySettings

    chosen = ReplaySettings(settings.which, settings.abandoned, recipes, settings.formats, settings.dpi)
    complaints: list[str] = []

    def complain(message: str) -> None:
        complaints.append(message)
        _complain(message)

    drawn = 0
    for directory in spools:
        try:
            drawn += _draw_one(Spool(directory), chosen, settings, complain)
        except NoSpoolError as error:
            log.error("%s", error)  # nothing there is no fault, and no other run's
        except (SpoolError, FigureError, OSError) as error:
            complaints.append(_told(error))
    if complaints:
        return INCOMPLETE
    return DONE if drawn else NOTHING


def _draw_one(
    spool: Spool, chosen: ReplaySettings, settings: argparse.Namespace, complain: Callable[[str], None]
) -> int:
    """Draw what was chosen of one run; how many snapshots."""
    from autoviz_render.renderer.render import figures_folder
    from autoviz_render.renderer.replay import replay

    drawn = failed = 0

    def count(message: str) -> None:
        nonlocal failed
        failed += 1
        complain(message)

    out = None if settings.out is None else figures_folder(spool.paths, *_place(spool, settings))
    for rendered in replay(spool, chosen, out, count):
        drawn += 1
        for error in rendered.errors:
            complain(error)
        _print_files(rendered.files, settings)
    if not drawn and not failed:
        raise NoSpoolError(spool.paths.directory, "holds no snapshot yet")
    return drawn


def _place(spool: Spool, settings: argparse.Namespace) -> tuple[Path, Path]:
    """The folder for the figures of the path that a spool was found under, and that path."""
    asked = next(path for path in settings.paths if spool.paths.directory.is_relative_to(path))
    if len(settings.paths) == 1:
        return settings.out, asked
    names = [path.resolve().name for path in settings.paths]
    number = settings.paths.index(asked)
    unique = names[number] if names.count(names[number]) == 1 else f"{names[number]}-{number + 1}"
    return settings.out / unique, asked


def _status(settings: argparse.Namespace, spools: list[Path]) -> int:
    code = DONE
    for directory in spools:
        try:
            standing = status(Spool(directory))
        except SpoolError as error:
            code = _failed(error, INCOMPLETE)
            continue
        print(json.dumps(standing, allow_nan=False) if settings.json else status_line(standing))
    return code


def _recipes(figure: str | None) -> Mapping[str, Recipe] | None:
    """The figure asked for on the command line; None where each run's own are wanted. Raises FigureError."""
    if figure is None:
        return None
    if ":" not in figure:
        return {figure: find_figure(figure)}
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as `python -m` does: the module may lie beside the user
    return {figure.partition(":")[2]: load_figure(figure)}


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


def _print_files(files: Iterable[Path], settings: argparse.Namespace) -> None:
    for path in files:
        print(json.dumps({"file": str(path)}) if settings.json else path, flush=True)


def _log_to_stderr(settings: argparse.Namespace) -> None:
    level = logging.DEBUG if settings.debug else logging.ERROR if settings.quiet else logging.INFO
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("%(message)s") if not settings.debug else logging.Formatter())
    handler.setLevel(level)
    package = logging.getLogger("autoviz_render")
    package.handlers[:] = [handler]
    package.setLevel(level)


class _OneLine(logging.Formatter):
    """Messages without tracebacks: those are for `--debug`."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  the name is logging's
        del ei
        return ""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None
        return f"autoviz-render: {super().format(record)}".rstrip()


def _complain(message: str) -> None:
    log.error("%s", message)


def _failed(error: Exception, code: int) -> int:
    _told(error)
    return code


def _told(error: Exception) -> str:
    message = str(error)
    if isinstance(error, OSError) and not isinstance(error, SpoolError) and error.filename:
        message = f"{error.filename}: {error.strerror}"
    log.error("%s", message, exc_info=error)
    return message
