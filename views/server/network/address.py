"""Where the server is found: a port of this machine, or a Unix socket that only this user can open."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import re
import socket
import stat
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from autoviz_render.spool.errors import AutovizError

LOCAL = "127.0.0.1"

_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - it is compared with
_BACKLOG = 1024
_LONGEST_PATH = 100  # bytes: macOS allows 103, Linux 107


class AddressError(AutovizError, ValueError):
    """The server cannot be where it was asked to be. The message says what to do."""


@dataclass(frozen=True)
class Address:
    """Where the server listens.

    Attributes:
        host: A name or number of this machine; without meaning if there is a path.
        port: 0 lets the system choose.
        path: Of a Unix socket; None if it is a port, empty for one in a folder of ours.
    """

    host: str = LOCAL
    port: int = 0
    path: Path | None = None

    @staticmethod
    def parse(text: str) -> Address:
        """The address that a person typed: `[HOST:]PORT` or `unix:PATH`.

        Raises:
            AddressError: It is none.
        """
        if text.startswith("unix:"):
            return Address(path=Path(text.removeprefix("unix:")))
        match = re.fullmatch(r"(?:(\[[0-9A-Fa-f:.]+\]|[\w.-]+):)?(\d{1,5})", text, re.ASCII)
        if match is None or int(match[2]) > 65535:
            told = f"--serve {text!r:.200} is no address"
            raise AddressError(f"{told}: write PORT, HOST:PORT or unix:PATH; port 0 is a free one")
        return Address((match[1] or LOCAL).strip("[]"), int(match[2]))

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether nobody on another machine can reach it."""
        return self.path is not None or self.host in (LOCAL, "localhost", "::1") or self.host.startswith("127.")

    @property
    def is_everywhere(self) -> bool:
        """Whether it stands for every address of this machine."""
        return self.path is None and self.host in _ANY


@dataclass
class Listener:
    """A socket that listens.

    Attributes:
        address: Where, with the port or path that was chosen.
        socket: Takes connections from the beginning.
    """

    address: Address
    socket: socket.socket
    _inode: int = field(default=0, repr=False)
    _folder: Path | None = field(default=None, repr=False)

    def close(self) -> None:
        """Listen no more. The file of a Unix socket is removed, unless another server has put its own in its place."""
        self.socket.close()
        path = self.address.path
        with contextlib.suppress(OSError):
            if path is not None and path.lstat().st_ino == self._inode:
                path.unlink()
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.rmdir()


def listen(address: Address) -> Listener:
    """Listen there.

    Raises:
        AddressError: Another program does, or it is no place to listen.
    """
    return _listen_at_port(address) if address.path is None else _listen_at_path(address.path)


def _listen_at_port(address: Address) -> Listener:
    listener: socket.socket | None = None
    try:
        found = socket.getaddrinfo(address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, where = found[0]
        listener = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # there it would take the port from whoever has it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(_BACKLOG)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise AddressError(f"--serve {address}: {_remedy(error, address)}") from error
    return Listener(Address(address.host, listener.getsockname()[1]), listener)


def _remedy(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {address.port} is in use by another program: name another one, or 0 for a free one"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {address.port} is not for every user: name one from 1024 on, or 0 for a free one"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} is no address of this machine: leave it out, or name one that is"
    return f"cannot listen: {error.strerror}"


def _listen_at_path(path: Path) -> Listener:
    if not hasattr(socket, "AF_UNIX"):
        raise AddressError(f"--serve unix:{path}: this system has no Unix sockets: name a port")
    folder: Path | None = None
    if str(path) in ("", "."):
        folder = Path(tempfile.mkdtemp(prefix="autoviz-"))  # of mode 0700
        path = folder / "serve.sock"
    path = path.absolute()
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise AddressError(f"--serve unix:{path}: a socket's path has at most {_LONGEST_PATH} bytes")
    listener = socket.socket(socket.AF_UNIX)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_abandoned(path)
        _bind_private(listener, path)
        listener.listen(_BACKLOG)
        return Listener(Address(path=path), listener, path.lstat().st_ino, folder)
    except OSError as error:
        listener.close()
        raise AddressError(f"--serve unix:{path}: cannot be made: {error.strerror}") from error
    except AddressError:
        listener.close()
        raise


def _bind_private(listener: socket.socket, path: Path) -> None:
    """Bind to a path that never has another mode than 0600."""
    if platform.system() == "Linux":
        os.fchmod(listener.fileno(), 0o600)  # the file takes its mode from the socket
        listener.bind(str(path))
        return
    mask = os.umask(0o177)  # a file that another thread makes meanwhile is too private, which can be mended
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)


def _remove_abandoned(path: Path) -> None:
    """Remove the socket of a server that is gone. Raises AddressError: it is there, or it is something else."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise AddressError(f"--serve unix:{path}: is there already, and is no socket: name another path")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except FileNotFoundError:
            return
        except OSError as error:
            raise AddressError(f"--serve unix:{path}: is another's: {error.strerror}: name another path") from error
    raise AddressError(f"--serve unix:{path}: another server listens there: name another path")
