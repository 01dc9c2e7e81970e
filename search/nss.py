"""Nested slice sampling with quick updates: `blackjax.nss` in a Python loop."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from blackjax.ns import adaptive
from blackjax.ns.base import init_state_strategy
from blackjax.ns.from_mcmc import update_with_mcmc_take_last
from blackjax.ns.nss import live_covariance_factor

from autoviz_render.search.analysis import Analysis
from autoviz_render.search.backends import Where
from autoviz_render.search.compilations import compilations
from autoviz_render.search.evidence import Floats, RunningEvidence, weigh
from autoviz_render.search.fitness import Fitness
from autoviz_render.search.progress import Progress, Standing
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.result import Result, write_result

log = logging.getLogger("autoviz_render.search")

_EVALUATIONS_A_BRACKET = 2  # the two ends of each slice's first interval


class NSS:
    """Nested slice sampling (Yallup, Kroupa and Handley 2026, arXiv:2601.23252) of an analysis.

    run_dir: where the spool, the figures, `samples.csv` and `result.json` go.
    num_live: live points. num_delete: points replaced at each step; a tenth of them by default.
    chunk_size: how many likelihoods are computed side by side, which bounds the device's memory; by default one
        after another on a processor, where each has all cores, and those of all replaced points elsewhere.
    num_inner_steps: slice steps for each new point; by default twice the number of parameters, at least 5.
    remaining_evidence: stop when the live points would add less than this to the log evidence, in nats.
    seed: of all random numbers. max_iterations: stop after so many steps even so.
    figure, every, every_seconds, renderer: of the quick updates, as for `QuickUpdate`.
    """

    def __init__(
        self,
        analysis: Analysis,
        run_dir: str | os.PathLike[str],
        *,
        num_live: int = 200,
        num_delete: int | None = None,
        chunk_size: int | None = None,
        num_inner_steps: int | None = None,
        remaining_evidence: float = 0.05,
        seed: int = 0,
        max_iterations: int | None = None,
        figure: str | Sequence[str] = "auto",
        every: int | None = None,
        every_seconds: float | None = None,
        renderer: Where | None = "process",
    ) -> None:
        dimensions = len(analysis.parameter_names)
        self.run_dir = Path(run_dir)
        self._fitness = Fitness(analysis)
        self._num_live = num_live
        self._num_delete = num_delete or max(1, num_live // 10)
        self._chunk_size = chunk_size or (1 if jax.default_backend() == "cpu" else self._num_delete)
        self._num_inner_steps = num_inner_steps or max(5, 2 * dimensions)
        self._remaining_evidence = remaining_evidence
        self._seed = seed
        self._max_iterations = max_iterations
        self._quick_update_settings: dict[str, Any] = {
            "figure": figure,
            "every": every,
            "every_seconds": every_seconds,
            "renderer": renderer,
        }
        if not 0 < self._num_delete < num_live:
            raise ValueError(f"num_delete is {self._num_delete}: choose from 1 to {num_live - 1}")

    def run(self) -> Result:
        """Sample until the evidence is known, publishing as it goes; write and return the result."""
        analysis = self._fitness.analysis
        started, compiled = time.monotonic(), compilations()
        with QuickUpdate(
            self.run_dir,
            arrays=self._arrays,
            static=analysis.static(),
            parameter_names=analysis.parameter_names,
            **self._quick_update_settings,
        ) as quick_update:
            history = self._sample(quick_update, started)
            wall_time, compiled_in_all = time.monotonic() - started, compilations()
            history.die(history.live)
        log_likelihood, birth = history.contours()
        result = Result(
            parameter_names=analysis.parameter_names,
            samples=history.positions(),
            log_likelihood=log_likelihood,
            log_likelihood_birth=birth,
            **vars(weigh(log_likelihood, birth, seed=self._seed)),
            iterations=history.iterations,
            evaluations=history.evaluations,
            wall_time=wall_time,
            compilations=compiled_in_all - compiled,
            compilations_after_first_update=compiled_in_all - history.compilations_at_first_update,
            quick_updates=quick_update.stats.submitted,
        )
        write_result(self.run_dir, result)
        return result

    def _sample(self, quick_update: QuickUpdate, started: float) -> _History:
        """The Python loop round the compiled step: count, look, and go on until the evidence is known."""
        key = jax.random.key(self._seed)
        begin, step = self._compiled()
        positions = self._prior_draws(jax.random.fold_in(key, 0))
        # the first figure: the points below may take the model minutes to evaluate
        quick_update(positions[0], self._fitness.arrays(positions[0])["log_likelihood"], evaluations=1)
        log.info("evaluating %d live points drawn from the prior", self._num_live)
        state = begin(positions)
        history = _History(state.particles, evaluations=self._num_live)
        quick_update(*history.best(), evaluations=history.evaluations)
        running = RunningEvidence()
        with Progress() as progress:
            while running.remaining > self._remaining_evidence and history.iterations != self._max_iterations:
                history.iterations += 1
                state, dead, evaluations = step(key, np.uint32(history.iterations), state)
                history.live = jax.device_get(state.particles)
                history.evaluations += int(evaluations)
                died = history.die(jax.device_get(dead))
                running.add(died, np.asarray(history.live.loglikelihood, dtype=np.float64))
                standing = Standing(
                    evaluations=history.evaluations,
                    log_evidence=running.log_evidence,
                    remaining=running.remaining,
                    effective_sample_size=running.effective_sample_size,
                    rate=history.evaluations / (time.monotonic() - started),
                )
                progress.show(standing)
                quick_update(*history.best(), evaluations=history.evaluations, scalars=vars(standing))
                if history.iterations == 1:
                    history.compilations_at_first_update = compilations()
        return history

    def _compiled(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """The first state, `begin(positions)`, and one step, `step(key, iteration, state)`, compiled.

        positions: array[point, parameter]. A step gives the new state, the points that died in it, and how often
        it called the likelihood.
        """
        analysis = self._fitness.analysis
        one = partial(
            init_state_strategy,
            logprior_fn=analysis.log_prior,
            loglikelihood_fn=self._fitness.log_likelihood,
        )
        sampler = blackjax.nss(
            logprior_fn=analysis.log_prior,
            loglikelihood_fn=self._fitness.log_likelihood,
            num_inner_steps=self._num_inner_steps,
            num_delete=self._num_delete,
            update_strategy=partial(_replace_in_chunks, self._chunk_size),
        )

        def begin(positions: jax.Array) -> Any:
            return adaptive.init(
                positions,
                init_state_fn=partial(jax.lax.map, one, batch_size=self._chunk_size),
                update_inner_kernel_params_fn=live_covariance_factor,
            )

        def step(key: jax.Array, iteration: jax.Array, state: Any) -> tuple[Any, Any, jax.Array]:
            state, info = sampler.step(jax.random.fold_in(key, iteration), state)
            slices = info.update_info
            calls = jnp.sum(slices.num_expansions + slices.num_shrink + _EVALUATIONS_A_BRACKET)
            return state, info.particles, calls

        return jax.jit(begin), jax.jit(step)

    def _prior_draws(self, key: jax.Array) -> jax.Array:
        """array[point, parameter]: as many as there are live points."""
        analysis = self._fitness.analysis

        def draw(key: jax.Array) -> jax.Array:
            unit = jax.random.uniform(key, (self._num_live, len(analysis.parameter_names)))
            return jax.vmap(analysis.prior_transform)(unit)

        positions: jax.Array = jax.jit(draw)(key)
        return positions

    def _arrays(self, point: Floats) -> Mapping[str, Any]:
        arrays = dict(self._fitness.arrays(point))
        del arrays["log_likelihood"]  # published as such, and no array of a figure
        return arrays


def _replace_in_chunks(
    chunk_size: int, slice_step: Callable[..., Any], num_inner_steps: int, num_delete: int
) -> Callable[..., Any]:
    """The new points of a step, so many side by side: a strategy for `blackjax.nss`, the same draws for any chunk.

    On a processor, chains side by side wait for the slowest of them, and batches of linear algebra inside them can
    deadlock: jaxlib's batched LAPACK kernels wait, on the threads of XLA's pool, for work that needs those threads
    (seen with jaxlib 0.10.2 on two cores; PyAutoFit #1530 is the same).
    """
    replace_one = update_with_mcmc_take_last(slice_step, num_inner_steps, 1)

    def replace(key: jax.Array, state: Any, contour: jax.Array, **parameters: Any) -> Any:
        def one(key: jax.Array) -> Any:
            return replace_one(key, state, contour, **parameters)

        replaced = jax.lax.map(one, jax.random.split(key, num_delete), batch_size=chunk_size)
        return jax.tree.map(lambda leaf: leaf.reshape(num_delete, *leaf.shape[2:]), replaced)

    return replace


class _History:
    """All the points of a run so far: the live ones, and the dead in the order of their death."""

    def __init__(self, live: Any, evaluations: int) -> None:
        self.live = jax.device_get(live)
        self.evaluations = evaluations
        self.iterations = 0
        self.compilations_at_first_update = 0
        self._dead: list[Any] = []

    def best(self) -> tuple[Floats, float]:
        """The live point of the highest log likelihood, array[parameter], and that."""
        index = int(np.argmax(self.live.loglikelihood))
        return self.live.position[index], float(self.live.loglikelihood[index])

    def die(self, particles: Any) -> Floats:
        """Take points as dead; their log likelihoods, array[dead]."""
        self._dead.append(particles)
        return np.asarray(particles.loglikelihood, dtype=np.float64)

    def positions(self) -> Floats:
        """array[dead, parameter]."""
        return np.concatenate([np.asarray(each.position, dtype=np.float64) for each in self._dead])

    def contours(self) -> tuple[Floats, Floats]:
        """The log likelihoods of death and of birth: array[dead] each."""
        death = [np.asarray(each.loglikelihood, dtype=np.float64) for each in self._dead]
        birth = [np.asarray(each.loglikelihood_birth, dtype=np.float64) for each in self._dead]
        return np.concatenate(death), np.concatenate(birth)
