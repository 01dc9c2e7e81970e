"""`renderer.json`: the sign of life of a renderer, which promises when the next one will come."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.system.atomic import write_whole
from autoviz_render.spool.system.process_alive import machine
from autoviz_render.spool.system.safe_read import read_json

Activity = Literal["starting", "watching", "drawing", "stopped"]

_MAX_BYTES = 1 << 16
_LONGEST = 2000  # characters of a text: whatever they are, the file stays below the limit that readers have
_MAY_LACK = ("last_drawn", "last_error", "frame_seconds", "machine", "clock", "promise")
_LARGEST = 253402300800  # the year 10000, in seconds since 1970: the calendar of the C library has an end


@dataclass(frozen=True)
class Heartbeat:
    """What a renderer says of itself; times are seconds since 1970 (UTC).

    drawn, coalesced: snapshots drawn, and skipped for a newer one. last_drawn: a snapshot's file name.
    frame_seconds: how long the last frame of the first figure took, with all its files.
    next_beat_by: if nothing was written by then, the renderer hangs.
    machine: see `spool.alive.machine`. clock: its monotonic clock at this beat, which nobody sets and which rests while
    a laptop is suspended. promise: seconds from then until the next beat.
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
        """Whether the renderer broke its promise."""
        return self.activity != "stopped" and self._is_overdue()

    def is_fresh(self) -> bool:
        """Whether the renderer is at work as far as it promised."""
        return self.activity != "stopped" and not self._is_overdue()

    def is_of_this_machine(self) -> bool:
        """Whether its process number and its clock mean the same here."""
        return self.machine == machine() if self.machine else self.host == socket.gethostname()

    def _is_overdue(self) -> bool:
        if self.machine and self.machine == machine():
            return time.monotonic() > self.clock + self.promise
        return time.time() > self.next_beat_by


def write_heartbeat(path: Path, beat: Heartbeat, interval: float) -> Heartbeat:
    """Write a beat that promises the next within `interval` seconds; returns it. Raises OSError."""
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


def _checked(value: Any, kind: str) -> Any:
    """A field's value. kind: as the field is annotated. Raises TypeError if the value is of another."""
    if value is None and kind.endswith(" | None"):
        return None
    match kind.removesuffix(" | None"):
        case "Activity" if value in get_args(Activity):
            return value
        case "str" if isinstance(value, str):
            return value
        case "bool" if isinstance(value, bool):
            return value
        case "int" if type(value) is int and 0 <= value <= _LARGEST:
            return value
        case "float" if type(value) in (int, float) and 0 <= value <= _LARGEST:
            return float(value)
    raise TypeError(f"a {type(value).__name__} is no {kind}")
