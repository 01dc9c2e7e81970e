"""What live rendering costs a search: the lens example at its small size, with figures drawn in each of the places.

wall-clock: a fixed number of likelihoods, with a quick update every two seconds, against the same without any; on one
thread, so that a core is left free, and on two threads at once, which saturate two cores. The limit is 1.
quick update: what one costs beyond the likelihoods around it, in likelihoods of the same model; the first of a search,
whose function was compiled ahead, against the steady ones. The limit is one likelihood, the arrays themselves.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "lens"))

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np  # noqa: E402
from simulator import SIMULATIONS  # noqa: E402
from table import parse, ratio, report  # noqa: E402

from autoviz_render import Fitness, QuickUpdate, Spool  # noqa: E402

SECONDS, SECONDS_QUICK = 10.0, 4.0
ROUNDS, ROUNDS_QUICK = 3, 1
EVERY_SECONDS = 2.0
PLACES = ("process", "thread", "inline")
WINDOW = 10  # likelihoods
LOSSES, LOSSES_QUICK = 40, 6
PATIENCE_SECONDS = 30.0


def main() -> None:
    settings = parse(__doc__)
    analysis = SIMULATIONS["small"].analysis()
    fitness = Fitness(analysis)
    points = 0.5 + 0.001 * np.random.default_rng(0).normal(size=(64, len(analysis.parameter_names)))
    points = np.asarray(jax.vmap(analysis.prior_transform)(points))
    fitness.prepare()
    likelihood = statistics.median(seconds_of(partial(evaluate, fitness, points[0])) for _ in range(20))

    rounds = LOSSES_QUICK if settings.quick else LOSSES
    report(quick_updates(fitness, points, likelihood, rounds), "what a quick update costs", settings.json)

    count = round((SECONDS_QUICK if settings.quick else SECONDS) / likelihood)
    rows = []
    for threads in (1, 2):
        taken: dict[str, list[float]] = {"none": [], **{place: [] for place in PLACES}}
        for _ in range(ROUNDS_QUICK if settings.quick else ROUNDS):
            for place, seconds in taken.items():
                seconds.append(search(fitness, points, count, threads, None if place == "none" else place))
        rows += [
            {
                "threads": threads,
                "figures": place,
                "s": statistics.median(each),
                "times none": ratio(each, taken["none"]),
            }
            for place, each in taken.items()
        ]
    report(rows, "wall-clock of a search with live figures", settings.json)


def evaluate(fitness: Fitness, point: np.ndarray) -> float:
    return float(fitness(point))


def seconds_of(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def search(fitness: Fitness, points: np.ndarray, count: int, threads: int, place: Any) -> float:
    """Seconds of so many likelihoods on each thread; the first thread's are told to the quick update.

    The last figure, for which a search waits once when it has ended, is not counted.
    """
    others = [threading.Thread(target=evaluations, args=(fitness, points, count)) for _ in range(threads - 1)]
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder:
        update = None if place is None else quick_update(fitness, folder, place, every_seconds=EVERY_SECONDS)
        started = time.perf_counter()
        for other in others:
            other.start()
        evaluations(fitness, points, count, update)
        for other in others:
            other.join()
        seconds = time.perf_counter() - started
        if update is not None:
            update.close()
    return seconds


def evaluations(fitness: Fitness, points: np.ndarray, count: int, update: QuickUpdate | None = None) -> None:
    for number in range(count):
        point = points[number % len(points)]
        value = evaluate(fitness, point)
        if update is not None:
            update(point, value)


def quick_update(fitness: Fitness, folder: str, place: Any, **cadence: Any) -> QuickUpdate:
    def arrays(point: np.ndarray) -> dict[str, Any]:
        fit = dict(fitness.arrays(point))
        del fit["log_likelihood"]
        return fit

    return QuickUpdate(
        folder,
        arrays=arrays,
        static=fitness.analysis.static(),
        figure="imaging",
        renderer=place,
        **cadence,
    )


def quick_updates(fitness: Fitness, points: np.ndarray, likelihood: float, rounds: int) -> list[dict[str, Any]]:
    """The steady cost, pairwise beside windows without; and the first of searches begun anew."""

    def window(update: QuickUpdate | None) -> float:
        started = time.perf_counter()
        if update is not None:
            update(points[0], 0.0)  # due at every call
        for point in points[:WINDOW]:
            evaluate(fitness, point)
        return time.perf_counter() - started

    steady, first = [], []
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder:
        for number in range(rounds):
            update = quick_update(fitness, f"{folder}/{number}", None, every=1)
            work_until_opened(fitness, points[0], Spool(f"{folder}/{number}"))
            first.append(window(update) - window(None))
            steady.append(window(update) - window(None))
            update.close()
    return [
        {"quick update": name, "ms": 1e3 * statistics.median(lost), "likelihoods": statistics.median(lost) / likelihood}
        for name, lost in (("first", first), ("steady", steady))
    ]


def work_until_opened(fitness: Fitness, point: np.ndarray, spool: Spool) -> None:
    """Likelihoods until the spool is on disk: a search compiles meanwhile."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not spool.paths.info.exists():
        assert time.monotonic() < deadline, f"{spool} was not opened"
        evaluate(fitness, point)


if __name__ == "__main__":
    main()
