"""A Matplotlib figure as the bytes of a PDF or SVG: the same bytes for the same figure, no date or version in them.

Text stays text: a journal can edit it, a reader can search it. A PDF embeds the letters it uses as TrueType (type 42),
which journals take and Matplotlib's default, type 3, they do not.
"""

from __future__ import annotations

import io
import re
from typing import Any

from matplotlib.backends import backend_pdf
from matplotlib.figure import Figure

from autoviz_render.renderer.plot.formats import SOFTWARE

_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
"""Characters that XML 1.0 has no way to write, in UTF-8: Matplotlib puts each text in a comment, as it is."""

_FONTS = re.compile(rb"(font(?:-family)?: [^\"<>]*?)'DejaVu Sans', sans-serif")
_FALLBACK = rb"\1'DejaVu Sans', 'Bitstream Vera Sans', Verdana, sans-serif"
"""Letters of the same widths, or nearly, where DejaVu Sans is not installed."""

_SPACES = re.compile(rb"(?<=[^ \n>])  +(?=[^<>]*</text>)")
"""Of several spaces in a text SVG shows one, unless they are no-break spaces."""

_SIZE = re.compile(rb'width="([\d.]+)pt" height="([\d.]+)pt"')


def pdf(figure: Figure, scale: float, title: str, software: str = SOFTWARE, provenance: str = "") -> bytes:
    """The bytes of a PDF file.

    Args:
        figure: Drawn in Matplotlib's own default colours and fonts: see `theme.fixed_style`.
        scale: What the figure's inches, and its points, are multiplied by.
        title: Of the document; characters that cannot be seen are escaped.
        software: What made it, which the file says.
        provenance: What it was drawn from, see `renderer.provenance`; empty says nothing.
    """
    file, dpi = io.BytesIO(), figure.dpi
    width, height = figure.get_size_inches()
    backend: Any = backend_pdf  # not annotated
    told = {"Title": title, "Creator": software, **_keywords(provenance)}
    document = backend.PdfFile(file, metadata=told | {"Producer": None, "CreationDate": None})
    document.newPage(scale * width, scale * height)
    if scale != 1:
        document.width, document.height = width, height  # beyond which it leaves out what is drawn
        document.output(scale, 0, 0, scale, 0, 0, backend.Op.concat_matrix)
    try:
        figure.set_dpi(72)  # there are 72 points to an inch
        letters = backend.RendererPdf(document, dpi, height, width)
        renderer = backend.MixedModeRenderer(figure, width, height, dpi, letters)
        figure.draw(renderer)
        renderer.finalize()
    finally:
        figure.set_dpi(dpi)
    document.finalize()
    document.close()
    return file.getvalue()


def svg(figure: Figure, scale: float, title: str, software: str = SOFTWARE, provenance: str = "") -> bytes:
    """The bytes of an SVG file; as `pdf`."""
    file = io.BytesIO()
    told: dict[str, Any] = {"Title": title, "Creator": software, "Date": None, **_keywords(provenance)}
    figure.savefig(file, format="svg", dpi=figure.dpi, metadata=told)
    content = _FONTS.sub(_FALLBACK, _NO_XML.sub(b"?", file.getvalue()))
    content = _SPACES.sub(lambda spaces: b"\xc2\xa0" * len(spaces[0]), content)
    if scale == 1:
        return content
    return _SIZE.sub(
        lambda size: b'width="%.6gpt" height="%.6gpt"' % (scale * float(size[1]), scale * float(size[2])),
        content,
        count=1,
    )


def _keywords(provenance: str) -> dict[str, str]:
    return {"Keywords": provenance} if provenance else {}
