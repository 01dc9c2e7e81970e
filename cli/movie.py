"""`--movie`: a film of a run."""

from __future__ import annotations

import argparse
import contextlib
import logging
from pathlib import Path

from autoviz_render.cli.options import chosen_snapshots
from autoviz_render.cli.output import DONE, INCOMPLETE, NOTHING, USAGE, print_files
from autoviz_render.cli.progress import Progress
from autoviz_render.renderer.batch.movie import FilmJob, Word
from autoviz_render.renderer.batch.selection import chosen
from autoviz_render.renderer.work.jobs import Figure
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import remove_drafts

log = logging.getLogger("autoviz_render.cli")

_CODES = {"undrawable": USAGE, "gone": NOTHING}


def film(settings: argparse.Namespace, directory: Path) -> int:
    """Film a run's first figure, or the one that was asked for; the exit code.

    Raises FigureError, SpoolError and OSError.
    """
    complaints: list[str] = []

    def hear(line: bytes) -> None:
        word = Word.from_line(line)
        if word.fault:
            complaints.append(word.fault)
            progress.clear()
            log.error("%s", word.fault)
        elif word.total:
            progress.show(word.done, word.total)

    with Progress("snapshots") as progress, Pool(on_word=hear) as pool:
        spool, how = Spool(directory), chosen_snapshots(settings)
        figures = how.figures or [Figure(name) for name in spool.info().figures]
        job = FilmJob(
            spool.paths.directory,
            tuple(ref.path.name for ref in chosen(spool, how)),
            figures[0],
            settings.movie,
            fps=settings.fps or 10.0,
            duration=settings.duration,
            dpi=settings.dpi,
            theme=settings.theme,
        )
        ((_, _, result),) = pool.draw([job])
    if result.status != "drawn":
        log.error("%s", result.fault)
        with contextlib.suppress(OSError):
            remove_drafts(settings.movie.parent, of=settings.movie.name)  # of the process, if it was ended
        return _CODES.get(result.status, INCOMPLETE)
    print_files(result.files, settings)
    return INCOMPLETE if complaints else DONE
