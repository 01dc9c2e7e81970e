"""What a session needs of the other side: changes as they happen, and pieces of files."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.system.safe_read import whole_number

NAMES = re.compile(r"spool\.json|scalars\.jsonl|snapshots/e[0-9]{4,9}-[0-9]{12,18}\.h5|static/[0-9a-f]{64}\.h5")
"""The files of a spool that may be asked for; of a snapshot or a static file it says nothing whether it is packed."""

MOST_NEWEST = 4
"""Snapshots of a run that the other side names: the newest, and those that take its place if it cannot be read."""

MOST_RUNS = 100_000

_MOST_KEY = 1000  # bytes: of a path below the one that is mirrored
_MOST_INFO = 1 << 20  # characters, as readers have it


class SourceError(AutovizError, OSError):
    """The link is broken, or what comes over it makes no sense. The message says it to a person."""


class MissingError(AutovizError, FileNotFoundError):
    """A file cannot be had now: it is gone, or cannot be read there."""


@dataclass(frozen=True)
class RunState:
    """How a run stands on the other side.

    Attributes:
        key: Its spool, as a path below the one that is mirrored, with `/`; "." for that path itself.
        info: The text of its `spool.json`.
        is_over: Whether nothing more will be published, as is known there: its process may have died without a word.
        newest: Names of its newest snapshots, the newest one last.
        snapshots: How many there are.
        scalars: Bytes of its `scalars.jsonl`.
    """

    key: str
    info: str
    is_over: bool
    newest: tuple[str, ...]
    snapshots: int
    scalars: int


@dataclass(frozen=True)
class Gone:
    """A run is there no more."""

    key: str


@dataclass(frozen=True)
class Complete:
    """All runs that are there were told.

    Attributes:
        is_there: Whether there is something at the path.
    """

    is_there: bool


Change = RunState | Gone | Complete


@dataclass(frozen=True)
class Piece:
    """A part of a file.

    Attributes:
        size: Bytes of the whole file.
        data: From the offset that was asked for; fewer bytes than asked for if the file ends.
    """

    size: int
    data: bytes


class Source(ABC):
    """The other side.

    Attributes:
        how: How it is reached: by its own autoviz-render, or by sftp.
        clock_ahead: Seconds by which its clock is ahead of this one; None if that is not known.
        chunk: Bytes of a piece.
    """

    how: Literal["autoviz-render", "sftp"]
    clock_ahead: float | None = None
    chunk: int

    @abstractmethod
    def changes(self) -> AsyncIterator[Change]:
        """Every run, and then each change as it happens. Raises SourceError."""

    @abstractmethod
    async def read(self, key: str, name: str, offset: int, length: int) -> Piece:
        """A piece of a file of a run; what was read of it before, from its beginning on, is the same file.

        Raises:
            MissingError: It cannot be had.
            SourceError: The link is broken.
        """

    @abstractmethod
    def is_heard(self) -> bool:
        """Whether it was heard of lately."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the other side, promptly; whatever waits raises SourceError."""


def checked_key(key: Any) -> str:
    """The path of a spool, if it stays below the one that is mirrored. Raises ValueError."""
    if not isinstance(key, str) or "\0" in key or len(key.encode(errors="surrogatepass")) > _MOST_KEY:
        raise ValueError(f"{key!r:.100} is no path")
    if key != "." and any(part in ("", ".", "..") for part in key.split("/")):
        raise ValueError(f"{key!r:.100} leads elsewhere")
    return key


def checked_state(content: Any) -> RunState:
    """How a run stands, as the other side says it; every field is of its kind and bounded. Raises ValueError."""
    try:
        newest, info = content["newest"], content["info"]
        if not isinstance(info, str) or len(info) > _MOST_INFO:
            raise ValueError("its spool.json is no text, or too long")
        if not isinstance(newest, list) or len(newest) > MOST_NEWEST:
            raise ValueError("its newest snapshots are no list, or too many")
        return RunState(
            key=checked_key(content["key"]),
            info=info,
            is_over=bool(content["is_over"]),
            newest=tuple(_snapshot(name) for name in newest),
            snapshots=max(0, whole_number(content["snapshots"])),
            scalars=max(0, whole_number(content["scalars"])),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"a run lacks {error}") from error


def _snapshot(name: Any) -> str:
    if not isinstance(name, str) or not NAMES.fullmatch(f"snapshots/{name}"):
        raise ValueError(f"{name!r:.100} is no snapshot's name")
    return name
