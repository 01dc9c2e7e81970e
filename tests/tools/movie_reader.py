"""Reads a movie back, as players do: by ffmpeg, or by Pillow."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image


@dataclass(frozen=True, eq=False)
class Shown:
    """One picture of a movie. pixels: array[row, column, 3]. seconds: how long it is shown."""

    pixels: np.ndarray
    seconds: float


def read_movie(path: Path) -> list[Shown]:
    """All its pictures; in an .mp4 one that is shown for longer is there several times."""
    return _decoded(path) if path.suffix == ".mp4" else _pictures(path)


def told(path: Path) -> str:
    """What ffmpeg says of the pictures in a file."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    return next(line for line in printed.splitlines() if " Video: " in line)


def _decoded(path: Path) -> list[Shown]:
    line = told(path)
    found = re.search(r", (\d+)x(\d+).* ([\d.]+) fps", line)
    assert found is not None, line
    columns, rows, rate = int(found[1]), int(found[2]), float(found[3])
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-fps_mode", "passthrough"]
    raw = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
    return [Shown(pixels, 1 / rate) for pixels in np.frombuffer(raw, np.uint8).reshape(-1, rows, columns, 3)]


def _pictures(path: Path) -> list[Shown]:
    with Image.open(path) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            pixels = np.asarray(image.convert("RGB"))
            found.append(Shown(pixels, image.info.get("duration", 0) / 1000))
        return found
