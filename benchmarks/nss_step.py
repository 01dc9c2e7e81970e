"""`NSS` beside a bare loop round `blackjax.nss`: a 10-dimensional Gaussian, 500 live points, 50 replaced at each step.

The limit is the bare loop: one compiled step, the dead points kept, the evidence looked at after each step, nothing
published, no checkpoint; and one that does not even look at the evidence. All run in this process, in turn, with the
same number of inner steps; `NSS` chooses its chunk size itself (and with one, for comparison). Medians of the steps
from the second on; "mean" is of all of them, with quick updates and checkpoints. The ratio is the median of the rounds'
ratios. The last row is the end of a run: the weights.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from table import milliseconds, parse, ratio, report

from autoviz_render import NSS, Analysis
from autoviz_render.search.nss.run_state import NestedRun
from autoviz_render.search.statistics.evidence import weigh

DIMENSIONS, LIVE, DELETED = 10, 500, 50
STEPS, STEPS_QUICK = 300, 60
ROUNDS, ROUNDS_QUICK = 7, 3
WIDTH, SIGMA = 10.0, 0.5

log = logging.getLogger(__name__)


class Gaussian(Analysis):
    """A Gaussian in a box."""

    parameter_names = tuple(f"x{number}" for number in range(DIMENSIONS))

    def prior_transform(self, unit: jax.Array) -> jax.Array:
        return WIDTH * (unit - 0.5)

    def log_prior(self, parameters: jax.Array) -> jax.Array:
        inside = jnp.all(jnp.abs(parameters) < WIDTH / 2)
        return jnp.where(inside, -DIMENSIONS * jnp.log(WIDTH), -jnp.inf)

    def fit_from(self, parameters: jax.Array) -> dict[str, jax.Array]:
        norm = DIMENSIONS * jnp.log(SIGMA * jnp.sqrt(2 * jnp.pi))
        return {"log_likelihood": -0.5 * jnp.sum((parameters / SIGMA) ** 2) - norm, "model": parameters}


def bare_loop(steps: int, *, looks: bool) -> Callable[[], list[float]]:
    """Of blackjax as its documentation has it: seconds of each step."""
    analysis = Gaussian()
    sampler = blackjax.nss(
        logprior_fn=analysis.log_prior,
        loglikelihood_fn=lambda parameters: analysis.fit_from(parameters)["log_likelihood"],
        num_delete=DELETED,
        num_inner_steps=2 * DIMENSIONS,
    )
    step = jax.jit(sampler.step)
    unit = jax.random.uniform(jax.random.key(1), (LIVE, DIMENSIONS))
    first = jax.jit(sampler.init)(jax.vmap(analysis.prior_transform)(unit))

    def run() -> list[float]:
        key, state, dead, ends = jax.random.key(0), first, [], []
        for _ in range(steps):
            key, of_step = jax.random.split(key)
            state, info = step(of_step, state)
            dead.append(info)
            if not looks:
                jax.block_until_ready(state)
            elif float(state.integrator.logZ_live - state.integrator.logZ) < -1e6:
                break
            ends.append(time.perf_counter())
        return list(np.diff(ends))

    return run


def nss_loop(folder: Path, steps: int, chunk_size: int | None) -> Callable[[], list[float]]:
    """Of `NSS` as it is: seconds from the end of each step to the next."""
    settings: dict[str, Any] = {"num_live": LIVE, "num_delete": DELETED, "max_iterations": steps, "renderer": None}
    made = NSS(Gaussian(), folder, chunk_size=chunk_size, remaining_evidence=0.0, **settings)
    add = NestedRun.add

    def run() -> list[float]:
        ends: list[float] = []

        def add_and_tell(run: NestedRun, *arguments: Any) -> None:
            add(run, *arguments)
            ends.append(time.perf_counter())

        again = NSS(Gaussian(), folder, chunk_size=chunk_size, remaining_evidence=0.0, resume=False, **settings)
        again._fitness, again._kernel = made._fitness, made._kernel  # compiled once
        setattr(NestedRun, "add", add_and_tell)  # noqa: B010  a method is replaced
        try:
            chosen = again.run().chunk_size
        finally:
            setattr(NestedRun, "add", add)  # noqa: B010
        log.info("chunk size %d", chosen)
        return list(np.diff(ends))

    return run


def main() -> None:
    arguments = parse(__doc__)
    steps = STEPS_QUICK if arguments.quick else STEPS
    with tempfile.TemporaryDirectory(prefix="autoviz-bench-", dir=".") as folder:
        ways = {
            "bare blackjax loop": bare_loop(steps, looks=True),
            "the same, only waiting": bare_loop(steps, looks=False),
            "NSS": nss_loop(Path(folder) / "chosen", steps, None),
            "NSS, chunk_size=1": nss_loop(Path(folder) / "one", steps, 1),
        }
        medians: dict[str, list[float]] = {way: [] for way in ways}
        means: dict[str, list[float]] = {way: [] for way in ways}
        for number in range((ROUNDS_QUICK if arguments.quick else ROUNDS) + 1):
            for way, run in ways.items():
                seconds = run()
                if number:  # the first round compiles
                    medians[way].append(statistics.median(seconds))
                    means[way].append(statistics.fmean(seconds))
    limit = "bare blackjax loop"
    rows = [
        {
            "way": way,
            "ms a step": milliseconds(medians[way]),
            "mean": milliseconds(means[way]),
            "times the bare loop": ratio(medians[way], medians[limit]),
            "of the mean": ratio(means[way], means[limit]),
        }
        for way in ways
    ]
    report(rows, "a step of nested sampling", arguments.json)
    report([end_of_a_run(steps)], "the end of a run", arguments.json)


def end_of_a_run(steps: int) -> dict[str, float]:
    """The weights of a run of so many steps, of which nothing is warm."""
    rng = np.random.default_rng(0)
    death = np.sort(rng.normal(size=LIVE + steps * DELETED))
    birth = np.concatenate([np.full(LIVE, np.nan), death[: steps * DELETED]])
    started = time.perf_counter()
    weigh(death, birth, seed=0)
    return {"points": float(death.size), "seconds for the weights": time.perf_counter() - started}


if __name__ == "__main__":
    main()
