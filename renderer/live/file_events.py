"""Events of folders, as hints to look: one thread and one descriptor for any number of folders.

On Linux each folder that matters is watched for itself: a recursive watch would take one for each folder of figures and
of checkpoints, too, and misses folders that move in (watchdog #1278). Elsewhere the system watches whole trees.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from autoviz_render.spool.paths import SpoolPaths

if TYPE_CHECKING:
    from inotify_simple import INotify
    from watchdog.observers.api import BaseObserver

log = logging.getLogger("autoviz_render.renderer")

_TRIES_AGAIN = 30.0  # seconds until events are asked for again of a system that had none left

Role = Literal["snapshots", "spool", "above", "figures"]


class Hint(NamedTuple):
    """Where to look.

    Attributes:
        role: What the folder is: a spool's snapshots, a spool, one above spools, or that of a run's figures; "lost" if
            events were lost.
        folder: The spool, or the folder above spools.
        name: Of the entry that appeared in the folder; empty if the folder itself is gone.
    """

    role: Literal["snapshots", "spool", "above", "figures", "lost"]
    folder: Path
    name: str = ""


class FileEvents(ABC):
    """Tells of what appears in folders.

    Args:
        tell: Called with each hint, in a thread of its own.
        hears_figures: Whether to tell of figures, too, and of what their renderer says of itself.
    """

    def __init__(self, tell: Callable[[Hint], object], *, hears_figures: bool = False) -> None:
        self._tell = tell
        self._hears_figures = hears_figures
        self._has_said = False

    def watch_spool(self, spool: Path) -> bool:
        """Tell of new snapshots, and of what the run says of itself; whether snapshots will be told of."""
        paths = SpoolPaths(spool)
        is_heard = self._add(paths.snapshots, "snapshots", spool)
        self._add(spool, "spool", spool)
        if self._hears_figures:
            self._add(paths.images, "figures", spool)
        return is_heard

    def watch_above(self, folder: Path) -> None:
        """Tell of folders that appear in a folder, if that is possible."""
        self._add(folder, "above", folder)

    def forget(self, spool: Path) -> None:
        """Tell nothing more of a spool."""
        paths = SpoolPaths(spool)
        for folder in (paths.snapshots, spool, *([paths.images] if self._hears_figures else [])):
            self._drop(folder)

    def forget_above(self, folder: Path) -> None:
        """Tell nothing more of a folder above spools."""
        self._drop(folder)

    def revive(self) -> None:
        """See that events still come."""
        return

    @abstractmethod
    def close(self) -> None:
        """Tell nothing more."""

    @abstractmethod
    def _add(self, folder: Path, role: Role, subject: Path) -> bool:
        """Tell of what appears in a folder; whether that works."""

    @abstractmethod
    def _drop(self, folder: Path) -> None:
        """Tell nothing more of a folder."""

    def _say(self, error: OSError | RuntimeError) -> None:
        if not self._has_said:
            self._has_said = True
            told = error.strerror if isinstance(error, OSError) else error
            log.warning("no file events for some runs (%s); these are looked at in turn instead", told)

    def _hint(self, role: Role, subject: Path, name: str) -> None:
        """Pass on what matters: the renderer itself writes beside a run's `spool.json`."""
        of_run = ("spool.json", "snapshots", "packs", *(["renderer.json"] if self._hears_figures else []))
        is_news = {
            "snapshots": name.endswith(".h5"),
            "spool": name in of_run,
            "figures": not name.startswith("."),
        }
        if not name or is_news.get(role, True):
            self._tell(Hint(role, subject, name))


