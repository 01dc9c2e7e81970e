"""A film of a run: the same figure of one snapshot after another, its colours fixed."""

from __future__ import annotations

import contextlib
import json
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from autoviz_render.figures import colours
from autoviz_render.figures.registry import FigureError
from autoviz_render.renderer.batch.fixed_colour_limits import with_limits_of
from autoviz_render.renderer.batch.movie_formats import Film, Frame, MovieError, on_paper, writer
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.theme import THEMES, ThemeName
from autoviz_render.renderer.work.jobs import LIVE_DPI, Figure, RenderResult
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.paths import snapshot_ref
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.system.atomic import draft_of, remove_drafts

log = logging.getLogger("autoviz_render.renderer")

_LONGEST_FAULT = 10_000  # characters
_SAMPLES = 5
"""So many frames, spread over the film, show which colours it has."""


def write_movie(
    spool: Spool,
    refs: Sequence[SnapshotRef],
    figure: Figure,
    path: Path,
    *,
    fps: float = 10.0,
    duration: float | None = None,
    dpi: int = LIVE_DPI,
    theme: ThemeName = "light",
    on_error: Callable[[str], None],
    on_frame: Callable[[int, int], None] = lambda _done, _total: None,
    on_step: Callable[[], None] = lambda: None,
) -> int:
    """Film snapshots; how many of them are in the film.

    refs: in the order of publishing. path: its suffix says how it is written: .mp4, .gif or .webp.
    fps: frames a second, one for each snapshot.
    duration: in seconds; then each snapshot is shown for as long as it was the newest, on this scale and counted in
        frames, the last one for at least a second. One that was not the newest for as long as a frame is left out.
    dpi, theme: see `KeptFigure`.
    on_error: told, in one line, of a snapshot that cannot be read, which is left out, and of panels that show their
        error instead. on_frame: told after each frame how many are done, and of how many. on_step: called whenever
        something was read or drawn.

    Every frame has the colour limits and the size of the last one: values beyond the limits show as an arrow on the
    colour bar, a smaller figure is padded with paper and a larger one is cut, at its right and below, never scaled.
    The film appears whole or not at all, and no more than a few frames are held in memory.

    Raises MovieError where it cannot be made here, FigureError where there is no such figure, NoSpoolError where no
    snapshot can be read, OSError where the film cannot be written.
    """
    write = writer(path.suffix)
    if not (0.01 <= fps <= 1000 and (duration is None or 0 < duration < math.inf)):
        raise MovieError("a film has 0.01 to 1000 frames a second, and lasts longer than no time")
    listener = _Listener(on_error, on_step)
    reader = _Reader(spool, listener)
    refs, last = _until_readable(refs, reader)
    artist = _Artist(figure, last, dpi, theme, listener)
    rate = Fraction(fps).limit_denominator(1000)
    showings = (
        [_Showing(ref) for ref in refs] if duration is None else _in_true_time(refs, reader, duration, float(rate))
    )
    size = artist.draw(last).shape[:2]
    paper = colours.rgb(THEMES[theme].paper)

    def pixels(ref: SnapshotRef) -> Pixels | None:
        snapshot = last if ref == refs[-1] else reader.read(ref)
        return None if snapshot is None else on_paper(artist.draw(snapshot), size, paper)

    def samples() -> Iterator[Pixels]:
        for number in sorted({round(part) for part in np.linspace(0, len(showings) - 1, _SAMPLES)}):
            if (sample := pixels(showings[number].ref)) is not None:
                yield sample

    frames = _Frames(showings, pixels, is_timed=duration is not None, on_frame=on_frame)
    film = Film(iter(frames), len(showings), rate, size, paper, samples)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_drafts(path.parent, of=path.name)  # of a process that was killed
        with draft_of(path, tmp=path.parent) as draft:
            write(draft, film)
    except OSError as error:  # the draft's name would tell nobody anything
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    return frames.count


