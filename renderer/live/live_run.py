"""One spool on the renderer's table: what is there, what was drawn of it, and how that went."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from autoviz_render.figures.registry import FigureError, find_target
from autoviz_render.renderer.live.heartbeat import Activity
from autoviz_render.renderer.live.renderer_lock import HeldError, RendererLock
from autoviz_render.renderer.plot.formats import Format
from autoviz_render.renderer.work.jobs import LIVE_DPI, Figure, Job, RenderResult, figures_folder, stems
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.info import SpoolInfo
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import remove_drafts

log = logging.getLogger("autoviz_render.renderer")

IDLE_INTERVAL = 20.0  # seconds: a renderer that waits beats every few, if it gets the processor

_MOST_STRIKES = 3  # abandoned figures in a row, after which one is given up: each costs the frame's whole timeout
_BEATS_EVERY = 2.0  # seconds
_TRIES_AGAIN = 2.0  # seconds until what could not be read or written is tried again
_MOST_TRIES = 4  # of those, before a run that is over is left, or a file that rests is at fault
_RESTED_AFTER = 5.0  # seconds that a file must stay as it is before it is at fault: it may be on its way from elsewhere
_ANOTHER_DISK = 30.0  # seconds until a disk that fails for long is tried again


@dataclass(frozen=True)
class LiveSettings:
    """How to draw live.

    figures: None draws the ones that each spool names. formats, dpi, theme: see `Job`.
    out, path: folder for the figures of the spools at or under the path, see `figures_folder`; None is each run's own
        `image/`. until_finished: leave when every run is over.
    """

    figures: Sequence[Figure] | None = None
    formats: Sequence[Format] = ("png",)
    dpi: int = LIVE_DPI
    theme: Literal["light", "dark"] = "light"
    out: Path | None = None
    path: Path = Path()
    until_finished: bool = False


@dataclass
class FigureState:
    """One figure of a run, as far as it is drawn.

    stem: of its files. drawn: the newest snapshot that was done with. began: when a frame of it was last begun.
    strikes: frames abandoned in a row. failures: tries to write its files, in a row.
    """

    figure: Figure
    stem: str
    is_first: bool
    drawn: SnapshotRef | None = None
    began: float = 0.0
    strikes: int = 0
    not_before: float = 0.0
    failures: int = 0
    is_given_up: bool = False


@dataclass
class Refusal:
    """A snapshot that could not be read, at the last try.

    path: the file at fault, the snapshot or one that belongs to it. status: what it was like. since: from when on.
    tries: how often it was that. is_settled: it is not tried again until the file changes.
    """

    result: RenderResult
    path: Path
    status: tuple[int, ...] | None
    since: float
    tries: int
    not_before: float
    is_settled: bool

    def is_due(self, now: float) -> bool:
        """Whether it is to be tried again."""
        if now < self.not_before:
            return False
        if not self.is_settled or _status(self.path) != self.status:
            return True
        self.not_before = now + _TRIES_AGAIN
        return False


class LiveRun:
    """Raises SpoolError where there is no spool to read, or another renderer has it; FigureError."""

    def __init__(self, spool: Spool, settings: LiveSettings) -> None:
        self._spool = spool
        self._settings = settings
        self._info: SpoolInfo | None = spool.info()
        self._identity = _identity(spool, self._info)
        figures = settings.figures or [Figure(name) for name in self._info.figures]
        self.figure_states = [
            FigureState(figure, stem, is_first=not number) for number, (figure, stem) in enumerate(stems(figures))
        ]
        missing = [error for state in self.figure_states if (error := _missing(state))]
        self._folder = figures_folder(spool.paths, settings.out, settings.path)
        self._refs: list[SnapshotRef] = []
        self._refused: dict[SnapshotRef, Refusal] = {}
        self._is_over = self._info.is_over()
        self._said: set[str] = set()
        self._beat_at = -_BEATS_EVERY
        self.has_failed = False
        self.missed = 0
        self.held_elsewhere: HeldError | None = None
        self._lock = RendererLock(spool.paths)
        if len(missing) == len(self.figure_states):
            told = replace(self._lock.beat, activity="stopped", last_error=str(missing[0]))
            self._lock.write(told, 0.0)  # for whoever looks why
            self._lock.release()
            raise missing[0]
        for error in missing:
            self.fail(str(error))
        for folder in (self._folder, spool.paths.directory):
            with contextlib.suppress(OSError):  # not there yet, or somebody else's: then they are theirs to sweep
                remove_drafts(folder)

    @property
    def is_over(self) -> bool:
        """Whether the run was over when the spool was listed last, and all of it is drawn that can be."""
        return self._is_over and not any(self._is_waiting(state) for state in self.figure_states)

    @property
    def has_ended(self) -> bool:
        """Whether the run was over when the spool was listed last: nothing more will come."""
        return self._is_over

    @property
    def is_held(self) -> bool:
        """Whether the spool is ours to draw, for now."""
        return self._lock.is_held

    def hold(self) -> bool:
        """Have the spool to ourselves, if it was let go of; False if another renderer has it by now."""
        try:
            self._lock.take()
        except HeldError as error:
            self.held_elsewhere = error
        return self.held_elsewhere is None

    def wait_timeout(self) -> float:
        """Seconds until something is to be tried again; infinite where nothing is."""
        now = time.monotonic()
        moments = [state.not_before for state in self.figure_states if state.not_before]
        moments += [refusal.not_before for refusal in self._refused.values() if not refusal.is_settled]
        return min((moment - now for moment in moments), default=math.inf)

    def _is_waiting(self, state: FigureState) -> bool:
        """Whether a figure is still to be drawn of what there is."""
        if state.is_given_up or state.failures >= _MOST_TRIES:
            return False
        return bool(state.not_before) or bool(self._on_their_way(state)) or self.next(state) is not None

    def _on_their_way(self, state: FigureState) -> list[Refusal]:
        """What cannot be read yet and is newer than what is drawn."""
        refused = [refusal for ref, refusal in self._refused.items() if state.drawn is None or ref > state.drawn]
        return [refusal for refusal in refused if not refusal.is_settled]

    def look(self) -> bool:
        """List the spool; False where the run was removed and begun anew, or another start draws other figures.

        Raises SpoolError and OSError.
        """
        try:
            self._info = self._spool.info()
        except (SpoolError, OSError):
            self._info = None  # being made anew, or its disk is away: the listing goes on telling
        if self._info is not None and _identity(self._spool, self._info) != self._identity:
            return False
        self._is_over = self._info is not None and self._info.is_over()  # before listing what it wrote last
        self._refs = self._spool.snapshots(info=self._info)
        self.missed = 0
        if self._refused:
            listed = set(self._refs)
            self._refused = {ref: refusal for ref, refusal in self._refused.items() if ref in listed}
        return True

    def next(self, state: FigureState) -> SnapshotRef | None:
        """The snapshot that a figure is to be drawn of: the newest, if it is newer than the one drawn."""
        now = time.monotonic()
        if state.is_given_up or now < state.not_before or self.held_elsewhere is not None:
            return None
        for ref in reversed(self._refs):
            if state.drawn is not None and ref <= state.drawn:
                return None
            if ref not in self._refused or self._refused[ref].is_due(now):
                return ref
        return None

    def job(self, state: FigureState, ref: SnapshotRef) -> Job:
        """What is to be done for it."""
        settings = self._settings
        path = self._folder / state.stem
        directory = self._spool.paths.directory
        how = (settings.formats, settings.dpi, settings.theme)
        return Job(directory, ref.path.name, state.figure, path, *how, is_live=True)

    def take(self, state: FigureState, ref: SnapshotRef, result: RenderResult) -> None:
        """Take note of what became of a job."""
        state.not_before = 0.0
        before = self._refused.pop(ref, None)
        if result.status in ("gone", "unreadable", "unready"):
            self._refused[ref] = self._refusal(ref, result, before)
            return
        for message in (*([result.fault] if result.fault else []), *result.errors):
            self.fail(message)
        if result.status == "unwritable":
            state.failures += 1
            state.not_before = time.monotonic() + _TRIES_AGAIN
            return
        state.failures = 0
        skipped = len([each for each in self._refs if (state.drawn is None or each > state.drawn) and each < ref])
        state.drawn = ref
        state.strikes = state.strikes + 1 if result.status == "abandoned" else 0
        if result.status == "undrawable" or state.strikes >= _MOST_STRIKES:
            state.is_given_up = True
            self.fail(f"{self._spool.paths.run_dir}: figure {state.figure.name!r} is not drawn any more")
        beat = self._lock.beat
        if state.is_first and result.status == "drawn":
            beat = replace(beat, drawn=beat.drawn + 1, coalesced=beat.coalesced + skipped, frame_seconds=result.seconds)
        done = [each.drawn for each in self.figure_states if not each.is_given_up] or [ref]
        if all(done):
            beat = replace(beat, last_drawn=min(each for each in done if each).path.name)
        self._lock.beat = beat
        self._beat_at = -_BEATS_EVERY

    def _refusal(self, ref: SnapshotRef, result: RenderResult, before: Refusal | None) -> Refusal:
        """What a try that failed means: the file may be on its way, until it has stayed as it is for a while."""
        now, path = time.monotonic(), Path(result.unreadable or ref.path)
        status = _status(path)
        if before is None or (before.path, before.status) != (path, status):
            since, tries = now, 1
        else:
            since, tries = before.since, before.tries + 1
        is_rested = tries >= _MOST_TRIES and now - since >= _RESTED_AFTER
        is_settled = is_rested or result.status == "gone" or self._spool.is_noted(path)
        if is_settled and result.fault:
            self.fail(result.fault)
            if result.status == "unreadable":
                self._spool.note(path, result.fault)
        pause = _TRIES_AGAIN
        if (
            is_settled and result.status == "unready" and status is not None
        ):  # the disk's fault: it may be mended though
            status, pause = (), _ANOTHER_DISK  # no file changes
        return Refusal(result, path, status, since, tries, now + pause, is_settled)

    def give_up(self) -> None:
        """Report what could not be read yet, as there will be no other try."""
        for state in self.figure_states:
            for refusal in self._on_their_way(state):
                self.fail(refusal.result.fault)

    def beat(self, activity: Activity, interval: float = IDLE_INTERVAL) -> None:
        """Show a sign of life, at most every few seconds where nothing happened; none of a spool that is let go of."""
        now = time.monotonic()
        if not self.is_held:
            return
        if activity != self._lock.beat.activity or now - self._beat_at >= _BEATS_EVERY:
            self._beat_at = now
            self._lock.write(replace(self._lock.beat, activity=activity), interval)

    def fail(self, message: str) -> None:
        """Report a fault, once."""
        self.has_failed = True
        self._lock.beat = replace(self._lock.beat, last_error=message)
        if message not in self._said:
            self._said.add(message)
            log.error("%s", message)

    def leave(self) -> None:
        """Let go of the spool, until `hold`."""
        if self._lock.beat.beat:  # else there is nothing to tell, and what another told is left
            self._lock.write(replace(self._lock.beat, activity="stopped"), 0.0)
        self._lock.release()


def _missing(state: FigureState) -> FigureError | None:
    """Why there is no such figure here, in which case it is given up; None where there is."""
    try:
        if not state.figure.target:
            find_target(state.figure.name)
    except FigureError as error:
        state.is_given_up = True
        return error
    return None


def _status(path: Path) -> tuple[int, ...] | None:
    """What tells a file as it is from the same file with other bytes; None if there is none."""
    try:
        status = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _identity(spool: Spool, info: SpoolInfo) -> tuple[object, ...]:
    """What tells one run under a name from the next: a folder's number alone may be used again."""
    status = os.stat(spool.paths.directory)
    return (status.st_dev, status.st_ino, info.figures, info.epoch, info.created)
