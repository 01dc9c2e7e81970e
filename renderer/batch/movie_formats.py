"""Frames as the bytes of a movie: MP4 by ffmpeg, GIF and WebP by Pillow. No format holds more than a few of them.

Two libraries come close and are not enough. Pillow's own animated GIF holds every frame, and takes its palette from the
first. `imageio_ffmpeg.write_frames` does not tell whether ffmpeg succeeded: a full disk would pass for a movie.
"""

from __future__ import annotations

import os
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from errno import EIO
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import GifImagePlugin, Image

from autoviz_render.renderer.plot.colour_pixels import Colour
from autoviz_render.spool.arrays import Array, Pixels
from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.system.atomic import write_all


class MovieError(AutovizError, RuntimeError):
    """A movie that cannot be made here. The message is one line, with the remedy."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What a movie shows for a while.

    Attributes:
        pixels: array[row, column, 3], uint8, RGB from the top.
        ticks: How long it is shown, in units of 1 / `Movie.rate` seconds.
    """

    pixels: Pixels
    ticks: int = 1


@dataclass(frozen=True, eq=False)
class Movie:
    """Frames of one size, in order, to be taken once.

    Attributes:
        frames: The frames, each made when it is asked for.
        count: How many there are at most.
        rate: Ticks a second.
        size: Rows and columns of every frame.
        paper: The colour around a frame that the format needs larger, RGB.
        samples: Gives a few of the frames, spread over the movie, for formats that choose its colours beforehand.
    """

    frames: Iterator[Frame]
    count: int
    rate: Fraction
    size: tuple[int, int]
    paper: Colour
    samples: Callable[[], Iterable[Pixels]]


Write = Callable[[Path, Movie], None]
"""Writes a movie to a file that is there, and empty. Raises OSError, and whatever the frames raise."""


def writer(suffix: str) -> Write:
    """The function that writes movies of a file name's suffix.

    Raises:
        MovieError: The suffix is unknown, or needs a package that is not installed.
    """
    if suffix.lower() not in _WRITERS:
        raise MovieError(f"a movie is a file {', '.join(_WRITERS)}, not {suffix or 'one without a suffix'}")
    if suffix.lower() == ".mp4":
        _ffmpeg()
    return _WRITERS[suffix.lower()]


def on_paper(pixels: Pixels, size: tuple[int, int], paper: Colour) -> Pixels:
    """A picture on a sheet of another size, at its upper left corner: cut if it is larger, never scaled.

    Args:
        pixels: array[row, column, 3], uint8.
        size: Rows and columns of the sheet.
        paper: The sheet's colour, RGB.
    """
    if pixels.shape[:2] == size:
        return pixels
    sheet = np.empty((*size, 3), np.uint8)
    sheet[...] = paper
    part = pixels[: size[0], : size[1]]
    sheet[: part.shape[0], : part.shape[1]] = part
    return sheet


_SCALER = "flags=accurate_rnd+full_chroma_int"
_TAGS = "range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"


def _write_mp4(path: Path, movie: Movie) -> None:
    """H.264 in the form that every player takes: even sides, chroma at half the resolution, the index in front."""
    rows, columns = movie.size
    even = "ceil(iw/2)*2:ceil(ih/2)*2:color=#{:02x}{:02x}{:02x}".format(*movie.paper)
    command = [
        *(_ffmpeg(), "-hide_banner", "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{columns}x{rows}"),
        *("-framerate", str(movie.rate), "-i", "pipe:0", "-an"),
        # players take large movies to be BT.709, and ffmpeg makes BT.601 unless told: a red would come out as another
        *("-vf", f"pad={even},scale=out_color_matrix=bt709:out_range=tv:{_SCALER},format=yuv420p,setparams={_TAGS}"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20"),
        *("-g", "50"),  # a whole picture so often: a player that is told to jump need not decode all before
        *("-movflags", "+faststart", "-f", "mp4", str(path)),
    ]
    group = None if os.name == "nt" else 0  # of its own: Ctrl-C is for us to answer
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log, process_group=group
        ) as process:
            try:
                is_fed = _feed(process.stdin, movie.frames)
            except BaseException:
                process.kill()
                raise
        if process.returncode or not is_fed:
            log.seek(0)
            lines = log.read().decode(errors="replace").splitlines() or [f"it ended with code {process.returncode}"]
            raise OSError(EIO, f"ffmpeg could not write it: {lines[-1].strip()}", str(path))


