"""The runs at or under some paths, and where the figures of each go."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoviz_render.renderer.work.jobs import figures_folder
from autoviz_render.spool.errors import AutovizError, NoSpoolError
from autoviz_render.spool.paths import Unread, find_spools
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.archived import archive_beside, is_archive_name, is_folder
from autoviz_render.spool.system.zip_archive import open_archive

_MOST_LOOKED_AT = 1000


class PathError(AutovizError, ValueError):
    """A path where no run can be: it does not exist, or is a file. The message is one line, with the remedy."""


@dataclass(frozen=True)
class Run:
    """A run to draw.

    Attributes:
        spool: What there is of it.
        out: The folder for its figures; None is its own.
    """

    spool: Spool
    out: Path | None = None


def find_runs(paths: Iterable[str | os.PathLike[str]], out: Path | None = None) -> tuple[list[Run], list[Unread]]:
    """The runs at or under the paths, none twice; and the folders that are passed over.

    These cannot be looked into, see `find_spools`, or are paths without a run beside others that have one.

    Args:
        paths: Run directories, spools, or directories above several runs.
        out: A folder for the figures of all; each run that is not itself a path has its place below it.

    Raises:
        PathError: A path does not exist, or is a file.
        NoSpoolError: There is no run at or under any path, nor a folder that could not be looked into.
        OSError: A path itself cannot be looked into.
    """
    named = [named_path(path) for path in paths]
    found: dict[str, Run] = {}
    unread: list[Unread] = []
    for path, folder in zip(named, _folders(named, out), strict=True):
        if not exists(path):
            raise PathError(f"{path}: does not exist; --watch waits for a run that is yet to start")
        before = len(unread)
        spools = [Spool(directory) for directory in find_spools(path, unread.append)]
        if not spools and len(unread) == before:
            unread.append((path, NoSpoolError(path, f"holds no spool; {_where_else(path)}")))
        for spool in spools:
            place = None if folder is None else figures_folder(spool.paths, folder, path)
            found.setdefault(os.path.realpath(spool.paths.directory), Run(spool, place))
    empty = [error for _, error in unread if isinstance(error, NoSpoolError)]
    if empty and not found:
        raise empty[0]
    return list(found.values()), unread


def _where_else(path: Path) -> str:
    """Where a spool may be that is not where a person looks, as the end of a sentence."""
    above = next((each for each in _run_dirs_above(path) if os.path.isfile(each / "spool.json")), None)
    if above is not None:
        return f"{above} is one: name that, or the folder it is in"
    for each in (path, path / "spool"):
        if os.path.isdir(each / "snapshots"):
            return f"{each / 'snapshots'} is there, but the spool.json beside it is not: copy that, too"
    if (link := _link_to_a_run(path)) is not None:
        return f"{link} is a link, which is followed only if it is named: name that"
    return "a run makes one when it starts"


def _link_to_a_run(path: Path) -> Path | None:
    """The first of the links below a path that leads to runs, of the first thousand folders and links."""
    below = itertools.chain.from_iterable(
        ((folder, name) for name in names) for folder, names, _ in os.walk(path, followlinks=False)
    )
    places = (Path(folder, name) for folder, name in itertools.islice(below, _MOST_LOOKED_AT))
    return next((place for place in places if place.is_symlink() and find_spools(place)), None)


def _run_dirs_above(path: Path) -> Iterator[Path]:
    """The folders around a path in which it may lie, as in a spool or beside one."""
    for folder in Path(os.path.abspath(path)).parents[:3]:
        yield folder
        yield folder / "spool"


def named_path(path: str | os.PathLike[str]) -> Path:
    """The path, but that of the spool itself if it leads to one by another name: figures go beside the spool."""
    named = Path(path)
    is_another = named.name in ("", "..") or os.path.islink(named)
    if is_another and not named.name.startswith("spool") and os.path.isfile(named / "spool.json"):
        return Path(os.path.realpath(named))
    return named


def exists(path: Path) -> bool:
    """Whether a run can be at a path, as there is a folder, or a zip of one.

    Raises:
        PathError: It is a file.
        UnreadableError: It is a zip that cannot be read.
        OSError: That cannot be told.
    """
    try:
        is_place = stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return is_folder(path) or archive_beside(path) is not None
    if is_place:
        return True
    if not is_archive_name(path.name):
        raise PathError(f"{path}: is no spool, but a file: name a run directory, or one above several runs")
    open_archive(path)
    return True


def _folders(paths: Sequence[Path], out: Path | None) -> list[Path | None]:
    """For each path a folder for the figures of its runs: below `out` if there are several paths."""
    if out is None or len(paths) == 1:
        return [out] * len(paths)
    names = [path.resolve().name for path in paths]
    return [out / (name if names.count(name) == 1 else f"{name}-{number}") for number, name in enumerate(names, 1)]
