"""A movie of a run: the same figure of one snapshot after another, its colours fixed."""

from __future__ import annotations

import contextlib
import json
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.renderer.batch.movie_formats import Frame, Movie, MovieError, on_paper, writer
from autoviz_render.renderer.fixed_limits import with_limits_of
from autoviz_render.renderer.plot.colour_pixels import rgb
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.page import PageError
from autoviz_render.renderer.plot.theme import THEMES
from autoviz_render.renderer.recipes import for_page
from autoviz_render.renderer.work.jobs import Job, RenderResult, Task, failed
from autoviz_render.renderer.work.judge import Judge
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.errors import AutovizError, NoSpoolError, SpoolError
from autoviz_render.spool.paths import snapshot_ref
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import draft_of, remove_drafts

log = logging.getLogger("autoviz_render.renderer")

_LONGEST_FAULT = 10_000  # characters
_SAMPLES = 5
"""How many frames, spread over the movie, show which colours it has."""


@dataclass(frozen=True)
class MovieJob(Task):
    """A movie of one figure.

    Attributes:
        path: The movie's file; its suffix says how it is written: .mp4, .gif or .webp.
        snapshots: The names of the snapshots' files, in the order of publishing.
        fps: Frames a second, one for each snapshot.
        duration: In seconds; then each snapshot is shown for as long as it was the newest, on this scale and counted in
            frames, the last one for at least a second. One that was not the newest for as long as a frame is left out.
    """

    snapshots: Sequence[str]
    fps: float = 10.0
    duration: float | None = None

    @property
    def subject(self) -> str:
        return f"the movie {self.path}"

    def files(self) -> list[tuple[str, Path]]:
        return [("movie", self.path)]

    def do(self, draw: Callable[[Job], RenderResult], say: Callable[[str], None]) -> RenderResult:
        del draw
        try:
            write_movie(self, lambda progress: say(progress.to_line()))
        except (AutovizError, OSError) as error:
            return failed(error)
        return RenderResult(files=(self.path,))


@dataclass(frozen=True)
class MovieProgress:
    """What is told of a movie while it is made.

    Attributes:
        done: How many of its snapshots are drawn; 0 if this is only a sign of life.
        total: How many there are.
        fault: In one line: a snapshot that cannot be read and is left out, or a panel that shows its error instead.
    """

    done: int = 0
    total: int = 0
    fault: str = ""

    def to_line(self) -> str:
        return json.dumps(asdict(replace(self, fault=self.fault[:_LONGEST_FAULT])))

    @staticmethod
    def from_line(line: bytes) -> MovieProgress:
        """Nothing at all if the line is none: a figure's code ran where it comes from."""
        try:
            content: dict[str, Any] = json.loads(line)
            return MovieProgress(int(content["done"]), int(content["total"]), str(content["fault"]))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return MovieProgress()


Tell = Callable[[MovieProgress], None]


def write_movie(job: MovieJob, tell: Tell) -> int:
    """Make a movie; it appears whole or not at all, and no more than a few frames are held in memory.

    Every frame has the colour limits and the size of the last one: values beyond the limits show as an arrow on the
    colour bar, a smaller figure is padded with paper and a larger one is cut, at its right and below, never scaled.

    Args:
        job: What to make.
        tell: Called with each fault once, after each frame, and whenever something was read or drawn.

    Returns:
        How many snapshots are in the movie.

    Raises:
        MovieError: It cannot be made here.
        FigureError: There is no such figure.
        NoSpoolError: No snapshot can be read.
        OSError: The file cannot be written.
    """
    write = writer(job.path.suffix)
    if not (0.01 <= job.fps <= 1000 and (job.duration is None or 0 < job.duration < math.inf)):
        raise MovieError("a movie has 0.01 to 1000 frames a second, and lasts longer than no time")
    pictures = _Pictures(job, tell)
    rate = Fraction(job.fps).limit_denominator(1000)
    shown = [(ref, 1) for ref in pictures.refs]
    if job.duration is not None:
        timed = pictures.times()
        counts = ticks_shown([time for _, time in timed], job.duration, float(rate))
        shown = [(ref, count) for (ref, _), count in zip(timed, counts, strict=True) if count]

    def samples() -> Iterator[Pixels]:
        for number in sorted({round(part) for part in np.linspace(0, len(shown) - 1, _SAMPLES)}):
            if (picture := pictures.of(shown[number][0])) is not None:
                yield picture

    frames = _frames(shown, pictures, tell, is_timed=job.duration is not None)
    movie = Movie(frames, len(shown), rate, pictures.size, pictures.paper, samples)
    try:
        job.path.parent.mkdir(parents=True, exist_ok=True)
        remove_drafts(job.path.parent, of=job.path.name)  # of a process that was killed
        with draft_of(job.path, tmp=job.path.parent) as (draft, _):
            write(draft, movie)
    except OSError as error:  # the draft's name would tell nobody anything
        raise OSError(error.errno, error.strerror or str(error), str(job.path)) from error
    return sum(ref not in pictures.unread for ref, _ in shown)


