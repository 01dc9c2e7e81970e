"""A figure's file, read for a terminal."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

_MOST_PIXELS = 100_000_000  # what is larger is no figure of ours


def load(file: Path) -> Image.Image:
    """A figure's picture, upright and without transparency.

    Raises:
        OSError: It is gone, or is no picture that can be read here, as an SVG or a PDF.
    """
    with Image.open(file) as opened:
        if opened.width * opened.height > _MOST_PIXELS:
            raise OSError(f"{file}: a picture of {opened.width} x {opened.height} pixels is too large to show")
        image = opened.convert("RGBA")
    whole = Image.new("RGBA", image.size, "white")
    whole.alpha_composite(image)
    return whole.convert("RGB")


def scaled(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture with so many pixels."""
    return image if image.size == (width, height) else image.resize((width, height), Image.Resampling.LANCZOS)


def as_png(image: Image.Image) -> bytes:
    """The picture as PNG, quickly."""
    content = io.BytesIO()
    image.save(content, "PNG", compress_level=3)
    return content.getvalue()


def png_of(file: Path, most: int) -> tuple[bytes, tuple[int, int]]:
    """A figure's file as it is, if it is PNG of at most so many bytes; else it is made one, smaller if it must be.

    Returns:
        The PNG, and its width and height.

    Raises:
        OSError: As `load` raises it.
    """
    content = file.read_bytes() if file.suffix.lower() == ".png" and file.stat().st_size <= most else b""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        with Image.open(io.BytesIO(content)) as opened:
            return content, opened.size
    image = load(file)
    content = as_png(image)
    while len(content) > most and min(image.size) > 1:
        shrink = min(0.9, (most / len(content)) ** 0.5)
        image = scaled(image, max(1, int(image.width * shrink)), max(1, int(image.height * shrink)))
        content = as_png(image)
    return content, image.size
