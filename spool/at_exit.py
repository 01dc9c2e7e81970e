"""Ends what was left open when the process ends: at the end of a program, and of a child of `multiprocessing`.

Such a child ends without Python's exit handlers, but for those of `multiprocessing` itself.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from pathlib import Path
from typing import Protocol

from autoviz_render.spool.attempts import shown
from autoviz_render.spool.info import State

log = logging.getLogger("autoviz_render.spool")

_BEFORE_POOLS = 100  # those of the user's may still be needed: `multiprocessing` ends them at 15


class Ending(Protocol):
    @property
    def run_dir(self) -> Path: ...

    def end(self, state: State) -> None:
        """The process ends: close, and hold up nothing afterwards. state: how it ends."""


_open: dict[Ending, None] = {}
_children: set[int] = set()
"""The numbers of the processes that were found to be children."""


def end_at_exit(ending: Ending) -> None:
    """Have it ended with the process; what was opened last is ended first."""
    _open[ending] = None
    atexit.unregister(_end_program)
    atexit.register(_end_program)  # anew, so that it runs before those of h5py, JAX and whatever was imported meanwhile
    processes = sys.modules.get("multiprocessing.process")  # not loaded, it has made no children
    if processes is not None and os.getpid() not in _children and processes.parent_process() is not None:
        from multiprocessing import util

        _children.add(os.getpid())
        util.Finalize(None, _end_child, exitpriority=_BEFORE_POOLS)


def forget(ending: Ending) -> None:
    """It has ended."""
    _open.pop(ending, None)


def is_open(ending: Ending) -> bool:
    return ending in _open


def _end_child() -> None:
    _end_all(sys.exc_info()[1])  # what the child's function raised is being handled


def _end_program() -> None:
    _end_all(getattr(sys, "last_value", None))


def _end_all(error: BaseException | None) -> None:
    is_failure = error is not None and not (isinstance(error, SystemExit) and error.code in (None, 0))
    for ending in reversed(list(_open)):
        try:
            ending.end("failed" if is_failure else "finished")
        except BaseException as interrupt:  # noqa: BLE001  the last chance to say so: nobody is left to handle it
            message = "%s: closing at the end of the process was broken off by %s"
            log.warning(message, ending.run_dir, shown(interrupt))
