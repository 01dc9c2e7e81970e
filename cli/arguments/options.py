"""What can be typed after `autoviz-render`, as typed values."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from autoviz_render.cli.arguments.conflicts import conflicts
from autoviz_render.cli.arguments.parser import PREVIEWS, make_parser
from autoviz_render.figures.registry import find_target
from autoviz_render.renderer.batch.selection import Which
from autoviz_render.renderer.batch.shards import Shard
from autoviz_render.renderer.settings import FigureSpec, RenderSettings, SettingsError


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
        on_alarm: A command of the user's, split into words, run for each new alarm.
        sheet: The titles of the panels on contact sheets.
        sheet_formats: What `--format` says of these: "html" is one of theirs.
        sort, where: The order of the runs on these, and which.
        compare: Two steps of a run, or two runs.
        redo: A figure's file, to be drawn again.
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
    on_alarm: tuple[str, ...] | None = None
    sheet: tuple[str, ...] | None = None
    sheet_formats: tuple[str, ...] = ("png",)
    sort: str | None = None
    where: str | None = None
    compare: Sequence[str] | None = None
    fits: bool = False
    samples: bool = False
    redo: Path | None = None
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


_HOW = ("formats", "dpi", "theme", "width", "height", "panel", "limits", "stretch", "interval")
"""The options that are fields of `RenderSettings`."""


def parse(arguments: Sequence[str] | None) -> Options:
    """The options, checked against each other; exits with 2 if they do not go together."""
    parser = make_parser()
    typed = _with_order(_with_preview(sys.argv[1:] if arguments is None else arguments))
    values: dict[str, Any] = vars(parser.parse_args(typed))
    given: set[str] = values.pop("given", set())
    if "--movie" in given and not given & {"--step", "--best"}:
        values["which"] = "all"
        given.add("--all")
    for why in conflicts(given, values):
        parser.error(why)
    remote = [path for path in values["paths"] if isinstance(path, str)]
    if remote:
        values |= {"remote": remote[0], "paths": (Path(remote[0]),)}
    how = {name: values.pop(name) for name in _HOW}
    if values["sheet"] is not None:
        values["sheet_formats"], how["formats"] = how["formats"], ("png",)
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


def _with_order(arguments: Sequence[str]) -> list[str]:
    """The arguments, in which the `-KEY` of `--sort -KEY` is no option of its own."""
    joined: list[str] = []
    for each in arguments:
        if joined and joined[-1] == "--sort":
            joined[-1] = f"--sort={each}"
        else:
            joined.append(each)
    return joined


def _spec(name: str) -> FigureSpec:
    if ":" not in name:
        find_target(name)
        return FigureSpec(name)
    spec = FigureSpec.imported(name)
    spec.recipe()
    return spec
