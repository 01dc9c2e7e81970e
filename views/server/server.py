"""The server's thread, and what it prints when it starts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoviz_render.renderer.settings import RenderSettings
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT
from autoviz_render.renderer.work.resources import descriptor_limit
from autoviz_render.spool.errors import AutovizError
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.server.network.address import Address, Listener, listen
from autoviz_render.views.server.network.hints import address_lines

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger("autoviz_render.views")

_CLOSES_WITHIN = 3.0  # seconds
_OTHER_DESCRIPTORS = 256  # that the rest of the process needs


class MissingExtraError(AutovizError, ImportError):
    """What serves is not installed. The message says how to install it."""


class Server:
    """Serves the pages of a feed, in a thread of its own.

    Args:
        feed: How the runs stand.
        address: Where; `[HOST:]PORT` or `unix:PATH`.
        settings: How the command draws.
        timeout: Seconds for a picture that is drawn on demand.
        token: Whoever knows it may look; None makes a random one.

    Attributes:
        token: Whoever knows it may look.

    Raises:
        MissingExtraError: The extra `web` is not installed.
        AddressError: It is no address.
    """

    def __init__(
        self,
        feed: Feed,
        address: str | Address,
        settings: RenderSettings = RenderSettings(),
        *,
        timeout: float = FRAME_TIMEOUT,
        token: str | None = None,
    ) -> None:
        try:
            import starlette.requests
            import uvicorn  # noqa: F401
        except ImportError as error:
            raise MissingExtraError("--serve needs an extra: pip install 'autoviz-render[web]'") from error
        del starlette
        self._feed, self._settings, self._timeout = feed, settings, timeout
        self._asked = Address.parse(address) if isinstance(address, str) else address
        self.token = token or ""
        self._given_token = token
        self._listener: Listener | None = None
        self._folder: Path | None = None
        self._server: uvicorn.Server | None = None
        self._parts: _Parts | None = None
        self._lock = threading.Lock()  # of the two that follow
        self._is_closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> Address:
        """Where it listens, with the port or path that was chosen."""
        return self._listener.address if self._listener is not None else self._asked

    def start(self) -> None:
        """Listen, print how to get there, and serve from now on.

        Raises:
            AddressError: Another program listens there, or it is no place to listen.
        """
        from autoviz_render.views.server.network.access import Access

        self._listener = listen(self._asked)
        self._folder = Path(tempfile.mkdtemp(prefix="autoviz-serve-"))  # of mode 0700
        access = Access(str(self.address), self._given_token, [self._asked.host])
        self.token = access.token
        self._thread = threading.Thread(target=self._run, args=(access,), name="autoviz-render server", daemon=True)
        self._thread.start()
        for line in address_lines(self.address, self.token, os.environ):
            log.info("%s", line)

    def close(self) -> None:
        """Say goodbye to the streams, and serve no more."""
        with self._lock:
            self._is_closing = True
            loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(self._end)
        if self._thread is not None:
            self._thread.join(_CLOSES_WITHIN)
        if self._listener is not None:
            self._listener.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self) -> None:
        if self._parts is not None:
            self._parts.close()
        if self._server is not None:
            self._server.should_exit = True

    def _run(self, access: Any) -> None:
        try:
            asyncio.run(self._serve(access))
        except Exception:
            log.warning("the server ended; figures are drawn as before", exc_info=True)

    async def _serve(self, access: Any) -> None:
        import uvicorn

        from autoviz_render.views.server.network.connection import BOUNDS, bounded

        assert self._listener is not None  # noqa: S101  for the type checker
        assert self._folder is not None  # noqa: S101  for the type checker
        bounds = _within_descriptors(BOUNDS)
        self._parts = _Parts(
            self._feed, self._settings, self._folder, timeout=self._timeout, access=access, bounds=bounds
        )
        config = uvicorn.Config(
            self._parts.app,
            http=bounded(bounds),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # what visitors send is not for the terminal
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=int(bounds.idle_seconds),
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=bounds.header_bytes,
        )
        self._server = uvicorn.Server(config)
        with self._lock:
            if self._is_closing:
                return
            self._loop = asyncio.get_running_loop()
        async with self._parts.at_work(self._loop):
            await self._server.serve([self._listener.socket])


class _Parts:
    """What an application is made of; for the server's loop."""

    def __init__(
        self, feed: Feed, settings: RenderSettings, folder: Path, *, timeout: float, access: Any, bounds: Any
    ) -> None:
        from autoviz_render.views.server.announcements import Announcements
        from autoviz_render.views.server.app import App
        from autoviz_render.views.server.drawing import Drawer
        from autoviz_render.views.server.draws import Draws
        from autoviz_render.views.server.newest import Newest
        from autoviz_render.views.server.pages import Pages
        from autoviz_render.views.server.sheets import Sheets
        from autoviz_render.views.server.streams import Streams

        announcements = Announcements()
        self._streams = Streams(announcements)
        self._newest = Newest(feed, announcements, self._streams)
        self._drawer = Drawer(folder, timeout, bounds)
        self._pages = Pages(feed, folder)
        draws = Draws(settings, self._newest, self._drawer)
        more: dict[str, Any] = {"streams": self._streams, "most_streams": bounds.streams}
        self.app = App(access, self._pages, self._newest, draws, sheets=Sheets(feed), **more)

    @contextlib.asynccontextmanager
    async def at_work(self, loop: asyncio.AbstractEventLoop) -> Any:
        """The tasks beside the requests."""
        self._newest.start(loop)
        tasks = [asyncio.create_task(self._newest.run()), asyncio.create_task(self._streams.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            self.close()
            self._drawer.close()

    def close(self) -> None:
        """End the streams; nothing new is told any more."""
        self._streams.close()
        self._newest.close()
        self._pages.close()


def _within_descriptors(bounds: Any) -> Any:
    """The bounds, less where this process may not open that many files."""
    from dataclasses import replace

    most = max(32, descriptor_limit() - _OTHER_DESCRIPTORS)
    return replace(bounds, connections=min(bounds.connections, most), streams=min(bounds.streams, most * 3 // 4))
