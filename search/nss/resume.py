"""Whether a checkpoint belongs to this search; saving it and going on from it."""

from __future__ import annotations

import hashlib
import logging
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autoviz_render.search.nss.checkpoint import Checkpoint, CheckpointError, Saved, differences
from autoviz_render.search.nss.kernel import Kernel
from autoviz_render.search.nss.machine import computed_with, differences_of_the_machine
from autoviz_render.search.nss.run_state import NestedRun

log = logging.getLogger("autoviz_render.search")

_COMPUTED_WITH = "computed_with"


class Resumption:
    """Knows a search's own checkpoint from others.

    Args:
        kernel: Of the search.
        **settings: Further settings that decide the bits of the result.
    """

    def __init__(self, kernel: Kernel, **settings: Any) -> None:
        self._kernel = kernel
        self._analysis = kernel.fitness.analysis
        self._settings = settings

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """What must be the same for a run to go on where another one stopped, and end in the same bits."""
        names = self._analysis.parameter_names
        unit = jnp.linspace(0.05, 0.95, 5)[:, None] * jnp.ones(len(names))
        prior = np.asarray(jax.vmap(self._analysis.prior_transform)(unit))
        return {
            "parameter_names": list(names),
            "prior": hashlib.sha256(prior.tobytes()).hexdigest()[:16],
            "precision": str(prior.dtype),
            "num_live": self._kernel.num_live,
            "num_delete": self._kernel.num_delete,
            "num_inner_steps": self._kernel.num_inner_steps,
            **self._settings,
        }

    def save(self, run: NestedRun) -> None:
        """Have the state of the run written; returns at once."""
        run.checkpoint.save(run.saved({**self._identity, _COMPUTED_WITH: computed_with()}))

    def resume(self, run: NestedRun) -> None:
        """Have the run go on from its checkpoint, if there is one.

        Raises:
            CheckpointError: It belongs to another run, or is damaged.
        """
        checkpoint = run.checkpoint
        saved = checkpoint.load()
        if saved is None:
            return
        identity = dict(saved.identity)
        others = differences_of_the_machine(identity.pop(_COMPUTED_WITH, {}))
        differing = differences(identity, self._identity)
        if not differing:
            run.resume(saved, self._structure(checkpoint, saved, others))
            differing = self._differences_of_the_model(run.live)
        if differing:
            raise CheckpointError(
                f"{checkpoint.folder}: belongs to another run: {'; '.join(differing)}. "
                "Take another run directory, or start with resume=False, which removes the checkpoint."
            )
        if others:
            message = "%s: the run goes on, but not in the same bits as without an interruption: %s"
            log.warning(message, checkpoint.folder, "; ".join(others))
        log.info("%s: going on from %d evaluations", checkpoint.folder, run.evaluations)

    def _structure(self, checkpoint: Checkpoint, saved: Saved, others: list[str]) -> Any:
        structure = self._kernel.structure()
        if structure.num_leaves != len(saved.leaves):
            raise CheckpointError(
                f"{checkpoint.folder}: was written with another version of blackjax, whose state has other parts"
                f"{''.join(f' ({other})' for other in others)}. "
                "Go on with that version, or start with resume=False, which removes the checkpoint."
            )
        return structure

    def _differences_of_the_model(self, live: Any) -> list[str]:
        """What two live points tell: the model and its data are known by what they make of them, not by their code."""
        tolerance = 1e-6 if live.position.dtype == np.float64 else 1e-3
        for position, density, likelihood in zip(live.position[:2], live.logdensity, live.loglikelihood, strict=False):
            for what, before, now in (
                ("likelihood", likelihood, self._kernel.fitness.arrays(position)["log_likelihood"]),  # compiled anyhow
                ("prior", density, self._analysis.log_prior(jnp.asarray(position))),
            ):
                if not abs(float(now) - before) <= tolerance * max(1.0, abs(before)):
                    return [f"the log {what} of a live point was {before:.10g}, now {float(now):.10g}"]
        return []
