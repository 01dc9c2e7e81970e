"""`drawn.jsonl`: which figures in a folder are up to date, and what they were drawn of and how."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import json
import logging
from dataclasses import astuple
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.settings import FigureSpec
from autoviz_render.renderer.work.jobs import Job
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.guard import WarnOnce
from autoviz_render.spool.packs.pack_files import PackFiles
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.system.safe_read import append_plain, read_plain

NAME = "drawn.jsonl"

log = logging.getLogger("autoviz_render.renderer")

_MOST_BYTES = 1 << 26
_LONGEST_LINE = 10_000  # bytes: a file's name and a digest have a few hundred
_END_BYTES = 4096  # of a snapshot: the end of its footer, with the checksums of what is in it


class RenderCache:
    """Knows which figures in one folder are up to date.

    A line that was torn, and a file that is not as it was left, count as not drawn.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._drawn: dict[str, tuple[str, int]] = {}
        self._warn = WarnOnce(log)
        with contextlib.suppress(OSError, SpoolError):
            for line in bytes(read_plain(self._path, _MOST_BYTES)).splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
                    entry = json.loads(line[:_LONGEST_LINE])
                    self._drawn[entry["file"]] = (entry["of"], entry["size"])

    def has(self, job: Job) -> bool:
        """Whether all files of a job are there as they would be drawn."""
        paths = [path for _, path in job.files()]
        if any(path.name not in self._drawn for path in paths):
            return False  # at once: the digest costs a look at the snapshot
        of = identity(job)
        return of is not None and all(self._drawn[path.name] == (of, _size(path)) for path in paths)

    def add(self, job: Job) -> None:
        """Record that a job is done; if that is not possible, the job is done again the next time."""
        of = identity(job)
        if of is None:
            return
        lines = [{"file": path.name, "of": of, "size": _size(path)} for _, path in job.files()]
        try:
            with append_plain(self._path) as file:
                file.write("".join(json.dumps(line) + "\n" for line in lines).encode())
        except (OSError, SpoolError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not a file"
            self._warn("%s: cannot be written, what is drawn will be drawn again: %s", self._path, why)


def identity(job: Job) -> str | None:
    """A digest of everything that a job's files depend on; None if the snapshot or the figure is gone."""
    path, how = SpoolPaths(job.spool).snapshots / job.snapshot, job.settings
    try:
        size, end = PackFiles(SpoolPaths(job.spool)).end(path, _END_BYTES)
        snapshot = hashlib.sha256(end).hexdigest()
        source = _source(job.figure)
    except (OSError, SpoolError, FigureError):
        return None
    facts = [
        job.snapshot,
        size,
        snapshot,
        job.figure.name,
        source,
        how.dpi,
        how.theme,
        astuple(how.page),
        png.deflate.__name__,
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


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


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
