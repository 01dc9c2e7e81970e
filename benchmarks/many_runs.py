"""What one watcher over many runs costs: to draw them all, while nothing happens, and for the one run that publishes.

    python benchmarks/many_runs.py [--quick] [--json FILE]

Aims: seconds a run within 1.3 of the figure at 100 runs; idle, under 1 % of a processor, at most 12 threads and 300 MB;
the latency of one run that publishes at most 1.5 times that of one run alone; every figure drawn with 50 inotify
watches, with none of its instances, and with 256 descriptors; a thousand runs that appear while it watches as fast as
if they had been there. The limit of all of it is one frame after another.

Seconds a run are counted from the first figure to the last: starting Python is not the runs' cost. `running` are runs
of a process that lives, which all might publish at any moment; the others are finished.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from table import parse, report

from autoviz_render.spool.publisher import Publisher

COMMAND = [sys.executable, "-P", "-m", "autoviz_render.cli", "--watch", "--json", "--quiet"]
PATIENCE = 1200.0  # seconds
TICKS = os.sysconf("SC_CLK_TCK")


def publish(publisher: Publisher, number: int) -> None:
    rng = np.random.default_rng(number)
    arrays = {"image": rng.random((60, 60)), "line": rng.random(200)}
    publisher.publish(arrays, iteration=number, log_likelihood=-1.0 / (number + 1))
    publisher.flush()


class Runs:
    """A tree of runs that are alike.

    Args:
        folder: Where to make them.
        count: How many.
        is_running: Whether they go on, as this process says.
    """

    def __init__(self, folder: Path, count: int, *, is_running: bool) -> None:
        self.folder = folder
        self.model = folder.with_name(f"{folder.name}-model")
        with Publisher(self.model) as publisher:
            publish(publisher, 0)
        info = self.model / "spool" / "spool.json"
        if is_running:
            info.write_text(json.dumps(json.loads(info.read_text()) | {"state": "running"}))
        for number in range(count):
            self.copy(folder / f"{number:05d}")

    def copy(self, to: Path) -> None:
        shutil.copytree(self.model, to)


class Watcher:
    """`autoviz-render --watch` on a tree, and what it says.

    Args:
        folder: The tree.
        limits: A command that starts it with less of something.
    """

    def __init__(self, folder: Path, limits: Sequence[str] = ()) -> None:
        self.drawn: dict[str, float] = {}
        self.last: tuple[str, float] = ("", 0.0)
        self._heard = threading.Condition()
        self.process = subprocess.Popen([*limits, *COMMAND, str(folder)], stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, count: int) -> float:
        """Wait until so many runs have a figure; seconds from the first to the last."""
        with self._heard:
            if not self._heard.wait_for(lambda: len(self.drawn) >= count or not self._reader.is_alive(), PATIENCE):
                raise TimeoutError(f"{len(self.drawn)} of {count} runs were drawn")
            times = sorted(self.drawn.values())
        return times[count - 1] - times[0]

    def wait_for_figure_of(self, run: str, after: float) -> float:
        """Wait until a run is drawn anew; when."""
        with self._heard:
            if not self._heard.wait_for(lambda: self.last[0] == run and self.last[1] > after, 60):
                raise TimeoutError(f"{run} was not drawn")
            return self.last[1]

    def processor_seconds(self) -> float:
        """Of it and its workers, so far."""
        return sum(sum(map(int, _stat(pid)[11:13])) for pid in self._pids()) / TICKS

    def threads(self) -> int:
        """Of the watcher itself."""
        return int(_stat(self.process.pid)[17])

    def memory(self) -> list[float]:
        """Of it, then of its workers, in MB."""
        return [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6 for pid in self._pids()]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._reader.join(10)

    def _pids(self) -> list[int]:
        own = self.process.pid
        children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return [own, *map(int, children)]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told, now = json.loads(line), time.monotonic()
            with self._heard:
                self.drawn.setdefault(told["run"], now)
                self.last = told["run"], now
                self._heard.notify_all()


def _stat(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat from the third on."""
    return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()


def idle_share(watcher: Watcher, seconds: float) -> float:
    """Per cent of a processor while nothing happens."""
    threading.Event().wait(5)  # the last figures are noted
    before, began = watcher.processor_seconds(), time.monotonic()
    threading.Event().wait(seconds)
    return 100 * (watcher.processor_seconds() - before) / (time.monotonic() - began)


