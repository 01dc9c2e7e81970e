"""One run that is drawn live: its spool, its figures, and how far they are drawn."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from autoviz_render.figures.registry import FigureError, find_target
from autoviz_render.renderer.alarms.standing import StandingAlarms
from autoviz_render.renderer.live import newest_snapshot
from autoviz_render.renderer.live.newest_snapshot import NewestSnapshot
from autoviz_render.renderer.live.renderer_lock import HeldError, RendererLock
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.work.figure_files import write_note
from autoviz_render.renderer.work.jobs import (
    Job,
    LinkError,
    RenderResult,
    figures_folder,
    of_run,
    path_of,
    refuse_links,
)
from autoviz_render.renderer.work.judge import warn_once
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.guard import WarnOnce
from autoviz_render.spool.info import SpoolInfo
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.archived import status_of
from autoviz_render.spool.system.atomic import remove_drafts

log = logging.getLogger("autoviz_render.renderer")

_MOST_TIMEOUTS = 3  # consecutive ones, after which a figure is disabled: each costs the frame's whole timeout


@dataclass(frozen=True)
class LiveSettings:
    """How to draw live.

    Attributes:
        render: What is drawn of each run, and how.
        out: Folder for the figures of the runs at or under the path that is watched, see `figures_folder`; None is
            each run's own `image/`.
        until_finished: Leave when every run is over.
    """

    render: RenderSettings = RenderSettings()
    out: Path | None = None
    until_finished: bool = False


@dataclass
class FigureState:
    """One figure of a run, and how far it is drawn.

    Attributes:
        figure: Which.
        stem: What its files are called, if these are ours.
        path: Of its files, without the suffixes of their formats, as they were drawn last; None before.
        is_first: Whether it is the first figure of the run, which waits for no other.
        drawn: The newest snapshot that was done with.
        began: When a frame of it was last begun, on the monotonic clock.
        consecutive_timeouts: Frames abandoned in a row.
        consecutive_failures: Tries to write its files, in a row.
        not_before: When to try again, on the monotonic clock; 0 if nothing failed.
        is_disabled: Whether it is not drawn any more.
        is_slow: Whether its last frame took so long that others should not wait for it.
        turn: Its place among those that wait to be drawn, see `WaitingFigures`; None if it does not wait.
    """

    figure: FigureSpec
    stem: str
    is_first: bool
    path: Path | None = None
    drawn: SnapshotRef | None = None
    began: float = 0.0
    consecutive_timeouts: int = 0
    consecutive_failures: int = 0
    not_before: float = 0.0
    is_disabled: bool = False
    is_slow: bool = False
    turn: tuple[str, float] | None = None


class LiveRun:
    """A run that is drawn live.

    Args:
        spool: Its spool.
        settings: How to draw.
        path: The path that is watched.

    Attributes:
        figure_states: Its figures.
        lock: The right to draw it.
        has_ended: Whether the run was over when the spool was listed last: nothing more will come.
        is_closed: Whether nobody waits for more than what there is: the run counts as over.
        faults: What could not be drawn and why, each fault once.
        missed: How often in a row the spool could not be listed.
        held_elsewhere: Who else draws it by now.
        began: When its newest epoch began, in seconds since 1970 (UTC), as its writer said.
        publishes: Whether something was published since it was listed first.
        retry_at: When it is looked at again, as something failed, on the monotonic clock.
        is_left: Whether it is not drawn any more, as it is gone, or watched no more.

    Raises:
        SpoolError: There is no spool to read, or another renderer has it.
        FigureError: None of its figures is there.
    """

    def __init__(self, spool: Spool, settings: LiveSettings, path: Path) -> None:
        self._spool = spool
        self._settings = settings
        info = spool.info()
        self._identity = _identity(spool, info)
        figures = settings.render.named(info.figures)
        self.figure_states = [FigureState(figure, stem, not number) for number, (figure, stem) in enumerate(figures)]
        self._folder = figures_folder(spool.paths, settings.out, path)
        is_images = os.path.realpath(self._folder) == os.path.realpath(spool.paths.images)
        is_own = is_images and not spool.paths.is_archived  # in a zip there is no place for a lock
        self._newest = NewestSnapshot(spool, self.fail)
        self._warn = WarnOnce(log)
        self.faults: set[str] = set()
        self.has_ended = info.is_over()
        self.is_closed = False
        self.missed = 0
        self.held_elsewhere: HeldError | None = None
        self.began = info.created
        self.publishes = False
        self.retry_at = 0.0
        self.is_left = False
        self._listed: SnapshotRef | None = None
        self._has_listed = False
        self.lock = RendererLock(spool.paths, None if is_own else self._folder)
        names = {state.figure.name for state in self.figure_states}
        self._alarms = StandingAlarms(spool.paths, lambda name, _: name in names)
        self._disable_missing_figures()
        for folder in (self._folder, *([spool.paths.directory] if is_own else [])):
            with contextlib.suppress(OSError):  # not there yet, or somebody else's: then they are theirs to sweep
                remove_drafts(folder)

    @property
    def directory(self) -> Path:
        """The spool's."""
        return self._spool.paths.directory

    @property
    def is_undrawn(self) -> bool:
        """Whether its first figure is still to be drawn for the first time."""
        first = self.figure_states[0]
        return first.drawn is None and not first.is_disabled and self._newest.last is not None

    @property
    def is_over(self) -> bool:
        """Whether the run was over when the spool was listed last, and all of it is drawn that can be."""
        return self.has_ended and not any(self._is_waiting(state) for state in self.figure_states)

    def hold(self) -> bool:
        """Take the lock, if it was released; False if another renderer has it by now."""
        try:
            self.lock.take()
        except HeldError as error:
            self.held_elsewhere = error
        return self.held_elsewhere is None

    def wait_timeout(self) -> float:
        """Seconds until something is to be tried again; infinite if nothing is."""
        moments = [state.not_before for state in self.figure_states if state.not_before]
        moments += [refusal.not_before for refusal in self._newest.awaited()]
        return min(moments, default=math.inf) - time.monotonic()

    def look(self) -> bool:
        """List the spool.

        Returns:
            False if the run was removed and begun anew, or another start draws other figures.

        Raises:
            SpoolError, OSError: It cannot be listed.
        """
        info: SpoolInfo | None = None
        with contextlib.suppress(SpoolError, OSError):  # being made anew, or its disk is away: the listing tells
            info = self._spool.info()
        if info is not None and _identity(self._spool, info) != self._identity:
            return False
        self.has_ended = self.is_closed or (info is not None and info.is_over())  # before listing what it wrote last
        self._newest.look(info)
        newest = self._newest.last
        self.publishes = self.publishes or (self._has_listed and newest != self._listed)
        self._listed, self._has_listed = newest, True
        if self._alarms.see_end(is_over=self.has_ended):
            self._write_alarms()
        self.missed = 0
        return True

    def rest(self) -> None:
        """Keep little of a run that is over and drawn: there may be very many. The next look lists it again."""
        self._newest.rest()

    def next(self, state: FigureState) -> SnapshotRef | None:
        """The snapshot that a figure is to be drawn of; None if there is nothing to draw now."""
        if state.is_disabled or self.is_left or self.held_elsewhere is not None or time.monotonic() < state.not_before:
            return None
        return self._newest.after(state.drawn)

    def job(self, state: FigureState, ref: SnapshotRef) -> Job:
        """What is to be done for it."""
        directory, how = self._spool.paths.directory, self._settings.render
        path, told = path_of(self._folder, state.figure, state.stem, how)
        if told:
            self.lock.note(last_error=told)
            self._warn("%s", told)
        state.path = path
        return Job(directory, state.figure, path, ref.path.name, settings=how, is_live=True)

    def take(self, state: FigureState, ref: SnapshotRef, result: RenderResult) -> None:
        """Take note of what became of a job."""
        state.not_before = 0.0
        if result.status in ("gone", "unreadable", "unready"):
            self._newest.refuse(ref, result)
            return
        self._newest.accept(ref)
        for message in result.messages:
            self.fail(message)
        if result.status == "unwritable":
            state.consecutive_failures += 1
            state.not_before = time.monotonic() + newest_snapshot.TRIES_AGAIN
            return
        skipped = self._newest.skipped(state.drawn, ref)
        state.drawn, state.consecutive_failures = ref, 0
        state.consecutive_timeouts = state.consecutive_timeouts + 1 if result.status == "abandoned" else 0
        if result.status == "abandoned":
            self._leave_note(state, result)
        is_hopeless = result.status == "undrawable" and self._settings.render.panel is None  # a panel may yet come
        if is_hopeless or state.consecutive_timeouts >= _MOST_TIMEOUTS:
            state.is_disabled = True
            self.fail(f"{self._spool.paths.run_dir}: figure {state.figure.name!r} is not drawn any more")
        if result.status == "drawn":
            self._judge(state, ref, result)
        if state.is_first and result.status == "drawn":
            beat = self.lock.heartbeat
            self.lock.note(drawn=beat.drawn + 1, coalesced=beat.coalesced + skipped, frame_seconds=result.seconds)
        done = [each.drawn for each in self.figure_states if not each.is_disabled] or [ref]
        if all(done):
            self.lock.note(last_drawn=min(each for each in done if each).path.name)

    def about(self, state: FigureState, ref: SnapshotRef, result: RenderResult) -> RenderResult:
        """The result of a job, with what it is about, and all alarms of the run that stand."""
        result = replace(result, spool=self._spool.paths.directory, snapshot=ref.path.name, figure=state.figure.name)
        return replace(result, alarms=self._alarms.alarms)

    def give_up(self) -> None:
        """Report what could not be read yet, as there will be no other try."""
        for state in self.figure_states:
            for refusal in self._newest.awaited(state.drawn):
                self.fail(refusal.fault)

    def fail(self, message: str) -> None:
        """Report a fault, once."""
        self.lock.note(last_error=message)
        if message not in self.faults:
            self.faults.add(message)
            log.error("%s", of_run(self._spool.paths.directory, message))

    def _judge(self, state: FigureState, ref: SnapshotRef, result: RenderResult) -> None:
        """Take note of what is wrong, and tell every view."""
        for warning in result.warnings:
            warn_once(warning)
        self._alarms.take(state.figure.name, ref, result.alarms, result.alarms_at_end, result.panels)
        self._write_alarms()

    def _write_alarms(self) -> None:
        if self.lock.is_of_run:  # else its figures are elsewhere, and the spool is left as it is
            with contextlib.suppress(OSError):  # somebody else's run, or a full disk: this process knows them
                self._alarms.write(at_once=self.has_ended)

    def _leave_note(self, state: FigureState, result: RenderResult) -> None:
        """Say beside a figure's files why they are not of the newest snapshot: its process could not."""
        with contextlib.suppress(LinkError):
            if state.path is not None:
                refuse_links(self._spool.paths, state.path.parent)
                write_note(state.path, result.messages)

    def _is_waiting(self, state: FigureState) -> bool:
        """Whether a figure is still to be drawn of what there is."""
        if state.is_disabled or state.consecutive_failures >= newest_snapshot.MOST_TRIES:
            return False
        return bool(state.not_before) or bool(self._newest.awaited(state.drawn)) or self.next(state) is not None

    def _disable_missing_figures(self) -> None:
        """Report the figures that are not there; raises FigureError if none is."""
        errors: list[FigureError] = []
        for state in self.figure_states:
            try:
                if not state.figure.target:
                    find_target(state.figure.name)
            except FigureError as error:
                state.is_disabled = True
                errors.append(error)
        if len(errors) == len(self.figure_states):
            self.lock.note(last_error=str(errors[0]))
            self.lock.beat("stopped", 0.0)  # for whoever looks why
            self.lock.release()
            raise errors[0]
        for each in errors:
            self.fail(str(each))


def _identity(spool: Spool, info: SpoolInfo) -> tuple[object, ...]:
    """What tells one run under a name from the next: a folder's number alone may be used again."""
    status = status_of(spool.paths.directory)
    return (status.st_dev, status.st_ino, info.figures, info.epoch, info.created)
