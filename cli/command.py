"""What the command does: draw once, watch, make a movie, or tell how the runs stand."""

from __future__ import annotations

import importlib
import io
import logging
import sys
from collections.abc import Sequence

from autoviz_render.cli.arguments.options import Options, parse
from autoviz_render.cli.commands.pack import PackOptions, is_pack, pack_runs, parse_pack
from autoviz_render.cli.output import (
    DONE,
    INCOMPLETE,
    NOTHING,
    USAGE,
    OutputClosedError,
    close_output,
    log_to_stderr,
    report,
)
from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.batch.runs import PathError, Run, find_runs
from autoviz_render.renderer.settings import SettingsError
from autoviz_render.spool.errors import AutovizError, NoSpoolError, SpoolError
from autoviz_render.spool.paths import passed_over

log = logging.getLogger("autoviz_render.cli")

_WAYS = {
    "watch": "watch:watch",
    "sheet": "sheet:make_sheets",
    "compare": "compare:compare",
    "fits": "fits:write_fits",
    "samples": "samples:write_samples",
    "redo": "redo:redo",
}
"""By the option that asks for it, what does it: a module of `commands` and its function."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask; the exit code."""
    typed = sys.argv[1:] if arguments is None else arguments
    options = parse_pack(typed[1:]) if is_pack(typed) else parse(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # the name of a folder need not be text
    log_to_stderr(quiet=options.quiet, debug=options.debug)
    try:
        return _do(options)
    except OutputClosedError:
        close_output()
        return INCOMPLETE
    except (AutovizError, OSError) as error:
        return report(error, _code_of(error))
    except KeyboardInterrupt:
        return 130  # as a shell reports a program that Ctrl-C ended


def _code_of(error: AutovizError | OSError) -> int:
    """The exit code for an error that ends the command."""
    if isinstance(error, NoSpoolError):
        return NOTHING
    is_usage = isinstance(error, (PathError, FigureError, SettingsError))
    return INCOMPLETE if isinstance(error, (SpoolError, OSError)) and not is_usage else USAGE


def _do(options: Options | PackOptions) -> int:
    if isinstance(options, PackOptions):
        return pack_runs(options)
    way = next((where for name, where in _WAYS.items() if getattr(options, name)), None)
    if way is None and not (options.status or options.movie or options.html):
        way = "render:draw_again"
    if way is not None:
        module, _, function = way.partition(":")
        commands = importlib.import_module(f"autoviz_render.cli.commands.{module}")  # what others need is not loaded
        code: int = getattr(commands, function)(options)
        return code
    runs, unread = find_runs(options.paths)
    if unread:
        log.error("%s", passed_over(unread))
    code = _do_with(runs, options) if runs else NOTHING
    return INCOMPLETE if unread and code in (DONE, NOTHING) else code


def _do_with(runs: list[Run], options: Options) -> int:
    if options.html:
        from autoviz_render.cli.commands.html import show_on_a_page

        return show_on_a_page(runs, options)
    if options.movie is None:
        from autoviz_render.cli.commands.status import show_status

        return show_status([run.spool for run in runs], as_json=options.json)
    if len(runs) > 1:
        raise PathError(f"a movie is of one run, and there are {len(runs)}: name one of them")
    from autoviz_render.cli.commands.movie import make_movie

    return make_movie(runs[0].spool, options.movie, options)
