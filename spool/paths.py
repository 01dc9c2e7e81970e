"""Where everything lies in a spool, and how a snapshot's name tells its place in the run."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from autoviz_render.spool.errors import NoSpoolError, UnreadableError, WrongValueError, nearest
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.system.archived import (
    THROUGH_A_FILE,
    archive_beside,
    archive_of,
    is_archive_name,
    is_file,
    names_in,
    spools_in,
)
from autoviz_render.spool.text import printable

_MOST_NAMED = 5  # in a message
_MOST_LOOKED_INTO = 500  # folders, for a message
_SNAPSHOT_NAME = re.compile(r"e([0-9]{4,9})-([0-9]{12,18})\.h5")


class _Inside:
    """The path of a name inside the spool's directory."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, paths: SpoolPaths | None, owner: object) -> Path:
        return Path(self._name) if paths is None else paths.directory / self._name


@dataclass(frozen=True)
class SpoolPaths:
    """The files and folders of one spool directory.

    Attributes:
        directory: The spool itself.
        info: What it is, and the state of the run.
        tmp: What is being written.
        snapshots: One file each.
        static: The arrays that never change.
        packs: Many files of `snapshots/` and `static/` in one.
        scalars: The numbers of every quick update.
        bad: Why files cannot be read.
        heartbeat: The live renderer's sign of life.
        alarms: What a renderer found wrong with the newest snapshot.
        writer_lock: Held by the one writer.
        lock: Held by the live renderer.
        log: The live renderer's.
    """

    directory: Path
    info = _Inside("spool.json")
    tmp = _Inside("tmp")
    snapshots = _Inside("snapshots")
    static = _Inside("static")
    packs = _Inside("packs")
    scalars = _Inside("scalars.jsonl")
    bad = _Inside("bad")
    heartbeat = _Inside("renderer.json")
    alarms = _Inside("alarms.json")
    writer_lock = _Inside("writer.lock")
    lock = _Inside("renderer.lock")
    log = _Inside("renderer.log")

    @property
    def run_dir(self) -> Path:
        """The directory that the spool is in."""
        return self.directory.parent

    @property
    def is_archived(self) -> bool:
        """Whether the spool is in a zip, where nothing can be written."""
        return archive_of(self.directory) is not None

    @property
    def figures(self) -> Path:
        """Where the figures of the run directory go: `image/` in it, and `RUN.figures/` beside a `RUN.zip`.

        Not to `RUN/`: PyAutoFit removes that before it extracts the archive, and takes it for a run that is there.
        """
        if (found := archive_of(self.directory)) is None:
            return self.run_dir / "image"
        archive, name = found
        return archive.with_suffix(".figures") / PurePosixPath(name).parent

    @property
    def images(self) -> Path:
        """Where the figures go: `figures`, and `NAME/` in it for a spool of its own name."""
        name = self.directory.name.removeprefix("spool").removeprefix("-")
        return self.figures / name.strip(".")  # `..` would lead out of it


def spool_paths(run_dir: str | os.PathLike[str], name: str | None = None) -> SpoolPaths:
    """Where a writer's spool lies: `spool/`, or `spool-NAME/` for one of several writers in a run directory.

    Raises:
        ValueError: The name could not be part of a folder's name.
    """
    if name is not None and not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", name):
        raise WrongValueError(wrong("name", name, "expected at most 100 letters, digits, '_', '.' and '-'"))
    return SpoolPaths(Path(run_dir) / ("spool" if name is None else f"spool-{name}"))


def snapshot_name(epoch: int, sequence: int) -> str:
    """The file name of a snapshot. Names sort in the order of publishing, for the first ten thousand epochs."""
    return f"e{epoch:04d}-{sequence:012d}.h5"


def list_snapshots(folder: Path) -> list[SnapshotRef]:
    """The snapshots of one folder in the order of publishing; none if there is no such folder.

    Any other name is passed over: it is not ours to judge.
    """
    try:
        names = names_in(folder)
    except FileNotFoundError:
        return []  # the run has not begun, or its directory was moved away
    return sorted(ref for name in names if (ref := snapshot_ref(folder, name)) is not None)


