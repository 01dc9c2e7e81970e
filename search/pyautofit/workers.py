"""What the processes of a search's pool found, told to the one that publishes.

PyAutoFit forks a pool for analyses without JAX. Each process of it counts its own evaluations and has quick updates of
its own, of the best point that it has seen; one process alone may write a spool.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable

import numpy as np

from autoviz_render.spool.arrays import Floats

_SENDER = struct.Struct("q")
_LARGEST = 65536
_TIMEOUT = 60.0  # seconds, for what was sent last


class Workers:
    """A way from forked processes to the one that made this.

    Args:
        take: Called there, in a thread, with the array[parameter] that a process sent last. One that comes while it is
            busy replaces the one of the same process that waits.
    """

    def __init__(self, take: Callable[[Floats], None]) -> None:
        self._take = take
        self._sending, self._receiving = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sending.setblocking(False)
        self._is_over = False
        self._thread = threading.Thread(target=self._listen, name="autoviz-render workers", daemon=True)
        self._thread.start()

    def send(self, parameters: Floats) -> None:
        """From a forked process. If nobody has time to listen the message is lost: the next one is better."""
        try:
            self._sending.send(_SENDER.pack(os.getpid()) + parameters.tobytes())
        except BlockingIOError:
            return

    def close(self) -> None:
        """Take what was sent, and stop."""
        if self._is_over:
            return
        self._is_over = True
        self._sending.setblocking(True)
        self._sending.send(b"")
        self._thread.join(_TIMEOUT)
        self._sending.close()
        self._receiving.close()

    def _listen(self) -> None:
        while (waiting := self._received()) is not None:
            for parameters in waiting.values():
                self._take(parameters)

    def _received(self) -> dict[int, Floats] | None:
        """By sender, the newest of all that was sent; waits for the first. None at the end."""
        newest: dict[int, Floats] = {}
        message = self._receiving.recv(_LARGEST)
        while message:
            (sender,) = _SENDER.unpack_from(message)
            newest[sender] = np.frombuffer(message, np.float64, offset=_SENDER.size)
            try:
                message = self._receiving.recv(_LARGEST, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return newest
        if newest:  # the end came after them: the next call sees it
            self._sending.send(b"")
            return newest
        return None
