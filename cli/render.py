"""Drawing again: one snapshot, several, or all of them."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from autoviz_render.cli.options import Options
from autoviz_render.cli.output import DONE, INCOMPLETE, NOTHING, print_files
from autoviz_render.cli.progress import Progress
from autoviz_render.renderer.batch.render import render
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.jobs import Status, of_run

log = logging.getLogger("autoviz_render.cli")


def draw_again(options: Options) -> int:
    """Draw what was chosen of each run, and print the files; the exit code.

    Raises:
        PathError, NoSpoolError, OSError: As `render` raises them.
        FigureError, SettingsError: As `Options.render_settings` raises them.
        OutputClosedError: Nobody reads what is printed.
    """
    statuses: set[Status] = set()
    faults: dict[str, set[Path | None]] = {}
    with Progress("figures") as progress:
        results = render(
            options.paths,
            which=options.which,
            settings=options.render_settings(),
            jobs=options.jobs,
            out=options.out,
            since=options.since,
            abandoned=options.abandoned,
            redraw=options.redraw,
            frame_timeout=options.frame_timeout or FRAME_TIMEOUT,
            on_progress=progress.show,
        )
        with contextlib.closing(results):
            for result in results:
                progress.clear()
                statuses.add(result.status)
                for message in result.messages:
                    if message not in faults:
                        log.error("%s", message if result.spool is None else of_run(result.spool, message))
                    if result.status != "missing":  # which is no fault
                        faults.setdefault(message, set()).add(result.spool)
                print_files(result.files if result.status == "drawn" else (), as_json=options.json)
    for message, runs in faults.items():
        if len(runs) > 1:
            log.error("the same of %d more: %s", len(runs) - 1, message)
    if faults:
        return INCOMPLETE
    return DONE if statuses & {"drawn", "cached"} else NOTHING
