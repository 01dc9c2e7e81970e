"""Gets a search its renderer: a place at one that several share, or a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import IO, TypeAlias

from autoviz_render.renderer.sharing import SHARED
from autoviz_render.renderer.sharing.connection import Connection
from autoviz_render.renderer.sharing.rendezvous import address, claim, connect
from autoviz_render.renderer.work.child_process import ChildProcess
from autoviz_render.renderer.work.subprocess_env import interpreter

Child: TypeAlias = ChildProcess | Connection

_ARGUMENTS = ("-P", "-m", "autoviz_render.views")  # the renderer, with the pages beside the figures
_TRIES_TO_SHARE = 3  # restarts after which a search has a renderer of its own
_TRIES_TO_MEET = 3  # times that the address was taken and nobody answered


class Launcher:
    """Starts renderers, or finds one that is there. Takes a millisecond.

    Args:
        command: What to run instead of this package's renderer; None is that.
    """

    def __init__(self, command: Sequence[str] | None) -> None:
        self._command = None if command is None else list(command)
        self._address: str | None = None
        self._missed = 0

    def launch(
        self, arguments: Sequence[str], output: IO[bytes] | None, *, restarts: int, is_last: bool = False
    ) -> Child | None:
        """Get a renderer.

        Args:
            arguments: Of `command`, if there is one.
            output: For what a process says that is started.
            restarts: How often the search has lost its renderer lately. The last tries are made with one of its own:
                the run of another search may be what ends the one that they share.
            is_last: Whether it cannot ask again.

        Returns:
            None if another search is just starting one: ask again in a moment.

        Raises:
            NoInterpreterError: See `interpreter`.
            OSError: The process cannot be started.
        """
        says = subprocess.DEVNULL if output is None else output
        if self._command is not None:
            return ChildProcess([*self._command, *arguments], says, subprocess.STDOUT)
        ours = [interpreter(), *_ARGUMENTS]
        where = self._address = self._address or (address() if restarts < _TRIES_TO_SHARE else None)
        if where is None or restarts >= _TRIES_TO_SHARE or self._missed > _TRIES_TO_MEET:
            return ChildProcess(ours, says, subprocess.STDOUT)
        if (end := connect(where)) is not None:
            return Connection(end)
        if (listener := claim(where)) is not None:
            return Connection.start([*ours, SHARED], listener, says, subprocess.STDOUT)
        self._missed += 1  # another starts it now; or somebody else's process has the address
        return ChildProcess(ours, says, subprocess.STDOUT) if is_last else None
