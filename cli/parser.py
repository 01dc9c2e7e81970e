"""What can be typed after `autoviz-render`."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from autoviz_render.renderer.plot.formats import FORMATS

MOVIES = (".mp4", ".gif", ".webp")
_OF_ALL = ("abandoned", "since", "redraw")
_OF_MOVIE = ("fps", "duration")
_EPILOG = """\
PATH is a run directory, its spool, or any directory above several runs.

exit codes: 0 done; 1 could not do all of it, the message says what; 2 wrong usage; 3 nothing to draw
"""


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The settings, checked against each other; exits with 2 where they do not go together."""
    parser = make_parser()
    settings = parser.parse_args(arguments)
    if settings.movie is not None and settings.which == "newest":
        settings.which = "all"
    for does_not_go, why in _conflicts(settings):
        if does_not_go:
            parser.error(why)
    return settings


def _conflicts(settings: argparse.Namespace) -> list[tuple[object, str]]:
    """What does not go together, if it is so, in words."""
    is_all, is_movie = settings.which == "all", settings.movie is not None
    how = settings.redraw or settings.out or settings.frame_timeout or settings.formats != ("png",)
    return [
        (
            settings.watch and len(settings.paths) != 1,
            "--watch takes one PATH; to watch several runs, name the directory above them",
        ),
        (
            settings.watch and (settings.which != "newest" or settings.status) and not is_movie,
            "--watch draws the newest as they come: leave out --all, --step, --best and --status",
        ),
        (settings.until_finished and not settings.watch, "--until-finished goes with --watch"),
        (settings.poll is not None and not settings.watch, "--poll goes with --watch"),
        *((getattr(settings, each) and not is_all, f"--{each} goes with --all") for each in _OF_ALL),
        (settings.jobs != 1 and not is_all, "--jobs goes with --all"),
        (
            is_movie and (settings.watch or settings.status or not is_all),
            "--movie is made of all snapshots: leave out --watch, --step, --best and --status",
        ),
        (
            is_movie and (settings.jobs != 1 or how),
            "--movie FILE says where and how: leave out --out, --format, --jobs, --redraw and --frame-timeout",
        ),
        *((getattr(settings, each) is not None and not is_movie, f"--{each} goes with --movie") for each in _OF_MOVIE),
        (
            settings.fps is not None and settings.duration is not None,
            "--fps and --duration: choose a constant rate, or true time",
        ),
    ]


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autoviz-render",
        description="Draw the snapshots that a sampling run publishes, live or afterwards.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="where the runs are")
    _add_which(parser)
    _add_how(parser)
    _add_film(parser)
    _add_say(parser)
    return parser


def _add_which(parser: argparse.ArgumentParser) -> None:
    """What to draw."""
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
    which.add_argument(
        "--since",
        type=_since,
        metavar="TIME",
        help="with --all: those published since: 90min, 2h, 3d, or 2026-11-22T10:00 in local time",
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


def _add_how(parser: argparse.ArgumentParser) -> None:
    """How to draw it."""
    how = parser.add_argument_group("how to draw it")
    how.add_argument(
        "--figure",
        metavar="NAME",
        help="figures to draw instead of the run's own, with commas between: names, or module:function to import",
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
    how.add_argument("--theme", choices=("light", "dark"), default="light", help="colours of all but the data")
    how.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="with --all: draw by N processes at once")
    how.add_argument("--redraw", action="store_true", help="with --all: those too that are drawn already")
    how.add_argument(
        "--frame-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="abandon a figure that takes longer, and its process (default 120)",
    )
    how.add_argument("--out", type=Path, metavar="DIR", help="folder for the figures (default the run's image/)")


def _add_film(parser: argparse.ArgumentParser) -> None:
    """A film of it."""
    film = parser.add_argument_group("a film of the run (needs autoviz-render[movie] for mp4)")
    film.add_argument("--movie", type=_movie, metavar="FILE", help="write .mp4, .gif or .webp; --since goes with it")
    film.add_argument("--fps", type=_rate, metavar="N", help="snapshots a second (default 10)")
    film.add_argument(
        "--duration", type=_seconds, metavar="SECONDS", help="true time: the whole run in so many seconds"
    )


def _add_say(parser: argparse.ArgumentParser) -> None:
    """What to say."""
    say = parser.add_argument_group("what to say")
    say.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    say.add_argument("--quiet", action="store_true", help="only errors on standard error")
    say.add_argument("--debug", action="store_true", help="everything on standard error, with tracebacks")


def _formats(text: str) -> tuple[str, ...]:
    formats = tuple(dict.fromkeys(text.lower().split(",")))
    if not set(formats) <= set(FORMATS):
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(FORMATS)}")
    return formats


def _step(text: str) -> int:
    return _whole(text, 0, 10**18)


def _jobs(text: str) -> int:
    return _whole(text, 1, 1024)


def _rate(text: str) -> float:
    return float(_whole(text, 1, 120))


def _movie(text: str) -> Path:
    if Path(text).suffix.lower() not in MOVIES:
        raise argparse.ArgumentTypeError(f"{text!r}: name a file that ends in {', '.join(MOVIES)}")
    return Path(text)


def _since(text: str) -> float:
    units = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)", text):
        return time.time() - float(match[1]) * units[match[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 90min, 2h, 3d, or 2026-11-22T10:00") from None


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
