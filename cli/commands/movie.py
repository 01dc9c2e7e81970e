"""`--movie`: a movie of a run."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.output import DONE, INCOMPLETE, NOTHING, USAGE, print_files
from autoviz_render.cli.progress import Progress
from autoviz_render.renderer.batch.movie import MovieJob, MovieProgress
from autoviz_render.renderer.batch.selection import Selection, why_nothing
from autoviz_render.renderer.work.pool import Pool
from autoviz_render.spool.errors import NoSpoolError
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import remove_drafts

log = logging.getLogger("autoviz_render.cli")

_CODES = {"undrawable": USAGE, "missing": NOTHING}


def make_movie(spool: Spool, path: Path, options: Options) -> int:
    """Make a movie of a run's first figure, or of the one that was asked for; the exit code.

    Raises:
        FigureError, SettingsError: As `Options.render_settings` raises them.
        NoSpoolError: There is no snapshot for it.
        SpoolError, OSError: The spool cannot be read.
        OutputClosedError: Nobody reads what is printed.
    """
    faults: list[str] = []

    def hear(line: bytes) -> None:
        news = MovieProgress.from_line(line)
        if news.fault:
            faults.append(news.fault)
            progress.clear()
            log.error("%s", news.fault)
        elif news.total:
            progress.show(news.done, news.total)

    with Progress("snapshots") as progress, Pool(on_word=hear) as pool:
        settings = options.render_settings()
        figure, _ = settings.named(spool.info().figures)[0]
        refs = Selection("all", options.since, options.abandoned).of(spool)
        if not refs:
            raise NoSpoolError(spool.paths.directory, why_nothing(spool, Selection("all", options.since)))
        names, timing = [ref.path.name for ref in refs], (options.fps or 10.0, options.duration)
        job = MovieJob(spool.paths.directory, figure, path, names, *timing, settings=settings)
        ((_, _, result),) = pool.draw([job])
    if result.status != "drawn":
        log.error("%s", result.fault)
        with contextlib.suppress(OSError):
            remove_drafts(path.parent, of=path.name)  # of the process, if it was ended
        return _CODES.get(result.status, INCOMPLETE)
    print_files(result.files, as_json=options.json)
    return INCOMPLETE if faults else DONE
