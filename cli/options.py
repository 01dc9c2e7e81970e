"""What can be typed after `autoviz-render`, and the same as typed values."""

from __future__ import annotations

import argparse
import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import autoviz_render
from autoviz_render.figures.registry import find_target
from autoviz_render.renderer.batch.selection import Which
from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.renderer.settings import FigureSpec, RenderSettings, SettingsError, ThemeName

MOVIES = (".mp4", ".gif", ".webp")
_GOES_WITH = {
    "watch": ("until_finished", "poll"),
    "all": ("abandoned", "since", "redraw", "jobs"),
    "movie": ("fps", "duration"),
}
_EPILOG = """\
PATH is a run directory, its spool, or any directory above several runs.

exit codes: 0 done; 1 could not do all of it, the message says what; 2 wrong usage; 3 nothing to draw
"""


@dataclass(frozen=True)
class Options:
    """The command line, parsed and checked; `docs/help.txt` says what each option means.

    Attributes:
        paths: Where the runs are.
        figure: What `--figure` says: see `render_settings`.
        settings: What `--format`, `--dpi` and `--theme` say.
        since: In seconds since 1970 (UTC).
        poll, frame_timeout, duration: In seconds; None is the default.
    """

    paths: tuple[Path, ...]
    watch: bool
    which: Which
    since: float | None
    abandoned: bool
    status: bool
    until_finished: bool
    poll: float | None
    figure: str | None
    settings: RenderSettings
    jobs: int
    redraw: bool
    frame_timeout: float | None
    out: Path | None
    movie: Path | None
    fps: float | None
    duration: float | None
    json: bool
    quiet: bool
    debug: bool

    def render_settings(self) -> RenderSettings:
        """The settings with the figures that were asked for, or None for each run's own.

        A function `module:function` is imported here once, to tell an error at once, and again by each process that
        draws.

        Raises:
            FigureError: A figure is not there, or cannot be imported.
            SettingsError: Two of them would be drawn to files of one name.
        """
        if self.figure is None:
            return self.settings
        figures = [_spec(name) for name in dict.fromkeys(self.figure.split(","))]
        return replace(self.settings, figures=figures)


def parse(arguments: Sequence[str] | None) -> Options:
    """The options, checked against each other; exits with 2 if they do not go together."""
    parser = make_parser()
    values: dict[str, Any] = vars(parser.parse_args(arguments))
    given = {name for name, value in values.items() if value != parser.get_default(name)}
    if values["which"] == "all" or ("movie" in given and "which" not in given):
        values["which"] = "all"
        given.add("all")
    for why in _conflicts(given, len(values["paths"])):
        parser.error(why)
    how = {name: values.pop(name) for name in ("formats", "dpi", "theme", "width", "height", "panel")}
    try:
        return Options(settings=RenderSettings(**how), **values)
    except SettingsError as error:
        parser.error(f"--{error}")


def _conflicts(given: set[str], paths: int) -> Iterator[str]:
    """What does not go together, in words. given: the options, by their names in `Options`, and "all"."""
    for option, others in _GOES_WITH.items():
        if option not in given:
            yield from (f"--{other.replace('_', '-')} goes with --{option}" for other in others if other in given)
    if "watch" in given and paths != 1:
        yield "--watch takes one PATH; to watch several runs, name the directory above them"
    if "movie" in given and (given & {"watch", "status"} or "all" not in given):
        yield "--movie is made of all snapshots: leave out --watch, --step, --best and --status"
    if "movie" in given and given & {"out", "formats", "jobs", "redraw", "frame_timeout"}:
        yield "--movie FILE says where and how: leave out --out, --format, --jobs, --redraw and --frame-timeout"
    if {"fps", "duration"} <= given:
        yield "--fps and --duration: choose a constant rate, or true time"


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="autoviz-render",
        description="Draw the snapshots that a sampling run publishes, live or afterwards.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {autoviz_render.__version__}")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="where the runs are")
    _add_which(parser.add_argument_group("what to draw (by default the newest snapshot of each run)"))
    _add_how(parser.add_argument_group("how to draw it"))
    _add_movie(parser.add_argument_group("a movie of the run (mp4 needs autoviz-render[movie])"))
    _add_messages(parser.add_argument_group("messages"))
    return parser


