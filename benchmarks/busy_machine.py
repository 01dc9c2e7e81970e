"""What live figures cost a search on a busy machine, and whether they arrive: rate kept, and how late each figure is.

A search in pure Python gives a quick update every five seconds, beside processes that do nothing but keep a processor
busy. The same search without figures runs before and after, and the rate kept is that beside the mean of these two;
the start of the renderer is counted. The limit is 1 less the share of the processors that figures need. "as released"
is the idle scheduling class, as the renderer had it before.

first: seconds from the first quick update to its figure. late: seconds from a snapshot's name to its figure's, of the
other figures, at the median and at worst, and how many of the snapshots were drawn. last: from the end of the search to
the figure of its last snapshot. closing: what the search waits for at its end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from table import report

from autoviz_render import QuickUpdate
from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.spool.layout import SpoolPaths

EVERY_SECONDS = 5.0
SEARCH = "import sys; from busy_machine import search; search(*sys.argv[1:])"
LOOP = "while True: pass"
_LOOKS_EVERY = 0.05  # seconds


def main() -> None:
    settings = _parse()
    rows = []
    for count in settings.busy:
        with busy(count):
            for way in settings.ways:
                before = run(None, settings.seconds)
                found = run(way, settings.seconds)
                after = run(None, settings.seconds)
                rows.append(
                    {"busy processes": count, "renderer": way, "rate kept": kept(found, before, after)} | told(found)
                )
                report(rows, f"a figure every {EVERY_SECONDS:g} s for {settings.seconds:g} s", settings.json)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", dest="seconds", action="store_const", const=15.0, help="15 s each, for a look")
    parser.add_argument("--seconds", type=float, default=120.0, help="of each search (default 120)")
    cores = os.cpu_count() or 1
    parser.add_argument("--busy", type=int, nargs="+", default=[cores, 10 * cores], help="busy processes")
    parser.add_argument("--ways", nargs="+", default=["now", "as released"], choices=["now", "as released"])
    return parser.parse_args()


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that want a processor all the time."""
    loops = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run(way: str | None, seconds: float) -> dict[str, Any]:
    """A search in a process of its own; what it says, and what was seen of its figures."""
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=Path.cwd()) as folder:
        program = subprocess.Popen(
            [sys.executable, "-c", SEARCH, folder, str(way), str(seconds)],
            cwd=Path(__file__).parent,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
        )
        seen = watch(SpoolPaths(Path(folder) / "spool"), program) if way else {}
        said, _ = program.communicate()
        return json.loads(said) | {"seen": seen}


def search(folder: str, way: str, seconds: str) -> None:
    """The program that is measured: prints its rate, when it ended, and how long closing took."""
    rng, x = np.random.default_rng(1), np.linspace(0.0, 10.0, 300)
    data = x + rng.normal(size=x.size)
    update = QuickUpdate(
        folder,
        arrays=lambda point: {"model": point[0] * x},
        static={"data": data, "noise_map": np.ones(x.size), "x": x},
        figure="line",
        every_seconds=EVERY_SECONDS,
        renderer=None if way == "None" else "process",
    )
    if way == "as released":
        _be_idle(update._backend._process.pid)
    began, steps = time.monotonic(), 0
    while (now := time.monotonic()) < began + float(seconds):
        total = 0.0
        for number in range(3000):  # a millisecond of pure Python
            total += number * 1e-9
        steps += 1
        update([1.0 + 1e-6 * steps], -1.0 / steps - total)
    ended = time.time()
    update.close()
    print(json.dumps({"rate": steps / (now - began), "ended": ended, "closing": time.time() - ended}))


def _be_idle(pid: int) -> None:
    """The idle class for a process and for those that it will start, and those it has."""
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        os.sched_setscheduler(int(child), os.SCHED_IDLE, os.sched_param(0))


def watch(paths: SpoolPaths, program: subprocess.Popen[bytes]) -> dict[str, tuple[float, float]]:
    """By the name of each snapshot that was drawn: when it got its name and when its figure did; seconds since 1970."""
    published: dict[str, float] = {}
    seen: dict[str, tuple[float, float]] = {}
    pause = threading.Event()
    last_look = False
    while not last_look:
        last_look = program.poll() is not None
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(paths.snapshots):
                published.setdefault(entry.name, entry.stat().st_ctime)
        beat = read_heartbeat(paths.heartbeat)
        if beat is not None and beat.last_drawn is not None and beat.last_drawn not in seen:
            with contextlib.suppress(FileNotFoundError):
                seen[beat.last_drawn] = published[beat.last_drawn], (paths.images / "fit.png").stat().st_ctime
        pause.wait(_LOOKS_EVERY)
    seen["published"] = (float(len(published)), 0.0)
    return seen


def kept(found: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> float:
    return float(found["rate"] / statistics.mean([before["rate"], after["rate"]]))


def told(found: dict[str, Any]) -> dict[str, Any]:
    """What was seen of the figures, for a row."""
    seen = dict(found["seen"])
    count = int(seen.pop("published")[0])
    late = [drawn - published for _, (published, drawn) in sorted(seen.items())]
    last = max(seen, default="")
    middle = [value for value in late[1:] if value >= 0]
    return {
        "drawn": f"{len(seen)} of {count}",
        "first": late[0] if late else "none",
        "late": statistics.median(middle) if middle else "none",
        "worst": max(middle) if middle else "none",
        "last": seen[last][1] - found["ended"] if last and seen[last][1] > found["ended"] else "none",
        "closing": found["closing"],
    }


if __name__ == "__main__":
    main()
