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
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

_SENDER = struct.Struct("q")
_LARGEST = 65536
_PATIENCE = 60.0


class Workers:
    """A way from forked processes to the one that made this.

    take: called there, in a thread, with the array[parameter] that a process sent last. Those that come while it is
    busy replace the one of the same process that waits.
    """

    def __init__(self, take: Callable[[Vector], None]) -> None:
        self._take = take
        self._there, self._here = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._there.setblocking(False)
        self._is_over = False
        self._thread = threading.Thread(target=self._listen, name="autoviz-render workers", daemon=True)
        self._thread.start()

    def send(self, parameters: Vector) -> None:
        """From a forked process. Where nobody has time to listen the message is lost: the next one is better."""
        try:
            self._there.send(_SENDER.pack(os.getpid()) + parameters.tobytes())
        except BlockingIOError:
            return

    def close(self) -> None:
        """Take what was sent, and stop."""
        if self._is_over:
            return
        self._is_over = True
        self._there.setblocking(True)
        self._there.send(b"")
        self._thread.join(_PATIENCE)
        self._there.close()
        self._here.close()

    def _listen(self) -> None:
        while (waiting := self._received()) is not None:
            for parameters in waiting.values():
                self._take(parameters)

    def _received(self) -> dict[int, Vector] | None:
        """By sender, the newest of all that was sent; waits for the first. None at the end."""
        newest: dict[int, Vector] = {}
        message = self._here.recv(_LARGEST)
        while message:
            (sender,) = _SENDER.unpack_from(message)
            newest[sender] = np.frombuffer(message, np.float64, offset=_SENDER.size)
            try:
                message = self._here.recv(_LARGEST, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return newest
        if newest:  # the end came behind them: it is seen by the next call
            self._there.send(b"")
            return newest
        return None