def _add_which(group: argparse._ArgumentGroup) -> None:
    one = group.add_mutually_exclusive_group()
    constant: dict[str, Any] = {"dest": "which", "action": "store_const"}
    one.add_argument("--watch", action="store_true", help="keep drawing the newest until interrupted")
    one.add_argument("--all", **constant, const="all", default="newest", help="every snapshot kept")
    one.add_argument("--step", dest="which", type=_whole(0, 10**18), metavar="N", help="the snapshot of quick update N")
    one.add_argument("--best", **constant, const="best", help="the snapshot of the highest log likelihood")
    since = "with --all: only those published since TIME, written 90min, 2h, 3d (ago), or 2026-11-22T10:00 (local time)"
    group.add_argument("--since", type=_since, metavar="TIME", help=since)
    group.add_argument("--abandoned", action="store_true", help="with --all: also those that a resumed run did again")
    one.add_argument("--status", action="store_true", help="show the status of each run, and draw nothing")
    group.add_argument("--until-finished", action="store_true", help="with --watch: leave when the run is over")
    poll = "with --watch: look at least this often, even if the file system reports no change (default 2)"
    group.add_argument("--poll", type=_seconds, metavar="SECONDS", help=poll)


def _add_how(group: argparse._ArgumentGroup) -> None:
    figures = "figures to draw instead of the run's own, separated by commas: names, or module:function to import"
    formats = f"one or several of {','.join(FORMATS)}, separated by commas (default png)"
    timeout = "abandon a figure that takes longer, and its process (default 120)"
    default, themes = RenderSettings(), get_args(ThemeName)
    dpi = "dots per inch (default 100, or what AUTOVIZ_DPI says; with --width 300)"
    width = "for print: the figure's width, 88mm, 18cm, 3.46in; text then has 7 points or more"
    height = "with --width: the figure's height (default as the panels need)"
    panel = "one panel alone, by its title or number"
    group.add_argument("--figure", metavar="NAME", help=figures)
    group.add_argument(
        "--format", dest="formats", type=_formats, default=default.formats, metavar="FORMAT", help=formats
    )
    group.add_argument("--dpi", type=_whole(10, 1200), metavar="N", help=dpi)
    group.add_argument("--width", metavar="WIDTH", help=width)
    group.add_argument("--height", metavar="HEIGHT", help=height)
    group.add_argument("--panel", metavar="TITLE", help=panel)
    group.add_argument("--theme", choices=themes, default=default.theme, help="colours of all but the data")
    group.add_argument("--jobs", type=_whole(1, 1024), default=1, metavar="N", help="with --all: draw with N processes")
    group.add_argument("--redraw", action="store_true", help="with --all: redraw figures that are up to date")
    group.add_argument("--frame-timeout", type=_seconds, metavar="SECONDS", help=timeout)
    group.add_argument("--out", type=Path, metavar="DIR", help="folder for the figures (default the run's image/)")


def _add_movie(group: argparse._ArgumentGroup) -> None:
    duration = "show true time: the whole run in this many seconds"
    group.add_argument("--movie", type=_movie, metavar="FILE", help="write .mp4, .gif or .webp; --since goes with it")
    group.add_argument("--fps", type=_whole(1, 120), metavar="N", help="snapshots a second (default 10)")
    group.add_argument("--duration", type=_seconds, metavar="SECONDS", help=duration)


def _add_messages(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    group.add_argument("--quiet", action="store_true", help="only errors on standard error")
    group.add_argument("--debug", action="store_true", help="everything on standard error, with tracebacks")


def _formats(text: str) -> tuple[str, ...]:
    formats = tuple(dict.fromkeys(text.lower().split(",")))
    if not set(formats) <= set(FORMATS):
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(FORMATS)}")
    return formats


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


def _whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return read


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0.01 <= (value := float(text)) <= 86400:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.01 to 86400")


def _spec(name: str) -> FigureSpec:
    if ":" not in name:
        find_target(name)
        return FigureSpec(name)
    spec = FigureSpec.imported(name)
    spec.recipe()
    return spec
