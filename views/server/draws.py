"""What a visitor asks to have drawn, from the words of an address to a picture."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.spool.errors import AutovizError, SpoolError
from autoviz_render.spool.paths import snapshot_name
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.text import in_one_line
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.server import answers
from autoviz_render.views.server.drawing import BusyError, Drawer, Drawn, Moment, Wanted
from autoviz_render.views.server.frames import Frame, frame_of, stamp_of
from autoviz_render.views.server.known_runs import KnownRuns
from autoviz_render.views.server.newest import Newest

log = logging.getLogger("autoviz_render.views")

_STEP = re.compile(r"(?:(\d{1,9})-)?(\d{1,15})|newest", re.ASCII)
_MOST_KNOWN = 1000  # pictures, of which the digest is remembered
_STATUS = {"gone": 410, "missing": 404, "undrawable": 422, "unreadable": 422, "unready": 422, "abandoned": 422}


class AskError(AutovizError, ValueError):
    """What is asked for cannot be had.

    Attributes:
        status: Of HTTP.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Asked:
    """What the words of an address ask for; the runs are known, the rest is not looked up yet.

    Attributes:
        run: What is shown.
        step: Which step of it, as `_STEP` reads it.
        figure: Its name; empty for the first.
        theme: None is as the command draws.
        like: The run and step whose limits it has.
    """

    run: RunView
    step: str
    figure: str
    theme: Literal["light", "dark"] | None
    like: tuple[RunView, str] | None

    @staticmethod
    def of(words: QueryParams, runs: KnownRuns) -> Asked:
        """Read the words. Raises AskError."""
        theme, limits = words.get("theme"), words.get("limits")
        if theme not in (None, "light", "dark"):
            raise AskError(400, "theme: choose light or dark")
        like = None
        if limits is not None:
            run, _, step = limits.partition(":")
            like_step = _step("limits", step)
            like = _run(run, runs), like_step
        step = _step("step", words.get("step", "newest"))
        run_view = _run(words.get("run", ""), runs)
        return Asked(run_view, step, words.get("figure", ""), cast(Literal["light", "dark"] | None, theme), like)

    def wanted(self, settings: RenderSettings) -> tuple[Wanted, SnapshotRef]:
        """What is to be drawn, and its snapshot; reads the disk.

        Raises:
            AskError: There is no such step or figure.
            SpoolError, OSError: The run cannot be read.
        """
        ref, moment = _moment(self.run, self.step)
        like = None if self.like is None else _moment(*self.like)[1]
        how = replace(settings, figures=None, formats=("png",), theme=self.theme or settings.theme)
        return Wanted(moment, self._spec(settings), how, like), ref

    def _spec(self, settings: RenderSettings) -> FigureSpec:
        named = settings.named(Spool(self.run.spool).info().figures)
        found = next((spec for spec, stem in named if self.figure in ("", spec.name, stem)), None)
        if found is None:
            raise AskError(404, "the run has no such figure")
        return found


def _run(run_id: str, runs: KnownRuns) -> RunView:
    run = runs.get(run_id)
    if run is None:
        raise AskError(404, "there is no such run")
    return run


def _step(name: str, step: str) -> str:
    if not _STEP.fullmatch(step):
        raise AskError(400, f"{name}: write EPOCH-SEQUENCE, SEQUENCE or newest")
    return step


def _moment(run: RunView, step: str) -> tuple[SnapshotRef, Moment]:
    spool = Spool(run.spool)
    ref = _ref(spool, step)
    if ref is None:
        raise AskError(404, "the run has no such step, or has it no more")
    try:
        stamp = stamp_of(spool.files.holder(ref.path))
    except FileNotFoundError:
        raise AskError(410, "that step was removed by the run's retention") from None
    return ref, Moment(run.spool, ref.path.name, stamp)


def _ref(spool: Spool, step: str) -> SnapshotRef | None:
    """The snapshot of a step; None if there is none."""
    epoch, sequence = cast(re.Match[str], _STEP.fullmatch(step)).groups()
    if sequence is None:
        return spool.newest()
    if epoch is not None:
        number = int(epoch), int(sequence)
        return SnapshotRef(*number, spool.paths.snapshots / snapshot_name(*number))
    return next((ref for ref in reversed(spool.snapshots()) if ref.sequence == int(sequence)), None)


class Draws:
    """Answers what is asked to be drawn.

    Args:
        settings: How the command draws.
        newest: Has the runs and the pictures.
        drawer: Draws.
    """

    def __init__(self, settings: RenderSettings, newest: Newest, drawer: Drawer) -> None:
        self._settings, self._newest, self._drawer = settings, newest, drawer
        self._known: OrderedDict[Wanted, tuple[Frame, Sequence[str]]] = OrderedDict()

    async def answer(self, request: Request, visitor: str) -> Response:
        """What is sent to a visitor."""
        try:
            asked = Asked.of(request.query_params, self._newest.runs)
            wanted, ref = await self._newest.off_loop(asked.wanted, self._settings)
            frame, errors = await self._picture(wanted, visitor, request)
        except AskError as error:
            return answers.json_of({"error": str(error)}, error.status)
        except BusyError as error:
            return answers.json_of({"error": str(error)}, 429 if error.is_visitor else 503, retry_after=2)
        except (SpoolError, OSError) as error:
            log.debug("%s", error, exc_info=True)
            return answers.json_of({"error": in_one_line(error, kind=False)}, 422)
        about = {"run": self._newest.runs.id(asked.run.key), "step": f"{ref.epoch}-{ref.sequence}"}
        about |= {"figure": wanted.figure.name, "theme": wanted.settings.theme}
        return answers.json_of({**frame.facts(), **about, "errors": list(errors)})

    async def _picture(self, wanted: Wanted, visitor: str, request: Request) -> tuple[Frame, Sequence[str]]:
        """The picture, drawn if it is not here.

        Raises:
            AskError: It cannot be drawn.
            BusyError: Too much is asked for.
        """
        known = self._known.get(wanted)
        if known is not None and self._newest.frames.get(known[0].digest) is not None:
            return known
        drawing = asyncio.wrap_future(self._drawer.draw(wanted, visitor))
        try:
            return await self._kept(wanted, await _unless_left(drawing, request))
        finally:
            self._drawer.leave(wanted, visitor)

    async def _kept(self, wanted: Wanted, drawn: Drawn) -> tuple[Frame, Sequence[str]]:
        """What was drawn, kept for others. Raises AskError: nothing was."""
        result = drawn.result
        if not drawn.picture:
            raise AskError(_STATUS.get(result.status, 500), "; ".join(result.messages) or f"it is {result.status}")
        frame = await self._newest.off_loop(frame_of, drawn.picture, Path("drawn.png"))
        self._newest.frames.add(frame, drawn.picture)
        self._known[wanted] = frame, result.errors
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return frame, result.errors


async def _unless_left(drawing: asyncio.Future[Drawn], request: Request) -> Drawn:
    """What is drawn, unless the visitor leaves before. Raises AskError: nobody is left to tell."""
    leaving = asyncio.ensure_future(_left(request))
    try:
        both: set[asyncio.Future[Any]] = {drawing, leaving}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if drawing.done():
            return drawing.result()
        raise AskError(499, "the visitor left")
    finally:
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
