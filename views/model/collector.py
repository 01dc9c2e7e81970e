"""Reads the runs that something happened to, and has a feed show them: what it costs follows what changes."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.alarms_file import Found
from autoviz_render.renderer.heartbeat import Heartbeat
from autoviz_render.renderer.work.jobs import RenderResult
from autoviz_render.spool.errors import NoSpoolError
from autoviz_render.spool.paths import SpoolPaths, snapshot_ref
from autoviz_render.views.model.among import AmongRuns
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.link import LinkState, read_link
from autoviz_render.views.model.reader import CurveReaders, Place, RunReader
from autoviz_render.views.model.reasons import Facts, Silence, reason, silence, silent_among
from autoviz_render.views.model.run_view import FrameView, Overview, RunDetail, RunView

log = logging.getLogger("autoviz_render.views")

_SHOWS_EVERY = 0.2  # seconds
_SLICE = 0.1  # seconds of reading, after which what is known is shown
_LOOKS_AGAIN = 1.0  # seconds after a change: what changed within the grain of a file's time is seen then
_SHOWN_FOR = 5.0  # seconds that a run is shown that is looked at no more
_JUDGES_EVERY = 2.0  # seconds
_LAST_MOMENT = 1.0  # seconds to wait for a thread that may wait for a disk
_SET_BACK = 2.0  # seconds by which a clock is set back, to be noticed
_SHARE = 1 / 400  # of the time, to judge the runs that go on
_FRAME = 0.01  # seconds between two looks for what a figure shows that another process has drawn
_FRAME_WAIT = 0.25  # seconds to look for it


class Collector:
    """How all runs below a path stand, kept up to date by those who see that something happens to one.

    What it is told, it is told from any thread, and returns at once. Reading is done by `turn`, in one thread.

    Args:
        place: What is looked at.

    Attributes:
        feed: Has the newest.
    """

    def __init__(self, place: Place) -> None:
        self.feed = Feed(place.path, self._detail, self.close)
        self._place = place
        self._lock = threading.Lock()  # of what is told
        self._told: dict[Path, Heartbeat | None] = {}
        self._leaving: dict[Path, float] = {}
        self._steps: dict[Path, dict[str, int]] = {}
        self._alarms: dict[Path, tuple[Alarm, ...]] = {}
        self._is_complete = False
        self._is_woken = threading.Event()
        self._is_closed = threading.Event()
        self._flushed = threading.Condition()
        self._turns = 0  # of its thread, so far
        self._thread: threading.Thread | None = None
        self._reading = threading.Lock()  # of what follows: details are read in the threads of those who ask
        self._readers: dict[Path, RunReader] = {}
        self._spools: dict[str, Path] = {}
        self._going_on: set[Path] = set()
        self._again: dict[Path, float] = {}
        self._unseen: dict[Path, dict[str, float]] = {}
        self._curves = CurveReaders()
        self._views: dict[str, RunView] = {}
        self._shown: list[RunView] = []
        self._index: dict[str, int] | None = None  # of each run in it; None if others are there by now
        self._changed: dict[str, None] = {}
        self._shown_at = -math.inf
        self._was_complete = False
        self._judges_at = 0.0
        self._among = AmongRuns()
        self._of_others: dict[str, tuple[Alarm, ...]] = {}
        self._found: dict[Path, Found] = {}  # as it was compared last
        self._is_found_different = False
        self._clock = time.time() - time.monotonic()
        self._link: LinkState | None = None
        self._link_reason = ""

    # What it is told

    def looked_at(self, spool: Path, beat: Heartbeat | None = None) -> None:
        """Something may have happened to a run.

        Args:
            spool: Its spool.
            beat: What the renderer in this process says of itself, if it is this one that draws the run.
        """
        with self._lock:
            self._leaving.pop(spool, None)
            self._told[spool] = beat
        self._is_woken.set()

    def drawn(self, result: RenderResult) -> None:
        """A figure was drawn, and its files are in place."""
        spool = result.spool
        ref = None if spool is None else snapshot_ref(SpoolPaths(spool).snapshots, result.snapshot)
        if spool is None or ref is None or not result.files:
            return
        now = time.time()
        published = now if result.published is None else result.published
        with self._lock:
            self._steps.setdefault(spool, {})[result.figure] = ref.sequence
            self._alarms[spool] = result.alarms
        self.feed.tell_frame(
            FrameView(self._place.key(spool), result.figure, ref.sequence, result.files[0], now, published)
        )

    def left(self, spool: Path) -> None:
        """A run is gone, or looked at no more: how it stands now is still shown for a moment."""
        with self._lock:
            self._told[spool] = None
            self._leaving[spool] = time.monotonic() + _SHOWN_FOR
        self._is_woken.set()

    def turned(self, *, is_complete: bool) -> None:
        """Say whether every run was looked at that is known."""
        if is_complete != self._is_complete:
            self._is_complete = is_complete
            self._is_woken.set()

    # Its thread

    def start(self) -> None:
        """Read in a thread of its own, until it is closed."""
        self._thread = threading.Thread(target=self._run, name="autoviz-render model", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read nothing more."""
        self._is_closed.set()
        self._is_woken.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_LAST_MOMENT)

    def flush(self, timeout: float) -> None:
        """Wait until the feed shows what was told, for some seconds at most."""
        enough = self._turns + 2  # the one that goes on may have taken what was told, and not have read it yet

        def is_shown() -> bool:
            if self._turns >= enough and not (self._told or self._changed):
                return True
            self._shown_at, self._judges_at = -math.inf, 0.0
            self._is_woken.set()
            return False

        with self._flushed:
            if self._thread is not None and self._thread.is_alive():
                self._flushed.wait_for(is_shown, timeout)

    def _run(self) -> None:
        while not self._is_closed.is_set():
            self._is_woken.wait(self.wait_timeout())
            self._is_woken.clear()
            self.turn()
            with self._flushed:
                self._turns += 1
                self._flushed.notify_all()

    def wait_timeout(self) -> float:
        """Seconds until there is something to do though nobody tells of it."""
        if self._told:
            return 0.0
        moments = [self._judges_at, *([self._shown_at + _SHOWS_EVERY] if self._changed else [])]
        moments += [next(iter(each.values()), math.inf) for each in (self._again, self._leaving)]
        moments += [*([time.monotonic() + _FRAME] if self._unseen else [])]
        return max(0.0, min(moments) - time.monotonic())

    def turn(self) -> None:
        """Read what something happened to, judge the runs that go on, and show what changed; for a moment at most."""
        try:
            with self._reading:
                self._take_told()
                self._judge()
        except Exception:  # a fault of ours must cost neither the drawing nor what comes next
            log.warning("how some runs stand could not be told", exc_info=True)
        self._show()

    def is_over(self, spool: Path) -> bool:
        """Whether nothing more is expected of a run, as far as it was read."""
        reader = self._readers.get(spool)
        return reader is not None and reader.view.state != "running"

    def _take_told(self) -> None:
        began = time.monotonic()
        while self._told and time.monotonic() - began < _SLICE:
            with self._lock:
                spool, beat = self._told.popitem()  # the one told last: what happens now comes before what was there
            self._read(spool, beat)
        with self._lock:
            gone = [*takewhile(lambda spool: self._leaving[spool] <= began, self._leaving)]
        for spool in gone:
            self._leave(spool)
        for spool in self._due_again(began):
            if (reader := self._readers.get(spool)) is not None:
                self._read(spool, reader.our_beat)

    def _due_again(self, now: float) -> list[Path]:
        again = [*takewhile(lambda spool: self._again[spool] <= now, self._again)]
        for spool in again:
            del self._again[spool]
        return [*dict.fromkeys((*again, *self._unseen))]

    def _read(self, spool: Path, beat: Heartbeat | None) -> None:
        reader = self._readers.get(spool) or RunReader(spool, self._place)
        reader.our_beat = beat
        reader.drawn, reader.our_alarms = self._steps.get(spool, {}), self._alarms.get(spool)
        reader.clock_ahead = self._link.clock_ahead if self._link is not None else 0.0
        before = reader.view
        try:
            view = reader.read()
        except NoSpoolError:
            self._leave(spool)
            return
        is_new = spool not in self._readers
        self._readers[spool], self._spools[view.key] = reader, spool
        if reader.is_unsettled:
            self._again.pop(spool, None)
            self._again[spool] = time.monotonic() + _LOOKS_AGAIN
        if beat is None and not is_new:
            self._see_frames(reader, before, view)
        self._take(reader, view)

    def _see_frames(self, reader: RunReader, before: RunView, view: RunView) -> None:
        """Tell of the figures that another process has drawn.

        Which step a figure shows that process says a moment later; of one of several it says none, as a rule.
        """
        known = {each.file: each for each in before.figures}
        unseen = self._unseen.setdefault(view.spool, {})
        for figure in view.figures:
            earlier = known.get(figure.file)
            if earlier is None or (earlier.modified, earlier.size) != (figure.modified, figure.size):
                unseen.setdefault(figure.name, time.monotonic() + _FRAME_WAIT)
            is_told = figure.step is not None and (earlier is None or figure.step != earlier.step)
            will_be_told = len(view.figure_names) == 1 and time.monotonic() <= unseen.get(figure.name, 0.0)
            if figure.name in unseen and (is_told or not will_be_told):
                del unseen[figure.name]
                self.feed.tell_frame(reader.frame(figure))
        if not unseen:
            del self._unseen[view.spool]

    def _take(self, reader: RunReader, view: RunView) -> Facts:
        """Have a run shown as it stands by now, and why."""
        (self._going_on.add if view.state == "running" else self._going_on.discard)(view.spool)
        shown = self._views.get(view.key)
        facts = reader.facts(time.time())
        link = self._link_reason if view.state == "running" else ""
        told = reader.fault or reason(replace(facts, silent=None) if link else facts)
        told = "; ".join(filter(None, (link, told)))
        is_silent = shown is not None and shown.is_silent and view.state == "running"
        alarms = (*reader.standing(), *self._of_others.get(view.key, ()))
        if (view.reason, view.is_silent, view.alarms) != (told, is_silent, alarms):
            view = reader.view = replace(view, reason=told, is_silent=is_silent, alarms=alarms)
        if self._found.get(view.spool) is not reader.found:
            self._is_found_different, self._found[view.spool] = True, reader.found
        if view.state != "running":
            reader.rest()
        if shown is None:
            self._index = None
        if view != shown:
            self._views[view.key] = view
            self._changed[view.key] = None
        return facts

    def _leave(self, spool: Path) -> None:
        reader = self._readers.pop(spool, None)
        self._going_on.discard(spool)
        for noted in (self._again, self._unseen, self._leaving, self._steps, self._alarms):
            noted.pop(spool, None)
        if reader is not None and self._spools.get(reader.view.key) == spool:  # else it is elsewhere by now
            del self._spools[reader.view.key]
            del self._views[reader.view.key]
            self._of_others.pop(reader.view.key, None)
            self._is_found_different = self._found.pop(spool, None) is not None or self._is_found_different
            self._changed[reader.view.key] = self._index = None

    def _judge(self) -> None:
        """See of the runs that go on what changes with time: who is quiet, late, or silent among others."""
        began = time.monotonic()
        if began < self._judges_at:
            return
        self._see_clock()
        self._see_link()
        silences, facts = {}, {}
        for spool in tuple(self._going_on):
            reader = self._readers[spool]
            if reader.is_renderer_different:
                self._read(spool, reader.our_beat)
            if spool not in self._going_on:
                continue
            facts[reader.view.key] = self._take(reader, reader.view)
            if (each := silence(facts[reader.view.key])) is not None:
                silences[reader.view.key] = each
        self._name_silent(silences)
        self._see_among(facts)
        took = time.monotonic() - began
        self._judges_at = time.monotonic() + max(_JUDGES_EVERY, took / _SHARE)

    def _see_clock(self) -> None:
        """See whether the clock was set back: by another clock, which rests while a machine is suspended."""
        now = time.time()
        before, self._clock = self._clock, now - time.monotonic()
        if self._clock < before - _SET_BACK:
            for key, view in self._views.items():
                reader = self._readers[view.spool]
                reader.not_later_than(now)
                self._views[key] = reader.view
            self._changed |= dict.fromkeys(self._views)

    def _see_link(self) -> None:
        """See how the link stands over which the runs come, if they are mirrored from another host."""
        self._link = read_link(self._place.path)
        self._link_reason = self._link.reason(time.time()) if self._link is not None else ""

    def _name_silent(self, silences: Mapping[str, Silence]) -> None:
        silent = silent_among(silences)
        for key in silences:
            view = self._views[key]
            if view.is_silent != (key in silent):
                self._views[key] = self._readers[view.spool].view = replace(view, is_silent=key in silent)
                self._changed[key] = None

    def _see_among(self, facts: Mapping[str, Facts]) -> None:
        """See what the runs tell of one another; of their panels, if one of these is different."""
        by_key = {key: self._readers[spool] for key, spool in self._spools.items()}
        if self._is_found_different and not any(map(_is_undrawn, by_key.values())):
            self._among.compare(by_key)
            self._is_found_different = False
        before, self._of_others = self._of_others, self._among.alarms(by_key, facts, time.time())
        for key in before.keys() | self._of_others.keys():
            if key in self._views and before.get(key) != self._of_others.get(key):
                reader = self._readers[self._spools[key]]
                self._take(reader, reader.view)

    # What is shown

    def _show(self) -> None:
        """Have the feed show what changed, some times a second."""
        now, is_complete = time.monotonic(), self._is_complete and not self._told
        is_news = is_complete != self._was_complete
        if not is_news and not (self._changed and now >= self._shown_at + _SHOWS_EVERY):
            return
        with self._reading:
            changed, self._changed = self._changed, {}
            runs = self._runs(changed)
        self._was_complete, self._shown_at = is_complete, now
        self.feed.show(Overview(self._place.path, time.time(), runs, is_complete), changed)

    def _runs(self, changed: Iterable[str]) -> tuple[RunView, ...]:
        """All of them in the order of their keys; of ten thousand those are looked up that changed."""
        if self._index is None:
            self._index = {key: number for number, key in enumerate(sorted(self._views))}
            self._shown = [self._views[key] for key in self._index]
        else:
            for key in changed:
                self._shown[self._index[key]] = self._views[key]
        return tuple(self._shown)

    def _detail(self, key: str) -> RunDetail:
        with self._reading:
            spool = self._spools[key]
            try:
                return self._readers[spool].detail(self._curves.of(spool))
            except NoSpoolError:
                raise KeyError(key) from None  # it vanished just now


def _is_undrawn(reader: RunReader) -> bool:
    """Whether this process has yet to draw a run: what most runs share is told when most are drawn."""
    return reader.our_beat is not None and reader.view.step is not None and not reader.found.figures
