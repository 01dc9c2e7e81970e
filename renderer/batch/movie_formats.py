"""Frames as the bytes of a film: MP4 by ffmpeg, GIF and WebP by Pillow. No format holds more than a few of them.

Pillow's own way to an animated GIF holds every frame, and begins with a palette that suits the first.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from errno import EIO
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import GifImagePlugin, Image

from autoviz_render.figures.colours import Colour
from autoviz_render.spool.arrays import Pixels
from autoviz_render.spool.errors import AutovizError


class MovieError(AutovizError, RuntimeError):
    """A film that cannot be made here. The message is one line, with the remedy."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What a film shows for a while. pixels: array[row, column, 3]. ticks: how long, counted in the film's rate."""

    pixels: Pixels
    ticks: int = 1


@dataclass(frozen=True, eq=False)
class Film:
    """Frames of one size, in order, to be taken once.

    count: how many there are at the most. rate: ticks a second. size: rows, columns. paper: the colour around them.
    samples: a few of the frames, spread over the film.
    """

    frames: Iterator[Frame]
    count: int
    rate: Fraction
    size: tuple[int, int]
    paper: Colour
    samples: Callable[[], Iterable[Pixels]]


Write = Callable[[Path, Film], None]
"""Writes a film to a file that is there, and empty. Raises OSError, and whatever the frames raise."""


def writer(suffix: str) -> Write:
    """What writes the films of a file name's suffix. Raises MovieError where it is unknown, or lacks a package."""
    if suffix.lower() not in _WRITERS:
        raise MovieError(f"a film is a file {', '.join(_WRITERS)}, not {suffix or 'one without a suffix'}")
    if suffix.lower() == ".mp4":
        _ffmpeg()
    return _WRITERS[suffix.lower()]


def on_paper(pixels: Pixels, size: tuple[int, int], paper: Colour) -> Pixels:
    """A picture on a sheet of another size, at its upper left corner: cut where it is larger, never scaled."""
    if pixels.shape[:2] == size:
        return pixels
    sheet = np.empty((*size, 3), np.uint8)
    sheet[...] = paper
    rows, columns = (min(pair) for pair in zip(size, pixels.shape[:2], strict=True))
    sheet[:rows, :columns] = pixels[:rows, :columns]
    return sheet


_SCALER = "flags=accurate_rnd+full_chroma_int"
_TAGS = "range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"


def _write_mp4(path: Path, film: Film) -> None:
    """H.264 in the form that every player takes: even sides, chroma at half the resolution, the index in front."""
    rows, columns = (length + length % 2 for length in film.size)
    command = [
        *(_ffmpeg(), "-hide_banner", "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{columns}x{rows}"),
        *("-framerate", str(film.rate), "-i", "pipe:0", "-an"),
        # players take large films to be BT.709, and ffmpeg makes BT.601 unless told: a red would come out as another
        *("-vf", f"scale=out_color_matrix=bt709:out_range=tv:{_SCALER},format=yuv420p,setparams={_TAGS}"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "20"),
        *("-g", "50"),  # a whole picture so often: a player that is told to jump need not decode all before
        *("-movflags", "+faststart", "-f", "mp4", str(path)),
    ]
    with tempfile.TemporaryFile() as told:
        # a group of its own: Ctrl-C is for us to answer
        group = None if os.name == "nt" else 0
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told, process_group=group
        )
        assert process.stdin is not None  # noqa: S101 - for the type checker
        is_fed = True
        try:
            for frame in film.frames:
                pixels = np.ascontiguousarray(on_paper(frame.pixels, (rows, columns), film.paper))
                is_fed = all(_sent(process.stdin, pixels) for _ in range(frame.ticks))
                if not is_fed:
                    break  # it ended; what it told says why
            with contextlib.suppress(OSError):
                process.stdin.close()
            code = process.wait()
        except BaseException:
            process.kill()
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.wait()
            raise
        if code or not is_fed:
            told.seek(0)
            lines = told.read().decode(errors="replace").splitlines() or [f"it ended with code {code}"]
            raise OSError(EIO, f"ffmpeg could not write it: {lines[-1].strip()}", str(path))


def _sent(pipe: Any, pixels: Pixels) -> bool:
    try:
        pipe.write(pixels.data)
        pipe.flush()
    except OSError:
        return False
    return True


def _ffmpeg() -> str:
    """The program. Raises MovieError."""
    try:
        import imageio_ffmpeg
    except ImportError:
        raise MovieError("an .mp4 needs the package imageio-ffmpeg: pip install 'autoviz-render[movie]'") from None
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise MovieError(
            "imageio-ffmpeg has no ffmpeg for this machine: install one, and name it in IMAGEIO_FFMPEG_EXE"
        ) from None


_CLEAR = 255
"""The place in a GIF's palette that shows what was there before."""


