"""A feed of the runs below a path in a process that draws none of them."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autoviz_render.renderer.batch.runs import named_path
from autoviz_render.renderer.live.watch import Watch
from autoviz_render.spool.errors import NoSpoolError
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.views.model.among import AmongRuns
from autoviz_render.views.model.collector import Collector
from autoviz_render.views.model.feed import Feed
from autoviz_render.views.model.reader import CurveReaders, Place, RunReader
from autoviz_render.views.model.reasons import Facts, reason, silence, silent_among
from autoviz_render.views.model.run_view import Overview, RunDetail

POLL = 2.0
"""Seconds after which a run is looked at though the file system reports no change."""


def follow(path: str | os.PathLike[str], poll: float = POLL) -> Feed:
    """Follow the runs at or below a path, in a thread, until the feed is closed; others draw them.

    Args:
        path: A run, its spool, or a folder above several runs; it need not exist yet.
        poll: See `POLL`.
    """
    place = Place(named_path(path).absolute())
    watch, collector = Watch(place.path, poll, hears_figures=True), Collector(place)
    is_closed = threading.Event()

    def close() -> None:
        is_closed.set()
        watch.wake()

    feed = collector.feed
    feed.on_close = close
    arguments = (watch, collector, is_closed)
    threading.Thread(target=_follow, args=arguments, name="autoviz-render follow", daemon=True).start()
    return feed


def _follow(watch: Watch, collector: Collector, is_closed: threading.Event) -> None:
    with contextlib.closing(watch):
        while not is_closed.is_set():
            looked_at = []
            for spool in watch.due():
                if watch.is_there(spool):
                    collector.looked_at(spool)
                    looked_at.append(spool)
                else:
                    watch.forget(spool)
                    collector.left(spool)
            collector.turned(is_complete=not watch.is_behind)
            collector.turn()
            for spool in looked_at:
                watch.settle(spool, is_quiet=collector.is_over(spool))
            is_at_once = watch.is_behind or watch.is_due
            watch.wait(0.0 if is_at_once else collector.wait_timeout())


def look(path: Path, spools: Iterable[Path], place: Place | None = None) -> Feed:
    """A feed of some runs as they are now, which never changes.

    Args:
        path: What they are at or below.
        spools: Their spools.
        place: How their figures are drawn; None is as the runs themselves say.
    """
    readers = {reader.view.key: reader for reader in read_runs(spools, place or Place(path.absolute()))}
    curves = CurveReaders()

    def detail(key: str) -> RunDetail:
        reader = readers[key]
        return replace(reader.detail(curves.of(reader.view.spool)), view=views[key])

    views = {key: readers[key].view for key in sorted(readers)}
    feed = Feed(path, detail)
    feed.show(Overview(path, time.time(), tuple(views.values())), views)
    return feed


def read_runs(spools: Iterable[Path], place: Place) -> list[RunReader]:
    """Some runs, read and judged, in the same order; those that vanished meanwhile are not among them."""
    readers, now = list(_read(spools, place)), time.time()
    facts = {reader.view.key: reader.facts(now) for reader in readers}
    silent = silent_among({key: told for key, each in facts.items() if (told := silence(each)) is not None})
    for reader in readers:
        key = reader.view.key
        reader.view = replace(reader.view, reason=reader.fault or reason(facts[key]), is_silent=key in silent)
    _see_among(readers, facts, now)
    return readers


def _see_among(readers: Sequence[RunReader], facts: Mapping[str, Facts], now: float) -> None:
    """Have each say what the others tell of it."""
    among, by_key = AmongRuns(), {reader.view.key: reader for reader in readers}
    among.compare(by_key, lambda key: str(SpoolPaths(by_key[key].view.spool).run_dir))
    going_on = {key: each for key, each in facts.items() if each.state == "running" and by_key[key].view.is_readable}
    for key, alarms in among.alarms(by_key, going_on, now).items():
        view, of_now = by_key[key].view, (replace(each, since=None) for each in alarms)  # a look knows no earlier one
        by_key[key].view = replace(view, alarms=(*view.alarms, *of_now))


def _read(spools: Iterable[Path], place: Place) -> Iterator[RunReader]:
    for spool in spools:
        reader = RunReader(spool, place)
        with contextlib.suppress(NoSpoolError):
            reader.read()
            yield reader
