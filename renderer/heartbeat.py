"""`renderer.json`: the sign of life of a renderer, which promises when the next one will come."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from autoviz_render.spool.atomic import write_whole

Activity = Literal["starting", "watching", "drawing", "stopped"]


@dataclass(frozen=True)
class Heartbeat:
    """What a renderer says of itself; times are seconds since 1970 (UTC).

    drawn, coalesced: snapshots drawn, and skipped for a newer one. last_drawn: a snapshot's file name.
    frame_seconds: how long the last frame of the first figure took, with all its files.
    next_beat_by: if nothing was written by then, the renderer hangs.
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

    def is_late(self, now: float) -> bool:
        """Whether the renderer broke its promise."""
        return self.activity != "stopped" and now > self.next_beat_by

    def is_fresh(self, now: float) -> bool:
        """Whether the renderer is at work as far as it promised."""
        return self.activity != "stopped" and now <= self.next_beat_by


def write_heartbeat(path: Path, beat: Heartbeat, promise: float) -> Heartbeat:
    """Write a beat that promises the next within `promise` seconds; returns it. Raises OSError."""
    now = time.time()
    beat = replace(beat, beat=now, next_beat_by=now + promise)
    write_whole(path, [(json.dumps(asdict(beat), indent=2) + "\n").encode()], tmp=path.parent)
    return beat


def read_heartbeat(path: Path) -> Heartbeat | None:
    """The last beat, or None where there is none that can be read."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        beat = Heartbeat(**{name: content[name] for name in Heartbeat.__dataclass_fields__})
        return replace(beat, pid=int(beat.pid), next_beat_by=float(beat.next_beat_by))
    except (OSError, ValueError, TypeError, KeyError):
        return None
