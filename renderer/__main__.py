"""The renderer as a child process: `python -m autoviz_render.renderer SPOOL`, standard input a pipe.

It has the newest snapshot drawn until the run is over or the pipe ends, and lets everything else on the
machine go first. `RendererProcess` starts it; people use `autoviz-render --watch`.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path

from autoviz_render.renderer.child import bound_memory, lower_priority, when_parent_is_gone
from autoviz_render.renderer.hands import Worker, workers


def main(arguments: list[str]) -> int:
    (spool,) = arguments
    lower_priority()
    bound_memory()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    first = Worker()  # it imports Matplotlib while the rest goes on here

    from autoviz_render.renderer.live import LiveRenderer, LiveSettings
    from autoviz_render.renderer.process import EXIT_HELD
    from autoviz_render.renderer.watch import Watch

    watch = Watch(Path(spool))
    renderer = LiveRenderer(watch, LiveSettings(until_finished=True), hand=workers(watch, first))
    when_parent_is_gone(renderer.finish)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: renderer.stop())
    code = renderer.run()
    return EXIT_HELD if renderer.is_held_elsewhere else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
