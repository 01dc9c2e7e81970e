"""A search's end of the line to a renderer that it may share with others."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
import weakref
from collections.abc import Sequence
from typing import IO

from autoviz_render.renderer.heartbeat import Heartbeat
from autoviz_render.renderer.work.child_process import ChildProcess
from autoviz_render.spool.system.process_alive import machine, started_at

LOST = 256
"""The exit code of a renderer of which no more is known than that it is gone; no process ends with it."""

_MOST_BYTES = 1 << 16
_LAST_MOMENTS = 5.0  # seconds for the process to end that has nothing left to do


class Connection:
    """A place at a renderer, with the methods of a `ChildProcess`; some bear on this search's run alone.

    Nothing here waits, but for `wait`.

    Args:
        end: Of the connection.
        child: The renderer, if this process started it.

    Attributes:
        pid: The renderer's process; 0 until it is known.
    """

    def __init__(self, end: socket.socket, child: ChildProcess | None = None) -> None:
        end.setblocking(False)
        self._end = end
        self._child = child
        self._unread = b""
        self._code: int | None = None
        self._is_at_end = False
        self._stays = False
        self._clock = self._promise = 0.0
        self._started: int | None = None
        self.pid = 0 if child is None else child.pid
        _connections.add(self)

    @staticmethod
    def start(command: Sequence[str], listener: socket.socket, output: int | IO[bytes], errors: int) -> Connection:
        """Start a renderer that others can connect to; at once.

        Args:
            command: Of the renderer; the descriptor of the listening socket is appended.
            listener: Where it listens. It is closed here.
            output: Of the process, as for `subprocess.Popen`.
            errors: The same.

        Raises:
            OSError: The process cannot be started.
            TypeError: As for `ChildProcess`.
        """
        _reap()
        ours, theirs = socket.socketpair()
        with listener, theirs:
            try:
                whole = [*command, str(listener.fileno())]
                child = ChildProcess(whole, output, errors, stdin=theirs.fileno(), pass_fds=(listener.fileno(),))
            except BaseException:
                ours.close()
                raise
        return Connection(ours, child)

    @property
    def exit_code(self) -> int | None:
        """What became of the run, as the exit code of a renderer of its own; None while it is drawn.

        A renderer that died has none: the code is that of the process if this process started it, and else `LOST`.
        """
        self._hear()
        if self._code is None and self._is_at_end:
            return LOST if self._child is None else self._child.exit_code
        return self._code

    def beat(self) -> Heartbeat | None:
        """The newest sign of life of the renderer's loop, whatever the disk of this run says; None before the first."""
        self._hear()
        if not self._clock:
            return None
        return Heartbeat(pid=self.pid, activity="watching", machine=machine(), clock=self._clock, promise=self._promise)

    def tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # it is gone: the exit code says so
            self._end.send(line.encode())

    def wait(self, timeout: float) -> int | None:
        """Wait for the end of the run, and of the renderer if it has no other; `exit_code` after at most `timeout`."""
        deadline = time.monotonic() + timeout
        while self.exit_code is None and (left := deadline - time.monotonic()) > 0:
            if self._is_at_end and self._child is not None:
                self._child.wait(left)
            else:
                _readable(self._end, left)
        code = self.exit_code
        if code is not None:
            self._see_it_end(code)
        return code

    def close_input(self) -> None:
        """Say that nothing more will come: the run is finished, and let go of. Of one that is, nothing stays open."""
        if (code := self.exit_code) is not None:
            self._close(code)
            return
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_WR)

    def drop(self) -> None:
        """Have the run let go of at once."""
        self.tell(json.dumps({"drop": True}) + "\n")
        self._close()

    def kill(self) -> int:
        """Kill the renderer with its group, for all that are connected."""
        if self._child is not None:
            self._child.kill()
        elif self.pid and self._started is not None and started_at(self.pid) == self._started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._close()
        return -signal.SIGKILL

    def let_go(self) -> None:
        """Leave the renderer on its own."""
        self._close()

    def _see_it_end(self, code: int) -> None:
        """Wait a moment for a renderer that has said that it ends, as it did of a run."""
        deadline = time.monotonic() + _LAST_MOMENTS
        while not (self._stays or self._is_at_end) and (left := deadline - time.monotonic()) > 0:
            _readable(self._end, left)
            self._hear()
        if self._child is not None and not self._stays:
            self._child.wait(max(0.0, deadline - time.monotonic()))
        self._close(code)

    def _hear(self) -> None:
        """Take what the renderer has said so far."""
        while not self._is_at_end:
            try:
                told = self._end.recv(_MOST_BYTES)
            except BlockingIOError:
                return
            except OSError:
                told = b""
            self._is_at_end = not told
            *lines, self._unread = (self._unread + told).split(b"\n")
            for line in lines:
                self._take(line)

    def _take(self, line: bytes) -> None:
        told = json.loads(line)  # of a renderer of this user and this version
        if "pid" in told:
            self.pid = told["pid"]
            self._started = started_at(self.pid)
        if "clock" in told:
            self._clock, self._promise = told["clock"], told["promise"]
        if "code" in told:
            self._code, self._stays = told["code"], told["stays"]

    def _close(self, code: int = 0) -> None:
        """Close our end; in a forked child, which has a copy of it, nobody else notices."""
        self._end.close()
        self._is_at_end = True
        self._code = code
        if self._child is not None:
            _left.append(self._child)
            self._child = None


def _readable(end: socket.socket, timeout: float) -> None:
    with contextlib.suppress(OSError, ValueError):
        waiting = select.poll()
        waiting.register(end, select.POLLIN)
        waiting.poll(timeout * 1000)


_connections: weakref.WeakSet[Connection] = weakref.WeakSet()
_left: list[ChildProcess] = []  # renderers that this process started and that go on for others


def _reap() -> None:
    """Ask those that have ended meanwhile for their exit codes: until then the system keeps them."""
    _left[:] = [child for child in _left if child.exit_code is None]


def _leave() -> None:
    _reap()
    for child in _left:
        child.let_go()


def _let_go_in_forked_child() -> None:
    """A forked worker of the user's would keep the connection open, by whose end the renderer learns of ours."""
    for connection in list(_connections):
        connection.let_go()
    _left.clear()


atexit.register(_leave)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_let_go_in_forked_child)
