"""The renderer as a child process: `python -m autoviz_render.renderer SPOOL`, standard input a pipe.

It draws the newest snapshot until the run is over or the pipe ends, and lets everything else on the
machine go first. `RendererProcess` starts it; people use `autoviz-render --watch`.
"""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path

from autoviz_render.renderer.child import bound_memory, lower_priority, when_parent_is_gone
from autoviz_render.renderer.process import EXIT_HELD
from autoviz_render.renderer.watch import Watch


def main(arguments: list[str]) -> int:
    (spool,) = arguments
    lower_priority()
    bound_memory()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    watch = Watch(Path(spool))
    watch.spools()  # armed before the imports below, which take most of a second

    from autoviz_render.renderer.live import LiveRenderer, LiveSettings

    renderer = LiveRenderer(watch, LiveSettings(until_finished=True))
    when_parent_is_gone(renderer.finish)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: renderer.stop())
    code = renderer.run()
    return EXIT_HELD if renderer.is_held_elsewhere else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