@dataclass(frozen=True)
class FilmJob:
    """A film for a worker to make: see `write_movie`.

    spool: its directory. snapshots: the names of their files.
    """

    kind: ClassVar[str] = "film"

    spool: Path
    snapshots: Sequence[str]
    figure: Figure
    path: Path
    fps: float = 10.0
    duration: float | None = None
    dpi: int = LIVE_DPI
    theme: ThemeName = "light"

    @property
    def snapshot(self) -> str:
        return f"the film {self.path}"

    def files(self) -> list[tuple[str, Path]]:
        return [("film", self.path)]

    def to_line(self) -> str:
        paths = {"spool": str(self.spool.absolute()), "path": str(self.path.absolute())}
        return json.dumps(asdict(self) | paths)

    @staticmethod
    def from_line(line: str | bytes) -> FilmJob:
        content: dict[str, Any] = json.loads(line)
        paths = {name: Path(content[name]) for name in ("spool", "path")}
        return FilmJob(**content | paths | {"figure": Figure(**content["figure"])})


def filmed(job: FilmJob, say: Callable[[str], None]) -> RenderResult:
    """Make a film, and tell of it meanwhile; what became of it. say: told JSON, see `Word`."""
    spool = Spool(job.spool)
    named = (snapshot_ref(spool.paths.snapshots, name) for name in job.snapshots)
    try:
        write_movie(
            spool,
            [ref for ref in named if ref is not None],
            job.figure,
            job.path,
            fps=job.fps,
            duration=job.duration,
            dpi=job.dpi,
            theme=job.theme,
            on_error=lambda message: say(Word(fault=message[:_LONGEST_FAULT]).to_line()),
            on_frame=lambda done, total: say(Word(done, total).to_line()),
            on_step=lambda: say(Word().to_line()),
        )
    except (MovieError, FigureError) as error:
        return RenderResult("undrawable", fault=str(error))
    except NoSpoolError as error:
        return RenderResult("gone", fault=str(error))
    except SpoolError as error:
        return RenderResult("unreadable", fault=str(error))
    except OSError as error:
        return RenderResult("unwritable", fault=f"{error.filename}: {error.strerror}")
    return RenderResult(files=(job.path,))


