"""`--watch`: drawing the newest as they come."""

from __future__ import annotations

import argparse
import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from autoviz_render.renderer.work.executor import FRAME_TIMEOUT, Subprocess
from autoviz_render.renderer.work.resources import raise_descriptor_limit

if TYPE_CHECKING:
    from autoviz_render.renderer.work.jobs import RenderResult

log = logging.getLogger("autoviz_render.cli")


def watch(path: Path, settings: argparse.Namespace) -> int:
    """Draw what is published at or under a path until interrupted; the exit code. Raises FigureError."""
    raise_descriptor_limit()
    first = Subprocess(settings.frame_timeout or FRAME_TIMEOUT)  # it imports Matplotlib while the rest goes on here
    try:
        return _watch(path, settings, first)
    finally:
        first.close()


def _watch(path: Path, settings: argparse.Namespace, first: Subprocess) -> int:
    from autoviz_render.cli.options import chosen_figures
    from autoviz_render.cli.output import print_files
    from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
    from autoviz_render.renderer.live.watch import Watch

    hints = Watch(path.absolute(), settings.poll or 2.0)

    def tell(result: RenderResult) -> None:
        print_files(result.files, settings)

    live = LiveSettings(
        figures=chosen_figures(settings.figure),
        formats=settings.formats,
        dpi=settings.dpi,
        theme=settings.theme,
        out=settings.out,
        path=path,
        until_finished=settings.until_finished,
    )
    renderer = LiveRenderer(hints, live, tell, first)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: renderer.stop())
    if not os.path.exists(path):
        log.info("%s: not there yet; waiting for it", path)
    return renderer.run()
