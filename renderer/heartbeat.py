"""`renderer.json`: the sign of life of a renderer, which says when the next one will come."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.process_alive import machine
from autoviz_render.spool.system.safe_read import read_json

Activity = Literal["starting", "watching", "drawing", "stopped"]

IDLE_INTERVAL = 20.0
"""Seconds within which a renderer that waits beats again: it does so every few, if it gets the processor."""

_MAX_BYTES = 1 << 16
_LONGEST = 2000  # characters of a text: whatever they are, the file stays below the limit that readers have
_MAY_LACK = ("last_drawn", "last_error", "frame_seconds", "machine", "clock", "promise")
_LARGEST = 253402300800  # the year 10000, in seconds since 1970: the calendar of the C library has an end


@dataclass(frozen=True)
class Heartbeat:
    """What a renderer says of itself.

    Attributes:
        pid: Of its process.
        host: Where that runs.
        started: In seconds since 1970 (UTC), as all times here.
        activity: What it does.
        drawn: Snapshots drawn.
        coalesced: Snapshots skipped for a newer one.
        last_drawn: A snapshot's file name.
        last_error: In a line.
        frame_seconds: How long the last frame of the first figure took, with all its files.
        beat: When this was written.
        next_beat_by: If nothing was written by then, the renderer hangs.
        machine: See `process_alive.machine`.
        clock: The machine's monotonic clock at this beat, in seconds: nobody sets it, and it rests while a laptop is
            suspended.
        promise: The heartbeat interval: seconds from `clock` until the next beat.

    The same names stand in `renderer.json`; source: docs/format.md.
    """

    pid: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)
    started: float = field(default_factory=time.time)
    activity: Activity = "starting"
    drawn: int = 0
    coalesced: int = 0
    last_drawn: str | None = None
    last_error: str | None = None
    frame_seconds: float | None = None
    beat: float = 0.0
    next_beat_by: float = 0.0
    machine: str = ""
    clock: float = 0.0
    promise: float = 0.0

    def is_late(self) -> bool:
        """Whether the next beat is overdue."""
        return self.activity != "stopped" and self._is_overdue()

    def is_fresh(self) -> bool:
        """Whether the renderer is at work, and its next beat not overdue."""
        return self.activity != "stopped" and not self._is_overdue()

    def is_of_this_machine(self) -> bool:
        """Whether its process number and its clock mean the same here."""
        return self.machine == machine() if self.machine else self.host == socket.gethostname()

    def _is_overdue(self) -> bool:
        if self.machine and self.machine == machine():
            return time.monotonic() > self.clock + self.promise
        return time.time() > self.next_beat_by


def write_heartbeat(path: Path, beat: Heartbeat, interval: float) -> Heartbeat:
    """Write a beat; the one that was written.

    Args:
        path: `renderer.json`.
        beat: What it says.
        interval: Seconds within which the next one will come.

    Raises:
        OSError: The disk is full, read-only or gone.
    """
    now = time.time()
    beat = replace(beat, beat=now, next_beat_by=now + interval)
    beat = replace(beat, machine=machine(), clock=time.monotonic(), promise=interval)
    content = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in asdict(beat).items()}
    write_whole(path, [(json.dumps(content, indent=2) + "\n").encode()], tmp=path.parent)
    return beat


def read_heartbeat(path: Path) -> Heartbeat | None:
    """The last beat, or None if there is none that can be read: the file may be a stranger's."""
    try:
        content = read_json(path, _MAX_BYTES)
        given = [each for each in fields(Heartbeat) if each.name in content or each.name not in _MAY_LACK]
        return Heartbeat(**{each.name: _checked(content[each.name], str(each.type)) for each in given})
    except (OSError, SpoolError, TypeError, KeyError):
        return None


def is_drawn_live(paths: SpoolPaths) -> bool:
    """Whether a renderer of the run's own figures is at work, as far as its heartbeat tells."""
    beat = read_heartbeat(paths.heartbeat)
    return beat is not None and beat.is_fresh()


def _checked(value: Any, kind: str) -> Any:
    """A field's value if it is what the field's annotation, `kind`, says; else raises TypeError."""
    kind, _, optional = kind.partition(" | ")
    is_number = type(value) in (int, float) and 0 <= value <= _LARGEST
    is_right = {
        "Activity": value in get_args(Activity),
        "str": isinstance(value, str),
        "int": is_number and type(value) is int,
        "float": is_number,
    }
    if not (is_right[kind] or (optional and value is None)):
        raise TypeError(f"a {type(value).__name__} is no {kind}")
    return float(value) if kind == "float" and value is not None else value