@dataclass(frozen=True)
class Word:
    """What is told of a film that is being made: how many of its frames are drawn, or a fault."""

    done: int = 0
    total: int = 0
    fault: str = ""

    def to_line(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_line(line: bytes) -> Word:
        """Nothing at all if the line is none: a figure's code ran where it comes from."""
        try:
            content: dict[str, Any] = json.loads(line)
            return Word(int(content["done"]), int(content["total"]), str(content["fault"]))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return Word()


@dataclass(frozen=True)
class _Showing:
    """When a snapshot is shown: for so many ticks after the one before."""

    ref: SnapshotRef
    ticks: int = 1


@dataclass(frozen=True)
class _Listener:
    """Is told of faults, and of each step."""

    on_error: Callable[[str], None]
    on_step: Callable[[], None]


class _Reader:
    """Reads snapshots, and tells of each that cannot be read once."""

    def __init__(self, spool: Spool, listener: _Listener) -> None:
        self.folder = spool.paths.snapshots
        self._spool, self._listener = spool, listener
        self._refused: set[SnapshotRef] = set()

    def read(self, ref: SnapshotRef) -> Snapshot | None:
        """None where it cannot be read, or is gone: retention at work is no error."""
        self._listener.on_step()
        if ref in self._refused:
            return None
        try:
            return self._spool.read(ref)
        except FileNotFoundError:
            log.debug("%s is gone", ref.path)
        except SpoolError as error:
            self._listener.on_error(self._spool.explain(ref, error))
        except OSError as error:
            self._listener.on_error(f"{ref.path}: cannot be read: {error.strerror}")
        self._refused.add(ref)
        return None

    def time(self, ref: SnapshotRef) -> float | None:
        """When it was published, in seconds since 1970 (UTC); None where nobody knows."""
        snapshot = self.read(ref)
        return None if snapshot is None else snapshot.time

    def times(self, refs: Sequence[SnapshotRef]) -> list[float | None]:
        """As `time`, from the run's numbers where they have it, for they are read at once."""
        known = {}
        with contextlib.suppress(OSError, SpoolError):
            known = {(line.epoch, line.sequence): line.time for line in self._spool.scalars(abandoned=True)}
        return [known.get((ref.epoch, ref.sequence)) or self.time(ref) for ref in refs]


def _until_readable(refs: Sequence[SnapshotRef], reader: _Reader) -> tuple[Sequence[SnapshotRef], Snapshot]:
    """The references up to the last one that can be read, and its snapshot. Raises NoSpoolError."""
    for count in range(len(refs), 0, -1):
        if (last := reader.read(refs[count - 1])) is not None:
            return refs[:count], last
    raise NoSpoolError(reader.folder, "holds no snapshot that can be read, and a film needs one")


class _Artist:
    """Draws snapshots with the colour limits of the last, and tells of each error once."""

    def __init__(self, figure: Figure, last: Snapshot, dpi: int, theme: ThemeName, listener: _Listener) -> None:
        self._name, self._listener = figure.name, listener
        self._drawing = KeptFigure(with_limits_of(figure.recipe(), last), dpi=dpi, theme=THEMES[theme])
        self._told: set[str] = set()

    def draw(self, snapshot: Snapshot) -> Pixels:
        self._listener.on_step()
        drawn = self._drawing.draw(snapshot)
        for error in drawn.errors:
            if error not in self._told:
                self._told.add(error)
                self._listener.on_error(f"figure {self._name!r}: {error}")
        return drawn.pixels


def _in_true_time(refs: Sequence[SnapshotRef], reader: _Reader, duration: float, rate: float) -> list[_Showing]:
    """For how many ticks each snapshot is shown; those that are not are left out."""
    timed = [(ref, time) for ref, time in zip(refs, reader.times(refs), strict=True) if time is not None]
    counts = ticks_shown([time for _, time in timed], duration, rate)
    return [_Showing(ref, count) for (ref, _), count in zip(timed, counts, strict=True) if count]


def ticks_shown(times: Sequence[float], duration: float, rate: float) -> list[int]:
    """For how many ticks of a film each moment is the newest; the last one for a second, or half of a short film.

    times: in seconds, of which a clock may have gone back. duration: of the film, in seconds. rate: ticks a second.
    """
    total = max(1, round(duration * rate))
    held = min(math.ceil(rate), max(1, total // 2))
    since = np.maximum.accumulate(np.nan_to_num(times, posinf=0.0, neginf=0.0))
    since = since / 2 - since[0] / 2  # of the halves, as two floats may be further apart than the largest float
    if not since[-1] > 0:
        since = np.arange(len(times), dtype=np.float64)  # no clock: each as long as the next
    starts = np.ceil(since / max(since[-1], 1e-300) * (total - held)).astype(int)
    return [int(count) for count in np.diff(starts, append=total)]


class _Frames:
    """The film's frames, each drawn when it is asked for. count: how many there were until now."""

    def __init__(
        self,
        showings: Sequence[_Showing],
        draw: Callable[[SnapshotRef], Pixels | None],
        *,
        is_timed: bool,
        on_frame: Callable[[int, int], None],
    ) -> None:
        self._showings, self._draw, self._is_timed, self._on_frame = showings, draw, is_timed, on_frame
        self.count = 0

    def __iter__(self) -> Iterator[Frame]:
        """One behind what is drawn: where a snapshot cannot be read, the one before is shown for longer."""
        ready: Frame | None = None
        for number, showing in enumerate(self._showings):
            pixels = self._draw(showing.ref)
            if pixels is not None:
                if ready is not None:
                    yield ready
                ready = Frame(pixels, showing.ticks)
                self.count += 1
            elif ready is not None and self._is_timed:
                ready = replace(ready, ticks=ready.ticks + showing.ticks)
            self._on_frame(number + 1, len(self._showings))
        if ready is not None:
            yield ready