def snapshot_ref(folder: Path, name: str) -> SnapshotRef | None:
    """The snapshot of a file name; None if it is no snapshot's."""
    match = _SNAPSHOT_NAME.fullmatch(name)
    return SnapshotRef(int(match[1]), int(match[2]), folder / name) if match else None


Unread = tuple[Path, OSError]
"""What could not be looked into, and why."""


def find_spools(path: Path, on_error: Callable[[Unread], object] = lambda _: None) -> list[Path]:
    """The spool directories at or under a path, sorted: a spool itself, a run, or a tree of runs.

    The path may be a link. So may `spool/` in it, or, if it is no run itself, whatever is directly below it: a run or
    an output folder on another disk. Deeper down, where the tree may be a stranger's, a link counts only if it has a
    spool's name and belongs to this user. No other link is followed: none can lead the search astray or round in
    circles. A spool that is reached in several ways is listed once.

    Spools in zips are among them, by a path through the zip, see `archived`; if the folder that was archived is there,
    too, it counts. Of a folder that is gone while its zip is there the zip is searched.

    Args:
        path: Where to look.
        on_error: Called with each folder that cannot be looked into. It is passed over; what is gone is not told.
    """
    return distinct(visit for visit in walk(path, on_error) if visit.is_spool)


class Visit(NamedTuple):
    """A folder that a walk comes to.

    Attributes:
        folder: Its path.
        is_spool: Whether it is a spool, below which nothing is looked for.
        is_linked: Whether a link led there.
        is_in_run: Whether it is below the directory of a run.
    """

    folder: Path
    is_spool: bool
    is_linked: bool
    is_in_run: bool


def walk(path: Path, on_error: Callable[[Unread], object], start: Path | None = None) -> Iterator[Visit]:
    """Come to each folder that `find_spools` looks into, to each before it is listed; of zips to their spools alone.

    Args:
        path: Where to look.
        on_error: See `find_spools`.
        start: Only at and under this one below the path.
    """
    folders = [Visit(start or archive_beside(path) or path, is_spool=False, is_linked=False, is_in_run=False)]
    if start not in (None, path) and os.path.islink(start):
        is_run = os.path.isfile(start.parent / "spool" / "spool.json")
        if not _counts(start.name, start, is_top=start.parent == path, is_run=is_run, on_error=on_error):
            return
        folders = [folders[0]._replace(is_linked=True)]
    while folders:
        visit = folders.pop()
        folder, is_in_run = visit.folder, visit.is_in_run
        if is_archive_name(folder.name) and not os.path.isdir(folder):
            yield from (visit._replace(folder=each, is_spool=True) for each in _archived_spools(folder, on_error))
            continue
        below: list[tuple[str, Path, bool]] = []
        try:
            if is_spool(folder):
                yield visit._replace(is_spool=True)
                continue  # nothing below a spool is another one
            yield visit
            below.extend(_entries(folder, on_error))
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone meanwhile
        except OSError as error:  # not ours to look into, deeper than a name can be, or on a disk that fails
            on_error((folder, error))
        is_run = any(_has_spool_name(name) and os.path.isfile(place / "spool.json") for name, place, _ in below)
        for name, place, is_link in below:
            if not is_link:
                folders.append(Visit(place, False, visit.is_linked, is_in_run or is_run))
            elif _counts(name, place, is_top=folder == path, is_run=is_run, on_error=on_error):
                folders.append(Visit(place, False, True, is_in_run or is_run))


def distinct(spools: Iterable[Visit]) -> list[Path]:
    """The spools that a walk came to, sorted; one that was reached in several ways once."""
    found = sorted(((visit.is_linked, visit.folder) for visit in spools), reverse=True)
    if any(is_linked for is_linked, _ in found):  # of those that are the same the last one counts, without a link
        return sorted({os.path.realpath(spool): spool for _, spool in found}.values())
    return [spool for _, spool in reversed(found)]


