"""Ends what was left open when the process ends: at the end of a program, and of a child of `multiprocessing`.

Such a child ends without Python's exit handlers, but for those of `multiprocessing` itself; with them from Python 3.13.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from pathlib import Path
from types import FrameType
from typing import Literal, Protocol

from autoviz_render.spool.guard import shown

log = logging.getLogger("autoviz_render.spool")

_CALLER = ("_bootstrap", "multiprocessing.process")
_BEFORE_POOLS = 100  # those of the user's may still be needed: `multiprocessing` ends them at 15


class Ending(Protocol):
    """What is to be ended."""

    @property
    def run_dir(self) -> Path:
        """Names it in the log."""

    def end(self, state: Literal["finished", "failed"]) -> None:
        """Close, as the process ends in this way, and hold up nothing afterwards."""


_open: dict[Ending, None] = {}
_children: dict[int, FrameType | None] = {}
"""By the numbers of the processes that were found to be children: where their function was called."""


def end_at_exit(ending: Ending) -> None:
    """Have it ended with the process; what was opened last is ended first."""
    _open[ending] = None
    atexit.unregister(_end_program)
    atexit.register(_end_program)  # anew, so that it runs before those of h5py, JAX and whatever was imported meanwhile
    processes = sys.modules.get("multiprocessing.process")  # not loaded, it has made no children
    if processes is not None and os.getpid() not in _children and processes.parent_process() is not None:
        from multiprocessing import util

        _children[os.getpid()] = _bootstrap()
        util.Finalize(None, _end_child, exitpriority=_BEFORE_POOLS)


def forget(ending: Ending) -> None:
    """It has ended."""
    _open.pop(ending, None)


def is_open(ending: Ending) -> bool:
    """Whether it has not ended."""
    return ending in _open


def _bootstrap() -> FrameType | None:
    """The frame of `multiprocessing` that called this child's function, and will know how it ended."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and (frame.f_code.co_name, frame.f_globals.get("__name__")) != _CALLER:
        frame = frame.f_back
    return frame


def _end_child() -> None:
    """What the child's function raised is being handled; from Python 3.13 on it was, and the exit code is known."""
    frame = _children.get(os.getpid())
    code = None if frame is None else frame.f_locals.get("exitcode")
    _end_all(is_failure=_is_failure(sys.exc_info()[1]) or code not in (None, 0))


def _end_program() -> None:
    if os.getpid() in _children:
        _end_child()
    else:
        _end_all(is_failure=_is_failure(getattr(sys, "last_value", None)))


def _is_failure(error: BaseException | None) -> bool:
    return error is not None and not (isinstance(error, SystemExit) and error.code in (None, 0))


def _end_all(*, is_failure: bool) -> None:
    for ending in reversed(list(_open)):
        try:
            ending.end("failed" if is_failure else "finished")
        except BaseException as interrupt:  # noqa: BLE001  the last chance to say so: nobody is left to handle it
            message = "%s: closing at the end of the process was broken off by %s"
            log.warning(message, ending.run_dir, shown(interrupt))
