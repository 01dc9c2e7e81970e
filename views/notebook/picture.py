"""A figure's file as a notebook shows it: one message of bounded size, as wide as its page."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

MOST_BYTES = 1_000_000
"""Of one message. Jupyter's server drops what is more than a megabyte a second over three seconds, all output together
(`ZMQChannelsWebsocketConnection.iopub_data_rate_limit`, `rate_limit_window`)."""

LIGHT_BYTES = 80_000

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = 4096  # bytes, in which the chunks before the pixels are
_SCREEN = 100.0  # dots an inch
_QUALITIES = (90, 75)


@dataclass(frozen=True)
class Bundle:
    """What is shown: the content of a `display_data` message.

    Attributes:
        data: By MIME type; text, or base64 of bytes.
        metadata: By MIME type.
    """

    data: Mapping[str, str]
    metadata: Mapping[str, Any]

    @cached_property
    def size(self) -> int:
        """Bytes of the message, about."""
        return sum(map(len, self.data.values()))


def text_bundle(text: str) -> Bundle:
    """A line of text."""
    return Bundle({"text/plain": text}, {})


def picture_bundle(png: bytes, text: str, most: int = MOST_BYTES) -> Bundle:
    """A picture, as wide as its page at 100 dots an inch: more of them make it sharper, not larger.

    One that is too large for a message becomes a JPEG, with fewer pixels if need be.

    Args:
        png: The bytes of the file.
        text: What is shown where no picture can be.
        most: Bytes of the message.

    Raises:
        ValueError: It is no PNG file.
        OSError: Its pixels cannot be read.
    """
    if png[:8] != _SIGNATURE or len(png) < _HEAD // 100:
        raise ValueError("no PNG file")
    kind, content = ("image/png", png) if len(png) <= _bytes_of(most) else ("image/jpeg", _jpeg(png, _bytes_of(most)))
    encoded = base64.b64encode(content).decode("ascii")
    return Bundle({kind: encoded, "text/plain": text}, {kind: {"width": _width(png)}})


def _bytes_of(characters: int) -> int:
    return characters * 3 // 4


def _width(png: bytes) -> int:
    """The page's width in pixels of the screen."""
    pixels = int.from_bytes(png[16:20], "big")
    start = png.find(b"pHYs", 0, _HEAD)
    per_metre = int.from_bytes(png[start + 4 : start + 8], "big") if start > 0 else 0
    return max(1, round(pixels * _SCREEN / (per_metre * 0.0254))) if per_metre else pixels


def _jpeg(png: bytes, most: int) -> bytes:
    """The picture in at most so many bytes. Pillow lets other threads go on meanwhile."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as opened:
        image = opened.convert("RGB")
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            image.save(file, "jpeg", quality=quality, subsampling=0)
            if file.tell() <= most or min(image.size) < 2:
                return file.getvalue()
        image = image.reduce(2)
