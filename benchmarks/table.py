"""What the benchmarks share: medians of interleaved runs, a table, and the same figures as JSON."""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any


def interleaved(
    ways: Mapping[str, Callable[[], object]], rounds: int, tidy: Callable[[], object] = lambda: None
) -> dict[str, list[float]]:
    """Seconds that each way takes, in turn, round after round: a machine that slows down slows all of them.

    tidy: called after each, off the clock.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()  # the first time pays for caches, templates and pages
        tidy()
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - started)
            tidy()
    return seconds


def ratio(seconds: list[float], to: list[float]) -> float:
    """The median of the pairwise ratios."""
    return statistics.median(mine / theirs for mine, theirs in zip(seconds, to, strict=True))


def milliseconds(seconds: list[float]) -> float:
    return 1e3 * statistics.median(seconds)


def parse(description: str | None, flags: Mapping[str, str] = MappingProxyType({})) -> argparse.Namespace:
    """The command line: a benchmark's own flags are given with their help."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for a look")
    for flag, meaning in flags.items():
        parser.add_argument(flag, action="store_true", help=meaning)
    return parser.parse_args()


def report(rows: list[dict[str, Any]], title: str, to: Path | None) -> None:
    """Print the rows under their keys, and write them with what machine they are of."""
    print(f"\n{title}")
    columns = list(rows[0])
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    widths = [max(len(line[index]) for line in [columns, *cells]) for index in range(len(columns))]
    for line in [columns, *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    if to is not None:
        earlier = json.loads(to.read_text())["tables"] if to.exists() else {}
        machine = {"platform": platform.platform(), "python": platform.python_version()}
        to.write_text(json.dumps({"machine": machine, "tables": earlier | {title: rows}}, indent=2) + "\n")


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
