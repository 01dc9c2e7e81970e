"""What was asked for on the command line, as typed values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from autoviz_render.figures.registry import find_target
from autoviz_render.renderer.batch.selection import Which
from autoviz_render.renderer.settings import FigureSpec, RenderSettings


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


def _spec(name: str) -> FigureSpec:
    if ":" not in name:
        find_target(name)
        return FigureSpec(name)
    spec = FigureSpec.imported(name)
    spec.recipe()
    return spec