def _entries(folder: Path, on_error: Callable[[Unread], object]) -> Iterator[tuple[str, Path, bool]]:
    """Name, path, and whether it is a link, of each folder, zip and link in a folder. Raises OSError."""
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                is_link = entry.is_symlink()
                if is_link or entry.is_dir(follow_symlinks=False) or is_archive_name(entry.name):
                    yield entry.name, Path(entry.path), is_link
            except OSError as error:
                on_error((Path(entry.path), error))


def _archived_spools(path: Path, on_error: Callable[[Unread], object]) -> list[Path]:
    """The spools in a zip; none if it is no zip by its name, or gone meanwhile."""
    try:
        return spools_in(path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except UnreadableError as error:
        if not os.path.isdir(path.with_suffix("")):  # else the folder is being put into it
            on_error((path, OSError(errno.EINVAL, error.fault, str(path))))
    except OSError as error:
        on_error((path, error))
    return []


def _counts(name: str, link: Path, *, is_top: bool, is_run: bool, on_error: Callable[[Unread], object]) -> bool:
    """Whether a link is followed: see `find_spools`."""
    try:
        if _has_spool_name(name):
            return is_spool(link) and (is_top or _is_mine(link))
        # a link of another name that leads to a spool has no place for figures beside it
        return is_top and not is_run and stat.S_ISDIR(os.stat(link).st_mode) and not is_spool(link)
    except FileNotFoundError:
        return False  # it leads nowhere
    except OSError as error:
        on_error((link, error))
        return False


def is_spool(folder: Path) -> bool:
    """Whether a folder is a spool, by its `spool.json`. Raises OSError if that cannot be told."""
    try:
        return stat.S_ISREG(os.stat(folder / "spool.json").st_mode)
    except THROUGH_A_FILE:
        return is_file(folder / "spool.json")
    except FileNotFoundError:
        return False


def _has_spool_name(name: str) -> bool:
    return name == "spool" or name.startswith("spool-")


def _is_mine(link: Path) -> bool:
    return hasattr(os, "geteuid") and os.stat(link, follow_symlinks=False).st_uid == os.geteuid()


def passed_over(unread: Sequence[Unread]) -> str:
    """One line for a person about folders that are passed over, of which there is at least one."""
    folder, error = unread[0]
    more = f", as are {len(unread) - 1} more" if len(unread) > 1 else ""
    if isinstance(error, NoSpoolError):
        return f"{folder}: {error.fault}; it is passed over{more}"
    return f"{folder}: cannot be looked into ({error.strerror or error}) and is passed over{more}"


def why_no_spool(path: Path) -> str:
    """What to tell a person who takes a path for a run or its spool, as the end of a sentence that starts with it."""
    try:
        holds = _holds(path)
    except (UnreadableError, NotADirectoryError) as error:
        return error.fault if isinstance(error, UnreadableError) else "is a file; give the run's directory"
    except FileNotFoundError:
        with contextlib.suppress(OSError):
            return f"does not exist; {path.parent} {_holds(path.parent)}{nearest(path.name, os.listdir(path.parent))}"
        return f"does not exist, nor does {path.parent}; give the run's directory"
    except OSError as error:
        return f"cannot be looked into: {error.strerror or error}"
    if runs := [str(run) for run in itertools.islice(_runs_below(path), _MOST_NAMED)]:
        return f"is no run, and there are runs below it; give one of them: {printable(', '.join(runs))}"
    return f"holds no spool: nothing was published there yet, or the run is elsewhere; it {holds}"


def _runs_below(path: Path) -> Iterator[Path]:
    """The runs that are not deep below a path, of which there may be a whole disk."""
    with contextlib.suppress(OSError, UnreadableError):
        yield from (spool.parent for spool in spools_in(path))
    folders = [path]
    for _ in range(2):
        below: list[Path] = []
        for folder in folders:
            with contextlib.suppress(OSError):
                below += sorted(Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
        folders = below[:_MOST_LOOKED_INTO]
        with contextlib.suppress(OSError):
            yield from (folder for folder in folders if is_spool(folder / "spool"))


def _holds(folder: Path) -> str:
    names = sorted(names_in(folder))
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"holds {printable(', '.join(names[:_MOST_NAMED]))}{more}" if names else "is empty"
