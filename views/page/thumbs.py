"""The thumbnails of all runs, a hundred a file, of which only what changed is made again."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Protocol

from autoviz_render.spool.errors import SpoolError
from autoviz_render.views.model.run_view import RunView
from autoviz_render.views.page.scripts import digest_of, digested_script, value_of
from autoviz_render.views.page.thumbnails import thumbnail

WIDTH, HEIGHT = 192, 128
"""The most pixels of a thumbnail."""

THUMBS_A_FILE = 100
_MOST_PICTURE = 100_000  # characters
_MOST_BYTES = THUMBS_A_FILE * (_MOST_PICTURE + 200)
_MOST_FOUND = 1 << 27  # characters of the thumbnails that were there before, of all files together


class Scripts(Protocol):
    """Where data scripts are: in files, or in memory."""

    def write(self, name: str, script: bytes) -> None:
        """Have one."""

    def read(self, name: str, limit: int) -> bytes:
        """One that is there; raises OSError if none is."""


class Thumbs:
    """The thumbnails of all runs.

    Args:
        scripts: Where their files are; what is there already is used again.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._made_of: dict[int, str] = {}  # by slot: what its figure was like, see `_source`
        self._digests: dict[int, str] = {}  # by slot
        self._new: dict[int, tuple[str, str, str] | None] = {}  # by slot: digest, source, picture; None: remove it
        self._files: dict[int, str] = {}  # by number: the digest of the file
        self._found = self._find()

    def digest(self, slot: int) -> str | None:
        """The digest of a run's thumbnail."""
        return self._digests.get(slot)

    def is_due(self, slot: int, view: RunView) -> bool:
        """Whether a run has a figure that its thumbnail does not show."""
        return self._made_of.get(slot, "") != _source(view)

    def is_found(self, view: RunView) -> bool:
        """Whether there is a thumbnail of a run's figure from before."""
        return _source(view) in self._found

    def take(self, slot: int, view: RunView, picture: str | None) -> None:
        """Have the thumbnail of a run's figure; `write` is to follow.

        Args:
            slot: The run's.
            view: How it stands.
            picture: What `picture_of` made of it; None if there is one from before, or none can be made.
        """
        source = _source(view)
        if not source:
            self.remove(slot)
            return
        self._made_of[slot] = source
        picture = self._found.pop(source, None) or picture
        if picture is not None:
            self._digests[slot] = digest_of(picture.encode())[:8]
            self._new[slot] = self._digests[slot], source, picture

    def remove(self, slot: int) -> None:
        """The run or its figure is gone."""
        self._made_of.pop(slot, None)
        if self._digests.pop(slot, None) is not None or slot in self._new:
            self._new[slot] = None

    def write(self) -> None:
        """Write the files of what is new. Raises SpoolError, OSError."""
        by_file = itertools.groupby(sorted(self._new), lambda slot: slot // THUMBS_A_FILE)
        for number, slots in [(number, list(slots)) for number, slots in by_file]:
            self._write(number, slots)

    def value(self) -> list[dict[str, object]]:
        """What `index.js` says of the files."""
        about = sorted(self._files.items())
        return [
            {"file": f"{_name(number)}.js", "digest": digest, "first": number * THUMBS_A_FILE, "count": THUMBS_A_FILE}
            for number, digest in about
        ]

    def _write(self, number: int, slots: list[int]) -> None:
        new = {slot: self._new[slot] for slot in slots}
        thumbs = dict(self._read(number)) if number in self._files else {}
        for slot, made in new.items():
            thumbs.pop(slot, None)
            if made is not None:
                thumbs[slot] = made
        shown = [[slot, *thumbs[slot]] for slot in sorted(thumbs)]
        script, digest = digested_script(_name(number), {"thumbs": shown})
        self._scripts.write(f"{_name(number)}.js", script)
        self._files[number] = digest
        for slot, made in new.items():
            if self._new.get(slot) is made:
                self._new.pop(slot, None)

    def _find(self) -> dict[str, str]:
        """The thumbnails that are there, by what they were made of."""
        found: dict[str, str] = {}
        size = 0
        for number in itertools.count():
            thumbs = list(self._read(number))
            if not thumbs or size > _MOST_FOUND:
                return found
            found |= {source: picture for _, (_, source, picture) in thumbs}
            size += sum(len(picture) for _, (_, _, picture) in thumbs)
        return found

    def _read(self, number: int) -> Iterator[tuple[int, tuple[str, str, str]]]:
        """What a file holds: slot, and digest, source and picture; nothing of what a stranger wrote."""
        with contextlib.suppress(OSError, SpoolError, ValueError, TypeError, KeyError):
            for slot, digest, source, picture in value_of(self._scripts.read(f"{_name(number)}.js", _MOST_BYTES))[
                "thumbs"
            ]:
                texts = (digest, source, picture)
                is_ours = slot // THUMBS_A_FILE == number and all(isinstance(each, str) for each in texts)
                if is_ours and len(digest) == 8 and len(picture) <= _MOST_PICTURE and picture.startswith("UklGR"):
                    yield slot, texts


def picture_of(view: RunView) -> str | None:
    """The thumbnail of a run's newest figure; None if there is none that can be read."""
    if not view.figures:
        return None
    made = thumbnail(view.figures[0].file, WIDTH, HEIGHT)
    return None if made is None or len(made.picture) > _MOST_PICTURE else made.picture


def _source(view: RunView) -> str:
    """What a run's figure is like, in a few characters; empty if there is none."""
    if not view.figures:
        return ""
    figure = view.figures[0]
    return digest_of(f"{view.key!a} {figure.file.name!a} {figure.modified!r} {figure.size}".encode())


def _name(number: int) -> str:
    return f"thumbs-{number:03d}"
