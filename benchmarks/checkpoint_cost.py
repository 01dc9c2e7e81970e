"""What a checkpoint costs as a run grows: 500 live points in 10 dimensions, 50 of them replaced at each iteration.

The limit is what does not grow: the live points, and the points that died since the checkpoint before; and four waits
for the disk (a file of each and their names), which are most of it. Beside it the whole list of dead points pickled
each time, as is usual. A checkpoint every tenth iteration; each is waited for, and synced.

A checkpoint of a run at iteration 100 and one of a run at 4,000 are timed in turn, in ten runs of twenty pairs: a disk
drifts by more within the minute between the two than what is measured. The pickles are timed by themselves: a file of
78 MB that is thrown away slows down who waits for the same disk next.
"""

from __future__ import annotations

import os
import pickle
import statistics
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from table import interleaved, milliseconds, parse, ratio, report

from autoviz_render.search.nss.checkpoint import Checkpoint, Saved

LIVE, DEAD, DIMENSIONS = 500, 50, 10
EVERY = 10  # iterations
EARLY, LATE, LATE_QUICK = 100, 4000, 400
PAIRS = 20
RUNS, RUNS_QUICK = 10, 3

RNG = np.random.default_rng(0)


class Segments:
    """A run that saves by `Checkpoint`, so many iterations old."""

    def __init__(self, folder: Path, iterations: int) -> None:
        self._checkpoint = Checkpoint(folder)
        for _ in range(iterations // EVERY):
            self.prepare()
            self.save()

    def prepare(self) -> None:
        for _ in range(EVERY):
            self._checkpoint.died(dead())

    def save(self) -> None:
        live = RNG.normal(size=(LIVE, DIMENSIONS))
        self._checkpoint.save(Saved([live], {"iteration": 0}))
        self._checkpoint.flush()

    def close(self) -> None:
        self._checkpoint.close()


class PickleOfAll:
    """A run that pickles all it has, so many iterations old."""

    def __init__(self, folder: Path, iterations: int) -> None:
        folder.mkdir()
        self._path = folder / "all"
        self._dead = [dead() for _ in range(iterations)]

    def prepare(self) -> None:
        self._dead += [dead() for _ in range(EVERY)]

    def save(self) -> None:
        with self._path.open("wb") as file:
            pickle.dump((RNG.normal(size=(LIVE, DIMENSIONS)), self._dead), file)
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        self._path.unlink()


WAYS: dict[str, Callable[[Path, int], Any]] = {"segments": Segments, "pickle of all": PickleOfAll}


def dead() -> dict[str, np.ndarray]:
    return {"position": RNG.normal(size=(DEAD, DIMENSIONS)), "log_likelihood": RNG.normal(size=DEAD)}


def compared(way: str, folder: Path, late: int, runs: int) -> dict[str, Any]:
    old = WAYS[way](folder / "old", late)
    early, grown, ratios = [], [], []
    for number in range(runs):
        new = WAYS[way](folder / f"new-{number}", EARLY)
        seconds = interleaved({"early": new.save, "late": old.save}, PAIRS, tidy=partial(prepare, cycle((new, old))))
        new.close()
        ratios.append(ratio(seconds["late"], seconds["early"]))
        early += seconds["early"]
        grown += seconds["late"]
    old.close()
    return {
        "way": way,
        f"ms at {EARLY}": milliseconds(early),
        f"ms at {late}": milliseconds(grown),
        "ratio": statistics.median(ratios),
        "least and largest of the runs": f"{min(ratios):.2f} to {max(ratios):.2f}",
    }


def prepare(saved: Iterator[Any]) -> None:
    """Have points die in the run that has just saved."""
    next(saved).prepare()


def main() -> None:
    settings = parse(__doc__)
    late, runs = (LATE_QUICK, RUNS_QUICK) if settings.quick else (LATE, RUNS)
    rows = []
    for way in WAYS:
        with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder:
            rows.append(compared(way, Path(folder), late, runs))
    report(rows, "a checkpoint, early and late in a run", settings.json)


if __name__ == "__main__":
    main()
