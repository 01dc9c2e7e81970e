"""The loop of a live renderer: look, draw the newest, skip the rest."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autoviz_render.renderer.drawing import Format
from autoviz_render.renderer.figures import FigureError, Recipe
from autoviz_render.renderer.heartbeat import Activity
from autoviz_render.renderer.holding import HeldError, Holding
from autoviz_render.renderer.render import LIVE_DPI, Rendered, SnapshotRenderer, figures_folder, find_recipes
from autoviz_render.renderer.watch import Watch
from autoviz_render.spool.atomic import remove_drafts
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.info import SpoolInfo
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.renderer")

FRAME_PROMISE = 120.0  # seconds within which a frame is drawn, or the renderer counts as hung
IDLE_PROMISE = 30.0  # the same for a renderer that waits: it beats every few seconds, if it gets the processor


@dataclass(frozen=True)
class LiveSettings:
    """How to draw live.

    recipes: figures by name; None draws the ones that each spool names. formats, dpi: see `SnapshotRenderer`.
    out, path: folder for the figures of the spools at or under the path, see `figures_folder`; None is each run's own
        `image/`. until_finished: leave when every run is over.
    """

    recipes: Mapping[str, Recipe] | None = None
    formats: Sequence[Format] = ("png",)
    dpi: int = LIVE_DPI
    out: Path | None = None
    path: Path = Path()
    until_finished: bool = False


class LiveRenderer:
    """Draws the newest snapshot of each spool under a path, as they come.

    on_drawn: called after each snapshot with what was made of it.
    """

    def __init__(
        self,
        watch: Watch,
        settings: LiveSettings,
        on_drawn: Callable[[Rendered], None] = lambda _: None,
    ) -> None:
        self._watch = watch
        self._settings = settings
        self._on_drawn = on_drawn
        self._desks: dict[Path, _Desk] = {}
        self._refused: dict[Path, Exception] = {}
        self._said: set[str] = set()
        self._is_stopping = False
        self._is_last_look = False

    def stop(self) -> None:
        """Leave after the frame at hand; from any thread or signal handler."""
        self._is_stopping = True
        self._watch.wake()

    def finish(self) -> None:
        """Draw the newest once more and then leave; from any thread."""
        self._is_last_look = True
        self._watch.wake()

    @property
    def is_held_elsewhere(self) -> bool:
        """Whether all there was to draw has another renderer."""
        held = all(isinstance(error, HeldError) for error in self._refused.values())
        return bool(self._refused) and held and not self._desks

    def run(self) -> int:
        """Draw until stopped, or until every spool found was refused; 0, or 1 where not all could be done."""
        try:
            while not self._is_stopping:
                is_last = self._is_last_look  # before looking: what came until then is drawn
                is_over = self.look(is_last=is_last)
                is_idle = bool(self._refused) and not self._desks
                if is_last or is_idle or (is_over and self._settings.until_finished):
                    break
                self._watch.wait()
        finally:
            self.close()
        return 1 if self._refused or any(desk.has_failed for desk in self._desks.values()) else 0

    def look(self, *, is_last: bool = False) -> bool:
        """Draw what is new everywhere; whether every run is over and drawn."""
        is_over = True
        for directory in self._watch.spools(all_of_them=is_last):
            desk = self._desk(directory)
            if desk is None or self._is_stopping:
                continue
            try:
                is_over = desk.draw_newest(self._on_drawn) and is_over
            except (SpoolError, OSError) as error:  # one run's disk must not cost the others their figures
                desk.fail(str(error))
                is_over = False
        return bool(self._desks) and is_over

    def close(self) -> None:
        """Stop watching and let go of every spool."""
        self._watch.close()
        for desk in self._desks.values():
            desk.leave()

    def _desk(self, directory: Path) -> _Desk | None:
        """The desk of a spool, made anew where the run was; None where it cannot be drawn, for now."""
        desk = self._desks.get(directory)
        if desk is not None and not desk.look():
            desk.leave()
            del self._desks[directory]
        if directory not in self._desks:
            try:
                self._desks[directory] = _Desk(Spool(directory), self._settings)
                self._refused.pop(directory, None)
            except (SpoolError, FigureError, OSError) as error:
                self._refused[directory] = error
                if str(error) not in self._said:
                    self._said.add(str(error))
                    log.error("%s", error)
        return self._desks.get(directory)


class _Desk:
    """One spool on the renderer's table: what was drawn of it, and how that went."""

    def __init__(self, spool: Spool, settings: LiveSettings) -> None:
        self._spool = spool
        self._info: SpoolInfo | None = spool.info()
        self._identity = _identity(spool, self._info)
        recipes = settings.recipes or find_recipes(self._info.figures)
        self._renderer = SnapshotRenderer(recipes, settings.formats, settings.dpi)
        self._folder = figures_folder(spool.paths, settings.out, settings.path)
        self._drawn: SnapshotRef | None = None
        self._said: set[str] = set()
        self.has_failed = False
        self._holding = Holding(spool.paths)
        for folder in (self._folder, spool.paths.directory):
            with contextlib.suppress(OSError):  # not there yet, or somebody else's: then they are theirs to sweep
                remove_drafts(folder)

    def look(self) -> bool:
        """Read how the run stands; False where it was removed and begun anew, or another start draws other figures."""
        try:
            self._info = self._spool.info()
            return _identity(self._spool, self._info) == self._identity
        except (SpoolError, OSError):
            self._info = None
            return True  # being made anew, or its disk is away: the listing goes on telling

    def draw_newest(self, on_drawn: Callable[[Rendered], None]) -> bool:
        """Draw the newest snapshot unless it is drawn already; whether the run was over at `look` and all is done."""
        is_over = self._info is not None and self._info.is_over()  # as it was before listing what it wrote last
        snapshots = self._spool.snapshots(info=self._info)
        new = [ref for ref in snapshots if self._drawn is None or ref > self._drawn]
        while new:
            ref = new.pop()
            snapshot = self._read(ref)
            if snapshot is not None:
                self._draw(ref, snapshot, on_drawn, skipped=len([r for r in new if r.epoch == ref.epoch]))
                break
        self._beat("watching", IDLE_PROMISE)
        return is_over

    def leave(self) -> None:
        self._holding.write(replace(self._holding.beat, activity="stopped"), 0.0)
        self._holding.release()

    def _read(self, ref: SnapshotRef) -> Snapshot | None:
        try:
            return self._spool.read(ref)
        except FileNotFoundError:
            return None  # retention removed it between the listing and the open: not a fault
        except SpoolError as error:
            self.fail(self._spool.explain(ref, error))
        except OSError as error:
            self.fail(f"{ref.path}: cannot be read: {error}")
        return None

    def _draw(self, ref: SnapshotRef, snapshot: Snapshot, on_drawn: Callable[[Rendered], None], skipped: int) -> None:
        self._beat("drawing", FRAME_PROMISE)
        started = time.monotonic()
        try:
            rendered = self._renderer.render(snapshot, self._folder)
        except OSError as error:
            self.fail(f"{self._folder}: cannot be written: {error}")
            return  # the snapshot stays undrawn: the next look tries again
        for message in rendered.errors:
            self.fail(message)
        self._drawn = ref
        self._holding.beat = replace(
            self._holding.beat,
            drawn=self._holding.beat.drawn + 1,
            coalesced=self._holding.beat.coalesced + skipped,
            last_drawn=ref.path.name,
            frame_seconds=round(time.monotonic() - started, 4),
        )
        on_drawn(rendered)

    def _beat(self, activity: Activity, promise: float) -> None:
        self._holding.write(replace(self._holding.beat, activity=activity), promise)

    def fail(self, message: str) -> None:
        self.has_failed = True
        self._holding.beat = replace(self._holding.beat, last_error=message)
        if message not in self._said:
            self._said.add(message)
            log.error("%s", message)


def _identity(spool: Spool, info: SpoolInfo) -> tuple[object, ...]:
    """What tells one run under a name from the next: a folder's number alone may be used again."""
    status = os.stat(spool.paths.directory)
    return (status.st_dev, status.st_ino, info.figures, info.epoch, info.created)
