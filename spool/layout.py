"""Where everything lies in a spool, and how a snapshot's name tells its place in the run."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from autoviz_render.spool.snapshot import SnapshotRef

FORMAT_VERSION = 1
FILE_FORMAT = "autoviz-render"
"""What the root attribute `format` of every file begins with."""

_SNAPSHOT_NAME = re.compile(r"e([0-9]{4,9})-([0-9]{12,18})\.h5")


@dataclass(frozen=True)
class SpoolPaths:
    """The files and folders of one spool directory."""

    directory: Path

    @property
    def run_dir(self) -> Path:
        return self.directory.parent

    @property
    def info(self) -> Path:
        return self.directory / "spool.json"

    @property
    def tmp(self) -> Path:
        return self.directory / "tmp"

    @property
    def snapshots(self) -> Path:
        return self.directory / "snapshots"

    @property
    def static(self) -> Path:
        return self.directory / "static"

    @property
    def scalars(self) -> Path:
        return self.directory / "scalars.jsonl"

    @property
    def bad(self) -> Path:
        return self.directory / "bad"

    @property
    def heartbeat(self) -> Path:
        return self.directory / "renderer.json"

    @property
    def writer_lock(self) -> Path:
        return self.directory / "writer.lock"

    @property
    def lock(self) -> Path:
        return self.directory / "renderer.lock"

    @property
    def log(self) -> Path:
        return self.directory / "renderer.log"

    @property
    def images(self) -> Path:
        """Where the figures go: `image/`, and `image/NAME/` for a spool of its own name."""
        name = self.directory.name.removeprefix("spool").removeprefix("-")
        return self.run_dir / "image" / name.strip(".")  # `..` would lead out of it


def spool_paths(run_dir: str | os.PathLike[str], name: str | None = None) -> SpoolPaths:
    """Where a writer's spool lies: `spool/`, or `spool-NAME/` for one of several writers in a run directory.

    Raises ValueError where the name could not be part of a folder's name.
    """
    if name is not None and not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", name):
        raise ValueError(f"{name!r} cannot name a spool: use letters, digits, '_', '.' and '-'")
    return SpoolPaths(Path(run_dir) / ("spool" if name is None else f"spool-{name}"))


def snapshot_name(epoch: int, sequence: int) -> str:
    """The file name of a snapshot. Names sort in the order of publishing, for the first ten thousand epochs."""
    return f"e{epoch:04d}-{sequence:012d}.h5"


def list_snapshots(folder: Path) -> list[SnapshotRef]:
    """The snapshots of one folder in the order of publishing; none where there is no such folder.

    Any other name is passed over: it is not ours to judge.
    """
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []  # the run has not begun, or its directory was moved away
    return sorted(ref for name in names if (ref := snapshot_ref(folder, name)) is not None)


def snapshot_ref(folder: Path, name: str) -> SnapshotRef | None:
    """The snapshot of a file name; None where it is no snapshot's."""
    match = _SNAPSHOT_NAME.fullmatch(name)
    return SnapshotRef(int(match[1]), int(match[2]), folder / name) if match else None


def find_spools(path: Path) -> list[Path]:
    """The spool directories at or under a path, sorted: a spool itself, a run, or a tree of runs.

    Links are not followed below the path, so a link cannot lead the search astray or round in circles.
    """
    found, folders = [], [path]
    while folders:
        folder = folders.pop()
        if (folder / "spool.json").is_file():
            found.append(folder)
            continue  # nothing below a spool is another one
        try:
            with os.scandir(folder) as entries:
                folders += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue  # gone, not ours to look into, or deeper than a name can be
    return sorted(found)