class _Pictures:
    """The pictures of a movie's snapshots, read and drawn when they are asked for.

    refs: the snapshots, up to the last one that can be read. unread: those that cannot, as far as it was tried.
    size: rows and columns of every picture. paper: the colour around a smaller figure.
    Raises NoSpoolError and FigureError.
    """

    def __init__(self, job: MovieJob, tell: Tell) -> None:
        self._tell, self._spool, self._name = tell, Spool(job.spool), job.figure.name
        self._told: set[str] = set()
        self.unread: set[SnapshotRef] = set()
        named = (snapshot_ref(self._spool.paths.snapshots, name) for name in job.snapshots)
        self.refs = [ref for ref in named if ref is not None]
        self._last = self._until_readable()
        how = job.settings
        recipe, page = for_page(job.figure.recipe(), how.page)
        recipe = with_limits_of(how.coloured(recipe), self._last)
        theme = THEMES[how.theme]
        self._figure = KeptFigure(recipe, dpi=how.dpi, theme=theme, page=page)
        self.paper = rgb(theme.paper)
        self.size = self._draw(self._last).shape[:2]

    def of(self, ref: SnapshotRef) -> Pixels | None:
        """None if the snapshot cannot be read, or is gone: retention at work is no error."""
        snapshot = self._last if ref == self.refs[-1] else self._read(ref)
        if snapshot is None:
            return None
        try:
            return on_paper(self._draw(snapshot), self.size, self.paper)
        except PageError:  # an early snapshot: the last one has the panel
            self._complain(f"figure {self._name!r}: snapshots that do not have the panel are left out")
            self.unread.add(ref)
            return None

    def times(self) -> list[tuple[SnapshotRef, float]]:
        """When each was published, in seconds since 1970 (UTC); those of which nobody knows are left out."""
        known = {}
        with contextlib.suppress(OSError, SpoolError):  # they are read at once, but may not be there
            known = {line.key: line.time for line in self._spool.scalars(abandoned=True)}
        timed = ((ref, known.get(ref.key) or getattr(self._read(ref), "time", None)) for ref in self.refs)
        return [(ref, time) for ref, time in timed if time is not None]

    def _until_readable(self) -> Snapshot:
        while self.refs:
            if (last := self._read(self.refs[-1])) is not None:
                return last
            self.refs.pop()
        raise NoSpoolError(self._spool.paths.snapshots, "holds no snapshot that can be read, and a movie needs one")

    def _read(self, ref: SnapshotRef) -> Snapshot | None:
        self._tell(MovieProgress())
        if ref in self.unread:
            return None
        try:
            return self._spool.read(ref)
        except FileNotFoundError:
            log.debug("%s is gone", ref.path)
        except SpoolError as error:
            self._complain(self._spool.explain(ref, error))
        except OSError as error:
            self._complain(f"{ref.path}: cannot be read: {error.strerror}")
        self.unread.add(ref)
        return None

    def _draw(self, snapshot: Snapshot) -> Pixels:
        self._tell(MovieProgress())
        drawing = self._figure.draw(snapshot, Judge(self._spool.paths.run_dir, self._name))
        for error in drawing.errors:
            self._complain(f"figure {self._name!r}: {error}")
        return drawing.pixels

    def _complain(self, fault: str) -> None:
        if fault not in self._told:
            self._told.add(fault)
            self._tell(MovieProgress(fault=fault))


def ticks_shown(times: Sequence[float], duration: float, rate: float) -> list[int]:
    """For how many ticks of a movie each moment is the newest; the last one for a second, or half of a short movie.

    Args:
        times: In seconds; a clock may have gone back.
        duration: Of the movie, in seconds.
        rate: Ticks a second.
    """
    total = max(1, round(duration * rate))
    held = min(math.ceil(rate), max(1, total // 2))
    since = np.maximum.accumulate(np.nan_to_num(times, posinf=0.0, neginf=0.0))
    since = since / 2 - since[0] / 2  # of the halves, as two floats may be further apart than the largest float
    if not since[-1] > 0:
        since = np.arange(len(times), dtype=np.float64)  # no clock: each as long as the next
    starts = np.ceil(since / max(since[-1], 1e-300) * (total - held)).astype(int)
    return [int(count) for count in np.diff(starts, append=total)]


def _frames(
    shown: Sequence[tuple[SnapshotRef, int]], pictures: _Pictures, tell: Tell, *, is_timed: bool
) -> Iterator[Frame]:
    """One behind what is drawn: if a snapshot cannot be read, the one before is shown for longer."""
    ready: Frame | None = None
    for number, (ref, ticks) in enumerate(shown, 1):
        picture = pictures.of(ref)
        if picture is not None:
            if ready is not None:
                yield ready
            ready = Frame(picture, ticks)
        elif ready is not None and is_timed:
            ready = replace(ready, ticks=ready.ticks + ticks)
        tell(MovieProgress(number, len(shown)))
    if ready is not None:
        yield ready
