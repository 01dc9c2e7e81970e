"""An sshd of our own on the loopback address, for tests of what goes over ssh."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skips a test where a program is not installed, and says which."""
    missing = [name for name in programs if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}, not installed here")


@dataclass
class Host:
    """An sshd of our own on the loopback address.

    Attributes:
        folder: For its keys.
        port: Where it listens.
    """

    folder: Path
    port: int
    server: subprocess.Popen[bytes] | None = None

    @staticmethod
    def made(folder: Path, **settings: object) -> Host:
        """A host with keys of its own, not yet started; skips the test if this user cannot run one.

        Args:
            folder: For its keys; it is made.
            settings: More lines of its configuration.
        """
        if os.geteuid() != 0:
            pytest.skip("needs to be root, to run an sshd of its own")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            host = Host(folder, free.getsockname()[1])
        folder.mkdir(mode=0o700)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        lines: dict[str, object] = {
            "Port": host.port,
            "ListenAddress": "127.0.0.1",
            "HostKey": folder / "host",
            "AuthorizedKeysFile": folder / "user.pub",
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "no",
            "MaxStartups": "100",
            "Subsystem": "sftp internal-sftp",
        }
        (folder / "conf").write_text("".join(f"{name} {value}\n" for name, value in (lines | settings).items()))
        Path("/run/sshd").mkdir(exist_ok=True)
        return host

    def start(self) -> None:
        """Raises AssertionError if it does not come to listen."""
        program = shutil.which("sshd", path="/usr/sbin:/usr/bin") or "sshd"
        self.server = subprocess.Popen(
            [program, "-D", "-f", self.folder / "conf"], stderr=subprocess.DEVNULL, start_new_session=True
        )
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.wait(0.05)
        raise AssertionError("sshd does not listen")

    def connections(self) -> list[int]:
        """The processes of sshd that serve a connection each."""
        assert self.server is not None
        return [*map(int, Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split())]

    def cut(self, number: int = signal.SIGKILL) -> None:
        """End every connection, or stop it with SIGSTOP: the server goes on."""
        for pid in self.connections():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self) -> None:
        """End it with every connection: a machine that goes down."""
        if self.server is not None:
            self.cut()
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.server.pid, signal.SIGKILL)
            self.server.wait()

    def client(self) -> Path:
        """A configuration for `ssh`, in which this host is called `far`."""
        file = self.folder / "client"
        lines: dict[str, object] = {
            "HostName": "127.0.0.1",
            "Port": self.port,
            "User": "root",
            "IdentityFile": self.folder / "user",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
        }
        file.write_text("Host far\n" + "".join(f"  {name} {value}\n" for name, value in lines.items()))
        return file
