"""(a) What handing over costs the search in wall-clock, each window with a hand-over beside one without."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from table import milliseconds, ratio

from transport.search import Arrays, Search
from transport.ways import WAYS, Way, new_folder

EVALUATIONS_BEFORE, EVALUATIONS_AFTER = 1, 4  # of a window, round the hand-over
ROUNDS, ROUNDS_QUICK = 6, 1


def wall_clock(search: Search, root: Path, *, quick: bool) -> list[dict[str, Any]]:
    ways, first = [], {}
    for make in WAYS.values():
        began = time.time()
        ways.append(way := make(new_folder(root), search.static))
        way.hand_over(search.arrays())
        way.wait()
        first[way.name] = way.figure_time() - began
    without: dict[str, list[float]] = {way.name: [] for way in ways}
    taken: dict[str, list[tuple[float, float, float]]] = {way.name: [] for way in ways}
    for _ in range(ROUNDS_QUICK if quick else ROUNDS):
        for way in ways:
            without[way.name].append(window(search, lambda _: 0.0)[0])
            seconds, pause, at = window(search, way.hand_over)
            way.wait_beside(search.evaluate)  # the renderer has to draw beside the search to the end
            taken[way.name].append((seconds, pause, way.figure_time() - at))
    rows = [row(way, without[way.name], taken[way.name], first[way.name]) for way in ways]
    for way in ways:
        way.close()
    return rows


def window(search: Search, hand_over: Callable[[Arrays], float]) -> tuple[float, float, float]:
    """Seconds of the window, seconds of the hand-over, and when that began."""
    started = time.perf_counter()
    search.evaluate(EVALUATIONS_BEFORE)
    arrays = search.arrays(search.turn)
    before = time.perf_counter()
    at = hand_over(arrays)
    pause = time.perf_counter() - before
    search.evaluate(EVALUATIONS_AFTER)
    return time.perf_counter() - started, pause, at


def row(way: Way, without: list[float], taken: list[tuple[float, float, float]], first: float) -> dict[str, Any]:
    """taken: (seconds, pause, latency) of each window with a hand-over."""
    seconds, pauses, latencies = (list(column) for column in zip(*taken, strict=True))
    extra = 1e3 * (np.array(seconds) - np.array(without))
    drawn = way.drawn()[0]
    return {
        "way": way.name,
        "without s": statistics.median(without),
        "with s": statistics.median(seconds),
        "rate kept": ratio(without, seconds),
        "extra ms": float(np.median(extra)),
        "its quartiles": " to ".join(f"{at:.0f}" for at in np.quantile(extra, [0.25, 0.75])),
        "pause ms": milliseconds(pauses),
        "worst pause ms": 1e3 * max(pauses),
        "latency s": statistics.median(latencies),
        "first figure s": first,
        "drawn, coalesced": f"{drawn}, {len(way.accepted) - drawn}",
    }
