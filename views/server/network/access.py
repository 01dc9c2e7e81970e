"""Who may look: a token at first, then a cookie. Host and Origin say what a visitor without either is told."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

TOKEN_VARIABLE = "AUTOVIZ_TOKEN"  # noqa: S105 - a name
"""Of the environment: the token to use, for whoever starts the server and tells its visitors."""

_SHORTEST_TOKEN = 16  # characters
_LONGEST_SECRET = 1000  # characters that are looked at


@dataclass(frozen=True)
class Visitor:
    """Somebody who may look.

    Attributes:
        name: Tells one browser from another.
        cookie: `Set-Cookie` for a visitor who came with the token and has none; empty otherwise.
        by: What the visitor showed.
    """

    name: str
    cookie: str = ""
    by: Literal["token", "cookie", "header"] = "cookie"


class Access:
    """Judges requests.

    Args:
        address: Of the server: the cookie's name tells it from that of another one, which a browser that sees both
            under `localhost` sends as well.
        token: None makes a random one, unless `AUTOVIZ_TOKEN` has one.
        hosts: Names under which it is reached, besides those of this machine.

    Attributes:
        token: Whoever knows it may look.
        cookie_name: Of the cookie.
    """

    def __init__(self, address: str, token: str | None = None, hosts: Iterable[str] = ()) -> None:
        told = os.environ.get(TOKEN_VARIABLE, "")
        self.token = token or (told if len(told) >= _SHORTEST_TOKEN else secrets.token_urlsafe(32))
        self.cookie_name = "autoviz-" + hashlib.sha256(f"{socket.gethostname()} {address}".encode()).hexdigest()[:12]
        self._key = hashlib.sha256(b"cookie " + self.token.encode()).digest()
        self._hosts = {"localhost", socket.gethostname().lower(), *(host.lower() for host in hosts)}

    def visitor(self, request: Request) -> Visitor | None:
        """Who asks; None if it is nobody who may look."""
        kind, _, told = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._is_token(told.strip()):
            return Visitor("bearer", by="header")
        name = next(filter(None, map(self._visitor_of, self._cookies(request))), "")
        if "token" not in request.query_params:
            return Visitor(name) if name and not _is_from_elsewhere(request) else None
        if not all(map(self._is_token, request.query_params.getlist("token"))):
            return None  # an address of another server, or of one that is gone
        if name:
            return Visitor(name, by="token")
        name = secrets.token_hex(8)
        return Visitor(name, f"{self.cookie_name}={name}.{self._signature(name)}; HttpOnly; SameSite=Strict", "token")

    def is_ours(self, request: Request) -> bool:
        """Whether Host is a name of this machine, and Origin, if there is one, the same."""
        host = request.headers.get("host", "").lower()
        origin = request.headers.get("origin")
        return self._is_host(host) and (origin is None or origin.lower().partition("://")[2] == host)

    def _is_host(self, host: str) -> bool:
        name = host.rpartition("]")[0].removeprefix("[") or host.partition(":")[0]
        if name in self._hosts or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True  # a page of another site has that site's name, whatever number it resolves to

    def _is_token(self, told: str) -> bool:
        return hmac.compare_digest(told[:_LONGEST_SECRET].encode(), self.token.encode())

    def _cookies(self, request: Request) -> Iterable[str]:
        """The values of our cookie: a browser may have one of each path."""
        for line in request.headers.getlist("cookie"):
            for pair in line.split(";"):
                name, _, value = pair.strip().partition("=")
                if name == self.cookie_name:
                    yield value

    def _visitor_of(self, cookie: str) -> str:
        """The visitor's name; empty if the cookie is not ours."""
        name, _, signature = cookie[:_LONGEST_SECRET].partition(".")
        return name if hmac.compare_digest(signature.encode(), self._signature(name).encode()) else ""

    def _signature(self, name: str) -> str:
        return hmac.new(self._key, name.encode(), "sha256").hexdigest()


def _is_from_elsewhere(request: Request) -> bool:
    """Whether a page of another origin asks, as the browser says: one on another port is sent the cookie, too.

    A person who follows a link from there is no such page.
    """
    site, mode = request.headers.get("sec-fetch-site", "none"), request.headers.get("sec-fetch-mode", "")
    return site not in ("none", "same-origin") and mode != "navigate"
