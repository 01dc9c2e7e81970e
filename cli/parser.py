"""What can be typed after `autoviz-render`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

FORMATS = ("png", "pdf", "svg", "webp")
_EPILOG = """\
PATH is a run directory, its spool, or any directory above several runs.

exit codes: 0 done; 1 could not do all of it, the message says what; 2 wrong usage; 3 nothing to draw
"""


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The settings, checked against each other; exits with 2 where they do not go together."""
    parser = make_parser()
    settings = parser.parse_args(arguments)
    if settings.watch and len(settings.paths) != 1:
        parser.error("--watch takes one PATH; to watch several runs, name the directory above them")
    if settings.watch and (settings.which != "newest" or settings.status):
        parser.error("--watch draws the newest as they come: leave out --all, --step, --best and --status")
    if settings.abandoned and settings.which != "all":
        parser.error("--abandoned goes with --all")
    if settings.until_finished and not settings.watch:
        parser.error("--until-finished goes with --watch")
    if settings.poll is not None and not settings.watch:
        parser.error("--poll goes with --watch")
    return settings


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autoviz-render",
        description="Draw the snapshots that a sampling run publishes, live or afterwards.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="where the runs are")
    which = parser.add_argument_group("what to draw (by default the newest snapshot of each run)")
    one = which.add_mutually_exclusive_group()
    one.add_argument("--watch", action="store_true", help="keep drawing the newest until interrupted")
    one.add_argument(
        "--all", dest="which", action="store_const", const="all", default="newest", help="every snapshot kept"
    )
    one.add_argument("--step", dest="which", type=_step, metavar="N", help="the snapshot of quick update N")
    one.add_argument(
        "--best",
        dest="which",
        action="store_const",
        const="best",
        help="the snapshot of the best log likelihood",
    )
    which.add_argument("--abandoned", action="store_true", help="with --all: those too that a resumed run did over")
    one.add_argument("--status", action="store_true", help="say how each run stands, and draw nothing")
    which.add_argument("--until-finished", action="store_true", help="with --watch: leave when the run is over")
    which.add_argument(
        "--poll",
        type=_seconds,
        metavar="SECONDS",
        help="with --watch: look at least this often, whatever the file system tells (default 2)",
    )
    how = parser.add_argument_group("how to draw it")
    how.add_argument(
        "--figure",
        metavar="NAME",
        help="figure to draw instead of the run's own: a name, or module:function to import",
    )
    how.add_argument(
        "--format",
        dest="formats",
        type=_formats,
        default=("png",),
        metavar="FORMAT",
        help=f"one or several of {','.join(FORMATS)} (default png)",
    )
    how.add_argument("--dpi", type=_dpi, default=100, metavar="N", help="dots per inch (default 100)")
    how.add_argument("--out", type=Path, metavar="DIR", help="folder for the figures (default the run's image/)")
    say = parser.add_argument_group("what to say")
    say.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    say.add_argument("--quiet", action="store_true", help="only errors on standard error")
    say.add_argument("--debug", action="store_true", help="everything on standard error, with tracebacks")
    return parser


def _formats(text: str) -> tuple[str, ...]:
    formats = tuple(dict.fromkeys(text.lower().split(",")))
    if not set(formats) <= set(FORMATS):
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(FORMATS)}")
    return formats


def _step(text: str) -> int:
    return _whole(text, 0, 10**18)


def _dpi(text: str) -> int:
    return _whole(text, 10, 1200)


def _whole(text: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.01 <= value <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.01 to 86400")
    return value
