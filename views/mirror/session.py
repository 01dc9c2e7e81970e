"""While there is a link: what is fetched of which run, and when.

Each run that changed waits for its turn, with its newest state alone. So what was superseded meanwhile is never asked
for. Small files of several runs are fetched side by side, as each waits for the link's way to and fro; of large ones
one at a time, and never more than what the link carries in half a second is on its way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.format.footer import MAX_FILE_BYTES
from autoviz_render.spool.scalars import MAX_SCALARS_BYTES
from autoviz_render.spool.text import printable
from autoviz_render.views.mirror.cache import Cache
from autoviz_render.views.mirror.local_run import Draft, LocalRun, is_full
from autoviz_render.views.mirror.source import MOST_RUNS, Complete, Gone, MissingError, RunState, Source

log = logging.getLogger("autoviz_render.views")

Reads = Callable[[int, int], Coroutine[Any, Any, bytes]]
"""Gives a piece of a file: offset and length."""

_SIDE_BY_SIDE = 8  # runs
_ON_ITS_WAY = 0.5  # seconds of what the link carries
_MOST_ON_ITS_WAY = 8 << 20  # bytes
_TRIES_AGAIN = 5.0  # seconds until a file that could not be read is asked for again
_MOST_TRIES = 3
_FULL_FOR = 10.0  # seconds until a full disk is tried again


class Session:
    """What is mirrored over one link after the other.

    Args:
        cache: Where to.
        tell: Called with a sentence about what goes wrong, and "" when it does no more.
    """

    def __init__(self, cache: Cache, tell: Callable[[str], object] = lambda _: None) -> None:
        self._cache, self._tell = cache, tell
        self._runs: dict[str, LocalRun] = {}
        self._newest: dict[str, RunState] = {}
        self._due: tuple[dict[str, None], dict[str, None]] = ({}, {})  # those that go on, those that are over
        self._busy: set[str] = set()
        self._is_due = asyncio.Event()
        self._drafts: dict[str, Draft] = {}
        self._refused: dict[str, tuple[int, float]] = {}
        self._gave_way: set[str] = set()
        self._large = asyncio.Lock()
        self._rate = 1e6  # bytes a second, as measured
        self._said: set[str] = set()
        self._source: Source | None = None
        self._seen: set[str] = set()
        self.is_caught_up = asyncio.Event()

    async def run(self, source: Source) -> None:
        """Mirror until the link breaks, which raises SourceError."""
        self._source, self._seen = source, set()
        workers = [asyncio.create_task(self._work(source)) for _ in range(_SIDE_BY_SIDE)]
        taking = asyncio.create_task(self._take(source))
        try:
            done, _ = await asyncio.wait([*workers, taking], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._source = None
            for task in (*workers, taking):
                task.cancel()
            await asyncio.gather(*workers, taking, return_exceptions=True)
            self._busy.clear()

    async def fetch(self, key: str, name: str) -> bool:
        """Have a snapshot that is kept there here, too; whether it is. Raises SourceError, SpoolError, OSError."""
        run, source = self._runs.get(key), self._source
        if run is None or source is None or key not in self._newest:
            return False
        if not run.has(f"snapshots/{name}"):
            try:
                await self._fetch_snapshot(source, self._newest[key], run, name, is_asked_for=True)
            except MissingError:
                return False
        return True

    # What is told

    async def _take(self, source: Source) -> None:
        async for change in source.changes():
            if isinstance(change, RunState):
                if len(self._newest) < MOST_RUNS or change.key in self._newest:
                    self._seen.add(change.key)
                    if self._newest.get(change.key) != change or change.key not in self._runs:
                        self._newest[change.key] = change
                        self._wait_for_turn(change.key)
            elif isinstance(change, Gone):
                self._forget(change.key)
            elif isinstance(change, Complete):
                self._settle(change)

    def _settle(self, complete: Complete) -> None:
        """All that is there was told: what was not is there no more, unless nothing is, as the disk is away."""
        if not complete.is_there:
            self._say("the path there", MissingError("does not exist yet; waiting for it"))
        elif self._seen:
            for key in [*(set(self._newest) | set(self._cache.keys())) - self._seen]:
                self._forget(key)

    def _wait_for_turn(self, key: str) -> None:
        for is_over, due in enumerate(self._due):
            due.pop(key, None)
            if is_over == self._newest[key].is_over:
                due[key] = None
        self._is_due.set()

    def _forget(self, key: str) -> None:
        """A run is there no more: it is here no more."""
        self._newest.pop(key, None)
        for due in self._due:
            due.pop(key, None)
        self._drafts.pop(key, None)
        run = self._runs.pop(key, None) or LocalRun(self._cache.place_of(key))
        run.clear()
        self._cache.forget(key)

    # Whose turn it is

    async def _work(self, source: Source) -> None:
        while True:
            while (key := self._next()) is None:
                self._is_due.clear()
                await self._is_due.wait()
            self._busy.add(key)
            try:
                await self._update(source, self._newest[key])
            except (SpoolError, MissingError) as error:
                self._say(key, error)
            except OSError as error:
                if not isinstance(error.errno, int):
                    self._again(key)
                    raise  # the link's
                self._fail(key, error)
            except asyncio.CancelledError:
                self._again(key)  # it goes on when the link is back
                raise
            finally:
                self._busy.discard(key)
                if any(self._due):
                    self._is_due.set()

    def _next(self) -> str | None:
        """The run whose turn it is: those that go on come first."""
        for due in self._due:
            for key in due:
                if key not in self._busy:
                    del due[key]
                    return key
        return None

    def _say(self, key: str, error: Exception) -> None:
        told = f"{printable(key, 200)}: {printable(str(error), 400)}"
        if told not in self._said and len(self._said) < 1000:
            self._said.add(told)
            log.warning("%s", told)

    def _fail(self, key: str, error: OSError) -> None:
        """The disk here is at fault: what is old goes, and the run is tried again."""
        if is_full(error) and self._cache.make_room(self._runs):
            self._again(key)
            return
        if is_full(error):
            self._tell("the disk here is full")
            error = OSError(f"the disk here is full: {self._cache.path}; make room, or set XDG_CACHE_HOME to another")
        self._say(key, error)
        asyncio.get_running_loop().call_later(_FULL_FOR, self._again, key)

    def _again(self, key: str) -> None:
        if key in self._newest:
            self._wait_for_turn(key)

    # One run

    async def _update(self, source: Source, state: RunState) -> None:
        """Bring one run up to date: its end is told last, as whoever hears of it looks for no more."""
        run = self._run(state.key)
        info = run.begin(state.info)
        is_dead = state.is_over and info.state == "running"
        if not state.is_over:
            run.write_info(state.info, is_dead=False)
        if state.newest:
            run.drop_newer(state.newest[-1])
        for name in reversed(state.newest):
            if run.has(f"snapshots/{name}") or await self._fetched(source, state, run, name):
                break
        await self._fetch_scalars(source, state.key, run, state.scalars)
        run.write_info(state.info, is_dead=is_dead)

    def _run(self, key: str) -> LocalRun:
        if key not in self._runs:
            run = self._runs[key] = LocalRun(self._cache.place_of(key))
            run.sweep()
            self._cache.know(key, run)
        return self._runs[key]

    async def _fetched(self, source: Source, state: RunState, run: LocalRun, name: str) -> bool:
        """Whether a snapshot is here now; False if an older one is to be taken instead."""
        key, place = state.key, f"{state.key}/{name}"
        tries, not_before = self._refused.get(place, (0, 0.0))
        if time.monotonic() < not_before:
            return False
        try:
            await self._fetch_snapshot(source, state, run, name)
        except (SpoolError, MissingError) as error:
            if isinstance(error, MissingError) and self._is_superseded(state):
                return True  # there is a newer one by now, whose turn comes
            tries += 1
            self._refused[place] = (tries, time.monotonic() + (_TRIES_AGAIN if tries < _MOST_TRIES else 3600.0))
            if tries < _MOST_TRIES:  # it may be on its way there
                asyncio.get_running_loop().call_later(_TRIES_AGAIN * 1.1, self._again, key)
            else:
                self._say(key, error)
            return False
        self._refused.pop(place, None)
        return True

    async def _fetch_snapshot(
        self, source: Source, state: RunState, run: LocalRun, name: str, *, is_asked_for: bool = False
    ) -> None:
        """Bring a snapshot here: its static files first, its numbers, then itself.

        Raises:
            MissingError, SpoolError: It cannot be had.
        """
        key = state.key
        draft = self._drafts.pop(key, None) if not is_asked_for else None
        if draft is None or draft.final.name != name:
            if draft is not None:
                draft.discard()
            draft = run.draft(f"snapshots/{name}")
        try:
            for_whom = None if is_asked_for else state
            if not await self._fill(source, key, f"snapshots/{name}", draft, for_whom):
                draft.discard()
                return
            digests = run.check_snapshot(draft)
            for digest in digests:
                if not run.has(f"static/{digest}.h5"):
                    await self._fetch_static(source, key, run, digest)
            if not is_asked_for:
                await self._fetch_scalars(source, key, run, self._newest.get(key, state).scalars)
            draft.finish()
        except BaseException as error:
            if is_asked_for or isinstance(error, (SpoolError, MissingError)) or is_full(error):
                draft.discard()
            else:
                self._drafts[key] = draft  # gone on with when the link is back
            raise
        run.digests[name] = digests
        self._tell("")
        self._cache.add(key, run, name, draft.size)
        self._cache.keep_within_bounds(self._runs)

    async def _fetch_static(self, source: Source, key: str, run: LocalRun, digest: str) -> None:
        name = f"static/{digest}.h5"
        draft = run.draft(name)
        try:
            await self._fill(source, key, name, draft)
            run.check_static(draft)
            draft.finish()
        except BaseException:
            draft.discard()
            raise
        self._cache.add_static(draft.size)

    async def _fill(self, source: Source, key: str, name: str, draft: Draft, state: RunState | None = None) -> bool:
        """Fetch what is missing of a file; False if it gave way to a newer one. Raises MissingError, OSError.

        Args:
            source, key, name: Of what.
            draft: What is here of it.
            state: That of the run for which it is fetched; None if it gives way to none.
        """
        piece = await source.read(key, name, draft.size, source.chunk)
        size = piece.size
        self._cache.check_room(size, MAX_FILE_BYTES)
        draft.append(piece.data)
        if draft.size >= size:
            return True
        async with self._large:
            return await self._fill_the_rest(partial(_whole, source, key, name), draft, size, source.chunk, state)

    async def _fill_the_rest(self, read: Reads, draft: Draft, size: int, chunk: int, state: RunState | None) -> bool:
        asked: deque[asyncio.Task[bytes]] = deque()
        offset, began, first = draft.size, time.monotonic(), draft.size
        try:
            while draft.size < size:
                if state is not None and self._gives_way(state, draft.size / size):
                    return False
                on_its_way = min(max(self._rate * _ON_ITS_WAY, chunk), _MOST_ON_ITS_WAY)
                while offset < size and (not asked or offset - draft.size < on_its_way):
                    length = min(chunk, size - offset)
                    asked.append(asyncio.create_task(read(offset, length)))
                    offset += length
                draft.append(await asked.popleft())
                self._rate = (draft.size - first) / max(time.monotonic() - began, 1e-3)
            return True
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    def _gives_way(self, state: RunState, part: float) -> bool:
        """Whether a snapshot is left off as there is a newer one: near its beginning, and never two in a row."""
        if part >= 0.25:
            self._gave_way.discard(state.key)
        elif self._is_superseded(state) and state.key not in self._gave_way:
            self._gave_way.add(state.key)
            return True
        return False

    def _is_superseded(self, state: RunState) -> bool:
        return self._newest.get(state.key, state).newest[-1:] != state.newest[-1:]

    async def _fetch_scalars(self, source: Source, key: str, run: LocalRun, size: int) -> None:
        """Bring the numbers here that are not: as they are appended there, mostly few."""
        have = run.scalars_size()
        if size == have or not size:
            return
        with contextlib.suppress(MissingError):
            tail = run.scalars_tail()
            if have < size and await self._append_scalars(source, key, run, have, tail):
                return
            lines = b""  # thinned there, or of another run: all anew
            while True:
                piece = await source.read(key, "scalars.jsonl", len(lines), source.chunk)
                lines += piece.data
                if not piece.data or len(lines) >= min(piece.size, MAX_SCALARS_BYTES):
                    break
            run.replace_scalars(lines)

    async def _append_scalars(self, source: Source, key: str, run: LocalRun, have: int, tail: bytes) -> bool:
        """Append what is new; False if what is here is not the beginning of what is there."""
        waiting, is_first = b"", True
        offset = have - len(tail)
        while True:
            piece = await source.read(key, "scalars.jsonl", offset, source.chunk)
            offset += len(piece.data)
            if is_first and not piece.data.startswith(tail):
                return False
            waiting = run.append_scalars(waiting + piece.data[len(tail) if is_first else 0 :])
            is_first = False
            if not piece.data or offset >= piece.size:
                return True


async def _whole(source: Source, key: str, name: str, offset: int, length: int) -> bytes:
    """All of a piece of a file that does not end before. Raises MissingError, SourceError."""
    data = b""
    while len(data) < length:
        piece = await source.read(key, name, offset + len(data), length - len(data))
        if not piece.data:
            raise MissingError(f"{name} was cut short there")
        data += piece.data
    return data
