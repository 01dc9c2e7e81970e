"""Where runs are on another host: `ssh://[USER@]HOST[:PORT]/PATH`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.text import printable

SCHEME = "ssh:"

_ADDRESS = re.compile(
    r"ssh:/{1,2}(?:(?P<user>[^@/]*)@)?(?P<host>\[[^]/]*\]|[^:/@]*)(?::(?P<port>[^/]*))?(?P<path>/.*)?"
)
_UNFIT = re.compile(r"[\x00-\x20\x7f'\"`$\\;&<>|(){}*?!#,]|\A-")  # as `ssh` itself refuses them; and what is no name
_HOME = re.compile(r"/~[^/]*(?:/|\Z)")
_MOST_PATH = 4000  # bytes: more than a system takes


class AddressError(AutovizError, ValueError):
    """What was typed is no address of runs on another host. The message is one line, with the remedy."""


@dataclass(frozen=True)
class Address:
    """Where runs are on another host.

    Attributes:
        host: Its name, as in the user's configuration of `ssh`.
        path: Absolute there, or from a home: `~/runs`, `~name/runs`.
        user: As whom to log in; empty: as `ssh` is configured.
        port: 0: as `ssh` is configured.
    """

    host: str
    path: str
    user: str = ""
    port: int = 0

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return f"{SCHEME}//{user}{host}{port}{self.path if self.path.startswith('/') else '/' + self.path}"

    @property
    def login(self) -> str:
        """What a person types after `ssh` to log in there."""
        return f"{f'-p {self.port} ' if self.port else ''}{f'{self.user}@' if self.user else ''}{self.host}"

    @property
    def destination(self) -> list[str]:
        """The arguments of `ssh` that name the host, the last ones before a command."""
        port = ["-p", str(self.port)] if self.port else []
        user = ["-l", self.user] if self.user else []
        return [*port, *user, "--", self.host]

    @property
    def paths(self) -> list[str]:
        """The path as it was typed, then as a URL has it, where `%20` is a blank: the first that exists is meant."""
        return list(dict.fromkeys([self.path, unquote(self.path, errors="surrogateescape")]))


def is_address(text: str) -> bool:
    """Whether a path that was typed names another host: `ssh:` with a slash; of which `Path` leaves one."""
    return re.match(r"ssh:/", text) is not None


def parse_address(text: str) -> Address:
    """The address that was typed.

    Raises:
        AddressError: It is none.
    """
    parts = _ADDRESS.fullmatch(text)
    if parts is None or not parts["host"].strip("[]"):
        raise _wrong(text, "names no host")
    user, host, port, path = (parts[name] or "" for name in ("user", "host", "port", "path"))
    host = host.removeprefix("[").removesuffix("]")
    if ":" in user or _UNFIT.search(user) or (parts["user"] is not None and not user):
        raise _wrong(text, "has no fit name of a user: a password is never given here")
    if _UNFIT.search(host):
        raise _wrong(text, "has a host's name that cannot be one")
    if port and not (port.isdecimal() and 0 < int(port) < 1 << 16):
        raise _wrong(text, "has a port that is no number from 1 to 65535")
    if not path.strip("/"):
        raise _wrong(text, "names no path there")
    if "\0" in path or len(path.encode(errors="surrogateescape")) > _MOST_PATH:
        raise _wrong(text, "has a path that cannot be one")
    return Address(host, path[1:] if _HOME.match(path) else path, user, int(port or 0))


def _wrong(text: str, why: str) -> AddressError:
    example = "write ssh://HOST/absolute/path or ssh://HOST/~/path"
    shown = printable(re.sub(r"\Assh:/+", "ssh://", text), 200)  # `Path` leaves one slash
    return AddressError(f"{shown}: {why}; {example}")
