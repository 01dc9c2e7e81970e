"""What can be typed after `autoviz-render`, and the same as typed values."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, NoReturn, get_args

import autoviz_render
from autoviz_render.figures.registry import find_target
from autoviz_render.renderer.batch.selection import Which
from autoviz_render.renderer.batch.shards import Shard
from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.renderer.settings import FigureSpec, RenderSettings, SettingsError, ThemeName
from autoviz_render.spool.text import printable

MOVIES = (".mp4", ".gif", ".webp")

_GOES_WITH = {
    "--watch": ("--until-finished", "--poll", "--serve", "--window"),
    "--all": ("--abandoned", "--since", "--redraw"),
    "--movie": ("--fps", "--duration"),
}
"""Options that do something only together with another one."""

_HOW = ("--figure", "--format", "--dpi", "--theme", "--width", "--height", "--panel", "--frame-timeout", "--out")
_WHERE = ("--jobs", "--shard", "--dask")
_WITHOUT = {
    "--movie": (
        "is made of all snapshots, in one file of its own",
        (
            "--watch",
            "--status",
            "--step",
            "--best",
            "--out",
            "--format",
            "--redraw",
            "--frame-timeout",
            *_WHERE,
            "--html",
            "--preview",
        ),
    ),
    "--status": ("draws nothing", (*_HOW, *_WHERE, "--redraw", "--since", "--abandoned", "--html", "--preview")),
    "--watch": ("draws in one process", _WHERE),
    "--dask": ("has workers of its own", ("--jobs",)),
    "--html": ("shows all runs, and is best written when every part is drawn", ("--shard",)),
    "--json": ("is for another program to read", ("--preview",)),
    "--debug": ("says everything", ("--quiet",)),
}
"""Options beside which others would do nothing: why, and which."""

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


@dataclass(frozen=True)
class Options:
    """The command line, parsed and checked; `docs/help.txt` says what each option means.

    Attributes:
        paths: Where the runs are.
        figure: What `--figure` says: see `render_settings`.
        settings: What `--format`, `--dpi` and `--theme` say.
        since: In seconds since 1970 (UTC).
        shard: Which part this process draws; None is all.
        dask: The address of a Dask scheduler, or the path of its file.
        poll, frame_timeout, duration: In seconds; None is the default.
        remote: What is mirrored and then watched, `ssh://HOST/PATH`; None if `paths` are on this machine.
        serve: Where to listen: `[HOST:]PORT`, or `unix:PATH`; None does not.
        preview: One of `PREVIEWS`; None if nothing was said.
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
    shard: Shard | None
    dask: str | None
    redraw: bool
    frame_timeout: float | None
    out: Path | None
    movie: Path | None
    fps: float | None
    duration: float | None
    html: bool
    serve: str | None
    preview: str | None
    window: bool
    json: bool
    quiet: bool
    debug: bool
    remote: str | None = None

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
    values: dict[str, Any] = vars(parser.parse_args(_with_preview(sys.argv[1:] if arguments is None else arguments)))
    given: set[str] = values.pop("given", set())
    if "--movie" in given and not given & {"--step", "--best"}:
        values["which"] = "all"
        given.add("--all")
    for why in _conflicts(given, values):
        parser.error(why)
    remote = [path for path in values["paths"] if isinstance(path, str)]
    if remote:
        values |= {"remote": remote[0], "paths": (Path(remote[0]),)}
    how = {name: values.pop(name) for name in ("formats", "dpi", "theme", "width", "height", "panel")}
    try:
        return Options(settings=RenderSettings(**how), **values)
    except SettingsError as error:
        parser.error(f"--{error}")


def _with_preview(arguments: Sequence[str]) -> list[str]:
    """The arguments, in which `--preview` alone does not take the path behind it for its value."""
    return [
        "--preview=on" if each == "--preview" and after not in PREVIEWS else each
        for each, after in zip_longest(arguments, arguments[1:])
    ]


def _conflicts(given: set[str], values: Mapping[str, Any]) -> Iterator[str]:
    """What does not go together, in words.

    Args:
        given: The options that were typed, as they are written.
        values: What they say, by their names in `Options`.
    """
    for option, (why, others) in _WITHOUT.items():
        if option in given and (useless := [other for other in others if other in given]):
            yield f"{option} {why}: leave out {' and '.join(useless)}"
    for option, others in _GOES_WITH.items():
        if option not in given:
            yield from (f"{other} goes with {option}" for other in others if other in given)
    if "--watch" in given and len(values["paths"]) != 1:
        yield "--watch takes one PATH; to watch several runs, name the directory above them"
    if "--html" in given and len(values["paths"]) != 1:
        yield "--html takes one PATH; to show several runs, name the directory above them"
    if "--watch" not in given and (remote := [path for path in values["paths"] if isinstance(path, str)]):
        yield f"{remote[0]} goes with --watch"
    if "--movie" in given and "," in (values["figure"] or ""):
        yield f"--movie shows one figure: name one of {values['figure']}"
    if {"--fps", "--duration"} <= given:
        yield "--fps and --duration: choose a constant rate, or true time"


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
    parser.add_argument("paths", action="store", nargs="+", type=_path, metavar="PATH", help="where the runs are")
    _add_which(parser.add_argument_group("what to draw (by default the newest snapshot of each run)"))
    _add_views(parser.add_argument_group("where to look (--serve needs autoviz-render[web])"))
    _add_how(parser.add_argument_group("how to draw it"))
    _add_cluster(parser.add_argument_group("a cluster (--dask needs autoviz-render[cluster])"))
    _add_movie(parser.add_argument_group("a movie of the run (mp4 needs autoviz-render[movie])"))
    _add_messages(parser.add_argument_group("messages"))
    return parser


