"""What a figure's file says of where it comes from: its run, its snapshot, and how it was drawn.

A line of JSON in ASCII, of at most 4 kB: a text chunk called `Provenance` in a PNG, the keywords of a PDF and an SVG,
the image description in the Exif data of a WebP. There is no date in it, no path and no host: the same snapshot, drawn
in the same way, has the same bytes anywhere.
"""

from __future__ import annotations

import html
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autoviz_render.spool.errors import UnreadableError
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.system.safe_read import read_plain, short_text, whole_number

KEYWORD = "Provenance"
"""Of the text chunk in a PNG."""

COMPARED = "compared with"
"""Among the settings of a figure that shows two snapshots: the other one."""

_LONGEST_NAME = 100  # characters of a run's name, of a figure's, and of each setting
_MOST_STATIC = 16  # digests
_MAX_BYTES = 1 << 30
_LONGEST = 1 << 14  # bytes of the text, escaped for its file
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Provenance:
    """Where a figure comes from.

    Attributes:
        run: The name of the run.
        epoch, step: Of the snapshot: its epoch and its sequence number.
        iteration: The sampler's count then.
        snapshot: The snapshot's digest, see `Snapshot.digest`; empty if it was never in a spool.
        static: The digests of its static files.
        figure: The figure's name.
        settings: How it was drawn, by the names of `RenderSettings`, as far as that is not the default.
        version: Of this package.
    """

    run: str
    epoch: int
    step: int
    iteration: int
    snapshot: str
    static: tuple[str, ...]
    figure: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""

    def to_text(self) -> str:
        """The line of a file."""
        return json.dumps({**vars(self), "settings": {**self.settings}}, separators=(",", ":"))

    @staticmethod
    def from_text(text: str) -> Provenance:
        """Read such a line, perhaps a stranger's. Raises ValueError for anything else."""
        try:
            content: Any = json.loads(text)
            told: dict[str, Any] = {
                name: short_text(content[name]) for name in ("run", "snapshot", "figure", "version")
            }
            told |= {name: whole_number(content[name]) for name in ("epoch", "step", "iteration")}
            told |= {"static": tuple(map(short_text, content["static"])), "settings": {**content["settings"]}}
            return Provenance(**told)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"no provenance: {error!r:.100}") from error


def provenance_of(snapshot: Snapshot, figure: str, settings: Mapping[str, Any]) -> Provenance:
    """Where the figure of a snapshot comes from.

    Args:
        snapshot: What it shows.
        figure: The figure's name.
        settings: How it is drawn: numbers and texts by name.
    """
    cut = {name: value[:_LONGEST_NAME] if isinstance(value, str) else value for name, value in settings.items()}
    return Provenance(
        snapshot.run[:_LONGEST_NAME],
        snapshot.epoch,
        snapshot.sequence,
        snapshot.iteration,
        snapshot.digest,
        tuple(snapshot.static_digests[:_MOST_STATIC]),
        figure[:_LONGEST_NAME],
        cut,
        own_version(),
    )


@cache
def own_version() -> str:
    """The version of this package: to look it up takes longer than all else here, once a frame."""
    return version("autoviz-render")


def read_provenance(path: Path) -> Provenance:
    """Where a figure's file says it comes from.

    Args:
        path: A PNG, PDF, SVG or WebP file.

    Raises:
        UnreadableError: It does not say so: another program wrote it, or changed it.
        OSError: It cannot be read.
    """
    data = read_plain(path, _MAX_BYTES).tobytes()
    try:
        return Provenance.from_text(_text_in(data))
    except ValueError as error:
        raise UnreadableError(
            path, "does not say what it was drawn from: another program made it, or an old version"
        ) from error


def _text_in(data: bytes) -> str:
    """The line in a file's bytes; empty if there is none."""
    if data.startswith(_PNG):
        return _in_png(data)
    if data.startswith(b"%PDF"):
        found = re.findall(rb"/Keywords \(((?:[^\\()]|\\.){1,%d})\)" % _LONGEST, data, re.DOTALL)
        return re.sub(r"\\(.)", r"\1", found[-1].decode("latin-1")) if found else ""
    if data[:4] == b"RIFF":
        start = data.rfind(b'{"run":')
        return data[start : data.find(b"\0", start)].decode("ascii", "replace") if start >= 0 else ""
    found = re.findall(rb"<rdf:li>([^<]{1,%d})</rdf:li>" % _LONGEST, data[: 1 << 16])
    return html.unescape(found[0].decode("utf-8", "replace")) if found else ""


def _in_png(data: bytes) -> str:
    """The text of the chunk that has our keyword. Source: PNG (third edition), sections 5.3 and 11.3.3.2."""
    place, start = len(_PNG), KEYWORD.encode() + b"\0"
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        content = data[place + 8 : place + 8 + min(length, _LONGEST)]
        if kind == b"tEXt" and content.startswith(start):
            return content[len(start) :].decode("latin-1")
        place += length + 12
    return ""
