"""What handing over a snapshot costs the search: 4.6 MB in 19 arrays, by each way, beside two kinds of sampler.

Ways: `Publisher` with JAX and with NumPy arrays, and with NumPy arrays `multiprocessing.Queue.put` and
`ProcessPoolExecutor.submit`, whose children (spawned) receive the arrays and drop them. Samplers: steps of about 5 ms,
jitted JAX (the GIL is free meanwhile) or pure Python (it is not), on one thread, so that a second core is free.

pause: until the call returns, whoever works behind it idle before. The limit is nothing for JAX arrays, which are
handed over by reference, and one memcpy of the payload for NumPy arrays, which are copied.
whole loss: what the steps take longer after one hand-over, the pause included, in windows of ten steps: in each of them
the median of the pairwise differences from a window without just before, and their sum. The limit is the pause.
rate kept: of a sampler that hands over 20 times a second, beside itself without. The limit is 1. A publisher drops what
it has no time to write, and what it drops costs little: read the rate with the share that arrived.

The publisher writes to the disk of the working directory; what the others send is written nowhere.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from table import interleaved, milliseconds, parse, ratio, report

from autoviz_render import Publisher

MEGABYTES, ARRAYS = 4.6, 19
STEP_SECONDS = 5e-3
PAUSES, PAUSES_QUICK = 250, 30
STEPS_OF_A_WINDOW, WINDOWS = 10, 4
"""Some 200 ms, until the slowest way has arrived: a thread waits 5 ms for the GIL of pure Python, each time."""
LOSSES, LOSSES_QUICK = 28, 4
RATES, RATES_QUICK = 5, 2  # pairs of runs
STEPS_OF_A_RATE, STEPS_OF_A_RATE_QUICK = 150, 60
PERIOD_SECONDS = 1 / 20
PATIENCE_SECONDS = 30.0
ACKNOWLEDGE = "acknowledge"

Arrays = dict[str, np.ndarray]
Call = Callable[[], object]


@dataclass(frozen=True)
class Way:
    """A way to hand one snapshot over.

    wait: returns when all that goes on behind it has ended. arrived: the share of the snapshots that were not dropped.
    """

    name: str
    hand_over: Call
    wait: Call
    arrived: Callable[[], float] = lambda: 1.0


def memcpy(arrays: Arrays) -> Way:
    copies: list[np.ndarray] = []  # kept until the clock stops: freeing them is not the sampler's to pay
    return Way("memcpy", lambda: copies.extend([np.copy(value) for value in arrays.values()]), copies.clear)


@contextmanager
def publishing(kind: str, arrays: Mapping[str, Any]) -> Iterator[Way]:
    numbers = itertools.count()

    def publish() -> None:
        publisher.publish(arrays, iteration=next(numbers))

    def flush() -> None:
        assert publisher.flush(PATIENCE_SECONDS), "the disk does not keep up"
        assert publisher.stats.failed == 0, "a snapshot that fails costs nothing: no measurement"

    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder, Publisher(folder) as publisher:
        yield Way(
            f"Publisher, {kind}", publish, flush, lambda: publisher.stats.written / max(1, publisher.stats.submitted)
        )


@contextmanager
def queueing(arrays: Arrays) -> Iterator[Way]:
    context = multiprocessing.get_context("spawn")
    queue, drained = context.Queue(), context.Semaphore(0)

    def wait() -> None:
        queue.put(ACKNOWLEDGE)
        assert drained.acquire(timeout=PATIENCE_SECONDS), "the consumer does not keep up"

    consumer = context.Process(target=drain, args=(queue, drained), daemon=True)
    consumer.start()
    try:
        yield Way("Queue.put, NumPy", lambda: queue.put(arrays), wait)
    finally:
        queue.put(None)
        consumer.join(PATIENCE_SECONDS)
        consumer.kill()
        queue.cancel_join_thread()  # it would wait for a consumer that was killed


def drain(queue: Any, drained: Any) -> None:
    """The queue's consumer, in a process of its own."""
    while (item := queue.get()) is not None:
        if item == ACKNOWLEDGE:
            drained.release()


@contextmanager
def submitting(arrays: Arrays) -> Iterator[Way]:
    futures: list[Future[None]] = []

    def wait() -> None:
        while futures:
            futures.pop().result(PATIENCE_SECONDS)

    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield Way("pool.submit, NumPy", lambda: futures.append(pool.submit(drop, arrays)), wait)


def drop(arrays: Arrays) -> None:
    """The pool's task, in a process of its own."""


@contextmanager
def all_ways(arrays: Arrays, on_device: Mapping[str, Any]) -> Iterator[list[Way]]:
    with ExitStack() as opened:
        each = publishing("JAX", on_device), publishing("NumPy", arrays), queueing(arrays), submitting(arrays)
        ways = [opened.enter_context(way) for way in each]
        wait_for(ways)  # the children have started
        yield ways


def wait_for(ways: list[Way]) -> None:
    for way in ways:
        way.wait()


