"""What is sent: pages, data, pictures and refusals, each with the headers that keep a browser safe."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

_PIECE = 1 << 16  # bytes

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

SAFE_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer. `frame-ancestors` lets JupyterLab, which has the same origin, show it in a tab of its own."""

FOR_EVER = "private, max-age=31536000, immutable"
ASK_FIRST = "private, no-cache"

_REFUSED = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>autoviz-render</title></head>
<body><h1>This page needs its token</h1>
<p>Open the whole address that <code>autoviz-render</code> printed when it started, with <code>?token=</code> at its
end. Each start has another token, so an address of an earlier one is of no use.</p>
<p>If you had opened it before and followed a link from elsewhere, <a href="./">go on here</a>.</p></body></html>
"""


class Answer(Response):
    """An answer whose body is sent piece by piece, as fast as it is taken: what waits in memory is bounded."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = memoryview(self.body)
        pieces = 1 if scope["method"] == "HEAD" else max(1, -(-len(body) // _PIECE))
        for number in range(pieces):
            piece = bytes(body[number * _PIECE : (number + 1) * _PIECE])
            await send({"type": "http.response.body", "body": piece, "more_body": number + 1 < pieces})


def file(request: Request, content: bytes, kind: str, etag: str = "", caching: str = ASK_FIRST) -> Response:
    """A file's bytes, unless the browser has them.

    Args:
        request: Which asks.
        content: The bytes.
        kind: Their media type.
        etag: Tells them from others; a digest of them if it is empty.
        caching: What the browser may do without asking.
    """
    tag = f'"{etag or hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": caching}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Answer(status_code=304, headers=headers)
    return Answer(content, headers=headers, media_type=kind)


def json_of(value: dict[str, Any], status: int = 200, retry_after: int = 0) -> Response:
    """A value of the API."""
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(retry_after)} if retry_after else {})
    return Answer(json.dumps(value, allow_nan=False), status, headers, "application/json")


def refused(status: int) -> Response:
    """For whoever may not look: what to do."""
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return Answer(_REFUSED, status, headers, "text/html")


def line(status: int, text: str, **headers: str) -> Response:
    """A line of plain text; names of headers are written with `_`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(text + "\n", status, {"Cache-Control": "no-store"} | named, "text/plain")


def safely(send: Send, cookie: str = "") -> Send:
    """Sends what is sent with the headers of every answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SAFE_HEADERS.items():
                headers[name] = value
            if cookie:
                headers.append("Set-Cookie", cookie)
        await send(message)

    return sending
