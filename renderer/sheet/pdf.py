"""Pages in one PDF: the pixels of each as its PNG has them, which a PDF takes as they are.

Source: ISO 32000-1, sections 7.4.4.4 (predictors are the PNG's filters), 7.5 (file structure) and 8.9.5 (images).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from autoviz_render.renderer.plot.formats import SOFTWARE


class PdfOfPages:
    """Writes a PDF page by page, as they come; memory holds one.

    Args:
        file: Where to; it is written from its beginning to its end.
        dpi: Dots an inch of the pages.
    """

    def __init__(self, file: BinaryIO, dpi: float) -> None:
        self._file, self._dpi = file, dpi
        self._at = 0
        self._objects: dict[int, int] = {}
        self._pages: list[int] = []
        self._write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")

    def add(self, png: bytes) -> None:
        """One more page.

        Args:
            png: Of RGB with 8 bits, not interlaced.
        """
        width, height, pixels = _parts(png)
        image, content, page = (3 + 3 * len(self._pages) + number for number in range(3))
        how = b"/Predictor 15 /Colors 3 /BitsPerComponent 8 /Columns %d" % width
        about = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB" % (width, height)
        self._stream(image, about + b" /BitsPerComponent 8 /Filter /FlateDecode /DecodeParms <<%b>>" % how, pixels)
        size = b"%.2f %.2f" % (72 * width / self._dpi, 72 * height / self._dpi)
        self._stream(content, b"", b"q %b 0 0 %b 0 0 cm /I Do Q" % tuple(size.split()))
        box = b"/MediaBox [0 0 %b] /Resources <</XObject <</I %d 0 R>>>>" % (size, image)
        self._object(page, b"<</Type /Page /Parent 2 0 R %b /Contents %d 0 R>>" % (box, content))
        self._pages.append(page)

    def end(self) -> None:
        """Write what holds the pages together."""
        last = 3 + 3 * len(self._pages)
        kids = b" ".join(b"%d 0 R" % page for page in self._pages)
        self._object(1, b"<</Type /Catalog /Pages 2 0 R>>")
        self._object(2, b"<</Type /Pages /Kids [%b] /Count %d>>" % (kids, len(self._pages)))
        self._object(last, b"<</Creator (%b)>>" % SOFTWARE.encode())
        start = self._at
        entries = b"".join(b"%010d 00000 n \n" % self._objects[number] for number in range(1, last + 1))
        self._write(b"xref\n0 %d\n0000000000 65535 f \n%b" % (last + 1, entries))
        told = b"<</Size %d /Root 1 0 R /Info %d 0 R>>" % (last + 1, last)
        self._write(b"trailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (told, start))

    def _stream(self, number: int, about: bytes, content: bytes) -> None:
        head = b"<<%b /Length %d>>\nstream\n" % (about, len(content))
        self._object(number, head + content + b"\nendstream")

    def _object(self, number: int, content: bytes) -> None:
        self._objects[number] = self._at
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, content))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)


def _parts(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and compressed pixels of a PNG."""
    chunks = list(_chunks(png))
    width, height = struct.unpack(">II", chunks[0][1][:8])
    return width, height, b"".join(content for kind, content in chunks if kind == b"IDAT")


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length
