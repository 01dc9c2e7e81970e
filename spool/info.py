"""`spool.json`: whose spool it is, what is drawn from it, and whether the run goes on."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from autoviz_render.spool.alive import is_alive
from autoviz_render.spool.directory import later
from autoviz_render.spool.epochs import Epoch
from autoviz_render.spool.errors import LaterVersionError, NoSpoolError, UnreadableError
from autoviz_render.spool.layout import FORMAT_VERSION
from autoviz_render.spool.plain import read_json

State = Literal["running", "finished", "failed"]
STATES: tuple[State, ...] = ("running", "finished", "failed")

_FORMAT = "autoviz-render spool"
_MAX_BYTES = 1 << 20
_MOST_FIGURES = 50
_LONGEST_FIGURE = 100  # characters: it becomes the name of a file


@dataclass(frozen=True)
class Producer:
    """The process that publishes: enough for a reader on the same host to see whether it is alive."""

    host: str
    pid: int
    program: str

    @staticmethod
    def here() -> Producer:
        return Producer(socket.gethostname(), os.getpid(), Path(sys.argv[0] or "python").name if sys.argv else "")

    def is_dead(self) -> bool:
        """Whether the producer surely runs no more: False where it is alive or on a host we cannot see."""
        return self.host == socket.gethostname() and is_alive(self.pid) is False


@dataclass(frozen=True)
class SpoolInfo:
    """The content of `spool.json`.

    run: the name shown in figures. figures: names of the figures to draw, the first one first.
    created: when the newest epoch began, in seconds since 1970 (UTC). epoch: its number. epochs: all of them, in order.
    """

    run: str
    figures: tuple[str, ...]
    producer: Producer
    state: State = "running"
    epoch: int = 0
    created: float = field(default_factory=time.time)
    epochs: tuple[Epoch, ...] = ()

    def is_over(self) -> bool:
        """Whether nothing more will be published: the run ended, or its process died without a word."""
        return self.state != "running" or self.producer.is_dead()


def info_bytes(info: SpoolInfo) -> bytes:
    content = {"format": _FORMAT, "version": FORMAT_VERSION, **asdict(info)}
    return (json.dumps(content, indent=2) + "\n").encode()


def read_info(path: Path) -> SpoolInfo:
    """Read a `spool.json`.

    Raises NoSpoolError where there is none, LaterVersionError and UnreadableError as their names say.
    """
    try:
        content = read_json(path, _MAX_BYTES)
    except FileNotFoundError as error:
        raise NoSpoolError(path.parent, "is no spool: it holds no spool.json") from error
    try:
        return _parse(content, path)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, LaterVersionError):
            raise
        raise UnreadableError(path, f"is damaged: {error!r:.500} while reading it") from error


def _parse(content: dict[str, Any], path: Path) -> SpoolInfo:
    if content["format"] != _FORMAT:
        raise ValueError(f"format is {content['format']!r}")
    if content["version"] > FORMAT_VERSION:
        raise LaterVersionError(path, later(content["version"]))
    if content["state"] not in STATES:
        raise ValueError(f"state is {content['state']!r}")
    producer = content["producer"]
    return SpoolInfo(
        run=str(content["run"]),
        figures=figure_names(content["figures"]),
        producer=Producer(str(producer["host"]), int(producer["pid"]), str(producer["program"])),
        state=content["state"],
        epoch=int(content["epoch"]),
        created=float(content["created"]),
        epochs=tuple(
            Epoch(
                int(each["number"]),
                float(each["created"]),
                None if each["resumed_from"] is None else int(each["resumed_from"]),
            )
            for each in content["epochs"]
        ),
    )


def figure_names(figure: str | Sequence[str]) -> tuple[str, ...]:
    """One figure name or several, as a tuple. Raises ValueError where a name could not be a file's."""
    names = (figure,) if isinstance(figure, str) else tuple(figure)
    if len(names) > _MOST_FIGURES:
        raise ValueError(f"{len(names)} figures are named, and there may be {_MOST_FIGURES}")
    for name in names:
        if not isinstance(name, str) or not name.replace("-", "_").replace(".", "_").isidentifier():
            # a name, never code: what may be imported is chosen on the reader's command line alone
            raise ValueError(f"{name!r:.200} is not the name of a figure")
        if len(name) > _LONGEST_FIGURE:
            raise ValueError(f"{name!r:.200} is too long for the name of a figure")
    if not names:
        raise ValueError("no figure is named")
    if len(set(names)) < len(names) or "fit" in names[1:]:
        raise ValueError(f"two of the figures {', '.join(names)} would have files of one name; the first is called fit")
    return names
