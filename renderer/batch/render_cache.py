"""`drawn.jsonl`: which figures in a folder are up to date, and what they were drawn of and how."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import json
import logging
import os
import re
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.alarms.rules import Rules, read_rules
from autoviz_render.renderer.batch.shards import Shard
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.settings import FigureSpec
from autoviz_render.renderer.work.jobs import Job
from autoviz_render.spool.errors import AutovizError, SpoolError
from autoviz_render.spool.guard import WarnOnce
from autoviz_render.spool.packs.pack_files import PackFiles
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.safe_read import append_plain, open_plain, read_plain

NAME = "drawn.jsonl"

log = logging.getLogger("autoviz_render.renderer")

_NAMES = re.compile(r"drawn(-[0-9]+-of-[0-9]+)?\.jsonl")
_MOST_BYTES = 1 << 26
_LONGEST_LINE = 10_000  # bytes: a file's name and a digest have a few hundred
_END_BYTES = 4096  # of a snapshot: the end of its footer, with the checksums of what is in it
_FIGURE_BYTES = 1 << 16  # of a figure's end: a png's has the checksum of all pixels

Drawn = tuple[str, int, int | None]
"""Of what and how a file was drawn, and the file as it was left: its size, and the checksum of its end."""


class RenderCache:
    """Knows which figures in one folder are up to date.

    Several processes may draw into the folder at once, on several hosts, each a part. No file is appended to by two
    hosts, as network file systems may lose what one of them wrote: each shard has its own. All of them are read. Which
    one is newer does not matter: a line counts if the figure is still as it was left when the line was written.

    A line that was torn, and a file that is not as it was left, count as not drawn.

    Args:
        folder: Of the figures.
        shard: Which part is drawn; None is all.
    """

    def __init__(self, folder: Path, shard: Shard | None = None) -> None:
        self._path = folder / (NAME if shard is None else f"drawn-{shard.number}-of-{shard.of}.jsonl")
        self._drawn: dict[str, set[Drawn]] = {}
        self._warn = WarnOnce(log)
        for path in _caches(folder):
            with contextlib.suppress(OSError, SpoolError):
                for line in bytes(read_plain(path, _MOST_BYTES)).splitlines():
                    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
                        self._read(json.loads(line[:_LONGEST_LINE]))

    def _read(self, entry: dict[str, Any]) -> None:
        drawn, known = (entry["of"], entry["size"], entry.get("end")), self._drawn.setdefault(entry["file"], set())
        known.difference_update([each for each in known if None in (each[2], drawn[2])])
        known.add(drawn)  # version 0.1 told no more than the size: there, the last line is right

    def has(self, job: Job) -> bool:
        """Whether all files of a job are there as they would be drawn."""
        paths = [path for _, path in job.files()]
        if any(path.name not in self._drawn for path in paths):
            return False  # at once: the digest costs a look at the snapshot
        of = identity(job)
        return of is not None and all(self._is_as_left(path, of) for path in paths)

    def _is_as_left(self, path: Path, of: str) -> bool:
        if not any(drawn[0] == of for drawn in self._drawn[path.name]):
            return False
        size, end = _left(path)
        return not self._drawn[path.name].isdisjoint({(of, size, end), (of, size, None)})

    def add(self, job: Job, told: str = "") -> None:
        """Record that a job is done; if that is not possible, the job is done again the next time.

        Args:
            job: The job.
            told: What `record` said of it to whoever drew.
        """
        if not (told := told or record(job)):
            return
        try:
            with append_plain(self._path) as file:
                file.write(told.encode())
        except (OSError, SpoolError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not a file"
            self._warn("%s: cannot be written, what is drawn will be drawn again: %s", self._path, why)


def record(job: Job) -> str:
    """Lines for the cache about a job that is done; empty if its snapshot is gone."""
    of = identity(job)
    if of is None:
        return ""
    left = [(path.name, *_left(path)) for _, path in job.files()]
    return "".join(json.dumps({"file": name, "of": of, "size": size, "end": end}) + "\n" for name, size, end in left)


def _caches(folder: Path) -> list[Path]:
    """The caches of a folder, that of shards too."""
    try:
        return sorted(folder / name for name in os.listdir(folder) if _NAMES.fullmatch(name))
    except OSError:
        return []


def identity(job: Job) -> str | None:
    """A digest of everything that a job's files depend on; None if the snapshot or the figure is gone."""
    path, how = SpoolPaths(job.spool).snapshots / job.snapshot, job.settings
    try:
        size, end = PackFiles(SpoolPaths(job.spool)).end(path, _END_BYTES)
        snapshot = hashlib.sha256(end).hexdigest()
        source = _source(job.figure)
    except (OSError, SpoolError, FigureError):
        return None
    facts: list[Any] = [
        job.snapshot,
        size,
        snapshot,
        job.figure.name,
        source,
        how.record(),
        png.deflate.__name__,
        *_rules_of(job),
        *_said_of(job),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _rules_of(job: Job) -> list[str]:
    """What a person changed in the rules of the run's alarms, which stand in the figure; nothing by default."""
    try:
        rules = read_rules(SpoolPaths(job.spool).run_dir)
    except (AutovizError, OSError):  # then the default ones are used
        rules = Rules()
    return [] if rules == Rules() else [repr(rules)]


def _said_of(job: Job) -> list[str]:
    """What the run says of its arrays and parameters, which stands in the figure, and may change at its next start."""
    try:
        info = Spool(job.spool).info()
    except (SpoolError, OSError):
        return []
    said = [dict(each) for each in (info.units, info.labels, info.axes, info.scales)]
    return [json.dumps(said, sort_keys=True)] if any(said) else []


@functools.lru_cache(maxsize=64)
def _source(figure: FigureSpec) -> str:
    """What draws: this package and Matplotlib by their versions, the figure's own module by its text."""
    recipe: Any = figure.recipe()
    while isinstance(recipe, functools.partial):
        recipe = recipe.func
    text = b""
    with contextlib.suppress(OSError, TypeError):  # no source, or none that can be found
        text = Path(inspect.getsourcefile(inspect.getmodule(recipe) or recipe) or "").read_bytes()
    return f"{version('autoviz-render')} {version('matplotlib')} {hashlib.sha256(text).hexdigest()}"


def _left(path: Path) -> tuple[int, int]:
    """A file's size, and the checksum of its end; -1 and 0 if it is not there."""
    try:
        with open_plain(path, 1 << 62) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _FIGURE_BYTES))
            return size, zlib.crc32(file.read(_FIGURE_BYTES))
    except (OSError, SpoolError):
        return -1, 0
