"""What live figures cost a search on a busy machine, and whether they arrive: rate kept, and how late each figure is.

A search in pure Python gives a quick update every five seconds, beside processes that do nothing but keep a processor
busy. The same search without figures runs before and after each; "kept" is beside the mean of these two, the start of
the renderer counted. "as released" is the idle scheduling class, as the renderer had it before.

rate kept: steps a second. time kept: the processor time that the search got; it does not drift with the processors'
speed, which does by some per cent from minute to minute on a shared machine. Both are medians of the rounds.
figures took: processor time of the renderer and what draws for it, in seconds. The limit of what is kept is 1 less that
over all processors' time.
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
from autoviz_render.spool.paths import SpoolPaths

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
                rounds = [(run(None, settings.seconds), run(way, settings.seconds)) for _ in range(settings.rounds)]
                last = run(None, settings.seconds)
                without = [before for before, _ in rounds] + [last]
                measured = {name: kept(name, without, [found for _, found in rounds]) for name in ("rate", "time")}
                found = rounds[-1][1]
                rows.append(
                    {
                        "busy processes": count,
                        "renderer": way,
                        "rate kept": measured["rate"],
                        "time kept": measured["time"],
                        "figures took": found["figures"],
                    }
                    | told(found)
                )
                report(rows, f"a figure every {EVERY_SECONDS:g} s for {settings.seconds:g} s", settings.json)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", dest="seconds", action="store_const", const=15.0, help="15 s each, for a look")
    parser.add_argument("--seconds", type=float, default=120.0, help="of each search (default 120)")
    cores = os.cpu_count() or 1
    parser.add_argument("--rounds", type=int, default=1, help="pairs of searches (default 1)")
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
        seen = watch(SpoolPaths(Path(folder) / "spool"), program)  # without figures too: looking takes time
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
        _be_idle(update._updater.backend._process.pid)
    began, used, steps = time.monotonic(), time.process_time(), 0
    while (now := time.monotonic()) < began + float(seconds):
        total = 0.0
        for number in range(3000):  # a millisecond of pure Python
            total += number * 1e-9
        steps += 1
        update([1.0 + 1e-6 * steps], -1.0 / steps - total)
    ended, used = time.time(), time.process_time() - used
    figures = 0.0 if way == "None" else _processor_time(update._updater.backend._process.pid)
    update.close()
    said = {"rate": steps / (now - began), "time": used / (now - began), "figures": figures}
    print(json.dumps(said | {"ended": ended, "closing": time.time() - ended}))


def _processor_time(pid: int) -> float:
    """Seconds of a process and its children so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used + sum(_processor_time(int(child)) for child in children)


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


def kept(what: str, without: list[dict[str, Any]], found: list[dict[str, Any]]) -> float:
    """Of the searches' rate or time, beside the mean of the searches without before and after: the rounds' median."""
    return statistics.median(
        each[what] / statistics.mean([before[what], after[what]])
        for each, before, after in zip(found, without[:-1], without[1:], strict=True)
    )


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