def jax_work() -> Callable[[int], object]:
    """Work of any number of turns, compiled once."""
    import jax
    import jax.numpy as jnp

    turn = jax.jit(lambda state, turns: jax.lax.fori_loop(0, turns, lambda _, each: jnp.cos(each), state))
    state = jnp.linspace(0.0, 1.0, 16_384)
    return lambda turns: turn(state, turns).block_until_ready()


def python_work(turns: int) -> float:
    total = 0.0
    for each in range(turns):
        total += 0.5 * each
    return total


def step_of(work: Callable[[int], object]) -> Call:
    """A fixed piece of the work that takes about STEP_SECONDS here."""
    turns, seconds = 1, 0.0
    while seconds < STEP_SECONDS:
        turns *= 2
        seconds = milliseconds(interleaved({"work": partial(work, turns)}, 20)["work"]) / 1e3
    return partial(work, round(turns * STEP_SECONDS / seconds))


def pauses(ways: list[Way], rounds: int) -> list[dict[str, Any]]:
    """The first way is the memcpy that the others are compared with."""
    seconds = interleaved({way.name: way.hand_over for way in ways}, rounds, tidy=lambda: wait_for(ways))
    return [
        {
            "way": name,
            "median ms": milliseconds(taken),
            "p99 ms": 1e3 * statistics.quantiles(taken, n=100)[98],
            "times memcpy": ratio(taken, seconds[ways[0].name]),
        }
        for name, taken in seconds.items()
    ]


def windows(step: Call, hand_over: Call, number: int) -> np.ndarray:
    """Seconds of each window of steps; the first begins with the hand-over."""
    ends = [time.perf_counter()]
    hand_over()
    for _ in range(number):
        for _ in range(STEPS_OF_A_WINDOW):
            step()
        ends.append(time.perf_counter())
    return np.diff(ends)


def losses(sampler: str, step: Call, ways: list[Way], rounds: int) -> list[dict[str, Any]]:
    lost: dict[str, list[np.ndarray]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            without = windows(step, lambda: None, 1)
            lost[way.name].append(windows(step, way.hand_over, WINDOWS) - without)
            way.wait()
    whole = {name: np.median(each, axis=0).sum() for name, each in lost.items()}
    queue = next(each for name, each in whole.items() if name.startswith("Queue"))
    return [
        {
            "way": name,
            "sampler": sampler,
            "whole ms": float(1e3 * whole[name]),
            "times the queue's": float(whole[name] / queue),
            "first window ms": float(1e3 * np.median(each, axis=0)[0]),
            "its quartiles": " to ".join(f"{at:.2f}" for at in 1e3 * np.quantile(each, [0.25, 0.75], axis=0)[:, 0]),
        }
        for name, each in lost.items()
    ]


def sample(step: Call, steps: int, hand_over: Call) -> None:
    due = time.perf_counter()
    for _ in range(steps):
        if time.perf_counter() >= due:
            due += PERIOD_SECONDS
            hand_over()
        step()


def rates(sampler: str, step: Call, steps: int, ways: list[Way], rounds: int) -> list[dict[str, Any]]:
    """Of ways that were just opened, as what arrived is counted since then."""
    runs: dict[str, Call] = {}
    for way in ways:
        runs[f"before {way.name}"] = partial(sample, step, steps, lambda: None)
        runs[way.name] = partial(sample, step, steps, way.hand_over)
    seconds = interleaved(runs, rounds, tidy=lambda: wait_for(ways))
    return [
        {
            "way": way.name,
            "sampler": sampler,
            "rate kept": ratio(seconds[f"before {way.name}"], seconds[way.name]),
            "share that arrived": way.arrived(),
        }
        for way in ways
    ]


def main() -> None:
    settings = parse(__doc__)
    quick = settings.quick
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax  # here, as the children need none of it, and it reads the flags once

    jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(0)
    arrays = {f"array{index}": rng.normal(size=int(MEGABYTES * 1e6 / 8 / ARRAYS)) for index in range(ARRAYS)}
    on_device = {name: jax.device_put(value) for name, value in arrays.items()}
    steps = {"jitted JAX": step_of(jax_work()), "pure Python": step_of(python_work)}

    with all_ways(arrays, on_device) as ways:
        rows = pauses([memcpy(arrays), *ways], PAUSES_QUICK if quick else PAUSES)
        report(rows, "pause of the sampler's thread", settings.json)
        rounds = LOSSES_QUICK if quick else LOSSES
        rows = [row for sampler, step in steps.items() for row in losses(sampler, step, ways, rounds)]
        report(rows, "the search's whole loss per snapshot", settings.json)

    rows = []
    length, times = (STEPS_OF_A_RATE_QUICK, RATES_QUICK) if quick else (STEPS_OF_A_RATE, RATES)
    for sampler, step in steps.items():
        with all_ways(arrays, on_device) as ways:
            rows += rates(sampler, step, length, ways, times)
    report(rows, "rate kept at 20 snapshots a second", settings.json)


if __name__ == "__main__":
    main()
