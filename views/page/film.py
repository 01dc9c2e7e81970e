"""The film of a figure: thumbnails of the steps that were drawn, in few files of a bounded size, also after a restart.

If there are too many, every second one is taken out, and later steps are taken as far apart as those that stay: a film
is evenly spaced over the run however long that is. What is on disk is all that is kept.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.safe_read import finite_number, whole_number
from autoviz_render.views.page.page_files import PageFiles
from autoviz_render.views.page.scripts import digested_script, value_of
from autoviz_render.views.page.thumbnails import Thumbnail

WIDTH, HEIGHT = 320, 320
"""The most pixels of a thumbnail in a film."""

MOST_FILES, MOST_BYTES = 10, 2_000_000
"""Of a film, both."""

_FILE_BYTES = MOST_BYTES // MOST_FILES
_FRAME_BYTES = 100  # around a picture
_MOST_PICTURE = _FILE_BYTES // 2
_MOST_IN_FILE = 40
_NOT_OURS = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES)  # no file, a link, one that nobody may read


@dataclass(frozen=True)
class FilmFrame:
    """A step of a film.

    Attributes:
        step: The quick update.
        published: When it was published.
        picture: A WebP in base64.
    """

    step: int
    published: float
    picture: str


@dataclass(frozen=True)
class RunIdentity:
    """Tells a run from the next one in the same place: a resumed run has a later epoch, a new one another beginning.

    Attributes:
        epoch: The newest.
        started: When that began.
    """

    epoch: int
    started: float

    def is_continued_by(self, other: RunIdentity) -> bool:
        """Whether another one may be the same run."""
        return other.epoch > self.epoch or other == self


class Film:
    """The film of a figure, in the files of a page.

    Args:
        figure: The figure's name.
        run: Whose it is.

    Attributes:
        frames: Step, moment of publishing, number of the file, and number in that file, in the order of steps.
        files: The names of the files, and the digests of what they hold.
    """

    def __init__(self, figure: str, run: RunIdentity) -> None:
        self.figure = figure
        self.run = run
        self.frames: list[tuple[int, float, int, int]] = []
        self.files: list[tuple[str, str]] = []
        self._gap = 0
        self._size = (0, 0)
        self._last_bytes = 0  # in the last file

    @classmethod
    def found(cls, figure: str, run: RunIdentity, files: PageFiles, *, is_made_anew: bool = False) -> Film:
        """The film of a figure as far as it is there; an empty one if there is none, or another run's.

        Args:
            figure: The figure's name.
            run: Whose it is.
            files: Where it is looked for.
            is_made_anew: Write all of it anew, from what was understood of it: a stranger may have written it.

        Raises:
            OSError: The disk is at fault.
        """
        film = cls(figure, run)
        there = {*files.names()} & {_name(number) for number in range(MOST_FILES)}
        parts = [part for name in sorted(there) if (part := _read(files, name)) is not None]
        parts = [part for part in parts if part.figure == figure and part.run.is_continued_by(run)]
        if parts:
            film._gap, film._size = max(part.gap for part in parts), parts[-1].size
            film._last_bytes = sum(map(_bytes_of, parts[-1].frames))
            film.files = [(part.name, part.digest) for part in parts]
            film.frames = [
                (frame.step, frame.published, number, index)
                for number, part in enumerate(parts)
                for index, frame in enumerate(part.frames)
            ]
            if is_made_anew or not film._is_in_order():  # a file is gone, or a thinning was killed
                frames = {frame.step: frame for part in parts for frame in part.frames}
                film._pack([frames[step] for step in sorted(frames)], files)
        return film

    def _is_in_order(self) -> bool:
        names_are_right = all(name == _name(number) for number, (name, _) in enumerate(self.files))
        return names_are_right and all(earlier[0] < later[0] for earlier, later in pairwise(self.frames))

    def value(self) -> dict[str, object]:
        """What the page's data say of it."""
        frames, files = [list(each) for each in self.frames], [list(each) for each in self.files]
        return {
            "figure": self.figure,
            "width": self._size[0],
            "height": self._size[1],
            "frames": frames,
            "files": files,
        }

    def wants(self, step: int) -> bool:
        """Whether a step belongs in it: it is later than the last one, and not too near."""
        return not self.frames or step >= self.frames[-1][0] + max(1, self._gap)

    def add(self, step: int, published: float, shown: Thumbnail, files: PageFiles) -> None:
        """Append a step that it wants.

        Raises:
            SpoolError, OSError: As `PageFiles.write` raises them; the step is then not in it.
        """
        if len(shown.picture) > _MOST_PICTURE:
            return
        self._size = shown.width, shown.height
        frame = FilmFrame(step, published, shown.picture)
        last = len(self.files) - 1
        if last >= 0 and self._has_room(frame, last):
            self._write(last, [*self._frames_of(last, files), frame], files)
        elif len(self.files) < MOST_FILES:
            self._write(len(self.files), [frame], files)
        else:
            self._thin(frame, files)

    def _has_room(self, frame: FilmFrame, last: int) -> bool:
        count = sum(1 for each in self.frames if each[2] == last)
        return count < _MOST_IN_FILE and self._last_bytes + _bytes_of(frame) <= _FILE_BYTES

    def _thin(self, newest: FilmFrame, files: PageFiles) -> None:
        """Take out every second step."""
        frames = [frame for number in range(len(self.files)) for frame in self._frames_of(number, files)]
        kept = [*frames[::2], newest]
        spaces = sorted(later.step - earlier.step for earlier, later in pairwise(kept))
        self._gap = spaces[len(spaces) // 2] if spaces else self._gap
        self._pack(kept, files)

    def _pack(self, frames: Sequence[FilmFrame], files: PageFiles) -> None:
        """Have these steps in as few files as will do, and no others."""
        packed = list(_packed(frames))[:MOST_FILES]
        self.frames, self.files = [], []
        for number, each in enumerate(packed):
            self._write(number, each, files)
        for number in range(len(packed), MOST_FILES):
            files.remove(_name(number))

    def _frames_of(self, number: int, files: PageFiles) -> Sequence[FilmFrame]:
        """The steps in a file; those that are gone from the disk are gone from the film."""
        part = _read(files, _name(number))
        return () if part is None else part.frames

    def _write(self, number: int, frames: Sequence[FilmFrame], files: PageFiles) -> None:
        shown = [[frame.step, frame.published, frame.picture] for frame in frames]
        about = {"figure": self.figure, "epoch": self.run.epoch, "started": self.run.started, "gap": self._gap}
        about |= {"width": self._size[0], "height": self._size[1]}
        name = _name(number)
        script, digest = digested_script(name.removesuffix(".js"), about | {"frames": shown})
        files.write(name, script)
        self.files[number:] = [(name, digest)]
        self.frames = [each for each in self.frames if each[2] < number]
        self.frames += [(each.step, each.published, number, index) for index, each in enumerate(frames)]
        self._last_bytes = sum(map(_bytes_of, frames))


@dataclass(frozen=True)
class _Part:
    """What a file of a film holds."""

    name: str
    digest: str
    figure: str
    run: RunIdentity
    gap: int
    size: tuple[int, int]
    frames: Sequence[FilmFrame]


def _name(number: int) -> str:
    return f"film-{number:02d}.js"


def _bytes_of(frame: FilmFrame) -> int:
    return len(frame.picture) + _FRAME_BYTES


def _packed(frames: Iterable[FilmFrame]) -> Iterable[list[FilmFrame]]:
    """Frames by file."""
    held: list[FilmFrame] = []
    size = 0
    for frame in frames:
        size += _bytes_of(frame)
        if held and (size > _FILE_BYTES or len(held) >= _MOST_IN_FILE):
            yield held
            held, size = [], _bytes_of(frame)
        held.append(frame)
    if held:
        yield held


def _read(files: PageFiles, name: str) -> _Part | None:
    """What a file holds; None if it is gone, or is none of ours.

    Raises:
        OSError: The disk is at fault.
    """
    try:
        value = value_of(files.read(name, 2 * _FILE_BYTES))
        run = RunIdentity(whole_number(value["epoch"]), finite_number(value["started"]))
        size = whole_number(value["width"]), whole_number(value["height"])
        frames = list(map(_frame, value["frames"]))
        gap = min(max(0, whole_number(value["gap"])), 1 << 40)
        return _Part(name, str(value["digest"])[:16], str(value["figure"]), run, gap, size, frames)
    except (SpoolError, ValueError, TypeError, KeyError):
        return None
    except OSError as error:
        if error.errno in _NOT_OURS:
            return None
        raise


def _frame(value: Any) -> FilmFrame:
    """A frame of a file. Raises ValueError if it is none."""
    step, published, picture = value
    if not isinstance(picture, str) or not picture.startswith("UklGR") or len(picture) > _MOST_PICTURE:
        raise ValueError("is no picture")
    return FilmFrame(whole_number(step), finite_number(published), picture)
