"""How a process of ours learns that its parent is gone, or ends with it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable

if sys.platform != "win32":
    import fcntl

_LOOKS_EVERY = 2.0  # seconds


def when_parent_is_gone(call: Callable[[], None]) -> None:
    """Call back, from a thread, when the parent is gone: standard input ended, or this process has another parent.

    A pipe alone does not tell if the parent forked: its children have copies of the other end.
    """
    parent = os.getppid()

    def wait_for_the_end() -> None:
        descriptor = sys.stdin.fileno()
        while os.getppid() == parent:
            if os.name != "nt" and not select.select([descriptor], [], [], _LOOKS_EVERY)[0]:
                continue
            if not os.read(descriptor, 4096):
                break
        call()

    threading.Thread(target=wait_for_the_end, name="autoviz-render parent", daemon=True).start()


def end_group_with(lifeline: int) -> None:
    """Have Linux kill the group of this process when the other end of a pipe closes, whatever the group does then.

    Elsewhere the end of the standard input has to do.

    Args:
        lifeline: The descriptor of a pipe to which nobody ever writes: its next event is its end.

    Source: Linux, fcntl(2), F_SETSIG.
    """
    if sys.platform == "linux" and os.getpgrp() == os.getpid():
        with contextlib.suppress(OSError):
            fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpid())
            fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            end = select.poll()
            end.register(lifeline, 0)
            if end.poll(0):  # it was closed before
                end_group()


def end_group() -> None:
    """End this process at once, with all that was started in its group."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)
