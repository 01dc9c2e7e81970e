"""A drawn canvas as the bytes of a file: the same bytes for the same canvas, no date or version in them."""

from __future__ import annotations

import io
import struct
import zlib
from types import ModuleType

import numpy as np

from autoviz_render.renderer.plot.formats import SOFTWARE
from autoviz_render.renderer.provenance import KEYWORD
from autoviz_render.spool.arrays import Pixels

deflate: ModuleType
try:
    from isal import isal_zlib as deflate
except ImportError:  # this platform has no wheel of it
    deflate = zlib


def png(pixels: Pixels, dpi: float, software: str = SOFTWARE, provenance: str = "") -> bytes:
    """The bytes of a PNG file.

    Args:
        pixels: array[row, column, 3], RGB from the top.
        dpi: Dots an inch, which the file says.
        software: What made it, which the file says too.
        provenance: What it was drawn from, see `renderer.provenance`; empty says nothing.

    Framed here, without a filter: a figure is mostly paper and large pixels, which compress as well without, and
    Pillow tries five filters a row. The 12-panel figure at 1792x1343 takes zlib's level 1 25 ms and 0.57 MB, ISA-L's
    5 ms and 0.64 MB, zlib-ng's 9 ms and 0.74 MB; Pillow's level 1 took 76 to 134.

    The same pixels have the same bytes by one version of a library on one kind of processor. Nothing that ISA-L 2.31
    leaves uninitialised decides a byte: valgrind finds nothing, and 12,000 encodings in memory filled with other
    values each time had the same bytes. But it hashes by a CRC instruction where there is one (x86 with SSE 4.2), and
    by a product elsewhere (`igzip_multibinary.asm`, `huffman.h`), and finds other matches then.
    Source: W3C, Portable Network Graphics (third edition), sections 5, 11 and 12.
    """
    height, width, _ = pixels.shape
    rows = pixels.base  # of pixels that stand in rows already, which saves a copy
    if not isinstance(rows, np.ndarray) or rows.shape != (height, 1 + 3 * width):
        rows = rows_of(height, width)
        pixels_in(rows)[...] = pixels
    per_metre = round(dpi / 0.0254)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
            _chunk(b"tEXt", b"Software\0" + software.encode()),
            _chunk(b"tEXt", f"{KEYWORD}\0{provenance}".encode("latin-1")) if provenance else b"",
            _chunk(b"IDAT", deflate.compress(rows.data, 1)),
            _chunk(b"IEND", b""),
        ]
    )


def rows_of(height: int, width: int) -> Pixels:
    """array[row, 1 + 3 * column] of zeros: as a PNG file has pixels, a row after its filter's byte, 0 for none."""
    return np.zeros((height, 1 + 3 * width), dtype=np.uint8)


def pixels_in(rows: Pixels) -> Pixels:
    """The pixels in what `rows_of` made: array[row, column, 3], in the same memory."""
    return rows[:, 1:].reshape(len(rows), -1, 3)


def webp(pixels: Pixels, software: str = SOFTWARE, provenance: str = "") -> bytes:
    """The bytes of a lossless WebP file of array[row, column, 3]: 50 to 90 ms; the next method takes a second."""
    from PIL import ExifTags, Image

    file, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.Software] = software
    if provenance:
        exif[ExifTags.Base.ImageDescription] = provenance
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.save(file, format="webp", lossless=True, quality=20, method=0, exif=exif)
    return file.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(kind)))
