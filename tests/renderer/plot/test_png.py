"""The bytes of a file, read back by another program."""

from __future__ import annotations

import ctypes
import io
import sys

import numpy as np
import pytest
from PIL import ExifTags, Image

from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.formats import ERROR_PAGE, SOFTWARE


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (60, 80)])
def test_an_encoded_image_is_read_back_as_it_was(shape):
    """Any tool must read it: Pillow knows nothing of how it was written."""
    pixels = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for data in (png.png(pixels, 100), png.webp(pixels)):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), pixels)


def test_a_png_says_how_large_it_is_on_paper():
    """Without it, a figure of 200 dots an inch is inserted at twice its size."""
    with Image.open(io.BytesIO(png.png(np.zeros((4, 4, 3), dtype=np.uint8), 200))) as image:
        assert image.info["dpi"] == pytest.approx((200, 200), abs=0.02)
        assert set(image.info) == {"dpi", "Software"}


def test_what_was_in_memory_before_decides_no_byte():
    """A library that reads what it never wrote would give other bytes of the same picture, once in many times."""
    rng = np.random.default_rng(4)
    pixels = np.repeat(rng.integers(0, 256, (90, 30, 3), np.uint8), 9, axis=1)
    pixels[20:60] = 255
    expected = png.png(pixels, 100)
    fill = getattr(ctypes.CDLL(None), "mallopt", lambda *_: None) if sys.platform == "linux" else lambda *_: None
    try:
        for value in range(1, 120):
            fill(-6, value)  # M_PERTURB: what is allocated holds this, see mallopt(3)
            png.png(rng.integers(0, 256, (int(rng.integers(1, 90)), 300, 3), np.uint8), 100)  # leaves its own behind
            assert png.png(pixels.copy(), 100) == expected
    finally:
        fill(-6, 0)


def test_a_file_says_what_made_it_and_not_when():
    """By that a later drawing knows which files are ours to replace; a date would make each file another one."""
    pixels = np.zeros((4, 4, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(png.png(pixels, 100))) as image:
        assert image.info["Software"] == SOFTWARE
    with Image.open(io.BytesIO(png.webp(pixels, ERROR_PAGE))) as image:
        assert dict(image.getexif()) == {ExifTags.Base.Software: ERROR_PAGE}
