"""When to look at the spools under some paths, and which spools there are.

A directory listing is the truth, events are only a hint to look at once: they do not come from other hosts on network
file systems, a thread can die, a kernel's queue can overflow. So each spool is looked at in its turn in any case, and
the tree is searched for new ones. Both are bounded to a share of the time, so what a watch costs follows what changes:
of ten thousand runs in which nothing happens, too.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import queue
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autoviz_render.renderer.live.file_events import Hint, file_events
from autoviz_render.renderer.live.rota import Rota
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths, Unread, Visit, distinct, is_spool, passed_over, walk
from autoviz_render.spool.system.archived import archive_beside, is_archive_name, status_of
from autoviz_render.spool.system.network_mounts import is_on_network

log = logging.getLogger("autoviz_render.renderer")

_SHARE_UNHEARD = 1 / 20  # of the time, for spools of which no events tell
_SHARE_HEARD = 1 / 800  # for each of: those of which events tell, those of runs that are over, the search for new ones
_SLICE = 0.01  # seconds in which new spools are handed out in a row
_SEES_NOTHING = 16  # visits of a run that is over without a look, as its files are as they were


@dataclass(slots=True)
class _Known:
    """A spool that was found.

    Attributes:
        is_listed: Whether the last whole walk came to it, or it was found since.
        is_heard: Whether events tell of its snapshots.
        is_quiet: Whether nothing is expected of it: its run is over.
        signature: What its files were like before the last look.
        unchanged: Visits without a look since.
    """

    is_listed: bool = True
    is_heard: bool = False
    is_quiet: bool = False
    signature: object = None
    unchanged: int = 0


class _Walk:
    """A search for spools that can be interrupted.

    Args:
        visits: What it comes to.
        is_whole: Whether of all that is watched.
        is_urgent: Whether somebody waits for what it finds.
    """

    def __init__(self, visits: Iterator[Visit], *, is_whole: bool = False, is_urgent: bool = True) -> None:
        self.visits = visits
        self.is_whole = is_whole
        self.is_urgent = is_urgent
        self.unread: list[Unread] = []
        self.found: list[Visit] = []


class Watch:
    """Watches spools, run directories, or trees of runs.

    Args:
        paths: Which; they need not exist yet.
        poll: Seconds after which `wait` returns though nothing was heard.
        hears_figures: Whether spools are to be looked at as soon as another process has drawn them, too.
    """

    def __init__(self, paths: Path | Iterable[Path], poll: float = 2.0, *, hears_figures: bool = False) -> None:
        self.poll = poll
        self._paths = [paths] if isinstance(paths, Path) else list(paths)
        self._hints: queue.SimpleQueue[Hint | tuple[str, Path] | None] = queue.SimpleQueue()
        self._events = file_events(self._hints.put, hears_figures=hears_figures)
        self._hears_figures = hears_figures
        self._known: dict[Path, _Known] = {}
        self._new: deque[Path] = deque()
        self._due: dict[Path, None] = {}
        self._removed: list[Path] = []
        self._walks: deque[_Walk] = deque()
        self._next_walk = 0.0
        self._has_walked = False
        self._passed_over: set[Path] = set()
        self._found_meanwhile: set[Path] = set()  # since the last whole search began, which may have passed their place
        self._unheard = Rota(_SHARE_UNHEARD)
        self._heard = Rota(_SHARE_HEARD, time.thread_time)
        self._quiet = Rota(_SHARE_HEARD, time.thread_time)

    def add(self, path: Path) -> None:
        """Watch another path from now on; from any thread."""
        self._hints.put(("add", path))

    def remove(self, path: Path) -> None:
        """Watch a path no more; from any thread. What was found there alone is named by `taken_away`."""
        self._hints.put(("remove", path))

    def wait(self, timeout: float = math.inf) -> None:
        """Return when there may be something new, or after `poll` or `timeout` seconds, whichever are fewer."""
        with contextlib.suppress(queue.Empty):
            self._note(self._hints.get(timeout=max(0.0, min(self.poll, timeout))))
        self._note_all()

    def wake(self) -> None:
        """Make `wait` return now; from any thread or signal handler."""
        if self._hints.empty():
            self._hints.put(None)  # the one queue whose `put` may interrupt its own `get`, as a signal does

    def path_of(self, spool: Path) -> Path:
        """The path under which a spool is watched."""
        return next((path for path in self._paths if spool == path or path in spool.parents), spool)

    def is_there(self, spool: Path) -> bool:
        """Whether a spool that was found is still one: unreadable is not gone."""
        try:
            return is_spool(spool)
        except OSError:
            return True

    @property
    def is_behind(self) -> bool:
        """Whether there are spools that were never looked at, or places that were never searched."""
        return bool(self._new) or not self._has_walked or any(each.is_urgent for each in self._walks)

    @property
    def is_due(self) -> bool:
        """Whether something happened in a spool since it was looked at last."""
        return bool(self._due)

    def due(self, *, only_new: bool = False) -> Iterator[Path]:
        """The spools to look at now: those that appeared, those of which events tell, and some in their turn.

        Each is listened to before it is given out, so that nothing is missed between two looks. After the look
        `settle` says what is expected of it.

        Args:
            only_new: Those that appeared alone: whatever is new in others can wait.
        """
        self._events.revive()
        self._note_all()
        self._search()
        began = time.monotonic()
        while self._new and time.monotonic() - began < _SLICE:
            yield from self._handed(self._new.popleft())
        if only_new:
            return
        due, self._due = self._due, {}
        for spool in due:
            yield from self._handed(spool)
        for rota in (self._unheard, self._heard):
            for spool in rota.visits(self.poll):
                yield from self._handed(spool)
        for spool in self._quiet.visits(self.poll):
            if self._has_changed(spool):
                yield from self._handed(spool)

    def spools(self, *, all_of_them: bool = False) -> list[Path]:
        """The spool directories there are now; each is listened to before this returns.

        Args:
            all_of_them: Search all paths, even if that was done just now and takes long.
        """
        self._events.revive()
        self._note_all()
        self._due.clear()
        listed = [spool for spool, known in self._known.items() if known.is_listed]
        is_any_gone = not all(map(self.is_there, listed))
        if all_of_them or is_any_gone or not listed or self._walks or time.monotonic() >= self._next_walk:
            self._walks.clear()
            self._begin_walk(is_urgent=True)
            self._search(math.inf)
        self._new.clear()
        found = sorted(spool for spool, known in self._known.items() if known.is_listed)
        for spool in found:
            self._listen(spool)
        return found

    def taken_away(self) -> list[Path]:
        """The spools that are watched no more, as their paths were removed from the watch; each once."""
        removed, self._removed = self._removed, []
        return removed

    def settle(self, spool: Path, *, is_quiet: bool) -> None:
        """Say what is expected of a spool.

        Args:
            spool: Which.
            is_quiet: Its run is over: events are not needed.
        """
        known = self._known.get(spool)
        if known is None:
            return
        was_quiet, known.is_quiet = known.is_quiet, is_quiet
        if is_quiet:
            if not was_quiet:
                self._events.forget(spool)
                if spool.parent not in self._paths and len(self._known) > 1:
                    self._events.forget_above(spool.parent)
            known.is_heard = False
        elif was_quiet:
            self._events.watch_above(spool.parent)
            self._listen(spool)
            self._due[spool] = None  # what came before that is not missed
        self._sort_in(spool, known)

    def is_due_again(self, spool: Path) -> None:
        """Look at a spool once more, soon."""
        if spool in self._known:
            self._due[spool] = None

    def forget(self, spool: Path) -> None:
        """A spool is gone; it may appear again."""
        if self._known.pop(spool, None) is not None:
            self._events.forget(spool)
            for rota in (self._unheard, self._heard, self._quiet):
                rota.discard(spool)
            self._due.pop(spool, None)
            self._events.watch_above(spool.parent)
            if (archived := archive_beside(spool)) is not None:  # its folder was put into a zip
                self._look_for(archived)

    def close(self) -> None:
        """Listen no more; `wait` may still be called."""
        self._events.close()

    # What was heard

    def _note_all(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._note(self._hints.get_nowait())

    def _note(self, hint: Hint | tuple[str, Path] | None) -> None:
        if hint is None:
            return
        if isinstance(hint, Hint):
            self._heard_of(hint)
        elif hint[0] == "add":
            self._paths.append(hint[1])
            self._walks.appendleft(self._made_walk([(hint[1], None)]))
        else:
            self._take_away(hint[1])

    def _heard_of(self, hint: Hint) -> None:
        if hint.role == "lost":
            self._due.update(dict.fromkeys(self._known))
            self._next_walk = 0.0
        elif hint.role != "above":
            self.is_due_again(hint.folder)
        elif not hint.name:  # a folder is gone, with all that was below
            self._due.update((spool, None) for spool in self._known if hint.folder in spool.parents)
        else:
            place = hint.folder if hint.name == "spool.json" else hint.folder / hint.name
            if self._hears_figures:  # it may be the folder for those of a run
                self.is_due_again(hint.folder / "spool")
            if place in self._known:
                self._due[place] = None
            elif (os.path.isdir(place) or is_archive_name(place.name)) and not self._is_below_one(place):
                self._look_for(place)

    def _look_for(self, place: Path) -> None:
        """Search what is at and under a place."""
        top = next((path for path in self._paths if path == place or path in place.parents), place)
        self._walks.appendleft(self._made_walk([(top, place)]))  # before a search that nobody waits for

    def _is_below_one(self, folder: Path) -> bool:
        return any(each in self._known for each in folder.parents)

    def _take_away(self, path: Path) -> None:
        with contextlib.suppress(ValueError):
            self._paths.remove(path)
        for spool in [each for each in self._known if each == path or path in each.parents]:
            if self.path_of(spool) is spool and spool not in self._paths:
                self.forget(spool)
                self._removed.append(spool)

    # The search for spools

    def _search(self, longest: float = 2 * _SLICE) -> None:
        """Go on with what is searched, for some seconds at most."""
        now = time.monotonic()
        if not self._walks and now >= self._next_walk:
            self._begin_walk(is_urgent=not self._has_walked)
        if not self._walks or (now < self._next_walk and not self._walks[0].is_urgent and longest < math.inf):
            return
        while self._walks and (spent := time.monotonic() - now) <= longest:
            current = self._walks[0]
            if (visit := next(current.visits, None)) is None:
                self._walks.popleft()
                self._end(current)
            elif visit.is_spool:
                self._come_to(visit, current)
            elif not visit.is_in_run:
                self._events.watch_above(visit.folder)
        spent = time.monotonic() - now
        share = _SHARE_HEARD if longest < math.inf and not self._unheard else _SHARE_UNHEARD
        self._next_walk = max(self._next_walk, time.monotonic() + spent / share)

    def _begin_walk(self, *, is_urgent: bool) -> None:
        places = [(path, None) for path in self._paths]
        self._found_meanwhile.clear()
        self._walks.append(self._made_walk(places, is_whole=True, is_urgent=is_urgent))

    def _made_walk(
        self, places: Iterable[tuple[Path, Path | None]], *, is_whole: bool = False, is_urgent: bool = True
    ) -> _Walk:
        made = _Walk(iter(()), is_whole=is_whole, is_urgent=is_urgent)
        made.visits = (visit for path, start in places for visit in walk(path, made.unread.append, start))
        return made

    def _come_to(self, visit: Visit, current: _Walk) -> None:
        current.found.append(visit)
        if not visit.is_linked:  # else it may be one that is reached in another way, too: see `_end`
            self._find(visit.folder)

    def _find(self, spool: Path) -> None:
        if spool not in self._known:
            self._known[spool] = _Known()
            self._new.append(spool)
        self._known[spool].is_listed = True
        self._found_meanwhile.add(spool)

    def _end(self, done: _Walk) -> None:
        """A walk has come to its end: what is there now, and what is not any more.

        One of a part costs what is there: each figure of a run that had none begins one, as its folder appears.
        """
        if done.is_whole:
            self._has_walked = True
            self._list(done)
        elif any(visit.is_linked for visit in done.found):
            elsewhere = [Visit(spool, True, False, False) for spool in self._known]
            for spool in distinct([*elsewhere, *done.found]):
                self._find(spool)
        new = [each for each in done.unread if each[0] not in self._passed_over]
        if new:
            self._passed_over.update(folder for folder, _ in new)
            log.warning("%s", passed_over(new))

    def _list(self, done: _Walk) -> None:
        """Take what a whole walk came to as all that there is."""
        found = distinct(done.found)
        listed = {*found, *self._hidden(done.unread), *self._found_meanwhile}
        for spool in found:
            self._find(spool)
        for spool, known in self._known.items():
            if spool not in listed:
                known.is_listed = False
                self._due[spool] = None

    def _hidden(self, unread: Iterable[Unread]) -> list[Path]:
        """The spools that were there and cannot be seen now: unreadable is not gone."""
        folders = {folder for folder, _ in unread}
        return [each for each in self._known if not folders.isdisjoint((each, *each.parents))] if folders else []

    # One spool

    def _handed(self, spool: Path) -> Iterator[Path]:
        """A spool to look at, if it is still watched."""
        if (known := self._known.get(spool)) is not None:
            self._listen(spool)
            known.signature, known.unchanged = _signature(spool), 0
            yield spool

    def _listen(self, spool: Path) -> None:
        """Have events of a spool, if they are wanted and there are any."""
        known = self._known[spool]
        if not known.is_quiet:
            known.is_heard = self._events.watch_spool(spool)
            self._sort_in(spool, known)

    def _sort_in(self, spool: Path, known: _Known) -> None:
        is_heard = known.is_heard and not is_on_network(spool)
        right = self._quiet if known.is_quiet else self._heard if is_heard else self._unheard
        for rota in (self._unheard, self._heard, self._quiet):
            if rota is not right:
                rota.discard(spool)
        right.add(spool)

    def _has_changed(self, spool: Path) -> bool:
        """Whether a run that is over is to be looked at: its times of modification are hints, no more."""
        known = self._known[spool]
        known.unchanged += 1
        return known.unchanged > _SEES_NOTHING or _signature(spool) != known.signature


def _signature(spool: Path) -> object:
    """What changes if a snapshot comes, or the run goes on."""
    paths, told = SpoolPaths(spool), []
    for path in (paths.info, paths.snapshots):
        with contextlib.suppress(OSError, SpoolError):
            status = status_of(path)
            told.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return told
