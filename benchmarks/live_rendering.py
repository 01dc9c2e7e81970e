"""What live figures cost a search: the lens example at its small size, with figures drawn in each of the places.

places: a search of likelihoods, with a quick update every two seconds and a new best fit at each, drawn by a process,
by a thread, by the search itself (inline), or nowhere (none). Two figures: `imaging`, whose twelve panels are drawn as
fast as ours are, and twelve panels that Matplotlib draws anew each time, as a figure of a user's may be. The start is
counted apart: from the `QuickUpdate` to its first figure, while the search goes on. Then the steps are counted for
`--seconds`: "rate kept" is their rate over that of `none` in the same round, "longest pause" the longest step. Medians
of `--rounds` rounds, each with all places in turn, so that a machine that slows down slows all of them.

quick update: what one costs beyond the likelihoods around it, in likelihoods of the same model; the first of a search,
whose function was compiled ahead, against the steady ones. The limit is one likelihood, the arrays themselves.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
from table import report  # noqa: E402

from autoviz_render import Fitness, QuickUpdate, Spool  # noqa: E402

EVERY_SECONDS = 2.0
PLACES = ("none", "process", "thread", "inline")
FIGURES = {"imaging": "imaging, 12 panels", "benchmark_slow": "12 panels by Matplotlib"}
WINDOW = 10  # likelihoods
WAIT_SECONDS = 60.0  # for a first figure, and for a spool to be opened

SLOW_FIGURE = """
from functools import partial

from autoviz_render import CustomPanel


def image(axes, snapshot, scale):
    axes.figure.colorbar(axes.imshow(scale * snapshot.arrays["model_image"], origin="lower"), ax=axes)


def slow(snapshot):
    return [CustomPanel(f"Model, {scale} times", partial(image, scale=scale)) for scale in range(1, 13)]
