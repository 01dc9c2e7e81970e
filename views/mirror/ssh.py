"""The child that is the link: the user's own `ssh`, with their configuration, keys, agent and open connections."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence

from autoviz_render.renderer.work.subprocess_env import NoInterpreterError, interpreter
from autoviz_render.spool.text import printable
from autoviz_render.views.mirror.address import Address
from autoviz_render.views.mirror.source import SourceError

REMOTE_COMMAND = "AUTOVIZ_REMOTE_COMMAND"
"""The environment variable that says how autoviz-render is called there; `sftp` if it is not to be called."""

SSH_COMMAND = "AUTOVIZ_SSH"
"""The environment variable that says what to run for `ssh`, with options if need be."""

_OPTIONS = {
    "BatchMode": "yes",  # a question that nobody sees would hang for ever
    "ConnectTimeout": "20",
    "ServerAliveInterval": "10",
    "ServerAliveCountMax": "3",
    "ClearAllForwardings": "yes",  # the user's forwarded ports are for their own sessions
    "ForwardAgent": "no",
    "ControlMaster": "no",  # an open connection is used, but none is left behind that others would hang on
    "RemoteCommand": "none",
    "RequestTTY": "no",
    "PermitLocalCommand": "no",
}

# found by any login shell (csh and fish take single quotes as sh does), in a login shell's environment if not at once
_FIND = (
    'PATH="$PATH:$HOME/.local/bin"; export PATH; '
    "if command -v autoviz-render >/dev/null 2>&1; then exec autoviz-render mirror-serve; fi; "
    'exec "${SHELL:-/bin/sh}" -lc "exec autoviz-render mirror-serve"'
)

# dies with the process that started it, however that ends (Linux, prctl(2), PR_SET_PDEATHSIG)
_DIES_WITH_PARENT = "import ctypes,os,sys;ctypes.CDLL(None).prctl(1,15);os.execvp(sys.argv[1],sys.argv[1:])"

_STEP = 1.0  # seconds for a child to end, at each of three steps
_MOST_WORDS = 12  # lines
_MOST_BYTES = 1 << 18  # that are read ahead
_NO_CONNECTION = 255  # exit code of `ssh` if the fault is its own

_REMEDIES = (
    ("Host key verification failed", "run `ssh {host}` once, and accept its key if it is right"),
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", "run `ssh {host}`, which says what to do"),
    (
        "Permission denied|Too many authentication failures|agent refused|Authentication failed",
        "no password is asked for here: load your key with `ssh-add`, or leave a connection open (ControlMaster)",
    ),
    ("Could not resolve hostname", "see that the name is right; `ssh {host}` must work"),
    ("Bad configuration option|Bad owner or permissions|terminating, .* bad configuration", "see your ~/.ssh/config"),
    ("", "see whether `ssh {host}` works"),
)


def helper_command(address: Address, environ: Mapping[str, str]) -> list[str]:
    """The command that starts autoviz-render on the other host, as its far end of the mirror."""
    told = environ.get(REMOTE_COMMAND, "").strip()
    there = f"{told} mirror-serve" if told else f"sh -c {shlex.quote(_FIND)}"
    return [*_ssh(environ), *address.destination, there]


def sftp_command(address: Address, environ: Mapping[str, str]) -> list[str]:
    """The command that starts the sftp server of the other host."""
    return [*_ssh(environ), "-s", *address.destination, "sftp"]


def _ssh(environ: Mapping[str, str]) -> list[str]:
    named = shlex.split(environ.get(SSH_COMMAND, "")) or ["ssh"]
    return [*named, *(f"-o{name}={value}" for name, value in _OPTIONS.items())]


class Link:
    """A child whose standard streams are the link.

    Attributes:
        reader: What comes from the other side.
        said: The last lines that it wrote to standard error.
    """

    def __init__(self, process: asyncio.subprocess.Process, address: Address) -> None:
        assert process.stdin is not None  # noqa: S101  `begin` makes all three pipes
        assert process.stdout is not None  # noqa: S101
        self.reader: asyncio.StreamReader = process.stdout
        self._writer: asyncio.StreamWriter = process.stdin
        self.said: deque[str] = deque(maxlen=_MOST_WORDS)
        self._process, self._address = process, address
        self._listening = asyncio.create_task(self._listen())

    @staticmethod
    async def begin(command: Sequence[str], address: Address) -> Link:
        """Start a child. Raises SourceError if there is no such program."""
        remedy = f"install OpenSSH, or say in {SSH_COMMAND} where it is"
        if shutil.which(command[0]) is None:
            raise SourceError(f"{printable(command[0], 200)} cannot be started: there is none; {remedy}")
        try:
            process = await asyncio.create_subprocess_exec(
                *_tied(command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_MOST_BYTES,
                process_group=None if os.name == "nt" else 0,  # Ctrl-C in a terminal is not for it
            )
        except OSError as error:
            told = error.strerror or error
            raise SourceError(f"{printable(command[0], 200)} cannot be started: {told}; {remedy}") from error
        return Link(process, address)

    async def send(self, data: bytes) -> None:
        """Send bytes, as the other side takes them. Raises SourceError."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except (OSError, RuntimeError) as error:
            raise SourceError(f"{self._address.host}: the link broke") from error

    def send_soon(self, data: bytes) -> None:
        """Send bytes for which nobody waits."""
        with contextlib.suppress(OSError, RuntimeError):
            self._writer.write(data)

    async def end(self) -> int:
        """Stop the child in three steps, each of which it may not heed; its exit code."""
        with contextlib.suppress(OSError, RuntimeError):
            self._writer.close()
        for number in (None, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            if number is not None and self._process.returncode is None:
                self._signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _STEP)
                break
        self._listening.cancel()  # a shared connection may keep its end open
        return -1 if self._process.returncode is None else self._process.returncode

    async def why(self) -> str:
        """Ends the child, and says in a line why there is no link. For a child that ended, or says nothing."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._listening), _STEP)  # what it said last
        code = await self.end()
        return explain(self._address, list(self.said), code)

    async def failed(self) -> bool:
        """Ends the child; whether the fault is the connection's, and not of what was to run on the other side."""
        return await self.end() == _NO_CONNECTION

    def _signal(self, number: int) -> None:
        """To the child and to those that it started, as a proxy."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "nt":
                self._process.terminate()
            else:
                os.killpg(self._process.pid, number)

    async def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101
        with contextlib.suppress(OSError, ValueError):  # a line that never ends
            while line := await self._process.stderr.readline():
                self.said.append(line.decode(errors="replace").strip()[:500])


def explain(address: Address, said: Sequence[str], code: int) -> str:
    """Why there is no link, and what to do about it, in a line."""
    lines = [line for line in said if line and not line.startswith(("Warning:", "**", "@"))]
    told = next((line for line in reversed(lines) if _remedy(line)), lines[-1] if lines else "")
    remedy = next(remedy for sign, remedy in _REMEDIES if re.search(sign, "\n".join(said)))
    why = (
        printable(told, 300).rstrip(".")
        if told
        else f"ssh ended {f'with exit code {code}' if code >= 0 else 'by itself'}"
    )
    return f"{printable(address.host, 200)}: {why}; {remedy.format(host=printable(address.login, 300))}"


def _remedy(line: str) -> bool:
    return any(sign and re.search(sign, line) for sign, _ in _REMEDIES)


def _tied(command: Sequence[str]) -> list[str]:
    """The command, begun so that it dies with this process, where the system can do that."""
    if sys.platform == "linux":
        with contextlib.suppress(NoInterpreterError):
            return [interpreter(), "-I", "-S", "-c", _DIES_WITH_PARENT, *command]
    return list(command)