def _add_which(group: argparse._ArgumentGroup) -> None:
    one = group.add_mutually_exclusive_group()
    one.add_argument("--watch", **_FLAG, help="keep drawing the newest until interrupted")
    one.add_argument("--all", dest="which", const="all", default="newest", help="every snapshot kept")
    one.add_argument("--step", dest="which", type=_whole(0, 10**18), metavar="N", help="the snapshot of quick update N")
    one.add_argument("--best", dest="which", const="best", help="the snapshot of the highest log likelihood")
    since = "with --all: only those published since TIME, written 90min, 2h, 3d (ago), or 2026-11-22T10:00 (local time)"
    group.add_argument("--since", type=_since, metavar="TIME", help=since)
    group.add_argument("--abandoned", **_FLAG, help="with --all: also those that a resumed run did again")
    one.add_argument("--status", **_FLAG, help="show the status of each run, and draw nothing")
    group.add_argument("--until-finished", **_FLAG, help="with --watch: leave when the run is over")
    poll = "with --watch: look at least this often, even if the file system reports no change (default 2)"
    group.add_argument("--poll", type=_seconds, metavar="SECONDS", help=poll)


def _add_views(group: argparse._ArgumentGroup) -> None:
    html = "write PATH/index.html, a page over all runs that needs no server; with --watch it follows them"
    serve = (
        "with --watch: serve that page to browsers, figures as they are drawn; on this machine unless HOST says more"
    )
    preview = f"show the figure in this terminal, with --watch as it changes; HOW: {', '.join(PREVIEWS)} (default on)"
    window = "with --watch: show the newest figure in a window"
    group.add_argument("--html", **_FLAG, help=html)
    group.add_argument("--serve", type=_address, metavar="[HOST:]PORT|unix:PATH", help=serve)
    group.add_argument("--preview", nargs="?", const="on", choices=PREVIEWS, metavar="HOW", help=preview)
    group.add_argument("--window", **_FLAG, help=window)


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
    group.add_argument("--jobs", type=_whole(1, 1024), default=1, metavar="N", help="draw with N processes")
    group.add_argument("--redraw", **_FLAG, help="with --all: redraw figures that are up to date")
    group.add_argument("--frame-timeout", type=_seconds, metavar="SECONDS", help=timeout)
    group.add_argument("--out", type=Path, metavar="DIR", help="folder for the figures (default the run's image/)")


def _add_cluster(group: argparse._ArgumentGroup) -> None:
    shard = "draw part K of N, from 1 to N, and leave the others to other processes; auto: as SLURM or MPI says"
    dask = "draw with the workers of a Dask scheduler: its address, or its scheduler file"
    group.add_argument("--shard", type=_shard, metavar="K/N", help=shard)
    group.add_argument("--dask", metavar="ADDRESS|FILE", help=dask)


def _add_movie(group: argparse._ArgumentGroup) -> None:
    duration = "show true time: the whole run in this many seconds"
    group.add_argument("--movie", type=_movie, metavar="FILE", help="write .mp4, .gif or .webp; --since goes with it")
    group.add_argument("--fps", type=_whole(1, 120), metavar="N", help="snapshots a second (default 10)")
    group.add_argument("--duration", type=_seconds, metavar="SECONDS", help=duration)


def _add_messages(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--json", **_FLAG, help="one JSON object a line on standard output")
    group.add_argument("--quiet", **_FLAG, help="only errors on standard error")
    group.add_argument("--debug", **_FLAG, help="everything on standard error, with tracebacks")


def _path(text: str) -> Path | str:
    """A path; as a text, as it was typed, if it is on another machine."""
    if not text.startswith("ssh://"):
        return Path(text)
    host, slash, _ = text.removeprefix("ssh://").partition("/")
    if not host.rpartition("@")[2] or not slash or host.startswith("-"):
        raise argparse.ArgumentTypeError(f"{text!r}: write ssh://HOST/PATH, or ssh://USER@HOST:PORT/PATH")
    return text


def _address(text: str) -> str:
    port = text.rpartition(":")[2]
    if not (text.startswith("unix:") and len(text) > 5) and not (port.isdecimal() and int(port) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r}: write a port, HOST:PORT, or unix:PATH of a socket")
    return text


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


def _shard(text: str) -> Shard:
    try:
        return Shard.parse(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("shard: ")) from None


def _spec(name: str) -> FigureSpec:
    if ":" not in name:
        find_target(name)
        return FigureSpec(name)
    spec = FigureSpec.imported(name)
    spec.recipe()
    return spec
