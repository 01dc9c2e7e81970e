"""Any kept step, drawn on demand: by one process, once for any number of visitors, within bounds."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work.executor import FRAME_TIMEOUT, Subprocess
from autoviz_render.renderer.work.jobs import Job, RenderResult
from autoviz_render.spool.errors import AutovizError
from autoviz_render.views.server.frames import Stamp
from autoviz_render.views.server.network.connection import BOUNDS, Bounds

log = logging.getLogger("autoviz_render.views")

_IDLE = 120.0  # seconds after which the process ends
_MOST_VISITORS = 1000  # of whom it is known what they had drawn


class BusyError(AutovizError, RuntimeError):
    """Too much is asked for.

    Attributes:
        is_visitor: Whether one visitor asks for too much, not all of them.
    """

    def __init__(self, is_visitor: bool) -> None:
        super().__init__("too many figures are asked for: try again in a moment")
        self.is_visitor = is_visitor


@dataclass(frozen=True)
class Moment:
    """A snapshot that is kept.

    Attributes:
        spool: The spool's directory.
        snapshot: The name of the snapshot's file.
        stamp: Tells it from one of that name in a run begun anew.
    """

    spool: Path
    snapshot: str
    stamp: Stamp


@dataclass(frozen=True)
class Wanted:
    """A picture that somebody asks for.

    Attributes:
        moment: What is shown.
        figure: Which figure of it.
        settings: How it is drawn.
        like: Another snapshot, of which it has the limits; None for its own.
    """

    moment: Moment
    figure: FigureSpec
    settings: RenderSettings
    like: Moment | None = None

    def job(self, path: Path) -> Job:
        """What a worker is asked for; the path is the picture's, without its suffix."""
        spool, snapshot = self.moment.spool, self.moment.snapshot
        if self.like is None:
            return Job(spool, self.figure, path, snapshot, settings=self.settings)
        from autoviz_render.renderer.batch.limited_job import LimitedJob

        like = str(self.like.spool), self.like.snapshot
        return LimitedJob(spool, self.figure, path, snapshot, False, *like, settings=self.settings)


@dataclass(frozen=True)
class Drawn:
    """What became of it.

    Attributes:
        result: As the worker said.
        picture: The bytes; empty if there are none.
    """

    result: RenderResult
    picture: bytes = b""


@dataclass
class _Order:
    """A picture that is waited for, until all who did have it."""

    wanted: Wanted
    future: Future[Drawn]
    visitors: list[str]


class Drawer:
    """Draws what visitors ask for, one picture after the other, in a process of its own.

    Its thread starts with the first, and the process; the process ends when nobody asks any more.

    Args:
        folder: Of ours, for the files until they are read.
        timeout: Seconds for a picture.
        bounds: How much may wait.
    """

    def __init__(self, folder: Path, timeout: float = FRAME_TIMEOUT, bounds: Bounds = BOUNDS) -> None:
        self._folder, self._timeout, self._bounds = folder, timeout, bounds
        self._waiting: OrderedDict[Wanted, _Order] = OrderedDict()
        self._rates: OrderedDict[str, _Rate] = OrderedDict()
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def draw(self, wanted: Wanted, visitor: str) -> Future[Drawn]:
        """Have a picture drawn; who asks for one that others wait for waits for the same. `leave` is to follow.

        Raises:
            BusyError: Too much is waited for.
        """
        with self._lock:
            order = self._waiting.get(wanted)
            mine = sum(each.visitors.count(visitor) for each in self._waiting.values())
            if mine >= self._bounds.draws_each:
                raise BusyError(True)
            if order is None:
                if len(self._waiting) >= self._bounds.draws or self._is_closed:
                    raise BusyError(False)
                if not self._rate_of(visitor).take():
                    raise BusyError(True)
                order = self._waiting[wanted] = _Order(wanted, Future(), [])
            order.visitors.append(visitor)
            self._start()
        self._woken.set()
        return order.future

    def leave(self, wanted: Wanted, visitor: str) -> None:
        """Wait for it no more, or have it by now: what nobody waits for is not drawn."""
        with self._lock, contextlib.suppress(KeyError, ValueError):
            order = self._waiting[wanted]
            order.visitors.remove(visitor)
            if not order.visitors and order.future.done():
                del self._waiting[wanted]

    def close(self) -> None:
        """Draw nothing more."""
        with self._lock:
            self._is_closed = True
            thread = self._thread
        self._woken.set()
        if thread is not None:
            thread.join(5.0)

    def _rate_of(self, visitor: str) -> _Rate:
        rate = self._rates.pop(visitor, None) or _Rate(self._bounds)
        self._rates[visitor] = rate
        while len(self._rates) > _MOST_VISITORS:
            self._rates.popitem(last=False)
        return rate

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="autoviz-render drawer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        with contextlib.closing(Subprocess(self._timeout, self._woken.set)) as process:
            while (order := self._next()) is not None:
                order.future.set_result(self._drawn(process, order.wanted))
                with self._lock:
                    if not order.visitors:
                        self._waiting.pop(order.wanted, None)

    def _next(self) -> _Order | None:
        """The next order that somebody waits for; None to end."""
        deadline = time.monotonic() + _IDLE
        while True:
            self._woken.clear()
            with self._lock:
                due = [order for order in self._waiting.values() if not order.future.done()]
                for order in [each for each in due if not each.visitors or self._is_closed]:
                    due.remove(order)
                    del self._waiting[order.wanted]
                    order.future.set_exception(BusyError(False))
                if due:
                    return due[0]
                if self._is_closed or time.monotonic() >= deadline:
                    self._thread = None
                    return None
            self._woken.wait(max(0.0, deadline - time.monotonic()))

    def _drawn(self, process: Subprocess, wanted: Wanted) -> Drawn:
        job = wanted.job(self._folder / "drawn")
        process.start(job)
        while (result := process.result()) is None:
            if self._is_closed:
                return Drawn(RenderResult("abandoned", fault="the server closes"))
            self._woken.wait(min(process.wait_timeout, 1.0))
            self._woken.clear()
        picture = b""
        for file in result.files[:1]:
            with contextlib.suppress(OSError):
                picture = file.read_bytes()
            with contextlib.suppress(OSError):
                file.unlink()
        if result.files and not picture:
            result = replace(result, status="unwritable", fault=f"{job.path}: cannot be read again")
        return Drawn(result, picture)


class _Rate:
    """How many renders a visitor may cause now."""

    def __init__(self, bounds: Bounds) -> None:
        self._most, self._a_second = float(bounds.renders), bounds.renders_a_second
        self._left, self._at = self._most, time.monotonic()

    def take(self) -> bool:
        """Whether one more is allowed; it counts."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._a_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
