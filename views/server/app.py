"""The application: who may have what, by its address. `autoviz_render.views.server` says what there is."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from autoviz_render.renderer.work.jobs import error_line
from autoviz_render.spool.errors import SpoolError
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.page.run_page import drawn_steps
from autoviz_render.views.server import answers
from autoviz_render.views.server.announcements import Announcements
from autoviz_render.views.server.draws import Draws
from autoviz_render.views.server.frames import TYPES
from autoviz_render.views.server.known_runs import checked, figure_named
from autoviz_render.views.server.network.access import Access
from autoviz_render.views.server.newest import Newest
from autoviz_render.views.server.pages import HTML, SCRIPT, Pages
from autoviz_render.views.server.sheets import Sheets, UnknownRunError
from autoviz_render.views.server.streams import Streams, message

log = logging.getLogger("autoviz_render.views")

_RUN = r"runs/(?P<run>[0-9a-f]{16})/"
_ROUTES = {
    "events": r"api/events",
    "state": r"api/state",
    "draw": r"api/draw",
    "marks": r"api/marks",
    "mark": r"api/mark",
    "frame": r"frames/(?P<digest>[0-9a-f]{64})\.(?P<kind>png|webp|svg)",
    "asset": r"assets/(?P<name>[\w.-]+)",
    "run_script": _RUN + r"index_files/(?P<name>[\w-]+\.js)",
    "run_page": _RUN + r"(?:index\.html)?",
    "figure": _RUN + r"(?P<name>[^/]+)",
    "sheet_file": r"sheet_files/(?P<name>[\w.-]+)",
    "sheet_page": r"sheet\.html",
    "runs_script": r"index_files/(?P<name>[\w-]+\.js)",
    "runs_page": r"(?:index\.html)?",
}
_ADDRESS = [(name, re.compile(r"(?:.*/)?" + tail, re.ASCII | re.DOTALL)) for name, tail in _ROUTES.items()]
_PORT_ALONE = re.compile(r"(?:.*/)?(\d{1,5})", re.ASCII | re.DOTALL)
_MOST_RUNS = 64  # that one stream asks for
_NOT_THERE = "there is no such page, or not any more"


class App:
    """Answers requests.

    Args:
        access: Who may look.
        pages: What there is to see.
        newest: The newest frames, and the runs.
        draws: Draws what is asked for.
        sheets: The contact sheet, and its marks.
        streams: Of events.
        most_streams: How many there may be.
    """

    def __init__(
        self,
        access: Access,
        pages: Pages,
        newest: Newest,
        draws: Draws,
        *,
        sheets: Sheets,
        streams: Streams,
        most_streams: int,
    ) -> None:
        self._access, self._pages, self._newest, self._draws = access, pages, newest, draws
        self._sheets = sheets
        self._streams, self._most_streams = streams, most_streams
        self._announcements: Announcements = newest.announcements

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        refusal = _malformed(request)
        visitor = None if refusal is not None else self._access.visitor(request)
        send = answers.safely(send)
        if refusal is None and visitor is None:
            refusal = answers.refused(401 if self._access.is_ours(request) else 403)
        if refusal is not None or visitor is None:
            await (refusal or answers.refused(401))(scope, receive, send)
            return
        route, words = _route(request.scope["path"])
        if route == "events":
            await self._events(request, send)
            return
        request.state.visitor = visitor
        response = await self._answer(request, route, words)
        if visitor.cookie and route == "runs_page":
            response.headers.append("Set-Cookie", visitor.cookie)
        await response(scope, receive, send)

    async def _answer(self, request: Request, route: str, words: dict[str, str]) -> Response:
        handler: Callable[..., Awaitable[Response | None]] | None = getattr(self, f"_{route}", None) if route else None
        try:
            response = None if handler is None else await handler(request, **words)
        except FileNotFoundError:
            response = None  # removed between the look and the reading
        except KeyError:
            response = None  # the run is gone
        except (SpoolError, OSError) as error:
            log.debug("%s", error, exc_info=True)
            return answers.line(503, "the run cannot be read for now", retry_after="2")
        return response or _not_there(request)

    async def _runs_page(self, request: Request) -> Response:  # a coroutine, as all of them are
        return answers.file(request, self._pages.runs_page(), HTML)

    async def _run_page(self, request: Request, run: str) -> Response | None:
        view = self._newest.runs.get(run)
        if view is None:
            return None
        if request.state.visitor.by == "token":  # the cookie is for the base, and so is the way there
            return answers.line(303, "see the page of all runs", location=f"../../?token={quote(self._access.token)}")
        return answers.file(request, self._pages.run_page(view), HTML)

    async def _asset(self, request: Request, name: str) -> Response | None:
        found = self._pages.asset(name)
        return None if found is None else answers.file(request, *found)

    async def _runs_script(self, request: Request, name: str) -> Response | None:
        script = await self._newest.off_loop(self._pages.runs_script, name)
        return None if script is None else answers.file(request, script, SCRIPT)

    async def _run_script(self, request: Request, run: str, name: str) -> Response | None:
        view = self._newest.runs.get(run)
        script = None if view is None else await self._newest.off_loop(self._pages.run_script, view, name)
        return None if script is None else answers.file(request, script, SCRIPT)

    async def _figure(self, request: Request, run: str, name: str) -> Response | None:
        view = self._newest.runs.get(run)
        file = None if view is None else await self._newest.off_loop(_file_of, view, name)
        if file is None:
            return None
        frame, content = await self._newest.picture(file)
        return answers.file(request, content, TYPES[frame.suffix], frame.digest)

    async def _frame(self, request: Request, digest: str, kind: str) -> Response | None:
        content = self._newest.frames.get(digest)
        return None if content is None else answers.file(request, content, TYPES[kind], digest, answers.FOR_EVER)

    async def _sheet_page(self, request: Request) -> Response:
        if request.state.visitor.by == "token":
            return answers.line(303, "see the page of all runs", location=f"./?token={quote(self._access.token)}")
        return answers.file(request, await self._newest.off_loop(self._sheets.page), HTML)

    async def _sheet_file(self, request: Request, name: str) -> Response:
        content, kind = await self._newest.off_loop(self._sheets.file, name)
        return answers.file(request, content, kind, caching=answers.ASK_FIRST if kind == SCRIPT else answers.FOR_EVER)

    async def _marks(self, request: Request) -> Response:
        del request
        return answers.json_of({"marks": await self._newest.off_loop(self._sheets.marks)})

    async def _mark(self, request: Request) -> Response:
        if request.method != "POST":
            return answers.json_of({"error": "a mark is sent by POST"}, 405)
        if request.headers.get("x-autoviz-mark") != "1":  # no page of another origin can send it unasked
            return answers.json_of({"error": "a mark has the header X-Autoviz-Mark: 1"}, 403)
        run, mark, note, when = (request.query_params.get(name, "") for name in ("run", "mark", "note", "when"))
        try:
            count = await self._newest.off_loop(self._sheets.mark, run, mark, note, when)
        except UnknownRunError as error:
            return answers.json_of({"error": str(error)}, 404)
        except (SpoolError, OSError) as error:  # before ValueError, which an unreadable file is, too
            return answers.json_of({"error": error_line(error)}, 503, retry_after=2)
        except ValueError as error:
            return answers.json_of({"error": str(error)}, 400)
        return answers.json_of({"marked": count})

    async def _draw(self, request: Request) -> Response:
        return await self._draws.answer(request, request.state.visitor.name)

    async def _state(self, request: Request) -> Response:
        await self._newest.watched()
        runs, number = self._asked(request, request.query_params.get("after", ""))
        last = self._announcements.last
        if number is None:
            events = [{"event": "frame", "data": each} for each in await self._first(runs)]
            if request.query_params.get("after"):  # of another server
                events.append({"event": "changed", "data": {"runs": None}})
        else:
            events = [{"event": each.name, "data": each.data} for each in self._announcements.since(number, runs)]
        return answers.json_of(self._newest.facts() | {"last": self._announcements.id(last), "events": events})

    async def _events(self, request: Request, send: Send) -> None:
        if self._streams.count >= self._most_streams:
            busy = answers.line(503, "there are too many streams: ask for api/state", retry_after="30")
            await busy(request.scope, request.receive, send)
            return
        with self._streams.counted():
            await self._newest.watched()
            after = request.headers.get("last-event-id") or request.query_params.get("after", "")
            runs, number = self._asked(request, after)
            is_new, number = number is None, self._announcements.last if number is None else number
            first = message("hello", self._newest.facts(), self._announcements.id(number))
            if is_new:
                told = await self._first(runs)
                first += b"".join(message("frame", each) for each in told)
                if after:  # of another server, of which this one knows nothing
                    first += message("changed", {"runs": None})
            await self._streams.serve(first, number, runs, request, send)

    def _asked(self, request: Request, after: str) -> tuple[frozenset[str], int | None]:
        runs = frozenset(request.query_params.getlist("run")[:_MOST_RUNS])
        return runs, self._announcements.number(after)

    async def _first(self, runs: frozenset[str]) -> list[dict[str, object]]:
        """What somebody is told who knows nothing yet: the newest figures of the runs that are asked for."""
        return [each for run in sorted(runs) for each in await self._newest.of(run)]


def _route(path: str) -> tuple[str, dict[str, str]]:
    """What an address is of, by its end, and the words in it; what comes before is a proxy's."""
    segments = path.split("/")
    if "\\" in path or "\0" in path or any(each in (".", "..") for each in segments) or "" in segments[1:-1]:
        return "", {}
    for name, address in _ADDRESS:
        if (match := address.fullmatch(path)) is not None:
            return name, match.groupdict()
    return "", {}


def _malformed(request: Request) -> Response | None:
    """An answer to what is no request for anything here."""
    is_mark = request.method == "POST" and _route(request.scope["path"])[0] == "mark"
    if request.method not in ("GET", "HEAD") and not is_mark:
        return answers.line(405, "only GET and HEAD", allow="GET, HEAD", connection="close")
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        return answers.line(413, "a request has no body here", connection="close")
    return None


def _not_there(request: Request) -> Response:
    """404; to a base without its slash, as a person types it behind a proxy, the way to it."""
    match = _PORT_ALONE.fullmatch(request.scope["path"])
    if match is not None:
        query = "?token=" + quote(request.query_params["token"]) if "token" in request.query_params else ""
        return answers.line(303, "a slash is missing", location=f"{match[1]}/{query}")
    return answers.line(404, _NOT_THERE)


def _file_of(view: RunView, name: str) -> Path | None:
    """A picture beside a run's figures that the model knows by this name; reads the disk. Raises LinkError."""
    figure = figure_named(view, name)
    if figure is not None:
        return checked(view, figure.file)
    found = next((file for *_, file in drawn_steps(view) if file.name == name), None)
    return None if found is None else checked(view, found)
