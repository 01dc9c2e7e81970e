"""The renderer as a child process: `python -m autoviz_render.renderer [SPOOL | --shared DESCRIPTOR]`.

Standard input is a pipe. The renderer has the newest snapshot drawn until the run is over or the pipe ends. Without
SPOOL it waits for a line on the pipe that names it, `{"spool": PATH}`, and then writes to the run's `renderer.log`.
With `--shared`, standard input and whatever connects to the socket of that descriptor are searches, see
`renderer.sharing`. `RendererProcess` starts the same with pages beside the figures, `autoviz_render.views`; people use
`autoviz-render --watch`.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from autoviz_render.renderer.sharing import SHARED
from autoviz_render.renderer.sharing.clients import Clients
from autoviz_render.renderer.sharing.run_logs import LOG_OF_RUN, RunLogs
from autoviz_render.renderer.work.executor import Subprocess
from autoviz_render.renderer.work.parent_process import when_parent_is_gone
from autoviz_render.renderer.work.resources import bound_memory, raise_descriptor_limit
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.safe_read import append_plain
from autoviz_render.spool.text import OneLine

if TYPE_CHECKING:
    from autoviz_render.renderer.live.loop import Listener


Listening: TypeAlias = "Callable[[Path], AbstractContextManager[Listener | None]]"
"""Makes a listener of what is drawn at or below a path, for as long as that is drawn."""


def nobody(path: Path) -> AbstractContextManager[Listener | None]:
    """Nobody listens."""
    del path
    return nullcontext()


def main(arguments: list[str], listening: Listening = nobody) -> int:
    """Draw what the arguments say; the exit code. listening: see `Listening`."""
    bound_memory()
    if arguments[:1] == [SHARED]:
        return _draw_for_several(int(arguments[1]), listening)
    spool = Path(arguments[0]) if arguments else _told()
    if spool is None:
        return 0  # the search ended before it opened its spool
    if not arguments:
        _write_to(spool / "renderer.log")
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    first = Subprocess()  # it imports Matplotlib while the rest goes on here

    from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
    from autoviz_render.renderer.live.pace import Pace
    from autoviz_render.renderer.live.process import EXIT_HELD
    from autoviz_render.renderer.live.watch import Watch

    watch = Watch(spool)
    with listening(spool.parent) as told:
        renderer = LiveRenderer(watch, LiveSettings(until_finished=True), first, pace=Pace(), listener=told)
        when_parent_is_gone(renderer.finish)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: renderer.stop())
        code = renderer.run()
    return EXIT_HELD if renderer.is_held_elsewhere else code


def _draw_for_several(descriptor: int, listening: Listening) -> int:
    """Draw what each search asks for until it leaves; the last one ends this process."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a terminal is closed: the searches in it will be gone
    raise_descriptor_limit()
    first, listener = socket.socket(fileno=os.dup(0)), socket.socket(fileno=descriptor)
    listener.set_inheritable(False)
    clients = Clients(first, listener)
    spool = clients.first_spool()
    if spool is None:
        return 0
    _write_to(spool / "renderer.log")  # what no logger says
    os.environ[LOG_OF_RUN] = "run"
    handler = RunLogs(clients.spools)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    executor = Subprocess()

    from autoviz_render.renderer.live.loop import LiveRenderer, LiveSettings
    from autoviz_render.renderer.live.pace import Pace
    from autoviz_render.renderer.live.watch import Watch

    watch = Watch([])
    with listening(Path("/")) as told:
        renderer = LiveRenderer(watch, LiveSettings(), executor, pace=Pace(), audience=clients, listener=told)
        clients.on_change = watch.wake
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: renderer.stop())
        code = renderer.run()
    clients.settle_all(0)
    return code


def _told() -> Path | None:
    """The spool that the line on standard input names; None if standard input ends before."""
    with open(0, "rb", buffering=0, closefd=False) as source:
        line = source.readline()  # no byte more: the thread that waits for the end reads on
    return Path(os.fsdecode(json.loads(line)["spool"].encode("latin-1"))) if line.endswith(b"\n") else None


def _write_to(path: Path) -> None:
    """Have what this process says go to a file; nowhere if it cannot be written, or is a pipe that somebody planted."""
    try:
        file = append_plain(path)
    except (OSError, SpoolError):  # a full or read-only disk: better a silent renderer than none
        file = open(os.devnull, "ab", buffering=0)  # noqa: SIM115
    with file:
        for standard in (1, 2):
            os.dup2(file.fileno(), standard)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
