"""Small pictures of figures, as a page has them inside its data."""

from __future__ import annotations

import base64
import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.safe_read import open_plain, read_all

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_MOST_BYTES = 1 << 27
_MOST_PIXELS = 1 << 27  # 16,000 x 8,000: larger ones are no figures of ours
_QUALITY, _METHOD = 60, 3  # of WebP: 320x240 pixels of a figure take 13 kB and 6 ms


@dataclass(frozen=True)
class Thumbnail:
    """A small picture.

    Attributes:
        picture: A WebP in base64.
        width, height: In pixels.
        signature: Of the file that it was made of, see `signature_of`.
    """

    picture: str
    width: int
    height: int
    signature: tuple[int, int, int] = (0, 0, 0)


def signature_of(status: os.stat_result) -> tuple[int, int, int]:
    """What tells the bytes under a name from those that replace them."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def thumbnail(file: Path, width: int, height: int) -> Thumbnail | None:
    """A figure in at most so many pixels; None if it is gone, or no picture that can be read here.

    A figure of 2240x1343 pixels takes 18 ms, of which 10 ms are to decode it.
    """
    from PIL import Image

    with contextlib.suppress(OSError, SpoolError, SyntaxError, ValueError):
        with open_plain(file, _MOST_BYTES) as opened:
            status = os.fstat(opened.fileno())
            data = read_all(opened, status.st_size)
        with _opened(data) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            small = picture.convert("RGB")
        small.thumbnail((width, height), Image.Resampling.BOX, reducing_gap=2.0)
        made = io.BytesIO()
        small.save(made, "WEBP", quality=_QUALITY, method=_METHOD)
        return Thumbnail(base64.b64encode(made.getvalue()).decode(), *small.size, signature_of(status))
    return None


def _opened(data: memoryview) -> ImageFile:
    """A picture whose pixels are not read yet; `Image.open` would warn of a large one on standard error."""
    from PIL.PngImagePlugin import PngImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    kind = WebPImageFile if bytes(data[8:12]) == b"WEBP" else PngImageFile
    return kind(io.BytesIO(data))
