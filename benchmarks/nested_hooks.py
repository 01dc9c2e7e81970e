"""What the hooks of dynesty, UltraNest and Nautilus cost: a call while nothing is due, and the posterior when one is.

Each sampler runs a Gaussian in five dimensions to its end. dynesty's hook and UltraNest's are then called again and
again with what the sampler gave last. Of Nautilus, a batch is a look at all its points and a call of `run` that has
nothing to do. "When due" is the posterior and the numbers of all the samples that the run has, in the sampler's thread;
your own arrays and the hand-over come on top of it. `python benchmarks/nested_hooks.py`
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import dynesty
import nautilus
import numpy as np
import ultranest
from table import parse, report

from autoviz_render import QuickUpdate, hooks

DIMENSIONS = 5
ROUNDS, ROUNDS_QUICK = 2000, 50


def log_likelihood(points: Any) -> Any:
    return -0.5 * np.sum(((points - 0.5) / 0.05) ** 2, axis=-1)


class Given(QuickUpdate):
    """Keeps what it was called with."""

    given: Any = None

    def __call__(self, *arguments: Any, **named: Any) -> None:
        self.given = named
        super().__call__(*arguments, **named)


def of_dynesty(update: QuickUpdate, live: int) -> tuple[Callable[[], object], int]:
    rng = np.random.default_rng(1)
    sampler = dynesty.NestedSampler(log_likelihood, np.asarray, DIMENSIONS, nlive=live, sample="rwalk", rstate=rng)
    calls: list[Any] = []
    hook = hooks.dynesty(update, sampler, progress=False)
    sampler.run_nested(add_live=False, print_func=lambda *given, **named: calls.append((given, named)))
    given, named = calls[-1]
    return lambda: hook(*given, **named), len(calls) + live


def of_ultranest(update: QuickUpdate, live: int) -> tuple[Callable[[], object], int]:
    names = [f"p{number}" for number in range(DIMENSIONS)]
    sampler = ultranest.ReactiveNestedSampler(names, log_likelihood, vectorized=True)
    hook = hooks.ultranest(update, sampler, progress=False)
    calls: list[Any] = []
    settings = {"min_num_live_points": live, "show_status": False, "max_num_improvement_loops": 0}
    sampler.run(**settings, viz_callback=lambda **named: calls.append(named))
    sampler.results = None  # as before the end of the run: its tree is read, not its results
    return lambda: hook(**calls[-1]), sampler.pointpile.nrows


def of_nautilus(update: QuickUpdate, live: int) -> tuple[Callable[[], object], int]:
    sampler = nautilus.Sampler(
        np.asarray, log_likelihood, DIMENSIONS, n_live=live, n_networks=0, vectorized=True, seed=1
    )
    sampler.run(n_eff=10 * live)
    return lambda: hooks.nautilus(update, sampler, n_like_max=sampler.n_like), int(sampler.n_like)


def forget(scalars: Any) -> None:
    """UltraNest's tree is read once for each new point, and here there are none."""
    if hasattr(tree := getattr(scalars, "__self__", None), "_read_at"):
        tree._read_at = -1


def main() -> None:
    options = parse(__doc__)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, make in {"dynesty": of_dynesty, "UltraNest": of_ultranest, "Nautilus": of_nautilus}.items():
            with Given(f"{folder}/{name}", renderer=None, every_seconds=1e6) as update:
                call, samples = make(update, 100 if options.quick else 500)
                call()
                seconds, due = [], []
                for _ in range(ROUNDS_QUICK if options.quick else ROUNDS):
                    started = time.perf_counter()
                    call()
                    seconds.append(time.perf_counter() - started)
                for _ in range(10):
                    call()
                    forget(update.given["scalars"])
                    started = time.perf_counter()
                    update.given["scalars"]()
                    update.given["samples"]()
                    due.append(time.perf_counter() - started)
                rows.append(
                    {
                        "hook": name,
                        "samples": samples,
                        "a call, us": round(1e6 * statistics.median(seconds), 1),
                        "when due, ms": round(1e3 * statistics.median(due), 1),
                    }
                )
    report(rows, "the hooks of nested samplers", options.json)


if __name__ == "__main__":
    main()
