"""Nested slice sampling with quick updates, that survives anything: a Python loop round a compiled step."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from autoviz_render.search.backends import Where
from autoviz_render.search.cadence import Cadence
from autoviz_render.search.nss.analysis import Analysis
from autoviz_render.search.nss.checkpoint import PATIENCE, Checkpoint, CheckpointError, differences
from autoviz_render.search.nss.compilation_cache import use_compilation_cache
from autoviz_render.search.nss.compilations import compilations
from autoviz_render.search.nss.computed_with import computed_with, other_machine
from autoviz_render.search.nss.fitness import Fitness
from autoviz_render.search.nss.graceful_stop import GracefulStop, Interrupted
from autoviz_render.search.nss.kernel import Kernel
from autoviz_render.search.nss.progress import Progress
from autoviz_render.search.nss.result import Result, write_result
from autoviz_render.search.nss.run_state import NestedRun
from autoviz_render.search.quick_update import QuickUpdate
from autoviz_render.search.statistics.evidence import weigh
from autoviz_render.search.statistics.priority_sample import NoSamples, Samples
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.info import figure_names
from autoviz_render.spool.retention import Retention

log = logging.getLogger("autoviz_render.search")

_COMPUTED_WITH = "computed_with"


class NSS:
    """Nested slice sampling (Yallup, Kroupa and Handley 2026, arXiv:2601.23252) of an analysis.

    run_dir: where the spool, the figures, the checkpoint, `samples.csv` and `result.json` go.
    num_live: live points. num_delete: points replaced at each step; a tenth of them by default.
    chunk_size: how many likelihoods are computed side by side, which bounds the device's memory; by default one
        after another on a processor, where each has all cores, and those of all replaced points elsewhere.
    num_inner_steps: slice steps for each new point; by default twice the number of parameters, at least 5.
    remaining_evidence: stop when the live points would add less than this to the log evidence, in nats.
    seed: of all random numbers. max_iterations: stop after so many steps even so.
    figure, every, every_seconds, renderer, retention: of the quick updates, as for `QuickUpdate`. With the figure
        "posterior" among them, snapshots hold a bounded number of weighted points, too.
    resume: go on from the checkpoint in the run directory, if there is one; False starts afresh.
    checkpoint_every, checkpoint_seconds: likelihood evaluations, and seconds, between checkpoints; whichever
        comes first. None is never.
    compilation_cache: keep what JAX compiles in the user's cache folder, so that the next start need not; a folder that
        was chosen for JAX already is left.

    A run that was killed at any instant and is started again ends in the same bits as one that was not, if it goes on
    with the same versions of JAX and blackjax on the same kind of processor. If not, it goes on and a warning names
    what is different. SIGINT and SIGTERM have it write a last checkpoint and leave by `Interrupted`, with exit code 75.
    The checkpoint is removed after success; a run that `max_iterations` ended keeps it, to be gone on with.
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
        retention: Retention | Literal["all"] | None = None,
        resume: bool = True,
        checkpoint_every: int | None = None,
        checkpoint_seconds: float | None = 60.0,
        compilation_cache: bool = True,
    ) -> None:
        num_delete = num_delete or max(1, num_live // 10)
        if not 0 < num_delete < num_live:
            raise ValueError(f"num_delete is {num_delete}: choose from 1 to {num_live - 1}")
        self.run_dir = Path(run_dir).absolute()
        self._fitness = Fitness(analysis)
        self._kernel = Kernel(
            self._fitness,
            num_live=num_live,
            num_delete=num_delete,
            num_inner_steps=num_inner_steps or max(5, 2 * len(analysis.parameter_names)),
            chunk_size=chunk_size or (1 if jax.default_backend() == "cpu" else num_delete),
        )
        self._remaining_evidence = remaining_evidence
        self._seed = seed
        self._max_iterations = max_iterations
        self._quick_update_settings: dict[str, Any] = {
            "figure": figure,
            "every": every,
            "every_seconds": every_seconds,
            "renderer": renderer,
            "retention": retention,
        }
        self._resume = resume
        self._compilation_cache = compilation_cache
        self._cadence = Cadence(checkpoint_every, checkpoint_seconds)

    def run(self) -> Result:
        """Sample until the evidence is known, publishing as it goes; write and return the result.

        Raises CheckpointError where the run directory holds the checkpoint of another run, or a damaged one, or where
        another process runs there; and Interrupted after SIGINT or SIGTERM.
        """
        with contextlib.closing(Checkpoint(self.run_dir)) as checkpoint:
            return self._run(checkpoint)

    def _run(self, checkpoint: Checkpoint) -> Result:
        analysis = self._fitness.analysis
        if self._compilation_cache:
            use_compilation_cache()
        compiled = compilations()
        self._fitness.prepare()
        run = self._resumed(checkpoint)
        with (
            GracefulStop() as interrupts,
            QuickUpdate(
                self.run_dir,
                arrays=partial(self._arrays, run),
                static=analysis.static(),
                parameter_names=analysis.parameter_names,
                resumed_from=run.evaluations - 1 if run.evaluations else None,
                **self._quick_update_settings,
            ) as quick_update,
        ):
            compiled_at_first_update = self._sample(run, quick_update, interrupts)
            wall_time, compiled_in_all = run.wall_time(), compilations()
            self._save(run)
            checkpoint.flush(PATIENCE)  # before the last figure, for which a batch system may not wait
            if interrupts.received is not None and not self._is_over(run):
                message = "%s: stopped by %s after %d evaluations; the same search started again goes on from here"
                log.warning(message, self.run_dir, interrupts.received.name, run.evaluations)
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
            quick_updates=quick_update.stats.submitted,
        )
        write_result(self.run_dir, result)
        if run.remaining <= self._remaining_evidence:
            checkpoint.remove()
        return result

    def _sample(self, run: NestedRun, quick_update: QuickUpdate, interrupts: GracefulStop) -> int:
        """The loop: count, look, and go on until the evidence is known. The compilations at the first quick update."""
        key = jax.random.key(self._seed)
        if run.state is None:
            self._kernel.prepare()
            positions = self._kernel.prior_draws(jax.random.fold_in(key, 0))
            # the first figure: the points below may take the model minutes to evaluate
            quick_update(positions[0], self._fitness.arrays(positions[0])["log_likelihood"], evaluations=1)
            log.info("evaluating %d live points drawn from the prior", len(positions))
            run.begin(self._kernel.begin(positions), len(positions))
            self._save(run)
        quick_update(*run.best(), evaluations=run.evaluations)
        self._cadence.restart(run.evaluations)
        compiled = None
        with Progress() as progress:
            while not self._is_over(run) and interrupts.received is None:
                run.add(*self._kernel.step(key, np.uint32(run.iterations + 1), run.state))
                standing = run.standing()
                progress.show(standing)
                quick_update(*run.best(), evaluations=run.evaluations, scalars=vars(standing))
                compiled = compilations() if compiled is None else compiled
                if self._cadence.is_due(run.evaluations):
                    self._cadence.restart(run.evaluations)
                    self._save(run)
        return compilations() if compiled is None else compiled

    def _is_over(self, run: NestedRun) -> bool:
        return run.remaining <= self._remaining_evidence or run.iterations == self._max_iterations

    def _arrays(self, run: NestedRun, point: Floats) -> Mapping[str, Any]:
        arrays = {**run.arrays(), **self._fitness.arrays(point)}
        del arrays["log_likelihood"]  # published as such, and no array of a figure
        return arrays

    def _samples(self) -> Samples | NoSamples:
        if "posterior" not in figure_names(self._quick_update_settings["figure"]):
            return NoSamples()
        return Samples(self._kernel.num_live, self._kernel.num_delete)

    # Checkpoints

    def _save(self, run: NestedRun) -> None:
        run.checkpoint.save(run.saved({**self._identity, _COMPUTED_WITH: computed_with()}))

    def _resumed(self, checkpoint: Checkpoint) -> NestedRun:
        """The run as its checkpoint has it, or a new one. Raises CheckpointError."""
        run = NestedRun(checkpoint, self._samples())
        checkpoint.claim()
        if not self._resume:
            checkpoint.clear()
            return run
        saved = checkpoint.load()
        if saved is None:
            return run
        identity = dict(saved.identity)
        others = other_machine(identity.pop(_COMPUTED_WITH, {}))
        differing = differences(identity, self._identity)
        if not differing:
            if (structure := self._kernel.structure()).num_leaves != len(saved.leaves):
                raise CheckpointError(
                    f"{checkpoint.folder}: was written with another version of blackjax, whose state has other parts"
                    f"{''.join(f' ({other})' for other in others)}. "
                    "Go on with that version, or start with resume=False, which removes the checkpoint."
                )
            run.resume(saved, structure)
            differing = self._differences_of_the_model(run.live)
        if differing:
            raise CheckpointError(
                f"{checkpoint.folder}: is of another run: {'; '.join(differing)}. "
                "Take another run directory, or start with resume=False, which removes the checkpoint."
            )
        if others:
            log.warning(
                "%s: the run goes on, but not in the same bits as without an interruption: %s",
                checkpoint.folder,
                "; ".join(others),
            )
        log.info("%s: going on from %d evaluations", checkpoint.folder, run.evaluations)
        return run

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """What must be the same for a run to go on where another one stopped, and end in the same bits."""
        names = self._fitness.analysis.parameter_names
        unit = jnp.linspace(0.05, 0.95, 5)[:, None] * jnp.ones(len(names))
        prior = np.asarray(jax.vmap(self._fitness.analysis.prior_transform)(unit))
        return {
            "parameter_names": list(names),
            "prior": hashlib.sha256(prior.tobytes()).hexdigest()[:16],
            "precision": str(prior.dtype),
            "seed": self._seed,
            "num_live": self._kernel.num_live,
            "num_delete": self._kernel.num_delete,
            "num_inner_steps": self._kernel.num_inner_steps,
            "remaining_evidence": self._remaining_evidence,
        }

    def _differences_of_the_model(self, live: Any) -> list[str]:
        """What two live points tell: the model and its data are known by what they make of them, not by their code."""
        tolerance = 1e-6 if live.position.dtype == np.float64 else 1e-3
        for position, density, before in zip(live.position[:2], live.logdensity, live.loglikelihood, strict=False):
            now = float(self._fitness.arrays(position)["log_likelihood"])  # the function that is compiled anyhow
            if not abs(now - before) <= tolerance * max(1.0, abs(before)):
                return [f"the log likelihood of a live point was {before:.10g}, now {now:.10g}"]
            prior = float(self._fitness.analysis.log_prior(jnp.asarray(position)))
            if not abs(prior - density) <= tolerance * max(1.0, abs(density)):
                return [f"the log prior of a live point was {density:.10g}, now {prior:.10g}"]
        return []