def _feed(pipe: IO[bytes] | None, frames: Iterable[Frame]) -> bool:
    """Send all frames; False if the other end closed the pipe before."""
    assert pipe is not None  # noqa: S101 - for the type checker
    for frame in frames:
        pixels = np.ascontiguousarray(frame.pixels)
        try:
            for _ in range(frame.ticks):
                write_all(pipe.fileno(), [pixels.data])
        except OSError:
            return False
    return True


def _ffmpeg() -> str:
    """The program. Raises MovieError."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except ImportError:
        raise MovieError("an .mp4 needs the package imageio-ffmpeg: pip install 'autoviz-render[movie]'") from None
    except RuntimeError:
        raise MovieError(
            "imageio-ffmpeg has no ffmpeg for this machine: install one, and name it in IMAGEIO_FFMPEG_EXE"
        ) from None


_CLEAR = 255
"""The index in a GIF's palette that shows what was there before."""


def _write_gif(path: Path, movie: Movie) -> None:
    """One palette for all frames, and of each frame only what changed: a third of the bytes.

    Colours are the nearest in the palette. Dithered ones would flicker, and take four times the bytes.
    Source: CompuServe, Graphics Interchange Format, version 89a.
    """
    palette = common_palette(movie.samples(), movie.paper)
    nearest = NearestColours(palette[:_CLEAR])
    rows, columns = movie.size
    before = np.full(movie.size, _CLEAR, np.uint8)
    with path.open("wb") as file:
        file.write(b"GIF89a" + struct.pack("<HHBBB", columns, rows, 0xF7, 0, 0) + palette.tobytes())
        file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")  # over and over
        for frame, hundredths in _timed(movie, 100):
            shown = nearest.of(frame.pixels)
            left, top, right, bottom = Image.fromarray(shown != before).getbbox() or (0, 0, 1, 1)
            part = np.where(shown == before, _CLEAR, shown)[top:bottom, left:right]
            image = Image.fromarray(np.ascontiguousarray(part, np.uint8))
            duration = 10 * min(max(hundredths, 2), 65535)  # below two hundredths, browsers show a tenth of a second
            file.writelines(
                GifImagePlugin.getdata(image, (left, top), duration=duration, disposal=1, transparency=_CLEAR)
            )
            before = shown
        file.write(b";")


