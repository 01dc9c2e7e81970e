"""A nested sampling run between two steps: what it has so far, and what it says."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from autoviz_render.search.nss.checkpoint import Checkpoint, Saved
from autoviz_render.search.statistics.evidence import RunningEvidence
from autoviz_render.search.statistics.priority_sample import NestedPosterior
from autoviz_render.spool.arrays import Floats


class NestedRun:
    """The live points, the counts, and the running evidence; the dead points are in the checkpoint's care.

    Args:
        checkpoint: Of the run.
        posterior: What a figure of the posterior shows of it; None without such a figure.

    Attributes:
        state: Of the sampler, as JAX has it; None until `begin`.
        live: Its live points, as NumPy has them.
        iterations: Steps, of all starts of the run.
        evaluations: Calls of the likelihood, of all starts of the run.
    """

    def __init__(self, checkpoint: Checkpoint, posterior: NestedPosterior | None) -> None:
        self.checkpoint = checkpoint
        self._posterior = posterior
        self.state: Any = None
        self.live: Any = None
        self.iterations = 0
        self.evaluations = 0
        self._evidence = RunningEvidence()
        self._earlier_seconds = 0.0
        self._started = time.monotonic()

    def begin(self, state: Any, evaluations: int) -> None:
        """Begin with the first live points."""
        self.state, self.live = state, _on_the_host(state.particles)
        self.evaluations = evaluations

    def add(self, state: Any, dead: Any, evaluations: Any) -> None:
        """Take what one step gave."""
        self.iterations += 1
        particles, dead, evaluations = _on_the_host((state.particles, dead, evaluations))
        self.state, self.live = state, particles
        self.evaluations += int(evaluations)
        died = _by_name(dead)
        self.checkpoint.died(died)
        if self._posterior is not None:
            self._posterior.add(**died)
        self._evidence.add(died["log_likelihood"], np.asarray(self.live.loglikelihood, dtype=np.float64))

    @property
    def remaining(self) -> float:
        """What the live points would add to the log evidence, in nats."""
        return self._evidence.remaining

    def best(self) -> tuple[Floats, float]:
        """The live point of the highest log likelihood, array[parameter], and that."""
        index = int(np.argmax(self.live.loglikelihood))
        return self.live.position[index], float(self.live.loglikelihood[index])

    def arrays(self) -> Mapping[str, Floats]:
        """What a figure of the posterior reads, by name; nothing before `begin`, and nothing without such a figure."""
        if self.live is None or self._posterior is None:
            return {}
        return self._posterior.arrays(**_by_name(self.live))

    def numbers(self) -> dict[str, float]:
        """How far it is: `evaluations`, `rate` in evaluations a second, those of `RunningEvidence.numbers`,
        `live_points`, and `log_likelihood_contour`, the lowest log likelihood of them."""
        counts = {"evaluations": self.evaluations, "rate": self.evaluations / self.wall_time()}
        live: Floats = self.live.loglikelihood
        nested = {"log_likelihood_contour": float(np.min(live)), "live_points": len(live)}
        return counts | self._evidence.numbers() | nested

    def wall_time(self) -> float:
        """Seconds of all starts of the run, but for what was lost between a checkpoint and a death."""
        return self._earlier_seconds + time.monotonic() - self._started

    def points(self) -> Mapping[str, Floats]:
        """All points by name: the dead in the order of their death, then the live ones."""
        dead, live = self.checkpoint.dead(), _by_name(self.live)
        return {name: np.concatenate([dead[name], live[name]]) if dead else live[name] for name in live}

    def save(self, identity: Mapping[str, Any]) -> None:
        """Have its state written, with what must be the same for a run to go on from it; returns at once."""
        counts = {"iterations": self.iterations, "evaluations": self.evaluations, "seconds": self.wall_time()}
        self.checkpoint.save(Saved(jax.tree.leaves(self.state), counts | vars(self._evidence), identity))

    def resume(self, saved: Saved, structure: Any) -> None:
        """Go on from a checkpoint.

        Args:
            saved: What it keeps.
            structure: Of the sampler's state, as JAX has it.
        """
        leaves = [jax.numpy.asarray(leaf) for leaf in saved.leaves]
        self.begin(jax.tree.unflatten(structure, leaves), int(saved.numbers["evaluations"]))
        self.iterations = int(saved.numbers["iterations"])
        self._earlier_seconds = saved.numbers["seconds"]
        names = [field.name for field in dataclasses.fields(RunningEvidence)]
        self._evidence = RunningEvidence(**{name: saved.numbers[name] for name in names})
        if self._posterior is not None and (dead := self.checkpoint.dead()):
            self._posterior.add(**dead)


def _on_the_host(arrays: Any) -> Any:
    """A pytree of JAX's arrays as NumPy has them; five times as fast as `jax.device_get` if they are small."""
    for leaf in jax.tree.leaves(arrays):
        leaf.copy_to_host_async()  # all of them at once
    return jax.tree.map(np.asarray, arrays)


def _by_name(particles: Any) -> dict[str, Floats]:
    return {
        "position": np.asarray(particles.position, dtype=np.float64),
        "log_likelihood": np.asarray(particles.loglikelihood, dtype=np.float64),
        "log_likelihood_birth": np.asarray(particles.loglikelihood_birth, dtype=np.float64),
    }
