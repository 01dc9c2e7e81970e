"""What a checkpoint costs as a run grows: 500 live points in 10 dimensions, 50 of them replaced at each iteration.

The limit is what does not grow: the live points, and the points that died since the checkpoint before. Beside it the
whole list of dead points pickled each time, as is usual. A checkpoint every tenth iteration; each is waited for, and
synced.
"""

from __future__ import annotations

import os
import pickle
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from table import parse, report

from autoviz_render.search.nss.checkpoint import Checkpoint, Saved

LIVE, DEAD, DIMENSIONS = 500, 50, 10
EVERY = 10  # iterations
EARLY, LATE, LATE_QUICK = 100, 4000, 400
WINDOW = 20  # checkpoints round each


def main() -> None:
    settings = parse(__doc__)
    late = LATE_QUICK if settings.quick else LATE
    seconds: dict[str, dict[int, list[float]]] = {way: {EARLY: [], late: []} for way in ("segments", "pickle of all")}
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder:
        checkpoint, every_dead = Checkpoint(Path(folder)), []
        for iteration in range(1, late + WINDOW * EVERY // 2 + 1):
            dead = {"position": rng.normal(size=(DEAD, DIMENSIONS)), "log_likelihood": rng.normal(size=DEAD)}
            checkpoint.died(dead)
            every_dead.append(dead)
            if iteration % EVERY == 0:
                live = rng.normal(size=(LIVE, DIMENSIONS))
                near = next((each for each in (EARLY, late) if abs(iteration - each) <= WINDOW * EVERY // 2), None)
                started = time.perf_counter()
                checkpoint.save(Saved([live], {"iteration": iteration}))
                checkpoint.flush()
                if near is not None:
                    seconds["segments"][near].append(time.perf_counter() - started)
                    seconds["pickle of all"][near].append(pickled(Path(folder) / "all", (live, every_dead)))
        checkpoint.close()
    report(
        [
            {
                "way": way,
                f"ms at {EARLY}": 1e3 * statistics.median(taken[EARLY]),
                f"ms at {late}": 1e3 * statistics.median(taken[late]),
                "ratio": statistics.median(taken[late]) / statistics.median(taken[EARLY]),
            }
            for way, taken in seconds.items()
        ],
        "a checkpoint, early and late in a run",
        settings.json,
    )


def pickled(path: Path, content: object) -> float:
    started = time.perf_counter()
    with path.open("wb") as file:
        pickle.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
