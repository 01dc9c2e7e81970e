"""The searches that a renderer draws for, as the renderer sees them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autoviz_render.renderer.sharing.rendezvous import is_this_users, peer
from autoviz_render.spool.system.process_alive import started_at

_LOOKS_EVERY = 2.0  # seconds
_LONGEST_LINE = 1 << 16  # bytes
_BEATS_EVERY = 2.0  # seconds


class Audience(Protocol):
    """Whom a live renderer draws for, if it has to ask: its loop calls all of this, from one thread."""

    def spools(self) -> list[Path]:
        """The spools that are to be drawn."""

    def has_left(self, spool: Path) -> bool:
        """Whether nobody waits for more than the newest snapshot of a spool."""

    def has_dropped(self, spool: Path) -> bool:
        """Whether nobody waits even for that."""

    def settle(self, spool: Path, code: int) -> None:
        """A spool is done with."""

    def beat(self, promise: float) -> None:
        """The loop is alive, and will be within so many seconds."""

    def is_gone(self) -> bool:
        """Whether nobody is left, and nobody will come."""


@dataclass(eq=False)
class _Client:
    """A search.

    Attributes:
        end: Of the connection to it.
        pid: Of its process.
        started: When that started, see `started_at`.
        unread: The beginning of a line.
        spool: What it wants drawn; None if it has not said yet.
        has_left: Whether it says nothing more.
        has_dropped: Whether it wants nothing more.
    """

    end: socket.socket
    pid: int = field(init=False)
    started: int | None = field(init=False)
    unread: bytes = b""
    spool: Path | None = None
    has_left: bool = False
    has_dropped: bool = False

    def __post_init__(self) -> None:
        self.end.setblocking(False)
        self.pid, _ = peer(self.end)
        self.started = started_at(self.pid)
        self.say(pid=os.getpid())

    def is_alive(self) -> bool:
        """Whether its process lives: a child that it forked may keep the connection open."""
        return started_at(self.pid) == self.started != -1

    def say(self, **told: object) -> None:
        with contextlib.suppress(OSError):  # it is gone, or suspended, and its buffer is full
            self.end.send((json.dumps(told) + "\n").encode())

    def hear(self) -> None:
        """Take what it has said."""
        try:
            told = self.end.recv(_LONGEST_LINE)
        except BlockingIOError:
            return
        except OSError:
            told = b""
        self.has_left = self.has_left or not told or len(self.unread) > _LONGEST_LINE
        *lines, self.unread = (self.unread + told).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "spool" in said:
                self.spool = Path(os.fsdecode(said["spool"].encode("latin-1")))
            self.has_dropped = self.has_dropped or bool(said.get("drop"))


class Clients:
    """Listens, in a thread, to the searches that are there and to those that come.

    Args:
        first: The connection to the search that started this process.
        listener: Where others connect.

    Attributes:
        on_change: Called from the thread if there is something new.
    """

    def __init__(self, first: socket.socket, listener: socket.socket) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._changed = threading.Condition()  # of what follows
        self._clients = [_Client(first)]
        self._last: list[_Client] = []
        self._listener: socket.socket | None = listener
        self._beat_at = 0.0
        self._selector = selectors.DefaultSelector()
        self._selector.register(first, selectors.EVENT_READ, self._clients[0])
        self._selector.register(listener, selectors.EVENT_READ)
        listener.setblocking(False)
        threading.Thread(target=self._listen, name="autoviz-render searches", daemon=True).start()

    def first_spool(self) -> Path | None:
        """Wait for a search to say what it wants drawn; None if all have gone before."""
        with self._changed:
            while not (spools := self._spools()):
                if self._is_gone():
                    return None
                self._changed.wait(_LOOKS_EVERY)
            return spools[0]

    def spools(self) -> list[Path]:
        with self._changed:
            return self._spools()

    def has_left(self, spool: Path) -> bool:
        with self._changed:
            return all(each.has_left or each.has_dropped for each in self._of(spool))

    def has_dropped(self, spool: Path) -> bool:
        with self._changed:
            return all(each.has_dropped for each in self._of(spool))

    def settle(self, spool: Path, code: int) -> None:
        with self._changed:
            settled = self._of(spool)
            for each in settled:
                self._forget(each)
            stays = not self._is_gone()
            for each in settled:
                each.say(code=code, stays=stays)
                if stays:
                    each.end.close()
            if not stays:
                self._last = settled  # the end of this process closes what connects it to them: that is what they see

    def settle_all(self, code: int) -> None:
        """Whoever is still there is told that this process ends."""
        with self._changed:
            self._stop_listening()
            for each in self._clients:
                each.say(code=code, stays=False)

    def beat(self, promise: float) -> None:
        now = time.monotonic()
        if now < self._beat_at:
            return
        self._beat_at = now + _BEATS_EVERY
        with self._changed:
            for each in self._clients:
                each.say(clock=now, promise=promise)

    def is_gone(self) -> bool:
        with self._changed:
            return self._is_gone()

    # With the lock

    def _spools(self) -> list[Path]:
        return list(dict.fromkeys(each.spool for each in self._clients if each.spool is not None))

    def _of(self, spool: Path) -> list[_Client]:
        return [each for each in self._clients if each.spool == spool]

    def _is_gone(self) -> bool:
        """Whether nobody is left; whoever comes while this is decided is taken in."""
        if not self._clients and self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RD)  # from now on, nobody can connect
            self._accept()
            self._stop_listening()
        return not self._clients

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None

    def _accept(self) -> bool:
        """Take in those that wait at the door; False if some must wait, as too many files are open."""
        while self._listener is not None:
            try:
                end, _ = self._listener.accept()
            except OSError as error:
                return error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
            if not is_this_users(end):
                end.close()
                continue
            client = _Client(end)
            self._clients.append(client)
            self._selector.register(end, selectors.EVENT_READ, client)
        return True

    def _forget(self, client: _Client) -> None:
        self._clients.remove(client)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client.end)

    def _hear(self, client: _Client) -> None:
        try:
            client.hear()
        except (ValueError, AttributeError, KeyError):  # none of our searches
            client.has_left = client.has_dropped = True
        if client.has_left:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(client.end)  # it would be readable for ever
        if client.spool is None and (client.has_left or client.has_dropped):
            self._forget(client)
            client.end.close()

    # The thread

    def _listen(self) -> None:
        pause = threading.Event()
        while True:
            ready = self._selector.select(_LOOKS_EVERY)
            has_room = True
            with self._changed:
                for key, _ in ready:
                    if key.data is None:
                        has_room = self._accept()
                    elif key.data in self._clients:
                        self._hear(key.data)
                dead = [each for each in self._clients if not (each.has_left or each.is_alive())]
                for each in dead:
                    each.has_left = True
                    if each.spool is None:
                        self._forget(each)
                self._changed.notify_all()
            if ready or dead:
                self.on_change()
            if not has_room:
                pause.wait(_LOOKS_EVERY)
