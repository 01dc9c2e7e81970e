"""A mirror of runs on another host, in a thread: it is taken up again when the link breaks."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import os
import threading
import time
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.text import printable
from autoviz_render.views.mirror.address import parse_address
from autoviz_render.views.mirror.cache import Cache, MirrorError
from autoviz_render.views.mirror.helper_source import HelperSource, NoHelperError
from autoviz_render.views.mirror.session import Session
from autoviz_render.views.mirror.sftp_source import SftpSource
from autoviz_render.views.mirror.source import Source, SourceError
from autoviz_render.views.mirror.ssh import REMOTE_COMMAND, Link, helper_command, sftp_command
from autoviz_render.views.model.link import LinkState, write_link

log = logging.getLogger("autoviz_render.views")

_T = TypeVar("_T")

_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)  # seconds between two tries to take a link up again
_HEALTHY_AFTER = 60.0  # seconds of a link, after which a break is the first again
_SAYS_EVERY = 5.0  # seconds
_CLOSES_WITHIN = 6.0  # seconds: the three steps of a child that heeds none, and more


class Mirror:
    """A mirror of the runs at or under a path of another host: an ordinary tree of runs, which follows that one.

    Args:
        address: What to mirror, `ssh://[USER@]HOST[:PORT]/PATH`.
        cache: Where mirrors are; None is the user's cache folder.
        poll: Seconds after which the other side looks for news though it hears of none.
        environ: Where settings are looked up, see `ssh`.

    Attributes:
        path: What to watch here.

    Raises:
        AddressError: The address is none.
    """

    def __init__(
        self, address: str, *, cache: Path | None = None, poll: float = 1.0, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._address = parse_address(address)
        self._cache = Cache(self._address, cache)
        self._poll, self._environ = poll, dict(environ)
        self._link = LinkState(str(self._address))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._thread = threading.Thread(target=self._run, name="autoviz-render mirror", daemon=True)
        self._is_up = threading.Event()  # there is a link, or it is known that there is none
        self._is_closing = False
        self._fault = ""
        self._trouble = ""
        self._has_been_up = False
        self._has_said = False
        self.path = self._cache.path

    @property
    def link(self) -> LinkState:
        """How the link stands."""
        return self._link

    def start(self) -> None:
        """Mirror from now on; returns when there is a link, or if an earlier mirror is there to be looked at meanwhile.

        Raises:
            MirrorError: There is no link, and nothing from an earlier time; or another process mirrors the same.
        """
        self._cache.open()
        self._thread.start()
        try:
            self._is_up.wait()
        except BaseException:
            self.close()
            raise
        if self._fault and not self._cache.keys():
            self.close()
            raise MirrorError(self._fault)

    def close(self) -> None:
        """Let go of the other host, promptly; no child is left."""
        self._is_closing = True
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(task.cancel)
        if self._thread.is_alive():
            self._thread.join(_CLOSES_WITHIN)
        self._cache.close()

    def fetch(self, spool: Path, name: str, timeout: float = 30.0) -> bool:
        """Have an older snapshot that is kept there here, too; for whoever is asked for one that is not here.

        Args:
            spool: Of the run, here.
            name: Of the snapshot's file.
            timeout: Seconds to wait.

        Returns:
            Whether it is here.
        """
        if self._loop is None or self._session is None:
            return False
        key = "." if spool == self.path else spool.relative_to(self.path).as_posix()
        with contextlib.suppress(AutovizError, OSError, RuntimeError, concurrent.futures.CancelledError):
            return self._wait_for(self._session.fetch(key, name), timeout)
        return False

    def _wait_for(self, work: Coroutine[Any, Any, _T], timeout: float) -> _T:
        assert self._loop is not None  # noqa: S101
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    # In the thread

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._main())
        self._is_up.set()

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._session = Session(self._cache, self._tell)
        tries = 0
        try:
            while not self._is_closing:
                began = time.monotonic()
                try:
                    await self._mirror(self._session)
                except (SourceError, OSError, AutovizError) as error:
                    self._lost(str(error))
                if time.monotonic() - began > _HEALTHY_AFTER:
                    tries = 0
                await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1
        except Exception as error:  # a mirror that fails costs no figure that can be drawn
            log.warning("%s: the mirror ended: %s", self._address, printable(repr(error), 300), exc_info=error)
            self._lost(f"the mirror ended: {error!r:.300}")
        finally:
            self._write(replace(self._link, state="closed"))

    async def _mirror(self, session: Session) -> None:
        source = await self._connect()
        try:
            self._found(source)
            telling = asyncio.create_task(self._keep_telling(source))
            try:
                await session.run(source)
            finally:
                telling.cancel()
        finally:
            await asyncio.shield(source.close())

    async def _connect(self) -> Source:
        """The other side, by what is there. Raises SourceError."""
        host, paths = self._address.host, self._address.paths
        if self._environ.get(REMOTE_COMMAND, "").strip() != "sftp":
            with contextlib.suppress(NoHelperError):
                link = await Link.begin(helper_command(self._address, self._environ), self._address)
                return await HelperSource.begin(link, host, paths, self._poll)
        link = await Link.begin(sftp_command(self._address, self._environ), self._address)
        return await SftpSource.begin(link, host, paths, self._poll)

    async def _keep_telling(self, source: Source) -> None:
        while True:
            if source.is_heard():
                ahead = source.clock_ahead or 0.0
                self._write(replace(self._link, heard=time.time(), why=self._trouble, clock_ahead=round(ahead, 3)))
            await asyncio.sleep(_SAYS_EVERY)

    # What is told

    def _found(self, source: Source) -> None:
        if not self._has_said or self._link.state == "lost":
            by = "" if source.how == "autoviz-render" else " by sftp, as no autoviz-render answers there"
            log.info(
                "%s: %s%s; mirrored in %s",
                self._address,
                "there again" if self._has_been_up else "there",
                by,
                self.path,
            )
            self._has_said = True
        self._has_been_up = True
        self._fault = ""
        self._write(replace(self._link, state="connected", heard=time.time(), why="", how=source.how))
        self._is_up.set()

    def _lost(self, why: str) -> None:
        """Say once that there is no link, or why there is none if that is another reason."""
        self._fault = why
        if why != self._link.why and (self._has_been_up or self._is_up.is_set()) and not self._is_closing:
            log.warning("%s; trying again", why)
        self._write(replace(self._link, state="lost", why=why))
        if not self._is_up.is_set() and not self._has_been_up and self._cache.keys():
            log.warning("%s; showing what was mirrored before, and trying again", why)
        self._is_up.set()

    def _tell(self, trouble: str) -> None:
        self._trouble = trouble

    def _write(self, link: LinkState) -> None:
        self._link = link
        with contextlib.suppress(OSError):
            write_link(self._cache.folder, link)
