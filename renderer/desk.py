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

from autoviz_render.renderer.figures import FigureError, find_target
from autoviz_render.renderer.formats import Format
from autoviz_render.renderer.heartbeat import Activity
from autoviz_render.renderer.holding import Holding
from autoviz_render.renderer.jobs import LIVE_DPI, Figure, Job, Outcome, figures_folder, stems
from autoviz_render.spool.atomic import remove_drafts
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.info import SpoolInfo
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.renderer")

IDLE_PROMISE = 20.0  # seconds: a renderer that waits beats every few, if it gets the processor

_MOST_STRIKES = 3  # abandoned figures in a row, after which one is given up: each costs the frame's whole timeout
_BEATS_EVERY = 2.0  # seconds
_TRIES_AGAIN = 2.0  # seconds until what could not be read or written is tried again
_MOST_TRIES = 4  # of those, before a run that is over is left


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
class Easel:
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


class Desk:
    """Raises SpoolError where there is no spool to read, or another renderer has it; FigureError."""

    def __init__(self, spool: Spool, settings: LiveSettings) -> None:
        self._spool = spool
        self._settings = settings
        self._info: SpoolInfo | None = spool.info()
        self._identity = _identity(spool, self._info)
        figures = settings.figures or [Figure(name) for name in self._info.figures]
        self.easels = [Easel(figure, stem, is_first=not number) for number, (figure, stem) in enumerate(stems(figures))]
        missing = [error for easel in self.easels if (error := _missing(easel))]
        self._folder = figures_folder(spool.paths, settings.out, settings.path)
        self._refs: list[SnapshotRef] = []
        self._unreadable: set[SnapshotRef] = set()
        self._unready: dict[SnapshotRef, tuple[int, float]] = {}
        self._is_over = False
        self._said: set[str] = set()
        self._beat_at = -_BEATS_EVERY
        self.has_failed = False
        self.missed = 0
        self._holding = Holding(spool.paths)
        if len(missing) == len(self.easels):
            self._holding.beat = replace(self._holding.beat, last_error=str(missing[0]))  # for whoever looks why
            self.leave()
            raise missing[0]
        for error in missing:
            self.fail(str(error))
        for folder in (self._folder, spool.paths.directory):
            with contextlib.suppress(OSError):  # not there yet, or somebody else's: then they are theirs to sweep
                remove_drafts(folder)

    @property
    def is_over(self) -> bool:
        """Whether the run was over when the spool was listed last, and all of it is drawn that can be."""
        return self._is_over and not any(self._is_waiting(easel) for easel in self.easels)

    @property
    def has_ended(self) -> bool:
        """Whether the run was over when the spool was listed last: nothing more will come."""
        return self._is_over

    def patience(self) -> float:
        """Seconds until something is to be tried again; infinite where nothing is."""
        now = time.monotonic()
        moments = [easel.not_before for easel in self.easels if easel.not_before]
        return min((moment - now for moment in (*moments, *(at for _, at in self._unready.values()))), default=math.inf)

    def _is_waiting(self, easel: Easel) -> bool:
        """Whether a figure is still to be drawn of what there is."""
        if easel.is_given_up or easel.failures >= _MOST_TRIES:
            return False
        is_newer = [ref for ref in self._unready if easel.drawn is None or ref > easel.drawn]
        return bool(easel.not_before or is_newer) or self.next(easel) is not None

    def look(self) -> bool:
        """List the spool; False where the run was removed and begun anew, or another start draws other figures.

        Raises SpoolError and OSError.
        """
        try:
            self._info = self._spool.info()
        except (SpoolError, OSError):
            self._info = None  # being made anew, or its disk is away: the listing goes on telling
        self.missed = 0
        if self._info is not None and _identity(self._spool, self._info) != self._identity:
            return False
        self._is_over = self._info is not None and self._info.is_over()  # before listing what it wrote last
        self._refs = self._spool.snapshots(info=self._info)
        return True

    def next(self, easel: Easel) -> SnapshotRef | None:
        """The snapshot that a figure is to be drawn of: the newest, if it is newer than the one drawn."""
        if easel.is_given_up or time.monotonic() < easel.not_before:
            return None
        for ref in reversed(self._refs):
            if easel.drawn is not None and ref <= easel.drawn:
                return None
            if ref not in self._unreadable and time.monotonic() >= self._unready.get(ref, (0, 0.0))[1]:
                return ref
        return None

    def job(self, easel: Easel, ref: SnapshotRef) -> Job:
        """What is to be done for it."""
        settings = self._settings
        path = self._folder / easel.stem
        directory = self._spool.paths.directory
        return Job(directory, ref.path.name, easel.figure, path, settings.formats, settings.dpi, settings.theme)

    def take(self, easel: Easel, ref: SnapshotRef, outcome: Outcome) -> None:
        """Take note of what became of a job."""
        easel.not_before = 0.0
        for message in (*([outcome.fault] if outcome.fault else []), *outcome.errors):
            self.fail(message)
        tries, _ = self._unready.pop(ref, (0, 0.0))
        if outcome.fate == "unready" and tries < _MOST_TRIES:
            self._unready[ref] = tries + 1, time.monotonic() + _TRIES_AGAIN * 2**tries
            return
        if outcome.fate in ("gone", "unreadable", "unready"):
            self._unreadable.add(ref)
            return
        if outcome.fate == "unwritable":
            easel.failures += 1
            easel.not_before = time.monotonic() + _TRIES_AGAIN
            return
        easel.failures = 0
        skipped = len([each for each in self._refs if (easel.drawn is None or each > easel.drawn) and each < ref])
        easel.drawn = ref
        easel.strikes = easel.strikes + 1 if outcome.fate == "abandoned" else 0
        if outcome.fate == "undrawable" or easel.strikes >= _MOST_STRIKES:
            easel.is_given_up = True
            self.fail(f"{self._spool.paths.run_dir}: figure {easel.figure.name!r} is not drawn any more")
        beat = self._holding.beat
        if easel.is_first and outcome.fate == "drawn":
            beat = replace(
                beat, drawn=beat.drawn + 1, coalesced=beat.coalesced + skipped, frame_seconds=outcome.seconds
            )
        done = [each.drawn for each in self.easels if not each.is_given_up] or [ref]
        if all(done):
            beat = replace(beat, last_drawn=min(each for each in done if each).path.name)
        self._holding.beat = beat
        self._beat_at = -_BEATS_EVERY

    def beat(self, activity: Activity, promise: float = IDLE_PROMISE) -> None:
        """Show a sign of life, at most every few seconds where nothing happened."""
        now = time.monotonic()
        if activity != self._holding.beat.activity or now - self._beat_at >= _BEATS_EVERY:
            self._beat_at = now
            self._holding.write(replace(self._holding.beat, activity=activity), promise)

    def fail(self, message: str) -> None:
        """Report a fault, once."""
        self.has_failed = True
        self._holding.beat = replace(self._holding.beat, last_error=message)
        if message not in self._said:
            self._said.add(message)
            log.error("%s", message)

    def leave(self) -> None:
        """Let go of the spool."""
        self._holding.write(replace(self._holding.beat, activity="stopped"), 0.0)
        self._holding.release()


def _missing(easel: Easel) -> FigureError | None:
    """Why there is no such figure here, in which case it is given up; None where there is."""
    try:
        if not easel.figure.target:
            find_target(easel.figure.name)
    except FigureError as error:
        easel.is_given_up = True
        return error
    return None


def _identity(spool: Spool, info: SpoolInfo) -> tuple[object, ...]:
    """What tells one run under a name from the next: a folder's number alone may be used again."""
    status = os.stat(spool.paths.directory)
    return (status.st_dev, status.st_ino, info.figures, info.epoch, info.created)
