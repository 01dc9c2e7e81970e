"""(c) Back-pressure: hand-overs faster, about as fast, or slower than frames are drawn."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transport.search import Arrays, Search
from transport.ways import Way, disk_and_popen, new_folder, process_queue

CADENCES = {0.1: 4.0, 0.5: 4.0, 2.0: 8.0}  # seconds between hand-overs: seconds of searching
CADENCES_QUICK = {0.5: 3.0}


def pressures(busy: Search, canned: list[Arrays], static: Arrays, root: Path, *, quick: bool) -> list[dict[str, Any]]:
    policies: dict[str, Callable[[], Way]] = {
        "queue": lambda: process_queue(new_folder(root), static),
        "drop": lambda: process_queue(new_folder(root), static, limit=1),
        "coalesce": lambda: disk_and_popen(new_folder(root), static),
    }
    return [
        {"every s": every, "policy": name} | pressure(make(), busy, canned, every, seconds)
        for every, seconds in (CADENCES_QUICK if quick else CADENCES).items()
        for name, make in policies.items()
    ]


def pressure(way: Way, busy: Search, canned: list[Arrays], every: float, seconds: float) -> dict[str, Any]:
    way.hand_over(canned[0])
    way.wait()
    at = {0: time.time()}
    started = time.time()
    while (now := time.time()) < started + seconds:
        if now >= started + every * (len(at) - 1):
            at[len(at)] = way.hand_over(canned[len(at) % len(canned)])
        busy.evaluate()
    ended = time.time()
    drawn, newest = way.drawn()
    waiting = sum(number > newest for number in way.accepted)
    way.wait()
    caught_up = max(0.0, way.figure_time() - ended)
    way.close()
    dropped = len(at) - len(way.accepted)
    return {
        "handed over": len(at) - 1,
        "drawn": drawn - 1,
        "s each": seconds / max(1, drawn - 1),
        "dropped": dropped,
        "coalesced": len(way.accepted) - way.drawn()[0],
        "waiting": min(waiting, 1) if way.name == "disk and Popen" else waiting,
        "age of the newest figure, s": ended - at[newest],
        "caught up after, s": caught_up,
    }
