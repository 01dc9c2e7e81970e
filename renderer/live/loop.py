"""The loop of a live renderer: look, draw the newest, skip the rest."""

from __future__ import annotations

import heapq
import itertools
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.heartbeat import IDLE_INTERVAL, Heartbeat
from autoviz_render.renderer.live.idle_packing import IdlePacking
from autoviz_render.renderer.live.live_run import LiveRun, LiveSettings
from autoviz_render.renderer.live.pace import UNBOUNDED, Pace
from autoviz_render.renderer.live.process import EXIT_HELD, EXIT_INCOMPLETE
from autoviz_render.renderer.live.renderer_lock import HeldError
from autoviz_render.renderer.live.scheduler import Group, Slot
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.renderer.sharing.clients import Audience
from autoviz_render.renderer.work.executor import Executor
from autoviz_render.renderer.work.jobs import RenderResult, error_line, of_run
from autoviz_render.renderer.work.resources import descriptor_limit
from autoviz_render.spool.errors import SpoolError, UnreadableError
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.archived import counterparts, moved_to

log = logging.getLogger("autoviz_render.renderer")

_LAST_FRAMES_TIMEOUT = 3.0  # seconds
_MOST_MISSED = 3  # looks
_ARRIVES_WITHIN = 1.0  # seconds
_MOST_HELD = 16  # runs that are over and still held: each lock is a descriptor
_BEATS_EVERY = 2.0  # seconds
_BEATS_A_SECOND = 5  # at most, of all the runs that are held
_FEW = 40  # runs that are held, which beat as often as one
_MOST_SLOTS = 4  # each is a process
_SOON = 0.01  # seconds
_SHARE = 8  # of the descriptors, at most one in 8 is such a lock


class Listener(Protocol):
    """Who is told what becomes of the runs, in the loop's thread, which waits for it."""

    def looked_at(self, spool: Path, beat: Heartbeat | None) -> None:
        """Something may have happened to a run. beat: Of the renderer, if it is this one that draws the run."""

    def drawn(self, result: RenderResult) -> None:
        """A figure was drawn, and its files are in place."""

    def left(self, spool: Path) -> None:
        """A run is gone, or watched no more."""

    def turned(self, *, is_complete: bool) -> None:
        """Whether every run was looked at that is known."""


class _Nobody:
    """Is told in vain."""

    def looked_at(self, spool: Path, beat: Heartbeat | None) -> None: ...
    def drawn(self, result: RenderResult) -> None: ...
    def left(self, spool: Path) -> None: ...
    def turned(self, *, is_complete: bool) -> None: ...