"""


@dataclass(frozen=True)
class Search:
    """What was seen of one search.

    Attributes:
        first_figure: seconds from its start to the first figure; NaN if nothing is drawn.
        rate: steps a second, after the first figure.
        longest_pause: seconds of the longest step, after the first figure.
    """

    first_figure: float
    rate: float
    longest_pause: float


def main() -> None:
    settings = parse()
    analysis = SIMULATIONS["small"].analysis()
    fitness = Fitness(analysis)
    points = 0.5 + 0.001 * np.random.default_rng(0).normal(size=(64, len(analysis.parameter_names)))
    points = np.asarray(jax.vmap(analysis.prior_transform)(points))
    fitness.prepare()
    likelihood = statistics.median(seconds_of(partial(evaluate, fitness, points[0])) for _ in range(20))
    report(quick_updates(fitness, points, likelihood, settings.updates), "what a quick update costs", settings.json)
    with slow_figure():
        for threads in settings.threads:
            searching = partial(search, fitness, points, seconds=settings.seconds, threads=threads)
            title = f"a search on {threads} thread(s) with live figures, {settings.seconds:g} s x {settings.rounds}"
            report(places(searching, settings.rounds), title, settings.json)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="N", help="of each search, after its start")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="searches in each place")
    parser.add_argument("--updates", type=int, default=40, metavar="N", help="quick updates whose cost is measured")
    parser.add_argument(
        "--threads", type=int, nargs="+", default=[1], metavar="N", help="that search at once (two saturate two cores)"
    )
    return parser.parse_args()


@contextmanager
def slow_figure() -> Iterator[None]:
    """Installs the slow figure for this process and those that it starts: a run may name no other."""
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-") as folder:
        Path(folder, "benchmark_slow.py").write_text(SLOW_FIGURE)
        info = Path(folder, "benchmark_slow-1.0.dist-info")
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: benchmark-slow\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[autoviz_render.figures]\nbenchmark_slow = benchmark_slow:slow\n")
        sys.path.insert(0, folder)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
        yield


def places(searching: Callable[..., Search], rounds: int) -> list[dict[str, Any]]:
    """A row for each figure and place: medians over the rounds, and of the rate the pairwise ratios."""
    seen: dict[tuple[str, str], list[Search]] = {}
    for _, figure, place in itertools.product(range(rounds), FIGURES, PLACES):
        seen.setdefault((figure, place), []).append(searching(figure, None if place == "none" else place))
    return [
        {
            "figure": FIGURES[figure],
            "place": place,
            "rate kept": statistics.median(
                mine.rate / none.rate for mine, none in zip(searches, seen[figure, "none"], strict=True)
            ),
            "steps/s": statistics.median(each.rate for each in searches),
            "longest pause, s": statistics.median(each.longest_pause for each in searches),
            "first figure, s": statistics.median(each.first_figure for each in searches),
        }
        for (figure, place), searches in seen.items()
    ]


def search(
    fitness: Fitness, points: np.ndarray, figure: str, place: Any, *, seconds: float, threads: int = 1
) -> Search:
    """Likelihoods on each thread; the first thread's are told to the quick update, each a better fit than the last.

    The last figure, for which a search waits once when it has ended, is not counted.
    """
    is_over = threading.Event()
    others = [
        threading.Thread(target=work_until, args=(fitness, points, is_over.is_set), daemon=True)
        for _ in range(threads - 1)
    ]
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder:
        for other in others:
            other.start()
        started = time.perf_counter()
        update = quick_update(fitness, folder, place, figure=figure, every_seconds=EVERY_SECONDS)
        step = stepping(fitness, points, update)
        image = Path(folder, "image", "fit.png")
        while place is not None and not image.exists():
            next(step)
            assert time.perf_counter() - started < WAIT_SECONDS, f"no figure by {place}"
        first_figure = float("nan") if place is None else time.perf_counter() - started
        taken = timed(step, seconds)
        is_over.set()
        for other in others:
            other.join()
        update.close()
    return Search(first_figure, len(taken) / sum(taken), max(taken))


def stepping(fitness: Fitness, points: np.ndarray, update: QuickUpdate) -> Iterator[None]:
    """A likelihood, and its quick update if one is due, at each step."""
    for number in itertools.count():
        point = points[number % len(points)]
        evaluate(fitness, point)
        update(point, float(number))  # better than the last, so that there is something new to draw
        yield


def timed(step: Iterator[None], seconds: float) -> list[float]:
    """The seconds of each step, for so long."""
    taken, ends = [], time.perf_counter() + seconds
    while (started := time.perf_counter()) < ends:
        next(step)
        taken.append(time.perf_counter() - started)
    return taken


def work_until(fitness: Fitness, points: np.ndarray, is_over: Callable[[], bool]) -> None:
    for point in itertools.cycle(points):
        if is_over():
            return
        evaluate(fitness, point)


def evaluate(fitness: Fitness, point: np.ndarray) -> float:
    return float(fitness(point))


def seconds_of(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def quick_update(fitness: Fitness, folder: str, place: Any, *, figure: str = "imaging", **cadence: Any) -> QuickUpdate:
    def arrays(point: np.ndarray) -> dict[str, Any]:
        fit = dict(fitness.arrays(point))
        del fit["log_likelihood"]
        return fit

    static = fitness.analysis.static()
    return QuickUpdate(folder, arrays=arrays, static=static, figure=figure, renderer=place, **cadence)


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
            spool = Spool(f"{folder}/{number}")
            update = quick_update(fitness, f"{folder}/{number}", None, every=1)
            work_until(fitness, points, deadline(spool.paths.info.exists))  # a search compiles meanwhile
            first.append(window(update) - window(None))
            steady.append(window(update) - window(None))
            update.close()
    return [
        {"quick update": name, "ms": 1e3 * statistics.median(lost), "likelihoods": statistics.median(lost) / likelihood}
        for name, lost in (("first", first), ("steady", steady))
    ]


def deadline(is_there: Callable[[], bool]) -> Callable[[], bool]:
    """The same question, which may not be asked for ever."""
    ends = time.monotonic() + WAIT_SECONDS

    def ask() -> bool:
        assert time.monotonic() < ends, "the spool was not opened"
        return is_there()

    return ask


if __name__ == "__main__":
    main()
