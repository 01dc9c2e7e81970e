"""Draws the runs that are asked for: `python -m autoviz_render.views.notebook.drawing_process`.

A line on standard input is `{"draw": SPOOL}` or `{"leave": SPOOL}`; its end ends this process. It is started with the
widget, in the user's own thread, and waits: so it is here, not in the user's process, that renderers are started when
they turn out to be needed, see `renderer.live.process`. Until then it has imported next to nothing.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autoviz_render.renderer.live.process import RendererProcess

_LOOK_EVERY = 2.0  # seconds
_LAST_FIGURE_TIMEOUT = 2.0


def main() -> int:
    os.environ.pop("MPLBACKEND", None)  # a kernel's own: without it, searches and this share a renderer
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    at_work: dict[str, RendererProcess] = {}
    while True:
        line = _next(lines, _LOOK_EVERY if at_work else None)
        if line is None:
            return 0  # its renderers hear of it by the ends of their pipes
        _obey(json.loads(line), at_work)
        for spool, renderer in list(at_work.items()):
            if not _goes_on(renderer):
                del at_work[spool]


def _read(lines: queue.SimpleQueue[str | None]) -> None:
    for line in sys.stdin:
        lines.put(line)
    lines.put(None)


def _next(lines: queue.SimpleQueue[str | None], timeout: float | None) -> str | None:
    try:
        return lines.get(timeout=timeout)
    except queue.Empty:
        return "{}"


def _obey(asked: dict[str, Any], at_work: dict[str, RendererProcess]) -> None:
    from pathlib import Path

    from autoviz_render.renderer.live.process import RendererProcess
    from autoviz_render.spool.paths import SpoolPaths

    if (spool := asked.get("draw")) is not None and spool not in at_work:
        paths = SpoolPaths(Path(os.fsdecode(spool.encode("latin-1"))))
        renderer = at_work[spool] = RendererProcess(paths.run_dir, is_open=False)
        renderer.start()
        renderer.draw(paths)
    if (left := at_work.pop(asked.get("leave", ""), None)) is not None:
        left.stop(_LAST_FIGURE_TIMEOUT)


def _goes_on(renderer: RendererProcess) -> bool:
    """Whether a run is still to be drawn: one that is over, and drawn, is not."""
    from autoviz_render.spool.errors import SpoolError
    from autoviz_render.spool.store import Spool

    renderer.look()
    if renderer.is_at_work:
        return True
    try:
        is_over = Spool(renderer.paths.directory).info().is_over()
    except (OSError, SpoolError):
        is_over = True
    if is_over or renderer.has_given_up:
        return False
    renderer.start()
    return True


if __name__ == "__main__":
    sys.exit(main())
