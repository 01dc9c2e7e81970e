"""`--html` without `--watch`: what is not drawn yet is drawn, and all runs are shown on one page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.commands.render import draw_again
from autoviz_render.cli.output import DONE, INCOMPLETE, print_files
from autoviz_render.cli.progress import Progress
from autoviz_render.renderer.batch.runs import Run
from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.follow import look
from autoviz_render.views.model.reader import Place
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.page.run_page import is_drawn_elsewhere
from autoviz_render.views.page.site import site_folder, write_site

log = logging.getLogger("autoviz_render.cli")


def show_on_a_page(runs: Sequence[Run], options: Options) -> int:
    """Draw what was chosen of the runs, write the page over all of them, and print where it is; the exit code.

    Raises:
        SpoolError, OSError: The page cannot be written.
        FigureError, SettingsError, OutputClosedError: As `draw_again` raises them.
    """
    path = options.paths[0]
    folder = site_folder(path, options.out)
    code = _draw(_seen(path, runs, options), options)
    with Progress("runs") as progress:
        page = write_site(_seen(path, runs, options), folder, progress.show)
    print_files([page], as_json=options.json)
    return code


def _seen(path: Path, runs: Sequence[Run], options: Options) -> Feed:
    place = Place(path.absolute(), options.out, options.render_settings())
    return look(path.absolute(), [run.spool.paths.directory for run in runs], place)


def _draw(feed: Feed, options: Options) -> int:
    """Draw the newest of each run, unless it is drawn already, and what was chosen; DONE or INCOMPLETE."""
    newest = replace(options, which="newest", since=None, abandoned=False, redraw=False)
    is_as_usual = options.figure is None and options.out is None and options.settings == RenderSettings()
    stale = tuple(view.spool for view in feed.overview.runs if is_stale(view)) if is_as_usual else options.paths
    chosen = [replace(newest, paths=stale)] if stale else []
    chosen += [options] if options.which != "newest" else []
    codes = [draw_again(each) for each in chosen]
    return INCOMPLETE if INCOMPLETE in codes else DONE  # a run without snapshots is on the page, too


def is_stale(view: RunView) -> bool:
    """Whether a run has a figure that does not show its newest snapshot, and no renderer that will draw it."""
    if view.step is None or is_drawn_elsewhere(view):
        return False
    return len(view.figures) < len(view.figure_names) or any(
        figure.modified < (view.updated or 0.0) for figure in view.figures
    )
