"""Each option of the command, with its help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

import autoviz_render
from autoviz_render.cli.arguments import readers
from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.renderer.settings import RenderSettings, ThemeName
from autoviz_render.spool.text import printable

PREVIEWS = ("on", "off", "kitty", "iterm2", "sixel", "blocks")
"""Ways to show a figure in a terminal: as it can, not at all, or by one of its ways."""

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
"""Those that `shtab` completes for."""

_FLAG: dict[str, Any] = {"const": True, "default": False}

_EPILOG = """\
PATH is a run directory, its spool, or any directory above several runs; with --watch also ssh://HOST/PATH, which
needs no more than your own ssh.

`autoviz-render pack PATH ...` puts the snapshots of runs that are over into few files.

exit codes: 0 done; 1 could not do all of it, the message says what; 2 wrong usage; 3 nothing to draw
"""


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong in a line after the usage: a path in it may have been named by a stranger."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


class _Given(argparse.Action):
    """An option that may be given once, as the last one of two would count alone; remembered as given.

    With a `const` it takes no value, and may be repeated; or the value may be left out, if `nargs` is "?".
    """

    def __init__(
        self, option_strings: Sequence[str], dest: str, const: Any = None, nargs: str | None = None, **more: Any
    ) -> None:
        super().__init__(
            option_strings, dest, nargs=0 if const is not None and nargs is None else nargs, const=const, **more
        )

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, name: str | None = None
    ) -> None:
        del parser, name  # which may be abbreviated
        given: set[str] = vars(namespace).setdefault("given", set())
        if self.nargs != 0 and self.option_strings[-1] in given:
            several = "; separate several by commas" if self.dest in ("figure", "formats") else ""
            raise argparse.ArgumentError(self, f"is given twice{several}")
        given.add(self.option_strings[-1])
        setattr(namespace, self.dest, self.const if self.nargs == 0 else values)


class _Completion(argparse.Action):
    """Prints what a shell needs to complete the command, and leaves."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, name: str | None = None
    ) -> None:
        del namespace, name
        from autoviz_render.cli.completion import print_completion

        parser.exit(print_completion(parser, values))


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = _Parser(
        prog="autoviz-render",
        usage="%(prog)s [OPTION ...] PATH [PATH ...]",
        description="Draw the snapshots that a sampling run publishes, live or afterwards.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.register("action", None, _Given)  # of every option that names no other
    parser.add_argument("--version", action="version", version=f"%(prog)s {autoviz_render.__version__}")
    completion = "print what SHELL needs to complete this command, and exit"
    parser.add_argument(
        "--completion", action=_Completion, default=argparse.SUPPRESS, choices=SHELLS, metavar="SHELL", help=completion
    )
    parser.add_argument(
        "paths", action="store", nargs="*", type=readers.path, metavar="PATH", help="where the runs are"
    )
    _add_which(parser.add_argument_group("what to draw (by default the newest snapshot of each run)"))
    _add_views(parser.add_argument_group("where to look (--serve needs autoviz-render[web])"))
    _add_together(parser.add_argument_group("several together, and files for other programs"))
    _add_how(parser.add_argument_group("how to draw it"))
    _add_cluster(parser.add_argument_group("a cluster (--dask needs autoviz-render[cluster])"))
    _add_movie(parser.add_argument_group("a movie of the run (mp4 needs autoviz-render[movie])"))
    _add_messages(parser.add_argument_group("messages"))
    return parser


def _add_which(group: argparse._ArgumentGroup) -> None:
    one = group.add_mutually_exclusive_group()
    one.add_argument("--watch", **_FLAG, help="keep drawing the newest until interrupted")
    one.add_argument("--all", dest="which", const="all", default="newest", help="every snapshot kept")
    one.add_argument(
        "--step", dest="which", type=readers.whole(0, 10**18), metavar="N", help="the snapshot of quick update N"
    )
    one.add_argument("--best", dest="which", const="best", help="the snapshot of the highest log likelihood")
    since = "with --all: only those published since TIME, written 90min, 2h, 3d (ago), or 2026-11-22T10:00 (local time)"
    group.add_argument("--since", type=readers.since, metavar="TIME", help=since)
    group.add_argument("--abandoned", **_FLAG, help="with --all: also those that a resumed run did again")
    one.add_argument("--status", **_FLAG, help="show the status of each run, and draw nothing")
    group.add_argument("--until-finished", **_FLAG, help="with --watch: leave when the run is over")
    poll = "with --watch: look at least this often, even if the file system reports no change (default 2)"
    group.add_argument("--poll", type=readers.seconds, metavar="SECONDS", help=poll)


def _add_views(group: argparse._ArgumentGroup) -> None:
    html = "write PATH/index.html, a page over all runs that needs no server; with --watch it follows them"
    serve = (
        "with --watch: serve that page to browsers, figures as they are drawn; on this machine unless HOST says more"
    )
    preview = f"show the figure in this terminal, with --watch as it changes; HOW: {', '.join(PREVIEWS)} (default on)"
    window = "with --watch: show the newest figure in a window"
    alarm = "with --watch: run COMMAND for each new alarm; AUTOVIZ_ALARM_... in its environment say which"
    group.add_argument("--html", **_FLAG, help=html)
    group.add_argument("--serve", type=readers.address, metavar="[HOST:]PORT|unix:PATH", help=serve)
    group.add_argument("--preview", nargs="?", const="on", choices=PREVIEWS, metavar="HOW", help=preview)
    group.add_argument("--window", **_FLAG, help=window)
    group.add_argument("--on-alarm", type=readers.command, metavar="COMMAND", help=alarm)


def _add_together(group: argparse._ArgumentGroup) -> None:
    sheet = "draw these panels of every run at one size on contact sheets; NAMES: titles, separated by commas"
    sort = (
        "with --sheet: order of the runs, by run, age, chi2, log_likelihood, log_evidence or a number's name; -KEY from"
        " the highest"
    )
    where = "with --sheet: only runs for which this is true, as in 'chi2 > 1.2 and state == \"finished\"'"
    compare = (
        "draw two steps of a run, or the newest of two runs, side by side, with their difference; A and B: steps, or"
        " runs"
    )
    fits = "write the arrays of what was chosen, or its --panel, to a FITS file (needs autoviz-render[fits])"
    samples = "write samples.csv, which anesthetic and pandas read, and the files of GetDist"
    redo = "draw a figure's file again, to the same bytes; PATH is where its run is now, if it has moved"
    group.add_argument("--sheet", type=readers.names, metavar="NAMES", help=sheet)
    group.add_argument("--sort", metavar="KEY", help=sort)
    group.add_argument("--where", metavar="EXPR", help=where)
    group.add_argument("--compare", nargs=2, metavar=("A", "B"), help=compare)
    group.add_argument("--fits", **_FLAG, help=fits)
    group.add_argument("--samples", **_FLAG, help=samples)
    group.add_argument("--redo", type=Path, metavar="FILE", help=redo)


def _add_how(group: argparse._ArgumentGroup) -> None:
    figures = "figures to draw instead of the run's own, separated by commas: names, or module:function to import"
    formats = f"one or several of {','.join(FORMATS)}, separated by commas (default png); for a sheet also html"
    timeout = "abandon a figure that takes longer, and its process (default 120)"
    default, themes = RenderSettings(), get_args(ThemeName)
    dpi = "dots per inch (default 100, or what AUTOVIZ_DPI says; with --width 300)"
    width = "for print: the figure's width, 88mm, 18cm, 3.46in; text then has 7 points or more"
    height = "with --width: the figure's height (default as the panels need)"
    panel = "one panel alone, by its title or number"
    limits = "axes and colours: of each snapshot by itself, the same over a run, or those of step N (default own)"
    stretch = "spread of colours between their limits: linear, log, asinh, sqrt or power:EXPONENT"
    interval = "limits of colours: zscale, minmax, a percentage of the values as 99.5%%, or LOW,HIGH"
    group.add_argument("--figure", metavar="NAME", help=figures)
    group.add_argument(
        "--format", dest="formats", type=readers.formats, default=default.formats, metavar="FORMAT", help=formats
    )
    group.add_argument("--dpi", type=readers.whole(10, 1200), metavar="N", help=dpi)
    group.add_argument("--width", metavar="WIDTH", help=width)
    group.add_argument("--height", metavar="HEIGHT", help=height)
    group.add_argument("--panel", metavar="TITLE", help=panel)
    group.add_argument("--limits", type=readers.limits, default=default.limits, metavar="own|run|N", help=limits)
    group.add_argument("--stretch", metavar="NAME", help=stretch)
    group.add_argument("--interval", metavar="LIMITS", help=interval)
    group.add_argument("--theme", choices=themes, default=default.theme, help="colours of all but the data")
    group.add_argument("--jobs", type=readers.whole(1, 1024), default=1, metavar="N", help="draw with N processes")
    group.add_argument("--redraw", **_FLAG, help="with --all: redraw figures that are up to date")
    group.add_argument("--frame-timeout", type=readers.seconds, metavar="SECONDS", help=timeout)
    group.add_argument("--out", type=Path, metavar="DIR", help="folder for the figures (default the run's image/)")


def _add_cluster(group: argparse._ArgumentGroup) -> None:
    shard = "draw part K of N, from 1 to N, and leave the others to other processes; auto: as SLURM or MPI says"
    dask = "draw with the workers of a Dask scheduler: its address, or its scheduler file"
    group.add_argument("--shard", type=readers.shard, metavar="K/N", help=shard)
    group.add_argument("--dask", metavar="ADDRESS|FILE", help=dask)


def _add_movie(group: argparse._ArgumentGroup) -> None:
    duration = "show true time: the whole run in this many seconds"
    group.add_argument(
        "--movie", type=readers.movie, metavar="FILE", help="write .mp4, .gif or .webp; --since goes with it"
    )
    group.add_argument("--fps", type=readers.whole(1, 120), metavar="N", help="snapshots a second (default 10)")
    group.add_argument("--duration", type=readers.seconds, metavar="SECONDS", help=duration)


def _add_messages(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--json", **_FLAG, help="one JSON object a line on standard output")
    group.add_argument("--quiet", **_FLAG, help="only errors on standard error")
    group.add_argument("--debug", **_FLAG, help="everything on standard error, with tracebacks")
