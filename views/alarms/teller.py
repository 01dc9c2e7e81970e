"""Sees which alarms of the runs of a feed were raised, and which are over."""

from __future__ import annotations

import bisect
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from autoviz_render.renderer.alarms.alarm import Alarm, AlarmKey
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.run_view import RunView

log = logging.getLogger("autoviz_render.views")

_WAITS = 1.0  # seconds
_PATIENCE = 2.0  # seconds


@dataclass(frozen=True)
class AlarmNews:
    """An alarm that was raised, or is over.

    Attributes:
        run: Whose.
        alarm: What is wrong, or was.
        is_over: Whether it is over.
        is_new: Whether it was raised since the watch began; an earlier one was told then.
    """

    run: RunView
    alarm: Alarm
    is_over: bool = False
    is_new: bool = True


class AlarmTeller:
    """Tells of alarms in a thread of its own.

    Args:
        feed: The newest of the runs.
        tell: Called with each that was raised or is over.
    """

    def __init__(self, feed: Feed, tell: Sequence[Callable[[AlarmNews], None]]) -> None:
        self._feed, self._tell = feed, tell
        self._began = time.time()
        self._version = -1
        self._known: dict[str, dict[AlarmKey, Alarm]] = {}
        self._looking = threading.Lock()
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="autoviz-render alarms", daemon=True)

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def close(self) -> None:
        """Tell what is new, and then nothing more."""
        self._is_closed.set()
        self._thread.join(_PATIENCE)
        self.look()

    def look(self) -> None:
        """Tell what is new."""
        with self._looking:
            version, overview = self._feed.version, self._feed.overview
            if version <= self._version:
                return
            changed = self._feed.changed(self._version) if self._version >= 0 else None
            self._version = version
            for key, run in _found(overview.runs, changed):
                self._see(key, run)

    def _run(self) -> None:
        while not self._is_closed.is_set() and not self._feed.is_closed:
            try:
                self._feed.wait(self._version, _WAITS)
                self.look()
            except Exception:  # what a listener does must not end the others, nor the drawing
                log.warning("an alarm could not be told", exc_info=True)

    def _see(self, key: str, run: RunView | None) -> None:
        if run is None:
            self._known.pop(key, None)
            return
        if not run.is_readable:
            return  # nothing is known of it now
        before, now = self._known.get(key, {}), {alarm.key: alarm for alarm in run.alarms}
        if now:
            self._known[key] = now
        else:
            self._known.pop(key, None)
        for each in now.keys() - before.keys():
            alarm = now[each]
            self._tell_all(AlarmNews(run, alarm, is_new=alarm.since is None or alarm.since >= self._began))
        for each in before.keys() - now.keys():
            self._tell_all(AlarmNews(run, before[each], is_over=True))

    def _tell_all(self, news: AlarmNews) -> None:
        for tell in self._tell:
            tell(news)


def _found(runs: Sequence[RunView], changed: Iterable[str] | None) -> Iterable[tuple[str, RunView | None]]:
    """The runs that changed, by their keys, in whose order they are; None for one that is gone."""
    if changed is None:
        return [(run.key, run) for run in runs]
    places = ((key, bisect.bisect_left(runs, key, key=lambda run: run.key)) for key in sorted(changed))
    return [(key, runs[at] if at < len(runs) and runs[at].key == key else None) for key, at in places]