def latency(watcher: Watcher, folder: Path, count: int) -> list[float]:
    """Seconds from a snapshot in place to its figure in place."""
    run, seconds = folder / "live", []
    with Publisher(run) as publisher:
        for number in range(count + 2):
            now = time.monotonic()
            publish(publisher, number)
            in_place = time.monotonic()
            seconds.append(watcher.wait_for_figure_of(str(run), now) - in_place)
            threading.Event().wait(0.15)
    return seconds[2:]


@contextmanager
def tree(count: int, *, is_running: bool = False) -> Iterator[Runs]:
    with tempfile.TemporaryDirectory(prefix="many-runs-") as folder:
        yield Runs(Path(folder) / "tree", count, is_running=is_running)


def sizes(counts: Sequence[int], seconds_idle: float, rounds: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for count, is_running in [(1, False), *((count, False) for count in counts), (min(counts[-1], 1000), True)]:
        with tree(count, is_running=is_running) as runs, closing(Watcher(runs.folder)) as watcher:
            took = watcher.wait_for(count)
            idle = idle_share(watcher, seconds_idle)
            waits = latency(watcher, runs.folder, rounds)
            memory = watcher.memory()
            rows.append(
                {
                    "runs": f"{count:,}{' running' if is_running else ''}",
                    "ms a run": 1e3 * took / max(count - 1, 1),
                    "idle, % of a processor": idle,
                    "threads": watcher.threads(),
                    "latency, ms": 1e3 * statistics.median(waits),
                    "memory, MB": memory[0],
                    "worker, MB": max(memory[1:], default=0.0),
                }
            )
            print(rows[-1], file=sys.stderr)
    alone = next(row for row in rows if row["runs"] == "1")["latency, ms"]
    hundred = next(row for row in rows if row["runs"] == "100")["ms a run"]
    for row in rows:
        row["to 100"] = row["ms a run"] / hundred
        row["latency to alone"] = row["latency, ms"] / alone
    return rows


def limited(count: int) -> list[dict[str, Any]]:
    namespace = ["unshare", "-r", "sh", "-c"]
    ways = {
        "as it is": [],
        "50 inotify watches": [*namespace, 'echo 50 > /proc/sys/user/max_inotify_watches && exec "$@"', "sh"],
        "no inotify instance": [*namespace, 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"', "sh"],
        "256 descriptors": ["sh", "-c", 'ulimit -n 256 && exec "$@"', "sh"],
    }
    rows = []
    for name, limits in ways.items():
        for is_running in (False, True):
            with tree(count, is_running=is_running) as runs, closing(Watcher(runs.folder, limits)) as watcher:
                took = watcher.wait_for(count)
                told = f"{count:,}{' running' if is_running else ''}"
                rows.append({"with": name, "runs": told, "drawn": len(watcher.drawn), "ms a run": 1e3 * took / count})
    return rows


def appearing(count: int) -> list[dict[str, Any]]:
    """Runs that appear while it watches, beside as many that are there from the start."""
    with tree(count) as runs:
        with closing(Watcher(runs.folder)) as watcher:
            there = watcher.wait_for(count)
        for image in runs.folder.glob("*/image"):
            shutil.rmtree(image)
        elsewhere = runs.folder.with_name("elsewhere")
        runs.folder.rename(elsewhere)
        runs.copy(runs.folder / "first")
        with closing(Watcher(runs.folder)) as watcher:
            watcher.wait_for(1)
            threading.Event().wait(3)
            began = time.monotonic()
            for run in sorted(elsewhere.iterdir()):
                run.rename(runs.folder / run.name)
            watcher.wait_for(count + 1)
            appeared = max(watcher.drawn.values()) - began
    ratio = appeared / there
    return [{"runs": count, "ratio": ratio, "there, ms": 1e3 * there / count, "appear, ms": 1e3 * appeared / count}]


def main() -> None:
    arguments = parse(__doc__)
    counts = (10, 100, 1000) if arguments.quick else (10, 100, 1000, 10_000)
    report(sizes(counts, 20 if arguments.quick else 60, 20), "One watcher over many runs", arguments.json)
    report(limited(100 if arguments.quick else 1000), "With less of something", arguments.json)
    report(appearing(300 if arguments.quick else 1000), "Runs that appear while it watches", arguments.json)


if __name__ == "__main__":
    main()
