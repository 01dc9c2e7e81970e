"""`--sheet`: the same panels of many runs on a few pages."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.output import DONE, INCOMPLETE, NOTHING, print_files
from autoviz_render.cli.progress import Progress
from autoviz_render.renderer.batch.runs import Run, find_runs
from autoviz_render.renderer.batch.selection import Selection
from autoviz_render.renderer.plot.formats import Format
from autoviz_render.renderer.sheet.marks import read_marks
from autoviz_render.renderer.sheet.order import SheetOrder, SheetPage
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.spool.paths import passed_over
from autoviz_render.spool.text import cut, printable
from autoviz_render.views.model.reader import Place
from autoviz_render.views.page.sheet import SheetSite
from autoviz_render.views.page.site import site_folder

log = logging.getLogger("autoviz_render.cli")

_PAGES: tuple[Format, ...] = ("png", "webp")
_MOST_SAID = 20  # faults, a line each


def make_sheets(options: Options) -> int:
    """Draw the sheets, and print their files; the exit code.

    Raises:
        PathError, NoSpoolError, OSError: As `find_runs` raises them.
        FigureError, ExpressionError, SheetError: As `renderer.sheet.sheets.make_sheets` raises them.
        SpoolError: The marks cannot be read, or files of another program would be replaced.
        OutputClosedError: Nobody reads what is printed.
    """
    from autoviz_render.renderer.sheet.sheets import make_sheets as draw  # with Matplotlib

    runs, unread = find_runs(options.paths)
    if unread:
        log.error("%s", passed_over(unread))
    root, order = _root(options.paths), _order(options)
    place = Place(root)
    keys = [place.key(run.spool.paths.directory) for run in runs]
    faults: list[str] = []
    is_empty = True
    site = SheetSite(order) if order.strips else None
    if site is not None:
        site.refuse_another_programs()
    with Progress("runs") as progress:
        pages = draw(
            runs,
            keys,
            order,
            jobs=options.jobs,
            frame_timeout=options.frame_timeout or FRAME_TIMEOUT,
            on_progress=progress.show,
        )
        with contextlib.closing(pages):  # type: ignore[type-var]  # a generator
            for page in pages:
                progress.clear()
                is_empty = False
                _say(page, faults)
                print_files(page.files, as_json=options.json)
                if site is not None:
                    site.add(page)
    if site is not None and not is_empty:
        print_files([site.write()], as_json=options.json)
    if len(faults) > _MOST_SAID:
        log.error("%d more could not be drawn: their cells say why", len(faults) - _MOST_SAID)
    if is_empty:
        return _none(runs, options)
    return INCOMPLETE if faults or unread else DONE


def _order(options: Options) -> SheetOrder:
    root = _root(options.paths)
    folder = site_folder(root, options.out)
    beside = root if root.is_dir() else folder
    return SheetOrder(
        names=options.sheet or (),
        folder=folder,
        title=root.absolute().name,
        settings=options.render_settings(),
        pages=[each for each in _PAGES if each in options.sheet_formats],
        pdf="pdf" in options.sheet_formats,
        strips="html" in options.sheet_formats,
        sort=options.sort,
        where=options.where,
        selection=Selection(options.which),
        marks=read_marks(site_folder(beside, None)) | read_marks(folder),
    )


def _root(paths: Sequence[Path]) -> Path:
    """The folder that the runs are called from: the path that was named, or what several have in common."""
    absolute = [os.path.abspath(path) for path in paths]
    return paths[0] if len(paths) == 1 else Path(os.path.commonpath(absolute))


def _say(page: SheetPage, faults: list[str]) -> None:
    for fault in page.faults:
        if fault not in faults:
            faults.append(fault)
            if len(faults) <= _MOST_SAID:
                log.error("%s", fault)


def _none(runs: Sequence[Run], options: Options) -> int:
    condition = printable(cut(options.where or "", 200))
    log.error("of %d run%s none is such that %s", len(runs), "s" * (len(runs) != 1), condition)
    return NOTHING
