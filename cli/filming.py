"""`--movie`: a film of a run."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from autoviz_render.cli.chosen import chosen_snapshots
from autoviz_render.cli.progress import Progress
from autoviz_render.cli.said import DONE, INCOMPLETE, USAGE, print_files, say
from autoviz_render.renderer.film import MovieError
from autoviz_render.renderer.jobs import Figure
from autoviz_render.renderer.movie import write_movie
from autoviz_render.renderer.replay import chosen
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.cli")


def film(settings: argparse.Namespace, directory: Path) -> int:
    """Film a run's first figure, or the one that was asked for; the exit code.

    Raises FigureError, SpoolError and OSError.
    """
    spool, how = Spool(directory), chosen_snapshots(settings)
    figures = how.figures or [Figure(name) for name in spool.info().figures]
    refs, complaints = chosen(spool, how), []

    def complain(message: str) -> None:
        complaints.append(message)
        log.error("%s", message)

    try:
        with Progress("snapshots") as progress:
            write_movie(
                spool,
                refs,
                figures[0],
                settings.movie,
                fps=settings.fps or 10.0,
                duration=settings.duration,
                dpi=settings.dpi,
                theme=settings.theme,
                on_error=complain,
                on_frame=progress.show,
            )
    except MovieError as error:
        say(error)
        return USAGE
    print_files([settings.movie], settings)
    return INCOMPLETE if complaints else DONE