class NearestColours:
    """Finds for each dot the nearest colour of a palette, exactly; each colour is looked for once.

    Pillow's `quantize` rounds colours before it looks them up: white paper came out as (251, 253, 254).
    """

    def __init__(self, palette: Pixels) -> None:
        """A palette of array[colour, 3], of at most 255 colours."""
        self._palette = palette.astype(np.float32)
        self._known = np.full(1 << 24, _CLEAR, np.uint8)

    def of(self, pixels: Pixels) -> Pixels:
        """The index of the nearest colour, array[row, column], of array[row, column, 3]."""
        colours = _packed(pixels)
        shown = self._known.take(colours)
        if (is_new := shown == _CLEAR).any():
            for some in np.array_split(new := np.unique(colours[is_new]), len(new) // 4096 + 1):
                across = _unpacked(some).astype(np.float32) @ self._palette.T
                self._known[some] = ((self._palette**2).sum(axis=1) - 2 * across).argmin(axis=1)
            shown = self._known.take(colours)
        return shown


def common_palette(samples: Iterable[Pixels], paper: Colour) -> Pixels:
    """The colours of a GIF.

    They are spread over all that occur, so that a thin line is as easy to tell apart as the paper, and then moved to
    where many are. The paper and the most common ones, ink among them, are there exactly.

    Args:
        samples: Pictures, each array[row, column, 3], uint8.
        paper: RGB.

    Returns:
        array[256, 3], uint8, RGB; the last colour is the same as the first.
    """
    colours, counts = zip(*(np.unique(_packed(pixels), return_counts=True) for pixels in samples), strict=True)
    found, place = np.unique(np.concatenate(colours), return_inverse=True)
    count = np.bincount(place, np.concatenate(counts))
    distinct = _unpacked(found)
    weighted = Image.fromarray(np.repeat(distinct, np.ceil(np.sqrt(count) / 4).astype(int), axis=0)[None])
    spread = weighted.quantize(_CLEAR, method=Image.Quantize.MAXCOVERAGE, kmeans=1).getpalette()
    palette = np.array(spread, np.uint8).reshape(-1, 3)[:_CLEAR]
    is_free = np.ones(len(palette), dtype=np.bool_)
    exact = [np.array(paper, np.uint8), *distinct[np.argsort(-count, kind="stable")[:8]]]
    for colour in exact[: len(palette)]:
        distance = np.abs(palette.astype(int) - colour).sum(axis=1) + 1000 * ~is_free * (palette != colour).any(axis=1)
        nearest = distance.argmin()  # which may be the colour itself, but no other of these
        palette[nearest], is_free[nearest] = colour, False
    return np.concatenate([palette, np.repeat(palette[:1], 256 - len(palette), axis=0)])


def _packed(pixels: Pixels) -> Array:
    """Each colour as one number: array[row, column] of array[row, column, 3]."""
    parts = np.zeros((*pixels.shape[:2], 4), np.uint8)
    for channel in range(3):  # one by one: six times as fast as all at once
        parts[..., channel] = pixels[..., 2 - channel]
    return parts.view("<u4")[..., 0]


def _unpacked(colours: Array) -> Pixels:
    """array[colour, 3] of array[colour]."""
    return np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=-1).astype(np.uint8)


def _write_webp(path: Path, movie: Movie) -> None:
    """By Pillow, whose library keeps what it has encoded, and the picture before."""
    frames = _timed(movie, 1000)
    first, milliseconds = next(frames)
    image = Image.fromarray(first.pixels)
    rest = _LazyFrames(frames, movie.count - 1, image, [milliseconds])
    settings: dict[str, Any] = {"append_images": [rest], "duration": rest.durations}
    with path.open("wb") as file:
        # the fastest method: the next but one takes half as long again, for an eighth less
        image.save(file, "webp", save_all=True, quality=80, method=0, kmin=0, kmax=0, loop=0, **settings)


class _LazyFrames:
    """What Pillow takes for a picture of several frames: each is drawn when Pillow seeks it.

    n_frames: the most there will be; beyond the last one that one is shown again, for no time, and so left out.
    durations: of all the movie's frames, in milliseconds; Pillow reads each after it has sought the frame.
    """

    def __init__(
        self, frames: Iterator[tuple[Frame, int]], most: int, shown: Image.Image, durations: list[int]
    ) -> None:
        self._frames, self.n_frames, self._shown, self.durations = frames, most, shown, durations

    def seek(self, frame: int) -> None:
        del frame  # they are asked for in order
        following, milliseconds = next(self._frames, (None, 0))
        if following is not None:
            self._shown = Image.fromarray(following.pixels)
        self.durations.append(milliseconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)


def _timed(movie: Movie, parts: int) -> Iterator[tuple[Frame, int]]:
    """Each frame and how long it is shown, in whole parts of a second that add up."""
    ticks = shown = 0
    for frame in movie.frames:
        ticks += frame.ticks
        until = round(parts * ticks / movie.rate)
        yield frame, until - shown
        shown = until


_WRITERS: dict[str, Write] = {".mp4": _write_mp4, ".gif": _write_gif, ".webp": _write_webp}
