"""What the model of all views costs: to read all runs once, and again as one of them changed.

What it costs follows what changes, not how many runs there are: the limit is 3 times the refresh of one run alone, for
one among 10,000; and 10 KB of memory a run.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from table import parse, report

from autoviz_render.spool.publisher import Publisher
from autoviz_render.views.model.collector import Collector
from autoviz_render.views.model.reader import Place

LONG = 100_000
"""Quick updates of the long run."""


def resident() -> float:
    """Of this process, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def publish(publisher: Publisher, first: int, count: int) -> None:
    for number in range(first, first + count):
        publisher.publish(
            {"x": [1.0, 2.0]},
            iteration=10 * number,
            log_likelihood=-1000.0 / (1 + number),
            parameters={f"parameter{each}": 1.5 for each in range(10)},
            scalars={"log_evidence": -1200.0, "ess": 300.0},
        )


def tree(folder: Path, count: int, updates: int) -> None:
    """Runs that are over, all but the first, which goes on."""
    with Publisher(folder / "00000") as publisher:
        publish(publisher, 0, updates)
    for number in range(1, count):
        shutil.copytree(folder / "00000", folder / f"{number:05d}")


def settle(collector: Collector, spools: list[Path]) -> float:
    """Seconds of a processor to read all of them, and again as nothing changed."""
    began = time.process_time()
    for spool in spools:
        collector.looked_at(spool)
    while collector.feed.version == 0 or collector._told or collector._changed:
        collector.turn()
    return time.process_time() - began


def refreshes(collector: Collector, run: Path, rounds: int) -> list[float]:
    """Seconds of a processor for each change of one run, until it is shown."""
    seconds = []
    with Publisher(run) as publisher:
        for number in range(rounds):
            publish(publisher, 1_000_000 + number, 1)
            publisher.flush()
            collector._shown_at = 0.0
            version, began = collector.feed.version, time.process_time()
            collector.looked_at(run / "spool")
            while collector.feed.version == version:
                collector.turn()
            seconds.append(time.process_time() - began)
    return seconds[2:]


def row(count: int, updates: int, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        tree(Path(folder), count, updates)
        spools = sorted(path / "spool" for path in Path(folder).iterdir())
        before = resident()
        collector = Collector(Place(Path(folder)))
        collector.turned(is_complete=True)
        first = settle(collector, spools)
        again = settle(collector, spools)
        memory = resident() - before
        refresh = statistics.median(refreshes(collector, Path(folder) / "00000", rounds))
    return {
        "runs": f"{count:,}",
        "updates": f"{updates:,}",
        "first, ms a run": 1e3 * first / count,
        "looked at again, us a run": 1e6 * again / count,
        "a change, ms": 1e3 * refresh,
        "KB a run": 1e3 * memory / count,
    }


def main() -> None:
    arguments = parse(__doc__)
    counts = (1, 1000) if arguments.quick else (1, 1000, 10_000)
    rows = [row(count, 20, 22) for count in counts]
    rows.append(row(1, LONG // 10 if arguments.quick else LONG, 22))
    for each in rows:
        each["to alone"] = each["a change, ms"] / rows[0]["a change, ms"]
    report(rows, "The model of all views", arguments.json)


if __name__ == "__main__":
    main()
