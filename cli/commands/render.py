"""Drawing again: one snapshot, several, or all of them."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.output import DONE, INCOMPLETE, NO_PREVIEW, NOTHING, print_files
from autoviz_render.cli.progress import Progress
from autoviz_render.renderer.alarms.alarms_file import alarm_value
from autoviz_render.renderer.batch.executor_pool import STOPPED
from autoviz_render.renderer.batch.render import render
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.jobs import Status, of_run

log = logging.getLogger("autoviz_render.cli")

_MOST_SHOWN = 8  # figures in a terminal: the last ones


def draw_again(options: Options) -> int:
    """Draw what was chosen of each run, and print the files; the exit code.

    Raises:
        PathError, NoSpoolError, OSError: As `render` raises them.
        FigureError, SettingsError: As `Options.render_settings` raises them.
        ClusterError: As `dask_executor` raises it.
        OutputClosedError: Nobody reads what is printed.
    """
    statuses: set[Status] = set()
    faults: dict[str, set[Path | None]] = {}
    alarmed: set[tuple[Path | None, str]] = set()
    shown: deque[Path] = deque(maxlen=_MOST_SHOWN)
    with Progress("figures") as progress, _executor(options) as executor:
        results = render(
            options.paths,
            which=options.which,
            settings=options.render_settings(),
            jobs=options.jobs,
            executor=executor,
            shard=options.shard,
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
                    spool = None if message.startswith(STOPPED) else result.spool
                    if message not in faults:
                        log.error("%s", message if spool is None else of_run(spool, message))
                    if result.status != "missing":  # which is no fault
                        faults.setdefault(message, set()).add(spool)
                facts = {"alarms": [alarm_value(alarm) for alarm in result.alarms]} if result.alarms else {}
                print_files(result.files if result.status == "drawn" else (), as_json=options.json, **facts)
                for alarm in result.alarms if options.which != "all" and result.spool is not None else ():
                    message = f"alarm: {alarm.sentence}"
                    if (result.spool, message) not in alarmed:  # by another figure of the run
                        alarmed.add((result.spool, message))
                        log.warning("%s", of_run(result.spool or Path(), message))
                shown.extend(result.files)
    if options.preview is not None and options.preview != "off":
        _preview(list(shown), options.preview)
    for message, runs in faults.items():
        if len(runs) > 1:
            log.error("the same of %d more: %s", len(runs) - 1, message)
    if faults:
        return INCOMPLETE
    is_empty_part = options.shard is not None and not statuses  # all that there is may be in other parts
    return DONE if statuses & {"drawn", "cached"} or is_empty_part else NOTHING


def _preview(files: Sequence[Path], how: str) -> None:
    """Show figures on this terminal."""
    from autoviz_render.views.terminal.region import is_live_terminal

    if not is_live_terminal(sys.stdout):
        log.warning("%s", NO_PREVIEW)
        return
    from autoviz_render.views.terminal.preview import show_once

    show_once(files, how)


@contextlib.contextmanager
def _executor(options: Options) -> Iterator[Executor | None]:
    if options.dask is None:
        yield None
        return
    from autoviz_render.renderer.batch.cluster import dask_executor

    with dask_executor(options.dask) as executor:
        yield executor