def _write_gif(path: Path, film: Film) -> None:
    """One palette for all frames, and of each frame only what changed: a third of the bytes.

    Colours are the nearest in the palette. Dithered ones would flicker, and take four times the bytes.
    Source: CompuServe, Graphics Interchange Format, version 89a.
    """
    palette = common_palette(film.samples())
    colours = Image.new("P", (1, 1))
    colours.putpalette(palette.tobytes())
    rows, columns = film.size
    with path.open("wb") as file:
        file.write(b"GIF89a" + struct.pack("<HHBBB", columns, rows, 0xF7, 0, 0) + palette.tobytes())
        file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")  # over and over
        before: Pixels | None = None
        for frame, hundredths in _timed(film, 100):
            picture = Image.fromarray(frame.pixels).quantize(palette=colours, dither=Image.Dither.NONE)
            shown = np.array(picture)
            shown[shown == _CLEAR] = 0  # which is the same colour
            region = _changed(before, shown)
            part = shown[region] if before is None else np.where(shown == before, _CLEAR, shown)[region]
            image = Image.fromarray(np.ascontiguousarray(part, np.uint8))
            duration = 10 * min(max(hundredths, 2), 65535)  # below two hundredths, browsers show a tenth of a second
            offset = (region[1].start, region[0].start)
            file.writelines(
                GifImagePlugin.getdata(image, offset, duration=duration, disposal=1, transparency=_CLEAR),
            )
            before = shown
        file.write(b";")


def common_palette(samples: Iterable[Pixels]) -> Pixels:
    """The colours of a GIF: array[256, 3], the last one the same as the first.

    They are spread over all that occur, so that a thin line is as much to be told apart as the paper, and then moved
    to where many are. The commonest, paper and ink among them, are there exactly.
    """
    found, count = np.empty(0, np.uint32), np.empty(0, np.int64)
    for pixels in samples:
        packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
        new, times = np.unique(packed, return_counts=True)
        found, place = np.unique(np.concatenate([found, new]), return_inverse=True)
        count = np.bincount(place, np.concatenate([count, times])).astype(np.int64)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=-1).astype(np.uint8)
    weighted = Image.fromarray(np.repeat(colours, np.ceil(np.sqrt(count) / 4).astype(int), axis=0)[None])
    spread = weighted.quantize(_CLEAR, method=Image.Quantize.MAXCOVERAGE, kmeans=1).getpalette()
    palette = np.array(spread, np.uint8).reshape(-1, 3)[:_CLEAR]
    for common in colours[np.argsort(-count, kind="stable")[:8]]:
        palette[np.abs(palette.astype(int) - common).sum(axis=1).argmin()] = common
    return np.concatenate([palette, np.repeat(palette[:1], 256 - len(palette), axis=0)])


def _changed(before: Pixels | None, after: Pixels) -> tuple[slice, slice]:
    """The rectangle of what is not the same; one dot where all is."""
    if before is None:
        return slice(0, after.shape[0]), slice(0, after.shape[1])
    changed = before != after
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not rows.size:
        return slice(0, 1), slice(0, 1)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _write_webp(path: Path, film: Film) -> None:
    """By Pillow, whose library keeps what it has encoded, and the picture before."""
    frames = _timed(film, 1000)
    first, milliseconds = next(frames)
    strip = _Strip(frames, film.count - 1, [milliseconds])
    settings: dict[str, Any] = {"append_images": [strip] if strip.n_frames else [], "duration": strip.durations}
    with path.open("wb") as file:
        # the fastest method: the next but one takes half as long again, for an eighth less
        Image.fromarray(first.pixels).save(
            file, format="webp", save_all=True, quality=80, method=0, kmin=0, kmax=0, loop=0, **settings
        )


class _Strip:
    """What Pillow takes for a picture of several frames: each is drawn when Pillow turns to it.

    n_frames: the most there will be; beyond the last one that one is shown again, for no time, and so left out.
    durations: of all the film's frames, in milliseconds, as Pillow asks for them: once it has turned to the frame.
    """

    def __init__(self, frames: Iterator[tuple[Frame, int]], most: int, durations: list[int]) -> None:
        self._frames, self.n_frames, self.durations = frames, most, durations
        self._shown: Image.Image | None = None

    def seek(self, frame: int) -> None:
        del frame  # they are asked for in order
        following = next(self._frames, None)
        if following is not None:
            self._shown = Image.fromarray(following[0].pixels)
        self.durations.append(0 if following is None else following[1])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)


def _timed(film: Film, parts: int) -> Iterator[tuple[Frame, int]]:
    """Each frame and how long it is shown, in whole parts of a second that add up."""
    ticks = shown = 0
    for frame in film.frames:
        ticks += frame.ticks
        until = round(parts * ticks / film.rate)
        yield frame, until - shown
        shown = until


_WRITERS: dict[str, Write] = {".mp4": _write_mp4, ".gif": _write_gif, ".webp": _write_webp}