class LiveRenderer:
    """Draws the newest snapshot of each spool under a path, as they come.

    Args:
        watch: What is below the path, and when to look.
        settings: How to draw.
        executor: Draws the first figures of the runs; if there are others, another one of its kind draws them.
        on_drawn: Called after each figure with what was made of it.
        pace: Bounds what frames may take on a busy machine; None does not.
        audience: Whom it draws for, besides what is below the path; it leaves with the last of them. None if that is
            for `settings` to say.
        packing: Packs the runs that are over while nothing is drawn; None does not.
        listener: Is told what becomes of the runs; None is nobody.
        is_looked_at: Whether to stay though other renderers draw all there is: somebody looks at what they draw.
    """

    def __init__(
        self,
        watch: Watch,
        settings: LiveSettings,
        executor: Executor,
        on_drawn: Callable[[RenderResult], None] = lambda _: None,
        pace: Pace | None = None,
        *,
        audience: Audience | None = None,
        packing: IdlePacking | None = None,
        listener: Listener | None = None,
        is_looked_at: bool = False,
    ) -> None:
        self._watch = watch
        self._is_looked_at = is_looked_at
        self._audience = audience
        self._asked_for: set[Path] = set()
        self._settings = settings
        self._on_drawn = on_drawn
        self._listener = listener or _Nobody()
        self._pace = pace or Pace(UNBOUNDED)
        self._packing = packing
        if packing is not None:
            packing.is_busy = lambda: any(slot.run for slot in self._slots)
        self._slots: list[Slot] = []
        self._runs: dict[Path, LiveRun] = {}
        self._refused: dict[Path, Exception] = {}
        self._said: set[str] = set()
        self._arriving: dict[Path, float] = {}  # since when each cannot be read
        self._unfinished: set[Path] = set()
        self._undrawn: set[Path] = set()
        self._retries: list[tuple[float, Path]] = []
        self._held: OrderedDict[Path, float] = OrderedDict()  # when each beat last
        self._held_over: dict[Path, None] = {}  # of those, the runs that are over, in order
        self._has_lost_any = False
        self._most_held = max(1, min(_MOST_HELD, descriptor_limit() // _SHARE))
        self._is_stopping = False
        self._is_last_look = False
        self._add_slot(executor, "first")

    def stop(self) -> None:
        """Leave after the frame that is being drawn, if it does not take long; from any thread or signal handler."""
        self._is_stopping = True
        self._watch.wake()

    def finish(self) -> None:
        """Draw the newest once more, now, and then leave; from any thread."""
        self._pace.hurry()
        self._is_last_look = True
        self._watch.wake()

    @property
    def progress(self) -> tuple[int, int]:
        """How many of the runs found so far have a figure, and how many there are."""
        return len(self._runs) - len(self._undrawn), len(self._runs)

    @property
    def is_held_elsewhere(self) -> bool:
        """Whether another renderer has all there was to draw."""
        return self._is_idle and all(isinstance(error, HeldError) for error in self._refused.values())

    def run(self) -> int:
        """Draw until stopped, or until every spool found was refused.

        Returns:
            The exit code: 0, or 1 if not all could be done.
        """
        is_looked_at_last = False
        try:
            while not self._is_stopping:
                is_last = self._is_last_look  # before looking: what came until then is drawn
                if is_last and not is_looked_at_last and not self._is_busy:
                    self.look(is_last=True)
                    is_looked_at_last = True
                else:
                    self._turn()
                if self._is_done(is_looked_at_last) and not any(slot.run for slot in self._slots):
                    break
                self._watch.wait(self._wait_timeout())
            self._finish_frames()
            if is_looked_at_last:
                for run in self._runs.values():
                    run.give_up()
        finally:
            self.close()
        is_any_refused = not all(map(self._is_shown_elsewhere, self._refused.values()))
        return 1 if is_any_refused or any(run.faults for run in self._runs.values()) else 0

    def look(self, *, is_last: bool = False) -> bool:
        """Look at every run, however many there are, and draw what is new, or begin to.

        Args:
            is_last: Whether to search the whole path, even if that was done just now.

        Returns:
            Whether every run is over and drawn.
        """
        found = self._watch.spools(all_of_them=is_last)
        for directory in found:
            self._look_at(directory)
        for directory in set(self._runs) - set(found):
            self._miss(directory)
        self._advance()
        return self._is_over

    def _turn(self) -> None:
        """Look at what may be new, and draw it, or begin to: what that costs follows what changes."""
        for slot in self._slots:
            slot.take()
        self._meet_audience()
        now = time.monotonic()
        while self._retries and self._retries[0][0] <= now:
            self._watch.is_due_again(heapq.heappop(self._retries)[1])
        for directory in self._watch.due(only_new=self._is_busy):
            if self._watch.is_there(directory):
                self._look_at(directory)
            else:
                self._miss(directory)
        self._advance()
        self._answer_audience()
        self._listener.turned(is_complete=not self._watch.is_behind)

    def _meet_audience(self) -> None:
        """Watch what is asked for; look once more at the runs of which nobody waits for more than what there is."""
        if self._audience is None:
            return
        asked_for = set(self._audience.spools())
        for directory in asked_for - self._asked_for:
            self._watch.add(directory)
        for directory in self._asked_for - asked_for:
            self._watch.remove(directory)
        self._asked_for = asked_for
        for directory in filter(self._audience.has_left, asked_for - set(self._refused)):
            if directory not in self._runs and self._watch.is_there(directory):
                self._look_at(directory)
            run = self._runs.get(directory)
            if run is None:
                if directory not in self._refused:
                    self._audience.settle(directory, 0)  # it published nothing, or its folder is gone
            elif not run.is_closed:
                run.is_closed = True
                self._look_at(directory)

    def _answer_audience(self) -> None:
        """Tell it of the runs that are done with."""
        if self._audience is None:
            return
        self._audience.beat(IDLE_INTERVAL)
        for directory in self._asked_for:
            run = self._runs.get(directory)
            if run is not None and not self._is_at(run) and (run.is_over or self._audience.has_dropped(directory)):
                self._drop(directory)
                self._listener.looked_at(directory, None)
                self._audience.settle(directory, EXIT_INCOMPLETE if run.faults else 0)
            elif directory in self._refused:
                is_held = isinstance(self._refused.pop(directory), HeldError)
                self._audience.settle(directory, EXIT_HELD if is_held else EXIT_INCOMPLETE)

    def close(self) -> None:
        """Stop watching and let go of every spool."""
        self._watch.close()
        if self._packing is not None:
            self._packing.close()
        for slot in self._slots:
            slot.executor.close()
        for directory, run in self._runs.items():
            if run.lock.is_held:
                run.lock.release()
                self._listener.looked_at(directory, None)

    @property
    def _is_busy(self) -> bool:
        return all(slot.run for slot in self._slots)

    @property
    def _is_idle(self) -> bool:
        return bool(self._refused) and not self._runs and not self._watch.is_behind

    @property
    def _is_over(self) -> bool:
        """Whether every run is over and drawn."""
        return not self._unfinished and bool(self._runs or self._has_lost_any)

    def _is_done(self, is_looked_at_last: bool) -> bool:
        if self._audience is not None:
            return is_looked_at_last or self._audience.is_gone()
        is_all_known = not (self._watch.is_behind or self._watch.is_due)
        is_over = self._settings.until_finished and self._is_over and is_all_known
        is_useless = self._is_idle and not (self._is_looked_at and self.is_held_elsewhere)
        return is_looked_at_last or is_useless or is_over

    def _is_shown_elsewhere(self, error: Exception) -> bool:
        """Whether a run is only refused as another renderer draws it, whose figures are what somebody looks at."""
        return self._is_looked_at and isinstance(error, HeldError)

    def _add_slot(self, executor: Executor, is_for: Group) -> Slot:
        executor.on_answer = self._watch.wake
        slot = Slot(executor, is_for=is_for, pace=self._pace, on_drawn=self._tell, on_change=self._settle)
        self._slots.append(slot)
        return slot

    def _tell(self, result: RenderResult) -> None:
        self._listener.drawn(result)
        self._on_drawn(result)

    def _relieve(self, late: Slot) -> None:
        """Have another process draw what waits for a figure that takes very long."""
        idle = next((slot for slot in self._slots if slot.is_for == "slow" and slot.run is None), None)
        if idle is not None:
            late.hand_over(idle)
        elif len(self._slots) < _MOST_SLOTS:
            late.hand_over(self._add_slot(late.executor.another(), late.is_for))

    def _advance(self) -> None:
        for directory in self._watch.taken_away():
            self._leave(directory)
            self._refused.pop(directory, None)
        for late in [slot for slot in self._slots if slot.is_late]:
            self._relieve(late)
        for slot in self._slots:
            if not self._is_stopping:
                slot.advance()
        self._beat()
        self._let_go()

    def _settle(self, run: LiveRun) -> None:
        """See what is to be done for a run that was looked at, or of which a figure was drawn."""
        directory = run.directory
        if self._runs.get(directory) is not run:
            return
        if run.held_elsewhere is not None:
            self._refuse(directory, run.held_elsewhere)
            return
        if len(run.figure_states) > 1 and all(slot.is_for != "other" for slot in self._slots):
            others = self._add_slot(self._slots[0].executor.another(), "other")
            for each in self._runs.values():
                others.offer(each)
        for slot in self._slots:
            slot.offer(run)
        self._retry(run)
        (self._unfinished.discard if run.is_over else self._unfinished.add)(directory)
        if self._packing is not None:
            (self._packing.offer if run.is_over else self._packing.withdraw)(directory)
        (self._undrawn.add if run.is_undrawn else self._undrawn.discard)(directory)
        self._watch.settle(directory, is_quiet=run.has_ended)
        if run.lock.is_held:
            self._held.setdefault(directory, 0.0)
            if run.has_ended:
                self._held_over.setdefault(directory)
            else:
                self._held_over.pop(directory, None)
            self._beat_of(run)
        self._listener.looked_at(directory, run.lock.heartbeat if run.lock.is_held else None)
        if run.is_over and not self._is_at(run) and len(self._runs) > self._most_held:
            run.rest()

    def _retry(self, run: LiveRun) -> None:
        """Look at a run again when what failed is to be tried again."""
        wait = run.wait_timeout()
        moment = time.monotonic() + wait if 0 < wait < math.inf else 0.0
        if moment and abs(moment - run.retry_at) > _SOON:
            run.retry_at = moment
            heapq.heappush(self._retries, (moment, run.directory))

    def _is_at(self, run: LiveRun) -> bool:
        return any(slot.run is run for slot in self._slots)

    def _beat(self) -> None:
        """Show a sign of life of each run that is held: of many each more rarely, as it promises."""
        every = self._beat_interval
        for at_work in filter(None, (slot.run for slot in self._slots)):
            self._held.setdefault(at_work.directory, 0.0)  # it may have been let go of before its turn came
        for _ in range(len(self._held)):
            directory, beaten = next(iter(self._held.items()))
            if time.monotonic() < beaten + every:
                return
            run = self._runs.get(directory)
            if run is None or not run.lock.is_held:
                del self._held[directory]
            else:
                self._beat_of(run)

    def _beat_of(self, run: LiveRun) -> None:
        self._held[run.directory] = time.monotonic()
        self._held.move_to_end(run.directory)
        run.lock.least_interval = 0.0 if len(self._held) <= _FEW else 4 * self._beat_interval + IDLE_INTERVAL
        run.lock.beat("drawing" if self._is_at(run) else "watching")

    @property
    def _beat_interval(self) -> float:
        """Seconds after which a run that is held beats again."""
        return max(_BEATS_EVERY, len(self._held) / _BEATS_A_SECOND)

    def _let_go(self) -> None:
        """Hold few runs that are over."""
        for directory in list(itertools.islice(self._held_over, max(0, len(self._held_over) - self._most_held))):
            run = self._runs.get(directory)
            if run is not None and self._is_at(run):
                continue
            del self._held_over[directory]
            if run is not None and run.has_ended:
                run.lock.release()
                self._held.pop(directory, None)

    def _wait_timeout(self) -> float:
        """Seconds until there is something to do though nobody calls."""
        if self._watch.is_behind or (self._watch.is_due and not self._is_busy):
            return 0.0
        waits = [self._retries[0][0] - time.monotonic()] if self._retries else []
        waits = [wait for wait in (*waits, self._pace.delay()) if wait > 0]
        return min([IDLE_INTERVAL / 3, *waits, *(slot.executor.wait_timeout for slot in self._slots)])

    def _miss(self, directory: Path) -> None:
        """A spool is not there: after a few looks it counts as removed, and is let go of."""
        run = self._runs.get(directory)
        if run is None:
            self._refused.pop(directory, None)
            self._watch.forget(directory)
            self._listener.left(directory)
            return
        run.missed += 1
        self._watch.settle(directory, is_quiet=False)
        place = moved_to(directory)
        if (run.missed > _MOST_MISSED or place is not None) and not self._is_at(run):
            if place is None:
                log.warning("%s: was removed", directory)
            else:
                log.info("%s: is now %s", directory, place)
            self._has_lost_any = True
            self._leave(directory)
            self._watch.forget(directory)

    def _finish_frames(self) -> None:
        """Wait a moment for what is being drawn."""
        deadline = time.monotonic() + _LAST_FRAMES_TIMEOUT
        for slot in self._slots:
            while not slot.take() and time.monotonic() < deadline:
                self._watch.wait(deadline - time.monotonic())

    def _look_at(self, directory: Path) -> None:
        """List a spool, anew if the run was made anew."""
        try:
            if directory not in self._runs or not self._runs[directory].look():
                self._begin(directory)
        except (SpoolError, FigureError, OSError) as error:  # one run's fault must not cost the others their figures
            run = self._runs.get(directory)
            if run is not None and not isinstance(error, SpoolError):
                run.fail(error_line(error))
                run.missed += 1
                # a run that is over is not waited for without end
                (self._unfinished.add if run.missed <= _MOST_MISSED else self._unfinished.discard)(directory)
                self._watch.settle(directory, is_quiet=False)
                self._listener.looked_at(directory, run.lock.heartbeat if run.lock.is_held else None)
            elif not self._may_yet_come(directory, error):
                self._refuse(directory, error)
        else:
            self._arriving.pop(directory, None)
            self._settle(self._runs[directory])

    def _may_yet_come(self, directory: Path, error: Exception) -> bool:
        """Whether a spool that cannot be read is looked at again first: its `spool.json` may just be copied."""
        now = time.monotonic()
        if not isinstance(error, UnreadableError) or now - self._arriving.setdefault(directory, now) > _ARRIVES_WITHIN:
            return False
        self._drop(directory)
        self._unfinished.add(directory)
        self._watch.settle(directory, is_quiet=False)
        heapq.heappush(self._retries, (now + _ARRIVES_WITHIN / 4, directory))
        return True

    def _begin(self, directory: Path) -> None:
        """Draw a run from its start."""
        self._drop(directory)
        for each in counterparts(directory):  # which has the folder for the figures, by its lock, and may be gone
            if each in self._runs and not self._watch.is_there(each):
                self._drop(each)
        run = self._runs[directory] = LiveRun(Spool(directory), self._settings, self._watch.path_of(directory))
        self._refused.pop(directory, None)
        run.look()

    def _drop(self, directory: Path) -> None:
        """Let go of a run, if it is there."""
        run = self._runs.pop(directory, None)
        if run is not None:
            run.is_left = True
            run.lock.release()
        for where in (self._unfinished, self._undrawn):
            where.discard(directory)
        for held in (self._held, self._held_over):
            held.pop(directory, None)

    def _leave(self, directory: Path) -> None:
        """Let go of a run that is gone, or watched no more."""
        self._drop(directory)
        self._listener.left(directory)

    def _refuse(self, directory: Path, error: Exception) -> None:
        """Let go of a spool that cannot be drawn, for now, and say so once."""
        self._drop(directory)
        self._listener.looked_at(directory, None)
        self._refused[directory] = error
        self._watch.settle(directory, is_quiet=False)
        told = error_line(error)
        if self._audience is not None:
            told = of_run(directory, told)  # each has its log
        if told not in self._said:
            self._said.add(told)
            if self._is_shown_elsewhere(error):
                log.info("%s: another renderer draws it; shown as it is drawn there", directory)
            else:
                log.error("%s", told)


__all__ = ["Listener", "LiveRenderer", "LiveSettings"]
