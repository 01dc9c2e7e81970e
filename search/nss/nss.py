"""Nested slice sampling with quick updates and checkpoints: a Python loop round a compiled step."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import jax
import numpy as np

from autoviz_render.search.arguments import refuse_impossible, refuse_no_analysis, refuse_no_counts
from autoviz_render.search.backends import Display, Where, chosen_display, refuse_unknown_figures
from autoviz_render.search.cadence import Cadence
from autoviz_render.search.nss.analysis import Analysis
from autoviz_render.search.nss.checkpoint import Checkpoint
from autoviz_render.search.nss.chunk_size import choose, told_by
from autoviz_render.search.nss.compilation_cache import use_compilation_cache
from autoviz_render.search.nss.compilations import compilations
from autoviz_render.search.nss.fitness import Fitness
from autoviz_render.search.nss.graceful_stop import GracefulStop, Interrupted
from autoviz_render.search.nss.kernel import Kernel
from autoviz_render.search.nss.progress import SearchProgress
from autoviz_render.search.nss.result import Result, write_result
from autoviz_render.search.nss.resume import identity_of, resume
from autoviz_render.search.nss.run_state import NestedRun
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.evidence import weigh
from autoviz_render.search.statistics.priority_sample import NestedPosterior
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.errors import WrongValueError, checks_construction
from autoviz_render.spool.format.descriptions import checked_descriptions
from autoviz_render.spool.guard import wrong
from autoviz_render.spool.info import figure_names
from autoviz_render.spool.publisher import checked_figures
from autoviz_render.spool.retention import Retention

log = logging.getLogger("autoviz_render.search")

_DISK_TIMEOUT = 60.0  # seconds, for the last checkpoint


_SHORT_STEP = 0.05
"""Seconds of a step, up to which the next one begins before this one is looked at. At the end of a run that one is in
vain, and the process may wait for it so long."""


class _Steps:
    """The steps of a run, one after another; the device goes on with the next while the host looks at one.

    Args:
        kernel: Of the search.
        key: Of all random numbers.
        most: Steps of the run at most.
    """

    def __init__(self, kernel: Kernel, key: jax.Array, most: int | None) -> None:
        self._step, self._key, self._most = kernel.step, key, most
        self._next: Any = None
        self._asked = -math.inf

    def after(self, run: NestedRun) -> Any:
        """What the next step of a run gives, perhaps before the device has computed it."""
        now, iteration = time.monotonic(), run.iterations + 1
        step, self._next = self._next, None
        if step is None:
            step = self._step(self._key, np.uint32(iteration), run.state)
        if now - self._asked < _SHORT_STEP and iteration != self._most:
            self._next = self._step(self._key, np.uint32(iteration + 1), step[0])
        self._asked = now
        return step


@checks_construction
class NSS:
    """Nested slice sampling of an analysis.

    A killed run resumes from its checkpoint when the same search is started again. The result is bit-identical if the
    versions of JAX and blackjax and the kind of processor are the same; if not, a warning names what is different.
    SIGINT and SIGTERM have it write a last checkpoint and leave by `Interrupted`, with exit code 75. The checkpoint is
    removed after success; a run that `max_iterations` ended keeps it, so that it can go on.

    Args:
        analysis: The model and its data.
        run_dir: Where the spool, the figures, the checkpoint, `samples.csv` and `result.json` go.
        num_live: Live points.
        num_delete: Points replaced at each step; a tenth of the live points by default.
        chunk_size: How many likelihoods are computed side by side, which bounds the device's memory. By default it is
            chosen once for a run: on a processor by measuring whether a batch of all replaced points is faster than one
            after another, each on all cores; elsewhere all of them, if the memory suffices. The last bits of the
            result depend on it; the checkpoint and `result.json` tell it.
        num_inner_steps: Slice steps for each new point; by default twice the number of parameters, at least 5.
        remaining_evidence: Stop when the live points would add less than this to the log evidence, in nats.
        seed: Of all random numbers.
        max_iterations: Stop after this many steps at the latest.
        figure: As for `QuickUpdate`. With "posterior" among them, snapshots hold a bounded number of weighted points.
        every: As for `QuickUpdate`.
        every_seconds: As for `QuickUpdate`.
        renderer: As for `QuickUpdate`.
        display: As for `QuickUpdate`.
        retention: As for `QuickUpdate`.
        resume: Go on from the checkpoint in the run directory, if there is one; False starts afresh.
        checkpoint_every: Likelihood evaluations between checkpoints; None is never.
        checkpoint_seconds: Seconds between checkpoints; with both, whichever comes first. None is never.
        compilation_cache: Keep what JAX compiles in the user's cache folder, so that the next start need not compile it
            again. A folder that was chosen for JAX already stays.
        units: As for `QuickUpdate`.
        labels: As for `QuickUpdate`.
        axes: As for `QuickUpdate`.
        scales: As for `QuickUpdate`.

    Raises:
        WrongValueError, WrongTypeError: An argument can never work.

    Source: Yallup, Kroupa and Handley (2026), arXiv:2601.23252.
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
        display: Display = "auto",
        retention: Retention | Literal["all"] | None = None,
        resume: bool = True,
        checkpoint_every: int | None = None,
        checkpoint_seconds: float | None = 60.0,
        compilation_cache: bool = True,
        units: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        axes: Mapping[str, Sequence[str]] | None = None,
        scales: Mapping[str, str] | None = None,
    ) -> None:
        counts = {"num_live": num_live, "num_delete": num_delete, "chunk_size": chunk_size}
        refuse_no_analysis(analysis)
        refuse_no_counts(counts | {"num_inner_steps": num_inner_steps, "max_iterations": max_iterations})
        refuse_impossible(None, tuple(analysis.parameter_names), every, every_seconds)
        checked_figures(figure)
        refuse_unknown_figures(renderer, figure, may_be_missing=True)
        chosen_display(display)
        checked_descriptions(units, labels, axes, scales)
        num_delete = num_delete or max(1, num_live // 10)
        if not 0 < num_delete < num_live:
            expected = f"expected at least 1 and less than num_live, which is {num_live}"
            raise WrongValueError(wrong("num_delete", num_delete, expected))
        self.run_dir = Path(run_dir).absolute()
        self._fitness = Fitness(analysis)
        self._kernel = Kernel(
            self._fitness,
            num_live=num_live,
            num_delete=num_delete,
            num_inner_steps=num_inner_steps or max(5, 2 * len(analysis.parameter_names)),
            chunk_size=chunk_size,
        )
        self._stepper = self._kernel
        self._identities: dict[Kernel, dict[str, Any]] = {}
        self._remaining_evidence, self._max_iterations = remaining_evidence, max_iterations
        self._seed = seed
        self._figure = figure
        self._quick_update = partial(
            QuickUpdate,
            figure=figure,
            every=every,
            every_seconds=every_seconds,
            renderer=renderer,
            display=display,
            retention=retention,
            units=units,
            labels=labels,
            axes=axes,
            scales=scales,
        )
        self._resume = resume
        self._compilation_cache = compilation_cache
        self._cadence = Cadence(checkpoint_every, checkpoint_seconds)

    def run(self) -> Result:
        """Sample until the evidence is known, publishing as it goes; write and return the result.

        Raises:
            CheckpointError: The run directory holds the checkpoint of another run, or a damaged one, or another process
                runs there.
            Interrupted: After SIGINT or SIGTERM.
        """
        with contextlib.closing(Checkpoint(self.run_dir)) as checkpoint:
            result, is_done = self._run(NestedRun(checkpoint, self._posterior()))
            write_result(self.run_dir, result)
            if is_done:
                checkpoint.remove()
        return result

    def _run(self, run: NestedRun) -> tuple[Result, bool]:
        """The result, and whether the evidence is known."""
        analysis, checkpoint = self._fitness.analysis, run.checkpoint
        if self._compilation_cache:
            use_compilation_cache()
        compiled = compilations()
        self._fitness.prepare()
        self._go_on(run)
        with (
            GracefulStop() as stop,
            self._quick_update(
                self.run_dir,
                arrays=partial(self._arrays, run),
                static=analysis.static(),
                parameter_names=analysis.parameter_names,
                resumed_from=run.evaluations - 1 if run.evaluations else None,
            ) as update,
        ):
            compiled_at_first_update = self._sample(run, update, stop)
            wall_time, compiled_in_all = run.wall_time(), compilations()
            run.save(self._identity())
            checkpoint.flush(_DISK_TIMEOUT)  # before the last figure, for which a batch system may not wait
            if stop.received is not None and not self._is_over(run):
                message = "%s: stopped by %s after %d evaluations; the same search started again goes on from here"
                log.warning(message, self.run_dir, stop.received.name, run.evaluations)
                raise Interrupted
        points = run.points()
        log_likelihood, birth = points["log_likelihood"], points["log_likelihood_birth"]
        result = Result(
            parameter_names=analysis.parameter_names,
            samples=points["position"],
            log_likelihood=log_likelihood,
            log_likelihood_birth=birth,
            **vars(weigh(log_likelihood, birth, seed=self._seed)),
            iterations=run.iterations,
            evaluations=run.evaluations,
            wall_time=wall_time,
            compilations=compiled_in_all - compiled,
            compilations_after_first_update=compiled_in_all - compiled_at_first_update,
            quick_updates=update.stats.submitted,
            chunk_size=self._stepper.first_chunk,
        )
        return result, run.remaining <= self._remaining_evidence

    def _identity(self) -> dict[str, Any]:
        if self._stepper not in self._identities:  # a checkpoint costs little: this calls the prior
            made = identity_of(self._stepper, seed=self._seed, remaining_evidence=self._remaining_evidence)
            self._identities[self._stepper] = made
        return self._identities[self._stepper]

    def _go_on(self, run: NestedRun) -> None:
        """Have the run directory, and go on from the checkpoint there if that is wanted. Raises CheckpointError."""
        run.checkpoint.claim()
        if not self._resume:
            run.checkpoint.clear()
        elif (saved := run.checkpoint.load()) is not None:
            size = self._kernel.chunk_size or told_by(saved.identity) or self._kernel.first_chunk
            self._stepper = self._kernel.in_chunks(size)
            resume(run, saved, self._kernel, self._identity())

    def _sample(self, run: NestedRun, update: QuickUpdate, stop: GracefulStop) -> int:
        """The loop: count, look, and go on until the evidence is known. The compilations at the first quick update."""
        key = jax.random.key(self._seed)
        if run.state is None:
            self._begin(run, key, update)
            run.save(self._identity())
        update(*run.best(), evaluations=run.evaluations)
        self._cadence.restart(run.evaluations)
        compiled = None
        steps = _Steps(self._stepper, key, self._max_iterations)
        with SearchProgress() as line:
            while not self._is_over(run) and stop.received is None:
                run.add(*steps.after(run))
                line.show(numbers := run.numbers() | self._targets(run))
                update(*run.best(), evaluations=run.evaluations, scalars=numbers)
                compiled = compilations() if compiled is None else compiled
                if self._cadence.is_due(run.evaluations):
                    self._cadence.restart(run.evaluations)
                    run.save(self._identity())
        return compilations() if compiled is None else compiled

    def _begin(self, run: NestedRun, key: jax.Array, update: QuickUpdate) -> None:
        kernel = self._kernel
        begin = kernel.begin  # compiled here
        positions = kernel.prior_draws(jax.random.fold_in(key, 0))
        # the first figure: the points below may take the model minutes to evaluate
        update(positions[0], self._fitness.arrays(positions[0])["log_likelihood"], evaluations=1)
        log.info("evaluating %d live points drawn from the prior", len(positions))
        size, state = (kernel.chunk_size, begin(positions)) if kernel.chunk_size else choose(kernel, positions)
        self._stepper = kernel.in_chunks(size)
        run.begin(state, len(positions))

    def _targets(self, run: NestedRun) -> dict[str, float]:
        """When the run stops, by the names that `search.hooks` has for it."""
        targets = {"remaining_target": self._remaining_evidence}
        if self._max_iterations is not None:
            targets |= {"iterations": run.iterations, "iterations_limit": self._max_iterations}
        return targets

    def _is_over(self, run: NestedRun) -> bool:
        return run.remaining <= self._remaining_evidence or run.iterations == self._max_iterations

    def _arrays(self, run: NestedRun, point: Floats) -> Mapping[str, Any]:
        arrays = {**run.arrays(), **self._fitness.arrays(point)}
        del arrays["log_likelihood"]  # published as such, and no array of a figure
        return arrays

    def _posterior(self) -> NestedPosterior | None:
        if "posterior" not in figure_names(self._figure):
            return None
        parameters = len(self._fitness.analysis.parameter_names)
        return NestedPosterior(self._kernel.num_live, self._kernel.num_delete, parameters)
