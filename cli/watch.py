"""`--watch`: drawing the newest as they come."""

from __future__ import annotations

import logging
import signal
from contextlib import closing

from autoviz_render.cli.options import Options
from autoviz_render.cli.output import print_files
from autoviz_render.renderer.batch.runs import exists, named_path
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT, Subprocess
from autoviz_render.renderer.work.resources import raise_descriptor_limit

log = logging.getLogger("autoviz_render.cli")


def watch(options: Options) -> int:
    """Draw what is published at or under the path until interrupted; the exit code.

    Raises:
        PathError: The path is a file.
        FigureError, SettingsError: As `Options.render_settings` raises them.
    """
    path = named_path(options.paths[0])
    is_there = exists(path)
    raise_descriptor_limit()
    with closing(Subprocess(options.frame_timeout or FRAME_TIMEOUT)) as first:  # it imports Matplotlib meanwhile
        from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
        from autoviz_render.renderer.live.watch import Watch

        spools = Watch(path.absolute(), options.poll or 2.0)
        settings = LiveSettings(options.render_settings(), options.out, options.until_finished)
        renderer = LiveRenderer(spools, settings, first, lambda result: print_files(result.files, as_json=options.json))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: renderer.stop())
        if not is_there:
            log.info("%s: not there yet; waiting for it", path)
        return renderer.run()