class Inotify(FileEvents):
    """The events of Linux."""

    def __init__(self, tell: Callable[[Hint], object], *, hears_figures: bool = False) -> None:
        super().__init__(tell, hears_figures=hears_figures)
        self._inotify: INotify | None = None
        self._thread: threading.Thread | None = None
        self._stop = -1
        self._not_before = 0.0
        self._watched: dict[int, tuple[Path, Role, Path]] = {}  # folder, role and subject by watch
        self._watches: dict[Path, int] = {}

    def revive(self) -> None:
        if self._thread is not None and not self._thread.is_alive():
            log.warning("the thread that hears file events died; starting another")
            watched = list(self._watched.values())
            self.close()
            for folder, role, subject in watched:
                self._add(folder, role, subject)
            self._tell(Hint("lost", Path()))

    def close(self) -> None:
        inotify, self._inotify = self._inotify, None
        thread, self._thread = self._thread, None
        if inotify is not None and thread is not None:
            os.eventfd_write(self._stop, 1)
            thread.join()
            os.close(self._stop)
            inotify.close()
        self._watched, self._watches = {}, {}

    def _add(self, folder: Path, role: Role, subject: Path) -> bool:
        if (inotify := self._started()) is None:
            return False
        from inotify_simple import flags

        mask = flags.CREATE | flags.MOVED_TO | flags.DELETE_SELF | flags.MOVE_SELF | flags.ONLYDIR
        try:
            watch = inotify.add_watch(folder, mask)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.ENOMEM):
                if role == "snapshots" and self._give_up_one_above():
                    return self._add(folder, role, subject)
                self._say(error)
            return False  # else not made yet, gone, or not ours to see
        before = self._watched.get(watch)
        if before is not None and before[0] != folder:  # the same folder by an earlier name
            self._watches.pop(before[0], None)
        elif before is None and self._watches.get(folder, watch) != watch:  # another folder of the same name
            self._drop(folder)
        self._watched[watch] = (folder, role, subject)
        self._watches[folder] = watch
        return True

    def _drop(self, folder: Path) -> None:
        watch = self._watches.pop(folder, None)
        if watch is not None and self._inotify is not None:
            self._watched.pop(watch, None)
            with contextlib.suppress(OSError):  # the folder is gone, and its watch with it
                self._inotify.rm_watch(watch)

    def _give_up_one_above(self) -> bool:
        """Let a run have the watch of a folder in which one might appear: that is found out in other ways, too."""
        above = next((each for each, role, _ in list(self._watched.values()) if role == "above"), None)
        if above is not None:
            self._drop(above)
        return above is not None

    def _started(self) -> INotify | None:
        """What hears, begun if need be; None if that failed, now or a moment ago."""
        if self._inotify is not None or time.monotonic() < self._not_before:
            return self._inotify
        from inotify_simple import INotify

        opened: list[int] = []
        try:
            self._stop = os.eventfd(0, os.EFD_CLOEXEC)
            opened.append(self._stop)
            self._inotify = INotify(nonblocking=True)
            arguments = (self._inotify, self._stop)
            self._thread = threading.Thread(target=self._hear, args=arguments, name="file events", daemon=True)
            self._thread.start()
        except (OSError, RuntimeError) as error:  # out of instances, descriptors or threads
            self._say(error)
            self._not_before = time.monotonic() + _TRIES_AGAIN
            if self._inotify is not None:
                self._inotify.close()
            self._inotify = self._thread = None
            for each in opened:
                os.close(each)
        return self._inotify

    def _hear(self, inotify: INotify, stop: int) -> None:
        poll = select.poll()
        poll.register(inotify.fileno(), select.POLLIN)
        poll.register(stop, select.POLLIN)
        while stop not in [descriptor for descriptor, _ in poll.poll()]:
            for watch, mask, _, name in inotify.read(timeout=0):
                self._pass_on(watch, mask, name)

    def _pass_on(self, watch: int, mask: int, name: str) -> None:
        from inotify_simple import flags

        if mask & flags.Q_OVERFLOW:
            self._tell(Hint("lost", Path()))
        elif (watched := self._watched.get(watch)) is not None:
            folder, role, subject = watched
            if mask & flags.IGNORED:
                self._watched.pop(watch, None)
                if self._watches.get(folder) == watch:
                    self._watches.pop(folder, None)
            self._hint(role, subject, name)


class Observed(FileEvents):
    """The events of other systems, by watchdog: of all that is below the folders that are watched first."""

    def __init__(self, tell: Callable[[Hint], object], *, hears_figures: bool = False) -> None:
        super().__init__(tell, hears_figures=hears_figures)
        self._observer: BaseObserver | None = None
        self._trees: list[str] = []
        self._watched: dict[str, tuple[Role, Path]] = {}
        self._not_before = 0.0

    def close(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            with contextlib.suppress(OSError, RuntimeError):
                observer.stop()
            if observer.is_alive():
                observer.join()
        self._trees, self._watched = [], {}

    def _add(self, folder: Path, role: Role, subject: Path) -> bool:
        real = os.path.realpath(folder)  # as the system tells of it
        if not os.path.isdir(real) or not self._cover(real):
            return False
        self._watched[real] = (role, subject)
        return True

    def _drop(self, folder: Path) -> None:
        self._watched.pop(os.path.realpath(folder), None)

    def _cover(self, folder: str) -> bool:
        """Have a folder within one of the trees."""
        if any(folder == tree or folder.startswith(tree + os.sep) for tree in self._trees):
            return True
        if time.monotonic() < self._not_before:
            return False
        try:
            from watchdog.observers import Observer

            if self._observer is None:
                self._observer = Observer()
                self._observer.start()
            self._observer.schedule(self._handler(), folder, recursive=True)
        except (OSError, RuntimeError) as error:
            self._say(error)
            self._not_before = time.monotonic() + _TRIES_AGAIN
            return False
        self._trees.append(folder)
        return True

    def _handler(self) -> Any:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler

        class Handler(FileSystemEventHandler):
            def dispatch(_, event: FileSystemEvent) -> None:  # noqa: N805  self is the outer one
                for path in {os.fsdecode(event.src_path), os.fsdecode(event.dest_path)} - {""}:
                    self._pass_on(path, event.event_type)

        return Handler()

    def _pass_on(self, path: str, kind: str) -> None:
        folder, name = os.path.split(path)
        if kind in ("created", "moved") and (watched := self._watched.get(folder)) is not None:
            self._hint(*watched, name)
        if kind in ("deleted", "moved") and (watched := self._watched.get(path)) is not None:
            self._hint(*watched, "")


def file_events(tell: Callable[[Hint], object], *, hears_figures: bool = False) -> FileEvents:
    """The events of this system."""
    kind = Inotify if sys.platform == "linux" else Observed
    return kind(tell, hears_figures=hears_figures)
